"""alibaba:relay: tasks that pull a stream and push it on (LivePullToPush of ApsaraVideo Live)."""

from __future__ import annotations

from datetime import UTC, datetime

from providers.alibaba.account import LIVE
from providers.alibaba.relay_reading import (
    LIST,
    STATES,
    STATUS,
    VERSION,
    region_and_task,
    status,
    tasks,
)
from providers.facts import Facts, TaskState
from providers.operation import Effect, Hindrance, Kind, Operation, Verb

__all__ = ["RELAY"]


def _not_restartable(facts: Facts) -> Hindrance | None:
    """Before its start and after its end the vendor refuses, in codes that are not published."""
    if facts.state is TaskState.WAITING:
        return Hindrance(
            f"it starts by itself {_at(facts.starts_at)}; Alibaba does not restart a task before "
            "its start time",
            "wait, or change the start time in the console",
        )
    if facts.state is TaskState.ENDED:
        return Hindrance(
            "it has ended, and Alibaba does not restart an ended task",
            "make a new task in the console",
        )
    return None


def _at(moment: float | None) -> str:
    if moment is None:
        return "at a time that Alibaba did not tell"
    time = datetime.fromtimestamp(moment, UTC)
    return f"at {time.day} {time:%b %H:%M} UTC"


_RESTART = Operation(
    verb=Verb.RESTART,
    action="RestartLivePullToPush",
    version=VERSION,
    effect=Effect.INTERRUPTS,
    quota=10,
    parameters=region_and_task,
    page="https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-restartlivepulltopush",
    does="restarts a running task or starts a stopped one; a VOD list plays from the beginning",
    permission="live:RestartLivePullToPush",
    hindered=_not_restartable,
)

_START = Operation(
    verb=Verb.START,
    action=_RESTART.action,
    version=VERSION,
    effect=Effect.INTERRUPTS,
    quota=_RESTART.quota,
    parameters=region_and_task,
    page=_RESTART.page,
    does="starts a stopped task, a VOD list from the beginning; a running one is restarted",
    permission=_RESTART.permission,
    hindered=_not_restartable,
)

_STOP = Operation(
    verb=Verb.STOP,
    action="StopLivePullToPush",
    version=VERSION,
    effect=Effect.INTERRUPTS,
    quota=10,
    parameters=region_and_task,
    page="https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-stoplivepulltopush",
    does="stops a running task until somebody starts it again",
    warning="It stays stopped until somebody starts it.",
    permission="live:StopLivePullToPush",
    already={"CodeTaskHasStopped": "was already stopped"},
)

_DELETE = Operation(
    verb=Verb.DELETE,
    action="DeleteLivePullToPush",
    version=VERSION,
    effect=Effect.DELETES,
    quota=10,
    parameters=region_and_task,
    page="https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-deletelivepulltopush",
    does="deletes a task for good; a running one stops at once",
    warning="If it is running, deleting stops it at once. A deleted task cannot be restarted.",
    permission="live:DeleteLivePullToPush",
    already={"CodeTaskNotExist": "is not there"},
)

RELAY = Kind(
    provider="alibaba",
    name="relay",
    service=LIVE,
    aliases=("alibaba", "aliyun"),
    title="Alibaba live relay",
    noun="task",
    example="6f869419-0692-4fd5-8cf0-66cab6590001",
    console="the ApsaraVideo Live console",
    operations=(STATUS, LIST, _START, _STOP, _RESTART, _DELETE),
    # cn-shenzhen is on the page for creating tasks only, but its tasks must be found as well.
    regions=("ap-southeast-1", "ap-southeast-5", "cn-beijing", "cn-shanghai", "cn-shenzhen"),
    states=STATES,
    status=status,
    tasks=tasks,
)
