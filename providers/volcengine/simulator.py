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
)
from providers.volcengine import auth
from providers.volcengine.account import LIVE, VolcengineAccount
from providers.volcengine.record import RECORD

__all__ = ["VolcengineSimulator"]

# The vendor's own words for a task's state.
NOT_STARTED = "未开始"
RECORDING = "生效中"
STOPPED = "停用"
ENDED = "已结束"

_APIS = {operation.action: operation for operation in RECORD.operations}

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
    "InvalidParam.BindError": (
        "Request parameter error, please check input data",
        400,
        None,
    ),
    "InvalidSecretToken": ("The security token is not valid.", 401, None),
    "InvalidTimestamp": ("The request time is out of range.", 400, 100006),
    "MethodNotAllowed": ("The method is not allowed.", 405, None),
    "MissingAuthenticationToken": ("The Authorization header is missing.", 401, 100003),
    "MissingParameter": ("The request is missing TaskId.", 400, 100002),
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
        """Check what the API demands, then end the recording.

        Which code the vendor has for a recording that had ended before is not published; here a
        second stop is accepted and changes nothing.
        """
        _check_api(action, request)
        if _parameters(request) is None:
            raise _fault("InvalidParam.BindError")
        if "TaskId" not in parameters:
            raise _fault("MissingParameter")
        if not isinstance(parameters["TaskId"], str):
            raise _fault("InvalidParam.BindError")
        task = self.task(RECORD.name, parameters["TaskId"])
        if task is None:
            raise _fault("ResourceNotFound")
        task.state = {NOT_STARTED: STOPPED, RECORDING: ENDED}.get(task.state, task.state)
        return None

    def envelope(
        self, action: str, request_id: str, outcome: object | SimulatorFault
    ) -> tuple[int, object]:
        """`ResponseMetadata`; this family's changes have no `Result`."""
        metadata: dict[str, object] = {
            "RequestId": request_id,
            "Action": action,
            "Version": _APIS[action].version if action in _APIS else "",
            "Service": LIVE,
            "Region": VolcengineAccount.default_region,
        }
        if not isinstance(outcome, SimulatorFault):
            return 200, {"ResponseMetadata": metadata}
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
        if abs(self.now() - at) > self.clock_skew:
            raise _fault("InvalidTimestamp")


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


def _fault(code: str) -> SimulatorFault:
    message, status, _ = _FAULTS[code]
    return SimulatorFault(code, message, status)
