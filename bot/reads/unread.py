"""What is said where the vendor could not be read: nothing is guessed. Pure."""

from __future__ import annotations

from bot.looks import UnseenError
from bot.reply import Bold, Code, Line, Mark, Reply, clock

__all__ = ["next_step", "request_id", "unreadable"]


def unreadable(what: str, head: Line, unseen: UnseenError, now: float) -> Reply:
    """what: as `text` names it."""
    code: Line = (" · code ", Code(unseen.code)) if unseen.code else ()
    coded = f" ({unseen.code})" if unseen.code else ""
    told = f" RequestId {unseen.request_id}" if unseen.request_id else ""
    step = next_step(unseen)
    return Reply(
        text=f"Unknown: {what} could not be read{coded}. {unseen.says} Next: {step}.{told}",
        mark=Mark.UNKNOWN,
        head=head,
        body=((f"{unseen.says} ", Bold("Next:"), f" {step}."),),
        context=((f"asked {clock(now)}", *code, *request_id(unseen)),),
    )


def next_step(unseen: UnseenError) -> str:
    """As "account owner tops it up in the billing console"."""
    if unseen.step:
        return f"{unseen.who} {unseen.step}".strip().rstrip(".")
    return "you try again in a minute; if it stays, bot operator: stream-bot check"


def request_id(unseen: UnseenError) -> Line:
    """For the vendor's support, where there is one."""
    return (" · RequestId ", Code(unseen.request_id)) if unseen.request_id else ()
