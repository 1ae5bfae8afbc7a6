"""Requests as Alibaba Cloud takes them, and every good and evil answer read right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers.alibaba
from providers.account import Credentials
from providers.alibaba import PROVIDER
from providers.alibaba.account import AlibabaAccount
from providers.alibaba.errors import LIVE_FAULTS
from providers.alibaba.relay import RELAY
from providers.alibaba.wire import AlibabaWire
from providers.operation import Task, Verb
from providers.provider import Answer, Call, UnreadableAnswerError

WIRE = AlibabaWire()


def _call(task: Task, verb: str = "restart", operator: str = "slack:U123", **more: object) -> Call:
    operation = RELAY.operation(Verb(verb))
    assert operation
    account = AlibabaAccount.model_validate({"name": "prod", "provider": "alibaba", **more})
    return Call(RELAY, operation, account, task, operator)


EXAMPLES = [
    json.loads(path.read_text())
    for path in sorted((Path(providers.alibaba.__file__).parent / "examples").glob("*.json"))
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["verb"])
def test_a_request_is_the_examples(example: dict[str, Any]) -> None:
    """Method, host, action, version and every parameter are the vendor's own; no body."""
    call = _call(Task(**example["task"]), example["verb"], example["operator"])
    request = WIRE.request(call)
    assert request.method == example["request"]["method"]
    assert (request.url.scheme, request.url.host, request.url.path) == (
        "https",
        "live.aliyuncs.com",
        "/",
    )
    told = {name: str(value) for name, value in example["request"]["parameters"].items()}
    assert dict(parse_qsl(request.url.query.decode())) == told
    assert dict(request.headers) == {
        "host": "live.aliyuncs.com",
        "x-acs-action": example["request"]["action"],
        "x-acs-version": "2016-11-01",
    }
    assert request.content == b""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["verb"])
def test_the_examples_answer_is_a_yes(example: dict[str, Any]) -> None:
    """What the vendor's page prints is read as a yes: its RequestId, and all other fields."""
    body = dict(example["answer"]["body"])
    answer = WIRE.read(example["answer"]["status"], body)
    del body["RequestId"]
    assert answer == Answer(example["request_id"], data=body)


def test_every_operation_has_its_example() -> None:
    """An operation without an example would be untested."""
    every = [(one.verb, one.action) for kind in PROVIDER.kinds for one in kind.operations]
    told = [(example["verb"], example["request"]["action"]) for example in EXAMPLES]
    assert sorted(told) == sorted(every)


@given(st.text(), st.text())
def test_an_id_travels_to_the_letter(task_id: str, region: str) -> None:
    """Whatever the id is, the vendor reads exactly it; httpx keeps our query byte for byte."""
    request = WIRE.request(_call(Task(task_id, region)))
    query = request.url.raw_path.removeprefix(b"/?").decode()
    assert parse_qsl(query, keep_blank_values=True) == [("Region", region), ("TaskId", task_id)]
    assert not set(query) & set("+ /:*'()!")


def test_a_configured_endpoint_is_called() -> None:
    """Another host (a region's own, or a simulator) gets the call, at its own path /."""
    call = _call(Task("1", "cn-beijing"), endpoints={"live": "http://127.0.0.1:8081/"})
    request = WIRE.request(call)
    assert str(request.url) == "http://127.0.0.1:8081/?Region=cn-beijing&TaskId=1"
    assert request.headers["Host"] == "127.0.0.1:8081"


def test_the_wires_auth_signs_with_the_given_key_and_time() -> None:
    """The key and the clock are those of the call."""
    call = _call(Task("1", "cn-beijing"))
    key = Credentials("AKIDEXAMPLE", "examplesecret", "tok")
    headers = next(
        WIRE.auth(call, key, lambda: 1735689600.0).sync_auth_flow(WIRE.request(call))
    ).headers
    assert "Credential=AKIDEXAMPLE," in headers["Authorization"]
    assert headers["x-acs-date"] == "2025-01-01T00:00:00Z"
    assert headers["x-acs-security-token"] == "tok"


ID = "a05e6b15-15af-405b-a4a2-015224500001"
TASK = "fb0d4ac7-c7e3-4978-9743-0bf2f6e80001"

# What they mean does not depend on the HTTP status.
ANSWERS: list[tuple[str, object, Answer]] = [
    ("yes", {"RequestId": ID, "TaskId": TASK}, Answer(ID, data={"TaskId": TASK})),
    ("no RequestId", {"TaskId": TASK}, Answer("", data={"TaskId": TASK})),
    ("odd RequestId", {"RequestId": 7, "TaskId": TASK}, Answer("", data={"TaskId": TASK})),
    (
        "RetCode 0",
        {"RequestId": ID, "RetCode": 0, "Description": "OK"},
        Answer(ID, data={"RetCode": 0, "Description": "OK"}),
    ),
    ("RetCode 0 alone", {"RetCode": 0}, Answer(data={"RetCode": 0})),
    ("RetCode 0 as text", {"RetCode": "0"}, Answer(data={"RetCode": "0"})),
    ("Code OK", {"RequestId": ID, "Code": "OK", "RetCode": 0}, Answer(ID, data={"RetCode": 0})),
    ("Code 200", {"Code": "200", "TaskId": TASK}, Answer("", data={"TaskId": TASK})),
    ("Code 200 as number", {"Code": 200, "TaskId": TASK}, Answer("", data={"TaskId": TASK})),
    ("null Code", {"Code": None, "TaskId": TASK}, Answer("", data={"TaskId": TASK})),
    (
        "the data are as they came",
        {"TaskId": "a\n\u202eb", "TaskInfo": {"Code": 1}, "HostId": "h", "Message": "m"},
        Answer("", data={"TaskId": "a\n\u202eb", "TaskInfo": {"Code": 1}}),
    ),
    ("error", {"RequestId": ID, "Code": "A.B", "Message": "no"}, Answer(ID, "A.B", "no")),
    (
        "error with a success beside it",
        {"RequestId": ID, "Code": "A.B", "TaskId": TASK, "RetCode": 0},
        Answer(ID, "A.B"),
    ),
    ("error with an odd message", {"Code": "A", "Message": ["x"]}, Answer("", "A")),
    (
        "dirty text",
        {"Code": "A\x00", "Message": "a\n\u202eb\ud800", "RequestId": ID},
        Answer(ID, "A", "a b"),
    ),
    (
        "RetCode",
        {"RequestId": ID, "RetCode": 5, "Description": "busy", "TaskId": TASK},
        Answer(ID, "RetCode 5", "busy"),
    ),
    ("RetCode below 0", {"RequestId": ID, "RetCode": -1}, Answer(ID, "RetCode -1")),
    ("RetCode under Code OK", {"Code": "OK", "RetCode": 5}, Answer("", "RetCode 5")),
    ("odd RetCode", {"RequestId": ID, "RetCode": {}}, Answer(ID, "RetCode {}")),
    ("Code before RetCode", {"Code": "A", "RetCode": 5}, Answer("", "A")),
]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    ("body", "answer"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_the_body_alone_decides(status: int, body: object, answer: Answer) -> None:
    """Yes or no is read from the body, whatever the HTTP status says."""
    assert WIRE.read(status, body) == answer


@pytest.mark.parametrize("code", [5, -1, "Failed", {}])
def test_a_ret_code_does_not_say_whether_it_happened(code: object) -> None:
    """A RetCode without a Code ends as unknown, never as refused."""
    answer = WIRE.read(200, {"RequestId": ID, "RetCode": code})
    assert LIVE_FAULTS.lookup(answer.code).ambiguous


def test_a_request_id_is_a_yes_only_under_a_good_status() -> None:
    """Alone it says only that somebody answered; the status must not speak against it."""
    assert WIRE.read(200, {"RequestId": ID}) == Answer(ID)
    for status in (400, 404, 500, 503):
        with pytest.raises(UnreadableAnswerError):
            WIRE.read(status, {"RequestId": ID})


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "ok",
        0,
        True,
        {},
        [{"RequestId": ID, "TaskId": TASK}],
        {"TaskId": ""},
        {"TaskId": 7},
        {"TaskId": None},
        {"RequestId": ""},
        {"RequestId": None},
        {"RetCode": None},
        {"requestId": ID},
        {"Message": "ok"},
        {"RequestId": ID, "TaskId": TASK, "Code": ""},
        {"RequestId": ID, "TaskId": TASK, "Code": " \u200b\x00"},
        {"RequestId": ID, "TaskId": TASK, "Code": 400},
        {"RequestId": ID, "TaskId": TASK, "Code": False},
        {"RequestId": ID, "TaskId": TASK, "Code": ["InternalError"]},
        {"RequestId": ID, "TaskId": TASK, "Code": {}},
    ],
    ids=json.dumps,
)
def test_what_is_not_an_answer_is_never_a_yes(body: object) -> None:
    """An error that is not readable, or no sign of a yes at all, is neither a yes nor a no."""
    with pytest.raises(UnreadableAnswerError):
        WIRE.read(200, body)


def test_an_unreadable_error_keeps_its_request_id() -> None:
    """The RequestId is what the vendor's support asks for."""
    with pytest.raises(UnreadableAnswerError) as caught:
        WIRE.read(200, {"RequestId": ID, "Code": ""})
    assert caught.value.request_id == ID


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1", 0.001),
        ("1500", 1.5),
        (" 2000 ", 2.0),
        ("9999999", 9999.999),
        ("0", None),
        ("-5", None),
        ("", None),
        ("1.5", None),
        ("1e3", None),
        ("soon", None),
        ("10000000", None),
        ("9" * 5000, None),
        ("١٢", None),
    ],
)
def test_a_wait_is_in_milliseconds(header: str, seconds: float | None) -> None:
    """x-acs-retry-after is a positive integer of milliseconds; garbage is ignored."""
    headers = httpx.Headers([(b"x-acs-retry-after", header.encode())])
    assert WIRE.retry_after(headers) == seconds


def test_no_header_is_no_wait() -> None:
    """Nothing is guessed, nor taken from another header."""
    assert WIRE.retry_after(httpx.Headers({"Retry-After": "60"})) is None
