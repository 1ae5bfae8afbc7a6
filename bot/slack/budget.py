"""How much Slack takes: a post a second for each channel, and some edits a minute for all of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from aiolimiter import AsyncLimiter

from bot.journal import Record
from bot.slack.web import SlackBusyError

__all__ = ["Budget"]


class Budget:
    """What the outbox may post and edit now."""

    def __init__(self) -> None:
        self._posts: defaultdict[str, AsyncLimiter] = defaultdict(lambda: AsyncLimiter(1, 1.05))
        # chat.update: 50 a minute for the workspace; this is a burst of 10, then 40 a minute.
        self._edits = AsyncLimiter(10, 15)
        self._quiet_until: defaultdict[str, float] = defaultdict(float)  # the loop's clock

    async def post(self, channel: str) -> None:
        """Wait for a post's turn in the channel."""
        await self._posts[channel].acquire()

    async def turn(self, record: Record) -> bool:
        """Wait for the turn of an operation's message; True if that took long enough for news.

        An edit does not wait here, it would hold up the posts behind it. Raises SlackBusyError: it
        comes again.
        """
        quiet = self._quiet_until[_key(record)] - asyncio.get_running_loop().time()
        if record.message_ts is None:
            waits = quiet > 0 or not self._posts[record.origin.channel].has_capacity()
            await asyncio.sleep(max(0.0, quiet))
            await self.post(record.origin.channel)
            return waits
        if quiet > 0 or not self._edits.has_capacity():
            raise SlackBusyError(max(quiet, 1.0))
        await self._edits.acquire()
        return False

    def slowed(self, record: Record, seconds: float) -> None:
        """Slack said Retry-After to the message of this operation."""
        self._quiet_until[_key(record)] = asyncio.get_running_loop().time() + seconds


def _key(record: Record) -> str:
    """What Slack counts together: posts for each channel, edits for the whole workspace."""
    return record.origin.channel if record.message_ts is None else "chat.update"
