"""The simulator refuses what ApsaraVideo Live refuses, and moves its tasks with the clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from providers.alibaba.wire import AlibabaWire
from providers.simulator import Incident, SimulatedTask

if TYPE_CHECKING:
    from tests.providers.alibaba.conftest import Vendor

ID = "6f869419-0001"
STATUS = "DescribeLivePullToPush"
LIST = "DescribeLivePullToPushList"
RESTART = "RestartLivePullToPush"
STOP = "StopLivePullToPush"
DELETE = "DeleteLivePullToPush"
EVERY = (STATUS, RESTART, STOP, DELETE)


async def test_a_restart_breaks_the_stream_and_it_comes_back(vendor: Vendor) -> None:
    """Stopped at once, and running again after some seconds of the simulator's clock."""
    assert vendor.state() == "1"
    status, body = await vendor.ask()
    assert (status, set(body)) == (200, {"RequestId", "TaskId"})
    assert body["TaskId"] != ID
    assert body["RequestId"] == vendor.simulator.requests[-1].request_id
    assert vendor.state() == "3"
    vendor.clock.time += 3.9
    assert vendor.state() == "3"
    vendor.clock.time += 0.2
    assert vendor.state() == "1"


async def test_a_restart_that_does_not_come_back(vendor: Vendor) -> None:
    """The vendor says yes all the same; the task says why it stays stopped."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    assert await vendor.code() == ""
    vendor.clock.time += 3600
    assert vendor.state() == "3"
    task = vendor.simulator.task("relay", ID)
    assert task
    assert task.facts["TaskInvalidReason"] == "PullStreamFailed"


async def test_the_reason_of_a_failed_restart_is_not_told_of_the_next(vendor: Vendor) -> None:
    """A task that is stopped for the seconds of a good restart is not out of order."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    await vendor.code()
    await vendor.code()
    assert "TaskInvalidReason" not in (await vendor.items())[0]


async def test_settle_brings_a_restarted_task_back(vendor: Vendor) -> None:
    """Without asking for the task by its id."""
    await vendor.code()
    vendor.clock.time += 60
    assert vendor.simulator.tasks[0].state == "3"
    vendor.simulator.settle()
    assert vendor.simulator.tasks[0].state == "1"


GONE = "CodeTaskNotExist 400"
HAS_STOPPED = "CodeTaskHasStopped 400"
TOO_EARLY = "InvalidParam.CodeIllegalDuration 400"


@pytest.mark.parametrize(
    ("action", "before", "code", "after"),
    [
        (RESTART, "0", TOO_EARLY, "0"),
        (RESTART, "1", "", "3"),
        (RESTART, "2", "", "3"),
        (RESTART, "3", "", "3"),
        (RESTART, "-1", GONE, "-1"),
        (STOP, "0", "", "0"),
        (STOP, "1", "", "3"),
        (STOP, "2", "", "3"),
        (STOP, "3", HAS_STOPPED, "3"),
        (STOP, "-1", GONE, "-1"),
        (DELETE, "0", "", "gone"),
        (DELETE, "1", "", "gone"),
        (DELETE, "2", "", "gone"),
        (DELETE, "3", "", "gone"),
        (DELETE, "-1", GONE, "-1"),
        (STATUS, "0", "", "0"),
        (STATUS, "-1", "", "-1"),
    ],
)
async def test_what_each_call_does_in_each_state(
    vendor: Vendor, action: str, before: str, code: str, after: str
) -> None:
    """A refused call changes nothing; a stop has no effect on a task that has not begun; and what
    has ended can only be read."""
    vendor.simulator.tasks[0].state = before
    assert await vendor.code(action=action) == code
    assert vendor.state() == after


async def test_a_stopped_task_stays_stopped_until_it_is_started(vendor: Vendor) -> None:
    """A start is a restart: still stopped at first, then it runs."""
    status, body = await vendor.ask(action=STOP)
    assert (status, set(body)) == (200, {"RequestId", "TaskId"})
    vendor.clock.time += 600
    assert vendor.state() == "3"
    assert await vendor.code() == ""
    assert vendor.state() == "3"
    vendor.clock.time += 4
    assert vendor.state() == "1"


async def test_a_stop_ends_a_restart(vendor: Vendor) -> None:
    """A task that is on its way back does not come back, and is stopped only then."""
    await vendor.code()
    assert [await vendor.code(action=STOP) for _ in range(2)] == ["", HAS_STOPPED]
    vendor.clock.time += 3600
    assert vendor.state() == "3"


async def test_a_deleted_task_is_not_there(vendor: Vendor) -> None:
    """For no call, and not in the list."""
    _, body = await vendor.ask(action=DELETE)
    assert (body["RetCode"], body["Description"]) == (0, "OK")
    assert [await vendor.code(action=action) for action in EVERY] == [GONE] * 4
    assert await vendor.items() == []


async def test_a_deleted_task_may_be_told_of(vendor: Vendor) -> None:
    """As one that somebody ended, for those vendors' centers that keep it a while."""
    vendor.simulator.deleted_stay = True
    assert [await vendor.code(action=DELETE) for _ in range(2)] == ["", GONE]
    _, told = await vendor.ask(action=STATUS)
    ended = (told["TaskStatus"], told["TaskExitReason"], told["TaskExitTime"])
    assert ended == (-1, "TriggerByUser", int(vendor.clock.time))


@pytest.mark.parametrize("action", [RESTART, STOP])
async def test_a_task_may_get_another_id(vendor: Vendor, action: str) -> None:
    """Then it is known under the answered one alone, and is the same task otherwise."""
    before = (await vendor.items())[0]["TaskInfo"]
    vendor.simulator.new_ids = True
    _, body = await vendor.ask(action=action)
    new = body["TaskId"]
    assert await vendor.code(action=STATUS) == GONE
    _, told = await vendor.ask({"Region": "cn-shanghai", "TaskId": new}, action=STATUS)
    assert told["TaskInfo"] == before | {"TaskId": new}
    vendor.clock.time += 4
    assert vendor.state(new) == ("1" if action == RESTART else "3")


async def test_a_task_starts_and_ends_by_its_own_times(vendor: Vendor) -> None:
    """Where it was given some; and then the vendor says why it ended."""
    task = vendor.simulator.tasks[0]
    task.state = "0"
    task.facts = {"StartTime": "2025-01-01T00:01:00Z", "EndTime": "2025-01-01T01:00:00Z"}
    states = []
    for _ in range(4):
        states.append(vendor.state())
        vendor.clock.time += 30
    vendor.clock.time += 3600
    assert [*states, vendor.state()] == ["0", "0", "1", "1", "-1"]
    assert task.facts["TaskExitReason"] == "OverEndTime"


async def test_a_task_that_ends_on_its_way_back_has_ended(vendor: Vendor) -> None:
    """At that time; a restart that would have been done later is forgotten."""
    task = vendor.simulator.tasks[0]
    await vendor.code()
    task.facts["EndTime"] = "2025-01-01T00:00:02Z"
    for seconds in (2, 60):
        vendor.clock.time += seconds
        assert vendor.state() == "-1"
    assert task.facts["TaskExitTime"] == 1735689602


async def test_a_status_tells_what_the_list_tells(vendor: Vendor) -> None:
    """The same fields, and that all is well."""
    (item,) = await vendor.items()
    status, told = await vendor.ask(action=STATUS)
    assert status == 200
    told.pop("RequestId")
    assert told == {"RetCode": 0, "Description": "OK", **item}


@pytest.mark.parametrize(
    ("state", "times"),
    [
        ("0", ("2025-01-02T00:00:00Z", "2025-01-09T00:00:00Z")),
        ("1", ("2024-12-31T00:00:00Z", "2025-01-07T00:00:00Z")),
    ],
)
async def test_a_task_runs_for_a_week_around_today(
    vendor: Vendor, state: str, times: tuple[str, str]
) -> None:
    """One that waits begins tomorrow; any other has begun."""
    vendor.simulator.tasks[0].state = state
    info = (await vendor.items())[0]["TaskInfo"]
    assert (info["StartTime"], info["EndTime"]) == times


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"TaskId": ID}, "MissingRegion 400"),
        ({"Region": "", "TaskId": ID}, "MissingRegion 400"),
        ({"Region": "cn-shanghai"}, "MissingTaskId 400"),
        ({"Region": "cn-beijing", "TaskId": ID}, "CodeTaskNotExist 400"),
        ({"Region": "cn-shanghai", "TaskId": "other"}, "CodeTaskNotExist 400"),
        ({"RegionId": "cn-shanghai", "TaskId": ID}, "MissingRegion 400"),
    ],
)
async def test_a_live_center_knows_its_own_tasks_only(
    vendor: Vendor, parameters: dict[str, str], code: str
) -> None:
    """Region is required, and it is the region of the task, to the letter."""
    assert await vendor.code(parameters) == code
    assert vendor.state() == "1"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"action": "RestartLivePullToPushX"}, "InvalidApi.NotFound 404"),
        ({"path": "/x"}, "InvalidApi.NotFound 404"),
        ({"version": "2014-05-26"}, "NoSuchVersion 400"),
        ({"method": "POST"}, "UnsupportedHTTPMethod 405"),
    ],
)
async def test_another_api_is_not_there(vendor: Vendor, how: dict[str, Any], code: str) -> None:
    """Action, version, method and path are those of the page."""
    assert await vendor.code(**how) == code
    assert vendor.state() == "1"


async def test_the_eleventh_call_in_a_second_is_throttled(vendor: Vendor) -> None:
    """Ten a second for one key and API; refused calls do nothing."""
    for action in ("RestartLivePullToPush", LIST):
        codes = await asyncio.gather(*[vendor.code(action=action) for _ in range(11)])
        assert sorted(codes) == [""] * 10 + ["Throttling.User 400"]


@pytest.mark.parametrize(
    ("incident", "code"),
    [
        (Incident.THROTTLE, "Throttling.User 400"),
        (Incident.ARREARS, "OperationDenied.Suspended 400"),
        (Incident.PERMISSION, "Forbidden.RAM 403"),
        (Incident.WRONG_KEYS, "InvalidAccessKeyId.NotFound 404"),
        (Incident.INTERNAL, "InternalError 500"),
    ],
)
async def test_an_incident_is_told_in_the_vendors_words(
    vendor: Vendor, incident: Incident, code: str
) -> None:
    """Each incident has the code and the status that the real vendor has; only an internal error
    comes after it acted."""
    vendor.simulator.play(incident, times=1)
    assert await vendor.code() == code
    assert vendor.state() == ("3" if incident is Incident.INTERNAL else "1")
    assert await vendor.code() == ""


async def test_an_error_is_in_the_vendors_envelope(vendor: Vendor) -> None:
    """All fields of a real error, and our own reader takes it for an error."""
    status, body = await vendor.ask({"Region": "cn-beijing", "TaskId": ID})
    assert set(body) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    answer = AlibabaWire().read(status, body)
    assert (answer.code, answer.message) == ("CodeTaskNotExist", "Task does not exist.")
    assert answer.request_id == vendor.simulator.requests[-1].request_id


async def test_a_task_without_a_region_is_in_every_live_center(vendor: Vendor) -> None:
    """Who sets up a rehearsal need not care for regions."""
    vendor.simulator.add_task(SimulatedTask(kind="relay", id="everywhere"))
    assert await vendor.code({"Region": "cn-shenzhen", "TaskId": "everywhere"}) == ""
