"""The simulator's list: pages, fuzzy filters, and what is told of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.simulator import SimulatedTask

if TYPE_CHECKING:
    from tests.providers.alibaba.conftest import Vendor

ID = "6f869419-0001"
LIST = "DescribeLivePullToPushList"


async def test_the_list_is_read_to_its_end(vendor: Vendor) -> None:
    """Every task of the live center is on one page, in order, and the total says when to stop."""
    for n in range(6):
        vendor.simulator.add_task(SimulatedTask(kind="relay", id=f"9{n}"))
    vendor.simulator.add_task(SimulatedTask(kind="relay", id="elsewhere", region="cn-beijing"))
    ids = []
    for number in range(1, 5):
        parameters = {"Region": "cn-shanghai", "PageNumber": str(number), "PageSize": "3"}
        status, body = await vendor.ask(parameters, action=LIST)
        assert (status, set(body)) == (
            200,
            {"RequestId", "PageNumber", "PageSize", "Total", "TaskList"},
        )
        assert (body["PageNumber"], body["PageSize"], body["Total"]) == (number, 3, 7)
        ids.append([item["TaskId"] for item in body["TaskList"]])
    assert ids == [[ID, "90", "91"], ["92", "93", "94"], ["95"], []]


async def test_a_page_has_ten_tasks_where_nothing_is_said(vendor: Vendor) -> None:
    """The first ten, as the vendor's page says."""
    for n in range(12):
        vendor.simulator.add_task(SimulatedTask(kind="relay", id=f"9{n}"))
    assert len(await vendor.items()) == 10


async def test_the_list_tells_the_states_as_of_now(vendor: Vendor) -> None:
    """As integers; stopped by a restart, and running again when its time has come."""
    assert [item["TaskStatus"] for item in await vendor.items()] == [1]
    await vendor.code()
    assert [item["TaskStatus"] for item in await vendor.items()] == [3]
    vendor.clock.time += 60
    assert [item["TaskStatus"] for item in await vendor.items()] == [1]


@pytest.mark.parametrize(
    ("state", "told"),
    [("1", set()), ("3", {"TaskInvalidReason"}), ("-1", {"TaskExitReason", "TaskExitTime"})],
)
async def test_a_reason_is_told_in_its_state_only(
    vendor: Vendor, state: str, told: set[str]
) -> None:
    """Why it stopped of a stopped task, when and why it ended of one that has ended."""
    task = vendor.simulator.tasks[0]
    task.state = state
    task.facts = {
        "TaskInvalidReason": "PushStreamFailed",
        "TaskExitReason": "OverEndTime",
        "TaskExitTime": 1735689600,
    }
    (item,) = await vendor.items()
    always = {"TaskId", "TaskStatus", "CurrentOffset", "CurrentFileIndex", "TaskInfo"}
    assert set(item) - always == told


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"TaskId": "0001"}, [ID]),
        ({"TaskId": "-"}, [ID, "b-2"]),
        ({"TaskId": ""}, [ID, "b-2"]),
        ({"TaskId": "none"}, []),
        ({"TaskName": "ma"}, ["b-2"]),
        ({"DstUrl": "live/b"}, ["b-2"]),
        ({"TaskId": "0001", "TaskName": "main"}, []),
    ],
    ids=str,
)
async def test_the_list_searches_for_parts(
    vendor: Vendor, wanted: dict[str, str], found: list[str]
) -> None:
    """Of the id, the name and the destination; all that are given must be in."""
    vendor.simulator.add_task(SimulatedTask(kind="relay", id="b-2", name="main"))
    assert [item["TaskId"] for item in await vendor.items(**wanted)] == found


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingRegion 400"),
        ({"Region": ""}, "MissingRegion 400"),
        ({"Region": "cn-shanghai", "PageNumber": "0"}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageNumber": "-1"}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageNumber": "1.0"}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageNumber": "2147483648"}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageNumber": "9" * 5000}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageNumber": "\u0661"}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageSize": "many"}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageSize": ""}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageSize": "0"}, "InvalidParameter 400"),
        ({"Region": "cn-shanghai", "PageSize": "101"}, "InvalidParameter 400"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_list_needs_a_region_and_whole_numbers(
    vendor: Vendor, parameters: dict[str, str], code: str
) -> None:
    """Pages are counted from 1 and hold 1 to 100 tasks."""
    assert await vendor.code(parameters, action=LIST) == code
