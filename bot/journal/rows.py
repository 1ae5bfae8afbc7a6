"""Rows of the journal: how they are written and read, inside somebody's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.command import TaskCommand
from bot.journal.record import (
    Followed,
    Look,
    Neighbour,
    Notice,
    Origin,
    Outcome,
    Record,
    State,
    Verdict,
)
from bot.journal.schema import notice, operation
from bot.journal.sealing import write_trail, write_trails

__all__ = [
    "find",
    "find_all",
    "insert_asked",
    "news_for_batch",
    "record_of",
    "storable",
    "write_notice",
    "write_trail",
    "write_trails",
]

DECIDE_SECONDS = 120.0
"""A wish that was not decided by then is not wanted any more."""

# Crockford's base 32: no I, L, O, U, so that an id can be read out on the phone.
_ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


_LOOK = TypeAdapter(Look)
_FOLLOWED = TypeAdapter(Followed)
_NEIGHBOUR = TypeAdapter(Neighbour)


# Built once: to build a statement takes as long as to carry it out.
_ASKED = {
    dialect.name: dialect_insert(operation)
    .on_conflict_do_nothing(index_elements=[operation.c.request_key])
    .returning(operation)
    for dialect, dialect_insert in (
        (sqlite.dialect, sqlite.insert),
        (postgresql.dialect, postgresql.insert),
    )
}


def storable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns and their values, with our own values as JSON."""
    return {name: _json(value) for name, value in values.items()}


def _json(value: Any) -> Any:
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case Look():
            return _LOOK.dump_python(value, mode="json")
        case Followed():
            return _FOLLOWED.dump_python(value, mode="json")
        case Neighbour():
            return _NEIGHBOUR.dump_python(value, mode="json")
    return value


def news_for_batch(connection: Connection, record: Record) -> None:
    """One of several tasks has no message of its own: its batch has something new to tell."""
    if record.batch is not None:
        told = update(operation).where(operation.c.id == record.batch)
        connection.execute(told.values(version=operation.c.version + 1))


def insert_asked(
    connection: Connection,
    command: TaskCommand,
    origin: Origin,
    *,
    account: str,
    now: float,
    keeper: str | None = None,
) -> Record | None:
    """A new operation, and the first row of its trail; None if this delivery was recorded before.
    account: stands for every account name with the same key, so that two live changes of one task
    cannot hide behind two names. keeper: the process that looks after it. Raises IntegrityError
    where the new id is taken: once in 33 million."""
    columns = {
        "id": "".join(secrets.choice(_ID_LETTERS) for _ in range(5)),
        "request_key": origin.request_key,
        "state": State.ASKED,
        "keeper": keeper,
        "version": 0,
        "shown_version": 0,
        "posts": 0,
        "attempt": 0,
        "command": command.model_dump(mode="json"),
        "verb": command.verb,
        "place": command.where,
        "account": command.account,
        "task": command.task,
        "live_key": f"{command.where}|{account}|{command.task}",
        "due_at": now + DECIDE_SECONDS,
        "requester": origin.requester,
        "requester_name": origin.requester_name,
        "team": origin.team,
        "channel": origin.channel,
        "direct": int(origin.direct),
        "thread_ts": origin.thread_ts,
        "response_url": origin.response_url,
        "url_edits": int(origin.url_edits),
        "asked_at": now,
    }
    row = connection.execute(_ASKED[connection.dialect.name], columns).one_or_none()
    if row is None:
        return None
    record = record_of(row)
    # Also in the trail, where it cannot be changed unseen.
    detail = {"command": columns["command"], "channel": {"id": origin.channel}}
    states = ("", State.ASKED)
    write_trail(connection, record.id, now, actor=origin.requester, states=states, detail=detail)
    return record


def write_notice(connection: Connection, owed: Notice, now: float) -> None:
    """A sentence that is owed from now on."""
    connection.execute(
        insert(notice).values(
            operation=owed.operation,
            kind=owed.kind,
            text=owed.text,
            channel=owed.channel,
            made_at=now,
        )
    )


def find(connection: Connection, *where: ColumnElement[bool]) -> Record | None:
    """The newest operation that fits."""
    rows = connection.execute(
        select(operation).where(*where).order_by(operation.c.asked_at.desc()).limit(1)
    )
    row = rows.one_or_none()
    return None if row is None else record_of(row)


def find_all(connection: Connection, *where: ColumnElement[bool]) -> list[Record]:
    """Every operation that fits, the oldest first."""
    rows = connection.execute(select(operation).where(*where).order_by(operation.c.asked_at))
    return [record_of(row) for row in rows]


def record_of(row: Row[Any]) -> Record:
    """A row as a value."""
    return Record(
        id=row.id,
        state=State(row.state),
        version=row.version,
        shown_version=row.shown_version,
        attempt=row.attempt,
        owner=row.owner,
        due_at=row.due_at,
        command=TaskCommand.model_validate(row.command),
        origin=Origin(
            request_key=row.request_key,
            requester=row.requester,
            requester_name=row.requester_name,
            team=row.team,
            channel=row.channel,
            direct=bool(row.direct),
            thread_ts=row.thread_ts,
            response_url=row.response_url,
            url_edits=bool(row.url_edits),
        ),
        decider=row.decider,
        decider_name=row.decider_name,
        confirm=row.confirm,
        rule=row.rule,
        ticket=row.ticket,
        message_ts=row.message_ts,
        copy_ts=row.copy_ts,
        posts=row.posts,
        live_key=row.live_key,
        outcome=None if row.outcome is None else Outcome.model_validate(row.outcome),
        asked_at=row.asked_at,
        approved_at=row.approved_at,
        sent_at=row.sent_at,
        finished_at=row.finished_at,
        facts=None if row.facts is None else _LOOK.validate_python(row.facts),
        verdict=None if row.verdict is None else Verdict(row.verdict),
        follow_until=row.follow_until,
        followed=None if row.followed is None else _FOLLOWED.validate_python(row.followed),
        step=row.step,
        first_step=None if row.first_step is None else Outcome.model_validate(row.first_step),
        batch=row.batch,
        button=row.button,
        neighbour=None if row.neighbour is None else _NEIGHBOUR.validate_python(row.neighbour),
        look_again=row.look_again or "",
    )
