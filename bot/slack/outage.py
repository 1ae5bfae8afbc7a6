"""When Slack could not be reached, as the bot's own calls show it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["LONG_SECONDS", "Outage", "Span"]

LOST_IN_A_ROW = 3
RECENT_SECONDS = 60.0

LONG_SECONDS = 60.0
"""An outage that was shorter is not worth a line in the messages."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the first call that was lost to the first that was answered, in seconds since the
    epoch. before: the last that was answered, before which nothing was told late."""

    before: float
    since: float
    until: float


class Outage:
    """Notices that Slack's Web API is out of reach, and remembers when it was.

    Socket Mode shows it by its connections; over HTTP nothing else does. It is out while the last
    LOST_IN_A_ROW calls or more were lost, the last of them less than RECENT_SECONDS ago: a bot that
    is not ready gets no commands, makes no calls, and would never hear that it is over.

    now: the clock that operations end by.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.over: Callable[[], None] = lambda: None
        """Called when an outage ends: what waits for a later try need not wait for it."""
        self._lost = 0
        self._answered = self._since = self._last = 0.0
        self._spans: deque[Span] = deque(maxlen=20)

    def heard(self, result: str) -> None:
        """What a call came to, as `Metrics.slack` is told it. A no is an answer too."""
        self._last = self.now()
        if result == "lost":
            self._lost += 1
            self._since = self._since if self._lost > 1 else self._last
            return
        was_out, self._lost = self._lost >= LOST_IN_A_ROW, 0
        if self._last - self._since >= LONG_SECONDS and was_out:
            self._spans.append(Span(self._answered, self._since, self._last))
        self._answered = self._last
        if was_out:
            self.over()

    @property
    def spans(self) -> Sequence[Span]:
        """The last outages that are over and were long."""
        return tuple(self._spans)

    @property
    def reachable(self) -> bool:
        """Whether Slack answered lately, as far as anybody asked."""
        return self._lost < LOST_IN_A_ROW or self.now() - self._last > RECENT_SECONDS

    def during(self, at: float | None) -> Span | None:
        """The outage in which, or shortly before which, this moment was; once it is over."""
        if at is None:
            return None
        return next((span for span in self._spans if span.before < at <= span.until), None)
