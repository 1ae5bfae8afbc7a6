"""alibaba:relay: tasks that pull a stream and push it on (LivePullToPush of ApsaraVideo Live)."""

from __future__ import annotations

from providers.alibaba.account import LIVE
from providers.operation import Effect, Kind, Operation, Task, Verb

__all__ = ["PROBE", "RELAY"]

_VERSION = "2016-11-01"


def _region_and_task(task: Task, _operator: str) -> dict[str, str | int]:
    """`Region` is the live center that the task runs in. The API has no field for who acts."""
    return {"Region": task.region, "TaskId": task.id}


_RESTART = Operation(
    verb=Verb.RESTART,
    action="RestartLivePullToPush",
    version=_VERSION,
    effect=Effect.INTERRUPTS,
    quota=10,
    parameters=_region_and_task,
    page="https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-restartlivepulltopush",
    does="restarts a running task or starts a stopped one; a VOD list plays from the beginning",
    permission="live:RestartLivePullToPush",
)

PROBE = Operation(
    verb=Verb.LIST,
    action="DescribeLivePullToPushList",
    version=_VERSION,
    effect=Effect.READS,
    quota=10,
    parameters=lambda task, _operator: {"Region": task.region, "PageNumber": 1, "PageSize": 1},
    page="https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-describelivepulltopushlist",
    does="lists one task, to see whether the vendor takes the key",
    permission="live:DescribeLivePullToPushList",
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
    operations=(_RESTART,),
    # cn-shenzhen is on the page for creating tasks only, but its tasks must be found as well.
    regions=("ap-southeast-1", "ap-southeast-5", "cn-beijing", "cn-shanghai", "cn-shenzhen"),
)
