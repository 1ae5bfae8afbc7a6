"""Several processes on one journal: who lives, and who looks after which operation.

Every operation has a keeper: the process that changed it last. It decides, sends, follows and
tells. A process says that it lives every second; what a dead one kept is taken over by another,
with one compare-and-set. A claim counts only for the keeper, so a process that was paused and wakes
up sends nothing that is not its own any more.

With SQLite there is one process, which takes everything over at its start.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Update,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)

from bot.journal.database import Database
from bot.journal.record import Record, State, Verdict
from bot.journal.rows import find_all, record_of
from bot.journal.schema import operation, replica
from bot.journal.worker import Urgency

__all__ = ["Replicas"]

ALIVE_SECONDS = 6.0
"""A process that has said nothing for so long is dead, or paused for too long."""

FORGOTTEN_SECONDS = 86_400.0


class Replicas:
    """`journal.replicas`. owner: this process's run."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._steady_since: float | None = None

    async def beat(self) -> None:
        """Say that this process lives. With SQLite nobody else would hear it."""
        if not self._database.shared:
            return
        try:
            await self._database.commit(self._write, Urgency.ACK)
        except BaseException:
            self._steady_since = None
            raise
        if self._steady_since is None:
            self._steady_since = time.monotonic()

    def _write(self, connection: Connection) -> None:
        now = self._database.now()
        mine = update(replica).where(replica.c.owner == self._owner).values(seen_at=now)
        if connection.execute(mine).rowcount == 0:
            connection.execute(insert(replica).values(owner=self._owner, seen_at=now))
            connection.execute(delete(replica).where(replica.c.seen_at < now - FORGOTTEN_SECONDS))

    async def leave(self) -> None:
        """Say that this process ends: others need not wait to take over."""
        if self._database.shared:
            gone = delete(replica).where(replica.c.owner == self._owner)
            await self._database.commit(lambda c: c.execute(gone))

    async def has_others(self) -> bool:
        """Whether another process works on this journal now."""
        if not self._database.shared:
            return False
        lives = self._database.now() - ALIVE_SECONDS
        others = select(replica.c.owner).where(
            replica.c.owner != self._owner, replica.c.seen_at > lives
        )
        return await self._database.commit(lambda c: c.execute(others.limit(1)).first() is not None)

    def is_mine(self, table: Table) -> ColumnElement[bool]:
        """Whether a row of `table` is kept by this process, or by nobody who lives."""
        if not self._database.shared:
            return true()
        return or_(table.c.keeper == self._owner, self._abandoned(table))

    def taking(self, table: Table, which: ColumnElement[bool]) -> Update | None:
        """Take over rows that nobody who lives keeps; None where there is nobody else."""
        if not self._database.shared:
            return None
        left = and_(which, self._abandoned(table))
        return update(table).where(left).values(keeper=self._owner)

    def _abandoned(self, table: Table) -> ColumnElement[bool]:
        lives = self._database.now() - ALIVE_SECONDS
        keeper = select(replica.c.owner).where(
            replica.c.owner == table.c.keeper, replica.c.seen_at > lives
        )
        return or_(table.c.keeper.is_(None), ~exists(keeper))

    async def adopt(self, *, at_start: bool = False) -> Sequence[Record]:
        """Take over what dead processes left under way: asked, approved, followed.

        Not before this process has been heard for a while itself: after the database was away,
        nobody has been, and that does not mean that they are dead.
        """
        if not at_start and not self._steady():
            return ()
        left = and_(
            or_(operation.c.keeper.is_(None), operation.c.keeper != self._owner), _UNDER_WAY
        )
        if self._database.shared:
            left = and_(left, self._abandoned(operation))
        taken = update(operation).where(left).values(keeper=self._owner).returning(operation)

        def work(connection: Connection) -> list[Record]:
            rows = connection.execute(taken).all()
            return sorted((record_of(row) for row in rows), key=lambda record: record.asked_at)

        return await self._database.commit(work, Urgency.TELLING)

    async def kept(self) -> Sequence[Record]:
        """What this process looks after and somebody should be working on now."""
        mine = and_(operation.c.keeper == self._owner, _AT_WORK)
        return await self._database.commit(lambda c: find_all(c, mine), Urgency.TELLING)

    def _steady(self) -> bool:
        since = self._steady_since
        shared = self._database.shared
        return shared and since is not None and time.monotonic() - since > ALIVE_SECONDS


_AT_WORK = and_(operation.c.state.in_((State.ASKED, State.APPROVED)), operation.c.batch.is_(None))

_UNDER_WAY = or_(
    and_(operation.c.state == State.ASKED, operation.c.batch.is_(None)),
    operation.c.state == State.APPROVED,
    operation.c.verdict == Verdict.FOLLOWING,
)
