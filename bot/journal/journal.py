"""The journal: every operation's one source of truth.

The order that gives at most once is kept by who calls what when: a slot from the vendor's quota,
then `claim` (commit), then one request, then `finish`. Before the claim anything may be repeated by
anyone; after it only `release` goes back, for what the vendor provably did not execute.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Self

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.command import TaskCommand
from bot.journal.record import Origin, Outcome, Record, State, TrailEntry
from bot.journal.schema import LIVE_STATES, notice, operation, trail
from bot.journal.store import JournalError, Lock, open_sqlite, upgrade

__all__ = ["Journal", "JournalError", "Notice", "TaskBusyError"]

# Crockford's base 32: no I, L, O, U, so that an id can be read out on the phone.
_ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class TaskBusyError(Exception):
    """Another change of the same task is live: `record` says whose."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"operation {record.id} is live on the task")
        self.record = record


class Notice:
    """One sentence that is owed once, beside the operation's own message."""

    __slots__ = ("id", "kind", "operation", "text")

    def __init__(self, operation: str, kind: str, text: str, notice_id: int = 0) -> None:
        self.operation = operation
        self.kind = kind
        self.text = text
        self.id = notice_id


class Journal:
    """Use `await Journal.open(url)`. `owner` names this process's run; a new one for each start."""

    def __init__(self, engine: AsyncEngine, lock: Lock, now: Callable[[], float]) -> None:
        self._engine = engine
        self._lock = lock
        self.now = now
        self.owner = str(uuid.uuid4())

    @classmethod
    async def open(cls, url: str, *, now: Callable[[], float] = time.time) -> Self:
        """Open and bring to today's version. Raises JournalError with one line for the operator."""
        engine, lock = open_sqlite(url)
        try:
            await upgrade(engine)
        except JournalError:
            await engine.dispose()
            lock.release()
            raise
        return cls(engine, lock, now)

    async def close(self) -> None:
        """Let go of the database."""
        await self._engine.dispose()
        self._lock.release()

    async def writable(self) -> bool:
        """True when a transaction can be committed now."""
        try:
            async with self._engine.begin() as connection:
                await connection.execute(
                    update(operation).where(operation.c.id == "").values(version=0)
                )
        except (SQLAlchemyError, OSError):
            return False
        return True

    # An operation's life

    async def ask(self, command: TaskCommand, origin: Origin) -> Record | None:
        """Record a wish. None if this delivery was recorded before."""
        async with self._engine.begin() as connection:
            if await self._find(connection, operation.c.request_key == origin.request_key):
                return None
            row = await connection.execute(
                insert(operation)
                .values(
                    id=await self._free_id(connection),
                    request_key=origin.request_key,
                    state=State.ASKED,
                    version=0,
                    shown_version=0,
                    attempt=0,
                    command=command.model_dump(mode="json"),
                    verb=command.verb,
                    place=command.where,
                    account=command.account,
                    task=command.task,
                    live_key=f"{command.where}|{command.account}|{command.task}",
                    requester=origin.requester,
                    requester_name=origin.requester_name,
                    team=origin.team,
                    channel=origin.channel,
                    direct=int(origin.direct),
                    thread_ts=origin.thread_ts,
                    response_url=origin.response_url,
                    asked_at=self.now(),
                )
                .returning(operation)
            )
            record = _record(row.one())
            await self._write_trail(connection, record.id, origin.requester, "", State.ASKED)
            return record

    async def move(
        self,
        record: Record,
        to: State,
        *,
        actor: str,
        guard: ColumnElement[bool] | None = None,
        notices: Sequence[Notice] = (),
        detail: dict[str, object] | None = None,
        **values: Any,
    ) -> Record | None:
        """Take an operation from the state in `record` to another: one winner.

        values: columns to set beside the state. Returns the new record, or None if somebody else
        moved it first (or `guard` does not hold any more). Raises TaskBusyError if another change
        of the same task is live.
        """
        condition = and_(operation.c.id == record.id, operation.c.state == record.state)
        if guard is not None:
            condition = and_(condition, guard)
        outcome: Outcome | None = values.get("outcome")
        if outcome is not None:
            values["outcome"] = outcome.model_dump(mode="json")
        try:
            async with self._engine.begin() as connection:
                rows = await connection.execute(
                    update(operation)
                    .where(condition)
                    .values(state=to, version=operation.c.version + 1, **values)
                    .returning(operation)
                )
                if (row := rows.one_or_none()) is None:
                    return None
                await self._write_trail(
                    connection,
                    record.id,
                    actor,
                    record.state,
                    to,
                    request_id=outcome.request_id if outcome else "",
                    detail=detail,
                )
                for owed in notices:
                    await self._owe(connection, owed)
                return _record(row)
        except IntegrityError as error:
            live = await self.live(record.command)
            if live is None:
                raise JournalError("a change of state broke a rule of the journal") from error
            raise TaskBusyError(live) from error

    async def approve(
        self, record: Record, *, actor: str, lasts: float, **values: Any
    ) -> Record | None:
        """From now on it may be sent, for `lasts` seconds. None if its card's time is over, or
        somebody decided first."""
        now = self.now()
        return await self.move(
            record,
            State.APPROVED,
            actor=actor,
            guard=or_(operation.c.due_at.is_(None), operation.c.due_at > now),
            approved_at=now,
            due_at=now + lasts,
            **values,
        )

    async def claim(self, record: Record, lease_seconds: float) -> Record | None:
        """Commit that the request is about to leave. None if it is not ours to send any more."""
        now = self.now()
        return await self.move(
            record,
            State.SENDING,
            actor="bot",
            guard=or_(operation.c.due_at.is_(None), operation.c.due_at > now),
            detail={"attempt": record.attempt + 1},
            owner=self.owner,
            attempt=operation.c.attempt + 1,
            sent_at=now,
            due_at=now + lease_seconds,
        )

    async def release(self, record: Record, why: str, *, due_at: float | None) -> Record | None:
        """Back to `approved`: the vendor provably did nothing."""
        return await self.move(
            record,
            State.APPROVED,
            actor="bot",
            guard=operation.c.owner == self.owner,
            detail={"why": why},
            owner=None,
            due_at=due_at,
        )

    async def finish(
        self,
        record: Record,
        to: State,
        outcome: Outcome,
        *,
        notices: Sequence[Notice] = (),
    ) -> Record | None:
        """Record what came of the call that this process claimed."""
        return await self.move(
            record,
            to,
            actor="bot",
            guard=operation.c.owner == self.owner,
            notices=notices,
            detail={"word": outcome.word, "code": outcome.code},
            outcome=outcome,
            due_at=None,
            finished_at=self.now(),
        )

    async def expire(self, record: Record, notices: Sequence[Notice] = ()) -> Record | None:
        """End what was not decided or not sent in time. None while there is time left."""
        return await self.move(
            record,
            State.EXPIRED,
            actor="bot",
            guard=operation.c.due_at <= self.now(),
            notices=notices,
            due_at=None,
            finished_at=self.now(),
        )

    async def remark(self, record: Record, outcome: Outcome) -> None:
        """Tell the channel something on the way; the state stays."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(operation)
                .where(operation.c.id == record.id, operation.c.state == record.state)
                .values(outcome=outcome.model_dump(mode="json"), version=operation.c.version + 1)
            )

    async def bind(self, record: Record, message_ts: str) -> None:
        """The card turned out to be this message; only the first one counts."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(operation)
                .where(operation.c.id == record.id, operation.c.message_ts.is_(None))
                .values(message_ts=message_ts)
            )

    async def note_in_trail(self, record: Record, actor: str, detail: dict[str, object]) -> None:
        """Keep an event that changed no state, as a press that was refused."""
        async with self._engine.begin() as connection:
            await self._write_trail(
                connection, record.id, actor, record.state, record.state, detail=detail
            )

    # Reading

    async def get(self, record_id: str) -> Record | None:
        """An operation by its id."""
        async with self._engine.begin() as connection:
            return await self._find(connection, operation.c.id == record_id)

    async def by_ticket(self, ticket: str) -> Record | None:
        """The operation whose card carries this ticket."""
        async with self._engine.begin() as connection:
            return await self._find(connection, operation.c.ticket == ticket)

    async def live(self, command: TaskCommand) -> Record | None:
        """The live change of the same task, if there is one."""
        async with self._engine.begin() as connection:
            return await self._find(
                connection,
                operation.c.state.in_(LIVE_STATES),
                operation.c.live_key == f"{command.where}|{command.account}|{command.task}",
            )

    async def deleted_before(self, record: Record) -> Record | None:
        """The last delete of the same task that the vendor took, before this one."""
        async with self._engine.begin() as connection:
            return await self._find(
                connection,
                operation.c.verb == "delete",
                operation.c.state == State.SUCCEEDED,
                operation.c.place == record.command.where,
                operation.c.account == record.command.account,
                operation.c.task == record.command.task,
                operation.c.id != record.id,
            )

    async def open_cards(self, requester: str) -> int:
        """How many cards of this person wait for a yes."""
        async with self._engine.begin() as connection:
            counted = await connection.execute(
                select(func.count())
                .select_from(operation)
                .where(operation.c.requester == requester, operation.c.state == State.WAITING)
            )
            return counted.scalar_one()

    async def in_state(self, *states: State) -> list[Record]:
        """All operations in these states, the oldest first."""
        return await self._all(operation.c.state.in_(states))

    async def due(self) -> list[Record]:
        """Operations whose card, approval or lease has run out."""
        return await self._all(operation.c.due_at <= self.now())

    async def trail_of(self, record_id: str) -> list[TrailEntry]:
        """An operation's trail, in order."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                select(trail).where(trail.c.operation == record_id).order_by(trail.c.seq)
            )
            return [
                TrailEntry(
                    at=row.at,
                    actor=row.actor,
                    from_state=row.from_state,
                    to_state=row.to_state,
                    request_id=row.request_id,
                    detail=row.detail,
                )
                for row in rows
            ]

    # What is owed to Slack

    async def owed(self) -> list[Record]:
        """Operations whose newest word the channel has not seen."""
        return await self._all(operation.c.shown_version < operation.c.version)

    async def shown(self, record: Record, message_ts: str | None) -> None:
        """The channel has seen this version, in this message."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(operation)
                .where(operation.c.id == record.id, operation.c.shown_version < record.version)
                .values(shown_version=record.version)
            )
            if message_ts:
                await connection.execute(
                    update(operation)
                    .where(operation.c.id == record.id)
                    .values(message_ts=message_ts)
                )

    async def owed_notices(self) -> list[Notice]:
        """Sentences that have not been said yet, the oldest first."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                select(notice).where(notice.c.paid_at.is_(None)).order_by(notice.c.id)
            )
            return [Notice(row.operation, row.kind, row.text, row.id) for row in rows]

    async def paid(self, owed: Notice) -> None:
        """This sentence has been said."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(notice).where(notice.c.id == owed.id).values(paid_at=self.now())
            )

    # Within a transaction

    async def _owe(self, connection: AsyncConnection, owed: Notice) -> None:
        await connection.execute(
            insert(notice).values(
                operation=owed.operation, kind=owed.kind, text=owed.text, made_at=self.now()
            )
        )

    async def _write_trail(
        self,
        connection: AsyncConnection,
        record_id: str,
        actor: str,
        from_state: str,
        to_state: str,
        *,
        request_id: str = "",
        detail: dict[str, object] | None = None,
    ) -> None:
        await connection.execute(
            insert(trail).values(
                operation=record_id,
                at=self.now(),
                actor=actor,
                from_state=from_state,
                to_state=to_state,
                request_id=request_id,
                detail=detail or {},
            )
        )

    async def _free_id(self, connection: AsyncConnection) -> str:
        while True:
            record_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(5))
            if await self._find(connection, operation.c.id == record_id) is None:
                return record_id

    async def _find(
        self, connection: AsyncConnection, *where: ColumnElement[bool]
    ) -> Record | None:
        rows = await connection.execute(
            select(operation).where(*where).order_by(operation.c.asked_at.desc()).limit(1)
        )
        row = rows.one_or_none()
        return None if row is None else _record(row)

    async def _all(self, where: ColumnElement[bool]) -> list[Record]:
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                select(operation).where(where).order_by(operation.c.asked_at)
            )
            return [_record(row) for row in rows]


def _record(row: Row[Any]) -> Record:
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
        ),
        decider=row.decider,
        decider_name=row.decider_name,
        confirm=row.confirm,
        rule=row.rule,
        ticket=row.ticket,
        message_ts=row.message_ts,
        outcome=None if row.outcome is None else Outcome.model_validate(row.outcome),
        asked_at=row.asked_at,
        approved_at=row.approved_at,
        sent_at=row.sent_at,
        finished_at=row.finished_at,
    )
