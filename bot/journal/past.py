"""What was done before: one operation's trail, what others did to a task, the history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from bot.journal.batches import children_of
from bot.journal.database import Database
from bot.journal.record import OutcomeWord, Record, State, TrailEntry
from bot.journal.rows import find, record_of
from bot.journal.schema import operation, trail

__all__ = ["HISTORY_ROWS", "Filters", "Found", "Past"]

HISTORY_ROWS = 20
"""Operations on one page of the history."""

_MOST_IDS = 1_000
"""Ids that an unknown one is compared with, the latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which operations are asked for; what is None is not asked.

    where: "tencent:pull", or a provider alone. live_key: exactly this task, whatever its account is
        called. person: an id, or a display name in any case. channel: an id. since: asked at that
        time or later, in seconds since the epoch.
    asked_in: the channel where somebody wants to know: of direct messages only this one is found by
        its channel.
    """

    where: str | None = None
    task: str | None = None
    live_key: str | None = None
    person: str | None = None
    channel: str | None = None
    since: float | None = None
    asked_in: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of operations, the latest first.

    total: how many there are on all pages. page: which one this is, from 1; the last one where a
    later one was asked for. refusals: operation -> what whoever asked for it was told instead.
    parts: operation on several tasks -> one operation for each of these.
    """

    records: Sequence[Record]
    total: int
    page: int
    refusals: Mapping[str, str]
    parts: Mapping[str, Sequence[Record]]


class Past:
    """`journal.past`: reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def deleted_before(self, record: Record) -> Record | None:
        """The last delete of the same task that the vendor took, before this one."""
        where = (
            operation.c.verb == "delete",
            operation.c.state == State.SUCCEEDED,
            operation.c.outcome["word"].as_string().in_((OutcomeWord.ACCEPTED, OutcomeWord.PROVED)),
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
            # What left the task as it was hides nothing before it.
            or_(operation.c.state != State.FAILED, operation.c.first_step.is_not(None)),
            or_(
                operation.c.outcome.is_(None),
                operation.c.outcome["word"].as_string() != OutcomeWord.ALREADY_SO,
            ),
        )
        return await self._database.commit(lambda c: find(c, *where))

    async def last_change(self, live_key: str) -> Record | None:
        """The last change of a task that was sent."""
        where = (operation.c.live_key == live_key, operation.c.sent_at.is_not(None))
        return await self._database.commit(lambda c: find(c, *where))

    # The history

    async def history(self, filters: Filters, page: int = 1, size: int = HISTORY_ROWS) -> Found:
        """One page of what was asked for, sent or not.

        Several tasks in one command are one row, unless it is asked for one task.
        """
        conditions = tuple(_conditions(filters))
        counted = select(func.count()).select_from(operation).where(*conditions)
        rows = (
            select(operation)
            .where(*conditions)
            .order_by(operation.c.asked_at.desc(), operation.c.id)
            .limit(size)
        )

        def work(connection: Connection) -> Found:
            total: int = connection.execute(counted).scalar_one()
            shown = max(1, min(page, -(-total // size)))
            found = connection.execute(rows.offset((shown - 1) * size))
            records = [record_of(row) for row in found]
            refusals = _refusals(connection, records)
            parts = children_of(connection, [one for one in records if one.command.others])
            return Found(records, total, shown, refusals, parts)

        return await self._database.commit(work)

    async def refusals(self, records: Sequence[Record]) -> Mapping[str, str]:
        """What was said to whoever asked for those of these that were denied."""
        return await self._database.commit(lambda c: _refusals(c, records))

    async def ids(self) -> list[str]:
        """The ids of the latest operations."""
        latest = select(operation.c.id).order_by(operation.c.asked_at.desc()).limit(_MOST_IDS)
        return await self._database.commit(lambda c: list(c.execute(latest).scalars()))


def _conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.live_key is not None:
        yield operation.c.live_key == filters.live_key
    elif filters.task is not None:
        yield operation.c.task == filters.task
        yield ~operation.c.live_key.startswith("batch|", autoescape=True)
    else:
        yield operation.c.batch.is_(None)
    if filters.where is not None:
        family = operation.c.place.startswith(f"{filters.where}:", autoescape=True)
        yield or_(operation.c.place == filters.where, family)
    if filters.person is not None:
        # Both by the database, which may know fewer letters than Python.
        by_name = func.lower(operation.c.requester_name) == func.lower(filters.person)
        yield or_(operation.c.requester == filters.person, by_name)
    if filters.channel is not None:
        yield operation.c.channel == filters.channel
        yield or_(operation.c.direct == 0, operation.c.channel == filters.asked_in)
    if filters.since is not None:
        yield operation.c.asked_at >= filters.since


def _refusals(connection: Connection, records: Sequence[Record]) -> Mapping[str, str]:
    denied = [record.id for record in records if record.state is State.DENIED]
    told = select(trail).where(trail.c.operation.in_(denied), trail.c.to_state == State.DENIED)
    return {row.operation: str(row.detail.get("why", "")) for row in connection.execute(told)}
