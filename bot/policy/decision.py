"""What the rules say of one wish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from bot.policy.rules import How, Policy, Rule
from providers.operation import Effect, Verb

__all__ = [
    "Allow",
    "Confirm",
    "Decision",
    "Deny",
    "DenyReason",
    "Person",
    "Place",
    "Standing",
    "Wish",
    "decide",
    "may_approve",
    "may_cancel",
    "who_may",
]

READS = "reads are for every member"
"""The rule behind a read that no deny stops."""

WITHDRAWN = "whoever asked may withdraw"

_MOST_NAMED = 3
"""Rules, and names in one rule, that a sentence holds before it says how many more there are."""


# What is asked


class Standing(StrEnum):
    """What somebody is in the workspaces that may use the bot."""

    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    STRANGER = "stranger"  # a member of another workspace
    UNKNOWN = "unknown"  # there is no such person, or the look-up failed


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as Slack knows them.

    team_ids: their teams and enterprise; `standing` was judged by these.
    groups: ids and handles of the groups they are in, among those that the policy names; None
        where these could not be read.
    """

    id: str
    name: str
    team_ids: frozenset[str]
    standing: Standing
    groups: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody asks. direct: a direct message, which no rule for channels matches."""

    channel: str
    direct: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """One operation on one task that somebody asks for.

    where: "tencent:pull". target: the named target that the task is.
    perhaps: named targets that the task may be as well, as the same id in another region; what is
        denied for one of these is denied, and what is allowed for one of these is not allowed.
    """

    verb: Verb
    where: str
    provider: str
    account: str
    target: str | None
    effect: Effect
    protected: bool
    perhaps: frozenset[str] = frozenset()


# What is answered


class DenyReason(StrEnum):
    """Why not. Every standing but the member's is a reason of the same name."""

    RULE = "a rule forbids it"
    NO_RULE = "no rule allows it"
    GROUPS_UNREADABLE = "the user groups could not be read"
    GUEST = Standing.GUEST.value
    BOT = Standing.BOT.value
    DEACTIVATED = Standing.DEACTIVATED.value
    STRANGER = Standing.STRANGER.value
    UNKNOWN = Standing.UNKNOWN.value
    NOT_THE_REQUESTER = "only the requester says yes"
    IS_THE_REQUESTER = "somebody other than the requester says yes"


@dataclass(frozen=True, slots=True)
class Allow:
    """Yes. rule: which one, as "allow 1"."""

    rule: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """Yes, once somebody has said yes on a card."""

    how: How
    rule: str


@dataclass(frozen=True, slots=True)
class Deny:
    """No.

    rule: the one that forbids, or that hangs on groups which could not be read ("deny 1").
    who_may: who is allowed it, as `who_may` says; "" where that is not the point.
    groups: those that the answer hangs on and that could not be read.
    """

    reason: DenyReason
    rule: str | None = None
    who_may: str = ""
    groups: tuple[str, ...] = ()


Decision = Allow | Confirm | Deny


def decide(policy: Policy, wish: Wish, person: Person, place: Place) -> Decision:
    """What the policy says of a wish. Total: there is an answer to everything."""
    if person.standing is not Standing.MEMBER:
        return Deny(DenyReason(person.standing.value))
    denies = _Rules("deny", policy.deny, wish, place).on(person)
    if denies.sure:
        return Deny(DenyReason.RULE, denies.sure)
    if denies.unread:
        return denies.unread
    if not wish.effect.changes:
        return Allow(READS)
    allows = _Rules("allow", policy.allow, wish, place).on(person)
    if allows.sure:
        how = "second-person" if wish.protected else policy.confirm.for_effect(wish.effect)
        return Allow(allows.sure) if how == "none" else Confirm(how, allows.sure)
    return allows.unread or Deny(DenyReason.NO_RULE, who_may=who_may(policy, wish, place))


def may_approve(
    policy: Policy, wish: Wish, person: Person, place: Place, *, requester_id: str, how: str
) -> Decision:
    """Whether this person's yes on a card counts. Never `Confirm`.

    how: what the card said. Where the policy asks for more by now, the policy counts; and anything
    but "self" is held to be "second-person".
    """
    decision = decide(policy, wish, person, place)
    if isinstance(decision, Deny):
        return decision
    second = how != "self" or (isinstance(decision, Confirm) and decision.how == "second-person")
    if second and person.id == requester_id:
        others = who_may(policy, wish, place)
        return Deny(DenyReason.IS_THE_REQUESTER, decision.rule, others)
    if not second and person.id != requester_id:
        return Deny(DenyReason.NOT_THE_REQUESTER, decision.rule)
    return Allow(decision.rule)


def may_cancel(
    policy: Policy, wish: Wish, person: Person, place: Place, *, requester_id: str
) -> Decision:
    """Whether this person's no on a card counts: the asker's always does, because it is safe, and
    that of anybody who is allowed the wish. Never `Confirm`."""
    if person.id == requester_id:
        return Allow(WITHDRAWN)
    decision = decide(policy, wish, person, place)
    return Allow(decision.rule) if isinstance(decision, Confirm) else decision


def who_may(policy: Policy, wish: Wish, place: Place) -> str:
    """Who is allowed a wish, as "members of oncall or U123 (rule allow 1)"; "" if nobody is.

    Plain words that page nobody. A channel is not named: the reader may not know of it.
    """
    here = list(_Rules("allow", policy.allow, wish, place))
    rules = here or list(_Rules("allow", policy.allow, wish, None))
    where = "" if here else ", elsewhere"
    said = [f"{_people(rule)} (rule {name}{where})" for name, rule in rules]
    return _some(said, ", or ", "rules")


def _people(rule: Rule) -> str:
    if rule.users is None and rule.groups is None:
        return "every member"
    named = [f"members of {group}" for group in rule.groups or ()]
    return _some([*named, *(rule.users or ())], " or ", "")


def _some(words: list[str], joint: str, noun: str) -> str:
    more = len(words) - _MOST_NAMED
    rest = [f"{more} more {noun}".rstrip()] if more > 0 else []
    return joint.join([*words[:_MOST_NAMED], *rest])


# How rules match


class _Found(NamedTuple):
    """sure: the first rule that matches. unread: the first that may, if a group could be read."""

    sure: str | None
    unread: Deny | None


@dataclass(frozen=True)
class _Rules:
    """The rules of one side that are about a wish, whoever asks, with their names ("allow 1").

    place: None to leave the channels aside.
    """

    side: Literal["allow", "deny"]
    rules: tuple[Rule, ...]
    wish: Wish
    place: Place | None

    def __iter__(self) -> Iterator[tuple[str, Rule]]:
        for number, rule in enumerate(self.rules, start=1):
            if self._is_about_the_wish(rule) and self._is_for_the_place(rule):
                yield f"{self.side} {number}", rule

    def on(self, person: Person) -> _Found:
        """What these rules say of one person."""
        unread: Deny | None = None
        for name, rule in self:
            matches = _matches(rule, person)
            if matches:
                return _Found(name, unread)
            if matches is None and unread is None:
                unread = Deny(DenyReason.GROUPS_UNREADABLE, name, groups=rule.groups or ())
        return _Found(None, unread)

    def _is_about_the_wish(self, rule: Rule) -> bool:
        wish = self.wish
        targets = {wish.target} if self.side == "allow" else {wish.target, *wish.perhaps}
        return (
            (rule.verbs is None or "*" in rule.verbs or wish.verb in rule.verbs)
            and (rule.where is None or wish.where in rule.where or wish.provider in rule.where)
            and (rule.accounts is None or wish.account in rule.accounts)
            and (rule.targets is None or not targets.isdisjoint(rule.targets))
        )

    def _is_for_the_place(self, rule: Rule) -> bool:
        if rule.channels is None or self.place is None:
            return True
        return not self.place.direct and self.place.channel in rule.channels


def _matches(rule: Rule, person: Person) -> bool | None:
    """Whether a rule is about a person; None where that hangs on groups that could not be read."""
    if rule.users is None and rule.groups is None:
        return True
    if person.id in (rule.users or ()):
        return True
    if not rule.groups:
        return False
    return None if person.groups is None else not person.groups.isdisjoint(rule.groups)
