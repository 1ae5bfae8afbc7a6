"""Tencent Cloud on loopback: live pull tasks and TRTC stream ingest, at one address.

The signature is checked here from the specification, with nothing shared with `auth.py`, so that
a fault in one of them is seen by the other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from providers.operation import Kind, Operation
from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    Simulator,
    SimulatorFault,
    page_of,
)
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PROBE, PULL

__all__ = ["TencentSimulator"]

# The vendor's own words for a task's state.
ACTIVE = "active"
INACTIVE = "inactive"
PAUSED = "pause"
IN_PROGRESS = "InProgress"
NOT_EXIST = "NotExist"

_BACK_AT = "back_at"
"""Fact of a restarted task: when it is active again, in seconds since the epoch."""

_FIRST_STATE = {PULL.name: ACTIVE, INGEST.name: IN_PROGRESS}

_APIS: Mapping[str, tuple[Kind, Operation]] = {
    operation.action: (kind, operation)
    for kind, operations in ((PULL, (*PULL.operations, PROBE)), (INGEST, INGEST.operations))
    for operation in operations
}

# Names and JSON types as on the vendor's pages. Written down apart from what the client sends,
# because this is what checks it.
_REQUIRED: Mapping[str, Mapping[str, type]] = {
    "RestartLivePullStreamTask": {"TaskId": str, "Operator": str},
    "DeleteLivePullStreamTask": {"TaskId": str, "Operator": str},
    "StopStreamIngest": {"SdkAppId": int, "TaskId": str},
    "DescribeLivePullStreamTasks": {},
}
_OPTIONAL: Mapping[str, Mapping[str, type]] = {
    "DeleteLivePullStreamTask": {"SpecifyTaskId": str},
    "DescribeLivePullStreamTasks": {
        "TaskId": str,
        "SpecifyTaskId": str,
        "PageNum": int,
        "PageSize": int,
    },
}

_TASK_LIMIT = 200
"""Pull tasks that one account may have (China's; 20 elsewhere). Told, not enforced."""

_SLOWER = (
    "Your current request times equals to `{times}` in a second, which exceeds the frequency limit "
    "`{limit}` for a second. Please reduce the frequency of calls."
)
_REFUSALS: Mapping[Incident, tuple[str, str]] = {
    Incident.ARREARS: (
        "ResourceNotFound.StopService",
        "The service has been suspended due to account arrears. Please top up it to a positive "
        "balance to activate the service first.",
    ),
    Incident.PERMISSION: (
        "UnauthorizedOperation",
        "You are not authorized to perform operation ({action}).",
    ),
    Incident.WRONG_KEYS: (
        "AuthFailure.SecretIdNotFound",
        "The SecretId is not found, please ensure that your SecretId is correct.",
    ),
    Incident.INTERNAL: ("InternalError", "Internal error."),
}

_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{4}-\d\d-\d\d)/(?P<service>[a-z]+)"
    r"/tc3_request, SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an Authorization header says."""

    key: str
    date: str
    service: str
    headers: str
    signature: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises SimulatorFault."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise SimulatorFault(
                "AuthFailure.InvalidAuthorization",
                "The `Authorization` in request header is invalid.",
            )
        return cls(**found.groupdict())


class TencentSimulator(Simulator):
    """Takes every signed POST of API 3.0 that the bot or the vendor's own SDKs make.

    recovery: seconds from a restart until the task is active again.
    """

    recovery: float = 4.0

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this task; without a state it runs."""
        task.state = task.state or _FIRST_STATE[task.kind]
        super().add_task(task)

    def settle(self) -> None:
        """Bring the states of all tasks up to now: what was restarted long enough ago is active."""
        for task in self.tasks:
            back_at = task.facts.get(_BACK_AT)
            if isinstance(back_at, float) and self._now() >= back_at:
                task.state = ACTIVE
                del task.facts[_BACK_AT]

    # What the shared frame asks for

    def identify(self, request: Request) -> tuple[str, str, Mapping[str, object]]:
        """The action is in a header, the key in the signature, the parameters in the body."""
        return (
            request.headers.get("x-tc-action", ""),
            _Claim.of(request).key,
            _parameters(request) or {},
        )

    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """TC3-HMAC-SHA256 over the bytes of the wire, its clock, its service and its token."""
        kind, _ = _api(request)
        claim = _Claim.of(request)
        timestamp = request.headers.get("x-tc-timestamp", "")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp):
            raise _missing("Timestamp")
        if not self.in_time(int(timestamp)):
            raise SimulatorFault(
                "AuthFailure.SignatureExpire",
                "The provided credentials are expired: the timestamp is more than 5 minutes off.",
            )
        if request.headers.get("x-tc-token") != account.session_token:
            raise SimulatorFault("AuthFailure.TokenFailure", "Token verification failed.")
        today = f"{datetime.fromtimestamp(int(timestamp), UTC):%Y-%m-%d}"
        right = (
            claim.service == kind.service
            and claim.date == today
            and {"content-type", "host"} <= set(claim.headers.split(";")) <= set(request.headers)
            and hmac.compare_digest(claim.signature, _signature(request, claim, account))
        )
        if not right:
            raise SimulatorFault(
                "AuthFailure.SignatureFailure",
                "The provided credentials could not be validated. Please check your signature "
                "is correct.",
            )

    def refusal(self, incident: Incident, action: str) -> SimulatorFault:
        """In the vendor's codes and words."""
        if incident is Incident.THROTTLE:
            limit = self.quota(action)
            times = max(self.requests[-1].in_last_second, limit + 1)
            return SimulatorFault("RequestLimitExceeded", _SLOWER.format(times=times, limit=limit))
        if incident is Incident.ARREARS and action == "StopStreamIngest":
            # TRTC has no arrears code; this one says that the account's package does not cover it.
            return SimulatorFault("FailedOperation.NotAbility", "The ability is not unlocked.")
        code, message = _REFUSALS[incident]
        return SimulatorFault(code, message.format(action=action))

    def quota(self, action: str) -> int:
        """Calls a second; 20 is Tencent's default."""
        return _APIS[action][1].quota if action in _APIS else 20

    def act(self, action: str, parameters: Mapping[str, object], request: Request) -> object:
        """Check what the API demands, then list the tasks or change the one that is named."""
        kind, operation = _api(request)
        _check_headers(request, operation)
        _check_parameters(request, kind, operation)
        region = request.headers["x-tc-region"]
        if action == "DescribeLivePullStreamTasks":
            return self._list(parameters, region)
        task = self._find(kind, parameters, region)
        match action:
            case "RestartLivePullStreamTask":
                self._restart(task)
            case "DeleteLivePullStreamTask":
                self.tasks.remove(task)
            case "StopStreamIngest":
                _stop(task)
        return {}

    def envelope(
        self,
        action: str,  # noqa: ARG002  # other vendors repeat it in the answer
        request_id: str,
        outcome: object | SimulatorFault,
    ) -> tuple[int, object]:
        """HTTP 200 always, for errors too."""
        response: dict[str, object] = {}
        if isinstance(outcome, SimulatorFault):
            response["Error"] = {"Code": outcome.code, "Message": outcome.message}
        elif isinstance(outcome, dict):
            response |= outcome
        return 200, {"Response": response | {"RequestId": request_id}}

    def new_request_id(self) -> str:
        """A UUID."""
        return str(uuid.uuid4())

    # Tasks

    def _find(self, kind: Kind, parameters: Mapping[str, object], region: str) -> SimulatedTask:
        for task in self.kept(kind.name, region):
            if task.id == parameters["TaskId"]:
                if kind is INGEST and task.app not in (None, parameters["SdkAppId"]):
                    raise SimulatorFault("InvalidParameter.SdkAppId", "SdkAppId is incorrect.")
                return task
        if kind is PULL:
            raise SimulatorFault("InvalidParameter.TaskNotExist", "The task does not exist.")
        raise SimulatorFault("InvalidParameter.TaskId", "TaskId parameter error.")

    def _list(self, parameters: Mapping[str, object], region: str) -> dict[str, object]:
        """A page of the pull tasks. No task here was made under an id of its maker's choice, so
        SpecifyTaskId finds none."""
        number = _number(parameters, "PageNum", 1)
        size = _number(parameters, "PageSize", 10, most=20)
        wanted = parameters.get("TaskId")
        found = [
            task
            for task in self.kept(PULL.name, region)
            if wanted in (None, "", task.id) and not parameters.get("SpecifyTaskId")
        ]
        page, pages = page_of(found, number, size)
        return {
            "TaskInfos": [_info(task) for task in page],
            "PageNum": number,
            "PageSize": size,
            "TotalNum": len(found),
            "TotalPage": pages,
            "LimitTaskNum": _TASK_LIMIT,
        }

    def _restart(self, task: SimulatedTask) -> None:
        if task.state not in (ACTIVE, INACTIVE):
            return  # what the vendor makes of a paused task is not published
        task.state = INACTIVE
        task.facts.pop(_BACK_AT, None)
        if not self._takes(Incident.NOT_BACK):
            task.facts[_BACK_AT] = self._now() + self.recovery


def _stop(task: SimulatedTask) -> None:
    if task.state == NOT_EXIST:
        raise SimulatorFault(
            "FailedOperation.TaskFinished", "Task has ended when calling the interface."
        )
    task.state = NOT_EXIST


def _info(task: SimulatedTask) -> dict[str, object]:
    """A task as it is listed. Whether it runs is not in the list, only whether it is paused."""
    return task.told(
        {
            "TaskId": task.id,
            "SourceType": "PullLivePushLive",
            "SourceUrls": ["https://pull.example.com/live/source.flv"],
            "DomainName": "push.example.com",
            "AppName": "live",
            "StreamName": task.name or task.id,
            "PushArgs": "",
            "StartTime": "2025-01-01T00:00:00Z",
            "EndTime": "2025-01-07T00:00:00Z",
            "Region": task.region,
            "VodLoopTimes": 0,
            "VodRefreshType": "",
            "CreateTime": "2025-01-01T00:00:00Z",
            "UpdateTime": "2025-01-01T00:00:00Z",
            "CreateBy": "admin",
            "UpdateBy": "admin",
            "CallbackUrl": "",
            "CallbackEvents": [],
            "Status": "pause" if task.state == PAUSED else "enable",
            "Comment": task.name,
        }
    )


def _number(parameters: Mapping[str, object], name: str, usual: int, most: int = 2**31 - 1) -> int:
    value = parameters.get(name, usual)
    if not isinstance(value, int) or not 1 <= value <= most:
        raise SimulatorFault("InvalidParameterValue", f"The value of `{name}` is not valid.")
    return value


def _api(request: Request) -> tuple[Kind, Operation]:
    """Raises SimulatorFault."""
    action = request.headers.get("x-tc-action", "")
    if action not in _APIS:
        raise SimulatorFault("InvalidAction", f"The request action=`{action}` is invalid.")
    return _APIS[action]


def _signature(request: Request, claim: _Claim, account: SimulatedAccount) -> str:
    """What the signature of this request should be."""

    def keyed(key: bytes, text: str) -> bytes:
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    names = claim.headers.split(";")
    lines = [request.method, "/", request.path.partition("?")[2]]
    lines += [f"{name}:{request.headers[name]}" for name in names]
    lines += ["", claim.headers, hashlib.sha256(request.body).hexdigest()]
    canonical = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    day = keyed(b"TC3" + account.access_key_secret.encode(), claim.date)
    key = keyed(keyed(day, claim.service), "tc3_request")
    scope = f"{claim.date}/{claim.service}/tc3_request"
    timestamp = request.headers["x-tc-timestamp"]
    return keyed(key, f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{canonical}").hex()


def _parameters(request: Request) -> dict[str, object] | None:
    """The body's JSON object; None where it is not one."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _check_headers(request: Request, operation: Operation) -> None:
    if request.method != "POST" or request.path != "/":
        raise SimulatorFault("UnsupportedProtocol", "Only POST to / is simulated.")
    if request.headers["content-type"] != "application/json":
        raise SimulatorFault("InvalidRequest", "The content-type is not application/json.")
    if request.headers.get("x-tc-version") != operation.version:
        raise SimulatorFault("NoSuchVersion", "The API version does not exist.")
    if not request.headers.get("x-tc-region"):
        raise _missing("Region")


def _check_parameters(request: Request, kind: Kind, operation: Operation) -> None:
    parameters = _parameters(request)
    if parameters is None:
        code = "InvalidParameter" if kind is PULL else "InvalidParameter.BodyParamsError"
        raise SimulatorFault(code, "Failed to parse body parameters.")
    required = _REQUIRED[operation.action]
    known = {**required, **_OPTIONAL.get(operation.action, {})}
    for name in required:
        if name not in parameters:
            raise _missing(name)
    for name, value in parameters.items():
        if name not in known:
            raise SimulatorFault("UnknownParameter", f"The parameter `{name}` is not recognized.")
        if type(value) is not known[name]:  # to the letter: true is no integer, "1" neither
            raise SimulatorFault("InvalidParameter", f"The type of `{name}` is not valid.")


def _missing(name: str) -> SimulatorFault:
    return SimulatorFault(
        "MissingParameter", f"The request is missing a required parameter `{name}`."
    )
