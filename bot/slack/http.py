"""Signed HTTP from Slack: POST /slack/events and nothing else.

The signature is checked here and not by Bolt, which logs the whole body of a bad request. The body
is parsed here as well and handed over as a value, as Socket Mode does: Bolt's own parser drops any
form that contains the letters "payload".
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.slack.listeners import answered

__all__ = ["PATH", "slack_endpoint"]

log = logging.getLogger(__name__)

PATH = "/slack/events"
MAX_BODY = 1024 * 1024
BODY_SECONDS = 8.0


class _NotOursError(ValueError):
    """A signed body that is not in any of Slack's forms."""


def slack_endpoint(
    app: AsyncApp,
    signing_secret: str,
    *,
    acked: Callable[[float], None] = lambda _seconds: None,
) -> web.Application:
    """The web application that takes Slack's requests. acked: told how long each answer took."""
    verifier = SignatureVerifier(signing_secret)

    async def handle(request: web.Request) -> web.Response:
        arrived = asyncio.get_running_loop().time()
        try:
            body = await asyncio.wait_for(request.read(), BODY_SECONDS)
        except TimeoutError:
            late = web.HTTPRequestTimeout()
            late.force_close()
            raise late from None
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not _is_signed(verifier, body, timestamp, request):
            log.warning("a request without a valid Slack signature was refused")
            return web.json_response({"error": "invalid request"}, status=401)
        try:
            payload = _payload(body, request.content_type)
        except (ValueError, RecursionError):
            log.warning("a signed request was not in Slack's form")
            return web.json_response({"error": "invalid request"}, status=400)
        if payload.get("type") == "url_verification":
            return web.json_response({"challenge": payload.get("challenge")})
        if payload.get("ssl_check"):
            return web.Response()
        answer = await _dispatch(app, payload, timestamp)
        acked(asyncio.get_running_loop().time() - arrived)
        return answer

    endpoint = web.Application(client_max_size=MAX_BODY)
    endpoint.router.add_post(PATH, handle)
    return endpoint


def _is_signed(
    verifier: SignatureVerifier, body: bytes, timestamp: str, request: web.Request
) -> bool:
    signature = request.headers.get("X-Slack-Signature", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if not (signature.isascii() and body.isascii()) and not _is_text(body):
        return False
    return signature.isascii() and verifier.is_valid(body, timestamp, signature)


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _payload(body: bytes, content_type: str) -> dict[str, Any]:
    """What was sent, in the same form as Socket Mode sends it."""
    text = body.decode("utf-8")
    if content_type == "application/json":
        payload = json.loads(text)
    else:
        form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
        # Interactivity is a form with this one field; a command has many others.
        payload = json.loads(form["payload"]) if "payload" in form else form
    if not isinstance(payload, dict):
        raise _NotOursError
    return payload


async def _dispatch(app: AsyncApp, payload: dict[str, Any], timestamp: str) -> web.Response:
    request = AsyncBoltRequest(
        mode="socket_mode", body=payload, context={"slack_request_timestamp": timestamp}
    )
    answer = await answered(app, request)
    content_type = answer.first_headers().get("content-type", "text/plain").partition(";")[0]
    return web.Response(
        status=answer.status, text=answer.body or "", content_type=content_type, charset="utf-8"
    )
