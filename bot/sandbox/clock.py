"""The workspace's time: the system's own, or one that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable
from typing import Protocol, TypeVar

__all__ = ["Clock", "ManualClock", "SystemClock", "within"]

T = TypeVar("T")

_REAL_SECONDS = 5.0


class Clock(Protocol):
    """What the workspace needs of time: to read it and to wait."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Come back when `seconds` have passed on this clock."""
        ...


class SystemClock:
    """Real time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Come back after `seconds`."""
        await asyncio.sleep(seconds)


class ManualClock:
    """Stands still until `advance` moves it, so that a test passes five minutes in no time.

    It starts at the real time unless told otherwise: signatures carry real times.
    """

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._fell_asleep = asyncio.Event()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Come back when `advance` has moved the clock by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        self._fell_asleep.set()
        await woken

    async def advance(self, seconds: float) -> None:
        """Move on, waking each sleeper at its own time, in order.

        What a woken task then does over the network goes on by itself: wait for its effect.
        """
        end = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._now = at
                woken.set_result(None)
                await _let_others_run()
        self._now = end
        await _let_others_run()

    async def asleep(self, count: int = 1) -> None:
        """Come back when `count` tasks sleep on this clock: then it is time to `advance`."""
        while sum(not woken.done() for _, _, woken in self._sleepers) < count:
            self._fell_asleep.clear()
            await self._fell_asleep.wait()


async def _let_others_run() -> None:
    """Long enough for what was woken to go to sleep again or to start its input and output."""
    for _ in range(10):
        await asyncio.sleep(0)


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """What `work` brings if it is done in time; otherwise it is cancelled. Raises TimeoutError.

    A test whose clock stands still would wait for ever: that is a RuntimeError after a while.
    """
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        patience = seconds + _REAL_SECONDS
        done, _ = await asyncio.wait({task, timer}, timeout=patience, return_when=FIRST_COMPLETED)
        if not done:
            raise RuntimeError(f"neither done nor in {seconds} s: nobody moves the clock")
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()
        timer.cancel()
        await asyncio.gather(task, timer, return_exceptions=True)
