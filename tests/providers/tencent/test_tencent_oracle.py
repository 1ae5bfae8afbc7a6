"""Tencent's own SDK as the oracle: for our signatures, and for our simulator."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tencentcloud.common import abstract_client
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.live.v20180801 import models as live
from tencentcloud.live.v20180801.live_client import LiveClient
from tencentcloud.trtc.v20190722 import models as trtc
from tencentcloud.trtc.v20190722.trtc_client import TrtcClient

from providers.account import Credentials
from providers.operation import Kind, Operation, Task, Verb
from providers.simulator import Request, SimulatedAccount, SimulatorFault
from providers.tencent.auth import TC3Auth
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PULL
from providers.tencent.simulator import TencentSimulator

if TYPE_CHECKING:
    from tests.providers.tencent.conftest import Vendor

# The SDK's, from Python 3.12 on; nothing of ours calls it.
pytestmark = pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning"
)

LETTERS = st.characters(min_codepoint=33, max_codepoint=126)  # what a header can carry
KEYS = st.builds(
    Credentials,
    st.text(LETTERS, min_size=1).filter(lambda key: "/" not in key and "," not in key),
    st.text(LETTERS, min_size=1),
    st.none() | st.text(LETTERS, min_size=1),
)
TIMES = st.integers(min_value=0, max_value=4_000_000_000)
HOSTS = st.sampled_from(
    ["live.tencentcloudapi.com", "trtc.intl.tencentcloudapi.com", "127.0.0.1:1"]
)
SERVICES = st.sampled_from(["live", "trtc"])


def _client(key: Credentials, service: str, host: str, region: str = "ap-guangzhou") -> Any:
    credential = Credential(key.access_key_id, key.access_key_secret, key.session_token)
    http = HttpProfile(protocol="http", endpoint=host, reqTimeout=5)
    client_class = LiveClient if service == "live" else TrtcClient
    return client_class(credential, region, ClientProfile(httpProfile=http))


def _signed_by_sdk(
    client: Any, timestamp: int, action: str, *, params: object = None, body: bytes = b""
) -> Any:
    """The SDK's own request object: JSON of `params`, or any `body` as an octet stream."""
    request = RequestInternal(client.profile.httpProfile.endpoint, "POST", "/", {}, body)
    options = {"IsOctetStream": params is None}
    with patch.object(abstract_client, "time", SimpleNamespace(time=lambda: timestamp)):
        client._build_req_with_tc3_signature(action, params, request, options)
    return request


def _signed_by_us(key: Credentials, service: str, timestamp: int, theirs: Any) -> httpx.Headers:
    """Our signature headers for the SDK's bytes and content type."""
    body = theirs.data if isinstance(theirs.data, bytes) else theirs.data.encode()
    request = httpx.Request(
        "POST",
        f"http://{theirs.header['Host']}/",
        headers={"Content-Type": theirs.header["Content-Type"]},
        content=body,
    )
    return next(TC3Auth(key, service, lambda: timestamp).sync_auth_flow(request)).headers


# The first example loads half of the SDK; how long that takes is not what is tested.
unhurried = settings(deadline=None)

SIGNATURE_HEADERS = ("Authorization", "X-TC-Timestamp", "X-TC-Token")


@unhurried
@given(KEYS, SERVICES, HOSTS, TIMES, st.dictionaries(st.text(), st.text() | st.integers()))
def test_our_signature_is_the_sdks_for_any_parameters(
    key: Credentials, service: str, host: str, timestamp: int, params: dict[str, object]
) -> None:
    """Same key, time and JSON body: the same signature, token and time, to the letter."""
    theirs = _signed_by_sdk(_client(key, service, host), timestamp, "Any", params=params)
    ours = _signed_by_us(key, service, timestamp, theirs)
    for name in SIGNATURE_HEADERS:
        assert ours.get(name) == theirs.header.get(name)


@unhurried
@given(KEYS, SERVICES, HOSTS, TIMES, st.binary())
def test_our_signature_is_the_sdks_for_any_bytes(
    key: Credentials, service: str, host: str, timestamp: int, body: bytes
) -> None:
    """The bytes are signed as they are, also where they are no JSON and no UTF-8."""
    theirs = _signed_by_sdk(_client(key, service, host), timestamp, "Any", body=body)
    ours = _signed_by_us(key, service, timestamp, theirs)
    for name in SIGNATURE_HEADERS:
        assert ours.get(name) == theirs.header.get(name)


@unhurried
@given(KEYS, TIMES, st.dictionaries(st.text(), st.text()))
def test_our_signature_is_the_sdks_for_any_query(
    key: Credentials, timestamp: int, params: dict[str, str]
) -> None:
    """A GET is signed with its query string exactly as it is sent."""
    theirs = RequestInternal("h", "GET", "/", {})
    with patch.object(abstract_client, "time", SimpleNamespace(time=lambda: timestamp)):
        _client(key, "live", "h")._build_req_with_tc3_signature("Any", params, theirs)
    headers = {"Content-Type": theirs.header["Content-Type"]}
    request = httpx.Request("GET", f"http://h/?{theirs.data}", headers=headers)
    ours = next(TC3Auth(key, "live", lambda: timestamp).sync_auth_flow(request)).headers
    assert ours["Authorization"] == theirs.header["Authorization"]


@unhurried
@given(KEYS, TIMES, st.dictionaries(st.text(), st.text(), min_size=1), st.data())
def test_the_simulator_believes_the_sdk_and_no_changed_byte(
    key: Credentials, timestamp: int, params: dict[str, str], data: st.DataObject
) -> None:
    """What the SDK signed passes the check; with any one byte of the body changed it does not."""
    action = "RestartLivePullStreamTask"
    theirs = _signed_by_sdk(_client(key, "live", "127.0.0.1:1"), timestamp, action, params=params)
    headers = {name.lower(): value for name, value in theirs.header.items()}
    account = SimulatedAccount(key.access_key_id, key.access_key_secret, key.session_token)
    simulator = TencentSimulator(now=lambda: timestamp)
    body = bytearray(theirs.data.encode())
    simulator.check_signature(Request("POST", "/", headers, bytes(body)), account)
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SimulatorFault, match=r"AuthFailure\.SignatureFailure"):
        simulator.check_signature(Request("POST", "/", headers, bytes(body)), account)


Parameters = dict[str, object]

TASK: Parameters = {"TaskId": "123"}
OPERATOR: Parameters = {"Operator": "张三 🎥 %+&=/"}
APP: Parameters = {"SdkAppId": 14, "TaskId": "-gC+x"}

CALLS: dict[str, Parameters] = {
    "tencent:pull status": TASK,
    "tencent:pull list": TASK | {"PageNum": 1, "PageSize": 20},
    "tencent:pull start": TASK | OPERATOR | {"Status": "enable"},
    "tencent:pull stop": TASK | OPERATOR | {"Status": "pause"},
    "tencent:pull restart": TASK | OPERATOR,
    "tencent:pull delete": TASK | OPERATOR,
    "tencent:ingest status": APP,
    "tencent:ingest stop": APP,
}
OPERATIONS = {
    f"{kind.where} {operation.verb}": (kind, operation)
    for kind in (PULL, INGEST)
    for operation in kind.operations
}


def test_the_sdk_drives_every_operation() -> None:
    """What is declared is what is tried here."""
    assert set(CALLS) == set(OPERATIONS)


def _model(kind: Kind, operation: Operation) -> Any:
    return getattr(live if kind is PULL else trtc, operation.action + "Request")()


async def _call_sdk(vendor: Vendor, name: str, parameters: object = None) -> Any:
    """Send one call with the SDK, over the wire; the simulator's clock is the real one."""
    kind, operation = OPERATIONS[name]
    request = _model(kind, operation)
    request._deserialize(parameters or CALLS[name])
    region = "ap-guangzhou" if kind is PULL else "ap-singapore"
    host = vendor.simulator.url.removeprefix("http://")
    client = _client(vendor.key, kind.service, host, region)
    try:
        return await asyncio.to_thread(getattr(client, operation.action), request)
    finally:
        client.request.conn._session.close()


@pytest.fixture
def real_time(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK signs with the machine's clock, and takes proxies from the environment."""
    vendor.clock.time = time.time()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("token", [None, "tok/en+with=odd%chars=="])
@pytest.mark.parametrize("name", CALLS)
async def test_the_sdk_is_satisfied_with_the_simulator(
    vendor: Vendor, real_time: None, name: str, token: str | None
) -> None:
    """The SDK's call is believed and carried out, and it finds our RequestId in the answer."""
    vendor.key = replace(vendor.key, session_token=token)
    vendor.simulator.add_account("AKIDEXAMPLE", "examplesecret", token)
    answer = await _call_sdk(vendor, name)
    seen = vendor.simulator.requests[-1]
    assert (seen.action, seen.verdict) == (OPERATIONS[name][1].action, "ok")
    assert seen.parameters == CALLS[name]
    assert answer.RequestId == seen.request_id


async def test_the_sdk_reads_the_simulators_list(vendor: Vendor, real_time: None) -> None:
    """Every field of a task has a name that the SDK knows (an unknown one warns, which fails the
    test) and the type that it documents; none but those that may be absent is missing."""
    answer = await _call_sdk(vendor, "tencent:pull list")
    assert (answer.PageNum, answer.PageSize, answer.TotalNum, answer.TotalPage) == (1, 20, 1, 1)
    assert answer.LimitTaskNum > 0
    (info,) = answer.TaskInfos
    assert (info.TaskId, info.Status, info.Region) == ("123", "enable", "ap-guangzhou")
    told = info._serialize()
    recent = told.pop("RecentPullInfo")
    assert _types(told) == _documented(info, told)
    assert _types(recent) == _documented(info.RecentPullInfo, recent)
    assert len(told) >= 20


async def test_the_sdk_reads_the_simulators_status(vendor: Vendor, real_time: None) -> None:
    """The same for the status of a pull task, and for the one word that TRTC tells."""
    info = (await _call_sdk(vendor, "tencent:pull status")).TaskStatusInfo
    told = info._serialize()
    assert _types(told) == _documented(info, told)
    assert set(told) == set(_documented(info))
    assert info.RunStatus == "active"
    assert (await _call_sdk(vendor, "tencent:ingest status")).Status == "InProgress"


async def test_the_sdk_pauses_and_starts_a_task(vendor: Vendor, real_time: None) -> None:
    """What the SDK changes with Status, the SDK sees in the list."""
    for name, status in (("stop", "pause"), ("start", "enable")):
        await _call_sdk(vendor, f"tencent:pull {name}")
        (info,) = (await _call_sdk(vendor, "tencent:pull list")).TaskInfos
        assert (info.Status, info.UpdateBy) == (status, OPERATOR["Operator"])


async def test_the_simulator_takes_every_parameter_of_the_sdks_modify(
    vendor: Vendor, real_time: None
) -> None:
    """Each by its documented type; what the list tells of them is the new value."""
    usual = {"int": 1, "str": "x", "list": []}
    documented = _documented(_model(*OPERATIONS["tencent:pull stop"]))
    everything = {name: usual[kind] for name, kind in documented.items()}
    await _call_sdk(vendor, "tencent:pull stop", everything | TASK | {"Status": "pause"})
    (info,) = (await _call_sdk(vendor, "tencent:pull list")).TaskInfos
    assert (info.Status, info.Comment, info.SourceUrls, info.UpdateBy) == ("pause", "x", [], "x")


def _types(told: Mapping[str, object]) -> dict[str, str]:
    return {name: type(value).__name__ for name, value in told.items()}


def _documented(model: Any, only: Iterable[str] | None = None) -> dict[str, str]:
    """Name -> type, as the SDK's own text says it."""
    types = dict(re.findall(r":type (\w+): (\w+)", type(model).__init__.__doc__))
    return {name: types[name] for name in (types if only is None else only)}


async def test_the_sdk_understands_the_simulators_errors(vendor: Vendor, real_time: None) -> None:
    """An error reaches the SDK's user as code, message and RequestId."""
    await _call_sdk(vendor, "tencent:ingest stop")
    with pytest.raises(TencentCloudSDKException) as caught:
        await _call_sdk(vendor, "tencent:ingest stop")
    assert caught.value.get_code() == "FailedOperation.TaskFinished"
    assert caught.value.get_message() == "Task has ended when calling the interface."
    assert caught.value.get_request_id() == vendor.simulator.requests[-1].request_id


CHANGES: dict[str, Callable[[dict[str, str], bytes], tuple[dict[str, str], bytes]]] = {
    "body": lambda headers, body: (headers, body.replace(b"123", b"124")),
    "host": lambda headers, body: (headers | {"Host": "live.tencentcloudapi.com"}, body),
    "content-type": lambda headers, body: (headers | {"Content-Type": "application/jsom"}, body),
    "timestamp": lambda headers, body: (
        headers | {"X-TC-Timestamp": str(int(headers["X-TC-Timestamp"]) + 1)},
        body,
    ),
    "service": lambda headers, body: (
        headers | {"Authorization": headers["Authorization"].replace("/live/", "/trtc/")},
        body,
    ),
    "signature": lambda headers, body: (
        headers | {"Authorization": headers["Authorization"].translate({ord("1"): "2"})},
        body,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_request_of_the_sdk_is_refused(
    vendor: Vendor, real_time: None, change: str
) -> None:
    """On the wire too, a signed request with one thing changed is refused, and does nothing."""
    url = vendor.simulator.url
    theirs = _signed_by_sdk(
        _client(vendor.key, "live", url.removeprefix("http://")),
        int(vendor.clock.time),
        "DeleteLivePullStreamTask",
        params={"TaskId": "123", "Operator": "admin"},
    )
    headers, body = CHANGES[change](theirs.header, theirs.data.encode())
    assert (headers, body) != (theirs.header, theirs.data.encode())
    answer = await vendor.client.post(url, headers=headers, content=body)
    assert answer.json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert vendor.simulator.task("pull", "123")


OPTIONAL = {
    Verb.LIST: {"TaskId", "SpecifyTaskId"},
    Verb.DELETE: {"SpecifyTaskId"},
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_our_parameters_are_the_sdks(name: str) -> None:
    """Names are those of the SDK's request model (an unknown one warns, which fails the test),
    none of its required ones is missing, and the types are those that it documents."""
    kind, operation = OPERATIONS[name]
    model = _model(kind, operation)
    parameters = dict(operation.parameters(Task("123", "ap-singapore", 14), "slack:U123"))
    model._deserialize(parameters)
    assert model._serialize() == parameters
    assert _types(parameters) == _documented(model, parameters)
    if operation.action != "ModifyLivePullStreamTask":  # all but two of its 21 are optional
        assert set(_documented(model)) - set(parameters) <= OPTIONAL.get(operation.verb, set())


@pytest.mark.parametrize(
    "more",
    [
        {"TaskId": "123", "PageNum": 1, "PageSize": 10},
        {"PageNum": 2, "PageSize": 20},
    ],
)
def test_what_a_reading_adds_to_the_list_is_the_sdks(more: dict[str, object]) -> None:
    """The pages and the filter that our readings ask for, by the SDK's names and types."""
    model = live.DescribeLivePullStreamTasksRequest()
    model._deserialize(more)
    assert model._serialize() == more
    assert _types(more) == _documented(model, more)


@pytest.mark.parametrize(("kind", "version"), [(PULL, "2018-08-01"), (INGEST, "2019-07-22")])
def test_our_versions_are_the_sdks(kind: Kind, version: str) -> None:
    """The API versions are those that the SDK sends."""
    client = _client(Credentials("AKIDEXAMPLE", "examplesecret"), kind.service, "h")
    assert {operation.version for operation in kind.operations} == {version}
    assert (client._apiVersion, client._service) == (version, kind.service)
