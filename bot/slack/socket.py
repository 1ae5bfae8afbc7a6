"""Socket Mode that never goes deaf.

Slack's client reconnects by itself in most cases. In some it does not: it retries a used ticket for
ever, or waits on a connection that is gone. A watchdog sees to it that a connection which is not
there for long is thrown away together with the client that held it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.listeners import answered

__all__ = ["SocketLink"]

log = logging.getLogger(__name__)

PING_SECONDS = 5.0
LOOK_SECONDS = 0.5
CONNECT_SECONDS = 10.0
DEAF_SECONDS = 10.0
"""Without a connection for so long, the client is replaced by a new one."""


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, with an ack for everything that comes in."""

    async def handle(  # type: ignore[override]  # as Bolt's own overrides it
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        request = AsyncBoltRequest(mode="socket_mode", body=req.payload, headers=build_headers(req))
        answer = await answered(self.app, request)
        await send_async_response(client, req, answer, time.time())


class SocketLink:
    """Keeps one connection to Slack."""

    def __init__(self, app: AsyncApp, app_token: str, proxy: str | None) -> None:
        self._app = app
        self._app_token = app_token
        self._proxy = proxy
        self._keeper: asyncio.Task[None] | None = None
        self.connected = False

    def start(self) -> None:
        """Connect, and keep connected until `stop`."""
        self._keeper = asyncio.create_task(self._keep(), name="the socket's watchdog")

    async def stop(self) -> None:
        """Hang up."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None

    async def _keep(self) -> None:
        while True:
            handler = _Handler(
                self._app,
                self._app_token,
                proxy=self._proxy,
                ping_interval=PING_SECONDS,
            )
            try:
                await self._use(handler.client)
            except TimeoutError:
                log.warning("no connection to Slack; trying anew")
            except Exception as error:  # noqa: BLE001  # whatever broke, the answer is a new client
                log.warning("the connection to Slack broke: %s", type(error).__name__)
            finally:
                self.connected = False
                await _discard(handler.client)
            await asyncio.sleep(LOOK_SECONDS)

    async def _use(self, client: SocketModeClient) -> None:
        """Connect and watch; returns or raises when the client is of no more use."""
        await _in_time(client, client.connect())  # type: ignore[no-untyped-call]  # slack_sdk
        log.info("connected to Slack")
        loop = asyncio.get_running_loop()
        last_seen = loop.time()
        while loop.time() - last_seen < DEAF_SECONDS:
            self.connected = await client.is_connected()
            if self.connected:
                last_seen = loop.time()
            else:
                await _in_time(client, client.connect_to_new_endpoint())
            await asyncio.sleep(LOOK_SECONDS)


async def _in_time(client: SocketModeClient, connecting: Coroutine[Any, Any, None]) -> None:
    """Connect, bounded, and never with a ticket twice: a used one is refused for ever."""

    async def forget_tickets() -> None:
        while True:
            client.wss_uri = None
            await asyncio.sleep(LOOK_SECONDS)

    forgetting = asyncio.create_task(forget_tickets())
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await connecting
    finally:
        forgetting.cancel()


async def _discard(client: SocketModeClient) -> None:
    try:
        async with asyncio.timeout(2.0):
            await client.close()  # type: ignore[no-untyped-call]  # slack_sdk
    except Exception as error:  # noqa: BLE001  # it is thrown away, nothing of it is needed
        log.debug("closing an old connection: %s", type(error).__name__)
