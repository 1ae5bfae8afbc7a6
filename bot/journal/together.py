"""Many commits as one, for a database with one writer.

What takes a transaction is mostly waiting for the disk, so those that wait at the same time share
it. Each has a savepoint of its own: one that fails takes nothing of the others with it, and nobody
hears of success before all of it is on the disk.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine

from bot.journal.worker import Urgency, Worker

__all__ = ["Together"]

T = TypeVar("T")

SECONDS = 0.02
"""How long one transaction gathers: what is more urgent must not wait for long, least of all a
claim, whose slot lasts 25 ms or more."""


class _Wish(Generic[T]):
    """Work that somebody waits for, and what came of it."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self.error: BaseException | None = None
        self.over = False

    def carry_out(self, connection: Connection) -> None:
        self._results = [self._work(connection)]

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self._results[0]


class Together:
    """Commits through a worker with one thread."""

    def __init__(self, engine: Engine, worker: Worker) -> None:
        self._engine = engine
        self._worker = worker
        self._lines: dict[Urgency, deque[_Wish[Any]]] = defaultdict(deque)

    async def commit(self, work: Callable[[Connection], T], urgency: Urgency) -> T:
        """What `work` returns or raises, once it is on the disk or undone."""
        wish = _Wish(work)
        line = self._lines[urgency]
        line.append(wish)

        def turn() -> T:
            if not wish.over:  # else it was committed with one before it
                self._commit_some(line)
            return wish.result()

        return await self._worker.run(turn, urgency)

    def _commit_some(self, line: deque[_Wish[Any]]) -> None:
        """Commit the first in line, and those behind it while there is time."""
        taken = [line.popleft()]
        try:
            with self._engine.begin() as connection:
                _carry_out(taken, line, connection)
        except BaseException as error:  # noqa: BLE001  # goes to whoever waits for it
            for wish in taken:
                wish.error = wish.error or error
        for wish in taken:
            wish.over = True


def _carry_out(taken: list[_Wish[Any]], line: deque[_Wish[Any]], connection: Connection) -> None:
    until = time.monotonic() + SECONDS
    if not line:  # it shares with nobody
        taken[0].carry_out(connection)
        return
    _on_its_own(taken[0], connection)
    while line and time.monotonic() < until:
        taken.append(line.popleft())
        _on_its_own(taken[-1], connection)


def _on_its_own(wish: _Wish[Any], connection: Connection) -> None:
    try:
        with connection.begin_nested():
            wish.carry_out(connection)
    except Exception as error:
        if not _goes_on(connection):  # what was done for the others is undone as well
            raise
        wish.error = error


def _goes_on(connection: Connection) -> bool:
    """False where SQLite ended the whole transaction, as it does when the disk is full."""
    return bool(getattr(connection.connection.driver_connection, "in_transaction", False))
