"""The journal: every operation's one source of truth.

The order that gives at most once is kept by who calls what when: a slot from the vendor's quota,
then `claim` (commit), then one request, then `finish`. Before the claim anything may be repeated by
anyone; after it only `release` goes back, for what the vendor provably did not execute.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Update,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.command import TaskCommand
from bot.journal.record import (
    Notice,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    TrailEntry,
)
from bot.journal.rows import (
    find,
    find_all,
    insert_asked,
    record_of,
    write_notice,
    write_trail,
)
from bot.journal.schema import LIVE_STATES, heartbeat, notice, operation, trail
from bot.journal.store import JournalError, Lock, open_sqlite, upgrade
from bot.journal.worker import Urgency, Worker

__all__ = ["Journal", "TaskBusyError"]

T = TypeVar("T")


class TaskBusyError(Exception):
    """Another change of the same task is live: `record` says whose."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"operation {record.id} is live on the task")
        self.record = record


class Journal:
    """Use `await Journal.open(url)`. `owner` names this process's run; a new one for each start."""

    def __init__(self, engine: Engine, lock: Lock, now: Callable[[], float]) -> None:
        self._engine = engine
        self._lock = lock
        self._worker = Worker("journal")
        self.now = now
        self.owner = str(uuid.uuid4())

    @classmethod
    async def open(cls, url: str, *, now: Callable[[], float] = time.time) -> Self:
        """Open and bring to today's version. Raises JournalError with one line for the operator."""
        engine, lock = open_sqlite(url)
        journal = cls(engine, lock, now)
        try:
            await journal._worker.run(lambda: upgrade(engine), Urgency.STORY)
        except BaseException:
            await journal.close()
            raise
        return journal

    async def close(self) -> None:
        """Finish what is in line, and let go of the database."""
        await self._worker.close()
        self._engine.dispose()
        self._lock.release()

    async def writable(self) -> bool:
        """True when a transaction can be committed now."""
        now = self.now()

        def work(connection: Connection) -> None:
            connection.execute(delete(heartbeat))
            connection.execute(insert(heartbeat).values(at=now))

        try:
            await self._commit(work)
        except (SQLAlchemyError, OSError):
            return False
        return True

    async def _commit(self, work: Callable[[Connection], T], urgency: Urgency = Urgency.STORY) -> T:
        """Do `work` in one transaction."""

        def transaction() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await self._worker.run(transaction, urgency)

    async def _execute(self, change: Update, urgency: Urgency = Urgency.STORY) -> None:
        def work(connection: Connection) -> None:
            connection.execute(change)

        await self._commit(work, urgency)

    # An operation's life

    async def ask(
        self, command: TaskCommand, origin: Origin, *, account: str | None = None
    ) -> Record | None:
        """Record a wish. None if this delivery was recorded before.

        account: one name for all accounts with the same key as the command's; its own if left out.
        """
        principal = account or command.account

        def work(connection: Connection) -> Record | None:
            if find(connection, operation.c.request_key == origin.request_key):
                return None
            return insert_asked(connection, command, origin, account=principal, now=self.now())

        return await self._commit(work, Urgency.ACK)

    async def move(
        self,
        record: Record,
        to: State,
        *,
        actor: str,
        guard: ColumnElement[bool] | None = None,
        notices: Sequence[Notice] = (),
        detail: dict[str, object] | None = None,
        urgency: Urgency = Urgency.STORY,
        **values: Any,
    ) -> Record | None:
        """Take an operation from the state in `record` to another: one winner.

        values: columns to set beside the state. Returns the new record, or None if somebody else
        moved it first (or `guard` does not hold any more). Raises TaskBusyError if another change
        of the same task is live.
        """
        outcome: Outcome | None = values.get("outcome")
        if outcome is not None:
            values["outcome"] = outcome.model_dump(mode="json")
        condition = and_(
            operation.c.id == record.id,
            operation.c.state == record.state,
            *(() if guard is None else (guard,)),
        )
        change = (
            update(operation)
            .where(condition)
            .values(state=to, version=operation.c.version + 1, **values)
            .returning(operation)
        )

        def work(connection: Connection) -> Record | None:
            if record.state is State.ASKED and to in (State.APPROVED, State.WAITING):
                _refuse_overtaken(connection, record)
            if (row := connection.execute(change).one_or_none()) is None:
                return None
            write_trail(
                connection,
                record.id,
                self.now(),
                actor=actor,
                states=(record.state, to),
                request_id=outcome.request_id if outcome else "",
                detail=detail,
            )
            for owed in notices:
                write_notice(connection, owed, self.now())
            return record_of(row)

        try:
            return await self._commit(work, urgency)
        except IntegrityError as error:
            raise JournalError("a change of state broke a rule of the journal") from error

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
            urgency=Urgency.ACK,  # or the first of many would wait until all are asked
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
            urgency=Urgency.CLAIM,
            owner=self.owner,
            attempt=operation.c.attempt + 1,
            outcome=None,  # what was said while it waited does not hold any more
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
            urgency=Urgency.CLAIM,
            owner=None,
            due_at=due_at,
        )

    async def finish(
        self, record: Record, to: State, outcome: Outcome, *, notices: Sequence[Notice] = ()
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
        change = (
            update(operation)
            .where(operation.c.id == record.id, operation.c.state == record.state)
            .values(outcome=outcome.model_dump(mode="json"), version=operation.c.version + 1)
        )
        await self._execute(change)

    async def bind(self, record: Record, message_ts: str, response_url: str | None) -> None:
        """A press came from a message that we did not know by its ts.

        It is the operation's message if none is known, and is edited through the press's
        response_url; else it is a copy, whose post's answer was lost.
        """
        first: dict[str, Any] = {"message_ts": message_ts}
        if response_url:
            first |= {"response_url": response_url, "url_edits": 1}
        known = operation.c.message_ts.is_not(None)
        change = update(operation).where(operation.c.id == record.id)

        def work(connection: Connection) -> None:
            copy = change.where(known, operation.c.message_ts != message_ts)
            connection.execute(copy.values(copy_ts=message_ts))
            connection.execute(change.where(~known).values(**first))

        await self._commit(work)

    async def note_in_trail(
        self,
        record: Record,
        actor: str,
        detail: dict[str, object],
        notices: Sequence[Notice] = (),
    ) -> None:
        """Keep an event that changed no state, as a press that was refused."""

        def work(connection: Connection) -> None:
            states = (record.state, record.state)
            now = self.now()
            write_trail(connection, record.id, now, actor=actor, states=states, detail=detail)
            for owed in notices:
                write_notice(connection, owed, now)

        await self._commit(work)

    # Reading

    async def get(self, record_id: str) -> Record | None:
        """An operation by its id."""
        return await self._commit(lambda c: find(c, operation.c.id == record_id))

    async def by_ticket(self, ticket: str) -> Record | None:
        """The operation whose card carries this ticket."""
        return await self._commit(lambda c: find(c, operation.c.ticket == ticket))

    async def deleted_before(self, record: Record) -> Record | None:
        """The last delete of the same task that the vendor took, before this one."""
        where = (
            operation.c.verb == "delete",
            operation.c.state == State.SUCCEEDED,
            operation.c.outcome["word"].as_string() == OutcomeWord.ACCEPTED,
            operation.c.command["region"].as_string() == record.command.region,
            operation.c.live_key == record.live_key,
            operation.c.id != record.id,
        )
        return await self._commit(lambda c: find(c, *where))

    async def open_cards(self, requester: str) -> int:
        """How many cards of this person wait for a yes."""
        counted = (
            select(func.count())
            .select_from(operation)
            .where(operation.c.requester == requester, operation.c.state == State.WAITING)
        )
        return await self._commit(lambda c: c.execute(counted).scalar_one())

    async def in_state(self, *states: State) -> list[Record]:
        """All operations in these states, the oldest first."""
        return await self._commit(lambda c: find_all(c, operation.c.state.in_(states)))

    async def due(self) -> list[Record]:
        """Operations whose card, approval or lease has run out."""
        now = self.now()
        return await self._commit(lambda c: find_all(c, operation.c.due_at <= now))

    async def trail_of(self, record_id: str) -> list[TrailEntry]:
        """An operation's trail, in order."""
        entries = select(trail).where(trail.c.operation == record_id).order_by(trail.c.seq)

        def work(connection: Connection) -> list[TrailEntry]:
            return [
                TrailEntry(
                    at=row.at,
                    actor=row.actor,
                    from_state=row.from_state,
                    to_state=row.to_state,
                    request_id=row.request_id,
                    detail=row.detail,
                )
                for row in connection.execute(entries)
            ]

        return await self._commit(work)

    # What is owed to Slack

    async def owed(self) -> list[Record]:
        """Operations whose newest word the channel has not seen."""
        behind = operation.c.shown_version < operation.c.version
        return await self._commit(lambda c: find_all(c, behind), Urgency.TELLING)

    async def to_show(self, record_id: str) -> Record | None:
        """An operation, if the channel has not seen its newest word."""
        where = (
            operation.c.id == record_id,
            operation.c.shown_version < operation.c.version,
        )
        return await self._commit(lambda c: find(c, *where), Urgency.TELLING)

    async def shown(self, record: Record, message_ts: str | None) -> bool:
        """The channel has seen this version, in this message. True if a newer one is owed."""
        seen: dict[str, Any] = {"shown_version": record.version}
        if message_ts:
            # A press may have found another copy while this one was being posted.
            other = and_(operation.c.message_ts.is_not(None), operation.c.message_ts != message_ts)
            seen["message_ts"] = message_ts
            seen["copy_ts"] = case((other, operation.c.message_ts), else_=operation.c.copy_ts)
        change = (
            update(operation)
            .where(operation.c.id == record.id)
            .values(**seen)
            .returning(operation.c.version)
        )

        def work(connection: Connection) -> bool:
            newest: int = connection.execute(change).scalar_one()
            return newest > record.version

        return await self._commit(work, Urgency.TELLING)

    async def posting(self, record: Record) -> None:
        """A post of its message is about to leave; whatever happens now, it may stand there."""
        change = update(operation).where(operation.c.id == record.id)
        await self._execute(change.values(posts=operation.c.posts + 1), Urgency.TELLING)

    async def not_posted(self, record: Record) -> None:
        """Slack refused the post: it does not stand there."""
        change = update(operation).where(operation.c.id == record.id)
        await self._execute(change.values(posts=operation.c.posts - 1), Urgency.TELLING)

    async def owed_notices(self) -> list[Notice]:
        """Sentences that have not been said yet, the oldest first."""
        owed = select(notice).where(notice.c.paid_at.is_(None)).order_by(notice.c.id)

        def work(connection: Connection) -> list[Notice]:
            rows = connection.execute(owed)
            return [Notice(row.operation, row.kind, row.text, row.id) for row in rows]

        return await self._commit(work, Urgency.TELLING)

    async def paid(self, owed: Notice) -> None:
        """This sentence has been said."""
        change = update(notice).where(notice.c.id == owed.id).values(paid_at=self.now())
        await self._execute(change, Urgency.TELLING)


def _refuse_overtaken(connection: Connection, record: Record) -> None:
    """One live change of a task at a time. Another that is live now, or was sent and ended after
    this one was asked, is in the way: whoever asked did not know of it. Raises TaskBusyError."""
    ended_meanwhile = and_(
        operation.c.sent_at.is_not(None), operation.c.finished_at >= record.asked_at
    )
    other = find(
        connection,
        operation.c.live_key == record.live_key,
        operation.c.id != record.id,
        or_(operation.c.state.in_(LIVE_STATES), ended_meanwhile),
    )
    if other is not None:
        raise TaskBusyError(other)
