"""Runs work beside the listeners, and knows all of it.

Slack wants its ack at once, so a listener hands its work over and returns. Bolt keeps no reference
to such tasks and does not wait for them; this does both.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bot import logs

__all__ = ["Supervisor"]

log = logging.getLogger(__name__)


class Supervisor:
    """Holds every task that was started until it is done."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], str] = {}  # and the operation that each is for

    def spawn(
        self, work: Coroutine[Any, Any, None], name: str, *, op: str = ""
    ) -> asyncio.Task[None]:
        """Run this; an exception is logged, never lost.

        op: the operation that its log lines belong to. To none if left out, not to that of whoever
        happened to start it: a worker serves many.
        """
        with logs.operation(op):
            task = asyncio.create_task(work, name=name)
            task.add_done_callback(self._done)
        self._tasks[task] = op
        return task

    def works_on(self, op: str) -> bool:
        """Whether work that was started for this operation is still under way."""
        return op in self._tasks.values()

    async def drain(self, seconds: float) -> int:
        """Wait for all of it, at most so long; cancel the rest. Returns how many were cancelled."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._tasks:
            left = deadline - asyncio.get_running_loop().time()
            _, unfinished = await asyncio.wait(set(self._tasks), timeout=max(0.0, left))
            if left <= 0 and unfinished:
                for task in unfinished:
                    task.cancel()
                await asyncio.gather(*unfinished, return_exceptions=True)
                return len(unfinished)
        return 0

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s failed", task.get_name(), exc_info=error)
