"""The kind of task that was typed, and where it lives: account, region and app."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from bot.command.draft import Draft, Flaw, near_word, nearest, quote
from bot.command.vocabulary import Vocabulary
from bot.command.wording import Wording
from bot.command.words import odd_character
from providers.account import Account
from providers.operation import Kind, Operation, Verb

__all__ = ["Place", "PlaceReader", "check_account", "needed_operation", "word_of"]

MAX_APP = 2**53
"""JSON numbers are exact up to here."""

EXAMPLE_APP = "1234567890"

_REGION = re.compile(r"[A-Za-z0-9-]{1,40}")
_APP = re.compile(r"[0-9]{1,16}")


def word_of(kind: Kind) -> str:
    """The word that people type for a kind."""
    return kind.aliases[0] if kind.aliases else kind.where


def needed_operation(kind: Kind, verb: Verb) -> Operation:
    """The kind's operation. Raises Flaw with what is nearest, where the vendor has none."""
    if operation := kind.operation(verb):
        return operation
    mended = Draft(("help", word_of(kind)))
    if gap := kind.gaps.get(verb):
        near = gap.nearest if gap.nearest and kind.operation(gap.nearest) else None
        raise Flaw(gap.says, mended, tries=False, wrong="verb", nearest=near, hint=gap.instead)
    has = ", ".join(operation.verb for operation in kind.operations)
    says = f"{kind.where} has no {verb} in this version. It has: {has}."
    raise Flaw(says, mended, tries=False, wrong="verb")


def check_account(draft: Draft, name: str, accounts: Collection[str]) -> None:
    """Raises Flaw for an account that is not among these."""
    if name in accounts:
        return
    mended = draft.without("--account")
    near = nearest(name, accounts)
    raise Flaw(
        f"I do not know the account {quote(name)}.{near_word(near)}",
        mended.with_option("--account", near) if near else mended,
        wrong="--account",
        nearest=near,
        known=accounts,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task lives. notes: what is to be told about it, although it does."""

    account: str
    region: str
    app: int | None
    notes: tuple[str, ...] = ()


class PlaceReader:
    """Reads account, region and app for one kind. Every method may raise Flaw."""

    def __init__(self, draft: Draft, vocabulary: Vocabulary, kind: Kind) -> None:
        self._draft = draft
        self._vocabulary = vocabulary
        self._kind = kind
        self._vendor = vocabulary.catalogue.provider_of(kind).title
        self._accounts = {
            name: account
            for name, account in vocabulary.accounts.items()
            if account.provider == kind.provider
        }

    def place(self) -> Place:
        """What was typed, or else the configuration's own."""
        name = self._account()
        account = self._accounts[name]
        region, notes = self._region(account)
        return Place(name, region, self._app(account), notes)

    def wording(self, place: Place) -> Wording:
        """How people type this place: only what differs from what stands without it."""
        account = self._accounts[place.account]
        service = self._kind.service
        differs = {
            "account": place.account != next(iter(self._accounts)),
            "region": place.region != account.region_for(service),
            "app": place.app is not None and place.app != account.app_for(service),
        }
        options = tuple(option for option, needed in differs.items() if needed)
        return Wording(self._vocabulary.name, word_of(self._kind), options)

    def _account(self) -> str:
        if not self._accounts:
            provider = self._kind.provider
            step = f'bot operator adds an [accounts.NAME] table with provider = "{provider}"'
            raise Flaw(f"no account of {self._vendor} is set up.", None, hint=step)
        typed = self._draft.value("--account")
        if typed is None:
            return next(iter(self._accounts))
        if typed in self._vocabulary.accounts and typed not in self._accounts:
            says = f"account {typed} is no account of {self._vendor}."
            mended = self._draft.without("--account")
            raise Flaw(says, mended, wrong="--account", known=self._accounts)
        check_account(self._draft, typed, self._accounts)
        return typed

    def _region(self, account: Account) -> tuple[str, tuple[str, ...]]:
        """The region, and what is to be noted about it."""
        default = account.region_for(self._kind.service)
        typed = self._draft.value("--region") or default
        if not typed:
            raise self._no_region(account)
        if not _REGION.fullmatch(typed):
            raise self._no_region_id(typed)
        # What the operator has configured needs no note.
        if typed == default or not self._kind.regions or typed in self._kind.regions:
            return typed, ()
        return typed, (f"{typed} is not in {self._vendor}'s published list; sent as typed.",)

    def _no_region_id(self, typed: str) -> Flaw:
        odd = odd_character(typed)
        its = f"; its {odd}" if odd else ""
        near = nearest(typed, self._kind.regions)
        mended = self._draft.without("--region")
        return Flaw(
            f"a region is letters, digits and '-', at most 40{its}.{near_word(near)}",
            mended.with_option("--region", near) if near else mended,
            wrong="--region",
            nearest=near,
            known=self._kind.regions,
        )

    def _no_region(self, account: Account) -> Flaw:
        regions = self._kind.regions
        return Flaw(
            f"which region? Account {account.name} sets none, so it is typed with --region.",
            self._draft.with_option("--region", regions[0]) if regions else None,
            tail=f", or set region for account {account.name} (bot operator).",
            wrong="--region",
            known=regions,
        )

    def _app(self, account: Account) -> int | None:
        if not self._kind.needs_app:
            return None
        mended = self._draft.with_option("--app", EXAMPLE_APP)
        typed = self._draft.value("--app")
        if typed is None:
            if default := account.app_for(self._kind.service):
                return default
            says = f"{_short_title(self._kind)} needs the SDKAppId."
            raise Flaw(says, mended, tail=", or set sdk_app_id (bot operator).", wrong="--app")
        if not _APP.fullmatch(typed) or not 0 < int(typed) <= MAX_APP:
            raise Flaw("--app is a whole number above 0, in digits.", mended, wrong="--app")
        return int(typed)


def _short_title(kind: Kind) -> str:
    """ "TRTC" of "TRTC stream ingest": the alias as the title writes it."""
    return next((word for word in kind.title.split() if word.lower() in kind.aliases), kind.title)
