"""Tencent on loopback is as strict as Tencent."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from providers.account import Credentials
from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    SimulatorFault,
)
from providers.tencent.auth import TC3Auth
from providers.tencent.simulated_signature import Claim, signature
from providers.tencent.simulator import TencentSimulator

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


NO: list[tuple[str, str, object, dict[str, Any], str]] = [
    ("unknown task", RESTART, PULL | {"TaskId": "124"}, {}, "InvalidParameter.TaskNotExist"),
    (
        "other region",
        RESTART,
        PULL,
        {"headers": {"X-TC-Region": "ap-tokyo"}},
        "InvalidParameter.TaskNotExist",
    ),
    ("no operator", RESTART, {"TaskId": "123"}, {}, "MissingParameter"),
    ("no task", DELETE, {"Operator": "a"}, {}, "MissingParameter"),
    ("task as a number", RESTART, PULL | {"TaskId": 123}, {}, "InvalidParameter"),
    ("task as null", RESTART, PULL | {"TaskId": None}, {}, "InvalidParameter"),
    ("one too many", RESTART, PULL | {"Force": True}, {}, "UnknownParameter"),
    ("not JSON", RESTART, b"TaskId=123", {}, "InvalidParameter"),
    ("not an object", RESTART, b'["TaskId"]', {}, "InvalidParameter"),
    ("deep JSON", RESTART, b"[" * 100_000, {}, "InvalidParameter"),
    ("trtc: not JSON", STOP, b"", {"service": "trtc"}, "InvalidParameter.BodyParamsError"),
    ("app as text", STOP, INGEST | {"SdkAppId": "14"}, {"service": "trtc"}, "InvalidParameter"),
    (
        "app as a boolean",
        STOP,
        INGEST | {"SdkAppId": True},
        {"service": "trtc"},
        "InvalidParameter",
    ),
    (
        "another app",
        STOP,
        INGEST | {"SdkAppId": 15},
        {"service": "trtc"},
        "InvalidParameter.SdkAppId",
    ),
    (
        "unknown ingest",
        STOP,
        INGEST | {"TaskId": "gC x"},
        {"service": "trtc"},
        "InvalidParameter.TaskId",
    ),
    ("modify: no operator", MODIFY, {"TaskId": "123"}, {}, "MissingParameter"),
    ("modify: another word", MODIFY, PULL | {"Status": "stop"}, {}, "InvalidParameter"),
    ("modify: a number as status", MODIFY, PULL | {"Status": 1}, {}, "InvalidParameter"),
    ("modify: sources as text", MODIFY, PULL | {"SourceUrls": "x"}, {}, "InvalidParameter"),
    ("modify: one too many", MODIFY, PULL | {"Pause": True}, {}, "UnknownParameter"),
    (
        "modify: unknown task",
        MODIFY,
        PAUSE | {"TaskId": "124"},
        {},
        "InvalidParameter.TaskNotExist",
    ),
    ("status: unknown task", STATUS, {"TaskId": "124"}, {}, "InvalidParameter.TaskNotExist"),
    ("status: no task", STATUS, {}, {}, "MissingParameter"),
    ("status: with an operator", STATUS, PULL, {}, "UnknownParameter"),
    (
        "ingest status: no app",
        INGEST_STATUS,
        {"TaskId": "-gC+x"},
        {"service": "trtc"},
        "MissingParameter.SdkAppId",
    ),
    (
        "ingest status: no task",
        INGEST_STATUS,
        {"SdkAppId": 14},
        {"service": "trtc"},
        "MissingParameter.TaskId",
    ),
    (
        "ingest status: app as text",
        INGEST_STATUS,
        INGEST | {"SdkAppId": "14"},
        {"service": "trtc"},
        "InvalidParameter",
    ),
    ("list: page as text", LIST, {"PageNum": "1"}, {}, "InvalidParameter"),
    ("list: page as a boolean", LIST, {"PageNum": True}, {}, "InvalidParameter"),
    ("list: page as a fraction", LIST, {"PageNum": 1.0}, {}, "InvalidParameter"),
    ("list: size as text", LIST, {"PageSize": "5"}, {}, "InvalidParameter"),
    ("list: task as a number", LIST, {"TaskId": 123}, {}, "InvalidParameter"),
    ("list: page 0", LIST, {"PageNum": 0}, {}, "InvalidParameterValue"),
    ("list: size 0", LIST, {"PageSize": 0}, {}, "InvalidParameterValue"),
    ("list: size 21", LIST, {"PageSize": 21}, {}, "InvalidParameterValue"),
    ("list: one too many", LIST, {"Status": "enable"}, {}, "UnknownParameter"),
    ("list: no region", LIST, {}, {"without": "X-TC-Region"}, "MissingParameter"),
    ("no region", RESTART, PULL, {"without": "X-TC-Region"}, "MissingParameter"),
    ("no version", RESTART, PULL, {"without": "X-TC-Version"}, "NoSuchVersion"),
    (
        "version of the other service",
        RESTART,
        PULL,
        {"headers": {"X-TC-Version": "2019-07-22"}},
        "NoSuchVersion",
    ),
    (
        "content type with a charset",
        RESTART,
        PULL,
        {"headers": {"Content-Type": "application/json; charset=utf-8"}},
        "InvalidRequest",
    ),
    ("no action", RESTART, PULL, {"without": "X-TC-Action"}, "InvalidAction"),
    ("unknown action", "StopEverything", PULL, {}, "InvalidAction"),
    ("signed for the other service", STOP, INGEST, {}, "AuthFailure.SignatureFailure"),
    (
        "a token that the key has not",
        RESTART,
        PULL,
        {"headers": {"X-TC-Token": "tok"}},
        "AuthFailure.TokenFailure",
    ),
]


@pytest.mark.parametrize(
    ("action", "parameters", "how", "code"), [row[1:] for row in NO], ids=[row[0] for row in NO]
)
async def test_what_tencent_refuses_is_refused(
    vendor: Vendor, action: str, parameters: object, how: dict[str, Any], code: str
) -> None:
    """A wrong request gets the vendor's code, is written down with it, and changes nothing."""
    assert await vendor.code(action, parameters, **how) == code
    assert vendor.simulator.requests[-1].verdict == code
    assert _state(vendor, "pull", "123") == "active"
    assert _state(vendor, "ingest", "-gC+x") == "InProgress"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (Credentials("AKIDOTHER", "examplesecret"), "AuthFailure.SecretIdNotFound"),
        (Credentials("AKIDEXAMPLE", "wrongsecret"), "AuthFailure.SignatureFailure"),
        (Credentials("AKIDEXAMPLE", "examplesecret", "tok"), "AuthFailure.TokenFailure"),
    ],
)
async def test_a_wrong_key_is_refused(vendor: Vendor, key: Credentials, code: str) -> None:
    """An unknown key, a wrong secret and a token too many have each their code."""
    vendor.key = key
    assert await vendor.code(RESTART, PULL) == code


@pytest.mark.parametrize(
    ("token", "code"),
    [(None, "AuthFailure.TokenFailure"), ("old", "AuthFailure.TokenFailure"), ("tok", "")],
)
async def test_a_temporary_key_needs_its_token(
    vendor: Vendor, token: str | None, code: str
) -> None:
    """A temporary key is good with its own session token only."""
    vendor.simulator.add_account("AKIDEXAMPLE", "examplesecret", "tok")
    vendor.key = replace(vendor.key, session_token=token)
    assert await vendor.code(RESTART, PULL) == code


@pytest.mark.parametrize(
    ("skew", "code"),
    [
        (300, ""),
        (-300, ""),
        (301, "AuthFailure.SignatureExpire"),
        (-301, "AuthFailure.SignatureExpire"),
    ],
)
async def test_a_signature_is_good_for_five_minutes(vendor: Vendor, skew: int, code: str) -> None:
    """The vendor's clock and the signature's may be 300 s apart, either way, and no more."""
    vendor.clock.time += skew
    assert await vendor.code(RESTART, PULL) == code


@pytest.mark.parametrize("authorization", ["", "Basic abc", "TC3-HMAC-SHA256 Credential=x"])
async def test_an_unsigned_request_is_refused(vendor: Vendor, authorization: str) -> None:
    """Nothing is believed without a whole TC3 signature."""
    answer = await vendor.client.post(
        vendor.simulator.url,
        headers={"X-TC-Action": RESTART, "Authorization": authorization},
        json=PULL,
    )
    error = answer.json()["Response"]["Error"]
    assert error["Code"] == "AuthFailure.InvalidAuthorization"


async def test_a_request_without_a_time_is_refused(vendor: Vendor) -> None:
    """A signature without a timestamp would be good for ever."""
    scope = "AKIDEXAMPLE/2025-01-01/live/tc3_request"
    signature = f"SignedHeaders=content-type;host, Signature={'0' * 64}"
    answer = await vendor.client.post(
        vendor.simulator.url,
        headers={
            "X-TC-Action": RESTART,
            "Authorization": f"TC3-HMAC-SHA256 Credential={scope}, {signature}",
        },
        json=PULL,
    )
    assert answer.json()["Response"]["Error"]["Code"] == "MissingParameter"


HOST_AND_TYPE = "content-type;host"


@pytest.mark.parametrize(
    ("date", "names", "good"),
    [
        ("2025-01-01", HOST_AND_TYPE, True),
        ("2025-01-01", HOST_AND_TYPE + ";x-note", True),
        ("2024-12-31", HOST_AND_TYPE, False),
        ("2025-01-01", "host", False),
        ("2025-01-01", "content-type", False),
        ("2025-01-01", HOST_AND_TYPE + ";x-absent", False),
    ],
)
def test_a_signature_covers_the_day_and_both_headers(date: str, names: str, good: bool) -> None:
    """A rightly computed signature is refused all the same when it covers too little, or another
    day than that of its timestamp; more headers than needed may be signed, of any bytes."""
    account = SimulatedAccount("AKIDEXAMPLE", "examplesecret")
    headers = {
        "host": "h",
        "content-type": "application/json",
        "x-tc-action": RESTART,
        "x-tc-timestamp": "1735689600",
        "x-note": "\udcff",  # a raw byte, as the server hands it on
    }
    request = Request("POST", "/", headers, b"{}")
    claim = Claim("AKIDEXAMPLE", date, "live", names, "")
    known = set(names.split(";")) <= set(headers)
    signed = signature(request, claim, account) if known else "0" * 64
    headers["authorization"] = (
        f"TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/{date}/live/tc3_request, "
        f"SignedHeaders={names}, Signature={signed}"
    )
    simulator = TencentSimulator(now=lambda: 1735689600.0)
    with nullcontext() if good else pytest.raises(SimulatorFault, match=r"AuthFailure\.Signature"):
        simulator.check_signature(request, account)


async def test_a_get_is_refused(vendor: Vendor) -> None:
    """Only POST is simulated; a rightly signed GET is told so instead of half understood."""
    request = vendor.client.build_request(
        "GET",
        vendor.simulator.url + "/?TaskId=123&Operator=a",
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-TC-Action": RESTART},
    )
    answer = await vendor.client.send(request, auth=TC3Auth(vendor.key, "live", vendor.clock))
    assert answer.json()["Response"]["Error"]["Code"] == "UnsupportedProtocol"


@pytest.mark.parametrize(
    ("action", "parameters", "service", "quota"),
    [
        (RESTART, PULL, "live", 20),
        (DELETE, PULL, "live", 50),
        (STOP, INGEST, "trtc", 20),
        (LIST, {}, "live", 30),
        (STATUS, {"TaskId": "123"}, "live", 20),
        (MODIFY, PAUSE, "live", 20),
        (INGEST_STATUS, INGEST, "trtc", 20),
    ],
)
async def test_the_quota_is_the_vendors(
    vendor: Vendor, action: str, parameters: object, service: str, quota: int
) -> None:
    """Each call above the quota within a second is throttled, in the vendor's words, and counts."""
    calls = [vendor.ask(action, parameters, service=service) for _ in range(quota + 2)]
    errors = [answer.get("Error") for answer in await asyncio.gather(*calls)]
    throttled = [
        error["Message"]
        for error in errors
        if isinstance(error, dict) and error["Code"] == "RequestLimitExceeded"
    ]
    assert [f"`{quota + n}` in a second" in text for n, text in enumerate(throttled, 1)] == [
        True,
        True,
    ]
    assert all(f"frequency limit `{quota}`" in text for text in throttled)


INCIDENTS = [
    (Incident.THROTTLE, "RequestLimitExceeded", "RequestLimitExceeded"),
    (Incident.ARREARS, "ResourceNotFound.StopService", "FailedOperation.NotAbility"),
    (Incident.PERMISSION, "UnauthorizedOperation", "UnauthorizedOperation"),
    (Incident.WRONG_KEYS, "AuthFailure.SecretIdNotFound", "AuthFailure.SecretIdNotFound"),
    (Incident.CLOCK, "AuthFailure.SignatureExpire", "AuthFailure.SignatureExpire"),
]


@pytest.mark.parametrize(("incident", "live", "trtc"), INCIDENTS)
async def test_an_incident_is_played_in_the_vendors_codes(
    vendor: Vendor, incident: Incident, live: str, trtc: str
) -> None:
    """Each incident is the code that the real service would answer, and nothing is done."""
    vendor.simulator.play(incident)
    assert await vendor.code(RESTART, PULL) == live
    assert await vendor.code(STOP, INGEST, service="trtc") == trtc
    assert await vendor.code(INGEST_STATUS, INGEST, service="trtc") == trtc
    vendor.simulator.clear()
    assert _state(vendor, "pull", "123") == "active"
    assert await vendor.code(STOP, INGEST, service="trtc") == ""


async def test_a_played_throttle_names_real_numbers(vendor: Vendor) -> None:
    """A throttle that is only played still says more calls than the limit."""
    vendor.simulator.play(Incident.THROTTLE)
    error = (await vendor.ask(DELETE, PULL))["Error"]
    assert isinstance(error, dict)
    assert "`51` in a second" in error["Message"]
    assert "limit `50`" in error["Message"]


async def test_an_internal_error_may_have_happened(vendor: Vendor) -> None:
    """The vendor's internal error comes after it acted: that is why nobody may repeat it."""
    vendor.simulator.play(Incident.INTERNAL, times=1)
    assert await vendor.code(RESTART, PULL) == "InternalError"
    assert _state(vendor, "pull", "123") == "inactive"


async def test_a_kind_that_tencent_has_not_is_refused_at_once() -> None:
    """A wrongly set up rehearsal fails when it is set up, not in the middle."""
    with pytest.raises(KeyError):
        TencentSimulator().add_task(SimulatedTask(kind="relay", id="1"))
