"""HTTP: Slack's signed POSTs to the app's request URL.

Source: docs.slack.dev/authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.delivery import HONEST, Answer, Delivery, DeliveryKind, Forgery, NotAcked

__all__ = ["HttpMode", "signature"]

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Slack-Signature of a body: HMAC-SHA256 over "v0:timestamp:body"."""
    base = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpMode:
    """Posts to one request URL.

    `now` is the wall clock, not the workspace's: the app compares a request's time with its own.
    """

    timeout_reason = "http_timeout"

    def __init__(
        self,
        url: str,
        secret: str,
        session: aiohttp.ClientSession,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self._secret = secret
        self._session = session
        self._now = now

    async def verify_url(self) -> bool:
        """Slack's first request to a new URL: it must send the challenge back."""
        challenge = secrets.token_urlsafe(24)
        body = {"type": "url_verification", "token": "sandbox", "challenge": challenge}
        answer = await self._post(json.dumps(body).encode(), _JSON, {}, HONEST)
        return challenge in (answer.body.get("challenge"), answer.body.get("text"))

    async def send(self, delivery: Delivery, forgery: Forgery) -> Answer:
        """Raises NotAcked: http_error, connection_failed."""
        body, content_type = _encoded(delivery)
        headers = {}
        if delivery.retry:
            headers["X-Slack-Retry-Num"] = str(delivery.retry.number)
            headers["X-Slack-Retry-Reason"] = delivery.retry.reason
        return await self._post(body, content_type, headers, forgery)

    async def _post(
        self, body: bytes, content_type: str, more: Mapping[str, str], forgery: Forgery
    ) -> Answer:
        headers = {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
            "Content-Type": content_type,
            **self._signed(body, forgery),
            **more,
        }
        try:
            async with self._session.post(
                self.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                text = await response.text()
        except aiohttp.ClientError as broken:
            raise NotAcked("connection_failed") from broken
        if not 200 <= response.status < 300:
            stop = response.headers.get("X-Slack-No-Retry") == "1"
            raise NotAcked("http_error", status=response.status, no_retry=stop)
        return Answer(_said(text), response.status)

    def _signed(self, body: bytes, forgery: Forgery) -> dict[str, str]:
        timestamp = forgery.timestamp or str(int(self._now() - forgery.age))
        headers = {"X-Slack-Request-Timestamp": timestamp}
        if forgery.signature != "none":
            over = body if forgery.signature == "good" else body + b"forged"
            headers["X-Slack-Signature"] = signature(self._secret, timestamp, over)
        return headers


def _encoded(delivery: Delivery) -> tuple[bytes, str]:
    if delivery.kind is DeliveryKind.COMMAND:
        return urlencode(delivery.payload).encode(), _FORM
    as_json = json.dumps(delivery.payload)
    if delivery.kind is DeliveryKind.ACTION:
        return urlencode({"payload": as_json}).encode(), _FORM
    return as_json.encode(), _JSON


def _said(text: str) -> Mapping[str, object]:
    """The body of an ack: JSON is a message, any other text is its text."""
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if isinstance(said, dict):
        return said
    return {"text": text} if text.strip() else {}
