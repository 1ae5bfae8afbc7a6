"""Answers to a press that one person sees. Each says the next step."""

from __future__ import annotations

from bot.answers import why_denied
from bot.journal import Record, State
from bot.policy import Deny, DenyReason
from bot.reply import Reply, clock
from bot.screens import Screens, describe

__all__ = [
    "audited_press",
    "decided",
    "look_again",
    "may_not_stop",
    "not_a_card",
    "only_the_asker_withdraws",
    "press_broken",
    "pressed_before",
    "requester_lost_rights",
    "too_old",
    "wrong_presser",
]


def audited_press(record: Record, user: str, refusal: Reply) -> str:
    """A refused press, as the audit channel reads it."""
    what = f"{record.command.verb} {describe(record)}"
    return f"A press by {user} on {what} was refused: {refusal.text}"


def press_broken() -> Reply:
    """A fault of the bot while it took a press; whether it counted is in the message."""
    return _private(
        "Something broke in the bot while it took this press. Look at the message; if it still "
        "asks, press again."
    )


def _private(says: str) -> Reply:
    return Reply(text=says)


def not_a_card() -> Reply:
    """A ticket that is not ours, or not of this message."""
    return _private("Not run: this button belongs to no card that I know. Nothing was sent.")


def pressed_before() -> Reply:
    """A button under an end acts once."""
    return _private("This button was pressed before. It runs once; its message is below.")


def too_old(typed: str) -> Reply:
    """A button that has been there for too long to be still meant."""
    return _private(f"This button is too old. Type: {typed}")


def look_again(what: str) -> Reply:
    """The task is not what the card showed."""
    return _private(
        f"The task changed since the card was shown ({what}). Nothing was sent. Look again and "
        "press again."
    )


def wrong_presser(record: Record, decision: Deny) -> Reply:
    """The card is for somebody else."""
    match decision.reason:
        case DenyReason.NOT_THE_REQUESTER:
            ids = " ".join(record.command.tasks)
            again = f"{record.command.verb} {record.command.where} {ids}"
            return _private(
                f"Only @{record.origin.requester_name} decides on this card. If you are allowed, "
                f"ask yourself: {again}"
            )
        case DenyReason.IS_THE_REQUESTER:
            others = f" {decision.who_may} can press." if decision.who_may else ""
            return _private(
                f"You asked for this, so somebody else decides.{others} Nothing was sent."
            )
        case DenyReason.NO_RULE:
            who = decision.who_may or "somebody whom a rule allows it"
            return _private(f"Not allowed: this card needs {who}. Nothing was sent.")
        case _:
            says, _step = why_denied(decision, record.command)
            return _private(f"Not allowed: {says} Nothing was sent.")


def may_not_stop(record: Record, decision: Deny) -> Reply:
    """Somebody pressed "send no more" who could not have said yes either."""
    who = decision.who_may or "somebody whom a rule allows it"
    asker = record.origin.requester_name
    return _private(f"Not allowed: only @{asker} or {who} can stop this. It goes on.")


def requester_lost_rights(record: Record) -> Reply:
    """Both must be allowed when the yes is given."""
    return _private(
        f"Not allowed: @{record.origin.requester_name}, who asked, is not allowed this any more. "
        "Nothing was sent."
    )


def only_the_asker_withdraws(record: Record) -> Reply:
    """Withdraw is the asker's word; others decline."""
    return _private(
        f"Only @{record.origin.requester_name} withdraws this. You can press Decline. "
        "Nothing was sent."
    )


def decided(record: Record, presser: str, screens: Screens) -> Reply:
    """Somebody, or time, was faster."""
    who = "you" if record.decider == presser else f"@{record.decider_name or 'somebody'}"
    at = clock(record.approved_at or record.finished_at or 0)
    match record.state:
        case State.EXPIRED if record.approved_at is None:
            return _private(screens.expired_when_pressed(record))
        case State.CANCELLED | State.DECLINED:
            said = f"{who} {record.state.value} this at {at}. Nothing was sent."
            return _private(said[0].upper() + said[1:])
        case _:
            said = f"{who} said yes first, at {at}. It runs once; the result is in the message."
            return _private(said[0].upper() + said[1:])
