"""A workspace with three people, and a real Bolt app to connect to it over either transport."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.app.async_server import AsyncSlackAppServer
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import ManualClock, Workspace

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler | None]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk would send loopback calls to a proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock() -> ManualClock:
    """The workspace's clock."""
    return ManualClock()


@pytest.fixture
async def workspace(clock: ManualClock) -> AsyncIterator[Workspace]:
    """#incidents has everybody and the bot; #ops (private) has no bot; eve is a stranger."""
    async with Workspace(bot_name="stream", clock=clock) as workspace:
        workspace.add_person("ann", id="U1", display_name="Ann")
        workspace.add_person("bob", id="U2")
        workspace.add_person("eve", id="U3", team_id="T9")
        workspace.add_channel("incidents", id="C1", members=["ann", "bob", "eve"])
        workspace.add_channel("ops", id="C2", members=["ann"], private=True, with_bot=False)
        yield workspace


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """For requests by hand."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(workspace: Workspace, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's own client with the bot's token."""
    return AsyncWebClient(
        token=workspace.app.bot_token, base_url=workspace.api_url, session=session
    )


@pytest.fixture
def app(workspace: Workspace, client: AsyncWebClient) -> AsyncApp:
    """A real Bolt app without listeners."""
    return AsyncApp(
        client=client, signing_secret=workspace.app.signing_secret, process_before_response=True
    )


@asynccontextmanager
async def _over_http(workspace: Workspace, app: AsyncApp) -> AsyncIterator[None]:
    server = AsyncSlackAppServer(port=0, path="/slack/events", app=app, host="127.0.0.1")
    runner = web.AppRunner(server.web_app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    workspace.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield
    await runner.cleanup()


@asynccontextmanager
async def _over_socket(
    workspace: Workspace, app: AsyncApp
) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, workspace.app.app_token, ping_interval=0.05)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's


@pytest.fixture
async def connect_socket(workspace: Workspace) -> AsyncIterator[Connect]:
    """Connect an app with Socket Mode; brings its handler."""
    async with AsyncExitStack() as stack:

        async def connect(app: AsyncApp) -> AsyncSocketModeHandler:
            return await stack.enter_async_context(_over_socket(workspace, app))

        yield connect


@pytest.fixture
async def connect_http(workspace: Workspace) -> AsyncIterator[Connect]:
    """Connect an app with signed HTTP."""
    async with AsyncExitStack() as stack:

        async def connect(app: AsyncApp) -> None:
            await stack.enter_async_context(_over_http(workspace, app))

        yield connect


@pytest.fixture(params=["socket", "http"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Connect an app: every test with this runs over both transports."""
    chosen: Connect = request.getfixturevalue(f"connect_{request.param}")
    return chosen
