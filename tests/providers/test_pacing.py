"""Pacing: the vendor's quota holds in any sliding second, and little of it is wasted."""

import asyncio

import pytest

from providers.pacing import Pacer, Slot

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
        if timeout is not None and timeout > 0:
            self._clock += timeout + 0.001
        return self._real_select(0)


async def times_of_slots(calls: int, quota: float, share: float = 1.0) -> list[float]:
    pacer = Pacer()
    slots = await asyncio.gather(*(pacer.slot(KEY, quota, share) for _ in range(calls)))
    return sorted(slot.at for slot in slots)


def simulated(coroutine: object) -> object:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(coroutine)  # type: ignore[arg-type]


def most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for t in times if start <= t < start + 1.0) for start in times)


@pytest.mark.parametrize("quota", [10, 20, 50])
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


def test_a_slot_that_was_held_too_long_is_late() -> None:
    """Half of what the guard leaves is for holding a slot, the other half for the network."""

    async def lateness() -> tuple[bool, bool]:
        slot = await Pacer().slot(KEY, 20)
        assert 0.02 < slot.good_for < 0.025
        held = Slot(slot.at - slot.good_for - 0.001, slot.good_for)
        return slot.late, held.late

    assert simulated(lateness()) == (False, True)


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
        await pacer.slot(KEY, 20, 1.0)
        start = asyncio.get_running_loop().time()
        for _ in range(11):
            await pacer.slot(KEY, 20, 0.5)
        return asyncio.get_running_loop().time() - start

    assert simulated(both()) == pytest.approx(1.0, rel=0.03)
