"""tencent:pull: live pull stream tasks of Cloud Streaming Services (CSS)."""

from __future__ import annotations

from collections.abc import Callable

from providers.operation import Effect, Kind, Operation, Parameters, Task, Verb
from providers.tencent.account import LIVE
from providers.tencent.pull_reading import LIST, STATES, STATUS, VERSION, status, tasks

__all__ = ["PULL"]


def _task_and_operator(task: Task, operator: str) -> dict[str, str | int]:
    return {"TaskId": task.id, "Operator": operator}


def _switch(word: str) -> Callable[[Task, str], Parameters]:
    """Parameters that change the task's Status and nothing else."""
    return lambda task, operator: {**_task_and_operator(task, operator), "Status": word}


_RESTART = Operation(
    verb=Verb.RESTART,
    action="RestartLivePullStreamTask",
    version=VERSION,
    effect=Effect.INTERRUPTS,
    quota=20,
    parameters=_task_and_operator,
    page="https://www.tencentcloud.com/document/api/267/56967",
    does="restarts a running task: the stream breaks for some seconds, then it runs again",
    permission="live:RestartLivePullStreamTask",
)

_DELETE = Operation(
    verb=Verb.DELETE,
    action="DeleteLivePullStreamTask",
    version=VERSION,
    effect=Effect.DELETES,
    quota=50,
    parameters=_task_and_operator,
    page="https://www.tencentcloud.com/document/api/267/48356",
    does="deletes a task for good; a running one stops",
    warning="If it is running, deleting stops it. It cannot be brought back.",
    permission="live:DeleteLivePullStreamTask",
    already={"InvalidParameter.TaskNotExist": "is not there"},
)

_STOP = Operation(
    verb=Verb.STOP,
    action="ModifyLivePullStreamTask",
    version=VERSION,
    effect=Effect.INTERRUPTS,
    quota=20,
    parameters=_switch("pause"),
    page="https://www.tencentcloud.com/document/api/267/48354",
    does="pauses a task: the stream stops until somebody starts it again",
    warning="It stays stopped until somebody starts it.",
    permission="live:ModifyLivePullStreamTask",
)

_START = Operation(
    verb=Verb.START,
    action="ModifyLivePullStreamTask",
    version=VERSION,
    effect=Effect.INTERRUPTS,
    quota=20,
    parameters=_switch("enable"),
    page="https://www.tencentcloud.com/document/api/267/48354",
    does="switches a paused task on again",
    permission="live:ModifyLivePullStreamTask",
)

PULL = Kind(
    provider="tencent",
    name="pull",
    service=LIVE,
    aliases=("tencent",),
    title="Tencent live pull",
    noun="task",
    example="123",
    console="the Tencent CSS console",
    operations=(STATUS, LIST, _START, _STOP, _RESTART, _DELETE),
    regions=(
        "ap-bangkok",
        "ap-beijing",
        "ap-guangzhou",
        "ap-hongkong",
        "ap-mumbai",
        "ap-seoul",
        "ap-shanghai",
        "ap-singapore",
        "ap-tokyo",
        "eu-frankfurt",
        "na-ashburn",
        "na-siliconvalley",
    ),
    states=STATES,
    status=status,
    tasks=tasks,
)
