"""Where Volcengine's own SDKs go wrong, ours does not: one request, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from providers.client import Client
from providers.errors import AlreadySo, CallError, Refused, Throttled, Unknown
from providers.operation import Kind, Task, Verb
from providers.provider import Call
from providers.simulator import Incident, SimulatedTask
from providers.volcengine.record import RECORD
from providers.volcengine.relay import RELAY
from providers.volcengine.simulator import VolcengineSimulator
from tests.providers.vendor import evil_vendor, http, send_in_turn

if TYPE_CHECKING:
    from providers.volcengine.account import VolcengineAccount
    from tests.providers.volcengine.conftest import AccountAt

REQUEST_ID = "202306041104200100100232280022D31"
CHANGES = [
    pytest.param(kind, one.verb, id=f"{kind.name} {one.verb}")
    for kind in (RECORD, RELAY)
    for one in kind.operations
    if one.effect.changes
]


def _call(kind: Kind, verb: Verb, account: VolcengineAccount) -> Call:
    operation = kind.operation(verb)
    assert operation
    return Call(kind, operation, account, Task("8fde6aa0", "cn-north-1"), "slack:U123")


def _body(code: str = "") -> bytes:
    metadata: dict[str, object] = {"RequestId": REQUEST_ID}
    if code:
        metadata["Error"] = {"Code": code, "Message": "-"}
    return json.dumps({"ResponseMetadata": metadata}).encode()


Answered = Callable[[Kind, Verb, bytes | None], Awaitable[CallError]]


@pytest.fixture
def answered(ours: Client, account_at: AccountAt) -> Answered:
    """What our client raises at this answer, to its one request."""

    async def raised(kind: Kind, verb: Verb, answer: bytes | None) -> CallError:
        async with evil_vendor(answer) as vendor:
            with pytest.raises(CallError) as caught:
                await send_in_turn(ours, _call(kind, verb, account_at(vendor.url)))
            assert len(vendor.requests) == 1
        return caught.value

    return raised


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize(("kind", "verb"), CHANGES)
async def test_commonerr_with_http_200_is_unknown(
    answered: Answered, kind: Kind, verb: Verb, content_type: str
) -> None:
    """The vendor's SDK returns it as any yes. It may have happened, so it is not sent again."""
    answer = http(_body("CommonErr"), "200 OK", f"Content-Type: {content_type}")
    error = await answered(kind, verb, answer)
    assert isinstance(error, Unknown)
    assert (error.code, error.request_id) == ("CommonErr", REQUEST_ID)


@pytest.mark.parametrize("status", ["500 X", "502 Bad Gateway", "503 X", "504 X"])
@pytest.mark.parametrize(("kind", "verb"), CHANGES)
async def test_a_change_is_not_sent_again_after_a_gateways_page(
    answered: Answered, kind: Kind, verb: Verb, status: str
) -> None:
    """The vendor's newer SDK sends it up to four times."""
    error = await answered(kind, verb, http(b"<html>nginx</html>", status))
    assert isinstance(error, Unknown)
    assert error.code == f"HTTP {status[:3]}"


@pytest.mark.parametrize(("kind", "verb"), CHANGES)
async def test_a_change_is_not_sent_again_when_its_answer_is_lost(
    answered: Answered, kind: Kind, verb: Verb
) -> None:
    """The connection closes after the request: the newer SDK would send it again."""
    error = await answered(kind, verb, None)
    assert isinstance(error, Unknown)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("InternalServiceTimeout", "504 X", Unknown),
        ("InternalServiceError.BadResponse", "502 X", Unknown),
        ("RequestForbidden.BillingStatus", "403 X", Refused),
        ("RequestForbidden.BillingStatus", "200 OK", Refused),
        ("AccountFlowLimitExceeded", "200 OK", Throttled),
        ("AccountFlowLimitExceeded", "400 X", Throttled),
        ("AccountFlowLimitExceeded", "429 X", Throttled),
    ],
)
async def test_a_code_means_the_same_with_any_status(
    answered: Answered, code: str, status: str, error: type[CallError]
) -> None:
    """The SDK raises bare exceptions with the bytes of the body; here the code says what it is."""
    raised = await answered(RELAY, Verb.STOP, http(_body(code), status))
    assert type(raised) is error
    assert (raised.code, raised.request_id) == (code, REQUEST_ID)


@pytest.mark.parametrize(("kind", "verb"), CHANGES)
async def test_a_yes_without_a_result_is_a_yes(
    ours: Client, account_at: AccountAt, kind: Kind, verb: Verb
) -> None:
    """The newer SDK returns None for it, without the RequestId."""
    async with evil_vendor(http(_body())) as vendor:
        accepted = await send_in_turn(ours, _call(kind, verb, account_at(vendor.url)))
    assert (accepted.request_id, dict(accepted.data)) == (REQUEST_ID, {})


async def test_a_restart_is_two_calls_and_may_end_half_done(
    simulator: VolcengineSimulator, ours: Client, account_at: AccountAt
) -> None:
    """Each has its own answer; where the start is refused, the stop stays."""
    task = SimulatedTask(kind="relay", id="8fde6aa0")
    simulator.add_task(task)
    stop = _call(RELAY, Verb.RESTART, account_at(simulator.url))
    assert stop.operation.then
    first = await send_in_turn(ours, stop)
    simulator.play(Incident.ARREARS, times=1)
    with pytest.raises(Refused) as caught:
        await send_in_turn(ours, replace(stop, operation=stop.operation.then))
    stopped, started = simulator.requests
    assert (stopped.action, stopped.request_id) == ("StopPullToPushTask", first.request_id)
    assert started.action == "ContinuePullToPushTask"
    assert started.request_id == caught.value.request_id
    assert caught.value.code == "RequestForbidden.BillingStatus"
    assert task.state == "停用"


async def test_a_delete_of_what_is_not_there_is_already_so(
    simulator: VolcengineSimulator, ours: Client, account_at: AccountAt
) -> None:
    """The wish was true before it was asked; a stop's was not. The code for it is assumed."""
    account = account_at(simulator.url)
    with pytest.raises(AlreadySo) as deleted:
        await send_in_turn(ours, _call(RELAY, Verb.DELETE, account))
    with pytest.raises(Refused) as stopped:
        await send_in_turn(ours, _call(RELAY, Verb.STOP, account))
    assert (deleted.value.state, deleted.value.code) == ("is not there", "ResourceNotFound")
    assert type(stopped.value) is Refused


@pytest.mark.parametrize("verb", [Verb.STOP, Verb.START, Verb.RESTART, Verb.DELETE])
async def test_a_sub_account_changes_a_relay_in_its_group(
    simulator: VolcengineSimulator, ours: Client, account_at: AccountAt, verb: Verb
) -> None:
    """With the group in the account's table, and not without."""
    simulator.sub_accounts = True
    simulator.add_task(SimulatedTask(kind="relay", id="8fde6aa0", facts={"GroupName": "直播"}))
    call = _call(RELAY, verb, account_at(simulator.url))
    with pytest.raises(Refused):
        await send_in_turn(ours, call)
    named = call.account.model_copy(update={"group_name": "直播"})
    assert (await send_in_turn(ours, replace(call, account=named))).request_id
