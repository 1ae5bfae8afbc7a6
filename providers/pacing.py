"""Never above a vendor's quota, in any sliding second as the vendor counts it.

One gate for each access key and API. Calls leave evenly spaced, the first at once: a bucket that
lets a burst through (`AsyncLimiter(20, 1)`) sends 39 calls in its first second.

The spacing is wider than 1/quota by a guard of 5 %, so that 21 calls at 20/s span 1.05 s and up to
45 ms of jitter on the way is harmless. A caller may be held up for half of that between its slot
and sending. Longer, and the slot is late (`Slot.late`): its call may leave only when it keeps its
distance from the one before it, and so may those behind it.

Several replicas of the bot share the quota through a `Reserve`. Each still paces itself first, and
holds one reservation of a key at a time, so a replica that dies or stalls wastes one slot. What the
others send is not seen here, so a late slot is thrown away and a new one is taken.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol

from aiolimiter import AsyncLimiter

from providers.errors import Fault, FaultKind, NotSent, Retry

__all__ = ["NO_SLOT", "Pacer", "Reserve", "ReserveError", "Slot", "catch_up"]

log = logging.getLogger(__name__)

GUARD = 1.05

MOST_LATE = 10
"""Reservations in a row that come too late to be used, after which the caller is told."""

NO_SLOT = Fault(
    code="",
    kind=FaultKind.INTERNAL,
    label="no quota slot",
    says="No place in the vendor's quota could be reserved ({why}). Nothing reached the vendor, so "
    "trying again is safe",
    step="try again in a minute; if it stays, the bot operator looks at the database",
    who="you",
    retry=Retry.SAFE,
)


def catch_up(step: float) -> float:
    """Seconds that a call may leave before it is `step` after the one before it.

    A wake-up is about a millisecond late. Without this those would add up, which costs 7 % of a
    quota of 50/s. A run of calls is shortened by it once, not for each call.
    """
    return min(0.1 * step, 0.005)


class ReserveError(Exception):
    """No slot could be reserved. Its text says why, in a few words for people."""


class Reserve(Protocol):
    """Slots that all replicas draw from. key: a digest of what the vendor counts together."""

    async def reserve(self, key: str, step: float) -> float:
        """Take the next slot; seconds from now until it (less than 0: it was a moment ago).

        step: seconds between two slots; the widest that a replica asks for counts for all.
        Raises ReserveError.
        """
        ...

    async def slow_down(self, key: str, seconds: float) -> None:
        """Give out no slot of this key for so long. Raises ReserveError."""
        ...


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to send one call now.

    at: when, in seconds of the monotonic clock. good_for: how long it may be held, in seconds.
    """

    at: float
    good_for: float

    @property
    def late(self) -> bool:
        """True when it was held for too long: sending now could crowd the vendor's window."""
        return _now() - self.at > self.good_for


class _Gate:
    """This process's own pace for one key."""

    def __init__(self, key: tuple[str, ...], quota: float, step: float) -> None:
        self.digest = hashlib.sha256("|".join(key).encode()).hexdigest()
        self.turn = asyncio.Lock()  # first come, first served
        self.closed_until = self._last = self._next = -math.inf
        self._wire = asyncio.Lock()
        self.widen(quota, step)

    def widen(self, quota: float, step: float) -> None:
        """From the next call on. Those in line stay in line."""
        self.step = step
        early = catch_up(step)
        self._limiter = AsyncLimiter(1 + early / step, step + early)
        self.close(self._last + step)
        # What the guard leaves of the span of `quota` + 1 calls; half of it is for the network.
        self.good_for = (quota * step - early - 1) / 2

    def close(self, until: float) -> None:
        self.closed_until = max(self.closed_until, until)

    async def passed(self) -> float:
        """Wait for the next turn of this process; when it came."""
        while True:
            await self._limiter.acquire()
            now = _now()
            if now >= self.closed_until:
                self._last = now
                return now
            await asyncio.sleep(self.closed_until - now)

    async def departure(self) -> None:
        """Wait until a call may leave; whoever asks next may leave a step later.

        Being late by `good_for` is caught up, so that it does not add up; more is not.
        """
        async with self._wire:
            await _until(self._next)
            while _now() < self.closed_until:  # it may be closed again meanwhile
                await _until(self.closed_until)
            self._next = max(self._next, _now() - self.good_for) + self.step


class Pacer:
    """Hands out slots, one gate for each access key and API.

    reserve: what the replicas share; None where this process is the only one.
    """

    def __init__(self, reserve: Reserve | None = None) -> None:
        self._reserve = reserve
        self._gates: dict[tuple[str, ...], _Gate] = {}
        self._telling: set[asyncio.Task[None]] = set()

    async def slot(
        self, key: tuple[str, ...], quota: float, share: float = 1.0, *, again: bool = False
    ) -> Slot:
        """Wait for the next slot. Raises NotSent where none can be reserved.

        key: what the vendor counts together: provider, access key id, action.
        quota: calls a second that the vendor allows; share: how much of it is ours (0 to 1). Where
            two accounts share a key, the smallest share counts.
        again: for a caller whose slot got late; it does not go to the end of the line.
        """
        gate = self._gate(key, quota, share)
        async with nullcontext() if again else gate.turn:
            for _ in range(MOST_LATE):
                at = await gate.passed()
                if self._reserve is not None:
                    at = await _reserved(self._reserve, gate)
                slot = Slot(at, gate.good_for)
                if not slot.late and _now() >= gate.closed_until:
                    return slot
        raise NotSent(NO_SLOT, why="each came too late")

    async def may_leave(self, key: tuple[str, ...], slot: Slot) -> bool:
        """The last thing before a call of this key leaves. False if its slot is worth nothing any
        more and a new one must be taken."""
        gate = self._gates.get(key)
        if gate is None or self._reserve is not None:
            return not slot.late
        await gate.departure()
        return True

    def slow_down(self, key: tuple[str, ...], seconds: float) -> None:
        """The vendor said slower: nobody gets a slot of this key for so long, on no replica."""
        if gate := self._gates.get(key):
            gate.close(_now() + seconds)
            if self._reserve is not None:
                telling = asyncio.create_task(_tell(self._reserve, gate.digest, seconds))
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)

    def _gate(self, key: tuple[str, ...], quota: float, share: float) -> _Gate:
        step = max(1 / (quota * share), GUARD / quota)
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = _Gate(key, quota, step)
        elif step > gate.step:
            gate.widen(quota, step)
        return gate


async def _reserved(reserve: Reserve, gate: _Gate) -> float:
    """Wait for the next slot of all replicas; when it was."""
    try:
        until = await reserve.reserve(gate.digest, gate.step)
    except ReserveError as error:
        raise NotSent(NO_SLOT, why=str(error)) from error
    at = _now() + until
    await asyncio.sleep(until)
    return at


async def _tell(reserve: Reserve, digest: str, seconds: float) -> None:
    try:
        await reserve.slow_down(digest, seconds)
    except ReserveError as error:
        log.warning("the other replicas were not told to slow down: %s", error)


async def _until(at: float) -> None:
    if (wait := at - _now()) > 0:
        await asyncio.sleep(wait)


def _now() -> float:
    """Not the loop's own time: uvloop keeps that to the millisecond, and as of its last turn."""
    return time.monotonic()
