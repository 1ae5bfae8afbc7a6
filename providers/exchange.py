"""One request out, one answer in: bounded in time and size, and never sent twice.

The one seam where the errors of the HTTP library become ours. What matters is whether the request
had begun to leave: before that nothing can have happened, after it nobody knows.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from providers.errors import CallError, Fault, FaultKind, NotSent, Retry, Unreadable
from providers.provider import UnreadableAnswerError

__all__ = ["NO_ANSWER", "Exchange", "Raw"]

log = logging.getLogger(__name__)

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer that are read, counted before and after decompression."""

CONNECT_SECONDS = 3.0

IDLE_SECONDS = 5.0
"""A connection that was idle for longer is not used again: the vendor may have closed it, and a
change that is lost on a dead connection ends as unknown."""

NO_CONNECTION = Fault(
    code="",
    kind=FaultKind.INTERNAL,
    label="no connection",
    says="{host} could not be reached ({why}). Nothing reached the vendor, so trying again is safe",
    step="try again in a minute; if it stays, the bot operator runs stream-bot check",
    who="you",
    retry=Retry.SAFE,
)
NO_ANSWER = Fault(
    code="",
    kind=FaultKind.INTERNAL,
    label="no answer",
    says="The request left, and no readable answer came ({why}); it may have happened",
    step="look at the task in {console} before anybody tries again",
    who="you",
    retry=Retry.LOOK_FIRST,
)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came: bounded, decompressed, not yet understood."""

    status: int
    headers: httpx.Headers
    body: bytes


class Exchange:
    """Connections to every vendor; one pool for each host, so that a vendor that hangs holds up
    nobody else.

    timeout: hard bound on one whole call, in seconds, from connecting to the last byte.
    """

    def __init__(self, *, timeout: float, proxy: str | None, ca_file: Path | None) -> None:
        self._timeout = timeout
        self._proxy = proxy
        self._certificates = (
            ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
        )
        self._pools: dict[str, httpx.AsyncClient] = {}

    async def send(
        self, request: httpx.Request, auth: httpx.Auth, gate: Callable[[], Awaitable[None]]
    ) -> Raw:
        """Sign and send once. Raises NotSent or Unreadable, and nothing else.

        gate: awaited when the connection stands and the request is about to leave, because making
            a connection takes longer than a slot of the vendor's quota lasts.
        """
        departure = _Departure(gate)
        request.extensions = {
            "trace": departure.watch,
            "timeout": {"connect": CONNECT_SECONDS, "pool": self._timeout},
        }
        request.headers.setdefault("Accept", "application/json")
        request.headers["Accept-Encoding"] = "identity"
        request.headers["User-Agent"] = "stream-bot"
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(request, auth)
        except Exception as error:  # mapped here, all of them; the log has it, the channel words
            raise _lost(error, left=departure.left) from error

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def _exchange(self, request: httpx.Request, auth: httpx.Auth) -> Raw:
        response = await self._pool(request.url).send(request, auth=auth, stream=True)
        try:
            received = bytearray()
            async for chunk in response.aiter_raw():
                received += chunk
                if len(received) > MAX_ANSWER:
                    raise UnreadableAnswerError("the answer is larger than 1 MiB")
        finally:
            await response.aclose()
        body = _decompressed(bytes(received), response.headers.get("content-encoding", ""))
        return Raw(response.status_code, response.headers, body)

    def _pool(self, url: httpx.URL) -> httpx.AsyncClient:
        host = url.netloc.decode("ascii")
        if host not in self._pools:
            self._pools[host] = httpx.AsyncClient(
                verify=self._certificates,
                proxy=self._proxy if url.scheme == "https" else None,
                limits=httpx.Limits(max_connections=None, keepalive_expiry=IDLE_SECONDS),
                timeout=self._timeout,
                follow_redirects=False,
                trust_env=False,
            )
        return self._pools[host]


def _lost(error: Exception, *, left: bool) -> CallError:
    """What a call without an answer means."""
    why = _why(error)
    log.info("a vendor call ended without an answer: %s (left: %s)", type(error).__name__, left)
    return Unreadable(NO_ANSWER, why=why) if left else NotSent(NO_CONNECTION, why=why)


class _Departure:
    """Watches whether the request began to leave: before that, nothing can have happened."""

    def __init__(self, gate: Callable[[], Awaitable[None]]) -> None:
        self.left = False
        self._gate = gate

    async def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore's trace hook. A proxy's CONNECT is not the request yet."""
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            await self._gate()
            self.left = True


def _decompressed(body: bytes, encoding: str) -> bytes:
    """The body in the clear, bounded, though we ask for no compression: some gateways insist.

    Raises UnreadableAnswerError.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip" | "deflate":
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # either header
            try:
                clear = unpacker.decompress(body, MAX_ANSWER + 1)
            except zlib.error:
                raise UnreadableAnswerError("the answer's compression is broken") from None
            if len(clear) > MAX_ANSWER:
                raise UnreadableAnswerError("the answer is larger than 1 MiB")
            return clear
        case _:
            raise UnreadableAnswerError("the answer is compressed in a way that was not asked for")


# Every error that httpx can raise, in words of our own; a test fails when one is missing. An
# exception's text never reaches the channel. A subclass stands before its base.
_WHY: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.PoolTimeout, "no free connection"),
    (httpx.TimeoutException, "no answer in time"),
    (TimeoutError, "no answer in time"),
    (httpx.ConnectError, "the connection was refused or could not be made"),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.UnsupportedProtocol, "not an http address"),
    (httpx.ReadError, "the connection broke while the answer was read"),
    (httpx.WriteError, "the connection broke while the request was sent"),
    (httpx.CloseError, "the connection broke while it was closed"),
    (httpx.NetworkError, "the connection broke"),
    (httpx.RemoteProtocolError, "the connection was dropped before an answer"),
    (httpx.LocalProtocolError, "the request could not be written"),
    (httpx.ProtocolError, "not HTTP"),
    (httpx.TransportError, "the connection failed"),
    (httpx.DecodingError, "the answer's encoding is broken"),
    (httpx.TooManyRedirects, "redirected"),
    (httpx.HTTPError, "HTTP failed"),
    (UnreadableAnswerError, "the answer is too large or not readable"),
    (OSError, "the network failed"),
)


def _why(error: Exception) -> str:
    return next((words for kind, words in _WHY if isinstance(error, kind)), "a fault in the bot")
