"""What the simulator tells of one recording and of relays, and what changes a relay."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from providers.simulator import Incident, SimulatedTask

if TYPE_CHECKING:
    from tests.providers.volcengine.conftest import Vendor

RECORD = "f831f3b0aaaabbbb1aa4dcf7621"
RELAY = "8fde6aa0281d9f6e15e6059a6e242365"
NAMED = {"TaskId": RELAY}


def _query(action: str) -> str:
    return f"Action={action}&Version=2023-01-01"


STOP, CONTINUE, DELETE, LIST = (
    _query(action)
    for action in (
        "StopPullToPushTask",
        "ContinuePullToPushTask",
        "DeletePullToPushTask",
        "ListPullToPushTaskV2",
    )
)
GET = _query("GetPullRecordTask")


@pytest.fixture
def relay(vendor: Vendor) -> SimulatedTask:
    task = SimulatedTask(kind="relay", id=RELAY, name="Main Feed")
    vendor.simulator.add_task(task)
    return task


def _state(vendor: Vendor) -> str:
    task = vendor.simulator.task("relay", RELAY)
    return task.state if task else "gone"


async def _listed(vendor: Vendor, **parameters: object) -> tuple[list[str], dict[str, int]]:
    """Ids and Pagination of one page of the relays."""
    status, body = await vendor.answer(parameters, query=LIST)
    assert status == 200
    ids = [one["TaskId"] for one in body["Result"]["List"]]
    return ids, body["Result"]["Pagination"]


# One recording


@pytest.mark.parametrize("nested", [False, True])
async def test_one_recording_is_told_in_the_shape_that_is_set(vendor: Vendor, nested: bool) -> None:
    """The vendor's page and its SDKs differ; the fields are the same, and those of the list."""
    vendor.simulator.nested = nested
    status, body = await vendor.answer({"TaskID": RECORD}, query=GET)
    (listed,), _ = await vendor.page()
    assert status == 200
    assert body["Result"] == ({"TaskDetail": listed} if nested else listed)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"TaskId": RECORD}, "MissingParameter 400"),  # the small d of all other calls
        ({"TaskID": 7}, "InvalidParam.BindError 400"),
        ({"TaskID": RECORD[:-1]}, "ResourceNotFound 404"),
        ({"TaskID": RELAY}, "ResourceNotFound 404"),
    ],
    ids=str,
)
async def test_one_recording_is_named_to_the_letter(
    vendor: Vendor, relay: SimulatedTask, parameters: dict[str, object], code: str
) -> None:
    """With a capital D, by a string, and not by a relay's id."""
    assert await vendor.code(parameters, query=GET) == code


async def test_a_stop_changes_what_is_told_of_one(vendor: Vendor) -> None:
    """The next read says so."""
    await vendor.ask({"TaskId": RECORD})
    _, body = await vendor.answer({"TaskID": RECORD}, query=GET)
    assert body["Result"]["Status"] == "已结束"


# What changes a relay


@pytest.mark.parametrize(
    ("query", "states"),  # before, at once, after the recovery time
    [
        (STOP, ["生效中", "停用", "停用"]),
        (STOP, ["未开始", "停用", "停用"]),
        (STOP, ["停用", "停用", "停用"]),
        (STOP, ["已结束", "已结束", "已结束"]),
        (CONTINUE, ["停用", "停用", "生效中"]),
        (CONTINUE, ["生效中", "生效中", "生效中"]),
        (CONTINUE, ["未开始", "未开始", "未开始"]),
        (DELETE, ["生效中", "gone", "gone"]),
        (DELETE, ["停用", "gone", "gone"]),
    ],
)
async def test_a_change_moves_a_relay(
    vendor: Vendor, relay: SimulatedTask, query: str, states: list[str]
) -> None:
    """A started one is down until the recovery time is over."""
    relay.state, after, later = states
    assert await vendor.code(NAMED, query=query) == ""
    assert _state(vendor) == after
    vendor.clock.time += vendor.simulator.recovery - 0.1
    assert _state(vendor) == after
    vendor.clock.time += 0.2
    assert _state(vendor) == later


async def test_a_stop_and_a_start_are_a_restart(vendor: Vendor, relay: SimulatedTask) -> None:
    """Seen not to run in between, then running; a second start does not put it off."""
    await vendor.ask(NAMED, query=STOP)
    await vendor.ask(NAMED, query=CONTINUE)
    assert _state(vendor) == "停用"
    vendor.clock.time += 3
    await vendor.ask(NAMED, query=CONTINUE)
    vendor.clock.time += 1
    assert _state(vendor) == "生效中"


async def test_a_stop_takes_a_start_back(vendor: Vendor, relay: SimulatedTask) -> None:
    """Whoever stops while it starts has the last word."""
    relay.state = "停用"
    await vendor.ask(NAMED, query=CONTINUE)
    await vendor.ask(NAMED, query=STOP)
    vendor.clock.time += 60
    assert _state(vendor) == "停用"


async def test_an_ended_relay_is_not_started(vendor: Vendor, relay: SimulatedTask) -> None:
    """Its time is over. Which code the vendor has for it is assumed."""
    relay.state = "已结束"
    assert await vendor.code(NAMED, query=CONTINUE) == "InvalidParam 400"


async def test_a_relay_that_is_to_stay_down_does(vendor: Vendor, relay: SimulatedTask) -> None:
    """The start is accepted, and nothing comes of it; the next one works."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    await vendor.ask(NAMED, query=STOP)
    assert await vendor.code(NAMED, query=CONTINUE) == ""
    vendor.clock.time += 60
    assert _state(vendor) == "停用"
    await vendor.ask(NAMED, query=CONTINUE)
    vendor.clock.time += 60
    assert _state(vendor) == "生效中"


@pytest.mark.parametrize("query", [STOP, CONTINUE, DELETE])
@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingParameter 400"),
        ({"TaskID": RELAY}, "MissingParameter 400"),
        ({"TaskId": 7}, "InvalidParam.BindError 400"),
        ({**NAMED, "GroupName": ["default"]}, "InvalidParam.BindError 400"),
        ({"TaskId": RELAY[:-1]}, "ResourceNotFound 404"),
        ({"TaskId": RECORD}, "ResourceNotFound 404"),
        ({**NAMED, "GroupName": "other"}, "ResourceNotFound 404"),
    ],
    ids=str,
)
async def test_a_relay_is_named_to_the_letter(
    vendor: Vendor, relay: SimulatedTask, query: str, parameters: dict[str, object], code: str
) -> None:
    """A string, known as a relay, in the group that is named if one is; else nothing happens."""
    assert await vendor.code(parameters, query=query) == code
    assert _state(vendor) == "生效中"


async def test_a_sub_account_names_the_group(vendor: Vendor, relay: SimulatedTask) -> None:
    """It has to; the main account may."""
    assert await vendor.code({**NAMED, "GroupName": "default"}, query=STOP) == ""
    vendor.simulator.sub_accounts = True
    assert await vendor.code(NAMED, query=DELETE) == "InvalidParam 400"
    assert await vendor.code({**NAMED, "GroupName": "default"}, query=DELETE) == ""


async def test_a_second_delete_finds_nothing(vendor: Vendor, relay: SimulatedTask) -> None:
    """As the second delete of anything; the code is assumed."""
    assert await vendor.code(NAMED, query=DELETE) == ""
    assert await vendor.code(NAMED, query=DELETE) == "ResourceNotFound 404"


# The list of the relays


async def test_the_relays_are_listed_with_the_fields_of_the_vendors_page(
    vendor: Vendor, relay: SimulatedTask
) -> None:
    """Times with an offset, addresses with their keys; whatever the facts say wins."""
    relay.facts |= {"GroupName": "g", "SrcAddr": "srt://h:9000?passphrase=x", "mood": "good"}
    _, body = await vendor.answer({}, query=LIST)
    (told,) = body["Result"]["List"]
    assert set(told) == {
        "Title", "TaskId", "StartTime", "EndTime", "CallbackURL", "Type", "CycleMode", "PlayTimes",
        "DstAddr", "SrcAddr", "SrcAddrS", "VodSrcAddrs", "Status", "DstAddrType", "PreDownload",
        "ContinueStrategy", "GroupName",
    }  # fmt: skip
    assert (told["Title"], told["Status"], told["GroupName"]) == ("Main Feed", "生效中", "g")
    assert told["StartTime"] == "2025-01-01T08:00:00+08:00"
    assert "volcSecret=" in told["DstAddr"]
    assert told["SrcAddr"] == "srt://h:9000?passphrase=x"


async def test_the_relays_are_read_page_by_page(vendor: Vendor) -> None:
    """Page and Size may be left out: the first page, of 20."""
    for n in range(45):
        vendor.simulator.add_task(SimulatedTask(kind="relay", id=f"r{n}"))
    first, pagination = await _listed(vendor)
    assert first == [f"r{n}" for n in range(20)]
    assert pagination == {"PageCur": 1, "PageSize": 20, "PageTotal": 3, "TotalCount": 45}
    assert (await _listed(vendor, Page=3, Size=20))[0] == [f"r{n}" for n in range(40, 45)]
    assert (await _listed(vendor, Page=4, Size=20))[0] == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"Title": "main"}, [RELAY, "b"]),
        ({"Title": "MAIN F"}, [RELAY]),
        ({"Title": ""}, [RELAY, "b", "c"]),
        ({"Title": RELAY}, []),
        ({"GroupNames": ["g", "h"]}, ["b"]),
        ({"GroupNames": []}, [RELAY, "b", "c"]),
        ({"GroupNames": ["default"], "Title": "m"}, [RELAY]),
    ],
    ids=str,
)
async def test_the_relays_are_filtered_as_the_vendor_does(
    vendor: Vendor, relay: SimulatedTask, wanted: dict[str, object], found: list[str]
) -> None:
    """The title in part and in any case; groups to the letter."""
    vendor.simulator.add_task(
        SimulatedTask(kind="relay", id="b", name="domain", facts={"GroupName": "g"})
    )
    vendor.simulator.add_task(SimulatedTask(kind="relay", id="c", name="other"))
    assert (await _listed(vendor, **wanted))[0] == found


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Page": 0}, "InvalidParam 400"),
        ({"Size": 0}, "InvalidParam 400"),
        ({"Size": 501}, "InvalidParam 400"),
        ({"Page": "1"}, "InvalidParam.BindError 400"),
        ({"Size": True}, "InvalidParam.BindError 400"),
        ({"Title": 7}, "InvalidParam.BindError 400"),
        ({"GroupNames": "default"}, "InvalidParam.BindError 400"),
    ],
    ids=str,
)
async def test_a_page_of_relays_is_asked_for_in_numbers(
    vendor: Vendor, parameters: dict[str, Any], code: str
) -> None:
    """Pages are counted from 1 and hold 1 to 500 tasks."""
    assert await vendor.code(parameters, query=LIST) == code


@pytest.mark.parametrize(
    ("query", "quota"), [(GET, 10), (STOP, 10), (CONTINUE, 10), (DELETE, 10), (LIST, 15)]
)
async def test_one_call_more_than_the_quota_is_refused(
    vendor: Vendor, relay: SimulatedTask, query: str, quota: int
) -> None:
    """Each API counts for itself, refused calls included."""
    nobody = {"TaskID": "x", "TaskId": "x"}
    answers = await asyncio.gather(*[vendor.answer(nobody, query=query) for _ in range(quota + 1)])
    assert [status for status, _ in answers].count(429) == 1
