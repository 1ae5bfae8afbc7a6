"""Alibaba Cloud's own SDK as the oracle for every operation: our parameters, our simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints
from unittest.mock import patch

import pytest
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from providers.alibaba.relay import RELAY
from providers.alibaba.relay_reading import LIST, STATUS, facts_of
from providers.facts import TaskState
from providers.operation import Operation, Task, Verb
from providers.simulator import SimulatedTask
from tests.providers.alibaba.sdk import ID, call_sdk, model

if TYPE_CHECKING:
    from tests.providers.alibaba.conftest import Vendor

# The SDK's, from Python 3.12 on; nothing of ours calls it.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

EVERY = pytest.mark.parametrize("operation", RELAY.operations, ids=lambda one: one.verb)


def _ours(operation: Operation) -> dict[str, str | int]:
    return dict(operation.parameters(Task(ID, "cn-shanghai"), "slack:U123"))


def _as_arguments(operation: Operation) -> dict[str, Any]:
    """Our parameters as the SDK's model of the request has them."""
    read = model(operation.action, "Request")().from_map(_ours(operation))
    return {name: value for name, value in vars(read).items() if value is not None}


@EVERY
def test_our_parameters_are_the_sdks_by_name_and_type(operation: Operation) -> None:
    """The SDK's model of the request knows each of them, and none is of another type."""
    read = _as_arguments(operation)
    assert model(operation.action, "Request")(**read).to_map() == _ours(operation)
    types = get_type_hints(model(operation.action, "Request").__init__)
    assert {name: type(value) for name, value in read.items()} == {
        name: types[name] for name in read
    }


@EVERY
async def test_our_request_is_the_sdks(
    vendor: Vendor, real_time: None, operation: Operation
) -> None:
    """Action, version, method and parameters are those that the SDK sends."""
    caught: list[tuple[Any, Any]] = []

    def catch(_self: object, params: Any, request: Any, _runtime: object) -> dict[str, Any]:
        caught.append((params, request))
        return {}

    with patch.object(Client, "call_api", catch):
        await call_sdk(vendor, operation.action, **_as_arguments(operation))
    ((params, request),) = caught
    assert (params.action, params.version) == (operation.action, operation.version)
    assert (params.method, params.pathname) == ("GET", "/")
    assert request.query == {name: str(value) for name, value in _ours(operation).items()}


def _state(vendor: Vendor) -> str:
    task = vendor.simulator.task("relay", ID)
    return task.state if task else "gone"


AFTER = {Verb.RESTART: "3", Verb.START: "3", Verb.STOP: "3", Verb.DELETE: "gone"}
"""Verb -> the task's state right after; where none is here, it runs as before."""


@EVERY
async def test_the_sdk_is_satisfied_with_every_answer(
    vendor: Vendor, real_time: None, operation: Operation
) -> None:
    """Its call is believed and carried out, and it reads our RequestId and a yes."""
    body = await call_sdk(vendor, operation.action, **_as_arguments(operation))
    seen = vendor.simulator.requests[-1]
    assert (seen.action, seen.verdict) == (operation.action, "ok")
    assert body.request_id == seen.request_id
    assert getattr(body, "ret_code", None) in (None, 0)
    assert _state(vendor) == AFTER.get(operation.verb, "1")


@EVERY
async def test_the_sdk_knows_every_field_of_an_answer(vendor: Vendor, operation: Operation) -> None:
    """What the SDK reads of an answer and writes again is the answer."""
    parameters = {name: str(value) for name, value in _ours(operation).items()}
    _, told = await vendor.ask(parameters, action=operation.action)
    assert model(operation.action, "ResponseBody")().from_map(told).to_map() == told


async def test_the_sdk_reads_the_simulators_list_to_its_end(
    vendor: Vendor, real_time: None
) -> None:
    """Page for page, with the fields under the names that the SDK knows."""
    for n in range(2):
        vendor.simulator.add_task(SimulatedTask(kind="relay", id=f"9{n}", name="main"))
    pages = [
        await call_sdk(vendor, LIST.action, page_number=number, page_size=2) for number in (1, 2)
    ]
    assert [(page.page_number, page.page_size, page.total) for page in pages] == [
        (1, 2, 3),
        (2, 2, 3),
    ]
    tasks = [task for page in pages for task in page.task_list]
    assert [task.task_id for task in tasks] == [ID, "90", "91"]
    assert [task.task_status for task in tasks] == [1, 1, 1]
    assert tasks[1].task_info.task_name == "main"


async def test_the_sdk_and_we_read_the_same_facts(vendor: Vendor, real_time: None) -> None:
    """Of one task: its state, its name, why it is down, and its times."""
    task = vendor.simulator.tasks[0]
    task.state, task.name = "3", "main"
    task.facts = {"TaskInvalidReason": "PushStreamFailed", "StartTime": "2025-01-02T03:04:05Z"}
    theirs = await call_sdk(vendor, STATUS.action)
    ours = facts_of((await call_sdk(vendor, STATUS.action)).to_map())
    assert (ours.word, ours.state) == (str(theirs.task_status), TaskState.STOPPED)
    assert ours.name == theirs.task_info.task_name == "main"
    assert ours.why == f"{theirs.task_invalid_reason}: Alibaba cannot push to the destination"
    assert (theirs.task_info.start_time, ours.starts_at) == ("2025-01-02T03:04:05Z", 1735787045.0)


@pytest.mark.parametrize(
    ("action", "code"),
    [("StopLivePullToPush", "CodeTaskHasStopped"), ("DeleteLivePullToPush", "CodeTaskNotExist")],
)
async def test_what_was_so_before_is_an_error_of_the_sdk(
    vendor: Vendor, real_time: None, action: str, code: str
) -> None:
    """The second time the vendor says no, and the SDK raises its code."""
    await call_sdk(vendor, action)
    with pytest.raises(ClientException) as caught:
        await call_sdk(vendor, action)
    assert (caught.value.code, caught.value.status_code) == (code, 400)
