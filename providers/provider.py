"""What a vendor package gives to the shared code: one `Provider` value, named PROVIDER."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from providers.account import Account, Credentials
from providers.errors import FaultTable
from providers.operation import Kind, Operation, Parameters, Task
from providers.simulator import Simulator

__all__ = ["Answer", "Call", "Now", "Provider", "UnreadableAnswerError", "Wire"]

Now = Callable[[], float]
"""Seconds since the epoch, as the vendor sees them."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation on one task of one account, on behalf of one person.

    operator: who acts, for the vendor's own audit: short, ASCII, stable, as "slack:U123".
    more: parameters beside the operation's own, which win: the page of a list.
    """

    kind: Kind
    operation: Operation
    account: Account
    task: Task
    operator: str
    more: Parameters = field(default_factory=dict)

    @property
    def parameters(self) -> Parameters:
        """What goes to the vendor."""
        return {**self.operation.parameters(self.task, self.operator), **self.more}


@dataclass(frozen=True, slots=True)
class Answer:
    """A vendor's answer, out of its envelope. `code` is empty for a yes."""

    request_id: str = ""
    code: str = ""
    message: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


class UnreadableAnswerError(ValueError):
    """The body is not in the vendor's envelope. The text says what is missing, for the log.

    request_id: where there was one all the same; the vendor's support can find the call by it.
    """

    def __init__(self, says: str, request_id: str = "") -> None:
        super().__init__(says)
        self.request_id = request_id


class Wire(Protocol):
    """How one vendor writes requests and answers. Pure: it never sends."""

    def request(self, call: Call) -> httpx.Request:
        """The request without its signature, as `--dry-run` shows it."""
        ...

    def auth(self, call: Call, credentials: Credentials, now: Now) -> httpx.Auth:
        """What signs the request, at the moment that it is sent."""
        ...

    def read(self, status: int, body: object) -> Answer:
        """The answer in a decoded JSON body; the body decides, the status is only a hint.

        Raises UnreadableAnswerError.
        """
        ...

    def retry_after(self, headers: httpx.Headers) -> float | None:
        """Seconds to wait that a throttled answer asks for, where the vendor says so."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One vendor.

    title: its name for people. account: the model of its `[accounts.NAME]` tables.
    faults: service -> what its codes mean. simulator: a stand-in for its API, on loopback.
    probe: a harmless read at the first kind's service, to see whether the vendor takes a key.
    """

    name: str
    title: str
    account: type[Account]
    kinds: tuple[Kind, ...]
    wire: Wire
    faults: Mapping[str, FaultTable]
    simulator: Callable[[], Simulator]
    probe: Operation
