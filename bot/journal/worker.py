"""Threads that do the database's work, the most urgent first.

SQLite has one writer, so its transactions take turns in any case and one thread is enough. Each is
one hop to a thread and back, and a claim, which holds a slot of the vendor's quota that is
worthless 50 ms later, overtakes whatever else is in line.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from enum import IntEnum
from queue import PriorityQueue
from typing import Any, TypeVar

__all__ = ["Urgency", "Worker"]

T = TypeVar("T")


class Urgency(IntEnum):
    """Who goes first."""

    CLAIM = 0  # a slot of the vendor's quota is held meanwhile
    ACK = 1  # Slack waits for its ack
    STORY = 2
    TELLING = 3  # what is owed to Slack can wait
    LAST = 9


class Worker:
    """Runs functions in threads of its own, by urgency, then in order."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._line: PriorityQueue[tuple[Urgency, int, Callable[[], None] | None]] = PriorityQueue()
        self._number = itertools.count()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name} {number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, work: Callable[[], T], urgency: Urgency) -> T:
        """What `work` returns or raises. A caller that is cancelled does not stop it."""
        loop = asyncio.get_running_loop()
        promise: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001  # goes to whoever waits for it
                _tell(loop, promise, None, error)
            else:
                _tell(loop, promise, result, None)

        self._line.put((urgency, next(self._number), job))
        return await promise

    async def close(self) -> None:
        """Finish what is in line, then end the threads."""
        for _ in self._threads:
            self._line.put((Urgency.LAST, next(self._number), None))
        for thread in self._threads:
            await asyncio.get_running_loop().run_in_executor(None, thread.join)

    def _work(self) -> None:
        while (job := self._line.get()[2]) is not None:
            job()


def _tell(
    loop: asyncio.AbstractEventLoop,
    promise: asyncio.Future[Any],
    result: object,
    error: BaseException | None,
) -> None:
    def deliver() -> None:
        if promise.done():  # the caller was cancelled meanwhile
            return
        if error is None:
            promise.set_result(result)
        else:
            promise.set_exception(error)

    if not loop.is_closed():
        loop.call_soon_threadsafe(deliver)
