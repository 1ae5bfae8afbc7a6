"""What people read of a freeze and a thaw. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.command import ThawCommand
from bot.journal.brakes import Brake, Turn
from bot.journal.record import Outcome, OutcomeWord
from bot.policy import Deny, DenyReason
from bot.reply import Bold, Code, Mark, Reply, clock, day_and_clock
from providers.foreign import foreign

__all__ = [
    "FREEZE",
    "THAW",
    "denied",
    "frozen",
    "frozen_already",
    "not_frozen",
    "refusal",
    "stopped",
    "thawed",
    "told",
]

FREEZE = "freeze"
THAW = "thaw"

_DAY = 20 * 3600.0
"""Seconds after which a time of day alone would mislead."""


# For the channel


def frozen(turn: Turn, now: float) -> str:
    """What the channel reads of a freeze."""
    brake = turn.brake
    said = (
        f"Frozen: @{brake.by_name} stopped all changes on {_label(brake)}: {_bare(brake.reason)}. "
        f"Nothing is sent until somebody types {_thaw(brake)}."
    )
    if brake.everything:
        own = ", ".join(_label(one) for one in turn.others)
        return f"{said} With a freeze of its own, before and after: {own}." if own else said
    whole = next((one for one in turn.others if one.everything), None)
    if whole is None:
        return said
    return f"{said} Every account is frozen as well: {_held(whole, now)} To thaw: {_thaw(whole)}"


def thawed(brake: Brake, by: str, reason: str, staying: Sequence[Brake], now: float) -> str:
    """What the channel reads of a thaw. staying: what holds the same accounts all the same."""
    why = f": {_bare(reason)}" if reason else ""
    rest = _still(staying, now) or "What it stopped is not sent by itself: ask again."
    return f"Thawed: @{by} took the freeze off {_label(brake)}{why}. {_held(brake, now)} {rest}"


# For one person


def told(verb: str, brake: Brake) -> Reply:
    """It is done; also where the bot cannot post in the channel."""
    if verb == FREEZE:
        return Reply(text=f"Frozen: {_label(brake)}. To thaw: {_thaw(brake)}")
    return Reply(text=f"Thawed: {_label(brake)}.")


def frozen_already(brake: Brake, now: float) -> Reply:
    """A freeze of what is frozen changes nothing."""
    return Reply(
        text=f"Frozen already: {_held(brake, now)} Nothing was changed. To thaw: {_thaw(brake)}"
    )


def not_frozen(account: str | None, held: Sequence[Brake], now: float) -> Reply:
    """A thaw of what is not frozen, and what is."""
    what = "there is no freeze of everything" if account is None else f"{_name(account)} has none"
    rest = _still(held, now) or "Nothing is frozen."
    return Reply(text=f"Nothing to thaw: {what}. {rest}")


def denied(verb: str, account: str | None, decision: Deny) -> Reply:
    """The policy says no."""
    what = f"{verb} of {_name(account)}"
    says, step = _why(decision)
    return Reply(
        text=f"Not allowed: {what}. {says} Nothing was changed. {step}",
        mark=Mark.NOT_ALLOWED,
        head=(what,),
        body=((f"{says} Nothing was changed. ", Bold("Next:"), f" {step}"),),
    )


def refusal(brake: Brake, who: str, now: float) -> Reply:
    """What every attempt hears: who froze, since when, why, and who thaws it how.

    who: who may thaw, as the policy names them; "" for nobody.
    """
    held = f"{_held(brake, now)} Nothing was sent."
    may = f"May thaw: {who}." if who else "No rule allows a thaw here; the bot operator adds one."
    return Reply(
        text=f"Not run: {_label(brake)} is frozen. {held} {may} To thaw: {_thaw(brake)}",
        mark=Mark.NOT_RUN,
        head=(f"{_label(brake)} is frozen",),
        body=((held, " ", Bold("Next:"), " to thaw: ", Code(_thaw(brake))),),
        context=((may,),),
    )


def stopped(brake: Brake, now: float) -> Outcome:
    """The end of what was approved before the freeze and not claimed."""
    return Outcome(
        word=OutcomeWord.NOT_SENT,
        label="frozen",
        says=f"{_held(brake, now)} Nothing was sent.",
        step=f"ask again once somebody has typed {_thaw(brake)}",
        who="you",
    )


# Parts


def _name(account: str | None) -> str:
    return "every account" if account is None else f"account {account}"


def _label(brake: Brake) -> str:
    """As "account prod (also prod2, the same key)"."""
    if brake.everything:
        return _name(None)
    first, *others = brake.accounts
    return _name(first) + (f" (also {', '.join(others)}, the same key)" if others else "")


def _held(brake: Brake, now: float) -> str:
    """As "@bob froze account prod at 03:12:05 UTC: wrong source."."""
    old = now - brake.at > _DAY
    since = f"on {day_and_clock(brake.at)}" if old else f"at {clock(brake.at)}"
    return f"@{brake.by_name} froze {_label(brake)} {since}: {_bare(brake.reason)}."


def _bare(reason: str) -> str:
    """A reason within a sentence that has its own full stop."""
    return foreign(reason).rstrip(". ")


def _thaw(brake: Brake) -> str:
    return ThawCommand(None if brake.everything else brake.accounts[0]).typed()


def _still(brakes: Sequence[Brake], now: float) -> str:
    return " ".join(f"Still frozen: {_held(one, now)} To thaw: {_thaw(one)}" for one in brakes)


def _why(decision: Deny) -> tuple[str, str]:
    """What the policy says against a brake, and what can be done about it."""
    match decision.reason:
        case DenyReason.RULE:
            return (
                f"Rule {decision.rule} forbids it here.",
                "Ask in another channel, or the bot operator changes the rule.",
            )
        case DenyReason.NO_RULE:
            who = f" Allowed: {decision.who_may}." if decision.who_may else ""
            return (
                f"No rule allows you that here.{who}",
                "Ask one of them to type it, or the bot operator adds a rule.",
            )
        case DenyReason.GROUPS_UNREADABLE | DenyReason.UNKNOWN:
            return (
                "I could not read from Slack what you may do, so the answer is no.",
                "Try again in a minute. If it stays: bot operator, stream-bot check.",
            )
        case _:
            return ("Only full members of this workspace may do that.", "Ask somebody on call.")
