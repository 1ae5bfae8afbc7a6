"""The small parts of the messages of several tasks: bar, buttons, lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.journal.batches import stopped
from bot.journal.record import Record, State, Verdict
from bot.reply import Button, Code, Line
from bot.screens.batch.tally import Sent, count_sent, end_of
from bot.screens.frame import next_step
from bot.screens.words import HALT, STATUS

__all__ = [
    "and_then",
    "bar",
    "canary",
    "halt",
    "line_of",
    "one_by_one",
    "request_ids",
    "status",
    "stopped_early",
    "why_stopped",
]

BAR_CELLS = 20
MOST_TROUBLED = 10

Children = Sequence[Record]

_ALWAYS_COUNTED = (Sent.ACCEPTED, Sent.REFUSED, Sent.UNKNOWN, Sent.NOT_SENT, Sent.TO_GO)


def bar(counted: Mapping[Sent, int]) -> Line:
    """How far it is, and how many of each."""
    total = sum(counted.values())
    done = total - counted[Sent.TO_GO]
    filled = BAR_CELLS * done // total if total else 0
    shown = [f"{sent} {n}" for sent, n in counted.items() if n or sent in _ALWAYS_COUNTED]
    cells = "█" * filled + "░" * (BAR_CELLS - filled)
    return (Code(cells), f" {' · '.join([f'{done} of {total}', *shown])}")


def canary(parent: Record, children: Children) -> tuple[Line, ...]:
    """What the others wait for."""
    waiting = sum(child.state is State.ASKED for child in children)
    if not parent.command.canary or not waiting or not children:
        return ()
    first = children[0]
    following = first.verdict is Verdict.FOLLOWING
    now = "following" if following else "proved" if first.settled else "sending"
    return (
        (
            "First task ",
            Code(first.command.task),
            f": {now}. The other {waiting} wait until it is proved.",
        ),
    )


def halt(parent: Record, to_go: int) -> tuple[Button, ...]:
    """The button that sends no more, as long as there is something to go."""
    if not to_go or stopped(parent):
        return ()
    described = "Send no more. What was sent stays sent."
    ticket = parent.ticket or ""
    return (Button(action=HALT, label="Send no more", described=described, ticket=ticket),)


def status(parent: Record, hurt: Children, children: Children) -> tuple[Button, ...]:
    """A look at those in trouble, once nothing changes by itself any more."""
    if not hurt or parent.button is None or not all(child.settled for child in children):
        return ()
    return (Button(action=STATUS, label="Status of troubled", ticket=parent.button),)


def why_stopped(parent: Record) -> str:
    """Who or what stopped the rest; "" where nothing did."""
    return parent.outcome.says if parent.outcome and stopped(parent) else ""


def stopped_early(parent: Record, children: Children) -> str:
    """As "@bob stopped the rest: 30 were sent, 20 were not."."""
    why = why_stopped(parent)
    if not why:
        return ""
    rest = count_sent(children)[Sent.NOT_SENT]
    left = len(children) - rest
    return f"{why.rstrip('.')}: {left} {_were(left)} sent, {rest} {_were(rest)} not."


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def one_by_one(hurt: Children, parent: Record) -> tuple[Line, ...]:
    """Code, meaning and next step of each, in one line of the message's body."""
    if not hurt:
        return ()
    lines = [_trouble(child) for child in hurt[:MOST_TROUBLED]]
    if len(hurt) > MOST_TROUBLED:
        more = f"and {len(hurt) - MOST_TROUBLED} more: "
        lines.append((more, Code(f"/stream show {parent.id}")))
    return (tuple(part for line in lines for part in (*line, "\n"))[:-1],)


def _trouble(child: Record) -> Line:
    """As "456 not back: The usual cause is a source that does not play. Next: ..."."""
    outcome = child.outcome
    start: Line = (Code(child.command.task), f" {end_of(child).value}: ")
    if outcome is None:
        return (*start, f"{child.state}.")
    code: Line = (Code(outcome.code), " ") if outcome.code else ()
    return (*start, *code, f"{outcome.says} ", *next_step(outcome))


def request_ids(child: Record) -> str | Code:
    """Of both steps, where there were two."""
    found = [outcome.request_id for outcome in (child.first_step, child.outcome) if outcome]
    return Code(", ".join(one for one in found if one) or "none")


def line_of(text: str) -> tuple[Line, ...]:
    """A line of its own, if there is anything to say."""
    return ((text,),) if text else ()


def and_then(text: str) -> str:
    """A further sentence, if there is one."""
    return f" {text}" if text else ""
