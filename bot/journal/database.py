"""One transaction at a time on the journal's database, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, Update

from bot.journal.worker import Urgency, Worker

__all__ = ["Database"]

T = TypeVar("T")


class Database:
    """What every part of the journal writes and reads through. now: seconds since the epoch."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        self.engine = engine
        self._worker = Worker("journal")
        self.now = now

    async def commit(self, work: Callable[[Connection], T], urgency: Urgency = Urgency.STORY) -> T:
        """Do `work` in one transaction."""

        def transaction() -> T:
            with self.engine.begin() as connection:
                return work(connection)

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
