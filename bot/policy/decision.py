"""What the rules say of one wish."""

from __future__ import annotations

from bot.policy.matching import Rules
from bot.policy.rules import HowOrNone, Policy, Rule
from bot.policy.terms import (
    Allow,
    Confirm,
    Decision,
    Deny,
    DenyReason,
    Person,
    Place,
    Standing,
    Wish,
)

__all__ = ["decide", "may_approve", "may_cancel", "who_may"]

READS = "reads are for every member"
"""The rule behind a read that no deny stops."""

WITHDRAWN = "whoever asked may withdraw"

_MOST_NAMED = 3
"""Rules, and names in one rule, that a sentence holds before it says how many more there are."""


def decide(policy: Policy, wish: Wish, person: Person, place: Place) -> Decision:
    """What the policy says of a wish. Total: there is an answer to everything."""
    if person.standing is not Standing.MEMBER:
        return Deny(DenyReason(person.standing.value))
    denies = Rules("deny", policy.deny, wish, place).on(person)
    if denies.sure:
        return Deny(DenyReason.RULE, denies.sure)
    if denies.unread:
        return denies.unread
    if not wish.effect.changes:
        return Allow(READS)
    allows = Rules("allow", policy.allow, wish, place).on(person)
    if allows.sure:
        how = _confirms(policy, wish)
        return Allow(allows.sure) if how == "none" else Confirm(how, allows.sure)
    return allows.unread or Deny(DenyReason.NO_RULE, who_may=who_may(policy, wish, place))


def _confirms(policy: Policy, wish: Wish) -> HowOrNone:
    """Who says yes to a wish that is allowed."""
    if wish.is_brake:
        return "none"
    return "second-person" if wish.protected else policy.confirm.for_effect(wish.effect)


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
    here = list(Rules("allow", policy.allow, wish, place))
    rules = here or list(Rules("allow", policy.allow, wish, None))
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
