"""volcengine:relay: streams that are pulled from one address and pushed to another (pull to push
tasks of live video)."""

from __future__ import annotations

from providers.operation import Effect, Kind, Operation, Task, Verb
from providers.volcengine.account import LIVE
from providers.volcengine.relay_reading import LIST, STATUS, status, tasks
from providers.volcengine.words import STATES

__all__ = ["GROUPED", "RELAY"]

_VERSION = "2023-01-01"

GROUPED = frozenset({"StopPullToPushTask", "ContinuePullToPushTask", "DeletePullToPushTask"})
"""Actions that take a GroupName. A sub-account (IAM user) has to name the task's group, the main
account need not."""


def _task(task: Task, _operator: str) -> dict[str, str | int]:
    """The API has no field for who acts."""
    return {"TaskId": task.id}


_STOP = Operation(
    verb=Verb.STOP,
    action="StopPullToPushTask",
    version=_VERSION,
    effect=Effect.INTERRUPTS,
    quota=10,
    parameters=_task,
    page="https://www.volcengine.com/docs/6469/1126895",
    does="stops a task that runs or waits; it stays stopped until somebody starts it",
    permission="live:StopPullToPushTask",
)

_START = Operation(
    verb=Verb.START,
    action="ContinuePullToPushTask",
    version=_VERSION,
    effect=Effect.INTERRUPTS,
    quota=10,
    parameters=_task,
    # The page of its forerunner RestartPullToPushTask, which names it as the one to use. Its own is
    # not public; name and parameters are those of the vendor's SDKs.
    page="https://www.volcengine.com/docs/6469/1126894",
    does="starts a stopped task again",
    permission="live:ContinuePullToPushTask",
)

_RESTART = Operation(
    verb=Verb.RESTART,
    action=_STOP.action,
    version=_VERSION,
    effect=Effect.INTERRUPTS,
    quota=_STOP.quota,
    parameters=_task,
    page=_STOP.page,
    does="a stop, then a start: the stream breaks for some seconds; if the start fails, it stays "
    "down until somebody starts it",
    permission=_STOP.permission,
    then=_START,
)

_DELETE = Operation(
    verb=Verb.DELETE,
    action="DeletePullToPushTask",
    version=_VERSION,
    effect=Effect.DELETES,
    quota=10,
    parameters=_task,
    page="https://www.volcengine.com/docs/6469/1126892",
    does="deletes a task for good; a running one stops",
    warning="If it is running, deleting stops it. It cannot be brought back.",
    permission="live:DeletePullToPushTask",
    already={"ResourceNotFound": "is not there"},
)

RELAY = Kind(
    provider="volcengine",
    name="relay",
    service=LIVE,
    aliases=(),
    title="Volcengine relay",
    noun="task",
    example="8fde6aa0281d9f6e15e6059a6e242365",
    console="the Volcengine live video console",
    operations=(_RESTART, _STOP, _START, _DELETE, STATUS, LIST),
    regions=("cn-north-1",),
    states=STATES,
    status=status,
    tasks=tasks,
)
