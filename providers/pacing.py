"""Never above a vendor's quota, in any sliding second as the vendor counts it.

One gate for each access key and API. Calls leave evenly spaced, the first at once: a bucket that
lets a burst through (`AsyncLimiter(20, 1)`) sends 39 calls in its first second.

The spacing is wider than 1/quota by a guard of 5 %, so that 21 calls at 20/s span 1.05 s and up to
50 ms of jitter on the way is harmless. A caller that was held up for longer than that between
getting its slot and sending throws the slot away (`Slot.late`) and takes a new one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiolimiter import AsyncLimiter

__all__ = ["Pacer", "Slot"]

GUARD = 1.05
LATENESS = 0.05
"""How long a slot may be held before it is worthless, in seconds: what the guard leaves free."""

# A wake-up is about a millisecond late. A bucket of exactly one call adds those up, which costs
# 7 % of a quota of 50/s; a tenth of a call more lets the next call make up for it, and shortens the
# span of any 21 calls by no more than a tenth of one step.
_CATCH_UP = 0.1


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to send one call now. `at` is in seconds of the event loop's clock."""

    at: float

    @property
    def late(self) -> bool:
        """True when it was held for too long: sending now could crowd the vendor's window."""
        return asyncio.get_running_loop().time() - self.at > LATENESS


@dataclass(slots=True)
class _Gate:
    limiter: AsyncLimiter
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # first come, first served
    closed_until: float = 0.0


class Pacer:
    """Hands out slots, one gate for each access key and API."""

    def __init__(self) -> None:
        self._gates: dict[tuple[str, ...], _Gate] = {}

    async def slot(self, key: tuple[str, ...], quota: float, share: float = 1.0) -> Slot:
        """Wait for the next slot.

        key: what the vendor counts together: provider, access key id, action.
        quota: calls a second that the vendor allows; share: how much of it is ours (0 to 1).
        """
        loop = asyncio.get_running_loop()
        gate = self._gates.get(key) or self._open(key, quota, share)
        async with gate.turn:
            while True:
                await gate.limiter.acquire()
                wait = gate.closed_until - loop.time()
                if wait <= 0:
                    return Slot(loop.time())
                await asyncio.sleep(wait)

    def slow_down(self, key: tuple[str, ...], seconds: float) -> None:
        """The vendor said slower: nobody gets a slot of this key for so long."""
        if gate := self._gates.get(key):
            until = asyncio.get_running_loop().time() + seconds
            gate.closed_until = max(gate.closed_until, until)

    def _open(self, key: tuple[str, ...], quota: float, share: float) -> _Gate:
        step = max(1 / (quota * share), GUARD / quota)
        limiter = AsyncLimiter(1 + _CATCH_UP, step * (1 + _CATCH_UP))
        return self._gates.setdefault(key, _Gate(limiter))
