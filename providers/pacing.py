"""Never above a vendor's quota, in any sliding second as the vendor counts it.

One gate for each access key and API. Calls leave evenly spaced, the first at once: a bucket that
lets a burst through (`AsyncLimiter(20, 1)`) sends 39 calls in its first second.

The spacing is wider than 1/quota by a guard of 5 %, so that 21 calls at 20/s span 1.05 s and up to
50 ms of jitter on the way is harmless. A caller that was held up for half of that between getting
its slot and sending throws the slot away (`Slot.late`) and takes a new one.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass

from aiolimiter import AsyncLimiter

__all__ = ["Pacer", "Slot"]

GUARD = 1.05

# A wake-up is about a millisecond late. A bucket of exactly one call adds those up, which costs
# 7 % of a quota of 50/s; a tenth of a call more lets the next call make up for it, and shortens the
# span of any 21 calls by no more than a tenth of one step.
_CATCH_UP = 0.1


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to send one call now.

    at: when, in seconds of the event loop's clock. good_for: how long it may be held, in seconds.
    """

    at: float
    good_for: float

    @property
    def late(self) -> bool:
        """True when it was held for too long: sending now could crowd the vendor's window."""
        return asyncio.get_running_loop().time() - self.at > self.good_for


class _Gate:
    def __init__(self, quota: float, step: float) -> None:
        self.step = step
        self.limiter = AsyncLimiter(1 + _CATCH_UP, step * (1 + _CATCH_UP))
        self.turn = asyncio.Lock()  # first come, first served
        self.closed_until = 0.0
        # What the guard leaves of the span of `quota` + 1 calls; half of it is for the network.
        self.good_for = ((quota - _CATCH_UP) * step - 1) / 2


class Pacer:
    """Hands out slots, one gate for each access key and API."""

    def __init__(self) -> None:
        self._gates: dict[tuple[str, ...], _Gate] = {}

    async def slot(
        self, key: tuple[str, ...], quota: float, share: float = 1.0, *, again: bool = False
    ) -> Slot:
        """Wait for the next slot.

        key: what the vendor counts together: provider, access key id, action.
        quota: calls a second that the vendor allows; share: how much of it is ours (0 to 1). Where
            two accounts share a key, the smallest share counts.
        again: for a caller whose slot got late; it does not go to the end of the line.
        """
        gate = self._gate(key, quota, share)
        async with nullcontext() if again else gate.turn:
            while True:
                await gate.limiter.acquire()
                now = asyncio.get_running_loop().time()
                if now >= gate.closed_until:
                    return Slot(now, gate.good_for)
                await asyncio.sleep(gate.closed_until - now)

    def slow_down(self, key: tuple[str, ...], seconds: float) -> None:
        """The vendor said slower: nobody gets a slot of this key for so long."""
        if gate := self._gates.get(key):
            until = asyncio.get_running_loop().time() + seconds
            gate.closed_until = max(gate.closed_until, until)

    def _gate(self, key: tuple[str, ...], quota: float, share: float) -> _Gate:
        step = max(1 / (quota * share), GUARD / quota)
        gate = self._gates.get(key)
        if gate is None or step > gate.step:
            gate = self._gates[key] = _Gate(quota, step)
        return gate
