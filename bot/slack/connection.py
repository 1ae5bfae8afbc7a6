"""One WebSocket to Slack: its hello, its envelopes, and a probe that finds out when it is dead.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any

import aiohttp
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMessage, WSMsgType
from slack_sdk.socket_mode.request import SocketModeRequest

from providers.foreign import foreign

__all__ = ["Connection", "Ending", "Take"]

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
"""For the upgrade and Slack's hello together."""
PING_SECONDS = 5.0
PONG_SECONDS = 5.0
"""A connection that swallows everything is found out within PING_SECONDS + PONG_SECONDS."""
SEND_SECONDS = 1.0
CLOSE_SECONDS = 1.0
RENEW_SECONDS = 3600.0
"""A pong does not prove that Slack still sends envelopes here: nothing gets older than this."""

_GOODBYE = struct.pack("!H", WSCloseCode.OK)


class Ending(StrEnum):
    """Why a connection is to be replaced."""

    LOST = "lost"  # closed, broken, or without a pong
    RENEW = "renew"  # Slack says that it will close it, or it is old; it still works
    CROWDED = "too many connections"  # the app has more than ten; it may still work
    DISABLED = "link_disabled"  # Socket Mode is switched off in the app's settings


_NOTICES = {"too_many_websockets": Ending.CROWDED, "link_disabled": Ending.DISABLED}

Take = Callable[["Connection", SocketModeRequest], None]
"""What is called with each envelope. It must not block."""


class Connection:
    """An open WebSocket. It is read, probed and answered for until `close` or `drop`."""

    def __init__(self, socket: ClientWebSocketResponse, take: Take) -> None:
        self.ending: Ending | None = None
        self._socket = socket
        self._take = take
        self._greeted = False
        self._closing = False
        self._dead = False
        self._pong = asyncio.Event()
        self._opened = asyncio.Event()
        self._ended = asyncio.Event()
        self._reading = asyncio.create_task(self._read(), name="a connection to Slack")
        self._reading.add_done_callback(self._when_read)
        self._probing = asyncio.create_task(self._probe(), name="a connection's probe")

    @classmethod
    async def open(
        cls, session: aiohttp.ClientSession, url: str, *, proxy: str | None, take: Take
    ) -> Connection:
        """Upgrade, and wait for Slack's hello. Raises aiohttp.ClientError or OSError."""
        async with asyncio.timeout(CONNECT_SECONDS):
            socket = await session.ws_connect(
                url,
                autoping=False,  # pongs are ours to see
                proxy=proxy,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
            )
            connection = cls(socket, take)
            try:
                await connection._opened.wait()
            except BaseException:
                await connection.drop()
                raise
        return connection

    @property
    def live(self) -> bool:
        """Slack said hello, nothing speaks against it since, and an ack may go over it."""
        broken = self._closing or self._dead or self._reading.done() or self._socket.closed
        return self._greeted and not broken and self.ending is not Ending.DISABLED

    async def until_ending(self) -> Ending:
        """Come back when this connection is to be replaced."""
        await self._ended.wait()
        return self.ending or Ending.LOST

    async def until_lost(self) -> None:
        """Come back when nothing will come over it any more."""
        await asyncio.wait({self._reading, self._probing}, return_when=asyncio.FIRST_COMPLETED)

    async def send(self, frame: Mapping[str, Any]) -> bool:
        """Whether it has left. Bounded."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send_str(json.dumps(frame))
        except OSError as error:  # a TimeoutError and aiohttp's reset are of this kind
            log.debug("a frame did not leave: %s", type(error).__name__)
            return False
        return True

    def retire(self) -> None:
        """No ack goes over it from now on; `close` or `drop` has to follow."""
        self._closing = True

    async def close(self) -> None:
        """Say goodbye, and read on until Slack says so too: what it sent before is not lost."""
        self.retire()
        with suppress(OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.send_frame(_GOODBYE, WSMsgType.CLOSE)
                await asyncio.wait({self._reading})
        await self.drop()

    async def drop(self) -> None:
        """Give it up at once; a goodbye is tried, or Slack goes on counting the connection."""
        self.retire()
        for task in (self._reading, self._probing):
            task.cancel()
        await asyncio.gather(self._reading, self._probing, return_exceptions=True)
        with suppress(OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close()

    def _end(self, ending: Ending) -> None:
        """The first reason stays; `live` knows what came after it."""
        self.ending = self.ending or ending
        self._ended.set()
        if ending in (Ending.LOST, Ending.DISABLED):  # there will be no hello
            self._opened.set()

    # Reading

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.ERROR:
                return
            await self._hear(message)

    def _when_read(self, reading: asyncio.Task[None]) -> None:
        if not reading.cancelled() and (error := reading.exception()) is not None:
            log.error("reading a connection to Slack failed", exc_info=error)
        self._end(Ending.LOST)

    async def _hear(self, message: WSMessage) -> None:
        if message.type is WSMsgType.PONG:
            self._pong.set()
        elif message.type is WSMsgType.PING:
            with suppress(OSError):
                async with asyncio.timeout(SEND_SECONDS):
                    await self._socket.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            self._understand(message.data)

    def _understand(self, text: str) -> None:
        try:
            frame = dict(json.loads(text))
            envelope = SocketModeRequest.from_dict(frame)
        except (ValueError, TypeError, RecursionError):
            log.warning("Slack sent a frame that cannot be read")
            return
        if envelope is not None:
            self._take(self, envelope)
        elif frame.get("type") == "hello":
            self._greeted = True
            self._opened.set()
            count = foreign(frame.get("num_connections"), 10)
            log.info("connected to Slack, which counts %s connections", count)
        elif frame.get("type") == "disconnect":
            reason = foreign(frame.get("reason"), 40)
            log.info("Slack wants a connection to end: %s", reason)
            self._end(_NOTICES.get(reason, Ending.RENEW))

    # Probing

    async def _probe(self) -> None:
        """Ends when the connection is dead."""
        loop = asyncio.get_running_loop()
        # Not all at once, or for a moment there are twice as many.
        renew_at = loop.time() + RENEW_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311
        while not self._dead:
            await asyncio.sleep(PING_SECONDS)
            self._dead = self._socket.closed or not await self._answers()
            if loop.time() > renew_at:
                self._end(Ending.RENEW)
        self._end(Ending.LOST)

    async def _answers(self) -> bool:
        self._pong.clear()
        half = PONG_SECONDS / 2
        try:
            async with asyncio.timeout(half):
                await self._socket.ping()
        except OSError:
            return False
        for _ in range(2):  # a pause of this process uses up one half; Slack has the other
            with suppress(TimeoutError):
                async with asyncio.timeout(half):
                    return await self._pong.wait()
        log.warning("a connection to Slack does not answer; replacing it")
        return False
