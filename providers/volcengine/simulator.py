"""Volcengine's live video on loopback, as strict as the real one: see `providers.simulator`.

Signatures are checked on the bytes of the wire: the query as it came is decoded and made canonical
again, so that the vendor's SDKs, which write it in another way than we do, are understood as well.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import parse_qsl

from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    Simulator,
    SimulatorFault,
    page_of,
)
from providers.volcengine import auth
from providers.volcengine.account import LIVE, VolcengineAccount
from providers.volcengine.record import PROBE, RECORD

__all__ = ["VolcengineSimulator"]

# The vendor's own words for a task's state.
NOT_STARTED = "未开始"
RECORDING = "生效中"
STOPPED = "停用"
ENDED = "已结束"

_APIS = {operation.action: operation for operation in (*RECORD.operations, PROBE)}

# Names and JSON types as on the vendor's pages. Written down apart from what the client sends,
# because this is what checks it.
_REQUIRED: Mapping[str, Mapping[str, type]] = {
    "StopPullRecordTask": {"TaskId": str},
    "ListPullRecordTask": {"PageNum": int, "PageSize": int},
}
_FILTERS = ("Vhost", "Domain", "App", "Stream")
"""Optional parameters of the list, and fields of what is listed."""
_OPTIONAL: Mapping[str, Mapping[str, type]] = {
    "ListPullRecordTask": dict.fromkeys(_FILTERS, str),
}

# Message, HTTP status and the vendor's number of a code, where it has published one.
_FAULTS: Mapping[str, tuple[str, int, int | None]] = {
    "AccessDenied": ("User is not authorized to perform this action.", 403, 100013),
    "AccountFlowLimitExceeded": (
        "Request speed exceeds the account flow control limit.",
        429,
        100027,
    ),
    "InternalError": (
        "an internal error occurred, please contact the administrator.",
        500,
        100014,
    ),
    "InvalidAccessKey": ("The access key is not valid.", 401, 100009),
    "InvalidActionOrVersion": ("Could not find operation for this action.", 404, 100008),
    "InvalidAuthorization": ("The Authorization header is malformed.", 400, None),
    "InvalidCredential": ("The credential scope is not valid.", 400, None),
    "InvalidParam": ("Request parameter error.", 400, None),
    "InvalidParam.BindError": (
        "Request parameter error, please check input data",
        400,
        None,
    ),
    "InvalidSecretToken": ("The security token is not valid.", 401, None),
    "InvalidTimestamp": ("The request time is out of range.", 400, 100006),
    "MethodNotAllowed": ("The method is not allowed.", 405, None),
    "MissingAuthenticationToken": ("The Authorization header is missing.", 401, 100003),
    "MissingParameter": ("The request is missing a required parameter.", 400, 100002),
    "RequestForbidden.BillingStatus": (
        "Billing status is not available for the AccountID, please activate the service or "
        "recharge.",
        403,
        None,
    ),
    "ResourceNotFound": ("The resource is not found.", 404, None),
    "SignatureDoesNotMatch": (
        "The request signature we calculated does not match the one you provided.",
        401,
        100010,
    ),
}

_REFUSALS: Mapping[Incident, str] = {
    Incident.THROTTLE: "AccountFlowLimitExceeded",
    Incident.ARREARS: "RequestForbidden.BillingStatus",
    Incident.PERMISSION: "AccessDenied",
    Incident.WRONG_KEYS: "InvalidAccessKey",
    Incident.INTERNAL: "InternalError",
}

_AUTHORIZATION = re.compile(
    rf"{auth.ALGORITHM} Credential=(?P<key>[^/,\s]+)/(?P<scope>(?P<date>[0-9]{{8}})"
    r"/[A-Za-z0-9-]+/(?P<service>[A-Za-z0-9_-]+)/request), SignedHeaders=(?P<headers>[a-z0-9;-]+), "
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an Authorization header says."""

    key: str
    scope: str
    date: str
    service: str
    headers: str
    signature: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises SimulatorFault."""
        header = request.headers.get("authorization")
        if header is None:
            raise _fault("MissingAuthenticationToken")
        found = _AUTHORIZATION.fullmatch(header)
        if found is None:
            raise _fault("InvalidAuthorization")
        return cls(**found.groupdict())


class VolcengineSimulator(Simulator):
    """Takes every request in the V4 signature that the bot or the vendor's own SDKs make."""

    clock_skew = 900.0

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this task; without a state it records."""
        task.state = task.state or RECORDING
        super().add_task(task)

    # What the shared frame asks for

    def identify(self, request: Request) -> tuple[str, str, Mapping[str, object]]:
        """The action is in the query, the key in the signature, the parameters in the body."""
        action = dict(_query(request)).get("Action", "")
        return action, _Claim.of(request).key, _parameters(request) or {}

    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """HMAC-SHA256 (V4): its time, its scope, its token, what it covers, and itself."""
        claim = _Claim.of(request)
        headers = _covered(request, claim)
        self._check_time(headers["x-date"])
        # Live video belongs to no region, so the scope may name any; but not another service.
        if claim.service != LIVE or claim.date != headers["x-date"][:8]:
            raise _fault("InvalidCredential")
        if headers.get("x-security-token") != account.session_token:
            raise _fault("InvalidSecretToken")
        if not hmac.compare_digest(claim.signature, _signature(request, claim, headers, account)):
            raise _fault("SignatureDoesNotMatch")

    def refusal(self, incident: Incident, action: str) -> SimulatorFault:  # noqa: ARG002  # of Simulator
        """In the vendor's codes and words."""
        return _fault(_REFUSALS[incident])

    def quota(self, action: str) -> int:
        """Calls a second; 50 as well for an API that is not simulated."""
        return _APIS[action].quota if action in _APIS else 50

    def act(self, action: str, parameters: Mapping[str, object], request: Request) -> object:
        """Check what the API demands, then list the recordings or end the one that is named."""
        _check_api(action, request)
        _check_parameters(action, request)
        if action == "ListPullRecordTask":
            return self._list(parameters)
        self._stop(str(parameters["TaskId"]))
        return None

    def envelope(
        self, action: str, request_id: str, outcome: object | SimulatorFault
    ) -> tuple[int, object]:
        """`ResponseMetadata`, and the `Result` of a read; this family's changes have none."""
        metadata: dict[str, object] = {
            "RequestId": request_id,
            "Action": action,
            "Version": _APIS[action].version if action in _APIS else "",
            "Service": LIVE,
            "Region": VolcengineAccount.default_region,
        }
        if not isinstance(outcome, SimulatorFault):
            result = {} if outcome is None else {"Result": outcome}
            return 200, {"ResponseMetadata": metadata, **result}
        error: dict[str, object] = {"Code": outcome.code, "Message": outcome.message}
        if (number := _FAULTS[outcome.code][2]) is not None:
            error["CodeN"] = number
        return outcome.status, {"ResponseMetadata": {**metadata, "Error": error}}

    def new_request_id(self) -> str:
        """The time and 19 hexadecimal digits, as on the vendor's pages."""
        at = datetime.fromtimestamp(self.now(), UTC)
        return f"{at:%Y%m%d%H%M%S}{secrets.token_hex(10)[:19].upper()}"

    def _check_time(self, date: str) -> None:
        try:
            at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            raise _fault("InvalidTimestamp") from None
        if not self.in_time(at):
            raise _fault("InvalidTimestamp")

    def _stop(self, task_id: str) -> None:
        """Which code the vendor has for a recording that had ended before is not published; here a
        second stop is accepted and changes nothing."""
        task = self.task(RECORD.name, task_id)
        if task is None:
            raise _fault("ResourceNotFound")
        task.state = {NOT_STARTED: STOPPED, RECORDING: ENDED}.get(task.state, task.state)

    def _list(self, parameters: Mapping[str, object]) -> dict[str, object]:
        """A page of the recordings, those that have ended included."""
        number = _number(parameters, "PageNum")
        size = _number(parameters, "PageSize", most=500)
        wanted = [(name, parameters[name]) for name in _FILTERS if parameters.get(name)]
        found = [
            task
            for task in self.kept(RECORD.name)
            if all(_listed(task)[name] == value for name, value in wanted)
        ]
        page, pages = page_of(found, number, size)
        return {
            "List": [_listed(task) for task in page],
            "Pagination": {
                "PageCur": number,
                "PageSize": size,
                "PageTotal": pages,
                "TotalCount": len(found),
            },
        }


def _listed(task: SimulatedTask) -> dict[str, object]:
    return task.told(
        {
            "TaskId": task.id,
            "StartTime": "2025-01-01T00:00:00Z",
            "EndTime": "2025-01-07T00:00:00Z",
            "Vhost": "push.example.com",
            "Domain": "push.example.com",
            "App": "live",
            "Stream": task.name or task.id,
            "Status": task.state,
        }
    )


def _number(parameters: Mapping[str, object], name: str, most: int = 2**31 - 1) -> int:
    value = parameters[name]
    if not isinstance(value, int) or not 1 <= value <= most:
        raise _fault("InvalidParam")
    return value


def _query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(request.path.partition("?")[2], keep_blank_values=True)


def _parameters(request: Request) -> dict[str, object] | None:
    """The body's JSON object; None where it is not one."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return None
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _covered(request: Request, claim: _Claim) -> dict[str, str]:
    """The headers that the signature covers. Raises SimulatorFault where one is missing."""
    names = claim.headers.split(";")
    present = auth.signed_headers(request.headers)
    must = {"host", "x-date"} | ({"x-content-sha256", "x-security-token"} & set(present))
    if names != sorted(set(names)) or not must <= set(names) <= set(present):
        raise _fault("InvalidAuthorization")
    headers = {name: present[name] for name in names}
    if not "".join((request.path, *headers.values())).isascii():
        raise _fault("InvalidAuthorization")
    return headers


def _signature(
    request: Request, claim: _Claim, headers: Mapping[str, str], account: SimulatedAccount
) -> str:
    """What the signature of this request should be. The digest of the body is taken afresh."""
    hashed = auth.payload_hash(request.body)
    if request.headers.get("x-content-sha256", hashed) != hashed:
        return ""
    path = request.path.partition("?")[0]
    query = auth.canonical_query(_query(request))
    canonical = auth.canonical_request(request.method, path, query, headers, hashed)
    to_sign = auth.string_to_sign(headers["x-date"], claim.scope, canonical)
    return auth.signature(auth.signing_key(account.access_key_secret, claim.scope), to_sign)


def _check_api(action: str, request: Request) -> None:
    version = dict(_query(request)).get("Version")
    if action not in _APIS or version != _APIS[action].version:
        raise _fault("InvalidActionOrVersion")
    if request.method != "POST":
        raise _fault("MethodNotAllowed")


def _check_parameters(action: str, request: Request) -> None:
    """Every required parameter, and the types of all known ones; others are not looked at."""
    parameters = _parameters(request)
    if parameters is None:
        raise _fault("InvalidParam.BindError")
    required = _REQUIRED[action]
    if not required.keys() <= parameters.keys():
        raise _fault("MissingParameter")
    for name, kind in {**required, **_OPTIONAL.get(action, {})}.items():
        if name in parameters and type(parameters[name]) is not kind:  # true is no integer
            raise _fault("InvalidParam.BindError")


def _fault(code: str) -> SimulatorFault:
    message, status, _ = _FAULTS[code]
    return SimulatorFault(code, message, status)
