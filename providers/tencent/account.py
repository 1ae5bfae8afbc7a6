"""An account at Tencent Cloud: `provider = "tencent"` in an `[accounts.NAME]` table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from providers.account import Account, SecretRef

__all__ = ["LIVE", "TRTC", "TencentAccount"]

LIVE = "live"
TRTC = "trtc"


class TencentAccount(Account):
    """One key of a Tencent account, for both services.

    session_token: has no default, unlike the key: a token that is left over in the environment
        belongs to another key more often than not.
    sdk_app_id: the TRTC application (SDKAppId) of tasks for which none is typed.
    """

    hosts: ClassVar[Mapping[str, str]] = {
        LIVE: "https://live.tencentcloudapi.com",
        TRTC: "https://trtc.tencentcloudapi.com",
    }
    default_region: ClassVar[str] = "ap-guangzhou"

    access_key_id: SecretRef = Field("env:TENCENTCLOUD_SECRET_ID", validate_default=True)
    access_key_secret: SecretRef = Field("env:TENCENTCLOUD_SECRET_KEY", validate_default=True)
    sdk_app_id: Annotated[int, Field(strict=True, gt=0)] | None = None

    def region_for(self, service: str) -> str:
        """As in every account; but TRTC has no stream ingest in live's default region, and a guess
        of another one could name somebody else's task, so there it must be configured or typed."""
        if service == TRTC:
            return self.regions.get(service) or self.region
        return super().region_for(service)

    def app_for(self, service: str) -> int | None:
        """The SDKAppId, for TRTC."""
        return self.sdk_app_id if service == TRTC else None
