"""[targets.NAME]: names that stand for one task each.

The validators find the rest of the configuration in pydantic's context, which `load` fills; a
target that a program makes without it is checked by itself only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, StrictBool, StrictInt, ValidationInfo, field_validator

from bot.config import Section, mistake, nearest
from providers.account import Account
from providers.catalogue import Catalogue
from providers.operation import Kind

__all__ = ["Target"]


class Target(Section):
    """[targets.NAME]: a name that stands for one task.

    kind: the kind's own name ("pull"). region, app: the account's own where the file has none.
    protected: a second person says yes to every change, however the task is typed.
    """

    account: str
    kind: str
    task: str
    region: str | None = Field(default=None, validate_default=True)
    app: StrictInt | None = Field(default=None, gt=0, le=2**53, validate_default=True)
    protected: StrictBool = False

    @field_validator("account")
    @classmethod
    def _known_account(cls, name: str, info: ValidationInfo) -> str:
        accounts = _rest(info).get("accounts")
        if accounts is not None and name not in accounts:
            raise mistake("unknown account", nearest(name, accounts))
        return name

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, word: str, info: ValidationInfo) -> str:
        provider = _vendor(info)
        if provider is None:
            return word
        catalogue: Catalogue = _rest(info)["catalogue"]
        kinds = catalogue.providers[provider].kinds
        for kind in kinds:
            if word in (kind.name, kind.where):
                return kind.name
        raise mistake(f"not a kind of {provider}", nearest(word, [kind.name for kind in kinds]))

    @field_validator("task")
    @classmethod
    def _task_id(cls, task: str) -> str:
        if re.fullmatch(r"[!-~]{1,128}", task):
            return task
        raise mistake("not a task id", "1 to 128 printable ASCII characters without spaces")

    @field_validator("region")
    @classmethod
    def _region_or_the_accounts(cls, region: str | None, info: ValidationInfo) -> str | None:
        if region is not None and not re.fullmatch(r"[A-Za-z0-9-]{1,40}", region):
            raise mistake("not a region", 'letters, digits and "-", as "ap-guangzhou"')
        kind, account = _family(info)
        if region is None and kind and account:
            region = account.region_for(kind.service)
            if not region:
                raise mistake("missing", f"set it here or in [accounts.{account.name}]")
        return region

    @field_validator("app")
    @classmethod
    def _app_or_the_accounts(cls, app: int | None, info: ValidationInfo) -> int | None:
        kind, account = _family(info)
        if kind and not kind.needs_app and app is not None:
            raise mistake(f"{kind.where} has no app", "leave the key out")
        if kind and kind.needs_app and app is None and account:
            app = account.app_for(kind.service)
            if app is None:
                raise mistake("missing", f"set it here, or a default in [accounts.{account.name}]")
        return app


def _rest(info: ValidationInfo) -> Mapping[str, Any]:
    """What is known of the rest of the configuration."""
    return info.context or {}


def _vendor(info: ValidationInfo) -> str | None:
    """The provider behind a target's account, as far as it is known."""
    vendors: Mapping[str, str | None] = _rest(info).get("vendors", {})
    return vendors.get(info.data.get("account", ""))


def _family(info: ValidationInfo) -> tuple[Kind | None, Account | None]:
    """A target's kind and account; None for what is not known, or has faults of its own."""
    provider, name = _vendor(info), info.data.get("kind")
    if provider is None or name is None:
        return None, None
    catalogue: Catalogue = _rest(info)["catalogue"]
    accounts: Mapping[str, Account | None] = _rest(info)["accounts"]
    return catalogue.kind(f"{provider}:{name}"), accounts[info.data["account"]]
