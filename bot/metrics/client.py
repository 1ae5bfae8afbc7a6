"""A client that counts: every call to a vendor goes through it, whoever makes it."""

from __future__ import annotations

import time
from typing import Any

from bot.metrics.labels import ACCEPTED, CUT_OFF, result_of
from bot.metrics.metrics import Metrics
from providers.client import Accepted, Client
from providers.errors import CallError
from providers.pacing import Slot
from providers.provider import Call

__all__ = ["MeasuredClient"]


class MeasuredClient(Client):
    """Counts slots and calls: changes, reads, probes, and each of their tries."""

    def __init__(self, metrics: Metrics, *arguments: Any, **options: Any) -> None:
        """arguments, options: the client's own."""
        super().__init__(*arguments, **options)
        self._metrics = metrics

    async def slot(self, call: Call, *, again: bool = False) -> Slot:
        started = time.monotonic()
        slot = await super().slot(call, again=again)
        waited = time.monotonic() - started
        self._metrics.slot(call.kind.provider, call.operation.verb, waited)
        return slot

    async def send(self, call: Call, slot: Slot) -> Accepted:
        started, result = time.monotonic(), CUT_OFF
        try:
            answer = await super().send(call, slot)
            result = ACCEPTED
        except CallError as error:
            result = result_of(error)
            raise
        finally:
            took = time.monotonic() - started
            self._metrics.vendor(call.kind.provider, call.operation.verb, took, result)
        return answer
