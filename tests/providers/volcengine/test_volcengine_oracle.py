"""Volcengine's own SDK as the oracle: for our signatures, and for our simulator."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from volcengine.auth.SignerV4 import SignerV4
from volcengine.base.Request import Request as SdkRequest
from volcengine.Credentials import Credentials as SdkCredentials
from volcengine.live.v20230101.live_config import api_info
from volcengine.live.v20230101.live_service import LiveService

from providers.account import Credentials
from providers.operation import Kind, Operation, Task
from providers.simulator import Request, SimulatedAccount, SimulatedTask, SimulatorFault
from providers.volcengine import PROVIDER
from providers.volcengine.auth import V4Auth, canonical_query, x_date
from providers.volcengine.simulator import VolcengineSimulator

if TYPE_CHECKING:
    from tests.providers.volcengine.conftest import Vendor

ID = "f831f3b0aaaabbbb1aa4dcf7621"

LETTERS = st.characters(min_codepoint=33, max_codepoint=126)  # what a header can carry
WORDS = st.text(LETTERS, min_size=1)
KEYS = st.builds(
    Credentials,
    WORDS.filter(lambda key: "/" not in key and "," not in key),
    WORDS,
    st.none() | WORDS,
)
TIMES = st.integers(min_value=0, max_value=4_000_000_000)
HOUSES = st.sampled_from(  # host and region
    [
        ("live.volcengineapi.com", "cn-north-1"),
        ("open.byteplusapi.com", "ap-singapore-1"),
        ("127.0.0.1:8080", "cn-north-1"),
    ]
)
QUERIES = st.dictionaries(st.text(), st.text())

# The first example loads half of the SDK; how long that takes is not what is tested.
unhurried = settings(deadline=None)


def _signed_by_sdk(
    key: Credentials, region: str, timestamp: int, request: httpx.Request, query: dict[str, str]
) -> dict[str, str]:
    """The headers that the SDK sends with the same request, its signature included."""
    theirs = SdkRequest()
    theirs.method, theirs.path = request.method, "/"
    theirs.query, theirs.body = dict(query), request.content
    theirs.headers = {"Host": request.headers["Host"], "Accept": "application/json"}
    if "Content-Type" in request.headers:
        theirs.headers["Content-Type"] = request.headers["Content-Type"]
    credentials = SdkCredentials(
        key.access_key_id, key.access_key_secret, "live", region, key.session_token or ""
    )
    with patch.object(SignerV4, "get_current_format_date", lambda: x_date(timestamp)):
        SignerV4.sign(theirs, credentials)
    headers: dict[str, str] = theirs.headers
    return headers


SIGNATURE_HEADERS = ("Authorization", "X-Date", "X-Content-Sha256", "X-Security-Token")


@unhurried
@given(KEYS, HOUSES, TIMES, QUERIES, st.binary())
def test_our_signature_is_the_sdks_for_any_post(
    key: Credentials, house: tuple[str, str], timestamp: int, query: dict[str, str], body: bytes
) -> None:
    """Same key, region, time, query and body: the same signature, token, time and digest."""
    host, region = house
    request = httpx.Request(
        "POST",
        f"http://{host}/?{canonical_query(query.items())}",
        headers={"Content-Type": "application/json"},
        content=body,
    )
    theirs = _signed_by_sdk(key, region, timestamp, request, query)
    auth = V4Auth(key, region, "live", lambda: timestamp)
    ours = next(auth.sync_auth_flow(request)).headers
    for name in SIGNATURE_HEADERS:
        assert ours.get(name) == theirs.get(name)


@unhurried
@given(KEYS, TIMES, QUERIES)
def test_our_signature_is_the_sdks_for_any_get(
    key: Credentials, timestamp: int, query: dict[str, str]
) -> None:
    """A GET has no content type, and the digest of nothing."""
    request = httpx.Request("GET", f"http://h/?{canonical_query(query.items())}")
    theirs = _signed_by_sdk(key, "cn-north-1", timestamp, request, query)
    auth = V4Auth(key, "cn-north-1", "live", lambda: timestamp)
    ours = next(auth.sync_auth_flow(request)).headers
    for name in SIGNATURE_HEADERS:
        assert ours.get(name) == theirs.get(name)


@unhurried
@given(KEYS, TIMES, st.dictionaries(st.text(), st.text(), min_size=1), st.data())
def test_the_simulator_believes_the_sdk_and_no_changed_byte(
    key: Credentials, timestamp: int, fields: dict[str, str], data: st.DataObject
) -> None:
    """What the SDK signed passes the check; with any one byte of the body changed it does not."""
    query = {"Action": "StopPullRecordTask", "Version": "2023-01-01"}
    body = bytearray(json.dumps(fields).encode())
    unsigned = httpx.Request(
        "POST", "http://h/", headers={"Content-Type": "application/json"}, content=bytes(body)
    )
    signed = _signed_by_sdk(key, "cn-north-1", timestamp, unsigned, query)
    headers = {name.lower(): value for name, value in signed.items()}
    account = SimulatedAccount(key.access_key_id, key.access_key_secret, key.session_token)
    simulator = VolcengineSimulator(now=lambda: timestamp)
    path = f"/?{canonical_query(query.items())}"
    simulator.check_signature(Request("POST", path, headers, bytes(body)), account)
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SimulatorFault, match="SignatureDoesNotMatch"):
        simulator.check_signature(Request("POST", path, headers, bytes(body)), account)


@pytest.fixture
def service(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The SDK's client for the simulator. It signs with the machine's clock, takes proxies from the
    environment, and keeps host and key in a table that all its clients share."""
    vendor.clock.time = vendor.signed_at.time = time.time()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("VOLC_ACCESSKEY", raising=False)
    monkeypatch.setenv("HOME", "/nowhere")  # it would read ~/.volc
    client = LiveService(
        host=vendor.simulator.url.removeprefix("http://"),
        ak=vendor.key.access_key_id,
        sk=vendor.key.access_key_secret,
    )
    client.set_scheme("http")
    yield client
    client.set_host("live.volcengineapi.com")
    client.set_scheme("https")
    client.set_session_token("")
    client.session.close()


@pytest.mark.parametrize("token", [None, "tok/en+with=odd%chars=="])
async def test_the_sdk_is_satisfied_with_the_simulator(
    vendor: Vendor, service: Any, token: str | None
) -> None:
    """The SDK's call is believed and carried out, and it finds our RequestId in the answer."""
    vendor.simulator.add_account("AKIDEXAMPLE", "examplesecret", token)
    service.set_session_token(token or "")
    answer = await asyncio.to_thread(service.stop_pull_record_task, {"TaskId": ID})
    seen = vendor.simulator.requests[-1]
    assert (seen.action, seen.verdict) == ("StopPullRecordTask", "ok")
    assert seen.parameters == {"TaskId": ID}
    assert answer["ResponseMetadata"]["RequestId"] == seen.request_id
    task = vendor.simulator.task("record", ID)
    assert task
    assert task.state == "已结束"


async def test_the_sdk_reads_the_simulators_list_to_its_end(vendor: Vendor, service: Any) -> None:
    """Page for page, as the SDK's user gets it."""
    for n in range(2):
        vendor.simulator.add_task(SimulatedTask(kind="record", id=f"9{n}"))
    pages = [
        await asyncio.to_thread(service.list_pull_record_task, {"PageNum": n, "PageSize": 2})
        for n in (1, 2)
    ]
    recordings = [recording for page in pages for recording in page["Result"]["List"]]
    assert [recording["TaskId"] for recording in recordings] == [ID, "90", "91"]
    assert {recording["Status"] for recording in recordings} == {"生效中"}
    assert pages[1]["Result"]["Pagination"] == {
        "PageCur": 2,
        "PageSize": 2,
        "PageTotal": 2,
        "TotalCount": 3,
    }
    assert pages[1]["ResponseMetadata"]["RequestId"] == vendor.simulator.requests[-1].request_id


async def test_the_sdk_sees_the_simulators_errors(vendor: Vendor, service: Any) -> None:
    """An error reaches the SDK's user as the body of the answer, in an exception."""
    with pytest.raises(Exception, match="ResourceNotFound") as caught:
        await asyncio.to_thread(service.stop_pull_record_task, {"TaskId": '直播 "a+b~c'})
    assert vendor.simulator.requests[-1].parameters == {"TaskId": '直播 "a+b~c'}
    assert vendor.simulator.requests[-1].request_id in str(caught.value)


async def _what_the_sdk_sends(service: Any) -> tuple[str, dict[str, str], bytes]:
    """URL, headers and body of a stop that the SDK signed; it is stopped before it sends."""
    caught: list[tuple[str, dict[str, str], str]] = []

    def catch(url: str, headers: dict[str, str], data: str, **_: object) -> None:
        caught.append((url, dict(headers), data))
        raise ConnectionError

    with patch.object(service.session, "post", catch), pytest.raises(ConnectionError):
        await asyncio.to_thread(service.stop_pull_record_task, {"TaskId": ID})
    ((url, headers, data),) = caught
    return url, headers, data.encode()


Sent = tuple[str, dict[str, str], bytes]

CHANGES: dict[str, Callable[[str, dict[str, str], bytes], Sent]] = {
    "nothing": lambda url, headers, body: (url, headers, body),
    "body": lambda url, headers, body: (url, headers, body.replace(b"7621", b"7622")),
    "query": lambda url, headers, body: (url.replace("Stop", "Stoq"), headers, body),
    "host": lambda url, headers, body: (url, headers | {"Host": "h"}, body),
    "content-type": lambda url, headers, body: (
        url,
        headers | {"Content-Type": "application/jsom"},
        body,
    ),
    "service": lambda url, headers, body: (
        url,
        headers | {"Authorization": headers["Authorization"].replace("north-1", "north-2")},
        body,
    ),
    "signature": lambda url, headers, body: (
        url,
        headers | {"Authorization": headers["Authorization"][:-64] + "0" * 64},
        body,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_request_of_the_sdk_is_refused(
    vendor: Vendor, service: Any, change: str
) -> None:
    """On the wire too, a signed request with one thing changed is refused, and does nothing; the
    same request with nothing changed is taken."""
    before = await _what_the_sdk_sends(service)
    url, headers, body = CHANGES[change](before[0], dict(before[1]), before[2])
    changed = (url, headers, body) != before
    assert changed is (change != "nothing")
    answer = await vendor.client.post(url, headers=headers, content=body)
    error = answer.json()["ResponseMetadata"].get("Error", {"Code": ""})
    assert error["Code"] == ("SignatureDoesNotMatch" if changed else "")
    task = vendor.simulator.task("record", ID)
    assert task
    assert task.state == ("生效中" if changed else "已结束")


# What a user of the SDK calls for each of our actions, and with which body. The SDK has no models;
# names and types are those of the models of the vendor's Java and Go SDKs.
RELAY_ID = "8fde6aa0281d9f6e15e6059a6e242365"
CALLS: dict[str, tuple[str, dict[str, object]]] = {
    "GetPullRecordTask": ("get_pull_record_task", {"TaskID": ID}),
    "ListPullRecordTask": ("list_pull_record_task", {"PageNum": 1, "PageSize": 500}),
    "StopPullRecordTask": ("stop_pull_record_task", {"TaskId": ID}),
    "StopPullToPushTask": ("stop_pull_to_push_task", {"TaskId": RELAY_ID}),
    "ContinuePullToPushTask": ("continue_pull_to_push_task", {"TaskId": RELAY_ID}),
    "DeletePullToPushTask": ("delete_pull_to_push_task", {"TaskId": RELAY_ID}),
    "ListPullToPushTaskV2": ("list_pull_to_push_task_v2", {"Page": 1, "Size": 100}),
}
OPERATIONS = [
    pytest.param(kind, operation, id=f"{kind.name} {operation.verb}")
    for kind in PROVIDER.kinds
    for operation in kind.operations
]


@pytest.mark.parametrize(("kind", "operation"), OPERATIONS)
def test_our_api_is_the_sdks(kind: Kind, operation: Operation) -> None:
    """Action, version and method are those that the SDK sends."""
    theirs = api_info[operation.action]
    assert (theirs.method, theirs.path) == ("POST", "/")
    assert theirs.query == {"Action": operation.action, "Version": operation.version}


@pytest.mark.parametrize(("kind", "operation"), OPERATIONS)
async def test_the_sdk_is_satisfied_with_every_operation(
    vendor: Vendor, service: Any, kind: Kind, operation: Operation
) -> None:
    """The SDK's call with our parameters is taken, and what it returns is the vendor's answer."""
    vendor.simulator.add_task(SimulatedTask(kind="relay", id=RELAY_ID))
    method, body = CALLS[operation.action]
    ours = operation.parameters(Task(ID if kind.name == "record" else RELAY_ID, "cn-north-1"), "x")
    assert ours == body
    assert {name: type(value) for name, value in ours.items()} == {
        name: type(value) for name, value in body.items()
    }
    answer = await asyncio.to_thread(getattr(service, method), dict(ours))
    (seen,) = vendor.simulator.requests
    assert (seen.action, seen.verdict, seen.parameters) == (operation.action, "ok", body)
    assert answer["ResponseMetadata"]["RequestId"] == seen.request_id
    assert ("Result" in answer) is not operation.effect.changes


async def test_the_sdk_sees_a_relay_through_its_life(vendor: Vendor, service: Any) -> None:
    """Stopped, started, running after the recovery time, gone: told by the list, in its words."""
    vendor.simulator.add_task(SimulatedTask(kind="relay", id=RELAY_ID))

    async def call(action: str) -> Any:
        method, body = CALLS[action]
        return await asyncio.to_thread(getattr(service, method), body)

    async def told() -> list[str]:
        page = (await call("ListPullToPushTaskV2"))["Result"]
        assert page["Pagination"]["TotalCount"] == len(page["List"])
        return [relay["Status"] for relay in page["List"]]

    seen = [await told()]
    await call("StopPullToPushTask")
    seen.append(await told())
    await call("ContinuePullToPushTask")
    seen.append(await told())
    vendor.clock.time += vendor.simulator.recovery
    seen.append(await told())
    await call("DeletePullToPushTask")
    seen.append(await told())
    assert seen == [["生效中"], ["停用"], ["停用"], ["生效中"], []]


@pytest.mark.parametrize("nested", [False, True])
async def test_the_sdk_gets_one_recording_in_both_shapes(
    vendor: Vendor, service: Any, nested: bool
) -> None:
    """In Result, as on the vendor's page, or in Result.TaskDetail, as its SDKs' models have it."""
    vendor.simulator.nested = nested
    answer = await asyncio.to_thread(service.get_pull_record_task, {"TaskID": ID})
    result = answer["Result"]
    assert set(result) == {"TaskDetail"} if nested else "TaskDetail" not in result
    detail = result["TaskDetail"] if nested else result
    assert (detail["TaskId"], detail["Status"]) == (ID, "生效中")
