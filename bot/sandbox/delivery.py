"""Bringing what a person did to the app, and what becomes of it: acked, too late, tried again.

The Courier is the same for both transports; a Transport knows only how to send once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, Protocol

from bot.sandbox.clock import Clock, within
from bot.sandbox.conversation import Message
from bot.sandbox.feed import ChangeKind, Feed
from bot.sandbox.interactions import Grant

__all__ = [
    "HONEST",
    "Answer",
    "Attempt",
    "Courier",
    "Delivery",
    "DeliveryKind",
    "Forgery",
    "NotAcked",
    "Receipt",
    "Retry",
    "Transport",
]

_RETRY_AFTER = (0.0, 60.0, 300.0)
"""Seconds between the tries of an event: at once, a minute, five minutes."""


class DeliveryKind(StrEnum):
    """The words are Socket Mode's."""

    COMMAND = "slash_commands"
    ACTION = "interactive"
    EVENT = "events_api"


@dataclass(frozen=True, slots=True)
class Retry:
    """number: 1 to 3; reason: why the try before it failed, in Slack's words."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Forgery:
    """HTTP only: a request that Slack did not send like this.

    age: seconds that its timestamp lies in the past (negative: ahead); timestamp: sent to the
    letter instead; signature: "bad" is the right form over another body.
    """

    age: float = 0.0
    timestamp: str | None = None
    signature: Literal["good", "bad", "none"] = "good"


HONEST = Forgery()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to bring. The same delivery may be brought several times."""

    kind: DeliveryKind
    payload: Mapping[str, Any] = field(repr=False)
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An ack. `body` is what the app said with it, as a message; empty if nothing."""

    body: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = None  # HTTP only


class NotAcked(Exception):
    """The app did not ack. `reason` is one of Slack's retry reasons: connection_failed, ..."""

    def __init__(self, reason: str, *, status: int | None = None, no_retry: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.no_retry = no_retry


class Transport(Protocol):
    """Sends one delivery and waits for its ack, for as long as it is let."""

    timeout_reason: str
    """Slack's word for an ack that did not come in time."""

    async def send(self, delivery: Delivery, forgery: Forgery) -> Answer:
        """Raises NotAcked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: how long the app took in real milliseconds, and what came of it.

    reason: why it is no ack; status: the HTTP status, if there was one.
    """

    acked: bool
    milliseconds: float
    reason: str = ""
    status: int | None = None
    no_retry: bool = False

    @property
    def timed_out(self) -> bool:
        """The app took longer than Slack waits."""
        return self.reason.endswith("timeout")

    @property
    def error(self) -> str:
        """Slack's name of the failure of a command or press; "" for an ack."""
        if self.acked:
            return ""
        return "operation_timeout" if self.timed_out else "dispatch_failed"


@dataclass(slots=True, kw_only=True, eq=False)
class Receipt:
    """What became of one thing a person did.

    shown: what only this person then sees (the app's answer in the ack, or Slack's complaint);
    error: Slack's name of the failure, "" if there is none; confirm: the dialog that was in the
    way of a press; message: the one that was written or pressed.
    """

    delivery: Delivery
    message: Message | None = None
    grant: Grant | None = None
    attempts: list[Attempt] = field(default_factory=list)
    shown: str = ""
    error: str = ""
    confirm: Mapping[str, Any] | None = None

    @property
    def sent(self) -> bool:
        """False if Slack, or the person in a dialog, kept it from the app."""
        return bool(self.attempts)

    @property
    def acked(self) -> bool:
        """By the last attempt."""
        return bool(self.attempts) and self.attempts[-1].acked

    @property
    def milliseconds(self) -> float:
        """How long the last attempt took, in real time."""
        return self.attempts[-1].milliseconds

    @property
    def status(self) -> int | None:
        """The HTTP status of the last attempt, if there was one."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def trigger_id(self) -> str:
        """Of a command or press."""
        return str(self.delivery.payload["trigger_id"])

    @property
    def response_url(self) -> str:
        """Of a command or press."""
        return str(self.delivery.payload["response_url"])

    @property
    def event_id(self) -> str:
        """Of an event."""
        return str(self.delivery.payload["event_id"])


class Courier:
    """Delivers with Slack's patience: three seconds, and more tries for events only."""

    def __init__(self, clock: Clock, feed: Feed, ack_seconds: float) -> None:
        self.ack_seconds = ack_seconds
        self._clock = clock
        self._feed = feed
        self._retrying: set[asyncio.Task[None]] = set()

    async def deliver(
        self, transport: Transport, receipt: Receipt, forgery: Forgery = HONEST
    ) -> Answer | None:
        """Try once and note it; an event goes on being tried behind the scenes, a forged one not.

        The first try is announced by who called: there is more to tell of it.
        """
        answer = await self._attempt(transport, receipt, receipt.delivery, forgery)
        retried = receipt.delivery.kind is DeliveryKind.EVENT and forgery == HONEST
        if retried and answer is None and not receipt.attempts[-1].no_retry:
            task = asyncio.create_task(self._retry(transport, receipt))
            self._retrying.add(task)
            task.add_done_callback(self._retrying.discard)
        return answer

    async def stop(self) -> None:
        """Try nothing again."""
        for task in self._retrying:
            task.cancel()
        await asyncio.gather(*self._retrying, return_exceptions=True)

    async def _retry(self, transport: Transport, receipt: Receipt) -> None:
        for number, delay in enumerate(_RETRY_AFTER, start=1):
            await self._clock.sleep(delay)
            retry = Retry(number, receipt.attempts[-1].reason)
            again = replace(receipt.delivery, retry=retry)
            await self._attempt(transport, receipt, again, HONEST)
            self._feed.announce(ChangeKind.DELIVERED, about=receipt)
            if receipt.acked or receipt.attempts[-1].no_retry:
                return

    async def _attempt(
        self, transport: Transport, receipt: Receipt, delivery: Delivery, forgery: Forgery
    ) -> Answer | None:
        started = time.perf_counter()
        outcome: Answer | NotAcked
        try:
            outcome = await within(self._clock, self.ack_seconds, transport.send(delivery, forgery))
        except TimeoutError:
            outcome = NotAcked(transport.timeout_reason)
        except NotAcked as not_acked:
            outcome = not_acked
        milliseconds = (time.perf_counter() - started) * 1000
        if isinstance(outcome, Answer):
            attempt = Attempt(acked=True, milliseconds=milliseconds, status=outcome.status)
        else:
            attempt = Attempt(
                acked=False,
                milliseconds=milliseconds,
                reason=outcome.reason,
                status=outcome.status,
                no_retry=outcome.no_retry,
            )
        receipt.attempts.append(attempt)
        return outcome if isinstance(outcome, Answer) else None
