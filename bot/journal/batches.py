"""Several tasks under one command: one operation that people see, and one for each task.

The parent has the card, the message and the buttons; each child is claimed, sent and followed like
any other operation, so that no task is sent twice whatever happens to the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from bot.journal.database import Database
from bot.journal.record import Look, Notice, Outcome, Record, State, Verdict
from bot.journal.rows import (
    find,
    find_all,
    insert_asked,
    record_of,
    storable,
    write_notice,
    write_trail,
    write_trails,
)
from bot.journal.schema import notice, operation
from bot.journal.worker import Urgency

__all__ = [
    "OF_NO_STOPPED_BATCH",
    "STOPPED",
    "TABLE",
    "Batches",
    "Standing",
    "children_of",
    "end_children",
    "insert_children",
    "nothing_open",
    "stopped",
]

TABLE = "table"
"""The notice that owes the table of all tasks, in the thread of the batch's message."""

STOPPED = "stopped early"
"""The label of a parent's outcome from the moment on that nothing more of it is sent."""

_OPEN = (State.ASKED, State.APPROVED, State.SENDING)
_UNSENT = (State.ASKED, State.APPROVED)
_PREFIX = "batch|"


def insert_children(
    connection: Connection, parent: Record, *, account: str, now: float, keeper: str | None = None
) -> Record:
    """One operation for each task of a command that was just asked, in the same transaction.
    Returns the parent as it is now. account, keeper: as for `insert_asked`."""
    alone = f"{_PREFIX}{parent.id}"
    named = update(operation).where(operation.c.id == parent.id).values(live_key=alone)
    connection.execute(named)
    children = []
    for number, task in enumerate(parent.command.tasks, start=1):
        origin = replace(parent.origin, request_key=f"{parent.origin.request_key}#{number}")
        command = parent.command.alone(task)
        child = insert_asked(connection, command, origin, account=account, now=now, keeper=keeper)
        if child is not None:  # always: the parent's key was new, so theirs are
            children.append(child.id)
    # No time of their own while the parent is decided: they end with it.
    joined = update(operation).where(operation.c.id.in_(children))
    connection.execute(joined.values(batch=parent.id, due_at=None))
    return replace(parent, live_key=alone)


def children_of(connection: Connection, parents: Sequence[Record]) -> dict[str, list[Record]]:
    """The operations for each task of these batches, in the order of typing, by the batch's id."""
    ids = [parent.id for parent in parents]
    found = find_all(connection, operation.c.batch.in_(ids)) if ids else []
    by_task = {(child.batch, child.command.task): child for child in found}
    return {
        parent.id: [
            child for task in parent.command.tasks if (child := by_task.get((parent.id, task)))
        ]
        for parent in parents
    }


def end_children(connection: Connection, parent: Record, *, actor: str, now: float) -> None:
    """A batch that ended without being sent: so does every task of it, in the same transaction."""
    _end_unsent(connection, parent.id, parent.state, actor=actor, now=now)


def nothing_open(batch_id: str) -> ColumnElement[bool]:
    """A guard: every task of the batch is settled as far as sending goes."""
    child = operation.alias()
    return ~exists().where(child.c.batch == batch_id, child.c.state.in_(_OPEN))


def _of_no_stopped_batch() -> ColumnElement[bool]:
    parent = operation.alias()
    label = parent.c.outcome["label"].as_string()
    halted = exists().where(parent.c.id == operation.c.batch, label == STOPPED)
    return or_(operation.c.first_step.is_not(None), ~halted)


OF_NO_STOPPED_BATCH = _of_no_stopped_batch()
"""A guard for a claim: somebody may have stopped the rest while this one was tried again. Not
between two steps: that would leave the stream down."""


def stopped(parent: Record) -> bool:
    """Whether the rest of a batch is not to be sent."""
    return parent.outcome is not None and parent.outcome.label == STOPPED


@dataclass(frozen=True, slots=True)
class Standing:
    """How many tasks of a batch are not approved yet; not settled as far as sending goes, these
    included; and followed."""

    parent: Record
    asked: int
    open: int
    followed: int


class Batches:
    """`journal.batches`: a parent and its children together. owner: this process's run."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    async def whole(self, batch_id: str) -> tuple[Record, list[Record]] | None:
        """The parent, and its children in the order of typing; as of one moment."""

        def work(connection: Connection) -> tuple[Record, list[Record]] | None:
            parent = find(connection, operation.c.id == batch_id)
            return None if parent is None else (parent, _children(connection, parent))

        return await self._database.commit(work)

    async def standing(self, batch_id: str) -> Standing | None:
        """How the batch stands, without reading every task of it. None if there is none."""
        mine = operation.c.batch == batch_id
        counted = select(
            func.count().filter(operation.c.state == State.ASKED),
            func.count().filter(operation.c.state.in_(_OPEN)),
            func.count().filter(operation.c.verdict == Verdict.FOLLOWING),
        ).where(mine)

        def work(connection: Connection) -> Standing | None:
            parent = find(connection, operation.c.id == batch_id)
            if parent is None:
                return None
            asked, still_open, followed = connection.execute(counted).one()
            return Standing(parent, asked, still_open, followed)

        return await self._database.commit(work)

    async def children(self, parent: Record) -> list[Record]:
        """One operation for each task, in the order of typing."""
        return await self._database.commit(lambda c: _children(c, parent))

    async def keep_looks(self, looks: Mapping[str, Look]) -> None:
        """What the card shows of each task, by the child's id."""
        await self._database.commit(lambda c: _keep_looks(c, looks))

    async def look_again(
        self,
        parent: Record,
        looks: Mapping[str, Look],
        ticket: str,
        *,
        actor: str,
        due_at: float,
        why: str,
    ) -> Record | None:
        """Tasks changed between the card and the press: a new card with a new ticket. None if
        somebody decided meanwhile."""
        waits = and_(
            operation.c.id == parent.id,
            operation.c.state == State.WAITING,
            operation.c.ticket == parent.ticket,
        )
        change = (
            update(operation)
            .where(waits)
            .values(
                ticket=ticket,
                look_again=why,
                due_at=due_at,
                version=operation.c.version + 1,
                keeper=self._owner,
            )
            .returning(operation)
        )

        def work(connection: Connection) -> Record | None:
            if (row := connection.execute(change).one_or_none()) is None:
                return None
            _keep_looks(connection, looks)
            states = (State.WAITING, State.WAITING)
            detail = {"look again": why}
            now = self._database.now()
            write_trail(connection, parent.id, now, actor=actor, states=states, detail=detail)
            return record_of(row)

        return await self._database.commit(work)

    async def stop(
        self,
        parent: Record,
        why: Outcome,
        *,
        to: State = State.CANCELLED,
        actor: str,
        notices: Sequence[Notice] = (),
    ) -> int | None:
        """Nothing more of it is sent. What is being sent or has ended stays as it is.

        why: carries the label STOPPED; the parent keeps it, and so does every task that this ends.
        Returns how many these are; None if somebody stopped it before, or it is over.
        """
        runs = and_(
            operation.c.id == parent.id,
            operation.c.state == State.APPROVED,
            operation.c.outcome.is_(None),
        )
        values = {
            "outcome": why,
            "version": operation.c.version + 1,
            "keeper": self._owner,
        }
        change = update(operation).where(runs).values(**storable(values))

        def work(connection: Connection) -> int | None:
            if connection.execute(change).rowcount == 0:
                return None
            now = self._database.now()
            ended = _end_unsent(connection, parent.id, to, actor=actor, now=now, outcome=why)
            states = (State.APPROVED, State.APPROVED)
            detail = {"stopped": why.says, "not sent": ended}
            write_trail(connection, parent.id, now, actor=actor, states=states, detail=detail)
            for owed in notices:
                write_notice(connection, owed, now)
            return ended

        # Before anything else that is claimed.
        return await self._database.commit(work, Urgency.CLAIM)

    async def sweep(self, parent: Record, why: Outcome) -> int:
        """End what came back unsent after the rest was stopped. Returns how many these are."""
        told = update(operation).where(operation.c.id == parent.id)

        def work(connection: Connection) -> int:
            now = self._database.now()
            to = State.CANCELLED
            ended = _end_unsent(connection, parent.id, to, actor="bot", now=now, outcome=why)
            if ended:
                connection.execute(told.values(version=operation.c.version + 1))
            return ended

        return await self._database.commit(work)

    async def owe_the_end(self, parent: Record, notices: Sequence[Notice]) -> bool:
        """What is said once when every task is settled. False if it was owed before."""
        before = exists().where(notice.c.operation == parent.id, notice.c.kind == TABLE)
        mine = select(operation.c.id).where(operation.c.id == parent.id).with_for_update()

        def work(connection: Connection) -> bool:
            connection.execute(mine)  # another process may be about to say the same
            if connection.execute(select(before)).scalar():
                return False
            for owed in (Notice(parent.id, TABLE, ""), *notices):
                write_notice(connection, owed, self._database.now())
            return True

        return await self._database.commit(work)

    async def untold(self) -> list[Record]:
        """Parents that are over, and whose end was not told yet."""
        told = exists().where(notice.c.operation == operation.c.id, notice.c.kind == TABLE)
        where = (
            operation.c.live_key.startswith(_PREFIX),
            operation.c.state == State.SUCCEEDED,
            ~told,
        )
        return await self._database.commit(lambda c: find_all(c, *where))


def _children(connection: Connection, parent: Record) -> list[Record]:
    return children_of(connection, [parent])[parent.id]


def _keep_looks(connection: Connection, looks: Mapping[str, Look]) -> None:
    for child_id, look in looks.items():
        kept = update(operation).where(operation.c.id == child_id)
        connection.execute(kept.values(**storable({"facts": look})))


def _end_unsent(
    connection: Connection,
    batch_id: str,
    to: State,
    *,
    actor: str,
    now: float,
    outcome: Outcome | None = None,
) -> int:
    """End every task that is not claimed. One between two steps goes on: its stream is down."""
    rows = []
    for state in _UNSENT:
        change = (
            update(operation)
            .where(
                operation.c.batch == batch_id,
                operation.c.state == state,
                operation.c.first_step.is_(None),
            )
            .values(
                state=to,
                version=operation.c.version + 1,
                due_at=None,
                finished_at=now,
                **storable({"outcome": outcome}),
            )
            .returning(operation.c.id)
        )
        ended = connection.execute(change).scalars().all()
        rows += [_trail_row(child, now, actor, (state, to), outcome) for child in ended]
    if rows:
        write_trails(connection, rows)
    return len(rows)


def _trail_row(
    child: str, now: float, actor: str, states: tuple[State, State], outcome: Outcome | None
) -> dict[str, object]:
    return {
        "operation": child,
        "at": now,
        "actor": actor,
        "from_state": states[0],
        "to_state": states[1],
        "request_id": "",
        "detail": {"why": outcome.says} if outcome else {},
    }
