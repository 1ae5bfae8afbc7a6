"""Tencent on loopback is as strict as Tencent, and its tasks live."""

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
from providers.tencent.simulator import TencentSimulator, _Claim, _signature

if TYPE_CHECKING:
    from tests.providers.tencent.conftest import Vendor

RESTART, DELETE, STOP = "RestartLivePullStreamTask", "DeleteLivePullStreamTask", "StopStreamIngest"
LIST = "DescribeLivePullStreamTasks"
PULL = {"TaskId": "123", "Operator": "slack:U123"}
INGEST = {"SdkAppId": 14, "TaskId": "-gC+x"}


def _state(vendor: Vendor, kind: str, task_id: str) -> str | None:
    task = vendor.simulator.task(kind, task_id)
    return task.state if task else None


async def test_a_restarted_task_is_away_for_some_seconds(vendor: Vendor) -> None:
    """inactive at once, active when the recovery time is over, by the clock that is passed in."""
    assert await vendor.code(RESTART, PULL) == ""
    assert _state(vendor, "pull", "123") == "inactive"
    vendor.clock.time += vendor.simulator.recovery - 0.1
    assert _state(vendor, "pull", "123") == "inactive"
    vendor.clock.time += 0.1
    assert _state(vendor, "pull", "123") == "active"


async def test_a_second_restart_breaks_the_stream_again(vendor: Vendor) -> None:
    """The time to recover starts anew: every restart interrupts."""
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 3
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 3
    assert _state(vendor, "pull", "123") == "inactive"


async def test_a_task_that_does_not_come_back_is_brought_back_by_the_next_restart(
    vendor: Vendor,
) -> None:
    """The incident holds one restart back, not the task for good."""
    vendor.simulator.play(Incident.NOT_BACK, times=1)
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "inactive"
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "active"


async def test_a_restart_that_fails_undoes_the_one_before(vendor: Vendor) -> None:
    """A task that was about to come back does not, when the next restart goes wrong."""
    await vendor.code(RESTART, PULL)
    vendor.simulator.play(Incident.NOT_BACK)
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert _state(vendor, "pull", "123") == "inactive"


async def test_a_paused_task_stays_paused(vendor: Vendor) -> None:
    """Restart is for running tasks; the simulator starts nothing that was paused."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="9", state="pause"))
    assert await vendor.code(RESTART, PULL | {"TaskId": "9"}) == ""
    assert _state(vendor, "pull", "9") == "pause"


async def test_settle_brings_a_restarted_task_back(vendor: Vendor) -> None:
    """Without asking for the task by its id."""
    await vendor.code(RESTART, PULL)
    vendor.clock.time += 60
    assert vendor.simulator.tasks[0].state == "inactive"
    vendor.simulator.settle()
    assert vendor.simulator.tasks[0].state == "active"


async def test_a_deleted_task_is_gone(vendor: Vendor) -> None:
    """The second delete is told that there is no such task."""
    assert await vendor.code(DELETE, PULL) == ""
    assert vendor.simulator.task("pull", "123") is None
    assert await vendor.code(DELETE, PULL) == "InvalidParameter.TaskNotExist"


async def test_a_stopped_ingest_has_ended(vendor: Vendor) -> None:
    """The second stop is told that the task had ended."""
    assert await vendor.code(STOP, INGEST, service="trtc") == ""
    assert _state(vendor, "ingest", "-gC+x") == "NotExist"
    assert await vendor.code(STOP, INGEST, service="trtc") == "FailedOperation.TaskFinished"


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
    claim = _Claim("AKIDEXAMPLE", date, "live", names, "")
    known = set(names.split(";")) <= set(headers)
    signature = _signature(request, claim, account) if known else "0" * 64
    headers["authorization"] = (
        f"TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/{date}/live/tc3_request, "
        f"SignedHeaders={names}, Signature={signature}"
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


async def _listed(vendor: Vendor, **parameters: object) -> list[tuple[object, object]]:
    """Id and status of each task on a page."""
    return [(info["TaskId"], info["Status"]) for info in _infos(await vendor.ask(LIST, parameters))]


def _infos(page: dict[str, object]) -> list[dict[str, object]]:
    infos = page["TaskInfos"]
    assert isinstance(infos, list)
    return infos


async def test_the_list_is_read_to_its_end(vendor: Vendor) -> None:
    """Every pull task of the region is on one page, in order, and the counts say when to stop."""
    for n in range(6):
        vendor.simulator.add_task(SimulatedTask(kind="pull", id=f"9{n}"))
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="elsewhere", region="ap-tokyo"))
    pages = [await vendor.ask(LIST, {"PageNum": n, "PageSize": 3}) for n in range(1, 5)]
    ids = [[info["TaskId"] for info in _infos(page)] for page in pages]
    assert ids == [["123", "90", "91"], ["92", "93", "94"], ["95"], []]
    for number, page in enumerate(pages, 1):
        told = {name: page[name] for name in ("PageNum", "PageSize", "TotalNum", "TotalPage")}
        assert told == {"PageNum": number, "PageSize": 3, "TotalNum": 7, "TotalPage": 3}


async def test_a_page_has_ten_tasks_where_nothing_is_said(vendor: Vendor) -> None:
    """The first ten, as the vendor's page says."""
    for n in range(12):
        vendor.simulator.add_task(SimulatedTask(kind="pull", id=f"9{n}"))
    page = await vendor.ask(LIST, {})
    assert (page["PageNum"], page["PageSize"], page["TotalPage"]) == (1, 10, 2)
    assert len(await _listed(vendor)) == 10


async def test_the_list_tells_what_is_paused_and_not_what_runs(vendor: Vendor) -> None:
    """A task that is away after a restart is switched on all the same; a deleted one is gone."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="9", state="pause"))
    await vendor.code(RESTART, PULL)
    assert await _listed(vendor) == [("123", "enable"), ("9", "pause")]
    await vendor.code(DELETE, PULL)
    assert await _listed(vendor) == [("9", "pause")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"TaskId": "123"}, ["123"]),
        ({"TaskId": "12"}, []),
        ({"TaskId": ""}, ["123", "1234"]),
        ({"SpecifyTaskId": "123"}, []),
    ],
)
async def test_the_list_is_filtered_to_the_letter(
    vendor: Vendor, wanted: dict[str, str], found: list[str]
) -> None:
    """An id that is not there is an empty list, not an error."""
    vendor.simulator.add_task(SimulatedTask(kind="pull", id="1234"))
    assert [task_id for task_id, _ in await _listed(vendor, **wanted)] == found


async def test_the_list_tells_the_facts_of_a_task(vendor: Vendor) -> None:
    """What was set up under the vendor's own name is told; anything else is kept inside."""
    facts = {"SourceUrls": ["rtmp://a/b"], "VodLoopTimes": -1, "mood": "good"}
    vendor.simulator.tasks[0].facts.update(facts)
    await vendor.ask(RESTART, PULL)  # leaves a fact of the simulator's own
    (info,) = _infos(await vendor.ask(LIST, {}))
    assert (info["SourceUrls"], info["VodLoopTimes"]) == (["rtmp://a/b"], -1)
    assert not {"mood", "back_at"} & set(info)
