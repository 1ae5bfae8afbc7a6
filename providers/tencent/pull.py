"""tencent:pull: live pull stream tasks of Cloud Streaming Services (CSS)."""

from __future__ import annotations

from providers.operation import Effect, Kind, Operation, Task, Verb
from providers.tencent.account import LIVE

__all__ = ["PROBE", "PULL"]

_VERSION = "2018-08-01"


def _task_and_operator(task: Task, operator: str) -> dict[str, str | int]:
    return {"TaskId": task.id, "Operator": operator}


_RESTART = Operation(
    verb=Verb.RESTART,
    action="RestartLivePullStreamTask",
    version=_VERSION,
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
    version=_VERSION,
    effect=Effect.DELETES,
    quota=50,
    parameters=_task_and_operator,
    page="https://www.tencentcloud.com/document/api/267/48356",
    does="deletes a task for good; a running one stops",
    warning="If it is running, deleting stops it. It cannot be brought back.",
    permission="live:DeleteLivePullStreamTask",
    already={"InvalidParameter.TaskNotExist": "is not there"},
)

PROBE = Operation(
    verb=Verb.LIST,
    action="DescribeLivePullStreamTasks",
    version=_VERSION,
    effect=Effect.READS,
    quota=30,
    parameters=lambda _task, _operator: {"PageNum": 1, "PageSize": 1},
    page="https://www.tencentcloud.com/document/api/267/48355",
    does="lists one task, to see whether the vendor takes the key",
    permission="live:DescribeLivePullStreamTasks",
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
    operations=(_RESTART, _DELETE),
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
)
