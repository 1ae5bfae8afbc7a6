"""The demo's scene for tests that have no time: streams come back, or are given up, sooner."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from bot.demo.furniture import Scene
from bot.settings import Settings

__all__ = ["RECOVERY", "QuickScene"]

RECOVERY = 1.0
"""Seconds: after the bot's first look at a task, which so sees that it is down, and before its
second."""


class QuickScene(Scene):
    """As the demo's.

    recovery: seconds from a restart until the task runs again. timeouts: those of the configuration
    that are to be other than the demo's, as verify_seconds.
    """

    def __init__(
        self,
        database: Path,
        *,
        history: Path | None = None,
        recovery: float = RECOVERY,
        **timeouts: float,
    ) -> None:
        super().__init__(database, history=history)
        for cloud in self.clouds.values():
            cast("Any", cloud).recovery = recovery  # every vendor's simulator has one
        self._timeouts = timeouts

    def settings(self) -> Settings:
        """The demo's, with other timeouts."""
        settings = super().settings()
        timeouts = settings.timeouts.model_copy(update=self._timeouts)
        return settings.model_copy(update={"timeouts": timeouts})
