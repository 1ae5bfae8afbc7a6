"""Transactions on the journal's database, the most urgent first.

One thread for SQLite, which has one writer; those that wait at the same time are committed as one.
Several threads for PostgreSQL. There, two transactions may get into each other's way: the loser did
nothing, and is done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, Update, text
from sqlalchemy.exc import DBAPIError

from bot.journal.together import Together
from bot.journal.worker import Urgency, Worker

__all__ = ["Database"]

T = TypeVar("T")

THREADS = 6
"""Connections to PostgreSQL at once."""

TRIES = 5

_DONE_AGAIN = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a transaction that lost to another one and was rolled back."""


class Database:
    """What every part of the journal writes and reads through.

    clock: this machine's, in seconds since the epoch. `now` is the database's own time, so that
    replicas agree on it; with SQLite both are the same.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self.engine = engine
        self.shared = engine.dialect.name != "sqlite"
        self._clock = clock
        self._ahead = 0.0
        self._worker = Worker("journal", THREADS if self.shared else 1)
        self._together = None if self.shared else Together(engine, self._worker)

    def now(self) -> float:
        """Seconds since the epoch, by the database's clock."""
        return self._clock() + self._ahead

    async def set_the_clock(self) -> None:
        """Compare the clocks, where the database has one of its own."""
        if not self.shared:
            return

        def work(connection: Connection) -> float:
            before = self._clock()
            theirs: float = connection.execute(
                text("SELECT extract(epoch FROM clock_timestamp())::float8")
            ).scalar_one()
            return theirs - (before + self._clock()) / 2

        self._ahead = await self.commit(work, Urgency.STORY)

    async def commit(self, work: Callable[[Connection], T], urgency: Urgency = Urgency.STORY) -> T:
        """Do `work` in one transaction; it may be done more than once, and only the last counts."""
        if self._together is not None:
            return await self._together.commit(work, urgency)

        def transaction() -> T:
            for left in range(TRIES - 1, -1, -1):
                try:
                    with self.engine.begin() as connection:
                        return work(connection)
                except DBAPIError as error:
                    if left == 0 or _state_of(error) not in _DONE_AGAIN:
                        raise
                time.sleep(0.005 * (TRIES - left))  # in the worker's own thread
            raise AssertionError  # the last try returns or raises

        return await self._worker.run(transaction, urgency)

    async def execute(self, change: Update, urgency: Urgency = Urgency.STORY) -> None:
        """One statement in a transaction of its own."""

        def work(connection: Connection) -> None:
            connection.execute(change)

        await self.commit(work, urgency)

    async def prepare(self, work: Callable[[Engine], None]) -> None:
        """Do `work` with the engine itself, before anything else uses it."""
        await self._worker.run(lambda: work(self.engine), Urgency.STORY)

    async def close(self) -> None:
        """Finish what is in line, and let go of the connections."""
        await self._worker.close()
        self.engine.dispose()


def _state_of(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")
