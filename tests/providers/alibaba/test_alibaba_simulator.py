"""The simulator refuses what ApsaraVideo Live refuses, and moves its tasks with the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from providers.alibaba import auth
from providers.alibaba.simulator import AlibabaSimulator
from providers.alibaba.wire import AlibabaWire
from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    SimulatorFault,
)

if TYPE_CHECKING:
    from tests.providers.alibaba.conftest import Vendor

ID = "6f869419-0001"
LIST = "DescribeLivePullToPushList"
ACCOUNT = SimulatedAccount("AKIDEXAMPLE", "examplesecret")


def _state(vendor: Vendor) -> str:
    task = vendor.simulator.task("relay", ID)
    assert task
    return task.state


async def test_a_restart_breaks_the_stream_and_it_comes_back(vendor: Vendor) -> None:
    """Stopped at once, and running again after some seconds of the simulator's clock."""
    assert _state(vendor) == "1"
    status, body = await vendor.ask()
    assert (status, set(body)) == (200, {"RequestId", "TaskId"})
    assert body["TaskId"] != ID
    assert body["RequestId"] == vendor.simulator.requests[-1].request_id
    assert _state(vendor) == "3"
    vendor.clock.time += 3.9
    assert _state(vendor) == "3"
    vendor.clock.time += 0.2
    assert _state(vendor) == "1"


async def test_a_restart_that_does_not_come_back(vendor: Vendor) -> None:
    """The vendor says yes all the same; the task says why it stays stopped."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    assert await vendor.code() == ""
    vendor.clock.time += 3600
    assert _state(vendor) == "3"
    task = vendor.simulator.task("relay", ID)
    assert task
    assert task.facts["TaskInvalidReason"] == "PullStreamFailed"


async def test_the_reason_of_a_failed_restart_is_not_told_of_the_next(vendor: Vendor) -> None:
    """A task that is stopped for the seconds of a good restart is not out of order."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    await vendor.code()
    await vendor.code()
    assert "TaskInvalidReason" not in (await _items(vendor))[0]


async def test_settle_brings_a_restarted_task_back(vendor: Vendor) -> None:
    """Without asking for the task by its id."""
    await vendor.code()
    vendor.clock.time += 60
    assert vendor.simulator.tasks[0].state == "3"
    vendor.simulator.settle()
    assert vendor.simulator.tasks[0].state == "1"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("0", "InvalidParam.CodeIllegalDuration 400"),
        ("1", ""),
        ("2", ""),
        ("3", ""),
        ("-1", "CodeTaskNotExist 400"),
    ],
)
async def test_what_a_restart_does_in_each_state(vendor: Vendor, state: str, code: str) -> None:
    """Running, retrying and stopped tasks are restarted; one before its start or after its end is
    not, and stays as it is."""
    vendor.simulator.tasks[0].state = state
    assert await vendor.code() == code
    assert _state(vendor) == (state if code else "3")


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
    assert _state(vendor) == "1"


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
    assert _state(vendor) == "1"


async def _items(vendor: Vendor, **parameters: str) -> list[dict[str, Any]]:
    """The tasks on a page of Shanghai's list."""
    _, body = await vendor.ask({"Region": "cn-shanghai", **parameters}, action=LIST)
    items: list[dict[str, Any]] = body["TaskList"]
    return items


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
    assert len(await _items(vendor)) == 10


async def test_the_list_tells_the_states_as_of_now(vendor: Vendor) -> None:
    """As integers; stopped by a restart, and running again when its time has come."""
    assert [item["TaskStatus"] for item in await _items(vendor)] == [1]
    await vendor.code()
    assert [item["TaskStatus"] for item in await _items(vendor)] == [3]
    vendor.clock.time += 60
    assert [item["TaskStatus"] for item in await _items(vendor)] == [1]


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
    (item,) = await _items(vendor)
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
    assert [item["TaskId"] for item in await _items(vendor, **wanted)] == found


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


async def test_a_nonce_works_once(vendor: Vendor) -> None:
    """The same nonce again is refused, also under a new time; another one is taken."""
    assert await vendor.code(nonce=lambda: "a") == ""
    vendor.signed_at.time += 1
    assert await vendor.code(nonce=lambda: "a") == "SignatureNonceUsed 400"
    assert await vendor.code(nonce=lambda: "b") == ""


async def test_a_refused_signature_uses_up_no_nonce(vendor: Vendor) -> None:
    """Nobody without the key can spoil a nonce for its owner."""
    right, vendor.key = vendor.key, replace(vendor.key, access_key_secret="wrong")
    assert await vendor.code(nonce=lambda: "a") == "SignatureDoesNotMatch 400"
    vendor.key = right
    assert await vendor.code(nonce=lambda: "a") == ""


@pytest.mark.parametrize(
    ("off", "code"),
    [
        (900, ""),
        (-900, ""),
        (901, "InvalidTimeStamp.Expired 400"),
        (-901, "InvalidTimeStamp.Expired 400"),
    ],
)
async def test_a_signature_is_good_for_fifteen_minutes(vendor: Vendor, off: int, code: str) -> None:
    """In both directions, on the vendor's clock."""
    vendor.signed_at.time += off
    assert await vendor.code() == code


async def test_the_clock_incident_is_beyond_what_is_allowed(vendor: Vendor) -> None:
    """A right clock is refused while the vendor's own is off, and a client can mend it by Date."""
    vendor.simulator.play(Incident.CLOCK)
    assert await vendor.code() == "InvalidTimeStamp.Expired 400"
    vendor.signed_at.time = vendor.simulator.now()
    assert await vendor.code() == ""


async def test_a_session_token_must_be_the_keys_own(vendor: Vendor) -> None:
    """Missing, wrong, or there although the key has none: refused."""
    refused = "InvalidSecurityToken.MismatchWithAccessKey 400"
    vendor.key = replace(vendor.key, session_token="tok")
    assert await vendor.code() == refused
    vendor.simulator.add_account("AKIDEXAMPLE", "examplesecret", "tok")
    assert await vendor.code() == ""
    vendor.key = replace(vendor.key, session_token="other")
    assert await vendor.code() == refused
    vendor.key = replace(vendor.key, session_token=None)
    assert await vendor.code() == refused


async def test_an_unknown_key_is_not_found(vendor: Vendor) -> None:
    """Before anything of the signature is looked at."""
    vendor.key = replace(vendor.key, access_key_id="AKIDOTHER")
    assert await vendor.code() == "InvalidAccessKeyId.NotFound 404"


def _set(**headers: str) -> Callable[[httpx.Request], None]:
    new = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return lambda request: request.headers.update(new)


def _drop(name: str) -> Callable[[httpx.Request], None]:
    return lambda request: request.headers.__delitem__(name)


def _replace(old: str, new: str) -> Callable[[httpx.Request], None]:
    def tamper(request: httpx.Request) -> None:
        value = request.headers["Authorization"]
        assert old in value
        request.headers["Authorization"] = value.replace(old, new)

    return tamper


def _url(old: bytes, new: bytes) -> Callable[[httpx.Request], None]:
    def tamper(request: httpx.Request) -> None:
        request.url = request.url.copy_with(raw_path=request.url.raw_path.replace(old, new))

    return tamper


TAMPERED: dict[str, tuple[Callable[[httpx.Request], None], str]] = {
    "query": (_url(b"0001", b"0002"), "SignatureDoesNotMatch 400"),
    "added parameter": (_url(b"?", b"?A=1&"), "SignatureDoesNotMatch 400"),
    "path": (_url(b"/?", b"/x?"), "SignatureDoesNotMatch 400"),
    "host": (_set(host="live.aliyuncs.com"), "SignatureDoesNotMatch 400"),
    "action": (_set(x_acs_action="DeleteLivePullToPush"), "SignatureDoesNotMatch 400"),
    "version": (_set(x_acs_version="2016-11-02"), "SignatureDoesNotMatch 400"),
    "date": (_set(x_acs_date="2025-01-01T00:00:01Z"), "SignatureDoesNotMatch 400"),
    "nonce": (_set(x_acs_signature_nonce="other"), "SignatureDoesNotMatch 400"),
    "body digest": (_set(x_acs_content_sha256="0" * 64), "SignatureDoesNotMatch 400"),
    "date's form": (_set(x_acs_date="1735689600"), "InvalidTimeStamp.Format 400"),
    "header that is not covered": (_set(x_acs_new="1"), "IncompleteSignature 400"),
    "content type that is not covered": (_set(content_type="a/b"), "IncompleteSignature 400"),
    "no nonce": (_drop("x-acs-signature-nonce"), "IncompleteSignature 400"),
    "no date": (_drop("x-acs-date"), "IncompleteSignature 400"),
    "no signature": (_drop("Authorization"), "IncompleteSignature 400"),
    "host not covered": (_replace("host;", ""), "IncompleteSignature 400"),
    "header twice": (_replace("host;", "host;host;"), "IncompleteSignature 400"),
    "header that is not there": (_replace("host;", "host;x-a;"), "IncompleteSignature 400"),
    "other algorithm": (_replace("SHA256", "SM3"), "IncompleteSignature 400"),
}


@pytest.mark.parametrize(("tamper", "code"), TAMPERED.values(), ids=TAMPERED)
async def test_a_tampered_request_is_refused(
    vendor: Vendor, tamper: Callable[[httpx.Request], None], code: str
) -> None:
    """One thing changed after signing: refused, and nothing happens."""
    vendor.tamper = tamper
    assert await vendor.code() == code
    assert _state(vendor) == "1"


@pytest.mark.parametrize("part", ["header", "query"])
async def test_bytes_that_are_no_text_are_refused(vendor: Vendor, part: str) -> None:
    """They reach us as lone surrogates, which no signature is over; that is no crash."""
    caught: list[httpx.Request] = []
    vendor.tamper = caught.append
    await vendor.ask()
    headers = dict(caught[0].headers)
    path = caught[0].url.raw_path.decode()
    if part == "header":
        headers["x-acs-signature-nonce"] = "\udcc3"
    else:
        path += "\udcc3"
    with pytest.raises(SimulatorFault, match="IncompleteSignature"):
        vendor.simulator.check_signature(Request("GET", path, headers, b""), ACCOUNT)


def test_a_digest_that_is_not_the_bodys_is_refused() -> None:
    """Also where whoever signed it signed the wrong header as well."""
    hashed = auth.payload_hash(b"")
    for told, refused in ((hashed, False), ("0" * 64, True)):
        headers = {
            "host": "h",
            "x-acs-action": "RestartLivePullToPush",
            "x-acs-content-sha256": told,
            "x-acs-date": "2025-01-01T00:00:00Z",
            "x-acs-signature-nonce": "a",
            "x-acs-version": "2016-11-01",
        }
        canonical = auth.canonical_request("GET", "/", "", headers, hashed)
        signed = auth.signature("examplesecret", auth.string_to_sign(canonical))
        headers["authorization"] = auth.authorization("AKIDEXAMPLE", headers, signed)
        simulator = AlibabaSimulator(now=lambda: 1735689600.0)
        with pytest.raises(SimulatorFault) if refused else nullcontext():
            simulator.check_signature(Request("GET", "/", headers, b""), ACCOUNT)


async def test_a_body_that_was_slipped_in_is_refused(vendor: Vendor) -> None:
    """The digest is taken from the bytes that came, not from the header."""
    caught: list[httpx.Request] = []
    vendor.tamper = caught.append
    await vendor.ask()
    signed = caught[0]
    answer = await vendor.client.request(
        signed.method, signed.url, headers=signed.headers, content=b"x"
    )
    assert answer.json()["Code"] == "SignatureDoesNotMatch"


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
    assert _state(vendor) == ("3" if incident is Incident.INTERNAL else "1")
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
