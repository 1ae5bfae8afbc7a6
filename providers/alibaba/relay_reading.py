"""How alibaba:relay is read: one task by its id, or every task of a live center, page by page.

Source: the pages of the two operations, and for the reasons of a stop
https://www.alibabacloud.com/help/en/live/developer-reference/pull-flow-push-event-callback
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from providers.errors import FaultKind, Refused
from providers.facts import Facts, Listing, TaskState, fingerprint
from providers.foreign import foreign
from providers.masking import MASK, masked, masked_url
from providers.operation import Ask, Effect, Operation, Reading, Task, Verb

__all__ = ["LIST", "STATES", "STATUS", "VERSION", "facts_of", "region_and_task", "status", "tasks"]

VERSION = "2016-11-01"

STATES: Mapping[str, TaskState] = {
    "0": TaskState.WAITING,
    "1": TaskState.RUNNING,
    "2": TaskState.DEGRADED,
    "3": TaskState.STOPPED,
    "-1": TaskState.ENDED,
}
"""TaskStatus, which the vendor sends as an integer."""

_PAGE = 100  # the vendor's most
MOST_TASKS = 5000
MOST_PAGES = 500

_LAST_TIME = 10**11  # seconds; what is later than the year 5000 is no time

_WHY_DOWN = {
    "PullStreamFailed": "Alibaba cannot read the source",
    "PushStreamFailed": "Alibaba cannot push to the destination",
    "UnknownError": "Alibaba does not know why",
    "TriggerByUser": "somebody stopped it",
}
_WHY_ENDED = {
    "TriggerByUser": "somebody ended it",
    "OverEndTime": "its end time has passed",
}
"""The vendor's word for a reason -> what it means. Of other words only the word is told."""


def region_and_task(task: Task, _operator: str) -> dict[str, str | int]:
    """`Region` is the live center that the task runs in. The API has no field for who acts."""
    return {"Region": task.region, "TaskId": task.id}


def _first_page(task: Task, _operator: str) -> dict[str, str | int]:
    return {"Region": task.region, "PageNumber": 1, "PageSize": _PAGE}


STATUS = Operation(
    verb=Verb.STATUS,
    action="DescribeLivePullToPush",
    version=VERSION,
    effect=Effect.READS,
    quota=10,
    parameters=region_and_task,
    page="https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-describelivepulltopush",
    does="tells whether it runs and why not, from where to where, and until when",
    permission="live:DescribeLivePullToPush",
)

LIST = Operation(
    verb=Verb.LIST,
    action="DescribeLivePullToPushList",
    version=VERSION,
    effect=Effect.READS,
    quota=10,
    parameters=_first_page,
    page="https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-describelivepulltopushlist",
    does="lists the tasks of a live center",
    permission="live:DescribeLivePullToPushList",
)


def status(task: Task) -> Reading[Facts]:
    """One task by its exact id. Raises ValueError where the answer does not tell of it."""
    try:
        told = yield Ask(STATUS)
    except Refused as no:
        if no.fault.kind is FaultKind.NOT_FOUND:
            return Facts.not_found(task.id, no.code)
        raise
    facts = facts_of({**told, "TaskId": task.id})
    if not facts.word:
        raise ValueError("the answer has no TaskStatus")
    # The vendor's page calls the outer id that of a "new" task, so it alone decides nothing.
    ids = {_text(told.get("TaskId"), 128), _text(_setup(told).get("TaskId"), 128)} - {""}
    if ids and task.id not in ids:
        raise ValueError("the answer is about another task")
    return facts


def tasks(_task: Task) -> Reading[Listing]:
    """Every task of a live center. The vendor's total alone ends nothing, because totals lie."""
    found: dict[str, Facts] = {}
    readable = True
    for number in range(1, MOST_PAGES + 1):
        told = yield Ask(LIST, {"PageNumber": number, "PageSize": _PAGE})
        page = [facts_of(info) for info in _infos(told)]
        readable = readable and all(task.id for task in page)
        new = {task.id: task for task in page if task.id and task.id not in found}
        found |= dict(list(new.items())[: MOST_TASKS - len(found)])
        counted = _counted(told, len(found))
        if not page or (counted and len(page) < _PAGE):
            return Listing(tuple(found.values()), readable)
        if not new:  # the same page again
            return Listing(tuple(found.values()), readable and counted)
        if len(found) == MOST_TASKS:
            break
    return Listing(tuple(found.values()), complete=False)


def facts_of(info: Mapping[str, object]) -> Facts:
    """A task as the status or the list tells of it. Of several sources the first is shown."""
    setup = _setup(info)
    word = _word(info.get("TaskStatus"))
    state = STATES.get(word, TaskState.UNKNOWN)
    ended_at = _time(info.get("TaskExitTime")) if state is TaskState.ENDED else None
    sources = setup.get("SourceUrls")
    return Facts(
        id=_text(info.get("TaskId"), 128),
        state=state,
        word=word,
        why=_why(state, info),
        name=_plain(setup.get("TaskName"), 200),
        source=masked_url(sources[0] if isinstance(sources, list) and sources else sources),
        destination=masked_url(setup.get("DstUrl")),
        starts_at=_time(setup.get("StartTime")),
        ends_at=ended_at or _time(setup.get("EndTime")),
        identity=fingerprint(setup.get("TaskName"), sources, setup.get("DstUrl")),
        settings=_settings(info),
    )


def _setup(info: Mapping[str, object]) -> Mapping[str, object]:
    """How the task was set up."""
    setup = info.get("TaskInfo")
    return setup if isinstance(setup, Mapping) else {}


def _why(state: TaskState, info: Mapping[str, object]) -> str:
    """The reason that goes with the state; the other one may be left from before."""
    if state is TaskState.ENDED:
        field, meanings = "TaskExitReason", _WHY_ENDED
    elif state in (TaskState.STOPPED, TaskState.DEGRADED):
        field, meanings = "TaskInvalidReason", _WHY_DOWN
    else:
        return ""
    word = _plain(info.get(field), 80)
    return f"{word}: {meanings[word]}" if word in meanings else word


# Pages


def _infos(told: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    """The entries of one page; what is no entry is an empty one. Raises ValueError."""
    infos = told.get("TaskList")
    if infos is None and _number(told.get("Total")) == 0:
        return ()  # how some services write an empty array
    if not isinstance(infos, list):
        raise ValueError("the answer has no TaskList")  # noqa: TRY004  # of what the answer tells
    return [info if isinstance(info, Mapping) else {} for info in infos]


def _counted(told: Mapping[str, object], found: int) -> bool:
    """Whether the vendor's total is no more than what was found."""
    total = _number(told.get("Total"))
    return total is not None and found >= total


# Single fields. A vendor's field may be of any type, or missing.


def _text(value: object, limit: int) -> str:
    return foreign(value, limit) if isinstance(value, str) else ""


def _plain(value: object, limit: int) -> str:
    """Text that may hold an address with its key."""
    text = _text(value, limit)
    return str(masked(text)) if "://" in text or "=" in text else text


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _word(value: object) -> str:
    """The number of a state in letters; some answers have it as a text."""
    return _plain(value if _number(value) is None else str(value), 40)


def _time(value: object) -> float | None:
    """Seconds since the epoch of "2016-06-29T10:20:00Z" or of Unix seconds, also as a text."""
    if isinstance(value, str) and not value.isdecimal():
        try:
            at = datetime.fromisoformat(value)
            seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
        return seconds if seconds > 0 else None
    number = int(value[:20]) if isinstance(value, str) else _number(value)
    return float(number) if number is not None and 0 < number < _LAST_TIME else None


def _settings(info: Mapping[str, object]) -> Mapping[str, object]:
    """All of it, masked. An address may stand without its scheme, and is not seen by its looks."""
    setup = {name: _hidden(name, value) for name, value in _setup(info).items()}
    told = masked({**info, "TaskInfo": setup} if setup else info)
    return told if isinstance(told, Mapping) else {}


def _hidden(name: str, value: object) -> object:
    if not name.lower().endswith(("url", "urls")):
        return value
    if isinstance(value, list):
        return [_hidden(name, one) for one in value]
    return masked_url(value) or (value and MASK)
