"""How relays are read: one by its id, all of them page by page; and what is not restarted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest

from providers.alibaba.errors import LIVE_FAULTS
from providers.alibaba.relay import RELAY
from providers.alibaba.relay_reading import LIST, MOST_PAGES, MOST_TASKS, STATUS
from providers.errors import Refused
from providers.facts import Facts, Listing, TaskState
from providers.operation import Ask, Reading, Task, Verb

ID = "6f869419-0001"
TASK = Task(ID, "cn-shanghai")


# One task


def _answered(reading: Reading[Any], *answers: Mapping[str, object] | Exception) -> Any:
    """What a reading finds in these answers, all of which it must ask for."""
    try:
        next(reading)
        for answer in answers:
            if isinstance(answer, Exception):
                reading.throw(answer)
            else:
                reading.send(answer)
    except StopIteration as found:
        return found.value
    raise AssertionError("it asks for more")


def _no(code: str) -> Refused:
    return Refused(LIVE_FAULTS.lookup(code), code=code)


def test_a_status_asks_once() -> None:
    """One call of the status API, on that task."""
    assert RELAY.status
    assert next(RELAY.status(TASK)) == Ask(STATUS)
    assert STATUS.parameters(TASK, "") == {"Region": "cn-shanghai", "TaskId": ID}


def _status(*answers: Mapping[str, object] | Exception) -> Facts:
    assert RELAY.status
    facts = _answered(RELAY.status(TASK), *answers)
    assert isinstance(facts, Facts)
    return facts


def test_a_task_that_is_not_there_is_not_found() -> None:
    """Only where the vendor says so."""
    assert _status(_no("CodeTaskNotExist")) == Facts.not_found(ID, "CodeTaskNotExist")


@pytest.mark.parametrize("code", ["Forbidden.RAM", "InvalidParameter", "LiveServiceNotFound"])
def test_any_other_refusal_is_raised(code: str) -> None:
    """It does not say whether the task is there."""
    with pytest.raises(Refused) as caught:
        _status(_no(code))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "answer", [{}, {"RetCode": 0}, {"TaskId": ID}, {"TaskId": ID, "TaskStatus": None}]
)
def test_an_answer_without_a_state_is_a_fault(answer: dict[str, object]) -> None:
    """Never "not found"."""
    with pytest.raises(ValueError, match="no TaskStatus"):
        _status(answer)


@pytest.mark.parametrize(
    ("outer", "inner", "ours"),
    [
        (ID, ID, True),
        ("other", ID, True),  # the page calls the outer one "new"
        (ID, "other", True),
        (None, None, True),
        ("other", None, False),
        (None, "other", False),
        ("other", "other", False),
    ],
)
def test_an_answer_is_about_the_task_that_was_asked_for(
    outer: str | None, inner: str | None, ours: bool
) -> None:
    """One of its ids is the wanted one, or it names none; the facts have the wanted one."""
    answer = {"TaskId": outer, "TaskStatus": 1, "TaskInfo": {"TaskId": inner}}
    if ours:
        assert _status(answer).id == ID
    else:
        with pytest.raises(ValueError, match="another task"):
            _status(answer)


def _printed(verb: Verb) -> dict[str, Any]:
    """The answer of the vendor's page, as in the example of that verb."""
    text = (files("providers.alibaba") / "examples" / f"relay.{verb}.json").read_text("utf-8")
    body: dict[str, Any] = json.loads(text)["answer"]["body"]
    return body


def test_the_printed_status_is_read() -> None:
    """It has every field at once; those of other states are not told."""
    told = _printed(Verb.STATUS)
    assert RELAY.status
    facts: Facts = _answered(RELAY.status(Task(told["TaskId"], "cn-shanghai")), told)
    assert (facts.name, facts.state, facts.why) == ("task1", TaskState.WAITING, "")
    assert (facts.starts_at, facts.ends_at) == (1683712800.0, 1683799200.0)


def test_the_printed_list_is_read() -> None:
    """One task, and no more."""
    listing = _listing(_printed(Verb.LIST))
    assert [task.destination for task in listing.tasks] == ["push.example.com/live/•••"]
    assert listing.complete


# All tasks


def _page(*ids: object, **more: object) -> dict[str, object]:
    return {"TaskList": [{"TaskId": task_id, "TaskStatus": 1} for task_id in ids], **more}


def _listing(*answers: Mapping[str, object]) -> Listing:
    assert RELAY.tasks
    listing = _answered(RELAY.tasks(Task("", "cn-shanghai")), *answers)
    assert isinstance(listing, Listing)
    return listing


FULL = [f"t{n}" for n in range(100)]


@pytest.mark.parametrize(
    ("pages", "found", "complete"),
    [
        ([_page("a", "b", Total=2)], 2, True),
        ([_page(Total=0)], 0, True),
        ([{"TaskList": None, "Total": 0}], 0, True),
        ([_page(*FULL, Total=101), _page("z", Total=101)], 101, True),
        ([_page(*FULL, Total=100), _page(Total=100)], 100, True),
        ([_page("a", Total=500), _page()], 1, True),
        ([_page("a", Total=500), _page("a", Total=500)], 1, False),
        ([_page("a"), _page("b"), _page()], 2, True),
        ([_page(*FULL, Total=1), _page("z", Total=1)], 101, True),
        ([_page("a", "a", "b", Total=2)], 2, True),
        ([_page("a", 7, Total=1)], 1, False),
        ([{"TaskList": ["odd", {"TaskId": "a"}], "Total": 1}], 1, False),
    ],
    ids=[
        "one page",
        "none",
        "none, as null",
        "two pages",
        "a full last page",
        "a total that is too high",
        "the same page again",
        "no total",
        "a total that is too low",
        "twice on a page",
        "an id that is no text",
        "entries that are none",
    ],
)
def test_a_list_is_read_to_its_end(
    pages: list[dict[str, object]], found: int, complete: bool
) -> None:
    """Each task once; the total alone neither ends it early nor keeps it going."""
    listing = _listing(*pages)
    assert (len({task.id for task in listing.tasks}), len(listing.tasks)) == (found, found)
    assert listing.complete is complete


@pytest.mark.parametrize(
    "answer", [{}, {"TaskList": None}, {"TaskList": {}}, {"Total": 3}], ids=str
)
def test_an_answer_without_a_list_is_a_fault(answer: dict[str, object]) -> None:
    """Never "no tasks"."""
    with pytest.raises(ValueError, match="no TaskList"):
        _listing(answer)


def test_pages_are_asked_for_in_turn() -> None:
    """Of a hundred tasks, counted from 1; the operation's own parameters are the first page."""
    assert RELAY.tasks
    place = Task("", "cn-shanghai")
    reading = RELAY.tasks(place)
    first = next(reading)
    second = reading.send(_page(*FULL))
    assert LIST.parameters(place, "") == {"Region": "cn-shanghai"} | dict(first.more)
    assert [ask.more["PageNumber"] for ask in (first, second)] == [1, 2]
    assert second.more["PageSize"] == 100


@pytest.mark.parametrize(
    ("per_page", "pages", "tasks"),
    [(100, MOST_TASKS // 100, MOST_TASKS), (150, 34, MOST_TASKS), (1, MOST_PAGES, MOST_PAGES)],
)
def test_a_list_without_an_end_is_cut(per_page: int, pages: int, tasks: int) -> None:
    """At 5,000 tasks or 500 pages, and then it says that there are more."""
    answers = [
        _page(*(f"{number}-{n}" for n in range(per_page)), Total=10**9) for number in range(pages)
    ]
    listing = _listing(*answers)
    assert (len(listing.tasks), listing.complete) == (tasks, False)


# What is not restarted


def _hindrance(verb: Verb, facts: Facts) -> str:
    operation = RELAY.operation(verb)
    assert operation
    assert operation.hindered
    found = operation.hindered(facts)
    return f"{found.says} / {found.step}" if found else ""


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.START])
def test_a_task_before_its_start_is_not_restarted(verb: Verb) -> None:
    """It says when the task starts by itself, and what can be done."""
    facts = Facts(id=ID, state=TaskState.WAITING, starts_at=1763784000.0)
    assert _hindrance(verb, facts) == (
        "it starts by itself at 22 Nov 04:00 UTC; Alibaba does not restart a task before its start "
        "time / wait, or change the start time in the console"
    )
    unknown = _hindrance(verb, Facts(id=ID, state=TaskState.WAITING))
    assert "at a time that Alibaba did not tell" in unknown


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.START])
def test_an_ended_task_is_not_restarted(verb: Verb) -> None:
    """There is nothing to bring back."""
    says = _hindrance(verb, Facts(id=ID, state=TaskState.ENDED))
    assert says.startswith("it has ended, and Alibaba does not restart an ended task")


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.START])
@pytest.mark.parametrize(
    "state", [one for one in TaskState if one not in (TaskState.WAITING, TaskState.ENDED)]
)
def test_any_other_task_may_be_restarted(verb: Verb, state: TaskState) -> None:
    """The vendor decides."""
    assert _hindrance(verb, Facts(id=ID, state=state)) == ""


@pytest.mark.parametrize("verb", [Verb.STOP, Verb.DELETE, Verb.STATUS, Verb.LIST])
def test_nothing_is_read_before_what_cannot_be_hindered(verb: Verb) -> None:
    """A stop and a delete cost no call more."""
    operation = RELAY.operation(verb)
    assert operation
    assert operation.hindered is None
