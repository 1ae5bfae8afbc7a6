"""How rules match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.policy.rules import Rule
from bot.policy.terms import Deny, DenyReason, Person, Place, Wish

__all__ = ["Found", "Rules"]


class Found(NamedTuple):
    """sure: the first rule that matches. unread: the first that may, if a group could be read."""

    sure: str | None
    unread: Deny | None


@dataclass(frozen=True)
class Rules:
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

    def on(self, person: Person) -> Found:
        """What these rules say of one person."""
        unread: Deny | None = None
        for name, rule in self:
            matches = _matches(rule, person)
            if matches:
                return Found(name, unread)
            if matches is None and unread is None:
                unread = Deny(DenyReason.GROUPS_UNREADABLE, name, groups=rule.groups or ())
        return Found(None, unread)

    def _is_about_the_wish(self, rule: Rule) -> bool:
        wish = self.wish
        targets = {wish.target} if self.side == "allow" else {wish.target, *wish.perhaps}
        return (
            (rule.verbs is None or "*" in rule.verbs or wish.verb in rule.verbs)
            and (rule.where is None or wish.where in rule.where or wish.provider in rule.where)
            and self._is_about_the_account(rule)
            and (rule.targets is None or not targets.isdisjoint(rule.targets))
        )

    def _is_about_the_account(self, rule: Rule) -> bool:
        if rule.accounts is None or self.wish.account in rule.accounts:
            return True
        # A brake on every account is on this one too: what is denied for one is not done to all.
        return self.side == "deny" and self.wish.is_brake and not self.wish.account

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
