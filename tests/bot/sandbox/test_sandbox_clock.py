"""The clock that a test moves by hand."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox import ManualClock, SystemClock
from bot.sandbox.clock import within


async def test_sleepers_wake_in_order() -> None:
    """Each sleeper wakes at its own time, also one that falls asleep on the way."""
    clock = ManualClock(start=100.0)
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, *pauses: float) -> None:
        for pause in pauses:
            await clock.sleep(pause)
            woke.append((name, clock.now()))

    tasks = [asyncio.create_task(sleeper("a", 1, 3)), asyncio.create_task(sleeper("b", 2))]
    await clock.asleep(2)
    await clock.advance(3.5)
    assert woke == [("a", 101.0), ("b", 102.0)]
    assert clock.now() == 103.5
    await clock.advance(0.5)
    assert woke[-1] == ("a", 104.0)
    await asyncio.gather(*tasks)


async def test_a_cancelled_sleeper_is_no_sleeper() -> None:
    """Who was cancelled is not waited for, and does not stop the clock."""
    clock = ManualClock(start=0.0)
    task = asyncio.create_task(clock.sleep(5))
    await clock.asleep()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(clock.asleep(), 0.01)
    await clock.advance(10)
    assert clock.now() == 10.0


async def test_within() -> None:
    """Work in time brings its result or its own error; late work is cancelled."""
    clock = ManualClock()

    async def fail() -> None:
        raise LookupError

    assert await within(clock, 3, asyncio.sleep(0, "done")) == "done"
    with pytest.raises(LookupError):
        await within(clock, 3, fail())
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    late = asyncio.create_task(within(clock, 3, never))
    await clock.asleep()
    await clock.advance(3)
    with pytest.raises(TimeoutError):
        await late
    assert never.cancelled()


async def test_a_clock_that_nobody_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgets to move the clock fails instead of waiting for ever."""
    monkeypatch.setattr("bot.sandbox.clock._REAL_SECONDS", 0.01)
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with pytest.raises(RuntimeError, match="nobody moves the clock"):
        await within(ManualClock(), 0.001, never)


async def test_real_time() -> None:
    """The system's clock moves by itself."""
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0.001)
    assert clock.now() > before
