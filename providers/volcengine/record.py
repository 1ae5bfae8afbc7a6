"""volcengine:record: recordings of a pulled stream (pull record tasks of live video)."""

from __future__ import annotations

from providers.operation import Effect, Gap, Kind, Operation, Task, Verb
from providers.volcengine.account import LIVE
from providers.volcengine.record_reading import GET, LIST, status, tasks
from providers.volcengine.words import STATES

__all__ = ["RECORD"]

_VERSION = "2023-01-01"


def _task(task: Task, _operator: str) -> dict[str, str | int]:
    """The API has no field for who acts."""
    return {"TaskId": task.id}


_STOP = Operation(
    verb=Verb.STOP,
    action="StopPullRecordTask",
    version=_VERSION,
    effect=Effect.ENDS,
    quota=50,
    parameters=_task,
    page="https://www.volcengine.com/docs/6469/1111475",
    does="ends a recording for good and keeps what was recorded as a file",
    warning="The recording ends; what was recorded is kept as a file. It cannot be continued.",
    permission="live:StopPullRecordTask",
)

RECORD = Kind(
    provider="volcengine",
    name="record",
    service=LIVE,
    aliases=("volcengine", "volc"),
    title="Volcengine recording",
    noun="recording",
    example="f831f3b0aaaabbbb1aa4dcf7621",
    console="the Volcengine live video console",
    operations=(_STOP, GET, LIST),
    regions=("cn-north-1",),
    states=STATES,
    status=status,
    tasks=tasks,
    gaps={
        Verb.RESTART: Gap(
            "A recording cannot be restarted. stop ends it and keeps the file.",
            "A new recording is a new task.",
            Verb.STOP,
        ),
        Verb.START: Gap(
            "A recording cannot be started again: stop ends it for good.",
            "A new recording is a new task.",
        ),
        Verb.DELETE: Gap(
            "No delete for recordings; stop ends one.",
            "An ended recording needs no delete; its file is kept.",
            Verb.STOP,
        ),
    },
)
