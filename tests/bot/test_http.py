"""The HTTP edge: only what Slack signed, in time, whole and of a sane size gets in."""

import asyncio
import contextlib
import hmac
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from bot import app as app_module
from bot.sandbox import Forgery
from bot.slack import http as http_module
from tests.bot.stage import Stage, playing

RESTART = "RestartLivePullStreamTask"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path, "http") as built:
        yield built


async def post(
    stage: Stage, body: bytes, headers: dict[str, str], path: str = ""
) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        url = stage.url_of("listen") + (path or http_module.PATH)
        return await client.post(url, content=body, headers=headers)


def signed(stage: Stage, body: bytes, content_type: str) -> dict[str, str]:
    timestamp = str(int(time.time()))
    secret = stage.slack.app.signing_secret.encode()
    signature = hmac.new(secret, f"v0:{timestamp}:".encode() + body, "sha256").hexdigest()
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
    }


FORGERIES = [
    pytest.param(Forgery(signature="bad"), id="a bad signature"),
    pytest.param(Forgery(signature="none"), id="no signature"),
    pytest.param(Forgery(age=400), id="an old timestamp"),
    pytest.param(Forgery(age=-400), id="a timestamp from the future"),
    pytest.param(Forgery(timestamp="soon"), id="a timestamp that is no number"),
    pytest.param(Forgery(timestamp="١٢٣"), id="digits of another script"),
]


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_what_slack_did_not_sign_is_refused(
    stage: Stage, forgery: Forgery, caplog: pytest.LogCaptureFixture
) -> None:
    """401, nothing runs, and nothing of the body is logged."""
    with caplog.at_level(logging.DEBUG):
        receipt = await stage.slack.slash(
            "ann", "#incidents", "/stream restart tencent 123", forgery=forgery
        )
    assert receipt.status == 401
    assert stage.calls(stage.tencent, RESTART) == 0
    assert "trigger_id" not in caplog.text
    assert "restart tencent" not in caplog.text


async def test_a_change_that_was_asked_too_long_ago_is_not_run(stage: Stage) -> None:
    """Signed well, but 130 s old: told, not run."""
    receipt = await stage.slack.slash(
        "ann", "#incidents", "/stream restart tencent 123", forgery=Forgery(age=130)
    )
    assert "was asked 13" in receipt.shown
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_an_oversized_body_gets_413(stage: Stage) -> None:
    """More than a megabyte is not read."""
    answer = await post(stage, b"x" * (2 * 1024 * 1024), {})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/events/", "/healthz"])
async def test_nothing_else_is_served(stage: Stage, path: str) -> None:
    """One path, one method."""
    assert (await post(stage, b"", {}, path)).status_code == 404
    async with httpx.AsyncClient() as client:
        answer = await client.get(stage.url_of("listen") + http_module.PATH)
    assert answer.status_code == 405


BODIES = [
    pytest.param(b"payload=%7B", "application/x-www-form-urlencoded", id="cut payload"),
    pytest.param(b"[" * 100_000, "application/json", id="deep JSON"),
    pytest.param(b"[]", "application/json", id="no object"),
    pytest.param(b"null", "application/json", id="null"),
    pytest.param(b"a=1&" * 500, "application/x-www-form-urlencoded", id="many fields"),
    pytest.param("é".encode("latin-1"), "application/json", id="not UTF-8"),
    pytest.param(b"\x00\xff", "application/x-www-form-urlencoded", id="bytes"),
]


@pytest.mark.parametrize(("body", "content_type"), BODIES)
async def test_what_is_signed_but_not_in_slacks_form_is_refused(
    stage: Stage, body: bytes, content_type: str
) -> None:
    """An answer in the four hundreds, and the bot goes on."""
    answer = await post(stage, body, signed(stage, body, content_type))
    assert 400 <= answer.status_code < 500
    assert (await stage.ann("restart tencent 123")).acked


async def test_slacks_checks_of_the_url_are_answered(stage: Stage) -> None:
    """url_verification gets its challenge back; ssl_check gets an empty 200."""
    assert await stage.slack.verify_request_url()
    body = urlencode({"ssl_check": "1", "token": "x"}).encode()
    answer = await post(stage, body, signed(stage, body, "application/x-www-form-urlencoded"))
    assert (answer.status_code, answer.text) == (200, "")


async def test_a_body_that_does_not_come_is_given_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a request does not hold a connection."""
    monkeypatch.setattr(http_module, "BODY_SECONDS", 0.2)
    address = urlsplit(stage.url_of("listen"))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    assert b"408" in answer.split(b"\r\n")[0]


async def test_headers_that_do_not_come_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a head does not hold a connection either."""
    monkeypatch.setattr(app_module, "IDLE_SECONDS", 0.3)
    async with playing(tmp_path, "http") as stage:
        address = urlsplit(stage.url_of("listen"))
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-")
        await writer.drain()
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await writer.wait_closed()


async def test_an_unknown_surface_is_acked(stage: Stage) -> None:
    """A catch-all stands behind every surface, so that nothing goes unanswered."""
    for payload in (
        {"type": "event_callback", "team_id": "T123", "event": {"type": "team_join"}},
        {"type": "view_closed", "team": {"id": "T123"}, "user": {"id": "U123"}, "view": {}},
        {"type": "shortcut", "callback_id": "x", "team": {"id": "T123"}, "user": {"id": "U123"}},
    ):
        body = httpx.Request("POST", "http://x", json=payload).content
        answer = await post(stage, body, signed(stage, body, "application/json"))
        assert answer.status_code == 200, payload
