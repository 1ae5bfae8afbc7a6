"""Socket Mode: what only this transport has, with Bolt's own handler and with a bare WebSocket."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import UPGRADE, Forgery, ManualClock, Status, Workspace

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]
Socket = aiohttp.ClientWebSocketResponse


@pytest.fixture
def app(app: AsyncApp) -> AsyncApp:
    """The Bolt app with one command."""

    @app.command("/stream")
    async def take(ack: AsyncAck) -> None:
        await ack("Taken")

    return app


@asynccontextmanager
async def link(workspace: Workspace, session: aiohttp.ClientSession) -> AsyncIterator[Socket]:
    """A bare connection, past its hello."""
    async with session.ws_connect(await opened(workspace), autoping=False) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        yield socket


async def opened(workspace: Workspace) -> str:
    client = AsyncWebClient(base_url=workspace.api_url)
    answer = await client.apps_connections_open(app_token=workspace.app.app_token)
    return str(answer["url"])


async def test_frames(workspace: Workspace, session: aiohttp.ClientSession) -> None:
    """Hello, envelope, ack by envelope_id with a payload, and a pong with the ping's own data."""
    url = await opened(workspace)
    async with session.ws_connect(url, autoping=False) as socket:
        hello = await socket.receive_json()
        assert hello["connection_info"] == {"app_id": workspace.app.id}
        assert hello["num_connections"] == 1

        await socket.ping(b"sdk-ping-pong:1.5")
        pong = await socket.receive()
        assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1.5")

        slash = asyncio.create_task(workspace.slash("ann", "incidents", "/stream help"))
        envelope = await socket.receive_json()
        assert envelope["type"] == "slash_commands"
        assert envelope["accepts_response_payload"] is True
        assert envelope["payload"]["text"] == "help"
        await socket.send_str("no json")
        await socket.send_json({"envelope_id": "another"})
        ack = {"envelope_id": envelope["envelope_id"], "payload": {"text": "Here"}}
        await socket.send_json(ack)
        assert (await slash).shown == "Here"


async def test_a_ticket_is_good_once(workspace: Workspace, session: aiohttp.ClientSession) -> None:
    """The same URL opens one connection; an invented ticket opens none."""
    url = await opened(workspace)
    async with session.ws_connect(url):
        for bad in (url, url.replace("ticket=", "ticket=x")):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
                await session.ws_connect(bad)


async def test_reusable_tickets(session: aiohttp.ClientSession) -> None:
    """Tickets can be made reusable."""
    async with Workspace(single_use_tickets=False) as workspace:
        url = await opened(workspace)
        async with session.ws_connect(url), session.ws_connect(url):
            assert len(workspace.sockets.connections) == 2


async def test_any_connection_gets_it(session: aiohttp.ClientSession) -> None:
    """Each envelope goes to one connection, whichever is chosen; the ack may come over another."""
    async with Workspace(choose_connection=lambda open_ones: open_ones[-1]) as workspace:
        workspace.add_person("ann", id="U1")
        workspace.add_channel("incidents", members=["ann"])
        async with link(workspace, session) as first, link(workspace, session) as second:
            slash = asyncio.create_task(workspace.slash("ann", "incidents", "/stream"))
            envelope = await second.receive_json()
            await first.send_json({"envelope_id": envelope["envelope_id"]})
            assert (await slash).acked


async def test_nobody_is_connected(workspace: Workspace) -> None:
    """Without any connection a command fails at once, and the person is told."""
    receipt = await workspace.slash("ann", "incidents", "/stream help")
    assert receipt.error == "dispatch_failed"
    assert workspace.ephemerals("ann", "incidents")[0].text == receipt.shown


async def test_a_dropped_connection_loses_a_command(
    workspace: Workspace, session: aiohttp.ClientSession, clock: ManualClock
) -> None:
    """A command that was under way in a connection that breaks is lost; it is not sent again."""
    async with link(workspace, session) as socket:
        slash = asyncio.create_task(workspace.slash("ann", "incidents", "/stream"))
        await socket.receive_json()
        workspace.sockets.drop()
        await workspace.wait_for(lambda: not workspace.sockets.connections)
    async with link(workspace, session) as socket:
        await clock.advance(3)
        assert (await slash).error == "operation_timeout"
        await socket.ping(b"x")
        first = await socket.receive()
        assert first.type is aiohttp.WSMsgType.PONG, "the command did not come before it"


async def test_an_event_is_tried_again(
    workspace: Workspace, session: aiohttp.ClientSession, clock: ManualClock
) -> None:
    """An unacked event comes again over any connection, with its attempt and reason."""
    async with link(workspace, session) as socket:
        mention = asyncio.create_task(workspace.mention("ann", "incidents", "help"))
        first = await socket.receive_json()
        workspace.sockets.drop()
        await workspace.wait_for(lambda: not workspace.sockets.connections)
    async with link(workspace, session) as socket:
        await clock.advance(3)
        again = await socket.receive_json()
        await clock.advance(3)
        await clock.asleep()
        await clock.advance(60)
        third = await socket.receive_json()
        await socket.send_json({"envelope_id": third["envelope_id"]})
        receipt = await mention
        await workspace.wait_for(lambda: receipt.acked)
    assert [e["retry_attempt"] for e in (first, again, third)] == [0, 1, 2]
    assert [e["retry_reason"] for e in (first, again, third)] == ["", "timeout", "timeout"]
    assert first["payload"]["event_id"] == third["payload"]["event_id"]
    assert first["envelope_id"] != again["envelope_id"]
    assert "accepts_response_payload" in first
    assert len(receipt.attempts) == 3


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_disconnect_message_loses_nothing(
    workspace: Workspace, app: AsyncApp, connect_socket: Connect, reason: Any
) -> None:
    """Bolt renews its connection when asked to, and commands go on being answered."""
    await connect_socket(app)
    (old,) = workspace.sockets.connections
    await workspace.sockets.disconnect(reason)
    await workspace.wait_for(
        lambda: workspace.sockets.connections and workspace.sockets.connections != [old]
    )
    receipt = await workspace.slash("ann", "incidents", "/stream")
    assert receipt.shown == "Taken"
    assert len(workspace.calls_of("apps.connections.open")) == 2


@pytest.mark.parametrize("how", ["close", "drop", "deafen"])
async def test_bolt_comes_back(
    workspace: Workspace,
    app: AsyncApp,
    connect_socket: Connect,
    caplog: pytest.LogCaptureFixture,
    how: str,
) -> None:
    """A closed, an aborted and a half-open connection are each replaced by Bolt's handler."""
    caplog.set_level(logging.CRITICAL)
    await connect_socket(app)
    (old,) = workspace.sockets.connections
    if how == "close":
        await workspace.sockets.close()
    elif how == "drop":
        workspace.sockets.drop()
    else:
        workspace.sockets.deafen()
    await workspace.wait_for(
        lambda: workspace.sockets.connections and old not in workspace.sockets.connections
    )
    assert (await workspace.slash("ann", "incidents", "/stream")).shown == "Taken"


async def test_a_half_open_connection_hears_nothing(
    workspace: Workspace, session: aiohttp.ClientSession, clock: ManualClock
) -> None:
    """No pong and no ack over a half-open connection; what it was sent is lost."""
    async with link(workspace, session) as socket:
        workspace.sockets.deafen()
        await socket.ping(b"x")
        slash = asyncio.create_task(workspace.slash("ann", "incidents", "/stream"))
        envelope = await socket.receive_json()  # and no pong before it
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await clock.advance(3)
        assert (await slash).error == "operation_timeout"


async def test_refused_upgrades(workspace: Workspace, session: aiohttp.ClientSession) -> None:
    """An upgrade can be refused so many times, and each refusal uses its ticket up."""
    workspace.faults.play(Status(503), UPGRADE, times=2)
    url = await opened(workspace)
    for url_, status in [(url, "503"), (url, "404"), (await opened(workspace), "503")]:
        with pytest.raises(aiohttp.WSServerHandshakeError, match=status):
            await session.ws_connect(url_)
    async with link(workspace, session):
        assert len(workspace.sockets.connections) == 1


async def test_an_eleventh_connection(workspace: Workspace, session: aiohttp.ClientSession) -> None:
    """Ten connections are allowed; one more, and the oldest is told to go."""
    sockets = [await session.ws_connect(await opened(workspace)) for _ in range(11)]
    await sockets[0].receive_json()
    told = json.loads((await sockets[0].receive()).data)
    assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
    for socket in sockets:
        await socket.close()


async def test_nothing_to_forge(workspace: Workspace) -> None:
    """Socket Mode has no signatures: forging one there is a mistake in the test."""
    with pytest.raises(ValueError, match="no signatures"):
        await workspace.slash("ann", "incidents", "/x", forgery=Forgery(signature="bad"))
