"""What can go wrong between Slack and the app, played on request.

    workspace.faults.play(Drop(), "chat.postMessage", times=1)   # posted, but the answer is lost
    workspace.faults.play(RateLimit(retry_after=2), "chat.update", times=3)
    workspace.faults.play(Status(503), UPGRADE, times=2)         # Socket Mode: refuse the upgrade
    workspace.faults.away()                                      # nothing of Slack answers

A fault is bound to one method of the Web API, or to one of the names below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.clock import Clock

__all__ = [
    "ANYTHING",
    "RESPONSE_URL",
    "UPGRADE",
    "Drop",
    "Fault",
    "Faults",
    "Hold",
    "RateLimit",
    "Refuse",
    "Slow",
    "Status",
]

ANYTHING = "*"
"""Every method of the Web API, every response_url and every upgrade."""
RESPONSE_URL = "response_url"
UPGRADE = "upgrade"
"""The WebSocket upgrade of Socket Mode."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection breaks: after Slack did what was asked, or before if not `processed`."""

    processed: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """Another HTTP status, with whatever body. Nothing was done."""

    code: int = 500
    body: str = "server error"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """HTTP 429: come back in `retry_after` seconds. Nothing was done."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Refuse:
    """ok:false with this error name. Nothing was done."""

    error: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slow:
    """Done and answered only after `seconds` on the workspace's clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Done at once, and answered only after `release`."""

    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let the answers go, those of later calls too."""
        self.released.set()


Fault = Drop | Status | RateLimit | Refuse | Slow | Hold


@dataclass(slots=True)
class _Playing:
    fault: Fault
    left: int | None


class Faults:
    """Which faults are on. Where there are several for one method, the oldest is played first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._playing: dict[str, list[_Playing]] = {}

    def play(self, fault: Fault, on: str = ANYTHING, *, times: int | None = None) -> None:
        """Play `fault` at the next `times` requests (None: until `clear`)."""
        self._playing.setdefault(on, []).append(_Playing(fault, times))

    def clear(self, on: str | None = None) -> None:
        """End the faults of one method, or all; held answers are let go."""
        for name in [on] if on else list(self._playing):
            for playing in self._playing.pop(name, []):
                if isinstance(playing.fault, Hold):
                    playing.fault.release()

    def away(self) -> None:
        """All of Slack's HTTP side breaks off every connection. Open sockets stay."""
        self.play(Drop(processed=False))

    def back(self) -> None:
        """The end of `away`, and of whatever else is played on everything."""
        self.clear(ANYTHING)

    async def around(
        self, name: str, request: web.Request, work: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Do `work` for a request, or what a fault makes of it."""
        fault = self._take(name)
        if fault is None:
            return await work()
        if isinstance(fault, Drop):
            response = await work() if fault.processed else web.Response()
            if request.transport is not None:
                request.transport.abort()
            return response
        if isinstance(fault, Slow):
            await self._clock.sleep(fault.seconds)
            return await work()
        if isinstance(fault, Hold):
            response = await work()
            await fault.released.wait()
            return response
        return _instead(fault)

    def _take(self, name: str) -> Fault | None:
        for key in (name, ANYTHING):
            if playing := self._playing.get(key):
                first = playing[0]
                if first.left is not None:
                    first.left -= 1
                    if first.left <= 0:
                        playing.pop(0)
                return first.fault
        return None


def _instead(fault: Status | RateLimit | Refuse) -> web.Response:
    if isinstance(fault, Status):
        return web.Response(status=fault.code, text=fault.body)
    if isinstance(fault, RateLimit):
        return web.json_response(
            {"ok": False, "error": "ratelimited"},
            status=429,
            headers={"Retry-After": str(fault.retry_after)},
        )
    return web.json_response({"ok": False, "error": fault.error, **fault.detail})
