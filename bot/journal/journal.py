"""The journal: every operation's one source of truth.

The order that gives at most once is kept by who calls what when: a slot from the vendor's quota,
then `claim` (commit), then one request, then `finish`. Before the claim anything may be repeated by
anyone; after it only `release` goes back, for what the vendor provably did not execute.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.audit.key import hold_key, keep_key
from bot.audit.key_rules import AuditKeyError
from bot.command import TaskCommand
from bot.journal.batches import (
    OF_NO_STOPPED_BATCH,
    Batches,
    end_children,
    insert_children,
)
from bot.journal.brakes import Brakes, frozen, names_of
from bot.journal.database import Database
from bot.journal.debts import Debts
from bot.journal.figures import Figures
from bot.journal.following import Following
from bot.journal.menus import Menus
from bot.journal.past import Past
from bot.journal.record import (
    Look,
    Notice,
    Origin,
    Outcome,
    Record,
    State,
)
from bot.journal.replicas import Replicas
from bot.journal.rows import (
    find,
    find_all,
    insert_asked,
    news_for_batch,
    record_of,
    storable,
    write_notice,
    write_trail,
)
from bot.journal.schema import LIVE_STATES, heartbeat, operation
from bot.journal.store import JournalError, Lock, open_engine, upgrade
from bot.journal.worker import Urgency

__all__ = ["Journal", "TaskBusyError"]


_NEVER_SENT = (State.DENIED, State.DECLINED, State.CANCELLED, State.EXPIRED)
"""Ends of several tasks together, of which none was sent."""


class TaskBusyError(Exception):
    """Another change of the same task is live: `record` says whose."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"operation {record.id} is live on the task")
        self.record = record


class Journal:
    """Use `await Journal.open(url)`. `owner` names this process's run; a new one for each start.

    debts: what is owed to Slack. past: what was done before. brakes: what is frozen. menus: what
    the choices under a list stand for. batches: several tasks under one command. following: what
    was seen of a change afterwards. figures: how much waits.
    """

    def __init__(self, database: Database, lock: Lock | None) -> None:
        self._database = database
        self._lock = lock
        self.now = database.now
        self.owner = str(uuid.uuid4())
        self.replicas = Replicas(database, self.owner)
        self.debts = Debts(database, self.replicas)
        self.figures = Figures(database)
        self.past = Past(database)
        self.brakes = Brakes(database)
        self.menus = Menus(database)
        self.batches = Batches(database, self.owner)
        self.following = Following(database)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        audit_key: bytes | None = None,
        now: Callable[[], float] = time.time,
    ) -> Self:
        """Open and bring to today's version. Raises JournalError with one line for the operator.

        audit_key: what the trail is sealed with; None for the one beside an embedded database, or
            in a shared one.
        """
        engine, lock = open_engine(url)
        if audit_key is not None:
            hold_key(engine, audit_key)
        journal = cls(Database(engine, now), lock)
        try:
            await journal._database.prepare(upgrade)
            if audit_key is None and journal._database.shared:
                hold_key(engine, await journal._database.commit(keep_key))
            await journal._database.set_the_clock()
            await journal.replicas.beat()
        except AuditKeyError as error:
            await journal.close()
            raise JournalError(str(error)) from None
        except BaseException:
            await journal.close()
            raise
        return journal

    async def close(self) -> None:
        """Finish what is in line, and let go of the database."""
        with suppress(SQLAlchemyError, OSError):  # then the others see it a few seconds later
            await self.replicas.leave()
        await self._database.close()
        if self._lock is not None:
            self._lock.release()

    @property
    def database(self) -> Database:
        """For whatever else keeps its own tables beside these."""
        return self._database

    @property
    def alone(self) -> bool:
        """True where no other process can work on this journal."""
        return self._lock is not None

    async def writable(self) -> bool:
        """True when a transaction can be committed now."""
        now = self.now()

        def work(connection: Connection) -> None:
            connection.execute(delete(heartbeat))
            connection.execute(insert(heartbeat).values(at=now))

        try:
            await self._database.commit(work)
        except (SQLAlchemyError, OSError):
            return False
        return True

    # An operation's life

    async def ask(
        self, command: TaskCommand, origin: Origin, *, account: str | None = None
    ) -> Record | None:
        """Record a wish. None if this delivery was recorded before.

        account: one name for all accounts with the same key as the command's; its own if left out.
        """
        principal = account or command.account

        def work(connection: Connection) -> Record | None:
            now, keeper = self.now(), self.owner
            record = insert_asked(
                connection, command, origin, account=principal, now=now, keeper=keeper
            )
            if record is None or not command.others:
                return record
            return insert_children(connection, record, account=principal, now=now, keeper=keeper)

        try:
            return await self._database.commit(work, Urgency.ACK)
        except IntegrityError:  # the new id was taken: another one is free
            return await self._database.commit(work, Urgency.ACK)

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
        values = storable(values)
        condition = and_(
            operation.c.id == record.id,
            operation.c.state == record.state,
            *(() if guard is None else (guard,)),
        )
        change = (
            update(operation)
            .where(condition)
            .values(state=to, version=operation.c.version + 1, keeper=self.owner, **values)
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
            news_for_batch(connection, record)
            moved = record_of(row)
            if moved.command.others and to in _NEVER_SENT:
                end_children(connection, moved, actor=actor, now=self.now())
            return moved

        try:
            return await self._database.commit(work, urgency)
        except IntegrityError as error:
            # Another process made another change of the same task live at this moment.
            live = await self._database.commit(lambda c: find(c, *_live_beside(record)))
            if live is not None:
                raise TaskBusyError(live) from None
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
        """Commit that the request is about to leave. None if it is not ours to send any more, or
        if its account is frozen: a brake stops what is not claimed, on all replicas at once. (Not
        between two steps: that would leave the stream down.)"""
        now = self.now()
        in_time = or_(operation.c.due_at.is_(None), operation.c.due_at > now)
        mine = self.replicas.is_mine(operation)  # not what was taken over from us meanwhile
        free = ~frozen(*names_of(record)) if record.step == 1 else true()
        return await self.move(
            record,
            State.SENDING,
            actor="bot",
            guard=and_(in_time, free, mine, OF_NO_STOPPED_BATCH),
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
        self,
        record: Record,
        to: State,
        outcome: Outcome,
        *,
        notices: Sequence[Notice] = (),
        **values: Any,
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
            **values,
        )

    async def advance(self, record: Record, first: Outcome, lasts: float) -> Record | None:
        """The first of two steps was taken: the second may be sent, for `lasts` seconds."""
        return await self.move(
            record,
            State.APPROVED,
            actor="bot",
            guard=operation.c.owner == self.owner,
            detail={"step": record.step, "word": first.word, "request id": first.request_id},
            urgency=Urgency.CLAIM,
            owner=None,
            step=record.step + 1,
            first_step=first,
            due_at=self.now() + lasts,
        )

    async def look_again(
        self, record: Record, ticket: str, look: Look, *, actor: str, due_at: float, why: str
    ) -> Record | None:
        """The task changed between the card and the press: a new card, with a new ticket. None if
        somebody decided meanwhile."""
        return await self.move(
            record,
            State.WAITING,
            actor=actor,
            guard=operation.c.ticket == record.ticket,
            detail={"look again": why},
            look_again=why,
            ticket=ticket,
            facts=look,
            due_at=due_at,
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
        await self._database.execute(change)

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

        await self._database.commit(work)

    async def note_in_trail(
        self,
        record: Record,
        actor: str,
        detail: dict[str, object],
        notices: Sequence[Notice] = (),
    ) -> None:
        """Keep an event that changed no state, as a press that was refused."""

        # Where it stands now, and stays until this is written: `record` may be old news.
        stands = select(operation.c.state).where(operation.c.id == record.id).with_for_update()

        def work(connection: Connection) -> None:
            state: str = connection.execute(stands).scalar_one()
            now = self.now()
            states = (state, state)
            write_trail(connection, record.id, now, actor=actor, states=states, detail=detail)
            for owed in notices:
                write_notice(connection, owed, now)

        await self._database.commit(work)

    async def announce(self, owed: Sequence[Notice]) -> None:
        """Sentences that belong to no operation, as a brake or a paused vendor."""

        def work(connection: Connection) -> None:
            for sentence in owed:
                write_notice(connection, sentence, self.now())

        await self._database.commit(work)

    # Reading

    async def get(self, record_id: str) -> Record | None:
        """An operation by its id."""
        return await self._database.commit(lambda c: find(c, operation.c.id == record_id))

    async def by_ticket(self, ticket: str) -> Record | None:
        """The operation whose card carries this ticket."""
        return await self._database.commit(lambda c: find(c, operation.c.ticket == ticket))

    async def by_button(self, button: str) -> Record | None:
        """The operation whose end carries this ticket."""
        return await self._database.commit(lambda c: find(c, operation.c.button == button))

    async def open_cards(self, requester: str) -> int:
        """How many cards of this person wait for a yes."""
        counted = (
            select(func.count())
            .select_from(operation)
            .where(operation.c.requester == requester, operation.c.state == State.WAITING)
        )
        return await self._database.commit(lambda c: c.execute(counted).scalar_one())

    async def in_state(self, *states: State) -> list[Record]:
        """All operations in these states, the oldest first."""
        return await self._database.commit(lambda c: find_all(c, operation.c.state.in_(states)))

    async def due(self) -> list[Record]:
        """Operations whose card, approval or lease has run out."""
        now = self.now()
        return await self._database.commit(lambda c: find_all(c, operation.c.due_at <= now))


def _live_beside(record: Record) -> tuple[ColumnElement[bool], ...]:
    return (
        operation.c.live_key == record.live_key,
        operation.c.id != record.id,
        operation.c.state.in_(LIVE_STATES),
    )


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
