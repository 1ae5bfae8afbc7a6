"""Volcengine's live video on loopback, as strict as the real one: see `providers.simulator`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from providers.operation import Kind
from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    Simulator,
    SimulatorFault,
)
from providers.volcengine.account import LIVE, VolcengineAccount
from providers.volcengine.record import RECORD
from providers.volcengine.relay import GROUPED, RELAY
from providers.volcengine.simulated_faults import REFUSALS, code_number, fault
from providers.volcengine.simulated_signature import Claim, query_of
from providers.volcengine.simulated_tasks import (
    NAMED_FILTERS,
    number_in,
    paged,
    recording,
    recordings,
    relay,
    relays,
)
from providers.volcengine.words import ENDED, NOT_STARTED, RUNNING, STOPPED

__all__ = ["VolcengineSimulator"]

_APIS = {
    operation.action: (kind, operation) for kind in (RECORD, RELAY) for operation in kind.operations
}

# Names and JSON types as on the vendor's pages. Written down apart from what the client sends,
# because this is what checks it.
_Types = Mapping[str, type]
_REQUIRED: Mapping[str, _Types] = {
    "GetPullRecordTask": {"TaskID": str},
    "StopPullRecordTask": {"TaskId": str},
    "ListPullRecordTask": {"PageNum": int, "PageSize": int},
    "StopPullToPushTask": {"TaskId": str},
    "ContinuePullToPushTask": {"TaskId": str},
    "DeletePullToPushTask": {"TaskId": str},
    "ListPullToPushTaskV2": {},
}
_OPTIONAL: Mapping[str, _Types] = {
    "ListPullRecordTask": dict.fromkeys(NAMED_FILTERS, str),
    "ListPullToPushTaskV2": {"Page": int, "Size": int, "Title": str, "GroupNames": list},
    **{action: {"GroupName": str} for action in GROUPED},
}

_BACK_AT = "back_at"
"""Fact of a started task: when it runs again, in seconds since the epoch."""


class VolcengineSimulator(Simulator):
    """Takes every request in the V4 signature that the bot or the vendor's own SDKs make.

    nested: one recording is told in Result.TaskDetail, as the vendor's SDKs read it, and not in
        Result itself, as on the vendor's page.
    sub_accounts: the keys are those of sub-accounts, which have to name a relay's group.
    """

    clock_skew = 900.0
    nested: bool = False
    sub_accounts: bool = False

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this task; without a state it runs."""
        task.state = task.state or RUNNING
        super().add_task(task)

    def settle(self) -> None:
        """Bring the states of all tasks up to now: what was started long enough ago runs."""
        for task in self.tasks:
            back_at = task.facts.get(_BACK_AT)
            if isinstance(back_at, float) and self._now() >= back_at:
                task.state = RUNNING if task.state == STOPPED else task.state
                del task.facts[_BACK_AT]

    # What the shared frame asks for

    def identify(self, request: Request) -> tuple[str, str, Mapping[str, object]]:
        """The action is in the query, the key in the signature, the parameters in the body."""
        action = dict(query_of(request)).get("Action", "")
        return action, Claim.of(request).key, _parameters(request) or {}

    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """HMAC-SHA256 (V4): what it covers, its time, its scope, its token, and itself."""
        claim = Claim.of(request)
        headers = claim.covered(request)
        if not self.in_time(claim.signed_at(headers)):
            raise fault("InvalidTimestamp")
        claim.check(request, headers, account)

    def refusal(self, incident: Incident, action: str) -> SimulatorFault:  # noqa: ARG002  # of Simulator
        """In the vendor's codes and words."""
        return fault(REFUSALS[incident])

    def quota(self, action: str) -> int:
        """Calls a second; 50 as well for an API that is not simulated."""
        return _APIS[action][1].quota if action in _APIS else 50

    def act(self, action: str, parameters: Mapping[str, object], request: Request) -> object:
        """Check what the API demands, then list the tasks, or tell or change the one named."""
        _check_api(action, request)
        _check_parameters(action, request)
        match action:
            case "ListPullRecordTask":
                page = _page(parameters, "PageNum", "PageSize")
                return paged(recordings(self.kept(RECORD.name), parameters), recording, *page)
            case "ListPullToPushTaskV2":
                page = _page(parameters, "Page", "Size")
                return paged(relays(self.kept(RELAY.name), parameters), relay, *page)
            case "GetPullRecordTask":
                told = recording(self._find(RECORD, parameters["TaskID"]))
                return {"TaskDetail": told} if self.nested else told
        self._change(action, parameters)
        return None

    def envelope(
        self, action: str, request_id: str, outcome: object | SimulatorFault
    ) -> tuple[int, object]:
        """`ResponseMetadata`, and the `Result` of a read; this family's changes have none."""
        metadata: dict[str, object] = {
            "RequestId": request_id,
            "Action": action,
            "Version": _APIS[action][1].version if action in _APIS else "",
            "Service": LIVE,
            "Region": VolcengineAccount.default_region,
        }
        if not isinstance(outcome, SimulatorFault):
            result = {} if outcome is None else {"Result": outcome}
            return 200, {"ResponseMetadata": metadata, **result}
        error: dict[str, object] = {"Code": outcome.code, "Message": outcome.message}
        if (number := code_number(outcome.code)) is not None:
            error["CodeN"] = number
        return outcome.status, {"ResponseMetadata": {**metadata, "Error": error}}

    def new_request_id(self) -> str:
        """The time and 19 hexadecimal digits, as on the vendor's pages."""
        at = datetime.fromtimestamp(self.now(), UTC)
        return f"{at:%Y%m%d%H%M%S}{secrets.token_hex(10)[:19].upper()}"

    # Tasks

    def _find(self, kind: Kind, task_id: object) -> SimulatedTask:
        task = self.task(kind.name, str(task_id))
        if task is None:
            raise fault("ResourceNotFound")
        return task

    def _change(self, action: str, parameters: Mapping[str, object]) -> None:
        """Which code the vendor has for a task that was so before is not published; here a second
        stop or start is accepted and changes nothing."""
        task = self._find(_APIS[action][0], parameters["TaskId"])
        if action in GROUPED:
            self._check_group(task, parameters)
        match action:
            case "StopPullRecordTask":
                task.state = {NOT_STARTED: STOPPED, RUNNING: ENDED}.get(task.state, task.state)
            case "StopPullToPushTask":
                task.facts.pop(_BACK_AT, None)
                task.state = ENDED if task.state == ENDED else STOPPED
            case "ContinuePullToPushTask":
                self._continue(task)
            case "DeletePullToPushTask":
                self.tasks.remove(task)

    def _continue(self, task: SimulatedTask) -> None:
        if task.state == ENDED:  # assumed; its time is over
            raise fault("InvalidParam")
        if task.state == STOPPED and not self._stays_down(task):
            task.facts.setdefault(_BACK_AT, self._now() + self.recovery)

    def _check_group(self, task: SimulatedTask, parameters: Mapping[str, object]) -> None:
        """The codes are assumed: the vendor's page says only who has to name the group."""
        named = parameters.get("GroupName")
        if self.sub_accounts and not named:
            raise fault("InvalidParam")
        if named and named != relay(task)["GroupName"]:
            raise fault("ResourceNotFound")


def _page(parameters: Mapping[str, object], number: str, size: str) -> tuple[int, int]:
    """Which page, and how many tasks it has; an API has its own names for the two."""
    return number_in(parameters, number, 1), number_in(parameters, size, 20, most=500)


def _parameters(request: Request) -> dict[str, object] | None:
    """The body's JSON object; None where it is not one."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return None
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _check_api(action: str, request: Request) -> None:
    version = dict(query_of(request)).get("Version")
    if action not in _APIS or version != _APIS[action][1].version:
        raise fault("InvalidActionOrVersion")
    if request.method != "POST":
        raise fault("MethodNotAllowed")


def _check_parameters(action: str, request: Request) -> None:
    """Every required parameter, and the types of all known ones; others are not looked at."""
    parameters = _parameters(request)
    if parameters is None:
        raise fault("InvalidParam.BindError")
    required = _REQUIRED[action]
    if not required.keys() <= parameters.keys():
        raise fault("MissingParameter")
    for name, kind in {**required, **_OPTIONAL.get(action, {})}.items():
        if name in parameters and type(parameters[name]) is not kind:  # true is no integer
            raise fault("InvalidParam.BindError")
