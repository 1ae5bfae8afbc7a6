"""An account at Acme: `provider = "acme"` in an `[accounts.NAME]` table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from providers.account import Account, SecretRef

__all__ = ["FEEDS", "AcmeAccount"]

FEEDS = "feeds"


class AcmeAccount(Account):
    """One key of an Acme account. Acme has one region.

    tenant: whose feeds are meant, where the key may reach those of several.
    """

    hosts: ClassVar[Mapping[str, str]] = {FEEDS: "https://api.acme.example"}
    default_region: ClassVar[str] = "global"

    access_key_id: SecretRef = Field(default="env:ACME_KEY_ID", validate_default=True)
    access_key_secret: SecretRef = Field(default="env:ACME_KEY", validate_default=True)
    tenant: str = Field(default="", max_length=64)
