"""The one path to a vendor: sign, send once, read, say what it means.

A call is made in the order that gives at most once: `slot` (wait for the quota), then the caller's
claim in its journal, then `send`, which sends one request and never repeats it. What `send` raises
says what may be done next; see the tree in `providers/errors.py`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from providers.account import Credentials, SecretMissingError
from providers.catalogue import Catalogue
from providers.errors import (
    AlreadySo,
    CallError,
    ClockOff,
    Fault,
    FaultKind,
    NotSent,
    Refused,
    Retry,
    Throttled,
    Unknown,
    Unreadable,
)
from providers.pacing import Pacer, Slot
from providers.provider import Answer, Call, Now, UnreadableAnswerError

__all__ = ["Accepted", "Client"]

log = logging.getLogger(__name__)

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer that are read, counted before and after decompression."""

CONNECT_SECONDS = 3.0

IDLE_SECONDS = 5.0
"""A connection that was idle for longer is not used again: the vendor may have closed it, and a
change that is lost on a dead connection ends as unknown."""

MAX_CLOCK_OFFSET = 24 * 3600.0
"""Seconds. A vendor's Date header that differs by more is not believed."""

NO_CONNECTION = Fault(
    code="",
    kind=FaultKind.INTERNAL,
    label="no connection",
    says="{host} could not be reached ({why}). Nothing reached the vendor, so trying again is safe",
    step="try again in a minute; if it stays, the bot operator runs stream-bot check",
    who="you",
    retry=Retry.SAFE,
)
NO_KEYS = Fault(
    code="",
    kind=FaultKind.WRONG_KEYS,
    label="no key",
    says="The bot has no key for account {account}: {why}",
    step="sets the key and runs stream-bot check",
    who="bot operator",
    retry=Retry.AFTER,
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
TOO_MANY = Fault(
    code="",
    kind=FaultKind.THROTTLED,
    label="throttled",
    says="The vendor takes no more calls at the moment and did nothing",
    step="try again in a minute; other tools share the same quota",
    who="you",
    retry=Retry.SAFE,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vendor's yes. `took` is in seconds; `data` is what else it told."""

    request_id: str
    data: Mapping[str, object] = field(default_factory=dict)
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class _Raw:
    """An answer as it came: bounded, decompressed, not yet understood."""

    status: int
    headers: httpx.Headers
    body: bytes


class Client:
    """Calls vendors. One for the whole process; `close` it at the end.

    timeout: hard bound on one whole call, in seconds, from connecting to the last byte.
    proxy, ca_file: the only way to a proxy or to other certificates; nothing is taken from the
        environment.
    now: seconds since the epoch, for signatures.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        timeout: float = 10.0,
        proxy: str | None = None,
        ca_file: Path | None = None,
        now: Now = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._timeout = timeout
        self._proxy = proxy
        self._certificates = (
            ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
        )
        self._now = now
        self._pacer = Pacer()
        self._pools: dict[str, httpx.AsyncClient] = {}
        # host -> vendor's time minus ours, in seconds: as last seen, and as used for signatures
        self._seen: dict[str, float] = {}
        self._offsets: dict[str, float] = {}

    def clock_offset(self, call: Call) -> float:
        """What the vendor's clock is ahead of ours, in seconds, as far as it is known."""
        return self._offsets.get(call.account.base_url(call.kind.service), 0.0)

    def clock_seen(self, call: Call) -> float:
        """What the vendor's last answer says that its clock is ahead of ours, in seconds."""
        return self._seen.get(call.account.base_url(call.kind.service), 0.0)

    def preview(self, call: Call) -> httpx.Request:
        """The request as the vendor would get it, without a signature. Nothing is sent."""
        return self._catalogue.provider_of(call.kind).wire.request(call)

    async def slot(self, call: Call) -> Slot:
        """Wait until the vendor's quota allows this call. Raises NotSent where there is no key."""
        key = self._quota_key(call, _credentials(call))
        return await self._pacer.slot(key, call.operation.quota, call.account.quota_share)

    async def send(self, call: Call) -> Accepted:
        """Send once and say what came of it.

        Raises a CallError for everything that is not the vendor's yes. Whatever else goes wrong
        once the request left ends as Unknown.
        """
        credentials = _credentials(call)
        wire = self._catalogue.provider_of(call.kind).wire
        request = wire.request(call)
        departure = _Departure()
        request.extensions = {
            "trace": departure.watch,
            "timeout": {"connect": CONNECT_SECONDS, "pool": self._timeout},
        }
        auth = wire.auth(call, credentials, lambda: self._now() + self.clock_offset(call))
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                raw = await self._exchange(request, auth)
            answer = self._read(call, raw)
        except CallError:
            raise
        except Exception as error:  # mapped at this one seam; the log has it, the channel words
            raise self._lost(error, left=departure.left) from error
        self._note_clock(call, raw)
        if answer.code:
            said = _without_secrets(answer, credentials, request)
            raise self._no(call, credentials, raw, said)
        return Accepted(answer.request_id, answer.data, time.monotonic() - started)

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    # Sending

    async def _exchange(self, request: httpx.Request, auth: httpx.Auth) -> _Raw:
        request.headers.setdefault("Accept", "application/json")
        request.headers["Accept-Encoding"] = "identity"
        request.headers["User-Agent"] = "stream-bot"
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
        return _Raw(response.status_code, response.headers, body)

    def _pool(self, url: httpx.URL) -> httpx.AsyncClient:
        """One pool for each host, so that a vendor that hangs holds up nobody else."""
        if url.netloc.decode("ascii") not in self._pools:
            self._pools[url.netloc.decode("ascii")] = httpx.AsyncClient(
                verify=self._certificates,
                proxy=self._proxy if url.scheme == "https" else None,
                limits=httpx.Limits(max_connections=None, keepalive_expiry=IDLE_SECONDS),
                timeout=self._timeout,
                follow_redirects=False,
                trust_env=False,
            )
        return self._pools[url.netloc.decode("ascii")]

    @staticmethod
    def _lost(error: Exception, *, left: bool) -> CallError:
        """What a call without an answer means. Decided by whether the request had left."""
        why = _why(error)
        log.info("a vendor call ended without an answer: %s (left: %s)", type(error).__name__, left)
        if not left:
            return NotSent(NO_CONNECTION, why=why)
        return Unreadable(NO_ANSWER, why=why)

    # Reading

    def _read(self, call: Call, raw: _Raw) -> Answer:
        wire = self._catalogue.provider_of(call.kind).wire
        try:
            return wire.read(raw.status, json.loads(raw.body))
        except (ValueError, RecursionError) as error:
            request_id = error.request_id if isinstance(error, UnreadableAnswerError) else ""
        if raw.status == 429:  # a gateway in front of the vendor counts as well
            raise Throttled(TOO_MANY, code="HTTP 429", request_id=request_id)
        log.info("an answer that is not in the vendor's words: HTTP %d", raw.status)
        raise Unreadable(
            NO_ANSWER,
            code=f"HTTP {raw.status}",
            request_id=request_id,
            why=f"HTTP {raw.status}, not in the vendor's form",
        )

    def _no(self, call: Call, credentials: Credentials, raw: _Raw, answer: Answer) -> CallError:
        """The error for a code that the vendor answered."""
        fault = self._catalogue.provider_of(call.kind).faults[call.kind.service].lookup(answer.code)
        said: dict[str, Any] = {
            "code": answer.code,
            "vendor_says": answer.message,
            "request_id": answer.request_id,
        }
        unrecognised = fault.kind is FaultKind.UNRECOGNISED
        if answer.code in call.operation.already:
            already = AlreadySo(fault, **said)
            already.state = call.operation.already[answer.code]
            return already
        if fault.kind is FaultKind.THROTTLED or (unrecognised and raw.status == 429):
            return self._throttled(call, credentials, raw, Throttled(fault, **said))
        if fault.kind is FaultKind.CLOCK and (offset := self._resync(call)) is not None:
            clock = ClockOff(fault, **said)
            clock.offset = offset
            return clock
        if fault.ambiguous or (unrecognised and raw.status >= 500):
            return Unknown(fault, **said)
        return Refused(fault, **said)

    def _throttled(
        self, call: Call, credentials: Credentials, raw: _Raw, error: Throttled
    ) -> Throttled:
        wire = self._catalogue.provider_of(call.kind).wire
        error.wait = max(1.0, wire.retry_after(raw.headers) or 0.0)
        self._pacer.slow_down(self._quota_key(call, credentials), error.wait)
        return error

    def _note_clock(self, call: Call, raw: _Raw) -> None:
        host = call.account.base_url(call.kind.service)
        try:
            theirs = parsedate_to_datetime(raw.headers["date"]).timestamp()
        except (KeyError, ValueError, OverflowError):
            self._seen.pop(host, None)
        else:
            self._seen[host] = theirs - self._now()

    def _resync(self, call: Call) -> float | None:
        """Sign with the vendor's time from now on. None where it tells none that we believe."""
        host = call.account.base_url(call.kind.service)
        offset = self._seen.get(host)
        if offset is None or abs(offset) > MAX_CLOCK_OFFSET:
            return None
        self._offsets[host] = offset
        return offset

    @staticmethod
    def _quota_key(call: Call, credentials: Credentials) -> tuple[str, ...]:
        return (call.kind.provider, credentials.access_key_id, call.operation.action)


class _Departure:
    """Watches whether the request began to leave: before that, nothing can have happened."""

    def __init__(self) -> None:
        self.left = False

    async def watch(self, event: str, _info: Mapping[str, Any]) -> None:
        """httpcore's trace hook."""
        if event.endswith(".send_request_headers.started"):
            self.left = True


def _credentials(call: Call) -> Credentials:
    try:
        return call.account.credentials()
    except SecretMissingError as error:
        raise NotSent(NO_KEYS, why=str(error)) from None


def _without_secrets(answer: Answer, credentials: Credentials, request: httpx.Request) -> Answer:
    """Some vendors repeat what they were sent when they refuse a signature."""
    signature = request.headers.get("Authorization", "").rpartition("Signature=")[2]
    message = answer.message
    for secret in (credentials.access_key_secret, credentials.session_token, signature):
        if secret:
            message = message.replace(secret, "•••")
    return replace(answer, message=message)


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
