"""What is seen of a change after it was accepted, until it is proved or the time is over."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, update

from bot.journal.database import Database
from bot.journal.record import Followed, Notice, Outcome, Record, Verdict
from bot.journal.rows import (
    news_for_batch,
    record_of,
    storable,
    write_notice,
    write_trail,
)
from bot.journal.schema import operation
from bot.journal.worker import Urgency

__all__ = ["Following"]


class Following:
    """`journal.following`: looks are kept, and the verdict is said once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen_down(self, record: Record, followed: Followed) -> None:
        """Between two steps, the stream was seen not to run."""
        change = (
            update(operation)
            .where(operation.c.id == record.id, operation.c.step == record.step)
            .values(**storable({"followed": followed}))
        )
        await self._database.execute(change)

    async def keep(self, record: Record, followed: Followed, *, news: bool) -> Record | None:
        """Keep what a look at the task told. news: the channel sees it. None if it is over."""
        version = operation.c.version + (1 if news else 0)
        change = (
            update(operation)
            .where(operation.c.id == record.id, operation.c.verdict == Verdict.FOLLOWING)
            .values(version=version, **storable({"followed": followed}))
            .returning(operation)
        )

        def work(connection: Connection) -> Record | None:
            row = connection.execute(change).one_or_none()
            return None if row is None else record_of(row)

        return await self._database.commit(work, Urgency.TELLING)

    async def conclude(
        self,
        record: Record,
        verdict: Verdict,
        outcome: Outcome,
        *,
        notices: Sequence[Notice] = (),
        button: str | None = None,
    ) -> Record | None:
        """What following came to: said once. None if somebody else said it first."""
        change = (
            update(operation)
            .where(operation.c.id == record.id, operation.c.verdict == Verdict.FOLLOWING)
            .values(
                version=operation.c.version + 1,
                **storable({"outcome": outcome}),
                verdict=verdict,
                follow_until=None,
                button=button,
            )
            .returning(operation)
        )

        def work(connection: Connection) -> Record | None:
            if (row := connection.execute(change).one_or_none()) is None:
                return None
            write_trail(
                connection,
                record.id,
                self._database.now(),
                actor="bot",
                states=(record.state, verdict),
                request_id=outcome.request_id,
                detail={"word": outcome.word, "says": outcome.says},
            )
            for owed in notices:
                write_notice(connection, owed, self._database.now())
            news_for_batch(connection, record)
            return record_of(row)

        return await self._database.commit(work)
