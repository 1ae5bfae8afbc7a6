"""An account at Volcengine: `provider = "volcengine"` in an `[accounts.NAME]` table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from providers.account import Account, SecretRef

__all__ = ["LIVE", "VolcengineAccount"]

LIVE = "live"


class VolcengineAccount(Account):
    """One key of a Volcengine account.

    The region is a part of the signature only; live video has one for everybody. For BytePlus,
    the vendor's international house, set `region` and `endpoints`.

    group_name: the group of the account's relays. A sub-account's key (IAM user) may stop, start
        and delete them only with it; the main account needs none.
    """

    hosts: ClassVar[Mapping[str, str]] = {LIVE: "https://live.volcengineapi.com"}
    default_region: ClassVar[str] = "cn-north-1"

    access_key_id: SecretRef = Field(default="env:VOLC_ACCESSKEY", validate_default=True)
    access_key_secret: SecretRef = Field(default="env:VOLC_SECRETKEY", validate_default=True)
    group_name: str = Field(default="", max_length=64)
