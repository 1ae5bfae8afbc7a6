"""What the running bot does for its trail: a signed head each day, and what is old enough goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from bot.audit.chain import HEAD, RETENTION, link
from bot.audit.heads import NOTHING, Head, Sums, sum_of
from bot.audit.key import key_of
from bot.audit.key_rules import AuditKeyError
from bot.audit.reader import reading
from bot.audit.retention import prune_some
from bot.audit.verify import BEGUN
from bot.journal.database import Database
from bot.journal.record import Notice
from bot.journal.rows import write_notice
from bot.journal.schema import trail
from bot.journal.sealing import end_of_old, entry_of, take_turns, write_trail
from bot.journal.worker import Urgency

__all__ = ["Upkeep", "take_head"]

log = logging.getLogger(__name__)

DAY = 86_400.0
LOOK_SECONDS = 600.0
"""How often it is looked whether a day is over."""

Tell = Callable[[str], Sequence[Notice]]
"""What is owed to Slack for a head; pure, for it is called inside the transaction."""


class Upkeep:
    """Call `begin` at the start; `work` runs for ever. keep_days: 0 keeps everything."""

    def __init__(
        self,
        database: Database,
        *,
        keep_days: int,
        tell: Tell = lambda _: (),
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._keep_days = keep_days
        self._tell = tell
        self._wake = wake

    async def begin(self) -> None:
        """Begin the chain of heads, or see that it was begun with our key. Raises AuditKeyError."""
        await self._database.commit(lambda c: _begin(c, self._database.now()))

    async def work(self) -> None:
        """For ever: once a day, whichever replica comes first."""
        while True:
            try:
                if await self._database.commit(self._is_due, Urgency.TELLING):
                    await self.prune()
                    await self.head(daily=True)
            except Exception:
                log.exception("the trail's upkeep failed; it is tried again")
            await asyncio.sleep(LOOK_SECONDS)

    async def head(self, *, daily: bool = False) -> Head:
        """Sign what is there now, keep it, and tell it. daily: unless another replica just did."""
        key = await self._database.commit(key_of, Urgency.TELLING)
        now = self._database.now()
        # Beside the journal's own connections: all of it is read, and nobody has to wait.
        head = await asyncio.to_thread(_read_head, self._database.engine.url, key, now)

        def work(connection: Connection) -> bool:
            take_turns(connection, [HEAD])
            if daily and not self._is_due(connection):
                return False
            detail = {"head": str(head)}
            now = self._database.now()
            write_trail(connection, HEAD, now, actor="bot", states=("", HEAD), detail=detail)
            for owed in self._tell(str(head)):
                write_notice(connection, owed, now)
            return True

        if await self._database.commit(work, Urgency.TELLING):
            log.info("audit: %s", head)
            self._wake()
        return head

    async def prune(self) -> int:
        """Remove what is old enough, a little at a time. Returns how many operations went."""
        if not self._keep_days:
            return 0
        cutoff = self._database.now() - self._keep_days * DAY
        removed, after = 0, ""
        while True:
            some = await self._database.commit(
                lambda c, after=after: prune_some(c, cutoff, self._database.now(), after),  # type: ignore[misc]
                Urgency.TELLING,
            )
            if some is None:
                break
            removed, after = removed + some.removed, some.last
            for kept in some.broken:
                log.error("op %s: kept, for its trail was changed: stream-bot audit verify", kept)
        if removed:
            log.info("retention: %d operations older than %d days went", removed, self._keep_days)
        return removed

    def _is_due(self, connection: Connection) -> bool:
        """A day after the last head, or after the chain of heads was begun."""
        newest = select(func.max(trail.c.at)).where(trail.c.operation == HEAD)
        last = connection.execute(newest).scalar()
        return last is None or self._database.now() - last >= DAY


def take_head(connection: Connection, key: bytes, now: float) -> Head:
    """Count and sign all that this connection sees; write nothing."""
    ends = (
        select(
            trail.c.operation,
            func.max(trail.c.seq).label("seq"),
            func.count().label("entries"),
        )
        .group_by(trail.c.operation)
        .subquery()
    )
    query = select(trail.c.seq, trail.c.operation, trail.c.hash, ends.c.entries)
    sums, upto = _removed(connection), 0
    for row in connection.execute(query.join(ends, ends.c.seq == trail.c.seq)).all():
        last = row.hash or end_of_old(connection, row.operation, key)[1]
        sums += sum_of(key, row.operation, row.entries, last)
        upto = max(upto, row.seq)
    return Head.signed(key, at=now, upto=upto, sums=sums)


def _read_head(url: Any, key: bytes, now: float) -> Head:
    with reading(url, still=True) as connection:
        return take_head(connection, key, now)


def _removed(connection: Connection) -> Sums:
    """What retention took, which counts for ever."""
    sums = NOTHING
    for detail in connection.execute(
        select(trail.c.detail).where(trail.c.operation == RETENTION)
    ).scalars():
        sums += Sums(detail["operations"], detail["entries"], int(detail["digest"], 16))
    return sums


def _begin(connection: Connection, now: float) -> None:
    key = key_of(connection)
    take_turns(connection, [HEAD])
    first = select(trail).where(trail.c.operation == HEAD).order_by(trail.c.seq).limit(1)
    if (row := connection.execute(first).first()) is not None:
        begun = entry_of(row)
        if link(key, HEAD, begun) != begun.hash:
            raise AuditKeyError(
                "the audit key does not fit the journal: it is another one than the trail was "
                "sealed with (put that one back), or the first head was changed (see `stream-bot "
                "audit verify`; a new journal begins a new trail)"
            )
        return
    bare = select(func.count(), func.coalesce(func.max(trail.c.seq), 0)).where(
        trail.c.hash.is_(None)
    )
    before, until = connection.execute(bare).one()
    detail = {"before": before, "until": until}
    write_trail(connection, HEAD, now, actor="bot", states=("", BEGUN), detail=detail)
