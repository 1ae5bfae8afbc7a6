"""Socket Mode that never goes deaf: several connections, each replaced before it is missed.

The WebSocket is aiohttp's and the handling of payloads is Bolt's, but what lies between is ours and
not slack_sdk's SocketModeClient. That one was measured to try one used ticket for ever after a
refused upgrade, to sleep a ping interval (10 s) between its tries and after a broken connection, to
hang on a token that Slack refuses, to close the old connection before the new one is open, and to
hold on to a half-open one for up to four ping intervals. A watchdog around it mends the first only.

    connection.py   one WebSocket: read, probed, closed
    dialer.py       tickets, tries, and the pauses between them
    envelopes.py    what comes in goes to Bolt once, and is acked in time
    socket.py       seats: each holds one connection and sees to the next

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.connection import Connection, Ending
from bot.slack.dialer import Dialer
from bot.slack.envelopes import ACK_SECONDS, Envelopes
from bot.slack.web import Heard, SlackWeb

__all__ = ["SocketLink"]

log = logging.getLogger(__name__)

STEADY_SECONDS = 10.0
"""A connection that lasted so long is replaced without a pause."""
LINGER_SECONDS = 15.0
"""Slack warns about ten seconds ahead, and sends over the old connection until it closes it."""
CROWDED_SECONDS, LONGEST_CROWDED = 60.0, 600.0


class SocketLink:
    """Keeps `connections` connections to Slack, which allows ten for one app over all replicas.

    reconnects: how many connections were replaced by now.
    """

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        proxy: str | None,
        *,
        connections: int = 2,
        acked: Callable[[float], None] = lambda _seconds: None,
        heard: Heard = lambda _method, _result: None,
    ) -> None:
        self.reconnects = 0
        self._app = app
        self._app_token = app_token
        self._proxy = proxy
        self._acked = acked
        self._heard = heard
        self._seats = [_Seat(self) for _ in range(connections)]
        self._taking = True
        self._open: set[Connection] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._letting_go: set[asyncio.Task[None]] = set()
        self._acking: set[asyncio.Task[None]] = set()

    @property
    def live(self) -> int:
        """How many connections work now."""
        return sum(connection.live for connection in self._open)

    @property
    def connected(self) -> bool:
        """Whether Slack can reach us now."""
        return self.live > 0

    def start(self) -> None:
        """Connect, and keep connected until `stop`."""
        client = self._app.client
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=client.ssl or True), trust_env=False
        )
        web = AsyncWebClient(
            token=self._app_token,
            base_url=client.base_url,
            session=self._session,
            retry_handlers=[],
        )
        web.proxy = self._proxy  # as an argument, None would mean the environment's
        slack = SlackWeb(web, self._session, self._heard)
        self.dialer = Dialer(self._session, slack, self._proxy)
        self._envelopes = Envelopes(self._app, slack.respond)
        for seat in self._seats:
            _spawn(self._keeping, seat.keep(), "a seat for a connection to Slack")

    async def stop(self) -> None:
        """Take nothing more, ack what is in hand, hang up; in about five seconds at most."""
        if not self._keeping:
            return
        await _cancel(self._keeping | self._letting_go)
        self._taking = False
        if self._acking:
            await asyncio.wait(self._acking.copy(), timeout=ACK_SECONDS)
        await asyncio.gather(*(connection.close() for connection in self._open))
        self._open.clear()
        await _cancel(self._acking)
        await self._envelopes.stop()
        await self._session.close()

    # For a seat

    async def connect(self, *, failures: int) -> Connection:
        """A new connection, as soon as Slack lets us have one."""
        connection = await self.dialer.dial(self._take, failures=failures)
        self._open.add(connection)
        return connection

    def has_other(self, connection: Connection) -> bool:
        """Whether another one works."""
        return any(other.live for other in self._open if other is not connection)

    def let_go(self, connection: Connection, closing: Callable[[], Awaitable[None]]) -> None:
        """Close one while its seat goes on."""

        async def close() -> None:
            await closing()
            self._open.discard(connection)

        _spawn(self._letting_go, close(), "closing a connection to Slack")

    # Envelopes

    def _take(self, connection: Connection, envelope: SocketModeRequest) -> None:
        """What could not be acked is not taken: Slack would tell the person that it failed."""
        if self._taking and self._ways(connection):
            _spawn(self._acking, self._ack(connection, envelope), "an envelope")

    async def _ack(self, connection: Connection, envelope: SocketModeRequest) -> None:
        arrived = asyncio.get_running_loop().time()
        ack = await self._envelopes.ack(envelope)
        for way in self._ways(connection):
            if await way.send(ack):
                self._acked(asyncio.get_running_loop().time() - arrived)
                return
        log.warning("an envelope could not be acked: no connection to Slack is left")

    def _ways(self, first: Connection) -> list[Connection]:
        """The connection that brought it, or any other: Slack takes an ack over each."""
        others = [connection for connection in self._open if connection is not first]
        return [connection for connection in (first, *others) if connection.live]


class _Seat:
    """Holds one connection, and sees to the next before it lets go of the last."""

    def __init__(self, link: SocketLink) -> None:
        self._link = link
        self._old: list[Connection] = []
        self._failures = 0
        self._crowded = 0
        self._is_first = True

    async def keep(self) -> None:
        while True:
            try:
                await self._hold()
            except Exception:
                log.exception("keeping a connection to Slack failed")
                self._failures += 1

    async def _hold(self) -> None:
        connection = await self._link.connect(failures=self._failures)
        if connection.live:
            self._replace()
        started = asyncio.get_running_loop().time()
        ending = await connection.until_ending()
        lasted = asyncio.get_running_loop().time() - started
        self._failures = 0 if lasted >= STEADY_SECONDS else self._failures + 1
        if lasted >= LONGEST_CROWDED:
            self._crowded = 0
        if ending is Ending.RENEW:
            self._old.append(connection)
        elif ending is Ending.CROWDED:
            await self._make_room(connection)
        elif ending is Ending.DISABLED:
            self._link.dialer.refused(ending)
            self._link.let_go(connection, connection.close)
        else:
            self._link.let_go(connection, connection.drop)

    def _replace(self) -> None:
        """The new one works: the old ones may go."""
        self._link.reconnects += not self._is_first
        self._is_first = False
        for connection in self._old:
            self._link.let_go(connection, partial(_linger, connection))
        self._old.clear()

    async def _make_room(self, connection: Connection) -> None:
        """Other copies of the app, or connections that Slack does not know to be dead, are in the
        way. Do without this one for a while; but where it is the last, keep it meanwhile."""
        wait = min(CROWDED_SECONDS * 2**self._crowded, LONGEST_CROWDED)
        self._crowded += 1
        log.warning("Slack has too many connections of this app: %.0f s without another", wait)
        if self._link.has_other(connection):
            connection.retire()  # at once: the next seat that is told must not count on it
            self._link.let_go(connection, connection.close)
            await asyncio.sleep(wait)
        else:
            self._old.append(connection)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await connection.until_lost()


async def _linger(connection: Connection) -> None:
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            await connection.until_lost()
    except TimeoutError:
        await connection.close()
    else:
        await connection.drop()


def _spawn(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None], name: str) -> None:
    task = asyncio.create_task(work, name=name)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    task.add_done_callback(_log_failure)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", task.get_name(), exc_info=error)


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    cancelled = tuple(tasks)
    for task in cancelled:
        task.cancel()
    await asyncio.gather(*cancelled, return_exceptions=True)
