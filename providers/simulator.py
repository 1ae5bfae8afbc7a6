"""What the vendors' simulators share: a vendor's API on loopback, as strict as the real one.

A simulator checks the signature and the clock, counts calls in every sliding second, keeps tasks
with states, answers in the vendor's envelope, and plays incidents on request. It is a product of
its own: use it to rehearse an incident, or to test another tool against the vendor's protocol.

    simulator = discover().providers["tencent"].simulator()
    simulator.add_account("AKIDEXAMPLE", "examplesecret")
    simulator.add_task(SimulatedTask(kind="pull", id="123", region="ap-guangzhou"))
    async with simulator:
        ...  # call simulator.url
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import StrEnum
from typing import Self

from aiohttp import web

__all__ = [
    "Incident",
    "Request",
    "Seen",
    "SimulatedAccount",
    "SimulatedTask",
    "Simulator",
    "SimulatorFault",
    "page_of",
]

_READS = ("Describe", "Get", "List")
"""How all vendors' names of actions begin that only read."""

_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class Incident(StrEnum):
    """What can be played. Each stays until it is cleared; or until it has been played on so many
    changes, and then reads are spared. (Clock and wrong keys meet every request.)"""

    THROTTLE = "throttle"
    ARREARS = "arrears"
    PERMISSION = "permission"
    WRONG_KEYS = "wrong-keys"
    # The vendor's clock is five minutes further ahead of ours than it allows. Counted by the
    # signatures that are refused for it.
    CLOCK = "clock"
    INTERNAL = "internal"  # the vendor's own internal error, after it acted
    SLOW = "slow"  # answers after `delay` seconds
    HANG = "hang"  # acts, and never answers
    DROP = "drop"  # acts, and drops the connection
    GATEWAY = "gateway"  # acts, and a gateway's HTML page answers
    NOT_BACK = "not-back"  # a restarted task does not come back


@dataclass(frozen=True, slots=True)
class SimulatedAccount:
    """A key that the simulator accepts."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(slots=True, kw_only=True)
class SimulatedTask:
    """A task at the vendor. `state` is the vendor's own word; `facts` whatever else it tells.

    dead_source: what it pulls does not play, so once it was restarted it does not come back.
    """

    kind: str
    id: str
    region: str = ""
    app: int | None = None
    state: str = ""
    name: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    dead_source: bool = False

    def told(self, usual: Mapping[str, object]) -> dict[str, object]:
        """The vendor's fields of such a task; where `facts` has one of them, as it is there."""
        return {name: self.facts.get(name, value) for name, value in usual.items()}


@dataclass(frozen=True, slots=True)
class Request:
    """One request exactly as it came over the wire."""

    method: str
    path: str  # with the query, not decoded
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(slots=True)
class Seen:
    """One request in the simulator's book. `at` is in seconds of the monotonic clock."""

    at: float
    action: str
    parameters: Mapping[str, object]
    request_id: str
    access_key_id: str = ""
    verdict: str = "ok"  # or the error code that was answered
    in_last_second: int = 0  # calls of this key and action, this one included
    lost: Incident | None = None  # what kept the answer from the caller


class SimulatorFault(Exception):
    """The vendor's answer is an error: its code, words and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


class Simulator(ABC):
    """The frame; a vendor fills in how it names the action, checks, acts and answers."""

    clock_skew: float = 300.0
    """How far off a signature's time may be, in seconds."""

    recovery: float = 4.0
    """Seconds from a restart or a start until the task runs."""

    def __init__(self, *, now: Callable[[], float] = time.time, delay: float = 1.0) -> None:
        self.accounts: dict[str, SimulatedAccount] = {}
        self.tasks: list[SimulatedTask] = []
        self.requests: list[Seen] = []
        self.incidents: dict[Incident, int | None] = {}
        self.delay = delay
        self._now = now
        self._arrivals: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._runner: web.AppRunner | None = None
        self._hanging = asyncio.Event()
        self.url = ""

    # What a person sets up and plays

    def add_account(
        self, access_key_id: str, access_key_secret: str, session_token: str | None = None
    ) -> None:
        """Accept this key from now on."""
        self.accounts[access_key_id] = SimulatedAccount(
            access_key_id, access_key_secret, session_token
        )

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this task."""
        self.tasks.append(task)

    def task(self, kind: str, task_id: str) -> SimulatedTask | None:
        """The task by its exact id, with its state as of now; or None."""
        return next((task for task in self.kept(kind) if task.id == task_id), None)

    def kept(self, kind: str, region: str | None = None) -> list[SimulatedTask]:
        """The tasks of a kind, with their states as of now. With a region only those that are in
        it; a task that was added without one is in every region."""
        self.settle()
        return [
            task
            for task in self.tasks
            if task.kind == kind and (region is None or task.region in ("", region))
        ]

    def settle(self) -> None:  # noqa: B027  # not every vendor's tasks move with the clock
        """Bring the states of all tasks up to now."""

    def play(self, incident: Incident, times: int | None = None) -> None:
        """Play an incident on the next `times` changes (None: on everything, until `clear`)."""
        self.incidents[incident] = times

    def clear(self) -> None:
        """End every incident."""
        self.incidents.clear()

    def now(self) -> float:
        """The vendor's clock, in seconds since the epoch."""
        ahead = self.clock_skew + 300.0 if Incident.CLOCK in self.incidents else 0.0
        return self._now() + ahead

    def in_time(self, signed_at: float) -> bool:
        """Whether the vendor takes a signature of this time, in seconds since the epoch.

        A refusal counts the clock incident down before its answer is dated, so that whoever signs
        again by the answer's Date is accepted.
        """
        if abs(self.now() - signed_at) <= self.clock_skew:
            return True
        self._takes(Incident.CLOCK)
        return False

    # What a vendor fills in

    @abstractmethod
    def identify(self, request: Request) -> tuple[str, str, Mapping[str, object]]:
        """The action, the access key id and the parameters, before anything is believed.

        Raises SimulatorFault.
        """

    @abstractmethod
    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """Refuse a signature that is wrong or out of time. Raises SimulatorFault."""

    @abstractmethod
    def refusal(self, incident: Incident, action: str) -> SimulatorFault:
        """The vendor's answer to throttle, arrears, permission, wrong-keys and internal."""

    @abstractmethod
    def quota(self, action: str) -> int:
        """Calls a second of one key for this action."""

    @abstractmethod
    def act(self, action: str, parameters: Mapping[str, object], request: Request) -> object:
        """Carry it out; what comes back goes into the envelope. Raises SimulatorFault."""

    @abstractmethod
    def envelope(
        self, action: str, request_id: str, outcome: object | SimulatorFault
    ) -> tuple[int, object]:
        """HTTP status and JSON body of an answer."""

    @abstractmethod
    def new_request_id(self) -> str:
        """A RequestId in the vendor's form."""

    # The server

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; `url` says where. Port 0 takes a free one."""
        app = web.Application(client_max_size=10 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        bound: tuple[str, int] = self._runner.addresses[0]
        self.url = f"http://127.0.0.1:{bound[1]}"

    async def stop(self) -> None:
        """Stop listening and let go of hanging requests."""
        self._hanging.set()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _handle(self, incoming: web.Request) -> web.StreamResponse:
        request = Request(
            incoming.method,
            incoming.raw_path,
            {name.lower(): value for name, value in incoming.headers.items()},
            await incoming.read(),
        )
        request_id = self.new_request_id()
        if self._takes(Incident.SLOW, self._action_of(request)):
            await asyncio.sleep(self.delay)
        action, outcome = self._outcome(request, request_id)
        lost = None if isinstance(outcome, SimulatorFault) else self._loses_answer(action)
        self.requests[-1].lost = lost  # nothing was awaited, so it is this request
        if lost is Incident.HANG:
            await self._hanging.wait()
        if lost is Incident.DROP and incoming.transport is not None:
            incoming.transport.abort()
        if lost is Incident.GATEWAY:
            return web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")
        status, body = self.envelope(action, request_id, outcome)
        return web.Response(
            status=status,
            body=json.dumps(body).encode(),
            content_type="application/json",  # no charset: some SDKs compare it to the letter
            headers={"Date": formatdate(self.now(), usegmt=True)},  # clients set their clock by it
        )

    def _outcome(self, request: Request, request_id: str) -> tuple[str, object]:
        seen = Seen(time.monotonic(), "", {}, request_id)
        self.requests.append(seen)
        try:
            seen.action, seen.access_key_id, seen.parameters = self.identify(request)
            return seen.action, self._believe_and_act(request, seen)
        except SimulatorFault as fault:
            seen.verdict = fault.code
            return seen.action, fault

    def _believe_and_act(self, request: Request, seen: Seen) -> object:
        account = self.accounts.get(seen.access_key_id)
        if account is None or self._takes(Incident.WRONG_KEYS):
            raise self.refusal(Incident.WRONG_KEYS, seen.action)
        self.check_signature(request, account)
        self._count(seen)
        for incident in (Incident.THROTTLE, Incident.PERMISSION, Incident.ARREARS):
            if self._takes(incident, seen.action):
                raise self.refusal(incident, seen.action)
        outcome = self.act(seen.action, seen.parameters, request)
        if self._takes(Incident.INTERNAL, seen.action):
            raise self.refusal(Incident.INTERNAL, seen.action)
        return outcome

    def _action_of(self, request: Request) -> str:
        try:
            return self.identify(request)[0]
        except SimulatorFault:
            return ""

    def _stays_down(self, task: SimulatedTask) -> bool:
        """Whether a task that is restarted or started now does not come back."""
        return task.dead_source or self._takes(Incident.NOT_BACK)

    def _count(self, seen: Seen) -> None:
        """Refused calls count as well, as at the real vendors."""
        arrivals = self._arrivals[seen.access_key_id, seen.action]
        arrivals.append(seen.at)
        while arrivals[0] <= seen.at - 1.0:
            arrivals.popleft()
        seen.in_last_second = len(arrivals)
        if len(arrivals) > self.quota(seen.action):
            raise self.refusal(Incident.THROTTLE, seen.action)

    def _loses_answer(self, action: str) -> Incident | None:
        """The incident that keeps the next answer from the caller."""
        ways = (Incident.HANG, Incident.DROP, Incident.GATEWAY)
        return next((way for way in ways if self._takes(way, action)), None)

    def _takes(self, incident: Incident, action: str = "") -> bool:
        """True if the incident is on for this action; counts it down."""
        if incident not in self.incidents:
            return False
        left = self.incidents[incident]
        if left is not None:
            if action.startswith(_READS):
                return False
            if left <= 1:
                del self.incidents[incident]
            else:
                self.incidents[incident] = left - 1
        return True


def page_of(
    tasks: Sequence[SimulatedTask], number: int, size: int
) -> tuple[Sequence[SimulatedTask], int]:
    """One page of a list, counted from 1, and how many pages there are."""
    return tasks[(number - 1) * size : number * size], math.ceil(len(tasks) / size)
