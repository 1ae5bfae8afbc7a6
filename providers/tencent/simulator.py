"""Tencent Cloud on loopback: live pull tasks and TRTC stream ingest, at one address."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

from providers.operation import Kind
from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    Simulator,
    SimulatorFault,
    page_of,
)
from providers.tencent.account import TRTC
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PULL
from providers.tencent.simulated_request import API, api, check, missing, number, parameters_of
from providers.tencent.simulated_signature import Claim, check_claim
from providers.tencent.told import SEEN_AT, info_of, recent_pull_of, status_of, updated, utc

__all__ = ["TencentSimulator"]

# The vendor's own words for a task's state.
ACTIVE = "active"
INACTIVE = "inactive"
PAUSED = "pause"
IN_PROGRESS = "InProgress"
NOT_EXIST = "NotExist"

_BACK_AT = "back_at"
"""Fact of a task that was restarted or started: when it is active again, in seconds since the
epoch."""

_FIRST_STATE = {PULL.name: ACTIVE, INGEST.name: IN_PROGRESS}

_CHINA_ONLY = "DescribeLivePullStreamTaskStatus"

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


class TencentSimulator(Simulator):
    """Takes every signed POST of API 3.0 that the bot or the vendor's own SDKs make.

    international: True for an account outside China, which cannot ask whether a task runs and may
        have 20 tasks instead of 200 (told, not enforced).
    """

    international: bool = False

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this task; without a state it runs."""
        task.state = task.state or _FIRST_STATE[task.kind]
        super().add_task(task)

    def settle(self) -> None:
        """Bring the states of all tasks up to now: what was started long enough ago is active."""
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
            Claim.of(request).key,
            parameters_of(request) or {},
        )

    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """TC3-HMAC-SHA256 over the bytes of the wire, its clock, its service and its token."""
        kind, _ = api(request, without=_CHINA_ONLY if self.international else "")
        timestamp = request.headers.get("x-tc-timestamp", "")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp):
            raise missing("Timestamp")
        if not self.in_time(int(timestamp)):
            raise SimulatorFault(
                "AuthFailure.SignatureExpire",
                "The provided credentials are expired: the timestamp is more than 5 minutes off.",
            )
        check_claim(request, account, kind.service, int(timestamp))

    def refusal(self, incident: Incident, action: str) -> SimulatorFault:
        """In the vendor's codes and words."""
        if incident is Incident.THROTTLE:
            limit = self.quota(action)
            times = max(self.requests[-1].in_last_second, limit + 1)
            return SimulatorFault("RequestLimitExceeded", _SLOWER.format(times=times, limit=limit))
        if incident is Incident.ARREARS and action in API and API[action][0].service == TRTC:
            # TRTC has no arrears code; this one says that the account's package does not cover it.
            return SimulatorFault("FailedOperation.NotAbility", "The ability is not unlocked.")
        code, message = _REFUSALS[incident]
        return SimulatorFault(code, message.format(action=action))

    def quota(self, action: str) -> int:
        """Calls a second; 20 is Tencent's default."""
        return API[action][1].quota if action in API else 20

    def act(self, action: str, parameters: Mapping[str, object], request: Request) -> object:
        """Check what the API demands, then tell of tasks or change the one that is named."""
        kind, operation = api(request)
        check(request, kind, operation)
        region = request.headers["x-tc-region"]
        if not operation.effect.changes:
            return self._tell(action, kind, parameters, region)
        task = self._find(kind, parameters, region)
        match action:
            case "RestartLivePullStreamTask":
                self._restart(task)
            case "ModifyLivePullStreamTask":
                self._modify(task, parameters)
            case "DeleteLivePullStreamTask":
                self.tasks.remove(task)
            case "StopStreamIngest":
                _end(task)
        if kind is PULL:
            task.facts.update(UpdateBy=parameters["Operator"], UpdateTime=utc(self._now()))
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

    # Reads

    def _tell(
        self, action: str, kind: Kind, parameters: Mapping[str, object], region: str
    ) -> dict[str, object]:
        if action == "DescribeLivePullStreamTasks":
            return self._list(parameters, region)
        if action == _CHINA_ONLY:
            task = self._find(kind, parameters, region)
            return {"TaskStatusInfo": status_of(task, self._now())}
        ingest = self._named(kind, parameters, region)
        if ingest is None or ingest.app not in (None, parameters["SdkAppId"]):
            return {"Status": NOT_EXIST}
        return ingest.told({"Status": ingest.state})

    def _list(self, parameters: Mapping[str, object], region: str) -> dict[str, object]:
        """A page of the pull tasks, the last changed first. No task here was made under an id of
        its maker's choice, so SpecifyTaskId finds none."""
        page_number = number(parameters, "PageNum", 1)
        size = number(parameters, "PageSize", 10, most=20)
        wanted = parameters.get("TaskId")
        found = [
            task
            for task in self.kept(PULL.name, region)
            if wanted in (None, "", task.id) and not parameters.get("SpecifyTaskId")
        ]
        page, pages = page_of(sorted(found, key=updated, reverse=True), page_number, size)
        more = [recent_pull_of(task, self._now()) if wanted else {} for task in page]
        return {
            "TaskInfos": [info_of(task) | recent for task, recent in zip(page, more, strict=True)],
            "PageNum": page_number,
            "PageSize": size,
            "TotalNum": len(found),
            "TotalPage": pages,
            "LimitTaskNum": 20 if self.international else 200,
        }

    # Tasks

    def _named(
        self, kind: Kind, parameters: Mapping[str, object], region: str
    ) -> SimulatedTask | None:
        kept = self.kept(kind.name, region)
        return next((task for task in kept if task.id == parameters["TaskId"]), None)

    def _find(self, kind: Kind, parameters: Mapping[str, object], region: str) -> SimulatedTask:
        task = self._named(kind, parameters, region)
        if task is None and kind is PULL:
            raise SimulatorFault("InvalidParameter.TaskNotExist", "The task does not exist.")
        if task is None:
            raise SimulatorFault("InvalidParameter.TaskId", "TaskId parameter error.")
        if kind is INGEST and task.app not in (None, parameters["SdkAppId"]):
            raise SimulatorFault("InvalidParameter.SdkAppId", "SdkAppId is incorrect.")
        return task

    def _restart(self, task: SimulatedTask) -> None:
        """What the vendor makes of a paused task is not published; here it stays paused."""
        if task.state != PAUSED:
            self._goes(task, INACTIVE)
            self._comes_back(task)

    def _modify(self, task: SimulatedTask, parameters: Mapping[str, object]) -> None:
        """Pause it or switch it on, and keep whatever else is new. Switching on what is on
        changes nothing."""
        status = parameters.get("Status")
        if status not in (None, "enable", "pause"):
            raise SimulatorFault("InvalidParameter", "The value of `Status` is not valid.")
        if status == "pause":
            self._goes(task, PAUSED)
        if status == "enable" and task.state == PAUSED:
            task.state = INACTIVE
            self._comes_back(task)
        kept = set(parameters) - {"TaskId", "Operator", "Status", "SpecifyTaskId"}
        task.facts.update({name: parameters[name] for name in kept})

    def _goes(self, task: SimulatedTask, state: str) -> None:
        if task.state == ACTIVE:
            task.facts[SEEN_AT] = self._now()
        task.state = state
        task.facts.pop(_BACK_AT, None)

    def _comes_back(self, task: SimulatedTask) -> None:
        if not self._stays_down(task):
            task.facts[_BACK_AT] = self._now() + self.recovery


def _end(task: SimulatedTask) -> None:
    if task.state == NOT_EXIST:
        raise SimulatorFault(
            "FailedOperation.TaskFinished", "Task has ended when calling the interface."
        )
    task.state = NOT_EXIST
