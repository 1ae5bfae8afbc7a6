"""The rules, as they are configured."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, ValidationInfo

from bot.config import Known, Section, mistake, nearest
from providers.operation import Effect, Verb

__all__ = ["BRAKE_VERBS", "ConfirmRules", "How", "HowOrNone", "Policy", "Rule", "slack_id"]

BRAKE_VERBS = ("freeze", "thaw")
"""The verbs of the brake on every change. They are the bot's own, so no kind of task has them."""


def _verb(word: str) -> str:
    known = ("*", *Verb, *BRAKE_VERBS)
    if word in known:
        return word
    raise mistake("unknown verb", nearest(word, known))


def _known(key: str, noun: str) -> AfterValidator:
    """A word that the rest of the configuration must know: a slip in a deny allows nothing."""

    def check(word: str, info: ValidationInfo) -> str:
        if info.context is None:  # a rule that a program made, not a configuration
            return word
        known: Known = info.context["known"]
        if word not in known[key]:
            raise mistake(f"unknown {noun}", nearest(word, known[key]))
        return known[key][word]

    return AfterValidator(check)


def slack_id(first_letters: str, wrong: str, right: str) -> AfterValidator:
    """A validator for one of Slack's ids. A name in its place would match nobody, in silence."""
    pattern = re.compile(rf"[{first_letters}][A-Z0-9]+", re.ASCII)

    def check(word: str) -> str:
        if pattern.fullmatch(word):
            return word
        raise mistake(wrong, right)

    return AfterValidator(check)


def _group(word: str) -> str:
    """A user group's id or handle, the handle without its "@"."""
    name = word.removeprefix("@")
    handle = name == name.lower() and re.fullmatch(r"[^\s@#<>|&,]{1,80}", name)
    if handle or re.fullmatch(r"S[A-Z0-9]+", name, re.ASCII):
        return name
    raise mistake("not a user group", 'its id, as "S123", or its handle, as "oncall"')


_ChannelId = Annotated[str, slack_id("CG", "not a channel id", 'an id, as "C123" (not a name)')]
_UserId = Annotated[str, slack_id("UW", "not a user id", 'an id, as "U123" (not a name)')]


def _not_empty(words: tuple[str, ...]) -> tuple[str, ...]:
    if words:
        return words
    raise mistake("an empty list matches nobody", "leave the key out for any")


_Word = TypeVar("_Word", bound=str)
_AnyOf = Annotated[tuple[_Word, ...], AfterValidator(_not_empty)] | None


class Rule(Section):
    """What one rule is about. A key that is left out matches anything; all keys must match.

    A brake (freeze, thaw) is on accounts, so a rule with `where` or `targets` is never about one.

    verbs: "*" is every verb, freeze and thaw too. where: a provider, or "provider:kind".
    targets: names of targets, matched however the task was typed.
    users, groups: a person is matched by either, so a rule with both is for these users and for
        the members of these groups. groups: ids, or handles without "@".
    channels: never match a direct message.
    """

    verbs: _AnyOf[Annotated[str, AfterValidator(_verb)]] = None
    where: _AnyOf[Annotated[str, _known("where", "provider or kind")]] = None
    accounts: _AnyOf[Annotated[str, _known("accounts", "account")]] = None
    targets: _AnyOf[Annotated[str, _known("targets", "target")]] = None
    users: _AnyOf[_UserId] = None
    groups: _AnyOf[Annotated[str, AfterValidator(_group)]] = None
    channels: _AnyOf[_ChannelId] = None


How = Literal["self", "second-person"]
"""Who says yes: the requester, or anybody allowed except the requester."""

HowOrNone = Literal["none", "self", "second-person"]
"""Who says yes, if anybody has to."""


class ConfirmRules(Section):
    """What asks for a yes first, by its effect."""

    interrupts: HowOrNone = "none"
    ends: HowOrNone = "self"
    deletes: HowOrNone = "self"

    def for_effect(self, effect: Effect) -> HowOrNone:
        """Who must say yes to something of this effect."""
        match effect:
            case Effect.READS:
                return "none"
            case Effect.INTERRUPTS:
                return self.interrupts
            case Effect.ENDS:
                return self.ends
            case Effect.DELETES:
                return self.deletes


class Policy(Section):
    """The rules. audit_channel: where every change and refusal is told as well."""

    audit_channel: _ChannelId | None = None
    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    confirm: ConfirmRules = ConfirmRules()

    @property
    def groups_named(self) -> frozenset[str]:
        """Every user group that a decision may depend on."""
        return self.groups_denied | _groups_of(self.allow)

    @property
    def groups_denied(self) -> frozenset[str]:
        """Those that a deny depends on."""
        return _groups_of(self.deny)


def _groups_of(rules: tuple[Rule, ...]) -> frozenset[str]:
    return frozenset(group for rule in rules for group in rule.groups or ())
