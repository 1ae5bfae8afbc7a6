"""Slack's Web API, with what may be done after a failure in the type of the error.

Nothing is repeated in here: Slack's own library repeats a post whose answer was lost, which posts
twice. Whoever calls decides, because only the caller knows whether a repeat does harm.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

__all__ = [
    "BAD_TOKEN",
    "Heard",
    "SlackBusyError",
    "SlackLostError",
    "SlackNoError",
    "SlackWeb",
    "connected",
]

log = logging.getLogger(__name__)

SECONDS = 10.0
"""Hard bound on one call."""


Heard = Callable[[str, str], None]
"""Told what each call came to: the method, or "response_url"; ok, refused, slowed or lost."""


BAD_TOKEN = frozenset({"invalid_auth", "account_inactive", "token_revoked", "not_authed"})
"""What Slack says to every call with such a token: an operator must act."""


class SlackNoError(Exception):
    """Slack said no. `error` is its own word, as "not_in_channel"."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class SlackBusyError(Exception):
    """Slack says slower; nothing was done. `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"wait {wait} s")
        self.wait = wait


class SlackLostError(Exception):
    """No readable answer. `left` is False where the request certainly did not reach Slack."""

    def __init__(self, why: str, *, left: bool) -> None:
        super().__init__(why)
        self.left = left


@asynccontextmanager
async def connected(
    token: str,
    api_url: str,
    *,
    proxy: str | None,
    ca_file: Path | None,
    heard: Heard = lambda _method, _result: None,
) -> AsyncIterator[SlackWeb]:
    """Slack's Web API for one bot, on connections of its own that are kept and closed at the end.

    proxy, ca_file: the only way to a proxy or to other certificates.
    """
    trusted = ssl.create_default_context(cafile=ca_file) if ca_file else None
    connector = aiohttp.TCPConnector(ssl=trusted if trusted is not None else True)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, trust_env=False
    ) as session:
        client = AsyncWebClient(
            token=token,
            base_url=api_url,
            session=session,
            proxy=proxy,
            ssl=trusted,
            retry_handlers=[],  # the library's own would post twice
            timeout=int(SECONDS),
        )
        yield SlackWeb(client, session, heard)


class SlackWeb:
    """The calls that we make."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        heard: Heard = lambda _method, _result: None,
    ) -> None:
        self.client = client
        self._heard = heard
        self._session = session
        self.proxy = client.proxy

    async def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method with JSON. Raises SlackNoError, SlackBusyError or SlackLostError."""
        return await self._guarded(method, self.client.api_call(method, json=arguments))

    async def read(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method that reads: arguments in the query. Raises likewise."""
        reading = self.client.api_call(method, http_verb="GET", params=arguments)
        return await self._guarded(method, reading)

    async def open_connection(self, app_token: str) -> None:
        """See whether Slack takes the app-level token. Raises likewise."""
        opening = self.client.apps_connections_open(app_token=app_token)
        await self._guarded("apps.connections.open", opening)

    async def who_am_i(self) -> Mapping[str, Any]:
        """auth.test's answer. Raises likewise."""
        return await self._guarded("auth.test", self.client.auth_test())

    async def scopes(self) -> frozenset[str]:
        """The scopes that the bot's token has. Raises likewise."""
        answer = await self._answered("auth.test", self.client.auth_test())
        headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
        granted = str(headers.get("x-oauth-scopes", ""))
        return frozenset(scope.strip() for scope in granted.split(",") if scope.strip())

    async def respond(self, url: str, payload: Mapping[str, Any]) -> None:
        """Answer through a response_url. Raises SlackNoError, SlackBusyError, SlackLostError."""
        with self._counted("response_url"):
            async with self._session.post(url, json=payload, proxy=self.proxy) as answer:
                if answer.status == 429:
                    raise SlackBusyError(_seconds(answer.headers.get("Retry-After")))
                if answer.status != 200:
                    raise SlackNoError(f"http_{answer.status}")

    async def _guarded(self, method: str, call: Awaitable[AsyncSlackResponse]) -> Mapping[str, Any]:
        answer = await self._answered(method, call)
        return answer.data if isinstance(answer.data, dict) else {}

    async def _answered(
        self, method: str, call: Awaitable[AsyncSlackResponse]
    ) -> AsyncSlackResponse:
        with self._counted(method):
            return await call

    @contextmanager
    def _counted(self, method: str) -> Iterator[None]:
        """Tells what came of a call, in our errors."""
        try:
            with _as_ours():
                yield
        except (SlackNoError, SlackBusyError, SlackLostError) as error:
            self._heard(method, _HEARD[type(error)])
            raise
        self._heard(method, "ok")


_HEARD: dict[type[Exception], str] = {
    SlackNoError: "refused",
    SlackBusyError: "slowed",
    SlackLostError: "lost",
}


@contextmanager
def _as_ours() -> Iterator[None]:
    """The one seam where the library's errors become ours."""
    try:
        yield
    except SlackApiError as error:
        raise _said_no(error) from None
    except aiohttp.ClientConnectorError as error:
        raise SlackLostError(type(error).__name__, left=False) from None
    except (aiohttp.ClientError, SlackClientError, TimeoutError, ValueError) as error:
        raise SlackLostError(type(error).__name__, left=True) from None


# Slack's words for its own bad moments: it may have done it, and another try may work.
_PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)


def _said_no(error: SlackApiError) -> Exception:
    response = error.response
    status = getattr(response, "status_code", 200)
    data = getattr(response, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    if status == 429 or word in ("ratelimited", "rate_limited"):
        headers = getattr(response, "headers", {})
        return SlackBusyError(_seconds(headers.get("Retry-After") or headers.get("retry-after")))
    if status >= 500 or not isinstance(word, str):
        return SlackLostError(f"HTTP {status}", left=True)
    if word in _PASSING:
        return SlackLostError(word, left=True)
    return SlackNoError(word)


def _seconds(value: object) -> float:
    try:
        return min(max(float(str(value)), 0.5), 300.0)
    except ValueError:
        return 1.0
