"""What is owed to Slack: each operation's newest word, and sentences that are said once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, case, select, update

from bot.journal.database import Database
from bot.journal.record import Notice, Record
from bot.journal.replicas import Replicas
from bot.journal.rows import find, find_all
from bot.journal.schema import notice, operation
from bot.journal.worker import Urgency

__all__ = ["Debts"]

_ON_ITS_OWN = operation.c.batch.is_(None)
"""One of several tasks has no message: its batch tells of it."""


class Debts:
    """`journal.debts`: what the channel has not been told yet. The outbox pays it."""

    def __init__(self, database: Database, replicas: Replicas) -> None:
        self._database = database
        self._replicas = replicas

    async def owed(self) -> list[Record]:
        """Operations whose newest word the channel has not seen."""
        behind = and_(
            operation.c.shown_version < operation.c.version,
            _ON_ITS_OWN,
            self._replicas.is_mine(operation),
        )
        return await self._database.commit(lambda c: find_all(c, behind), Urgency.TELLING)

    async def to_show(self, record_id: str) -> Record | None:
        """An operation, if the channel has not seen its newest word."""
        where = (
            operation.c.id == record_id,
            operation.c.shown_version < operation.c.version,
            self._replicas.is_mine(operation),
        )
        return await self._database.commit(lambda c: find(c, *where), Urgency.TELLING)

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

        return await self._database.commit(work, Urgency.TELLING)

    async def posting(self, record: Record) -> None:
        """A post of its message is about to leave; whatever happens now, it may stand there."""
        change = update(operation).where(operation.c.id == record.id)
        await self._database.execute(change.values(posts=operation.c.posts + 1), Urgency.TELLING)

    async def not_posted(self, record: Record) -> None:
        """Slack refused the post: it does not stand there."""
        change = update(operation).where(operation.c.id == record.id)
        await self._database.execute(change.values(posts=operation.c.posts - 1), Urgency.TELLING)

    async def owed_notices(self) -> list[Notice]:
        """Sentences that have not been said yet, the oldest first. From now on they are ours to
        say, so that no other process says them as well."""
        unpaid = notice.c.paid_at.is_(None)
        owed = select(notice).where(unpaid, self._replicas.is_mine(notice)).order_by(notice.c.id)
        taking = self._replicas.taking(notice, unpaid)

        def work(connection: Connection) -> list[Notice]:
            if taking is not None:
                connection.execute(taking)
            rows = connection.execute(owed)
            return [Notice(row.operation, row.kind, row.text, row.id, row.channel) for row in rows]

        return await self._database.commit(work, Urgency.TELLING)

    async def paid(self, owed: Notice) -> None:
        """This sentence has been said."""
        change = update(notice).where(notice.c.id == owed.id).values(paid_at=self._database.now())
        await self._database.execute(change, Urgency.TELLING)
