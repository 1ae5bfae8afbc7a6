"""The simulator refuses what Volcengine refuses, and ends recordings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    SimulatorFault,
)
from providers.volcengine import auth
from providers.volcengine.simulator import VolcengineSimulator
from providers.volcengine.wire import VolcengineWire

if TYPE_CHECKING:
    from tests.providers.volcengine.conftest import Vendor

ID = "f831f3b0aaaabbbb1aa4dcf7621"
LIST = "Action=ListPullRecordTask&Version=2023-01-01"
ACCOUNT = SimulatedAccount("AKIDEXAMPLE", "examplesecret")


def _state(vendor: Vendor) -> str:
    task = vendor.simulator.task("record", ID)
    assert task
    return task.state


@pytest.mark.parametrize(
    ("state", "after"),
    [("生效中", "已结束"), ("未开始", "停用"), ("停用", "停用"), ("已结束", "已结束")],
)
async def test_a_stop_ends_a_recording(vendor: Vendor, state: str, after: str) -> None:
    """In the vendor's own words; a second stop is taken and changes nothing."""
    vendor.simulator.tasks[0].state = state
    assert await vendor.code() == ""
    assert _state(vendor) == after


async def test_a_yes_is_as_on_the_vendors_page(vendor: Vendor) -> None:
    """ResponseMetadata with its five fields, and no Result."""
    status, metadata = await vendor.ask()
    request_id = metadata.pop("RequestId")
    assert (status, metadata) == (
        200,
        {
            "Action": "StopPullRecordTask",
            "Version": "2023-01-01",
            "Service": "live",
            "Region": "cn-north-1",
        },
    )
    assert request_id == vendor.simulator.requests[-1].request_id
    assert re.fullmatch(r"20250101000000[0-9A-F]{19}", request_id)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingParameter 400"),
        ({"TaskID": ID}, "MissingParameter 400"),
        ({"TaskId": 7}, "InvalidParam.BindError 400"),
        ({"TaskId": None}, "InvalidParam.BindError 400"),
        ({"TaskId": [ID]}, "InvalidParam.BindError 400"),
        ([ID], "InvalidParam.BindError 400"),
        (b"", "InvalidParam.BindError 400"),
        (b"TaskId=x", "InvalidParam.BindError 400"),
        (b"[" * 100_000, "InvalidParam.BindError 400"),
        ({"TaskId": "other"}, "ResourceNotFound 404"),
        ({"TaskId": ""}, "ResourceNotFound 404"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_task_is_named_by_a_string(vendor: Vendor, parameters: object, code: str) -> None:
    """TaskId is required, a string, and known to the letter."""
    assert await vendor.code(parameters) == code
    assert _state(vendor) == "生效中"


async def test_the_list_is_read_to_its_end(vendor: Vendor) -> None:
    """Every recording is on one page, in order, and the counts say when to stop."""
    for n in range(6):
        vendor.simulator.add_task(SimulatedTask(kind="record", id=f"9{n}"))
    ids = []
    for number in range(1, 5):
        recordings, pagination = await vendor.page(PageNum=number, PageSize=3)
        ids.append([recording["TaskId"] for recording in recordings])
        assert pagination == {"PageCur": number, "PageSize": 3, "PageTotal": 3, "TotalCount": 7}
    assert ids == [[ID, "90", "91"], ["92", "93", "94"], ["95"], []]


async def test_the_list_tells_the_states_as_of_now(vendor: Vendor) -> None:
    """In the vendor's own words, with the fields of its page; an ended recording stays listed."""
    (before,), _ = await vendor.page()
    assert set(before) == {
        "TaskId", "StartTime", "EndTime", "Vhost", "Domain", "App", "Stream", "Status"
    }  # fmt: skip
    await vendor.ask()
    (after,), _ = await vendor.page()
    assert (before["Status"], after["Status"]) == ("生效中", "已结束")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [ID, "b"]),
        ({"Stream": "main"}, ["b"]),
        ({"Stream": "mai"}, []),
        ({"Stream": ""}, [ID, "b"]),
        ({"App": "show"}, ["b"]),
        ({"Domain": "pull.example.com"}, ["b"]),
        ({"Vhost": "example.com"}, ["b"]),
        ({"Vhost": "example.com", "Stream": "other"}, []),
    ],
    ids=str,
)
async def test_the_list_is_filtered_to_the_letter(
    vendor: Vendor, wanted: dict[str, str], found: list[str]
) -> None:
    """By the parts of the stream's address; all that are given must be right."""
    facts: dict[str, object] = {"App": "show", "Domain": "pull.example.com", "Vhost": "example.com"}
    vendor.simulator.add_task(SimulatedTask(kind="record", id="b", name="main", facts=facts))
    recordings, pagination = await vendor.page(**wanted)
    assert [recording["TaskId"] for recording in recordings] == found
    assert pagination["TotalCount"] == len(found)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingParameter 400"),
        ({"PageNum": 1}, "MissingParameter 400"),
        ({"PageSize": 1}, "MissingParameter 400"),
        ({"PageNum": "1", "PageSize": 1}, "InvalidParam.BindError 400"),
        ({"PageNum": True, "PageSize": 1}, "InvalidParam.BindError 400"),
        ({"PageNum": 1, "PageSize": 1.0}, "InvalidParam.BindError 400"),
        ({"PageNum": 1, "PageSize": 1, "Stream": 7}, "InvalidParam.BindError 400"),
        ({"PageNum": 0, "PageSize": 1}, "InvalidParam 400"),
        ({"PageNum": 1, "PageSize": 0}, "InvalidParam 400"),
        ({"PageNum": 1, "PageSize": 501}, "InvalidParam 400"),
    ],
    ids=str,
)
async def test_a_list_needs_a_page_and_its_size(
    vendor: Vendor, parameters: dict[str, object], code: str
) -> None:
    """Both are required integers; pages are counted from 1 and hold 1 to 500 recordings."""
    assert await vendor.code(parameters, query=LIST) == code


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"query": "Version=2023-01-01"}, "InvalidActionOrVersion 404"),
        ({"query": "Action=StopPullRecordTask"}, "InvalidActionOrVersion 404"),
        ({"query": "Action=StopRecord&Version=2023-01-01"}, "InvalidActionOrVersion 404"),
        (
            {"query": "Action=StopPullRecordTask&Version=2020-08-01"},
            "InvalidActionOrVersion 404",
        ),
        ({"method": "PUT"}, "MethodNotAllowed 405"),
        ({"content_type": "text/plain"}, "InvalidParam.BindError 400"),
    ],
    ids=str,
)
async def test_another_api_is_not_there(vendor: Vendor, how: dict[str, Any], code: str) -> None:
    """Action and version in the query, method and content type are those of the page."""
    assert await vendor.code(**how) == code
    assert _state(vendor) == "生效中"


@pytest.mark.parametrize(
    ("off", "code"),
    [
        (900, ""),
        (-900, ""),
        (901, "InvalidTimestamp 400"),
        (-901, "InvalidTimestamp 400"),
    ],
)
async def test_a_signature_is_good_for_fifteen_minutes(vendor: Vendor, off: int, code: str) -> None:
    """In both directions, on the vendor's clock."""
    vendor.signed_at.time += off
    assert await vendor.code() == code


async def test_the_clock_incident_is_beyond_what_is_allowed(vendor: Vendor) -> None:
    """A right clock is refused while the vendor's own is off, and a client can mend it by Date."""
    vendor.simulator.play(Incident.CLOCK)
    assert await vendor.code() == "InvalidTimestamp 400"
    vendor.signed_at.time = vendor.simulator.now()
    assert await vendor.code() == ""


async def test_the_scope_names_the_service_and_any_region(vendor: Vendor) -> None:
    """Live video belongs to no region; another service's signature does not work."""
    assert await vendor.code(region="ap-singapore-1") == ""
    assert await vendor.code(service="vod") == "InvalidCredential 400"
    assert await vendor.code(region="") == "InvalidAuthorization 400"


async def test_a_session_token_must_be_the_keys_own(vendor: Vendor) -> None:
    """Missing, wrong, or there although the key has none: refused."""
    refused = "InvalidSecretToken 401"
    vendor.key = replace(vendor.key, session_token="tok")
    assert await vendor.code() == refused
    vendor.simulator.add_account("AKIDEXAMPLE", "examplesecret", "tok")
    assert await vendor.code() == ""
    vendor.key = replace(vendor.key, session_token="other")
    assert await vendor.code() == refused
    vendor.key = replace(vendor.key, session_token=None)
    assert await vendor.code() == refused


async def test_a_wrong_key_is_refused(vendor: Vendor) -> None:
    """An unknown key and a wrong secret are two answers, both 401."""
    vendor.key = replace(vendor.key, access_key_secret="wrong")
    assert await vendor.code() == "SignatureDoesNotMatch 401"
    vendor.key = replace(vendor.key, access_key_id="AKIDOTHER")
    assert await vendor.code() == "InvalidAccessKey 401"
    assert _state(vendor) == "生效中"


def _set(**headers: str) -> Callable[[httpx.Request], None]:
    new = {name.replace("_", "-"): value for name, value in headers.items()}
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
    "query": (_url(b"Stop", b"List"), "SignatureDoesNotMatch 401"),
    "added parameter": (_url(b"?", b"?A=1&"), "SignatureDoesNotMatch 401"),
    "path": (_url(b"/?", b"/x?"), "SignatureDoesNotMatch 401"),
    "host": (_set(host="live.volcengineapi.com"), "SignatureDoesNotMatch 401"),
    "content type": (_set(content_type="application/jsom"), "SignatureDoesNotMatch 401"),
    "date": (_set(x_date="20250101T000001Z"), "SignatureDoesNotMatch 401"),
    "body digest": (_set(x_content_sha256="0" * 64), "SignatureDoesNotMatch 401"),
    "region": (_replace("cn-north-1", "cn-north-2"), "SignatureDoesNotMatch 401"),
    "body digest that is not covered": (
        _replace("x-content-sha256;", ""),
        "InvalidAuthorization 400",
    ),
    "host not covered": (_replace("host;", ""), "InvalidAuthorization 400"),
    "header twice": (_replace("host;", "host;host;"), "InvalidAuthorization 400"),
    "header that is not there": (_replace("host;", "host;x-a;"), "InvalidAuthorization 400"),
    "no date": (_drop("x-date"), "InvalidAuthorization 400"),
    "date's form": (_set(x_date="2025-01-01T00:00:00Z"), "InvalidTimestamp 400"),
    "other day": (_set(x_date="20241231T235959Z"), "InvalidCredential 400"),
    "token that is not covered": (_set(x_security_token="tok"), "InvalidAuthorization 400"),
    "other algorithm": (_replace("SHA256", "SHA512"), "InvalidAuthorization 400"),
    "no signature": (_drop("Authorization"), "MissingAuthenticationToken 401"),
}


@pytest.mark.parametrize(("tamper", "code"), TAMPERED.values(), ids=TAMPERED)
async def test_a_tampered_request_is_refused(
    vendor: Vendor, tamper: Callable[[httpx.Request], None], code: str
) -> None:
    """One thing changed after signing: refused, and nothing happens."""
    vendor.tamper = tamper
    assert await vendor.code() == code
    assert _state(vendor) == "生效中"


@pytest.mark.parametrize("part", ["header", "query"])
async def test_bytes_that_are_no_text_are_refused(vendor: Vendor, part: str) -> None:
    """They reach us as lone surrogates, which no signature is over; that is no crash."""
    caught: list[httpx.Request] = []
    vendor.tamper = caught.append
    await vendor.ask()
    headers, path = dict(caught[0].headers), caught[0].url.raw_path.decode()
    if part == "header":
        headers["content-type"] = "\udcc3"
    else:
        path += "\udcc3"
    with pytest.raises(SimulatorFault, match="InvalidAuthorization"):
        vendor.simulator.check_signature(Request("POST", path, headers, b""), ACCOUNT)


def test_a_digest_that_is_not_the_bodys_is_refused() -> None:
    """Also where whoever signed it signed the wrong header as well."""
    hashed, date = auth.payload_hash(b"{}"), "20250101T000000Z"
    scope = auth.credential_scope(date, "cn-north-1", "live")
    key = auth.signing_key("examplesecret", scope)
    for told, refused in ((hashed, False), ("0" * 64, True)):
        headers = {"host": "h", "x-content-sha256": told, "x-date": date}
        canonical = auth.canonical_request("POST", "/", "", headers, hashed)
        signed = auth.signature(key, auth.string_to_sign(date, scope, canonical))
        headers["authorization"] = auth.authorization("AKIDEXAMPLE", scope, headers, signed)
        simulator = VolcengineSimulator(now=lambda: 1735689600.0)
        with pytest.raises(SimulatorFault) if refused else nullcontext():
            simulator.check_signature(Request("POST", "/", headers, b"{}"), ACCOUNT)


async def test_fifty_one_calls_in_a_second_are_one_too_many(vendor: Vendor) -> None:
    """Fifty a second for one key; refused calls do nothing."""
    codes = await asyncio.gather(*[vendor.code() for _ in range(51)])
    assert sorted(codes) == [""] * 50 + ["AccountFlowLimitExceeded 429"]
    page = {"PageNum": 1, "PageSize": 1}  # another API, with a count of its own
    answers = await asyncio.gather(*[vendor.answer(page, query=LIST) for _ in range(51)])
    assert sorted(status for status, _ in answers) == [200] * 50 + [429]


@pytest.mark.parametrize(
    ("incident", "code", "number"),
    [
        (Incident.THROTTLE, "AccountFlowLimitExceeded 429", 100027),
        (Incident.ARREARS, "RequestForbidden.BillingStatus 403", None),
        (Incident.PERMISSION, "AccessDenied 403", 100013),
        (Incident.WRONG_KEYS, "InvalidAccessKey 401", 100009),
        (Incident.INTERNAL, "InternalError 500", 100014),
    ],
)
async def test_an_incident_is_told_in_the_vendors_words(
    vendor: Vendor, incident: Incident, code: str, number: int | None
) -> None:
    """Each incident has the code, the number and the status that the real vendor has; only an
    internal error comes after it acted."""
    vendor.simulator.play(incident, times=1)
    status, metadata = await vendor.ask()
    assert f"{metadata['Error']['Code']} {status}" == code
    assert metadata["Error"].get("CodeN") == number
    assert _state(vendor) == ("已结束" if incident is Incident.INTERNAL else "生效中")
    assert await vendor.code() == ""


async def test_an_error_is_read_by_our_own_reader(vendor: Vendor) -> None:
    """The envelope of an error is one that our reader takes for an error."""
    status, metadata = await vendor.ask({"TaskId": "other"})
    answer = VolcengineWire().read(status, {"ResponseMetadata": metadata})
    assert (answer.code, answer.message) == ("ResourceNotFound", "The resource is not found.")
    assert answer.request_id == vendor.simulator.requests[-1].request_id
