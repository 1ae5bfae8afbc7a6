"""One operation's whole trail: who, when, what, and what the vendor answered. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.command import ShowCommand
from bot.journal import Outcome, Record, State, TrailEntry, Verdict
from bot.reads.history import task_of
from bot.reads.words import (
    NOTHING,
    asked_for,
    cell,
    code_cell,
    end_mark,
    end_word,
    ends_of,
    in_place,
    minute,
    request_ids,
)
from bot.reply import Bold, Channel, Code, Line, Link, Mark, Reply, Table
from bot.screens.facts import facts_fields
from bot.screens.words import person
from providers.foreign import foreign

__all__ = ["View", "show", "show_batch", "unknown"]

_SETTINGS = 1_400
"""Characters of a task's settings that one message can hold beside the rest."""

_BOT = "bot"
_WHAT = 200

_VERDICTS = frozenset(Verdict)
_ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.UNKNOWN})
_TOLD_APART = frozenset({"settings", "attempt", "step", "word", "request id"})
"""What of an entry's detail is not told as "name: value"."""


def unknown(command: ShowCommand, known: Sequence[str]) -> Reply:
    """There is no such operation. known: the ids of the latest."""
    near = difflib.get_close_matches(command.operation, known, n=1, cutoff=0.6)
    nearest = f" Nearest: {near[0]}." if near else ""
    step: Line = (Code(ShowCommand(near[0]).typed()),) if near else (Code("/stream history"),)
    return Reply(
        text=f"No operation {command.operation}.{nearest}",
        mark=Mark.NOT_RUN,
        head=("no operation ", Code(command.operation)),
        body=((Bold("Next:"), " ", *step),),
    )


@dataclass(frozen=True, slots=True)
class View:
    """asked_in: the channel; what was asked in somebody else's direct message keeps its reason.
    link: to the operation's message. refusal: what the asker was told, if it was denied."""

    asked_in: str
    link: str | None = None
    refusal: str = ""


def show(record: Record, trail: Sequence[TrailEntry], view: View) -> Reply:
    """The whole trail, and what the card showed."""
    rows = tuple(tuple(_row(entry, record)) for entry in trail)
    return _reply(
        record,
        view,
        mark=end_mark(record, view.refusal) or Mark.HISTORY,
        end=end_word(record, view.refusal).lower(),
        body=tuple(_body(record, trail, view.refusal)),
        table=Table(("Time (UTC)", "Who", "What", "RequestId"), rows),
    )


def show_batch(record: Record, parts: Sequence[Record], view: View) -> Reply:
    """Several tasks in one command: how each of them ended."""
    counted = ends_of(parts)
    mark = end_mark(record, view.refusal)
    return _reply(
        record,
        view,
        mark=mark if mark and record.state is not State.SUCCEEDED else Mark.HISTORY,
        end=counted,
        body=((f"{len(parts)} tasks: {counted}.",), *_refused(view.refusal)),
        table=Table(("Task", "End", "Why", "Op", "RequestId"), tuple(map(_part, parts))),
    )


def _part(part: Record) -> tuple[Line, ...]:
    outcome = part.outcome
    why = code_cell(outcome.code) if outcome and outcome.code else cell(_label(outcome))
    task = code_cell(part.command.task)
    return (task, cell(end_word(part)), why, code_cell(part.id), request_ids(part))


def _label(outcome: Outcome | None) -> str:
    return outcome.label if outcome else ""


def _reply(
    record: Record, view: View, *, mark: Mark, end: str, body: tuple[Line, ...], table: Table
) -> Reply:
    command = record.command
    did = asked_for(record, f"{task_of(record)} ({in_place(command)})")
    return Reply(
        text=f"Operation {record.id}: {did} at {minute(_ended_at(record) or record.asked_at)} UTC; "
        f"{', '.join(_times(record, end))}.",
        mark=mark,
        head=(f"{command.verb} · {command.where} ", Code(task_of(record).partition(" ")[2])),
        fields=facts_fields(command, record.facts),
        body=body,
        table=table if table.rows else None,
        context=tuple(_context(record, view)),
    )


# What happened


def _times(record: Record, end: str) -> Iterator[str]:
    yield f"asked {_clock(record.asked_at)}"
    if record.approved_at is not None:
        by = f" by {person(record.decider_name)}" if record.decider else ""
        yield f"approved{by} {_clock(record.approved_at)}"
    if record.sent_at is not None:
        yield f"sent {_clock(record.sent_at)}"
    ended = _ended_at(record)
    yield f"{end} {_clock(ended)}" if ended else end


def _ended_at(record: Record) -> float | None:
    last = record.followed.last if record.followed else None
    if record.verdict not in (None, Verdict.FOLLOWING) and last is not None:
        return last.at
    return record.finished_at


def _body(record: Record, trail: Iterable[TrailEntry], refusal: str) -> Iterator[Line]:
    if record.outcome and record.outcome.says:
        yield (record.outcome.says,)
    yield from _refused(refusal)
    if record.look_again:
        yield (f"Changed while the card was shown: {record.look_again}",)
    if settings := _settings(trail):
        yield (Bold("Settings before it went, secrets masked:"), " ", Code(settings))


def _refused(refusal: str) -> Iterator[Line]:
    if refusal:
        yield (refusal,)


def _settings(trail: Iterable[TrailEntry]) -> str:
    """The task's settings as the trail kept them last, as JSON; "" where it kept none."""
    kept = [entry.detail["settings"] for entry in trail if "settings" in entry.detail]
    text = json.dumps(kept[-1], ensure_ascii=False, default=str) if kept else ""
    return text if len(text) <= _SETTINGS else f"{text[: _SETTINGS - 1]}…"


def _context(record: Record, view: View) -> Iterator[Line]:
    origin = record.origin
    private = origin.direct and origin.channel != view.asked_in
    place: Line = ("in a direct message",) if origin.direct else ("in ", Channel(origin.channel))
    message: Line = (" · ", Link("its message", view.link)) if view.link and not private else ()
    yield ("asked ", *place, *message, f" · op {record.id}")
    if record.rule:
        yield (f"Rule: {record.rule}",)
    if record.command.reason and not private:
        yield (f'Reason: "{record.command.reason}"',)
    if record.batch:
        yield ("A part of ", Code(ShowCommand(record.batch).typed()))


# The trail


def _row(entry: TrailEntry, record: Record) -> Iterator[Line]:
    yield cell(_clock(entry.at))
    yield cell(_who(entry.actor, record))
    yield cell(foreign(_what(entry, record), _WHAT))
    yield code_cell(entry.request_id or _text(entry.detail, "request id"))


def _who(actor: str, record: Record) -> str:
    names = {
        record.origin.requester: person(record.origin.requester_name),
        record.decider: person(record.decider_name),
    }
    return _BOT if actor == _BOT else names.get(actor, actor)


def _what(entry: TrailEntry, record: Record) -> str:
    told = (f"{name}: {value}" for name, value in _plain(entry.detail))
    return "; ".join(part for part in (_word(entry, record), *told) if part)


def _word(entry: TrailEntry, record: Record) -> str:
    """What the entry itself says: the state, in the words that the channel read."""
    detail = entry.detail
    if "step" in detail:
        return f"step {detail['step']}: {_text(detail, 'word') or NOTHING}"
    if entry.to_state in _VERDICTS:
        return end_word(record).lower()
    if entry.to_state in _ENDS:
        return _text(detail, "word") or entry.to_state
    if entry.from_state == entry.to_state:  # nothing moved: the detail says it
        return ""
    attempt = detail.get("attempt")
    return f"{entry.to_state}, try {attempt}" if attempt not in (None, 1) else entry.to_state


def _plain(detail: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in detail.items():
        if name not in _TOLD_APART and value and isinstance(value, str | int | float):
            yield name, value


def _text(detail: Mapping[str, object], name: str) -> str:
    value = detail.get(name)
    return value if isinstance(value, str) else ""


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
