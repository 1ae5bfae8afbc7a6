"""What health is told: how much waits, and for how long."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, func, select

from bot.journal.database import Database
from bot.journal.record import State, Verdict
from bot.journal.schema import notice, operation, trail
from bot.journal.worker import Urgency

__all__ = ["Figures"]

_part = operation.alias("part")

_OWED = and_(operation.c.shown_version < operation.c.version, operation.c.batch.is_(None))
_LAST_WORD = (
    select(func.max(trail.c.at)).where(trail.c.operation == operation.c.id).scalar_subquery()
)
_LAST_WORD_OF_A_PART = (
    select(func.max(trail.c.at))
    .join(_part, _part.c.id == trail.c.operation)
    .where(_part.c.batch == operation.c.id)
    .scalar_subquery()
)


class Figures:
    """`journal.figures`: counted when asked, over all replicas."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> dict[str, float]:
        """waiting_cards, followed_operations, owed_messages, oldest_owed_seconds."""
        return await self._database.commit(self._read, Urgency.TELLING)

    def _read(self, connection: Connection) -> dict[str, float]:
        waiting = operation.c.state == State.WAITING
        following = operation.c.verdict == Verdict.FOLLOWING
        since = _owed_since(connection)
        return {
            "waiting_cards": _count(connection, waiting),
            "followed_operations": _count(connection, following),
            "owed_messages": len(since),
            "oldest_owed_seconds": max(0.0, self._database.now() - min(since)) if since else 0.0,
        }


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(operation).where(which)
    return connection.execute(counted).scalar_one()


def _owed_since(connection: Connection) -> list[float]:
    """When each message that is owed got its newest word: an operation's from the trail, that of
    several tasks from any of theirs."""
    rows = connection.execute(
        select(_LAST_WORD, _LAST_WORD_OF_A_PART, operation.c.asked_at).where(_OWED)
    )
    words = [max(row[0] or row[2], row[1] or 0.0) for row in rows]
    unpaid = select(notice.c.made_at).where(notice.c.paid_at.is_(None))
    return [*words, *connection.execute(unpaid).scalars()]
