"""How tencent:pull is read: the list says what is paused, the status says what runs.

Source: https://www.tencentcloud.com/document/product/267/48355 (the list) and
https://cloud.tencent.com/document/api/267/94221 (the status; it has no page outside China's site,
and international accounts have no such API).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from providers.errors import FaultKind, Refused
from providers.facts import Facts, Listing, TaskState, fingerprint
from providers.foreign import foreign
from providers.masking import MASK, masked, masked_url
from providers.operation import Ask, Effect, Operation, Reading, Task, Verb

__all__ = ["LIST", "STATES", "STATUS", "VERSION", "facts_of", "status", "tasks"]

VERSION = "2018-08-01"

LIST = Operation(
    verb=Verb.LIST,
    action="DescribeLivePullStreamTasks",
    version=VERSION,
    effect=Effect.READS,
    quota=30,
    parameters=lambda _task, _operator: {"PageNum": 1, "PageSize": 20},
    page="https://www.tencentcloud.com/document/api/267/48355",
    does="lists the tasks of a region; whether video flows is in the status alone",
    permission="live:DescribeLivePullStreamTasks",
)

STATUS = Operation(
    verb=Verb.STATUS,
    action="DescribeLivePullStreamTaskStatus",
    version=VERSION,
    effect=Effect.READS,
    quota=20,
    parameters=lambda task, _operator: {"TaskId": task.id},
    page="https://cloud.tencent.com/document/api/267/94221",
    does="shows a task: its state, source and destination, and who changed it last",
    permission="live:DescribeLivePullStreamTaskStatus",  # beside the list's
)

STATES: Mapping[str, TaskState] = {
    "active": TaskState.RUNNING,
    "inactive": TaskState.NO_STREAM,
    "pause": TaskState.STOPPED,
    "enable": TaskState.SWITCHED_ON,
}

MOST_TASKS = 5000
MOST_PAGES = 500
_PAGE = 20  # the vendor's most
_ONE = 10  # a page that one task cannot fill

_ENABLED = "enable"
_NOT_OFFERED = ("InvalidAction", "NoSuchVersion", "ActionOffline", "Unsupported")
"""How the codes begin that say that this account has no such API."""


def status(task: Task) -> Reading[Facts]:
    """One task by its exact id: from the list and, where it is switched on, from its status."""
    infos = _infos((yield Ask(LIST, {"TaskId": task.id, "PageNum": 1, "PageSize": _ONE})))
    info = next((info for info in infos if info.get("TaskId") == task.id), None)
    if info is None and len(infos) >= _ONE:
        raise ValueError("the list was not narrowed to the task")
    if info is None:
        return Facts.not_found(task.id)
    facts = facts_of(info)
    if not facts.word:
        raise ValueError("the task has no Status")
    if facts.word != _ENABLED:
        return facts
    try:
        told = yield Ask(STATUS)
    except Refused as no:
        if no.code.startswith(_NOT_OFFERED):
            return facts
        if no.fault.kind is FaultKind.NOT_FOUND:  # it went between the two calls
            return Facts.not_found(task.id)
        raise
    return _with_status(facts, told.get("TaskStatusInfo"))


def tasks(_task: Task) -> Reading[Listing]:
    """Every task of the region. The vendor's total alone ends nothing, because totals lie."""
    found: dict[str, Facts] = {}
    complete = True
    for number in range(1, MOST_PAGES + 1):
        told = yield Ask(LIST, {"PageNum": number, "PageSize": _PAGE})
        infos = _infos(told)
        facts = [facts_of(info) for info in infos]
        complete = complete and all(task.id for task in facts)
        new = {task.id: task for task in facts if task.id and task.id not in found}
        found |= new
        counted = _counted(told, len(found))
        if not infos or (counted and len(infos) < _PAGE):
            return _listing(found, complete)
        if not new:  # the same page again
            return _listing(found, complete and counted)
        if len(found) > MOST_TASKS:
            break
    return _listing(found, complete=False)


def facts_of(info: Mapping[str, object]) -> Facts:
    """An entry of the list. `Status` says only whether the task is switched on."""
    word = _text(info.get("Status"), 40)
    recent = info.get("RecentPullInfo")
    return Facts(
        id=_text(info.get("TaskId"), 128),
        state=STATES.get(word, TaskState.UNKNOWN),
        word=word,
        name=_name(info.get("Comment")),
        source=masked_url(_first(info.get("SourceUrls"))),
        destination=masked_url(_destination(info)),
        starts_at=_time(info.get("StartTime")),
        ends_at=_time(info.get("EndTime")),
        changed_by=_text(info.get("UpdateBy"), 80),
        changed_at=_time(info.get("UpdateTime")),
        reported_at=_time(recent.get("ReportTime")) if isinstance(recent, Mapping) else None,
        identity=_identity(info),
        settings=_settings(info),
    )


def _with_status(facts: Facts, info: object) -> Facts:
    """Whether video flows in a task that is switched on. Raises ValueError."""
    word = _text(info.get("RunStatus"), 40) if isinstance(info, Mapping) else ""
    if not isinstance(info, Mapping) or not word:
        raise ValueError("the status has no RunStatus")
    return replace(
        facts,
        state=STATES.get(word, TaskState.UNKNOWN),
        word=word,
        reported_at=_time(info.get("ReportTime")) or facts.reported_at,
        settings={**facts.settings, "TaskStatusInfo": _settings(info)},
    )


def _infos(told: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    """The entries of one page; what is no entry is an empty one. Raises ValueError."""
    match told:
        case {"TaskInfos": list(infos)}:
            return [info if isinstance(info, Mapping) else {} for info in infos]
        case {"TaskInfos": None, "TotalNum": 0}:  # how some services write an empty array
            return ()
    raise ValueError("the list has no TaskInfos")


def _counted(told: Mapping[str, object], found: int) -> bool:
    """Whether the vendor's total is no more than what was found."""
    total = told.get("TotalNum")
    return isinstance(total, int) and found >= total


def _listing(found: Mapping[str, Facts], complete: bool) -> Listing:
    return Listing(tuple(found.values())[:MOST_TASKS], complete)


# Single fields. A vendor's field may be of any type, or missing.


def _text(value: object, limit: int) -> str:
    return foreign(value, limit) if isinstance(value, str) else ""


def _name(comment: object) -> str:
    """The task's remark, where people also keep addresses and push parameters."""
    return " ".join(map(_harmless, _text(comment, 200).split()))


def _harmless(word: str) -> str:
    if "://" in word:
        return masked_url(word) or MASK
    return MASK if "=" in word else word


def _first(addresses: object) -> object:
    return addresses[0] if isinstance(addresses, list) and addresses else ""


def _destination(info: Mapping[str, object]) -> str:
    """Domain, path and stream name; or the whole address, and then those three are empty."""
    parts = [info.get(name) for name in ("DomainName", "AppName", "StreamName")]
    domain, app, stream = (part if isinstance(part, str) else "" for part in parts)
    address = info.get("ToUrl")
    if domain:
        return f"{domain}/{app}/{stream}"
    return address if isinstance(address, str) else ""


def _identity(info: Mapping[str, object]) -> str:
    destination = ("DomainName", "AppName", "StreamName", "ToUrl", "BackupToUrl")
    return fingerprint(*(info.get(name) for name in ("Comment", "SourceUrls", *destination)))


def _time(value: object) -> float | None:
    """Seconds since the epoch of a UTC time such as "2020-04-25T00:30:00Z"."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def _settings(info: Mapping[str, object]) -> dict[str, object]:
    """All of it, masked. A stream's name is its key; an address may stand without its scheme."""
    told = masked({name: _hidden(name, value) for name, value in info.items()})
    return told if isinstance(told, dict) else {}


def _hidden(name: str, value: object) -> object:
    if name == "StreamName" and value:
        return MASK
    if name == "Comment":
        return _name(value)
    if name == "RecentPullInfo" and isinstance(value, Mapping):
        return {inner: _address(inner, told) for inner, told in value.items()}
    return _address(name, value)


def _address(name: str, value: object) -> object:
    if name.endswith("Urls") and isinstance(value, list):
        return [masked_url(address) for address in value]
    return masked_url(value) if name.endswith("Url") else value
