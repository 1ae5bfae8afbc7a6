"""Slots of the vendors' quotas that all replicas reserve from the database they share.

One row for each access key and API: when its next call may leave, and how far apart calls are. A
reservation is one statement that commits by itself, so a replica that is stopped in the middle of
one holds no lock. Times are the server's, so the clocks of the replicas do not matter.

The statements run in a thread of their own on a connection of their own. Measured beside
SQLAlchemy's asyncio engine, that answers faster (1.1 ms instead of 1.4 ms in the middle), and a
long transaction of the journal is not in its way.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Double,
    Executable,
    MetaData,
    String,
    Table,
    bindparam,
    case,
    cast,
    create_engine,
    extract,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.journal.worker import Urgency, Worker
from providers.pacing import ReserveError, catch_up

__all__ = ["Slots", "rate_slot"]

log = logging.getLogger(__name__)

T = TypeVar("T")

UNSURE = 0.01
"""Seconds. How well the server's time must be known: the vendor's window has 22 ms for this and for
the network together. An answer within the same region takes 1 or 2 ms."""

FORGOTTEN = 120.0
"""Seconds. A row further from now says nothing: behind, nobody has used it lately, and its step may
be of an older configuration; ahead, the server's clock was wrong when it was written."""

_LOOKS = 5  # at the server's clock, before it counts as unknown
_SAMPLE_SECONDS = 10.0  # how long a look is good for: clocks drift

rate_slot = Table(
    "rate_slot",
    MetaData(),
    Column("key", String(64), primary_key=True),  # a digest: no access key id is stored
    Column("next_at", Double, nullable=False),
    Column("step", Double, nullable=False),  # the widest that a replica asked for
)

_CONNECT = {
    "connect_timeout": 2,
    "tcp_user_timeout": 3000,  # milliseconds, for a server that vanished
    "keepalives_idle": 3,
    "application_name": "stream-bot slots",
}


def _statements() -> tuple[Executable, Executable, Executable]:
    """To reserve a slot, to give out none for some seconds, and to see the server's time."""
    row = rate_slot.c
    # Not now(): a statement that waited for the row must see the time when it got it.
    now = cast(extract("epoch", func.clock_timestamp()), Double)
    step, early, seconds = (bindparam(name, type_=Double) for name in ("step", "early", "seconds"))
    key = bindparam("key", type_=String)
    forgotten = func.abs(row.next_at - now) > FORGOTTEN
    widest = case((forgotten, step), else_=func.greatest(row.step, step))
    start = case((forgotten, now), else_=func.greatest(row.next_at, now - early))
    later = case((forgotten, now + seconds), else_=func.greatest(row.next_at, now + seconds))
    first = insert(rate_slot).values(key=key, next_at=now + step, step=step)
    reserve = first.on_conflict_do_update(
        index_elements=[row.key], set_={"next_at": start + widest, "step": widest}
    ).returning((row.next_at - row.step).label("at"), now.label("now"))
    closed = insert(rate_slot).values(key=key, next_at=now + seconds, step=0.0)
    slow_down = closed.on_conflict_do_update(index_elements=[row.key], set_={"next_at": later})
    return reserve, slow_down, select(now)


_RESERVE, _SLOW_DOWN, _LOOK = _statements()


class _ServerClock:
    """The server's clock against ours, as the quickest of the last answers show it.

    Each answer bounds the difference: the server's time was read between question and answer.
    Answers that were held up, here or there, bound it loosely, and do no harm beside a quick one.
    """

    def __init__(self) -> None:
        self._bounds: list[tuple[float, float, float]] = []  # answered, lowest, highest

    def note(self, asked: float, answered: float, server: float) -> None:
        newest = (answered, server - answered, server - asked)
        fresh = [one for one in self._bounds if answered - one[0] < _SAMPLE_SECONDS]
        self._bounds = [*fresh[-31:], newest]
        if self.unsure < 0:  # it was set meanwhile
            self._bounds = [newest]

    @property
    def unsure(self) -> float:
        """Seconds between the bounds."""
        return min(high for _, _, high in self._bounds) - self._lowest

    def ours(self, server: float) -> float:
        """The server's time on our clock: never too early, and late by at most `unsure`."""
        return server - self._lowest

    @property
    def _lowest(self) -> float:
        return max(low for _, low, _ in self._bounds)


class Slots:
    """`providers.pacing.Reserve` on PostgreSQL. `close` it at the end.

    url: the journal's database, where a migration has made the table.
    answer_seconds: a database that takes longer is down, as far as the quota is concerned.
    """

    def __init__(self, url: str | URL, *, answer_seconds: float = 3.0) -> None:
        self._answer_seconds = answer_seconds
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            connect_args=_CONNECT,
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,
        )
        self._worker = Worker("slots")
        self._clock = _ServerClock()  # only that thread's

    async def reserve(self, key: str, step: float) -> float:
        """See `Reserve`. Raises ReserveError within seconds if the database does not answer."""
        values = {"key": key, "step": step, "early": catch_up(step)}
        at = await self._ask(lambda connection: self._reserve(connection, values))
        return at - time.monotonic()

    async def slow_down(self, key: str, seconds: float) -> None:
        """See `Reserve`."""
        values = {"key": key, "seconds": seconds}
        await self._ask(lambda connection: connection.execute(_SLOW_DOWN, values))

    async def close(self) -> None:
        """Let go of the connection."""
        await self._worker.close()
        self._engine.dispose()

    async def _ask(self, work: Callable[[Connection], T]) -> T:
        until = time.monotonic() + self._answer_seconds
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await self._worker.run(lambda: self._connected(work, until), Urgency.CLAIM)
        except (SQLAlchemyError, TimeoutError) as error:
            cause = getattr(error, "orig", None) or error
            log.warning("the quota's database does not answer: %s", type(cause).__name__)
            raise ReserveError("the database does not answer") from error

    def _connected(self, work: Callable[[Connection], T], until: float) -> T:
        if time.monotonic() > until:  # it stood in line behind one that hung; nobody waits for it
            raise TimeoutError
        try:
            return self._once(work)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return self._once(work)  # the server was restarted since the last time

    def _once(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return work(connection)

    def _reserve(self, connection: Connection, values: Mapping[str, Any]) -> float:
        """When the slot is, on our clock."""
        asked = time.monotonic()
        at, server = connection.execute(_RESERVE, values).one()
        self._clock.note(asked, time.monotonic(), server)
        for _ in range(_LOOKS):
            if self._clock.unsure <= UNSURE:
                return self._clock.ours(at)
            asked = time.monotonic()
            server = connection.execute(_LOOK).scalar_one()
            self._clock.note(asked, time.monotonic(), server)
        raise ReserveError("the database answers too slowly")
