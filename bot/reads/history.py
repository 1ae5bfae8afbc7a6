"""What was done, the latest first, with the vendor's RequestIds. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import HistoryCommand
from bot.journal import Record
from bot.journal.past import HISTORY_ROWS, Filters, Found
from bot.reads.words import (
    asked_for,
    cell,
    code_cell,
    end_word,
    ends_of,
    minute,
    request_ids,
    seconds_to_proof,
)
from bot.reply import Bold, Button, Channel, Code, Line, Mark, Reply, Table
from bot.screens.words import person
from bot.settings import Settings

__all__ = ["filters_of", "history", "task_of"]

_HERE = "here"


def filters_of(command: HistoryCommand, settings: Settings, asked_in: str, now: float) -> Filters:
    """What the journal is asked for. asked_in: the channel that "here" stands for."""
    target = settings.targets.get(command.target or "")
    live_key = None
    if target is not None:
        account = settings.first_name_of(target.account)
        live_key = f"{settings.where_of(target)}|{account}|{target.task}"
    return Filters(
        where=command.where,
        task=command.task,
        live_key=live_key,
        person=command.person,
        channel=asked_in if command.channel == _HERE else command.channel,
        since=None if command.since is None else now - command.since,
        asked_in=asked_in,
    )


def history(
    command: HistoryCommand,
    found: Found,
    asked_in: str,
    *,
    buttons: tuple[Button, ...] = (),
) -> Reply:
    """One page. asked_in: what was done elsewhere says where."""
    if not found.records:
        return _nothing(command)
    places = any(record.origin.channel != asked_in for record in found.records)
    where = ("Where",) if places else ()
    return Reply(
        text=_text(command, found),
        mark=Mark.HISTORY,
        head=(_which(command, found),),
        table=Table(
            ("When (UTC)", "Who", "Verb", "Task", "End", *where, "Op", "RequestId"),
            tuple(tuple(_row(record, found, asked_in, places=places)) for record in found.records),
        ),
        context=(_context(command, found, by_button=bool(buttons)),),
        buttons=buttons,
    )


def _row(record: Record, found: Found, asked_in: str, *, places: bool) -> Iterator[Line]:
    yield cell(minute(record.asked_at))
    yield cell(person(record.origin.requester_name))
    yield cell(record.command.verb)
    yield code_cell(task_of(record))
    yield cell(_end(record, found))
    if places:
        yield _place(record, asked_in)
    yield code_cell(record.id)
    yield request_ids(record)


def task_of(record: Record) -> str:
    """As "tencent:pull 123", or "tencent:pull 123 and 2 more"."""
    command = record.command
    more = f" and {len(command.others)} more" if command.others else ""
    return f"{command.where} {command.task}{more}"


def _end(record: Record, found: Found) -> str:
    if parts := found.parts.get(record.id):
        return ends_of(parts)
    after = seconds_to_proof(record)
    word = end_word(record, found.refusals.get(record.id, ""))
    return word if after is None else f"{word} after {after} s"


def _place(record: Record, asked_in: str) -> Line:
    if record.origin.channel == asked_in:
        return (_HERE,)
    return ("in a direct message",) if record.origin.direct else (Channel(record.origin.channel),)


def _which(command: HistoryCommand, found: Found) -> str:
    here = " here" if command.channel == _HERE else ""
    if found.page == 1 and len(found.records) == found.total:
        return f"{found.total} operation{'' if found.total == 1 else 's'}{here}"
    first = (found.page - 1) * HISTORY_ROWS + 1
    if first == 1:
        return f"Last {len(found.records)} of {found.total:,} operations{here}"
    return f"Operations {first} to {first + len(found.records) - 1} of {found.total:,}{here}"


def _text(command: HistoryCommand, found: Found) -> str:
    latest = found.records[0]
    return (
        f"{_which(command, found)}: latest, {asked_for(latest, task_of(latest))} at "
        f"{minute(latest.asked_at)} UTC: {_end(latest, found).lower()} (op {latest.id})."
    )


def _context(command: HistoryCommand, found: Found, *, by_button: bool) -> Line:
    show = Code(f"{command.wording.name} show {found.records[0].id}")
    filters = " · filters: WHERE TASK, @person, #channel, here, --since 2d"
    if found.page * HISTORY_ROWS >= found.total:
        return (show, filters)
    more = " or More" if by_button else ""
    return (show, filters, " · next: ", Code(command.typed(found.page + 1)), more)


def _nothing(command: HistoryCommand) -> Reply:
    everything = HistoryCommand(wording=command.wording).typed()
    if command.typed(1) == everything:
        says = "No operations yet."
        return Reply(text=says, mark=Mark.HISTORY, head=("no operations yet",))
    return Reply(
        text=f"No operations fit this. Next: ask for more: {everything}",
        mark=Mark.HISTORY,
        head=(Code(command.typed(1)),),
        body=(("No operations fit this. ", Bold("Next:"), " ask for more: ", Code(everything)),),
    )
