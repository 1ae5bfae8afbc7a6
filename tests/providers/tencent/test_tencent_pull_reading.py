"""How a live pull task is read: which calls, in which order, and what comes of any answer."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import CallError, Refused
from providers.facts import Facts, Listing, TaskState
from providers.operation import Ask, Reading, Task
from providers.simulator import Incident, SimulatedTask
from providers.tencent.errors import LIVE_FAULTS
from providers.tencent.pull import PULL
from providers.tencent.pull_reading import LIST, MOST_TASKS, STATES, STATUS, facts_of, status, tasks

if TYPE_CHECKING:
    from tests.providers.tencent.conftest import Vendor

TASK = Task("123", "ap-guangzhou")
ONE = {"TaskId": "123", "PageNum": 1, "PageSize": 10}
INFO: Mapping[str, object] = {
    "TaskId": "123",
    "Status": "enable",
    "Comment": "Main feed",
    "SourceUrls": ["rtmp://pull.example.com/live/examplekey?txSecret=examplekey"],
    "DomainName": "push.example.com",
    "AppName": "live",
    "StreamName": "examplekey",
    "PushArgs": "txSecret=examplekey",
    "StartTime": "2025-01-01T00:00:00Z",
    "EndTime": "2025-01-07T00:00:00Z",
    "UpdateBy": "zhangsan",
    "UpdateTime": "2025-01-02T00:00:00Z",
    "RecentPullInfo": {
        "FileUrl": "pull.example.com/live/examplekey",
        "ReportTime": "2025-01-03T00:00:00Z",
    },
}
NEW_YEAR, DAY = 1735689600.0, 86400.0


def _page(*infos: object, total: object = None) -> dict[str, object]:
    return {"TaskInfos": list(infos), "TotalNum": len(infos) if total is None else total}


def _runs(word: object, **more: object) -> dict[str, object]:
    return {"TaskStatusInfo": {"RunStatus": word, **more}}


def _refused(code: str) -> Refused:
    return Refused(LIVE_FAULTS.lookup(code), code=code)


def _carry_out(reading: Reading[Any], *answers: Mapping[str, object] | CallError) -> Any:
    """What the reading found with these answers: all of them, and no call more."""
    asks, found = _followed(reading, answers)
    assert len(asks) == len(answers)
    return found


def _followed(reading: Reading[Any], answers: Any) -> tuple[list[Ask], Any]:
    asks = [next(reading)]
    for answer in answers:
        try:
            asks.append(
                reading.throw(answer) if isinstance(answer, CallError) else reading.send(answer)
            )
        except StopIteration as found:
            return asks, found.value
    return asks, None


WORDS = [
    ("enable", "active", TaskState.RUNNING, "active"),
    ("enable", "inactive", TaskState.NO_STREAM, "inactive"),
    ("enable", "Warming-Up", TaskState.UNKNOWN, "Warming-Up"),
    ("pause", None, TaskState.STOPPED, "pause"),
    ("archived", None, TaskState.UNKNOWN, "archived"),
]


@pytest.mark.parametrize(("listed", "runs", "state", "word"), WORDS)
def test_a_state_is_the_vendors_word(
    listed: str, runs: str | None, state: TaskState, word: str
) -> None:
    """Each documented word has its state; another one is unknown and shown as it is. Only a task
    that is switched on is asked whether it runs."""
    second = [] if runs is None else [_runs(runs)]
    facts = _carry_out(status(TASK), _page({**INFO, "Status": listed}), *second)
    assert (facts.state, facts.word) == (state, word)


def test_every_documented_word_has_a_row() -> None:
    """The table above, and the word that an account without the second call is left with."""
    assert set(STATES) == {"active", "inactive", "pause", "enable"}
    assert PULL.states == STATES
    tried = {word for _, _, state, word in WORDS if state is not TaskState.UNKNOWN}
    assert tried == set(STATES) - {"enable"}


def test_a_status_is_two_calls() -> None:
    """The list narrowed to the task, then its status."""
    asks, _ = _followed(status(TASK), [_page(INFO), _runs("active")])
    assert [(ask.operation, ask.more) for ask in asks] == [(LIST, ONE), (STATUS, {})]


@pytest.mark.parametrize(
    "code",
    [
        "InvalidAction",
        "UnsupportedOperation",
        "UnsupportedOperation.SomethingNew",
        "UnsupportedRegion",
        "ActionOffline",
        "NoSuchVersion",
    ],
)
def test_an_account_without_the_status_sees_what_is_switched_on(code: str) -> None:
    """International accounts have no such API: the list alone says "switched on", never more."""
    facts = _carry_out(status(TASK), _page(INFO), _refused(code))
    assert (facts.state, facts.word) == (TaskState.SWITCHED_ON, "enable")
    assert facts.reported_at == NEW_YEAR + 2 * DAY


@pytest.mark.parametrize("code", ["ResourceNotFound.StopService", "UnauthorizedOperation"])
def test_any_other_refusal_of_the_status_is_told(code: str) -> None:
    """A key that may not ask is a fault to mend, not a state."""
    with pytest.raises(Refused, match=code):
        _carry_out(status(TASK), _page(INFO), _refused(code))


def test_a_refusal_of_the_list_is_told() -> None:
    """Without the list nothing is known, whatever the code is."""
    with pytest.raises(Refused, match="InvalidAction"):
        _carry_out(status(TASK), _refused("InvalidAction"))


@pytest.mark.parametrize(
    "page",
    [
        _page(),
        {"TaskInfos": None, "TotalNum": 0},
        _page({**INFO, "TaskId": "1234"}),
        _page({**INFO, "TaskId": 123}),
        _page({**INFO, "TaskId": "12"}, {**INFO, "TaskId": " 123"}, None),
    ],
)
def test_a_list_without_the_exact_id_means_not_found(page: dict[str, object]) -> None:
    """No neighbour of the id is taken for it, and nothing more is asked."""
    assert _carry_out(status(TASK), page) == Facts.not_found("123")


def test_a_task_that_goes_between_the_two_calls_is_not_found() -> None:
    """Deleted after it was listed."""
    gone = _refused("InvalidParameter.TaskNotExist")
    assert _carry_out(status(TASK), _page(INFO), gone) == Facts.not_found("123")


@pytest.mark.parametrize(
    "answers",
    [
        [{}],
        [{"TaskInfos": None}],
        [{"TaskInfos": None, "TotalNum": 3}],
        [{"TaskInfos": {}}],
        [{"TaskInfos": "none", "TotalNum": 0}],
        [_page({"TaskId": "123"})],
        [_page({**INFO, "Status": ""})],
        [_page({**INFO, "Status": 1})],
        [_page(*({**INFO, "TaskId": f"9{n}"} for n in range(10)))],
        [_page(INFO), {}],
        [_page(INFO), {"TaskStatusInfo": None}],
        [_page(INFO), {"TaskStatusInfo": "active"}],
        [_page(INFO), _runs(None)],
        [_page(INFO), _runs("")],
    ],
    ids=json.dumps,
)
def test_an_answer_that_does_not_tell_is_not_a_state(answers: list[dict[str, object]]) -> None:
    """Never "not found", and never a guess: a ValueError in a few words."""
    with pytest.raises(ValueError, match=r"^(the|a) .{10,50}$"):
        _carry_out(status(TASK), *answers)


def test_the_facts_are_the_vendors() -> None:
    """Everything that a card shows, clean, with times in seconds since the epoch."""
    told = _runs("active", ReportTime="2025-01-04T00:00:00Z", FileUrl="rtmp://a/live/examplekey")
    facts = _carry_out(status(TASK), _page(INFO), told)
    assert replace(facts, settings={}) == Facts(
        id="123",
        state=TaskState.RUNNING,
        word="active",
        name="Main feed",
        source="pull.example.com/live/•••",
        destination="push.example.com/live/•••",
        starts_at=NEW_YEAR,
        ends_at=NEW_YEAR + 6 * DAY,
        changed_by="zhangsan",
        changed_at=NEW_YEAR + DAY,
        reported_at=NEW_YEAR + 3 * DAY,
        identity=facts.identity,
    )
    assert set(facts.settings) == {*INFO, "TaskStatusInfo"}
    assert facts.settings["PushArgs"] == facts.settings["StreamName"] == "•••"


def test_a_status_without_a_report_keeps_the_lists() -> None:
    """The vendor's own sample has an empty ReportTime."""
    facts = _carry_out(status(TASK), _page(INFO), _runs("inactive", ReportTime=""))
    assert facts.reported_at == NEW_YEAR + 2 * DAY


@pytest.mark.parametrize(
    ("told", "destination"),
    [
        ({"DomainName": "", "AppName": "", "StreamName": "", "ToUrl": "rtmp://to/live/k"}, "to"),
        ({"DomainName": ""}, ""),
        ({"DomainName": 7}, ""),
        ({"AppName": None}, "push.example.com"),
    ],
)
def test_a_destination_is_a_whole_address_or_three_parts(
    told: dict[str, object], destination: str
) -> None:
    """A task that was made with a whole address has no domain, path and stream name."""
    assert facts_of({**INFO, **told}).destination.partition("/")[0] == destination


@pytest.mark.parametrize(
    ("field", "value", "another"),
    [
        ("Comment", "Other feed", True),
        ("SourceUrls", ["rtmp://pull.example.com/live/examplekey?txSecret=another"], True),
        ("StreamName", "another", True),
        ("BackupToUrl", "rtmp://b/live/k", True),
        ("Status", "pause", False),
        ("UpdateTime", "2025-02-01T00:00:00Z", False),
        ("RecentPullInfo", None, False),
    ],
)
def test_an_identity_is_name_source_and_destination(
    field: str, value: object, another: bool
) -> None:
    """A yes does not count when one of them changed, also where the change is masked; and what
    changes by itself does not spoil a yes."""
    changed = facts_of({**INFO, field: value}).identity
    assert (changed != facts_of(INFO).identity) is another


def _keys_in(facts: Facts) -> list[str]:
    return re.findall("examplekey|txSecret", json.dumps(asdict(facts), ensure_ascii=False))


KEYED = "rtmp://x.example.com/live/examplekey?txSecret=examplekey"


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Comment": KEYED},
        {"Comment": "feed txSecret=examplekey"},
        {"SourceUrls": ["pull.example.com/live/examplekey", KEYED]},
        {"BackupSourceUrl": "b.example.com/live/examplekey"},
        {"CallbackUrl": "https://cb.example.com/hook/examplekey"},
        {"DomainName": "", "StreamName": "", "ToUrl": KEYED, "BackupToUrl": "b/live/examplekey"},
    ],
)
def test_no_key_comes_out(told: dict[str, object]) -> None:
    """Stream names, push parameters and addresses are masked in every field, settings too."""
    answer = _runs("active", FileUrl=KEYED, NextFileUrl="n.example.com/live/examplekey")
    facts = _carry_out(status(TASK), _page({**INFO, **told}), answer)
    assert _keys_in(facts) == []


def _json(*leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), *leaves),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )


WORD_FIELDS = ("TaskId", "Status", "UpdateBy")  # an id is told to the letter, whatever it is
STRANGE = st.builds(
    operator.or_,
    st.dictionaries(st.sampled_from(WORD_FIELDS), _json()),
    st.dictionaries(
        st.sampled_from(sorted({*INFO, "ToUrl", "New"} - {*WORD_FIELDS})), _json(st.just(KEYED))
    ),
)


@given(STRANGE)
def test_facts_are_read_from_any_answer(info: dict[str, object]) -> None:
    """Whatever the types are: no exception, clean text, and no key."""
    facts = facts_of(info)
    for text in (facts.id, facts.word, facts.name, facts.changed_by, facts.source):
        assert text == " ".join(text.split())
        assert len(text) <= 300
    assert "txSecret" not in json.dumps(asdict(facts))


# The list


def _infos(start: int, stop: int) -> list[dict[str, object]]:
    return [{**INFO, "TaskId": str(n)} for n in range(start, stop)]


def _ids(listing: Listing) -> list[str]:
    return [task.id for task in listing.tasks]


LISTS: list[tuple[str, list[dict[str, object]], int, bool]] = [
    ("nothing", [_page()], 0, True),
    ("nothing, as null", [{"TaskInfos": None, "TotalNum": 0}], 0, True),
    ("one short page", [_page(*_infos(0, 3))], 3, True),
    ("two pages", [_page(*_infos(0, 20), total=25), _page(*_infos(20, 25), total=25)], 25, True),
    ("a full page is read behind", [_page(*_infos(0, 20)), _page(total=20)], 20, True),
    (
        "a total that is too low",
        [_page(*_infos(0, 20), total=1), _page(*_infos(20, 21), total=1)],
        21,
        True,
    ),
    ("a total that is too high", [_page(*_infos(0, 3), total=99), _page(total=99)], 3, True),
    ("no total", [{"TaskInfos": _infos(0, 3)}, {"TaskInfos": []}], 3, True),
    ("a total of another type", [_page(*_infos(0, 3), total="3"), _page(total="3")], 3, True),
    (
        "a short page in the middle",
        [_page(*_infos(0, 5), total=9), _page(*_infos(5, 9), total=9)],
        9,
        True,
    ),
    (
        "a task that moved while we read",
        [_page(*_infos(0, 20), total=22), _page(*_infos(18, 22), total=22)],
        22,
        True,
    ),
    (
        "the same page for ever",
        [_page(*_infos(0, 20), total=40), _page(*_infos(0, 20), total=40)],
        20,
        False,
    ),
    ("an entry without an id", [_page({"Status": "enable"}, *_infos(0, 2)), _page()], 2, False),
    ("what is no entry", [_page(None, "x", *_infos(0, 2)), _page()], 2, False),
]


@pytest.mark.parametrize(
    ("answers", "count", "complete"), [row[1:] for row in LISTS], ids=[row[0] for row in LISTS]
)
def test_a_list_is_read_to_its_end(
    answers: list[dict[str, object]], count: int, complete: bool
) -> None:
    """Each task once, in the vendor's order, with no call more than that; what the vendor's total
    says is believed only where the page agrees."""
    listing = _carry_out(tasks(TASK), *answers)
    assert _ids(listing) == [str(n) for n in range(count)]
    assert listing.complete is complete


def test_pages_are_asked_for_in_turn() -> None:
    """From 1, each as long as the vendor allows."""
    asks, _ = _followed(tasks(TASK), [_page(*_infos(0, 20)), _page(*_infos(20, 40)), _page()])
    assert [ask.operation for ask in asks] == [LIST] * 3
    assert [ask.more for ask in asks] == [{"PageNum": n, "PageSize": 20} for n in (1, 2, 3)]


def test_a_list_without_an_end_is_cut() -> None:
    """A vendor that always has more does not keep us for ever."""
    pages = [_page(*_infos(n * 20, n * 20 + 20)) for n in range(MOST_TASKS // 20 + 1)]
    listing = _carry_out(tasks(TASK), *pages)
    assert (len(listing.tasks), listing.complete) == (MOST_TASKS, False)


def test_exactly_as_many_as_we_read_is_complete() -> None:
    """The bound cuts nothing off that is not there."""
    pages = [_page(*_infos(n * 20, n * 20 + 20)) for n in range(MOST_TASKS // 20)]
    listing = _carry_out(tasks(TASK), *pages, _page())
    assert (len(listing.tasks), listing.complete) == (MOST_TASKS, True)


def test_thin_pages_end_too() -> None:
    """One task on each page: five hundred pages are enough."""
    pages = [_page(*_infos(n, n + 1), total=9999) for n in range(500)]
    listing = _carry_out(tasks(TASK), *pages)
    assert (len(listing.tasks), listing.complete) == (500, False)


def test_a_list_that_is_none_is_not_an_empty_one() -> None:
    """An answer without the field is a fault, not "no tasks"."""
    with pytest.raises(ValueError, match="the list has no TaskInfos"):
        _carry_out(tasks(TASK), {"TotalNum": 0})


# Through the client, at the simulator


async def test_a_restart_is_seen_from_its_beginning_to_its_end(vendor: Vendor) -> None:
    """Running, no stream, running again; the report stands still while nothing flows."""
    restart = {"TaskId": "123", "Operator": "slack:U123"}
    before = await vendor.status(PULL, TASK)
    await vendor.ask("RestartLivePullStreamTask", restart)
    vendor.clock.time += 3
    down = await vendor.status(PULL, TASK)
    vendor.clock.time += 2
    after = await vendor.status(PULL, TASK)
    assert [facts.word for facts in (before, down, after)] == ["active", "inactive", "active"]
    reports = [facts.reported_at for facts in (before, down, after)]
    assert reports == [NEW_YEAR, NEW_YEAR, NEW_YEAR + 5]
    assert (down.changed_by, down.changed_at) == ("slack:U123", NEW_YEAR)
    assert before.identity == after.identity


async def test_the_simulators_task_shows_no_key(vendor: Vendor) -> None:
    """Its addresses hold one; what we read of it does not."""
    facts = await vendor.status(PULL, TASK)
    assert (facts.source, facts.destination) == (
        "pull.example.com/live/•••",
        "push.example.com/live/•••",
    )
    assert _keys_in(facts) == []
    assert "examplekey" in str(await vendor.ask("DescribeLivePullStreamTasks", {}))


async def test_a_stopped_and_a_started_task_are_seen_so(vendor: Vendor) -> None:
    """A paused one costs one call only."""
    change = {"TaskId": "123", "Operator": "slack:U123"}
    await vendor.ask("ModifyLivePullStreamTask", change | {"Status": "pause"})
    stopped = await vendor.status(PULL, TASK)
    assert (stopped.state, stopped.word) == (TaskState.STOPPED, "pause")
    assert [seen.action for seen in vendor.simulator.requests[1:]] == [LIST.action]
    await vendor.ask("ModifyLivePullStreamTask", change | {"Status": "enable"})
    assert (await vendor.status(PULL, TASK)).state is TaskState.NO_STREAM
    vendor.clock.time += vendor.simulator.recovery
    assert (await vendor.status(PULL, TASK)).state is TaskState.RUNNING


async def test_an_international_account_falls_back_to_the_list(vendor: Vendor) -> None:
    """The vendor's InvalidAction is no failure of the status."""
    vendor.simulator.international = True
    facts = await vendor.status(PULL, TASK)
    assert (facts.state, facts.word) == (TaskState.SWITCHED_ON, "enable")
    assert [seen.verdict for seen in vendor.simulator.requests] == ["ok", "InvalidAction"]


async def test_a_deleted_task_is_not_found(vendor: Vendor) -> None:
    """By the exact id, in its own region alone."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="1234"))
    assert (await vendor.status(PULL, Task("123", "ap-tokyo"))).state is TaskState.NOT_FOUND
    await vendor.ask("DeleteLivePullStreamTask", {"TaskId": "123", "Operator": "a"})
    assert await vendor.status(PULL, TASK) == Facts.not_found("123")


async def test_a_restart_that_does_not_come_back_is_seen_so(vendor: Vendor) -> None:
    """However long one waits."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    await vendor.ask("RestartLivePullStreamTask", {"TaskId": "123", "Operator": "a"})
    vendor.clock.time += 600
    assert (await vendor.status(PULL, TASK)).state is TaskState.NO_STREAM


async def test_the_list_comes_through_the_client(vendor: Vendor) -> None:
    """Every page, with states as far as the list tells them."""
    for n in range(41):
        state = "pause" if n % 2 else "active"
        vendor.simulator.add_task(SimulatedTask(kind="pull", id=f"9{n}", state=state, name="x"))
    listing = await vendor.listed(PULL)
    assert listing.complete
    assert _ids(listing) == ["123", *(f"9{n}" for n in range(41))]
    assert {task.word for task in listing.tasks} == {"enable", "pause"}
    assert [seen.parameters["PageNum"] for seen in vendor.simulator.requests] == [1, 2, 3]
