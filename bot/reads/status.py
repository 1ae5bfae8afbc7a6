"""How one task is, or several: the vendor's facts, and what may be done next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.command import TaskCommand
from bot.journal import Look, OutcomeWord, Record
from bot.looks import UnseenError
from bot.reads.tasks import counted, task_row
from bot.reads.unread import next_step, request_id, unreadable
from bot.reads.words import (
    NOTHING,
    asked_for,
    cell,
    code_cell,
    end_word,
    in_place,
    listing_of,
    named,
)
from bot.reply import (
    Bold,
    Button,
    Code,
    Line,
    Mark,
    Menu,
    Reply,
    Table,
    clock,
    day_and_clock,
)
from bot.screens.facts import facts_fields
from bot.screens.words import TASK_MARKS, age
from providers.facts import Facts, TaskState
from providers.operation import Kind, Verb

__all__ = ["Seen", "last_here", "one", "several", "unread"]

_MOST_TOLD = 3
"""Tasks that could not be read and are told one by one; the table names all."""

_MEANS: Mapping[TaskState, str] = {
    TaskState.NO_STREAM: "It is switched on, and no video flows.",
    TaskState.DEGRADED: "It runs badly; the vendor tries again by itself.",
    TaskState.SWITCHED_ON: "It is switched on. This account cannot see whether video flows.",
    TaskState.STOPPED: "It does not run until somebody starts it.",
    TaskState.ENDED: "It has ended for good: nothing starts it again.",
    TaskState.UNKNOWN: "The vendor's pages do not explain this word.",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One of several tasks: what was read, or why it was not."""

    task: str
    look: Look | None = None
    unseen: UnseenError | None = None


# One task


def one(
    command: TaskCommand,
    look: Look,
    kind: Kind,
    *,
    name: str | None,
    last: Record | None,
    buttons: tuple[Button, ...] = (),
) -> Reply:
    """One task as the vendor tells of it. name: its target. last: the last change that was sent
    through the bot."""
    if look.facts.state is TaskState.NOT_FOUND:
        return _not_found(command, look, kind, name=name, last=last, buttons=buttons)
    facts = look.facts
    mark = TASK_MARKS[facts.state]
    word = f", vendor's word {facts.word}" if facts.word else ""
    says, step = _meaning(command, look, kind)
    body: Line = (f"{says} ", Bold("Next:"), " ", *step) if step else (says,)
    told = "".join(f" {part}" for part in (says, f"Next: {''.join(step)}" if step else "") if part)
    return Reply(
        text=f"{mark.word}: {named(command, command.task, name)}{word}, read {clock(look.at)}."
        f"{told}",
        mark=mark,
        head=_head(command, command.task),
        fields=facts_fields(command.model_copy(update={"target": name}), look),
        body=(body,) if says else (),
        context=_context(look.at, last),
        buttons=buttons,
    )


def _meaning(command: TaskCommand, look: Look, kind: Kind) -> tuple[str, tuple[str, ...]]:
    """What a state means, and what to do next; both empty for a task that runs."""
    facts = look.facts
    why = f"The vendor says: {facts.why.rstrip('.')}." if facts.why else ""
    means = _MEANS.get(facts.state, "")
    if facts.state is TaskState.WAITING and facts.starts_at:
        means = f"It starts by itself at {day_and_clock(facts.starts_at)}."
    return " ".join(part for part in (means, why) if part), _next(command, facts, kind)


def _next(command: TaskCommand, facts: Facts, kind: Kind) -> tuple[str, ...]:
    match facts.state:
        case TaskState.NO_STREAM | TaskState.DEGRADED if facts.source:
            return ("you check the source (", Code(facts.source), "), then the player.")
        case TaskState.NO_STREAM | TaskState.DEGRADED:
            return ("you check the source, then the player.",)
        case TaskState.SWITCHED_ON:
            return ("you check the player.",)
        case TaskState.STOPPED if kind.operation(Verb.START):
            start = command.model_copy(update={"verb": Verb.START, "again": "", "here": False})
            return ("to start it: ", Code(start.typed()))
        case TaskState.UNKNOWN:
            return (f"you look at the task in {kind.console}.",)
    return ()


def _not_found(
    command: TaskCommand,
    look: Look,
    kind: Kind,
    *,
    name: str | None,
    last: Record | None,
    buttons: tuple[Button, ...],
) -> Reply:
    says = _no_list(look.facts, kind)
    step = _where_else(command, kind)
    told = (f"There is no {kind.noun} ", Code(command.task), f" in {in_place(command)}.{says} ")
    return Reply(
        text=f"Not found: {named(command, command.task, name)} is not there.{says} "
        f"Next: {''.join(step)}",
        mark=Mark.TASK_NOT_FOUND,
        head=_head(command, command.task),
        body=((*told, Bold("Next:"), " ", *step),),
        context=_context(look.at, last),
        buttons=buttons,
    )


def _no_list(facts: Facts, kind: Kind) -> str:
    """What beside the id may be the reason, where the vendor cannot list its tasks."""
    word = f" The vendor's word is {facts.word}: ended, or never there." if facts.word else ""
    gap = kind.gaps.get(Verb.LIST)
    return f"{word} {gap.says}" if gap and kind.tasks is None else word


def _where_else(command: TaskCommand, kind: Kind) -> tuple[str, ...]:
    others = "another --region or --account."
    if kind.tasks is None:
        return (f"you compare the id letter by letter, then try {others}",)
    return ("you look for the id: ", Code(listing_of(command).typed()), f"; or try {others}")


def unread(command: TaskCommand, unseen: UnseenError, *, name: str | None, now: float) -> Reply:
    """How the task is could not be read."""
    what = named(command, command.task, name)
    return unreadable(what, _head(command, command.task), unseen, now)


def _head(command: TaskCommand, task: str) -> Line:
    return (f"{command.where} ", Code(task))


def _context(at: float, last: Record | None) -> tuple[Line, ...]:
    read: Line = (f"read {clock(at)}",)
    return (read, (last_here(last, at),)) if last else (read,)


def last_here(last: Record, now: float) -> str:
    """As "last here: @bob restarted it 9 min ago, op 9KD3M"."""
    ago = f"{age(now - (last.sent_at or last.asked_at))} ago"
    outcome = last.outcome
    plain = outcome is not None and outcome.word in (OutcomeWord.ACCEPTED, OutcomeWord.PROVED)
    end = "" if plain else f", {end_word(last).lower()}"
    return f"last here: {asked_for(last, 'it')} {ago}{end}, op {last.id}"


# Several tasks


def several(
    command: TaskCommand, seen: Sequence[Seen], now: float, menus: tuple[Menu, ...] = ()
) -> Reply:
    """Several tasks of one kind, in the order of typing; what was not read says so in its row."""
    told = [one.look.facts for one in seen if one.look]
    failed = [(one.task, one.unseen) for one in seen if one.unseen]
    parts = [part for part in (counted(told), f"{len(failed)} not read" if failed else "") if part]
    return Reply(
        text=f"{len(seen)} tasks on {command.where} ({in_place(command)}): {', '.join(parts)}; "
        f"read {clock(now)}.",
        mark=Mark.TASKS,
        head=(f"{command.where} · {in_place(command)} · {len(seen)} tasks",),
        body=tuple(_unread_line(*one) for one in failed[:_MOST_TOLD]),
        table=Table(
            ("State", "Task", "Name", "From", "To", "Until"), tuple(_row(one) for one in seen)
        ),
        context=((f"read {clock(now)}",),),
        menus=menus,
    )


def _row(seen: Seen) -> tuple[Line, ...]:
    if seen.look:
        return task_row(seen.look.facts)
    return (cell("not read"), code_cell(seen.task), *(((NOTHING,),) * 4))


def _unread_line(task: str, unseen: UnseenError) -> Line:
    told = f": {unseen.says} "
    return (Code(task), told, Bold("Next:"), f" {next_step(unseen)}.", *request_id(unseen))
