"""Words that several answers share: the end of an operation, a place, cells of a table. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.command import ListCommand, TaskCommand
from bot.journal import Outcome, OutcomeWord, Record, State, Verdict
from bot.reply import Code, Line, Mark, day_and_clock
from bot.screens.words import WORDS, person
from providers.facts import Facts
from providers.masking import host_of
from providers.operation import Verb

__all__ = [
    "NOTHING",
    "asked_for",
    "cell",
    "code_cell",
    "end_mark",
    "end_word",
    "ends_of",
    "host_cell",
    "in_place",
    "listing_of",
    "minute",
    "named",
    "request_ids",
    "seconds_to_proof",
    "until_cell",
]

NOTHING = "–"
"""What an empty cell of a table shows."""

_BY_STATE: Mapping[State, Mark] = {
    State.DECLINED: Mark.DECLINED,
    State.CANCELLED: Mark.CANCELLED,
    State.EXPIRED: Mark.EXPIRED,
}
_BY_WORD: Mapping[OutcomeWord, Mark] = {
    OutcomeWord.ACCEPTED: Mark.ACCEPTED,
    OutcomeWord.ALREADY_SO: Mark.ALREADY_SO,
    OutcomeWord.REFUSED: Mark.REFUSED,
    OutcomeWord.NOT_SENT: Mark.NOT_SENT,
    OutcomeWord.UNKNOWN: Mark.UNKNOWN,
    OutcomeWord.WAITING_FOR_QUOTA: Mark.WAITING_FOR_QUOTA,
    OutcomeWord.RUNNING: Mark.TASK_RUNNING,
    OutcomeWord.NOT_BACK: Mark.NOT_BACK,
    OutcomeWord.DOWN: Mark.DOWN,
    OutcomeWord.CANNOT_TELL: Mark.CANNOT_TELL,
}
_PROVED: Mapping[Verb, Mark] = {
    Verb.RESTART: Mark.RUNNING_AGAIN,
    Verb.START: Mark.STARTED,
    Verb.STOP: Mark.STOPPED_NOW,
    Verb.DELETE: Mark.DELETED,
}
_NOT_PROVED: Mapping[Verb, Mark] = {
    Verb.STOP: Mark.NOT_STOPPED,
    Verb.DELETE: Mark.NOT_DELETED,
}

_TAKEN = frozenset(
    {
        OutcomeWord.ACCEPTED,
        OutcomeWord.PROVED,
        OutcomeWord.RUNNING,
        OutcomeWord.NOT_BACK,
        OutcomeWord.CANNOT_TELL,
    }
)
"""Ends of a call that the vendor took."""


# An operation


def end_mark(record: Record, refusal: str = "") -> Mark | None:
    """The glossary's word for how an operation stands; None before it is decided.

    refusal: what the asker was told, of one that was denied: not everything that is denied is
    against a rule.
    """
    match record.state:
        case State.ASKED:
            return None
        case State.DENIED | State.CANCELLED if _not_sent(record):
            return Mark.NOT_SENT  # one of several tasks: the others may have been
        case State.DENIED:
            return Mark.NOT_RUN if refusal.startswith(Mark.NOT_RUN.word) else Mark.NOT_ALLOWED
        case State.WAITING:
            second = record.confirm == "second-person"
            return Mark.WAITING_FOR_SECOND if second else Mark.WAITING
        case State.APPROVED | State.SENDING:
            waits = record.outcome and record.outcome.word is OutcomeWord.WAITING_FOR_QUOTA
            return Mark.WAITING_FOR_QUOTA if waits else Mark.SENDING
    return _BY_STATE.get(record.state) or _mark_of(record, record.outcome)


def _mark_of(record: Record, outcome: Outcome | None) -> Mark:
    verb = record.command.verb
    if outcome is None:
        return Mark.UNKNOWN
    if outcome.word is OutcomeWord.PROVED:
        ended = verb is Verb.STOP and _is_over(record)
        return Mark.ENDED_NOW if ended else _PROVED.get(verb, Mark.ACCEPTED)
    if outcome.word is OutcomeWord.NOT_BACK:
        return _NOT_PROVED.get(verb, Mark.NOT_BACK)
    return _BY_WORD[outcome.word]


def _not_sent(record: Record) -> bool:
    return record.outcome is not None and record.outcome.word is OutcomeWord.NOT_SENT


def _is_over(record: Record) -> bool:
    last = record.followed.last if record.followed else None
    return last is not None and last.facts.state.over


def end_word(record: Record, refusal: str = "") -> str:
    """The same as text: "Running again", "Refused"; "Asked" before it is decided."""
    mark = end_mark(record, refusal)
    return mark.word if mark else "Asked"


def ends_of(parts: Sequence[Record]) -> str:
    """Of several tasks: "2 running again, 1 refused"."""
    counts = Counter(end_word(part) for part in parts)
    return ", ".join(f"{count} {word.lower()}" for word, count in counts.items())


def seconds_to_proof(record: Record) -> int | None:
    """How long after the request it was proved; None where it was not."""
    last = record.followed.last if record.followed else None
    if record.verdict is not Verdict.RECOVERED or last is None or record.sent_at is None:
        return None
    return max(0, round(last.at - record.sent_at))


def asked_for(record: Record, what: str) -> str:
    """As "@ann restarted tencent:pull 123", or, where the vendor did not take it, "@ann asked to
    restart tencent:pull 123"."""
    words = WORDS[record.command.verb]
    outcome = record.outcome
    taken = record.state.final and outcome is not None and outcome.word in _TAKEN
    taken = taken and not record.command.others  # of several, some may not have been
    did = words.past if taken else f"asked to {words.base}"
    return f"{person(record.origin.requester_name)} {did} {what}"


def request_ids(record: Record) -> Line:
    """The vendor's RequestIds, whole, of both steps where there are two."""
    kept = [outcome.request_id for outcome in (record.first_step, record.outcome) if outcome]
    found = [request_id for request_id in kept if request_id]
    line: Line = ()
    for request_id in found:
        line = (*line, ", ", Code(request_id)) if line else (Code(request_id),)
    return line or (NOTHING,)


# A place


def in_place(command: TaskCommand | ListCommand) -> str:
    """As "ap-guangzhou, account prod"."""
    app = f"app {command.app}" if command.app is not None else ""
    parts = (app, command.region, f"account {command.account}")
    return ", ".join(part for part in parts if part)


def named(command: TaskCommand, task: str, name: str | None) -> str:
    """A task as `text` names it: "tencent:pull 123 (main-feed, ap-guangzhou, account prod)"."""
    inside = ", ".join(part for part in (name, in_place(command)) if part)
    return f"{command.where} {task} ({inside})"


def listing_of(command: TaskCommand) -> ListCommand:
    """The list where a task would be."""
    return ListCommand(
        where=command.where,
        account=command.account,
        region=command.region,
        app=command.app,
        wording=command.wording,
    )


# Cells


def cell(text: str) -> Line:
    """Plain text; a dash for none."""
    return (text or NOTHING,)


def code_cell(text: str) -> Line:
    """In code font; a dash for none."""
    return (Code(text),) if text else (NOTHING,)


def host_cell(address: str) -> Line:
    """The host of a masked address."""
    return cell(host_of(address))


def until_cell(facts: Facts) -> Line:
    """When a task ends by itself; when it starts, if that has not come."""
    if facts.ends_at is None:
        return (NOTHING,)
    return (day_and_clock(facts.ends_at),)


def minute(at: float) -> str:
    """A day and a minute for a column that says UTC in its head: "22 Nov 10:00"."""
    return day_and_clock(at).removesuffix(" UTC")
