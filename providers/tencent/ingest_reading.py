"""How tencent:ingest is read: in progress, or not there.

Source: https://www.tencentcloud.com/document/product/647/57836. TRTC has no list, and tells of a
task nothing but its state.
"""

from __future__ import annotations

from collections.abc import Mapping

from providers.errors import FaultKind, Refused
from providers.facts import Facts, TaskState
from providers.foreign import foreign
from providers.masking import masked
from providers.operation import Ask, Effect, Operation, Reading, Task, Verb

__all__ = ["STATES", "STATUS", "VERSION", "app_and_task", "facts_of", "status"]

VERSION = "2019-07-22"


def app_and_task(task: Task, _operator: str) -> dict[str, str | int]:
    """The API has no field for who acts. SdkAppId is a JSON integer."""
    if task.app is None:
        raise ValueError("a TRTC task needs its SDKAppId")
    return {"SdkAppId": task.app, "TaskId": task.id}


STATUS = Operation(
    verb=Verb.STATUS,
    action="DescribeStreamIngest",
    version=VERSION,
    effect=Effect.READS,
    quota=20,
    parameters=app_and_task,
    page="https://www.tencentcloud.com/document/product/647/57836",
    does="shows whether a task is in progress; TRTC tells no more of it",
    permission="trtc:DescribeStreamIngest",
)

STATES: Mapping[str, TaskState] = {
    "InProgress": TaskState.RUNNING,
    "NotExist": TaskState.NOT_FOUND,  # it has ended, or was never there
}


def status(task: Task) -> Reading[Facts]:
    """One task by its id and app."""
    try:
        told = yield Ask(STATUS)
    except Refused as no:
        if no.fault.kind is FaultKind.NOT_FOUND:
            return Facts.not_found(task.id)
        raise
    facts = facts_of(task.id, told)
    if not facts.word:
        raise ValueError("the answer has no Status")
    return facts


def facts_of(task_id: str, told: Mapping[str, object]) -> Facts:
    """What the status tells, which does not name the task."""
    status_word = told.get("Status")
    word = foreign(status_word, 40) if isinstance(status_word, str) else ""
    settings = masked(told)
    return Facts(
        id=foreign(task_id, 128),
        state=STATES.get(word, TaskState.UNKNOWN),
        word=word,
        settings=settings if isinstance(settings, dict) else {},
    )
