"""Tasks that move on by themselves: one that ends in ten seconds, one that starts in a minute."""

from __future__ import annotations

import asyncio

from providers.simulator import SimulatedTask

__all__ = ["Schedule"]


class Schedule:
    """What is still to come. Nothing of it happens after `clear`."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.TimerHandle] = set()

    def move(self, task: SimulatedTask, state: str, after: float) -> None:
        """Put a task into a state after so many seconds. A task that is gone by then stays gone."""

        def come() -> None:
            self._waiting.discard(handle)
            task.state = state

        handle = asyncio.get_running_loop().call_later(after, come)
        self._waiting.add(handle)

    def clear(self) -> None:
        """Forget all of it."""
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()
