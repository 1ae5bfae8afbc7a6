"""Opens connections to Slack: a new ticket for each try, and never faster than Slack likes.

https://docs.slack.dev/reference/methods/apps.connections.open
"""

from __future__ import annotations

import asyncio
import logging
import random

import aiohttp

from bot.slack.connection import Connection, Take
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError, SlackWeb
from providers.foreign import foreign

__all__ = ["Dialer"]

log = logging.getLogger(__name__)

TICKET_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
REFUSED_SECONDS = 30.0
COMPLAINT_SECONDS = 60.0


class Dialer:
    """Dials until there is a connection. Shared by all who dial: Slack counts them together."""

    def __init__(self, session: aiohttp.ClientSession, web: SlackWeb, proxy: str | None) -> None:
        """web: with the app-level token."""
        self._session = session
        self._web = web
        self._proxy = proxy
        self._not_before = 0.0
        self._complained_at: dict[int, float] = {}

    async def dial(self, take: Take, *, failures: int = 0) -> Connection:
        """Try until Slack takes a connection. failures: how many before it did not last."""
        while True:
            await self._pause(failures)
            try:
                return await self._try(take)
            except SlackBusyError as busy:
                self._complain(logging.WARNING, f"Slack says wait {busy.wait:.0f} s")
                self._wait_at_least(busy.wait)
            except SlackNoError as no:
                self.refused(no.error)
            except (SlackLostError, aiohttp.ClientError, OSError) as error:
                why = getattr(error, "status", "") or type(error).__name__
                self._complain(logging.WARNING, f"no connection to Slack ({why}); trying again")
            failures += 1

    def refused(self, why: str) -> None:
        """Slack does not want this app's connections, as it says: only a person can mend that."""
        self._wait_at_least(REFUSED_SECONDS)
        self._complain(
            logging.ERROR,
            f"Slack refuses Socket Mode ({foreign(why, 40)}): nothing that people type is heard. "
            "Switch it on under Socket Mode in the app's settings and see whether SLACK_APP_TOKEN "
            f"is still there; the bot tries again every {REFUSED_SECONDS:.0f} s.",
        )

    async def _try(self, take: Take) -> Connection:
        """Raises SlackBusyError, SlackNoError, SlackLostError, aiohttp.ClientError, OSError."""
        async with asyncio.timeout(TICKET_SECONDS):
            answer = await self._web.call("apps.connections.open")
        url = str(answer.get("url", ""))  # good for one try
        return await Connection.open(self._session, url, proxy=self._proxy, take=take)

    async def _pause(self, failures: int) -> None:
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE) if failures else 0.0
        pause *= random.uniform(0.8, 1.2)  # noqa: S311  # replicas must not come all at once
        await asyncio.sleep(max(pause, self._not_before - asyncio.get_running_loop().time()))

    def _wait_at_least(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self._not_before = max(self._not_before, until)

    def _complain(self, level: int, text: str) -> None:
        """At most once a minute for each level; in between for who debugs."""
        now = asyncio.get_running_loop().time()
        if now - self._complained_at.get(level, -COMPLAINT_SECONDS) < COMPLAINT_SECONDS:
            level = logging.DEBUG
        else:
            self._complained_at[level] = now
        log.log(level, "%s", text)
