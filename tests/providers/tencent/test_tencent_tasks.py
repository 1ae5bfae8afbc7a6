"""Tencent's tasks on loopback live: they break, come back, stop, end, and are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.simulator import Incident, SimulatedTask

if TYPE_CHECKING:
    from tests.providers.tencent.conftest import Vendor

RESTART, DELETE, STOP = "RestartLivePullStreamTask", "DeleteLivePullStreamTask", "StopStreamIngest"
LIST, STATUS = "DescribeLivePullStreamTasks", "DescribeLivePullStreamTaskStatus"
MODIFY, INGEST_STATUS = "ModifyLivePullStreamTask", "DescribeStreamIngest"
PULL = {"TaskId": "123", "Operator": "slack:U123"}
PAUSE, ENABLE = PULL | {"Status": "pause"}, PULL | {"Status": "enable"}
INGEST = {"SdkAppId": 14, "TaskId": "-gC+x"}


def _state(vendor: Vendor, kind: str, task_id: str) -> str | None:
    task = vendor.simulator.task(kind, task_id)
    return task.state if task else None


async def test_a_restarted_task_is_away_for_some_seconds(vendor: Vendor) -> None:
    """inactive at once, active when the recovery time is over, by the clock that is passed in."""
    assert await vendor.code(RESTART, PULL) == ""
    assert _state(vendor, "pull", "123") == "inactive"
    vendor.clock.time += vendor.simulator.recovery - 0.1
    assert _state(vendor, "pull", "123") == "inactive"
    vendor.clock.time += 0.1
    assert _state(vendor, "pull", "123") == "active"


async def test_a_second_restart_breaks_the_stream_again(vendor: Vendor) -> None:
    """The time to recover starts anew: every restart interrupts."""
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 3
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 3
    assert _state(vendor, "pull", "123") == "inactive"


async def test_a_task_that_does_not_come_back_is_brought_back_by_the_next_restart(
    vendor: Vendor,
) -> None:
    """The incident holds one restart back, not the task for good."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "inactive"
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "active"


async def test_a_restart_that_fails_undoes_the_one_before(vendor: Vendor) -> None:
    """A task that was about to come back does not, when the next restart goes wrong."""
    await vendor.code(RESTART, PULL)
    vendor.simulator.play(Incident.NOT_BACK)
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "inactive"


async def test_a_paused_task_stays_paused(vendor: Vendor) -> None:
    """Restart is for running tasks; the simulator starts nothing that was paused."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="9", state="pause"))
    assert await vendor.code(RESTART, PULL | {"TaskId": "9"}) == ""
    assert _state(vendor, "pull", "9") == "pause"


async def test_a_paused_task_runs_again_after_a_start(vendor: Vendor) -> None:
    """pause at once; switched on it is inactive until the recovery time is over."""
    assert await vendor.code(MODIFY, PAUSE) == ""
    assert _state(vendor, "pull", "123") == "pause"
    assert await vendor.code(MODIFY, ENABLE) == ""
    assert _state(vendor, "pull", "123") == "inactive"
    vendor.clock.time += vendor.simulator.recovery
    assert _state(vendor, "pull", "123") == "active"


async def test_a_start_of_what_runs_changes_nothing(vendor: Vendor) -> None:
    """Switching on what is on does not break the stream, nor bring a broken one back."""
    await vendor.code(MODIFY, ENABLE)
    assert _state(vendor, "pull", "123") == "active"
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="9", state="inactive"))
    await vendor.code(MODIFY, ENABLE | {"TaskId": "9"})
    vendor.clock.time += 60
    assert _state(vendor, "pull", "9") == "inactive"


async def test_a_pause_ends_a_recovery(vendor: Vendor) -> None:
    """A restarted task that is paused meanwhile stays paused, and a second pause is a yes."""
    await vendor.code(RESTART, PULL)
    assert [await vendor.code(MODIFY, PAUSE) for _ in range(2)] == ["", ""]
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "pause"


async def test_a_started_task_may_stay_down(vendor: Vendor) -> None:
    """The incident keeps a start back as it does a restart."""
    await vendor.code(MODIFY, PAUSE)
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    await vendor.code(MODIFY, ENABLE)
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "inactive"


async def test_the_status_tells_what_runs(vendor: Vendor) -> None:
    """active or inactive, and when it last reported: all the time while it runs."""

    async def told() -> tuple[object, object]:
        info = (await vendor.ask(STATUS, {"TaskId": "123"}))["TaskStatusInfo"]
        assert isinstance(info, dict)
        return info["RunStatus"], info["ReportTime"]

    assert await told() == ("active", "2025-01-01T00:00:00Z")
    vendor.clock.time += 1
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 1
    assert await told() == ("inactive", "2025-01-01T00:00:01Z")
    vendor.clock.time += 9
    assert await told() == ("active", "2025-01-01T00:00:11Z")
    await vendor.code(MODIFY, PAUSE)
    assert await told() == ("inactive", "2025-01-01T00:00:11Z")


async def test_what_never_ran_never_reported(vendor: Vendor) -> None:
    """An empty time, as in the vendor's own sample."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="9", state="inactive"))
    info = (await vendor.ask(STATUS, {"TaskId": "9"}))["TaskStatusInfo"]
    assert isinstance(info, dict)
    assert (info["RunStatus"], info["ReportTime"]) == ("inactive", "")


async def test_an_account_outside_china_has_no_status(vendor: Vendor) -> None:
    """Its API list lacks that one action, and its limit of tasks is lower."""
    vendor.simulator.international = True
    assert await vendor.code(STATUS, {"TaskId": "123"}) == "InvalidAction"
    assert (await vendor.ask(LIST, {}))["LimitTaskNum"] == 20
    assert await vendor.code(RESTART, PULL) == ""


async def test_an_ingest_that_is_not_there_has_a_word(vendor: Vendor) -> None:
    """NotExist is a status, not an error; so it is for an ended one."""
    status = [
        (await vendor.ask(INGEST_STATUS, INGEST | more, service="trtc"))["Status"]
        for more in ({}, {"TaskId": "gC+x"}, {"SdkAppId": 15})
    ]
    assert status == ["InProgress", "NotExist", "NotExist"]
    await vendor.code(STOP, INGEST, service="trtc")
    assert (await vendor.ask(INGEST_STATUS, INGEST, service="trtc"))["Status"] == "NotExist"


async def test_the_last_change_is_told(vendor: Vendor) -> None:
    """Operator becomes UpdateBy, for restart and modify; the last changed task is listed first."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="9"))
    vendor.clock.time += 60
    await vendor.code(RESTART, PULL | {"TaskId": "9", "Operator": "ann"})
    vendor.clock.time += 60
    first, second = _infos(await vendor.ask(LIST, {}))
    assert (first["TaskId"], first["UpdateBy"]) == ("9", "ann")
    assert first["UpdateTime"] == "2025-01-01T00:01:00Z"
    assert (second["TaskId"], second["UpdateBy"]) == ("123", "admin")
    await vendor.code(MODIFY, PAUSE)
    first, _ = _infos(await vendor.ask(LIST, {}))
    assert (first["TaskId"], first["UpdateBy"]) == ("123", "slack:U123")


async def test_a_modify_changes_settings_and_leaves_the_stream(vendor: Vendor) -> None:
    """Without a Status, only what is named becomes new."""
    await vendor.code(MODIFY, PULL | {"Comment": "night", "SourceUrls": ["rtmp://n/live/k"]})
    (info,) = _infos(await vendor.ask(LIST, {}))
    assert (info["Comment"], info["SourceUrls"]) == ("night", ["rtmp://n/live/k"])
    assert _state(vendor, "pull", "123") == "active"


async def test_only_a_single_task_tells_what_it_pulled_last(vendor: Vendor) -> None:
    """As on the vendor's page: the list of all has no RecentPullInfo."""
    (alone,) = _infos(await vendor.ask(LIST, {"TaskId": "123"}))
    (among_all,) = _infos(await vendor.ask(LIST, {}))
    assert set(alone) - set(among_all) == {"RecentPullInfo"}
    vendor.simulator.tasks[0].facts["RecentPullInfo"] = {"ReportTime": "never"}
    (told,) = _infos(await vendor.ask(LIST, {"TaskId": "123"}))
    assert told["RecentPullInfo"] == {"ReportTime": "never"}


async def test_settle_brings_a_restarted_task_back(vendor: Vendor) -> None:
    """Without asking for the task by its id."""
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert vendor.simulator.tasks[0].state == "inactive"
    vendor.simulator.settle()
    assert vendor.simulator.tasks[0].state == "active"


async def test_a_deleted_task_is_gone(vendor: Vendor) -> None:
    """The second delete is told that there is no such task."""
    assert await vendor.code(DELETE, PULL) == ""
    assert vendor.simulator.task("pull", "123") is None
    assert await vendor.code(DELETE, PULL) == "InvalidParameter.TaskNotExist"


async def test_a_stopped_ingest_has_ended(vendor: Vendor) -> None:
    """The second stop is told that the task had ended."""
    assert await vendor.code(STOP, INGEST, service="trtc") == ""
    assert _state(vendor, "ingest", "-gC+x") == "NotExist"
    assert await vendor.code(STOP, INGEST, service="trtc") == "FailedOperation.TaskFinished"


async def _listed(vendor: Vendor, **parameters: object) -> list[tuple[object, object]]:
    """Id and status of each task on a page."""
    return [(info["TaskId"], info["Status"]) for info in _infos(await vendor.ask(LIST, parameters))]


def _infos(page: dict[str, object]) -> list[dict[str, object]]:
    infos = page["TaskInfos"]
    assert isinstance(infos, list)
    return infos


async def test_the_list_is_read_to_its_end(vendor: Vendor) -> None:
    """Every pull task of the region is on one page, in order, and the counts say when to stop."""
    for n in range(6):
        vendor.simulator.add_task(SimulatedTask(kind="pull", id=f"9{n}"))
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="elsewhere", region="ap-tokyo"))
    pages = [await vendor.ask(LIST, {"PageNum": n, "PageSize": 3}) for n in range(1, 5)]
    ids = [[info["TaskId"] for info in _infos(page)] for page in pages]
    assert ids == [["123", "90", "91"], ["92", "93", "94"], ["95"], []]
    for number, page in enumerate(pages, 1):
        told = {name: page[name] for name in ("PageNum", "PageSize", "TotalNum", "TotalPage")}
        assert told == {"PageNum": number, "PageSize": 3, "TotalNum": 7, "TotalPage": 3}


async def test_a_page_has_ten_tasks_where_nothing_is_said(vendor: Vendor) -> None:
    """The first ten, as the vendor's page says."""
    for n in range(12):
        vendor.simulator.add_task(SimulatedTask(kind="pull", id=f"9{n}"))
    page = await vendor.ask(LIST, {})
    assert (page["PageNum"], page["PageSize"], page["TotalPage"]) == (1, 10, 2)
    assert len(await _listed(vendor)) == 10


async def test_the_list_tells_what_is_paused_and_not_what_runs(vendor: Vendor) -> None:
    """A task that is away after a restart is switched on all the same; a deleted one is gone."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="9", state="pause"))
    await vendor.code(RESTART, PULL)
    assert await _listed(vendor) == [("123", "enable"), ("9", "pause")]
    await vendor.code(DELETE, PULL)
    assert await _listed(vendor) == [("9", "pause")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"TaskId": "123"}, ["123"]),
        ({"TaskId": "12"}, []),
        ({"TaskId": ""}, ["123", "1234"]),
        ({"SpecifyTaskId": "123"}, []),
    ],
)
async def test_the_list_is_filtered_to_the_letter(
    vendor: Vendor, wanted: dict[str, str], found: list[str]
) -> None:
    """An id that is not there is an empty list, not an error."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="1234"))
    assert [task_id for task_id, _ in await _listed(vendor, **wanted)] == found


async def test_the_list_tells_the_facts_of_a_task(vendor: Vendor) -> None:
    """What was set up under the vendor's own name is told; anything else is kept inside."""
    facts = {"SourceUrls": ["rtmp://a/b"], "VodLoopTimes": -1, "mood": "good"}
    vendor.simulator.tasks[0].facts.update(facts)
    await vendor.ask(RESTART, PULL)  # leaves a fact of the simulator's own
    (info,) = _infos(await vendor.ask(LIST, {}))
    assert (info["SourceUrls"], info["VodLoopTimes"]) == (["rtmp://a/b"], -1)
    assert not {"mood", "back_at"} & set(info)
