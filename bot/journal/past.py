"""What was done before: one operation's trail, what others did to a task, the history."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.journal.database import Database
from bot.journal.record import OutcomeWord, Record, State, TrailEntry
from bot.journal.rows import find
from bot.journal.schema import operation, trail

__all__ = ["Past"]


class Past:
    """`journal.past`: reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        return await self._database.commit(lambda c: find(c, *where))

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

        return await self._database.commit(work)

    async def neighbour(self, record: Record, since: float) -> Record | None:
        """The last change of the same task that was sent after `since`, whoever asked for it."""
        where = (
            operation.c.live_key == record.live_key,
            operation.c.id != record.id,
            operation.c.sent_at >= since,
        )
        return await self._database.commit(lambda c: find(c, *where))

    async def last_change(self, live_key: str) -> Record | None:
        """The last change of a task that was sent."""
        where = (operation.c.live_key == live_key, operation.c.sent_at.is_not(None))
        return await self._database.commit(lambda c: find(c, *where))
