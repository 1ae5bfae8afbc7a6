"""How recordings are read: one by its id, all by pages."""

from __future__ import annotations

from collections.abc import Mapping

from providers.errors import FaultKind, Refused
from providers.facts import Facts, Listing, fingerprint
from providers.masking import masked_url
from providers.operation import Ask, Effect, Operation, Reading, Task, Verb
from providers.volcengine.rows import (
    Row,
    epoch,
    every_row,
    name_of,
    settings_of,
    state_of,
    text,
)

__all__ = ["GET", "LIST", "facts_of", "status", "tasks"]

GET = Operation(
    verb=Verb.STATUS,
    action="GetPullRecordTask",
    version="2023-01-01",
    effect=Effect.READS,
    quota=10,
    # With a capital D, unlike every other call of this family.
    parameters=lambda task, _operator: {"TaskID": task.id},
    page="https://www.volcengine.com/docs/6469/1169938",
    does="tells whether it records, from where and until when",
    permission="live:GetPullRecordTask",
)

LIST = Operation(
    verb=Verb.LIST,
    action="ListPullRecordTask",
    version="2023-01-01",
    effect=Effect.READS,
    quota=50,
    parameters=lambda _task, _operator: {"PageNum": 1, "PageSize": 500},
    page="https://www.volcengine.com/docs/6469/1111480",
    does="lists the recordings, those that have ended included",
    permission="live:ListPullRecordTask",
)


def status(task: Task) -> Reading[Facts]:
    """One recording. The vendor's page has its fields in Result, its SDKs in Result.TaskDetail."""
    try:
        told = yield Ask(GET)
    except Refused as refused:
        if refused.fault.kind is FaultKind.NOT_FOUND:
            return Facts.not_found(task.id, refused.code)
        raise
    inner = told.get("TaskDetail")
    info = inner if isinstance(inner, Mapping) else told
    if not text(info, "Status"):
        raise ValueError("the answer has no Status")
    if info.get("TaskId", task.id) != task.id:
        raise ValueError("the answer is about another task")
    return facts_of({**info, "TaskId": task.id})


def tasks(_task: Task) -> Reading[Listing]:
    """Every recording of the account; live video has one region."""
    rows = yield from every_row(LIST, "PageNum")
    return Listing([facts_of(row) for row in rows.by_id.values()], rows.complete)


def facts_of(info: Row) -> Facts:
    """What a row tells. It goes to a file, so there is no destination.

    The stream's name is the recording's only name. It is in the address of every player, so it is
    no secret; what could be one is the end of an address, which is masked.
    """
    state, word = state_of(info)
    host = text(info, "Domain") or text(info, "Vhost")
    address = "/".join((host, text(info, "App"), text(info, "Stream")))
    raw = [info.get(name) for name in ("Vhost", "Domain", "App", "Stream")]
    return Facts(
        id=text(info, "TaskId", 200),
        state=state,
        word=word,
        name=name_of(info, "Stream"),
        source=masked_url(address) if host else "",
        starts_at=epoch(info.get("StartTime")),
        ends_at=epoch(info.get("EndTime")),
        identity=fingerprint(info.get("Stream"), raw, None),
        settings=settings_of(info, ("StreamURL",)),
    )
