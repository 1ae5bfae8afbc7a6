"""An account at Alibaba Cloud: `provider = "alibaba"` in an `[accounts.NAME]` table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator

from providers.account import Account, Secret, SecretRef

__all__ = ["LIVE", "AlibabaAccount"]

LIVE = "live"

_KEY_ID = "env:ALIBABA_CLOUD_ACCESS_KEY_ID"
_TOKEN_VARIABLE = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105  # the name of a variable


class AlibabaAccount(Account):
    """One key of an Alibaba Cloud account.

    There is no default region: a task is looked for in one live center only, and a guess of
    another one would find nothing, or somebody else's task.
    """

    hosts: ClassVar[Mapping[str, str]] = {LIVE: "https://live.aliyuncs.com"}

    access_key_id: SecretRef = Field(default=_KEY_ID, validate_default=True)
    access_key_secret: SecretRef = Field(
        default="env:ALIBABA_CLOUD_ACCESS_KEY_SECRET", validate_default=True
    )

    @field_validator("session_token", mode="before")
    @classmethod
    def _usual_token(cls, value: object, info: ValidationInfo) -> object:
        """The vendor's usual variable, where it is set and the key is the usual one as well: the
        token belongs to that key, and no other key works with it."""
        key_id = info.data.get("access_key_id")
        environ: Mapping[str, str] = (info.context or {}).get("environ", {})
        usual = isinstance(key_id, Secret) and key_id.place == _KEY_ID
        if value is None and usual and environ.get(_TOKEN_VARIABLE):
            return f"env:{_TOKEN_VARIABLE}"
        return value
