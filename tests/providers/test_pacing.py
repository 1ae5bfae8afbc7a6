"""Pacing: the vendor's quota holds in any sliding second, and little of it is wasted."""

import asyncio
import itertools
import math
import re

import pytest

from providers.errors import Fault, NotSent, Retry
from providers.pacing import MOST_LATE, NO_SLOT, Pacer, ReserveError, Slot, catch_up

KEY = ("tencent", "AKIDEXAMPLE", "RestartLivePullStreamTask")


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it.

    Each wake-up is a millisecond late, as real ones are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._clock = 1000.0
        selector = self._selector  # type: ignore[attr-defined]  # asyncio's own, not in its types
        self._real_select = selector.select
        selector.select = self._jump

    def time(self) -> float:
        return self._clock

    def _jump(self, timeout: float | None = None) -> object:
        # No round takes no time at all, or one that is short of its turn by 1e-15 s would spin.
        self._clock += timeout + 0.001 if timeout else 1e-9
        return self._real_select(0)


async def times_of_slots(calls: int, quota: float, share: float = 1.0) -> list[float]:
    pacer = Pacer()
    slots = await asyncio.gather(*(pacer.slot(KEY, quota, share) for _ in range(calls)))
    return sorted(slot.at for slot in slots)


def simulated(coroutine: object) -> object:
    with (
        pytest.MonkeyPatch.context() as patch,
        asyncio.Runner(loop_factory=SimulatedLoop) as runner,
    ):
        patch.setattr("providers.pacing._now", lambda: asyncio.get_running_loop().time())
        return runner.run(coroutine)  # type: ignore[arg-type]


def most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for t in times if start <= t < start + 1.0) for start in times)


@pytest.mark.parametrize("quota", [1, 2, 10, 20, 50])
def test_never_above_the_quota_in_any_sliding_second(quota: int) -> None:
    """With up to 44 ms of jitter on the way, no sliding second holds more calls than the quota."""
    times = simulated(times_of_slots(quota * 10, quota))
    assert isinstance(times, list)
    # The worst that jitter can do: every second call comes 44 ms late.
    jittered = sorted(t + (0.044 if n % 2 == 0 else 0.0) for n, t in enumerate(times))
    assert most_in_a_second(times) <= quota
    assert most_in_a_second(jittered) <= quota


@pytest.mark.parametrize("quota", [10, 20, 50])
def test_at_least_ninety_percent_of_the_quota_is_used(quota: int) -> None:
    """In steady state, with the default share, 90 % of the vendor's quota goes through."""
    times = simulated(times_of_slots(quota * 10, quota, 0.95))
    assert isinstance(times, list)
    rate = (len(times) - 1) / (times[-1] - times[0])
    assert rate >= 0.9 * quota


def test_the_first_call_goes_at_once() -> None:
    """An idle gate makes nobody wait."""

    async def first() -> float:
        before = asyncio.get_running_loop().time()
        slot = await Pacer().slot(KEY, 20)
        return slot.at - before

    assert simulated(first()) == 0


def test_a_smaller_share_is_a_slower_pace() -> None:
    """A share of a half sends half as many calls."""
    times = simulated(times_of_slots(101, 20, 0.5))
    assert isinstance(times, list)
    assert (times[-1] - times[0]) == pytest.approx(10.0, rel=0.02)


def test_keys_do_not_wait_for_each_other() -> None:
    """Another API, or another key, has a quota of its own."""

    async def both() -> float:
        pacer = Pacer()
        start = asyncio.get_running_loop().time()
        await pacer.slot(KEY, 20)
        await pacer.slot(("tencent", "AKIDEXAMPLE", "DeleteLivePullStreamTask"), 50)
        return asyncio.get_running_loop().time() - start

    assert simulated(both()) == 0


def test_slow_down_holds_everybody_of_that_key() -> None:
    """After a throttled answer no call of the same key leaves for the time that was asked."""

    async def after_a_throttle() -> float:
        pacer = Pacer()
        await pacer.slot(KEY, 20)
        start = asyncio.get_running_loop().time()
        pacer.slow_down(KEY, 2.0)
        slots = await asyncio.gather(*(pacer.slot(KEY, 20) for _ in range(3)))
        return min(slot.at for slot in slots) - start

    waited = simulated(after_a_throttle())
    assert isinstance(waited, float)
    assert waited >= 2.0


@pytest.mark.parametrize("quota", [1, 20, 50])
def test_a_slot_that_was_held_too_long_is_late(quota: int) -> None:
    """Half of what the guard leaves is for holding a slot, the other half for the network."""

    async def lateness() -> tuple[bool, bool]:
        slot = await Pacer().slot(KEY, quota)
        assert 0.02 < slot.good_for < 0.025
        held = Slot(slot.at - slot.good_for - 0.001, slot.good_for)
        return slot.late, held.late

    assert simulated(lateness()) == (False, True)


async def departures(calls: int, quota: float, held: float) -> list[float]:
    """When calls leave of which every third is held up so long between its slot and sending."""
    pacer = Pacer()
    left = []

    async def call(number: int) -> None:
        slot = await pacer.slot(KEY, quota)
        await asyncio.sleep(held if number % 3 == 0 else 0.002)
        assert await pacer.may_leave(KEY, slot)
        left.append(asyncio.get_running_loop().time())

    await asyncio.gather(*(call(number) for number in range(calls)))
    return left


@pytest.mark.parametrize("quota", [10, 20, 50])
@pytest.mark.parametrize("held", [0.015, 0.04, 0.2])
def test_calls_that_are_held_up_neither_crowd_the_second_nor_waste_it(
    quota: int, held: float
) -> None:
    """A late call leaves when it keeps its distance; its turn is not lost, and nobody catches up
    by a heap."""
    times = simulated(departures(quota * 5, quota, held))
    assert isinstance(times, list)
    # What is left for the network: half of the guard.
    jittered = sorted(t + (0.022 if n % 2 == 0 else 0.0) for n, t in enumerate(times))
    assert most_in_a_second(jittered) <= quota
    assert (len(times) - 1) / (times[-1] - times[0]) >= 0.9 * quota


def test_after_slow_down_no_call_leaves_that_has_its_slot_already() -> None:
    """The vendor said slower while it was on its way."""

    async def waited() -> float:
        pacer = Pacer()
        slot = await pacer.slot(KEY, 20)
        pacer.slow_down(KEY, 2.0)
        start = asyncio.get_running_loop().time()
        assert await pacer.may_leave(KEY, slot)
        return asyncio.get_running_loop().time() - start

    assert simulated(waited()) == pytest.approx(2.0, abs=0.01)


def test_beside_other_replicas_a_late_slot_is_worth_nothing() -> None:
    """What they send meanwhile is not seen here."""

    async def late() -> tuple[bool, bool]:
        pacer = Pacer(SharedRow(0.01))
        slot = await pacer.slot(KEY, 20)
        held = Slot(slot.at - slot.good_for - 0.001, slot.good_for)
        return await pacer.may_leave(KEY, slot), await pacer.may_leave(KEY, held)

    assert simulated(late()) == (True, False)


def test_a_slot_in_place_of_a_late_one_does_not_queue_anew() -> None:
    """Whoever was held up is next, not last."""

    async def order() -> list[str]:
        pacer = Pacer()
        await pacer.slot(KEY, 20)
        went: list[str] = []

        async def take(name: str, *, again: bool) -> None:
            await pacer.slot(KEY, 20, again=again)
            went.append(name)

        waiting = [asyncio.create_task(take(f"new {n}", again=False)) for n in range(5)]
        await asyncio.sleep(0)
        await asyncio.gather(*waiting, take("again", again=True))
        return went

    assert "again" in simulated(order())[:2]  # type: ignore[index]


def test_of_two_shares_of_one_key_the_smaller_counts() -> None:
    """The vendor counts both accounts together."""

    async def both() -> float:
        pacer = Pacer()
        first = await pacer.slot(KEY, 20, 1.0)
        for _ in range(11):
            last = await pacer.slot(KEY, 20, 0.5)
        return last.at - first.at

    assert simulated(both()) == pytest.approx(1.1, rel=0.03)


def test_a_smaller_share_slows_those_who_are_in_line_already() -> None:
    """There is one line for each key, whoever asks."""

    async def both() -> list[float]:
        pacer = Pacer()
        line = [asyncio.create_task(pacer.slot(KEY, 20, 1.0)) for _ in range(20)]
        await line[0]
        slots = await asyncio.gather(*line, *(pacer.slot(KEY, 20, 0.5) for _ in range(20)))
        return sorted(slot.at for slot in slots)

    times = simulated(both())
    assert isinstance(times, list)
    assert times[-1] - times[0] == pytest.approx(3.9, rel=0.03)


class SharedRow:
    """A `Reserve` in memory, by the rule of the shared database's row.

    trips: how long each answer takes, in seconds, in turn. down: nothing answers.
    """

    def __init__(self, *trips: float) -> None:
        self.asked: list[tuple[str, float]] = []
        self.down = False
        self._trips = itertools.cycle(trips or (0.002,))
        self._next = -math.inf

    async def reserve(self, key: str, step: float) -> float:
        self._hear(key, step)
        loop = asyncio.get_running_loop()
        at = max(self._next, loop.time() - catch_up(step))
        self._next = at + step
        await asyncio.sleep(next(self._trips))
        return at - loop.time()

    async def slow_down(self, key: str, seconds: float) -> None:
        self._hear(key, seconds)
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)

    def _hear(self, key: str, seconds: float) -> None:
        if self.down:
            raise ReserveError("the database does not answer")
        self.asked.append((key, seconds))


@pytest.mark.parametrize("quota", [10, 20, 50])
def test_replicas_keep_one_quota_together_and_use_it(quota: int) -> None:
    """Three of them send no more than one may, and at least 90 % of that."""

    async def three() -> list[float]:
        row = SharedRow(0.002, 0.001, 0.015)
        pacers = [Pacer(row) for _ in range(3)]
        waiting = (pacer.slot(KEY, quota) for _ in range(quota * 4) for pacer in pacers)
        return sorted(slot.at for slot in await asyncio.gather(*waiting))

    times = simulated(three())
    assert isinstance(times, list)
    jittered = sorted(t + (0.044 if n % 2 == 0 else 0.0) for n, t in enumerate(times))
    assert most_in_a_second(times) <= quota
    assert most_in_a_second(jittered) <= quota
    assert (len(times) - 1) / (times[-1] - times[0]) >= 0.9 * quota


def test_a_reservation_that_comes_too_late_is_thrown_away() -> None:
    """A stall between the question and the answer: the next slot is taken in its place."""

    async def stalled() -> tuple[bool, int]:
        row = SharedRow(0.8, 0.002)
        slot = await Pacer(row).slot(KEY, 20)
        return slot.late, len(row.asked)

    assert simulated(stalled()) == (False, 2)


def test_a_database_that_is_always_too_late_ends_the_call_unsent() -> None:
    """Nobody waits for ever, and the slots of the others are not used up."""

    async def slow() -> tuple[Fault, int]:
        row = SharedRow(0.8)
        with pytest.raises(NotSent) as caught:
            await Pacer(row).slot(KEY, 20)
        return caught.value.fault, len(row.asked)

    assert simulated(slow()) == (NO_SLOT, MOST_LATE)


def test_without_its_database_no_call_is_made() -> None:
    """No slot, no call; and trying again is safe, since nothing was sent."""

    async def down() -> tuple[Fault, str]:
        row = SharedRow()
        row.down = True
        with pytest.raises(NotSent) as caught:
            await Pacer(row).slot(KEY, 20)
        return caught.value.fault, caught.value.why

    assert simulated(down()) == (NO_SLOT, "the database does not answer")
    assert NO_SLOT.retry is Retry.SAFE


def test_slow_down_holds_the_other_replicas() -> None:
    """The vendor told one of them, and it counts all of them together."""

    async def after_a_throttle() -> float:
        row = SharedRow()
        one, other = Pacer(row), Pacer(row)
        await one.slot(KEY, 20)
        one.slow_down(KEY, 2.0)
        start = asyncio.get_running_loop().time()
        await asyncio.sleep(0)  # lets it tell
        return (await other.slot(KEY, 20)).at - start

    assert simulated(after_a_throttle()) == pytest.approx(2.0, abs=0.01)


def test_slow_down_holds_this_replica_though_the_others_cannot_be_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What cannot be shared is logged, and kept here."""

    async def throttled() -> float:
        row = SharedRow()
        pacer = Pacer(row)
        await pacer.slot(KEY, 20)
        start = asyncio.get_running_loop().time()
        row.down = True
        pacer.slow_down(KEY, 2.0)
        await asyncio.sleep(0)  # lets it try to tell
        row.down = False
        return (await pacer.slot(KEY, 20)).at - start

    assert simulated(throttled()) == pytest.approx(2.0, abs=0.01)
    assert "were not told to slow down" in caplog.text


def test_what_is_shared_names_no_access_key() -> None:
    """The row's key is a digest, the same on every replica."""

    async def asked() -> list[tuple[str, float]]:
        row = SharedRow()
        for pacer in (Pacer(row), Pacer(row)):
            await pacer.slot(KEY, 20)
        return row.asked

    keys = simulated(asked())
    assert isinstance(keys, list)
    assert keys[0] == keys[1]
    assert re.fullmatch("[0-9a-f]{64}", keys[0][0])
