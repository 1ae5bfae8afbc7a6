"""Signed HTTP: what only this transport has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.signature import SignatureVerifier

from bot.sandbox import Content, Forgery, ManualClock, Receipt, Workspace
from bot.sandbox.http_mode import signature

Connect = Callable[[AsyncApp], Awaitable[Any]]
Handler = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def serving(workspace: Workspace, handler: Handler) -> AsyncIterator[None]:
    """An app that is not made with Bolt."""
    application = web.Application()
    application.router.add_post("/slack/events", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    workspace.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield
    await runner.cleanup()


def test_signature() -> None:
    """The signature is the one that Slack's own SDK computes."""
    secret, stamp, body = "sandbox", "1531420618", "text=a+%26+b&payload=ü".encode()
    theirs = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    assert signature(secret, stamp, body) == theirs


async def test_what_is_on_the_wire(workspace: Workspace) -> None:
    """A command is a form, a press a form around JSON, an event JSON; each with Slack's headers."""
    requests: list[tuple[web.Request, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        requests.append((request, await request.read()))
        return web.Response()

    async with serving(workspace, take):
        await workspace.slash("ann", "incidents", "/stream restart 1")
        await workspace.mention("ann", "incidents", "help")
    (command, form), (event, as_json) = requests
    assert command.content_type == "application/x-www-form-urlencoded"
    assert b"command=%2Fstream&text=restart+1" in form
    assert event.content_type == "application/json"
    assert b'"type": "app_mention"' in as_json
    for request, body in requests:
        verifier = SignatureVerifier(workspace.app.signing_secret)
        assert verifier.is_valid_request(body, dict(request.headers))
        assert request.headers["User-Agent"].startswith("Slackbot 1.0")


@pytest.mark.parametrize(
    "forgery",
    [
        Forgery(age=301),
        Forgery(age=-301),
        Forgery(signature="bad"),
        Forgery(signature="none"),
    ],
)
async def test_a_forgery_is_refused_by_the_app(
    workspace: Workspace, app: AsyncApp, connect_http: Connect, forgery: Forgery
) -> None:
    """A wrong or missing signature and an old timestamp get 401, and the honest request 200."""

    @app.command("/stream")
    async def take(ack: AsyncAck) -> None:
        await ack()

    await connect_http(app)
    refused = await workspace.slash("ann", "incidents", "/stream", forgery=forgery)
    assert (refused.status, refused.error) == (401, "dispatch_failed")
    assert refused.shown == '/stream failed with the error "dispatch_failed"'
    assert (await workspace.slash("ann", "incidents", "/stream")).status == 200
    assert (await workspace.replay(refused, forgery=forgery)).status == 401


async def test_a_forged_event_is_not_tried_again(workspace: Workspace) -> None:
    """A retry would be honest, and so undo what the forgery is for."""
    answers = [web.Response(status=401)]

    async def refuse(_: web.Request) -> web.Response:
        return answers.pop(0)

    async with serving(workspace, refuse):
        forged = Forgery(signature="bad")
        receipt = await workspace.mention("ann", "incidents", "help", forgery=forged)
        assert not workspace._courier._retrying
    assert (receipt.acked, receipt.status) == (False, 401)


async def test_a_timestamp_to_the_letter(workspace: Workspace) -> None:
    """A forged timestamp goes out as it is, correctly signed."""
    stamps: list[str] = []

    async def take(request: web.Request) -> web.Response:
        stamps.append(request.headers["X-Slack-Request-Timestamp"])
        return web.Response()

    async with serving(workspace, take):
        await workspace.slash("ann", "incidents", "/x", forgery=Forgery(timestamp="soon"))
    assert stamps == ["soon"]


async def test_url_verification(workspace: Workspace, app: AsyncApp, connect_http: Connect) -> None:
    """A new request URL is verified with a challenge that the app sends back."""
    await connect_http(app)
    assert await workspace.verify_request_url()

    async def wrong(_: web.Request) -> web.Response:
        return web.json_response({"challenge": "another"})

    async with serving(workspace, wrong):
        assert not await workspace.verify_request_url()


async def test_an_event_is_tried_again(
    workspace: Workspace, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """An unacked event comes again at once, after a minute and after five more; then never."""
    caplog.set_level(logging.CRITICAL)
    tries: list[tuple[float, str | None, str | None]] = []

    async def fail(request: web.Request) -> web.Response:
        headers = request.headers
        number, why = headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")
        tries.append((round(clock.now() - started), number, why))
        return web.Response(status=500)

    started = clock.now()
    async with serving(workspace, fail):
        receipt = await workspace.mention("ann", "incidents", "help")

        await workspace.wait_for(partial(_made, receipt, 2))
        for seconds, attempts in [(60, 3), (300, 4)]:
            await clock.asleep()
            await clock.advance(seconds)
            await workspace.wait_for(partial(_made, receipt, attempts))
        await clock.advance(10_000)
    assert tries == [
        (0, None, None),
        (0, "1", "http_error"),
        (60, "2", "http_error"),
        (360, "3", "http_error"),
    ]
    assert not receipt.acked


async def test_no_retry_is_honoured(workspace: Workspace) -> None:
    """X-Slack-No-Retry stops the tries, the first or a later one; an ack stops them as well."""
    no_more = {"X-Slack-No-Retry": "1"}
    answers = [
        web.Response(status=500),
        web.Response(),
        web.Response(status=404, headers=no_more),
        web.Response(status=500),
        web.Response(status=404, headers=no_more),
    ]

    async def answer(_: web.Request) -> web.Response:
        return answers.pop(0)

    async with serving(workspace, answer):
        for tries in (2, 1, 2):
            receipt = await workspace.mention("ann", "incidents", "help")
            await workspace.wait_for(partial(_made, receipt, tries))
            await asyncio.gather(*workspace._courier._retrying)
            assert len(receipt.attempts) == tries


def _made(receipt: Receipt, attempts: int) -> bool:
    return len(receipt.attempts) == attempts


async def test_an_app_that_is_away(workspace: Workspace) -> None:
    """A refused connection is a failed dispatch, and the person is told."""
    workspace.request_url = "http://127.0.0.1:1/slack/events"
    receipt = await workspace.slash("ann", "incidents", "/stream")
    assert (receipt.acked, receipt.error) == (False, "dispatch_failed")
    assert [m.text for m in workspace.ephemerals("ann", "incidents")] == [receipt.shown]


async def test_a_failed_press(workspace: Workspace) -> None:
    """A press that the app answers with an error shows the status beside the button."""
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "A"}}
    blocks = [{"type": "actions", "elements": [button]}]

    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=500)

    async with serving(workspace, fail):
        message = workspace.model.post_as_bot(
            workspace.model.channel("incidents"),
            Content(text="A", blocks=tuple(blocks)),
            origin="api",
        )
        receipt = await workspace.press("ann", message, "a")
    assert receipt.shown == "This app responded with Status Code 500"
    assert workspace.ephemerals("ann", "incidents") == []


async def test_a_slow_body_is_no_ack(workspace: Workspace, clock: ManualClock) -> None:
    """The ack counts when it is whole."""
    gate = asyncio.Event()

    async def drip(request: web.Request) -> web.Response:
        response = web.StreamResponse()
        await response.prepare(request)
        await gate.wait()
        return web.Response()

    async with serving(workspace, drip):
        slash = asyncio.create_task(workspace.slash("ann", "incidents", "/stream"))
        await clock.asleep()
        await clock.advance(3)
        assert (await slash).error == "operation_timeout"
        gate.set()
