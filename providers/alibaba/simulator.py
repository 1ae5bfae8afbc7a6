"""ApsaraVideo Live on loopback, as strict as the real one: see `providers.simulator`."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping
from time import time

from providers.alibaba.relay import RELAY
from providers.alibaba.simulated_signature import Claim, check_claim, query_of
from providers.alibaba.simulated_tasks import (
    EXITED,
    NOT_STARTED,
    RUNNING,
    STOPPED,
    destination,
    page,
    told_of,
    when,
)
from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    Simulator,
    SimulatorFault,
)

__all__ = ["AlibabaSimulator"]

_APIS = {operation.action: operation for operation in RELAY.operations}

# Written down apart from what the client sends, because this is what checks it.
_ONE_TASK = ("Region", "TaskId")
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "DescribeLivePullToPush": _ONE_TASK,
    "DescribeLivePullToPushList": ("Region",),
    "RestartLivePullToPush": _ONE_TASK,
    "StopLivePullToPush": _ONE_TASK,
    "DeleteLivePullToPush": _ONE_TASK,
}

_FINE = {"RetCode": 0, "Description": "OK"}

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


class AlibabaSimulator(Simulator):
    """Takes every request in the V3 signature that the bot or the vendor's own SDK makes.

    A task that was given a StartTime or an EndTime of its own (in `facts`) starts and ends then.

    new_ids: True where a restart and a stop give the task another id, and nothing is known under
        the old one. They answer with another id anyway, as on the vendor's pages.
    deleted_stay: True where a deleted task is still told of, as one that has ended. The vendor's
        pages say that it gets into that state, and not for how long it is told of.
    """

    clock_skew = 900.0
    new_ids: bool = False
    deleted_stay: bool = False

    def __init__(self, *, now: Callable[[], float] = time, delay: float = 1.0) -> None:
        super().__init__(now=now, delay=delay)
        self._nonces: set[tuple[str, str]] = set()  # of each key, those that were accepted
        self._back_at: dict[str, float] = {}  # task id -> when it runs again

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this task; without a state it runs."""
        task.state = task.state or RUNNING
        super().add_task(task)

    def settle(self) -> None:
        """Bring the states of all tasks up to now: what was restarted long enough ago runs, and
        what has times of its own starts and ends by them."""
        now = self._now()
        for task in self.tasks:
            if self._back_at.get(task.id, math.inf) <= now:
                task.state = RUNNING
                del self._back_at[task.id]
            if task.state == NOT_STARTED and (when(task, "StartTime") or math.inf) <= now:
                task.state = RUNNING
            if task.state != EXITED and (when(task, "EndTime") or math.inf) <= now:
                self._end(task, "OverEndTime")

    # What the shared frame asks for

    def identify(self, request: Request) -> tuple[str, str, Mapping[str, object]]:
        """The action is in a header, the key in the signature, the parameters in the query."""
        action = request.headers.get("x-acs-action", "")
        return action, Claim.of(request).key, dict(query_of(request))

    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """ACS3-HMAC-SHA256, and a nonce that was not used before."""
        nonce = check_claim(request, account, self.in_time)
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
        """Check what the API demands, then tell of tasks or change the one that is named."""
        _check_api(action, request)
        for name in _REQUIRED[action]:
            if not parameters.get(name):
                raise SimulatorFault(f"Missing{name}", f"{name} is mandatory for this action.", 400)
        if action == "DescribeLivePullToPushList":
            return page(self.kept(RELAY.name, str(parameters["Region"])), parameters, self._now())
        task = self._find(parameters)
        if action == "DescribeLivePullToPush":
            return {**_FINE, **told_of(task, self._now())}
        if task.state == EXITED:
            raise _not_there()
        match action:
            case "DeleteLivePullToPush":
                self._delete(task)
                return _FINE
            case "StopLivePullToPush":
                self._stop(task)
            case _:
                self._restart(task)
        return {"TaskId": self._new_id(task)}

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

    # Tasks

    def _find(self, parameters: Mapping[str, object]) -> SimulatedTask:
        """A live center knows its own tasks only."""
        for task in self.kept(RELAY.name, str(parameters["Region"])):
            if task.id == parameters["TaskId"]:
                return task
        raise _not_there()

    def _restart(self, task: SimulatedTask) -> None:
        """Stopped at once, running after `recovery` seconds. Which code the vendor has for a task
        before its start is not published; this one is our guess."""
        if task.state == NOT_STARTED:
            raise SimulatorFault(
                "InvalidParam.CodeIllegalDuration", "The task has not reached its start time.", 400
            )
        self._halt(task)
        if self._stays_down(task):
            task.facts["TaskInvalidReason"] = "PullStreamFailed"
        else:
            self._back_at[task.id] = self._now() + self.recovery

    def _stop(self, task: SimulatedTask) -> None:
        """Without effect on a task that has not begun."""
        if task.state == STOPPED and task.id not in self._back_at:
            raise SimulatorFault("CodeTaskHasStopped", "Task has stopped.", 400)
        if task.state != NOT_STARTED:
            self._halt(task)

    def _delete(self, task: SimulatedTask) -> None:
        self._halt(task)
        if self.deleted_stay:
            self._end(task, "TriggerByUser")
        else:
            self.tasks.remove(task)

    def _halt(self, task: SimulatedTask) -> None:
        task.state = STOPPED
        task.facts.pop("TaskInvalidReason", None)
        self._back_at.pop(task.id, None)

    def _end(self, task: SimulatedTask, why: str) -> None:
        task.state = EXITED
        self._back_at.pop(task.id, None)
        task.facts |= {"TaskExitReason": why, "TaskExitTime": int(self._now())}

    def _new_id(self, task: SimulatedTask) -> str:
        """What a restart and a stop answer; see `new_ids`."""
        new = str(uuid.uuid4())
        if self.new_ids:
            if task.id in self._back_at:
                self._back_at[new] = self._back_at.pop(task.id)
            task.facts.setdefault("DstUrl", destination(task))  # as it was under the old id
            task.id = new
        return new


def _not_there() -> SimulatorFault:
    return SimulatorFault("CodeTaskNotExist", "Task does not exist.", 400)


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
