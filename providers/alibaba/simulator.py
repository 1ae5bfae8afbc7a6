"""ApsaraVideo Live on loopback, as strict as the real one: see `providers.simulator`.

Signatures are checked on the bytes of the wire: the query as it came is decoded and made canonical
again, so that the vendor's SDKs, which write it in another way than we do, are understood as well.
"""

from __future__ import annotations

import hmac
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Self
from urllib.parse import parse_qsl

from providers.alibaba import auth
from providers.alibaba.relay import PROBE, RELAY
from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    Simulator,
    SimulatorFault,
    page_of,
)

__all__ = ["AlibabaSimulator"]

# The vendor's own words for a task's state (TaskStatus).
NOT_STARTED = "0"
RUNNING = "1"
STOPPED = "3"
EXITED = "-1"

_APIS = {operation.action: operation for operation in (*RELAY.operations, PROBE)}

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "RestartLivePullToPush": ("Region", "TaskId"),
    "DescribeLivePullToPushList": ("Region",),
}

_SEARCHED = ("TaskId", "TaskName", "DstUrl")
"""Parameters of the list that find every task in which they occur, and fields of `TaskInfo`."""

_TOLD_ONLY = {STOPPED: ("TaskInvalidReason",), EXITED: ("TaskExitReason", "TaskExitTime")}
"""State -> what is told of a task in this state, and in no other."""

_REFUSALS: Mapping[Incident, tuple[str, str, int]] = {
    Incident.THROTTLE: ("Throttling.User", "Request was denied due to user flow control.", 400),
    Incident.ARREARS: ("OperationDenied.Suspended", "Your account has an overdue payment.", 400),
    Incident.PERMISSION: (
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API doesn't support "
        "RAM.",
        403,
    ),
    Incident.WRONG_KEYS: (
        "InvalidAccessKeyId.NotFound",
        "Specified access key is not found.",
        404,
    ),
    Incident.INTERNAL: ("InternalError", "The request processing has failed.", 500),
}

_AUTHORIZATION = re.compile(
    rf"{auth.ALGORITHM} Credential=(?P<key>[^,\s]+),SignedHeaders=(?P<headers>[a-z0-9;-]+),"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an Authorization header says."""

    key: str
    headers: str
    signature: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises SimulatorFault."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise _incomplete()
        return cls(**found.groupdict())


class AlibabaSimulator(Simulator):
    """Takes every request in the V3 signature that the bot or the vendor's own SDK makes.

    recovery: seconds from a restart until the task runs again.
    """

    clock_skew = 900.0
    recovery: float = 4.0

    def __init__(self, *, now: Callable[[], float] = time, delay: float = 1.0) -> None:
        super().__init__(now=now, delay=delay)
        self._nonces: set[tuple[str, str]] = set()  # of each key, those that were accepted
        self._back_at: dict[str, float] = {}  # task id -> when it runs again

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this task; without a state it runs."""
        task.state = task.state or RUNNING
        super().add_task(task)

    def settle(self) -> None:
        """Bring the states of all tasks up to now: what was restarted long enough ago runs."""
        for task in self.tasks:
            if self._back_at.get(task.id, math.inf) <= self._now():
                task.state = RUNNING
                del self._back_at[task.id]

    # What the shared frame asks for

    def identify(self, request: Request) -> tuple[str, str, Mapping[str, object]]:
        """The action is in a header, the key in the signature, the parameters in the query."""
        action = request.headers.get("x-acs-action", "")
        return action, _Claim.of(request).key, dict(_query(request))

    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """ACS3-HMAC-SHA256: its time, its token, what it covers, itself, and its nonce."""
        claim = _Claim.of(request)
        headers = _covered(request, claim)
        self._check_time(headers.get("x-acs-date", ""))
        if headers.get("x-acs-security-token") != account.session_token:
            raise SimulatorFault(
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
                400,
            )
        if not hmac.compare_digest(claim.signature, _signature(request, headers, account)):
            raise SimulatorFault(
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation.",
                400,
            )
        nonce = (claim.key, headers["x-acs-signature-nonce"])
        if nonce in self._nonces:
            raise SimulatorFault(
                "SignatureNonceUsed", "Specified signature nonce was used already.", 400
            )
        self._nonces.add(nonce)

    def refusal(self, incident: Incident, action: str) -> SimulatorFault:  # noqa: ARG002  # of Simulator
        """In the vendor's codes and words."""
        return SimulatorFault(*_REFUSALS[incident])

    def quota(self, action: str) -> int:
        """Calls a second; 10 for every API of this family."""
        return _APIS[action].quota if action in _APIS else 10

    def act(self, action: str, parameters: Mapping[str, object], request: Request) -> object:
        """Check what the API demands, then list the tasks or change the one that is named."""
        _check_api(action, request)
        for name in _REQUIRED[action]:
            if not parameters.get(name):
                raise SimulatorFault(f"Missing{name}", f"{name} is mandatory for this action.", 400)
        if action == "DescribeLivePullToPushList":
            return self._list(parameters)
        self._restart(self._find(parameters))
        return {"TaskId": str(uuid.uuid4())}  # another one than was asked for, as on the page

    def envelope(
        self,
        action: str,  # noqa: ARG002  # other vendors repeat it in the answer
        request_id: str,
        outcome: object | SimulatorFault,
    ) -> tuple[int, object]:
        """Flat JSON; an error has its own HTTP status."""
        if isinstance(outcome, SimulatorFault):
            return outcome.status, {
                "RequestId": request_id,
                "HostId": "live.aliyuncs.com",
                "Code": outcome.code,
                "Message": outcome.message,
                "Recommend": f"https://api.aliyun.com/troubleshoot?q={outcome.code}",
            }
        body = outcome if isinstance(outcome, dict) else {}
        return 200, {"RequestId": request_id, **body}

    def new_request_id(self) -> str:
        """A UUID."""
        return str(uuid.uuid4())

    # Signature and tasks

    def _check_time(self, date: str) -> None:
        try:
            at = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            raise SimulatorFault(
                "InvalidTimeStamp.Format",
                "Specified time stamp or date value is not well formatted.",
                400,
            ) from None
        if not self.in_time(at):
            raise SimulatorFault(
                "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400
            )

    def _find(self, parameters: Mapping[str, object]) -> SimulatedTask:
        """A live center knows its own tasks only."""
        for task in self.kept(RELAY.name, str(parameters["Region"])):
            if task.id == parameters["TaskId"] and task.state != EXITED:
                return task
        raise SimulatorFault("CodeTaskNotExist", "Task does not exist.", 400)

    def _list(self, parameters: Mapping[str, object]) -> dict[str, object]:
        """A page of one live center's tasks, those that have ended included."""
        number = _number(parameters, "PageNumber", 1)
        size = _number(parameters, "PageSize", 10, most=100)
        wanted = [(name, str(parameters[name])) for name in _SEARCHED if name in parameters]
        found = [
            task
            for task in self.kept(RELAY.name, str(parameters["Region"]))
            if all(text in str(_info(task)[name]) for name, text in wanted)
        ]
        page, _ = page_of(found, number, size)
        return {
            "PageNumber": number,
            "PageSize": size,
            "Total": len(found),
            "TaskList": [_listed(task) for task in page],
        }

    def _restart(self, task: SimulatedTask) -> None:
        """Stopped at once, running after `recovery` seconds. Which code the vendor has for a task
        before its start is not published; this one is our guess."""
        if task.state == NOT_STARTED:
            raise SimulatorFault(
                "InvalidParam.CodeIllegalDuration", "The task has not reached its start time.", 400
            )
        task.state = STOPPED
        task.facts.pop("TaskInvalidReason", None)
        self._back_at.pop(task.id, None)
        if self._takes(Incident.NOT_BACK):
            task.facts["TaskInvalidReason"] = "PullStreamFailed"
        else:
            self._back_at[task.id] = self._now() + self.recovery


def _listed(task: SimulatedTask) -> dict[str, object]:
    usual = {
        "TaskId": task.id,
        "TaskStatus": int(task.state),
        "CurrentOffset": 0,
        "CurrentFileIndex": 0,
        "TaskInfo": _info(task),
    }
    only = _TOLD_ONLY.get(task.state, ())
    return task.told(usual) | {name: task.facts[name] for name in only if name in task.facts}


def _info(task: SimulatedTask) -> dict[str, object]:
    """How a task was set up."""
    return task.told(
        {
            "TaskId": task.id,
            "TaskName": task.name,
            "SourceType": "live",
            "SourceProtocol": "http-flv",
            "SourceUrls": ["https://pull.example.com/live/source.flv"],
            "DstUrl": f"rtmp://push.example.com/live/{task.id}",
            "StartTime": "2025-01-01T00:00:00Z",
            "EndTime": "2025-01-07T00:00:00Z",
            "RepeatNumber": 0,
            "RetryCount": 3,
            "RetryInterval": 60,
            "CallbackURL": "",
        }
    )


def _number(parameters: Mapping[str, object], name: str, usual: int, most: int = 2**31 - 1) -> int:
    """A parameter of the query that is a number. Raises SimulatorFault."""
    text = str(parameters.get(name, usual))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= most:
        raise SimulatorFault("InvalidParameter", f"The parameter {name} is not valid.", 400)
    return int(text)


def _query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(request.path.partition("?")[2], keep_blank_values=True)


def _covered(request: Request, claim: _Claim) -> dict[str, str]:
    """The headers that the signature covers. Raises SimulatorFault where one is missing."""
    names = claim.headers.split(";")
    must = {"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}
    must |= {"x-acs-content-sha256", *auth.signed_headers(request.headers)}
    if names != sorted(set(names)) or not must <= set(names) <= set(request.headers):
        raise _incomplete()
    headers = {name: request.headers[name].strip() for name in names}
    if not "".join((request.path, *headers.values())).isascii():
        raise _incomplete()
    return headers


def _signature(request: Request, headers: Mapping[str, str], account: SimulatedAccount) -> str:
    """What the signature of this request should be. The digest of the body is taken afresh."""
    hashed = auth.payload_hash(request.body)
    if headers["x-acs-content-sha256"] != hashed:
        return ""
    path = request.path.partition("?")[0]
    query = auth.canonical_query(_query(request))
    canonical = auth.canonical_request(request.method, path, query, headers, hashed)
    return auth.signature(account.access_key_secret, auth.string_to_sign(canonical))


def _check_api(action: str, request: Request) -> None:
    if action not in _APIS or request.path.partition("?")[0] != "/":
        raise SimulatorFault(
            "InvalidApi.NotFound",
            "Specified api is not found, please check your url and method.",
            404,
        )
    if request.headers["x-acs-version"] != _APIS[action].version:
        raise SimulatorFault("NoSuchVersion", "The specified version does not exist.", 400)
    if request.method != "GET":
        raise SimulatorFault("UnsupportedHTTPMethod", "This http method is not supported.", 405)


def _incomplete() -> SimulatorFault:
    return SimulatorFault(
        "IncompleteSignature", "The request signature does not conform to Aliyun standards.", 400
    )
