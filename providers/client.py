"""The one path to a vendor: sign, send once, read, say what it means.

A call is made in the order that gives at most once: `slot` (wait for the quota), then the caller's
claim in its journal, then `send`, which sends one request and never repeats it. What `send` raises
says what may be done next; see the tree in `providers/errors.py`.
"""

from __future__ import annotations

import json
import logging
import time
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
from providers.exchange import NO_ANSWER, Exchange, Raw
from providers.pacing import Pacer, Reserve, Slot
from providers.provider import Answer, Call, Now, UnreadableAnswerError

__all__ = ["Accepted", "Client"]

log = logging.getLogger(__name__)

MOST_WAIT = 30.0
"""Seconds that a vendor may ask us to wait; a longer answer is not believed."""

MAX_CLOCK_OFFSET = 24 * 3600.0
"""Seconds. A vendor's Date header that differs by more is not believed."""

NO_KEYS = Fault(
    code="",
    kind=FaultKind.WRONG_KEYS,
    label="no key",
    says="The bot has no key for account {account}: {why}",
    step="sets the key and runs stream-bot check",
    who="bot operator",
    retry=Retry.AFTER,
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


class Client:
    """Calls vendors. One for the whole process; `close` it at the end.

    timeout: hard bound on one whole call, in seconds, from connecting to the last byte.
    proxy, ca_file: the only way to a proxy or to other certificates; nothing is taken from the
        environment.
    now: seconds since the epoch, for signatures.
    reserve: what several replicas share their quota through; None for a process on its own.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        timeout: float = 10.0,
        proxy: str | None = None,
        ca_file: Path | None = None,
        now: Now = time.time,
        reserve: Reserve | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._exchange = Exchange(timeout=timeout, proxy=proxy, ca_file=ca_file)
        self._now = now
        self._pacer = Pacer(reserve)
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

    async def slot(self, call: Call, *, again: bool = False) -> Slot:
        """Wait until the vendor's quota allows this call. Raises NotSent where there is no key, or
        where the replicas' shared quota cannot be reached.

        again: in place of a slot that was held for too long; does not queue anew.
        """
        key = self._quota_key(call, _credentials(call))
        quota, share = call.operation.quota, call.account.quota_share
        return await self._pacer.slot(key, quota, share, again=again)

    async def send(self, call: Call, slot: Slot) -> Accepted:
        """Send once, in this slot or a later one, and say what came of it.

        Raises a CallError for everything that is not the vendor's yes.
        """
        credentials = _credentials(call)
        key = self._quota_key(call, credentials)
        wire = self._catalogue.provider_of(call.kind).wire
        request = wire.request(call)
        auth = wire.auth(call, credentials, lambda: self._now() + self.clock_offset(call))
        started = time.monotonic()

        async def gate() -> None:
            current = slot
            while not await self._pacer.may_leave(key, current):
                current = await self.slot(call, again=True)

        raw = await self._exchange.send(request, auth, gate)
        answer = self._read(call, credentials, raw)
        self._note_clock(call, raw)
        if answer.code:
            said = _without_secrets(answer, credentials, request)
            raise self._no(call, credentials, raw, said)
        return Accepted(answer.request_id, answer.data, time.monotonic() - started)

    async def close(self) -> None:
        """Close every connection."""
        await self._exchange.close()

    # Reading

    def _read(self, call: Call, credentials: Credentials, raw: Raw) -> Answer:
        wire = self._catalogue.provider_of(call.kind).wire
        try:
            return wire.read(raw.status, json.loads(raw.body))
        except Exception as error:  # noqa: BLE001  # whatever reading raises: it left, so unknown
            request_id = error.request_id if isinstance(error, UnreadableAnswerError) else ""
        if raw.status == 429:  # a gateway in front of the vendor counts as well
            throttled = Throttled(TOO_MANY, code="HTTP 429", request_id=request_id)
            raise self._throttled(call, credentials, raw, throttled)
        log.info("an answer that is not in the vendor's words: HTTP %d", raw.status)
        raise Unreadable(
            NO_ANSWER,
            code=f"HTTP {raw.status}",
            request_id=request_id,
            why=f"HTTP {raw.status}, not in the vendor's form",
        )

    def _no(self, call: Call, credentials: Credentials, raw: Raw, answer: Answer) -> CallError:
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
        self, call: Call, credentials: Credentials, raw: Raw, error: Throttled
    ) -> Throttled:
        wire = self._catalogue.provider_of(call.kind).wire
        error.wait = min(max(1.0, wire.retry_after(raw.headers) or 0.0), MOST_WAIT)
        self._pacer.slow_down(self._quota_key(call, credentials), error.wait)
        return error

    def _note_clock(self, call: Call, raw: Raw) -> None:
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
