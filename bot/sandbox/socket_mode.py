"""Socket Mode: envelopes over the app's own WebSocket connections.

Source: docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import WSMessage, WSMsgType, web

from bot.sandbox.delivery import HONEST, Answer, Delivery, DeliveryKind, Forgery, NotAcked
from bot.sandbox.errors import SlackError
from bot.sandbox.faults import UPGRADE, Faults
from bot.sandbox.feed import ChangeKind, Feed

__all__ = ["Connection", "SocketMode"]

_CONNECTION_SECONDS = 18_060

DisconnectReason = Literal["warning", "refresh_requested", "too_many_websockets", "link_disabled"]


class Connection:
    """One WebSocket of the app.

    deaf: nothing that comes in is heard any more; mute: nothing that is sent arrives. Both: as when
    the network between has forgotten the connection. acks: the envelope ids of all that were heard,
    in their order; pongs: what they carried.
    """

    def __init__(self, request: web.Request) -> None:
        # No autoping: the pongs are ours to give, or not to. Nobody waits long for a dead client.
        self.socket = web.WebSocketResponse(autoping=False, timeout=0.5)
        self.deaf = False
        self.mute = False
        self.acks: list[str] = []
        self.pongs: list[bytes] = []
        self._request = request

    async def send(self, frame: dict[str, Any]) -> None:
        """Raises ConnectionError."""
        if not self.mute:
            await self.socket.send_str(json.dumps(frame))

    async def close(self) -> None:
        """With a close frame; the app knows at once."""
        await self.socket.close()

    def abort(self) -> None:
        """Without a word; the app finds out by itself."""
        if self._request.transport is not None:
            self._request.transport.abort()


@dataclass(slots=True, eq=False)
class _Underway:
    """An envelope without its ack, and the connections that it went over."""

    envelope: dict[str, Any]
    over: list[Connection]
    acked: asyncio.Future[Answer]


class SocketMode:
    """The app's connections. Each envelope goes to any one of them.

    choose: which one; most: how many there may be; redelivers: an envelope without an ack whose
    connection ends goes over another one, unchanged (Slack does not promise it for commands and
    presses).
    """

    timeout_reason = "timeout"

    def __init__(
        self,
        app_id: str,
        feed: Feed,
        faults: Faults,
        *,
        single_use_tickets: bool = True,
        choose: Callable[[Sequence[Connection]], Connection] = random.choice,
    ) -> None:
        self.base_url = ""  # known once the server listens
        self.connections: list[Connection] = []
        self.most = 10
        self.redelivers = False
        self.enabled = True
        self._twice = 0
        self._app_id = app_id
        self._feed = feed
        self._faults = faults
        self._single_use_tickets = single_use_tickets
        self.choose = choose
        self._tickets: set[str] = set()
        self._unacked: dict[str, _Underway] = {}

    def open(self) -> str:
        """What apps.connections.open answers: the URL of one new connection. Raises SlackError."""
        if not self.enabled:
            raise SlackError("access_denied")  # which name Slack has for it is not documented
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        base = self.base_url.replace("http", "ws", 1)
        return f"{base}/link/?ticket={ticket}&app_id={self._app_id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket upgrade, and then the connection for as long as it lasts."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="no such ticket")
        if self._single_use_tickets:
            self._tickets.discard(ticket)
        return await self._faults.around(UPGRADE, request, lambda: self._serve(request))

    async def send(self, delivery: Delivery, forgery: Forgery) -> Answer:
        """Put it into an envelope and wait for the ack, which may come over any connection."""
        if forgery != HONEST:
            raise ValueError("Socket Mode has no signatures to forge")
        envelope_id = secrets.token_hex(16)
        acked: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        underway = _Underway(_envelope(envelope_id, delivery), self._picked(), acked)
        self._unacked[envelope_id] = underway
        try:
            for connection in underway.over:
                await connection.send(underway.envelope)
            return await acked
        except ConnectionError as broken:
            raise NotAcked("connection_failed") from broken
        finally:
            del self._unacked[envelope_id]

    # What goes wrong, on request

    async def disconnect(
        self, reason: DisconnectReason = "refresh_requested", *only: Connection
    ) -> None:
        """Tell connections (all, if none is named) to go. They work on until somebody closes them.

        Where Socket Mode is switched off there is more to it: see `disable`.
        """
        for connection in only or tuple(self.connections):
            await connection.send(_disconnect(reason))

    async def close(self, *only: Connection) -> None:
        """Close connections (all, if none is named) with a close frame."""
        closing = only or tuple(self.connections)
        await asyncio.gather(*(connection.close() for connection in closing))

    def drop(self, *only: Connection) -> None:
        """Abort connections (all, if none is named) without a word."""
        for connection in only or tuple(self.connections):
            connection.abort()

    def deafen(self, *only: Connection, mute: bool = False) -> None:
        """Leave connections (all, if none is named) half open: pings and acks go unheard, and with
        `mute` nothing comes out either. New ones are whole."""
        for connection in only or tuple(self.connections):
            connection.deaf, connection.mute = True, mute

    async def disable(self) -> None:
        """Socket Mode is switched off in the app's settings: no connection is left or taken."""
        self.enabled = False
        await self.disconnect("link_disabled")
        await self.close()

    def enable(self) -> None:
        """Socket Mode is switched on again."""
        self.enabled = True

    def repeat(self, times: int = 1) -> None:
        """Send the next `times` envelopes over every connection at once."""
        self._twice += times

    # One connection

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        connection = Connection(request)
        await connection.socket.prepare(request)
        if len(self.connections) >= self.most:
            await self.connections[0].send(_disconnect("too_many_websockets"))
        self.connections.append(connection)
        try:
            await connection.send(self._hello())
            self._feed.announce(ChangeKind.CONNECTED, about=connection)
            async for message in connection.socket:
                await self._hear(connection, message)
        finally:
            self.connections.remove(connection)
            self._feed.announce(ChangeKind.DISCONNECTED, about=connection)
            if self.redelivers:
                await self._redeliver(connection)
        return connection.socket

    async def _hear(self, connection: Connection, message: WSMessage) -> None:
        if connection.deaf:
            return
        if message.type is WSMsgType.PING:
            await connection.socket.pong(message.data)
        elif message.type is WSMsgType.PONG:
            connection.pongs.append(bytes(message.data))
        elif message.type is WSMsgType.TEXT:
            self._acked(connection, message.data)

    def _acked(self, connection: Connection, text: str) -> None:
        """An ack after its time is not heard: nobody waits for it any more."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        connection.acks.append(str(frame.get("envelope_id", "")))
        underway = self._unacked.get(connection.acks[-1])
        if underway is not None and not underway.acked.done():
            underway.acked.set_result(Answer(frame.get("payload") or {}))

    def _picked(self) -> list[Connection]:
        usable = [connection for connection in self.connections if not connection.socket.closed]
        if not usable:
            raise NotAcked("connection_failed")
        if self._twice:
            self._twice -= 1
            return usable
        return [self.choose(usable)]

    async def _redeliver(self, gone: Connection) -> None:
        for underway in tuple(self._unacked.values()):
            if gone in underway.over and not underway.acked.done():
                try:
                    underway.over = self._picked()
                    await underway.over[0].send(underway.envelope)
                except (ConnectionError, NotAcked):
                    continue  # it then fails for lack of an ack

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": _CONNECTION_SECONDS,
            },
            "connection_info": {"app_id": self._app_id},
        }


def _envelope(envelope_id: str, delivery: Delivery) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "envelope_id": envelope_id,
        "type": delivery.kind.value,
        "payload": dict(delivery.payload),
        "accepts_response_payload": delivery.kind is not DeliveryKind.EVENT,
    }
    if delivery.kind is DeliveryKind.EVENT:
        envelope["retry_attempt"] = delivery.retry.number if delivery.retry else 0
        envelope["retry_reason"] = delivery.retry.reason if delivery.retry else ""
    return envelope


def _disconnect(reason: DisconnectReason) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
