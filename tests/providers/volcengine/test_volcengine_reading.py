"""How recordings and relays are read: call by call without a vendor, then from the simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from providers.client import Client
from providers.errors import CallError, FaultKind, Refused, Unknown
from providers.facts import Facts, Listing, TaskState
from providers.operation import Kind, Parameters, Reading, Task
from providers.reading import read
from providers.simulator import Incident, SimulatedTask
from providers.volcengine import record_reading, relay_reading
from providers.volcengine.errors import LIVE_FAULTS
from providers.volcengine.record import RECORD
from providers.volcengine.relay import RELAY
from providers.volcengine.simulator import VolcengineSimulator

if TYPE_CHECKING:
    from tests.providers.volcengine.conftest import AccountAt

T = TypeVar("T")
Told = Mapping[str, object]

ID = "5b903f78c7f5aeaaaabbbb01f6fe2eea"
TASK = Task(ID, "cn-north-1")
RECORDING: dict[str, object] = {"TaskId": ID, "Stream": "example_stream", "Status": "生效中"}
RELAYED: dict[str, object] = {"TaskId": ID, "Title": "task001", "Status": "停用"}


def drive(reading: Reading[T], answer: Callable[[str, Parameters], Told]) -> T:
    """Carries a reading out. `answer` takes an action and its parameters; a CallError that it
    raises is the vendor's."""
    try:
        ask = next(reading)
        while True:
            own = ask.operation.parameters(TASK, "x")
            try:
                told = answer(ask.operation.action, {**own, **ask.more})
            except CallError as error:
                ask = reading.throw(error)
            else:
                ask = reading.send(told)
    except StopIteration as found:
        result: T = found.value
        return result


def always(told: Told) -> Callable[[str, Parameters], Told]:
    return lambda _action, _parameters: told


def refusing(code: str, error: type[CallError] = Refused) -> Callable[[str, Parameters], Told]:
    def answer(_action: str, _parameters: Parameters) -> Told:
        raise error(LIVE_FAULTS.lookup(code), code=code)

    return answer


@dataclass
class Shelf:
    """A list that answers with these pages, then with the last one again."""

    pages: list[object]
    asked: list[Parameters] = field(default_factory=list)

    def __call__(self, _action: str, parameters: Parameters) -> Told:
        self.asked.append(parameters)
        rows = self.pages[min(len(self.asked), len(self.pages)) - 1]
        return {"List": rows, "Pagination": {"TotalCount": 7, "PageTotal": 1}}  # lies


def row(task_id: str, **more: object) -> dict[str, object]:
    return {"TaskId": task_id, "Status": "生效中", **more}


# One recording


@pytest.mark.parametrize("result", [RECORDING, {"TaskDetail": RECORDING}], ids=["flat", "nested"])
def test_both_shapes_of_one_recording_are_read(result: Told) -> None:
    """The fields in Result, as on the vendor's page, or in Result.TaskDetail, as in its SDKs."""
    found = drive(record_reading.status(TASK), always(result))
    assert found == record_reading.facts_of(RECORDING)


def test_one_recording_is_asked_for_with_a_capital_d() -> None:
    """Once, by its id to the letter."""
    asked: list[tuple[str, Parameters]] = []

    def answer(action: str, parameters: Parameters) -> Told:
        asked.append((action, parameters))
        return RECORDING

    drive(record_reading.status(TASK), answer)
    assert asked == [("GetPullRecordTask", {"TaskID": ID})]


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"TaskDetail": None},
        {"TaskDetail": {}},
        {"TaskDetail": []},
        {"TaskId": ID},
        {**RECORDING, "Status": ""},
        {**RECORDING, "Status": 1},
        {**RECORDING, "TaskId": ID[:-1]},
        {"TaskDetail": {**RECORDING, "TaskId": None}},
    ],
    ids=str,
)
def test_an_answer_that_does_not_tell_is_no_answer(result: Told) -> None:
    """Least of all is it "not found"."""
    with pytest.raises(ValueError, match=r"^the answer"):
        drive(record_reading.status(TASK), always(result))


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceNotFound.Task"])
def test_a_recording_is_not_there_where_the_vendor_says_so(code: str) -> None:
    """By its not-found code."""
    found = drive(record_reading.status(TASK), refusing(code))
    assert found == Facts.not_found(ID, code)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("RequestForbidden.AccountIDNotAllow", Refused),
        ("InvalidParam", Refused),
        ("ServiceNotFound", Refused),
        ("CommonErr", Unknown),
    ],
)
def test_any_other_refusal_is_told_as_it_is(code: str, error: type[CallError]) -> None:
    """It says nothing about the recording."""
    with pytest.raises(error) as caught:
        drive(record_reading.status(TASK), refusing(code, error))
    assert caught.value.code == code


# Lists

LISTS = [
    pytest.param(record_reading.tasks, "PageNum", {"PageSize": 500}, id="recordings"),
    pytest.param(relay_reading.tasks, "Page", {"Size": 100}, id="relays"),
]
Tasks = Callable[[Task], Reading[Listing]]


def ids(listing: Listing) -> list[str]:
    return [facts.id for facts in listing.tasks]


@pytest.mark.parametrize(("tasks", "page", "size"), LISTS)
def test_a_list_is_read_to_its_end(tasks: Tasks, page: str, size: Parameters) -> None:
    """In the vendor's order, each task once; the totals are not believed, an empty page is."""
    shelf = Shelf([[row("a"), row("b")], [row("b"), row("c")], []])
    listing = drive(tasks(TASK), shelf)
    assert (ids(listing), listing.complete) == (["a", "b", "c"], True)
    assert shelf.asked == [{page: number, **size} for number in (1, 2, 3)]


@pytest.mark.parametrize(("tasks", "page", "size"), LISTS)
@pytest.mark.parametrize("last", [[row("a"), row("b")], [], None], ids=["again", "empty", "null"])
def test_a_page_that_brings_nothing_new_is_the_end(
    tasks: Tasks, page: str, size: Parameters, last: object
) -> None:
    """A vendor that ignores the page's number is not asked for ever."""
    shelf = Shelf([[row("a"), row("b")], last])
    listing = drive(tasks(TASK), shelf)
    assert (ids(listing), listing.complete, len(shelf.asked)) == (["a", "b"], True, 2)


@pytest.mark.parametrize(("tasks", "page", "size"), LISTS)
@pytest.mark.parametrize(
    ("each", "bound"),  # tasks on a page; tasks and pages that are read
    [(500, (5000, 10)), (700, (5000, 8)), (1, (500, 500))],
)
def test_a_list_without_an_end_is_bounded(
    tasks: Tasks, page: str, size: Parameters, each: int, bound: tuple[int, int]
) -> None:
    """At most 5,000 tasks or 500 pages; then the list says that it is not all."""
    asked: list[Parameters] = []

    def answer(_action: str, parameters: Parameters) -> Told:
        asked.append(parameters)
        return {"List": [row(f"{parameters[page]}-{n}") for n in range(each)]}

    listing = drive(tasks(TASK), answer)
    assert not listing.complete
    assert (len(listing.tasks), len(asked)) == bound


@pytest.mark.parametrize(("tasks", "page", "size"), LISTS)
@pytest.mark.parametrize(
    "told",
    [
        {},
        {"List": None},
        {"List": {}},
        {"List": "x", "Pagination": {}},
        {"List": [None]},
        {"List": [{"Status": "生效中"}]},
        {"List": [row("a"), {"TaskId": 7}]},
        {"List": [row("")]},
    ],
    ids=str,
)
def test_a_page_that_cannot_be_read_is_no_empty_one(
    tasks: Tasks, page: str, size: Parameters, told: Told
) -> None:
    """Nobody is told that there are no tasks."""
    with pytest.raises(ValueError, match=r"^the answer"):
        drive(tasks(TASK), always(told))


# One relay


def test_a_relay_is_matched_to_the_letter() -> None:
    """Over all pages, and no further than it is."""
    shelf = Shelf([[row(ID[:-1]), row(ID.upper())], [row(f"{ID}0"), RELAYED], [row("z")]])
    found = drive(relay_reading.status(TASK), shelf)
    assert found == relay_reading.facts_of(RELAYED)
    assert len(shelf.asked) == 2


@pytest.mark.parametrize("pages", [[[]], [[row("a")], []], [[row(f" {ID}")], []]], ids=str)
def test_a_relay_that_the_whole_list_does_not_have_is_not_there(pages: list[object]) -> None:
    """Only when the end was reached."""
    assert drive(relay_reading.status(TASK), Shelf(pages)) == Facts.not_found(ID)


def test_a_relay_beyond_what_is_read_is_not_said_to_be_gone() -> None:
    """There may be more than 5,000."""

    def answer(_action: str, parameters: Parameters) -> Told:
        return {"List": [row(f"{parameters['Page']}-{n}") for n in range(500)]}

    with pytest.raises(ValueError, match="first 5000 tasks, and there are more"):
        drive(relay_reading.status(TASK), answer)


def test_a_relay_without_a_status_is_no_answer() -> None:
    """Nor is it unknown at the vendor: the vendor did not say."""
    with pytest.raises(ValueError, match="no Status"):
        drive(relay_reading.status(TASK), Shelf([[{"TaskId": ID}]]))


@pytest.mark.parametrize("reading", [relay_reading.status, relay_reading.tasks])
@pytest.mark.parametrize("code", ["ResourceNotFound", "AccessDenied"])
def test_a_list_that_is_refused_says_nothing_about_a_relay(
    reading: Callable[[Task], Reading[Any]], code: str
) -> None:
    """It has no id that could be not found."""
    with pytest.raises(Refused):
        drive(reading(TASK), refusing(code))


# From the simulator, through the client


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("kind", [RECORD, RELAY], ids=lambda kind: kind.name)
async def test_a_task_is_read_through_the_client(
    simulator: VolcengineSimulator, ours: Client, account_at: AccountAt, kind: Kind, nested: bool
) -> None:
    """Status and list say the same of it, and nothing of one that is not there."""
    assert kind.status
    assert kind.tasks
    account = account_at(simulator.url)
    simulator.nested = nested
    simulator.add_task(SimulatedTask(kind=kind.name, id="other", state="停用"))
    simulator.add_task(SimulatedTask(kind=kind.name, id=ID, name="main"))
    found = await read(ours, kind, account, TASK, kind.status(TASK))
    nowhere = Task("", "cn-north-1")
    listing = await read(ours, kind, account, nowhere, kind.tasks(nowhere))
    gone = Task(ID[:-1], "cn-north-1")
    missing = await read(ours, kind, account, gone, kind.status(gone))
    assert (found.state, found.name) == (TaskState.RUNNING, "main")
    assert found in listing.tasks
    assert (ids(listing), listing.complete) == (["other", ID], True)
    assert (missing.id, missing.state) == (ID[:-1], TaskState.NOT_FOUND)
    assert "examplekey" not in str(listing)


async def test_a_long_list_is_read_through_the_client(
    simulator: VolcengineSimulator, ours: Client, account_at: AccountAt
) -> None:
    """More than a page of relays, and the last of them by its id."""
    account = account_at(simulator.url)
    for n in range(250):
        simulator.add_task(SimulatedTask(kind="relay", id=f"r{n}"))
    last = Task("r249", "cn-north-1")
    found = await read(ours, RELAY, account, last, relay_reading.status(last))
    calls = len(simulator.requests)
    listing = await read(ours, RELAY, account, TASK, relay_reading.tasks(TASK))
    assert (found.id, calls) == ("r249", 3)
    assert (len(listing.tasks), listing.complete) == (250, True)


@pytest.mark.parametrize("kind", [RECORD, RELAY], ids=lambda kind: kind.name)
async def test_a_read_that_is_refused_is_told_by_its_kind(
    simulator: VolcengineSimulator, ours: Client, account_at: AccountAt, kind: Kind
) -> None:
    """The client's errors come through a reading."""
    assert kind.status
    simulator.play(Incident.PERMISSION)
    with pytest.raises(Refused) as caught:
        await read(ours, kind, account_at(simulator.url), TASK, kind.status(TASK))
    assert caught.value.fault.kind is FaultKind.PERMISSION
