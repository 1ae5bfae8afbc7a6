"""Requests as Volcengine takes them, and every good and evil answer read right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers.volcengine
from providers.account import Credentials
from providers.operation import Kind, Task, Verb
from providers.provider import Answer, Call, UnreadableAnswerError
from providers.volcengine import PROVIDER
from providers.volcengine.account import VolcengineAccount
from providers.volcengine.record import RECORD
from providers.volcengine.relay import RELAY
from providers.volcengine.wire import VolcengineWire

WIRE = VolcengineWire()


def _call(
    task: Task,
    verb: str = "stop",
    operator: str = "slack:U123",
    kind: Kind = RECORD,
    **more: object,
) -> Call:
    operation = kind.operation(Verb(verb))
    assert operation
    account = VolcengineAccount.model_validate({"name": "prod", "provider": "volcengine", **more})
    return Call(kind, operation, account, task, operator)


KINDS = {kind.where: kind for kind in PROVIDER.kinds}
EXAMPLES = [
    json.loads(path.read_text("utf-8"))
    for path in sorted((Path(providers.volcengine.__file__).parent / "examples").glob("*.json"))
]


def _name(example: dict[str, Any]) -> str:
    return f"{example['where']} {example['verb']}"


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_a_request_is_the_examples(example: dict[str, Any]) -> None:
    """Method, host, action and version in the query, content type and body are the vendor's own."""
    kind = KINDS[example["where"]]
    call = _call(Task(**example["task"]), example["verb"], example["operator"], kind)
    request = WIRE.request(call)
    assert request.method == example["request"]["method"]
    assert (request.url.scheme, request.url.host, request.url.path) == (
        "https",
        "live.volcengineapi.com",
        "/",
    )
    assert dict(parse_qsl(request.url.query.decode())) == {
        "Action": example["request"]["action"],
        "Version": "2023-01-01",
    }
    assert json.loads(request.content) == example["request"]["parameters"]
    assert dict(request.headers) == {
        "host": "live.volcengineapi.com",
        "content-type": "application/json",
        "content-length": str(len(request.content)),
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_the_examples_answer_is_a_yes(example: dict[str, Any]) -> None:
    """What the vendor's page prints is read as a yes, with its RequestId and its Result."""
    answer = WIRE.read(example["answer"]["status"], example["answer"]["body"])
    assert answer == Answer(example["request_id"], data=example["answer"]["body"].get("Result", {}))


def test_every_operation_has_its_example() -> None:
    """An operation without an example would be untested."""
    known = {(kind.where, one.verb) for kind in PROVIDER.kinds for one in kind.operations}
    assert {(example["where"], example["verb"]) for example in EXAMPLES} == known


@given(st.text(st.characters()))  # lone surrogates as well
def test_an_id_travels_to_the_letter(task_id: str) -> None:
    """Whatever the id is, the vendor reads exactly it, as a string, from compact ASCII."""
    request = WIRE.request(_call(Task(task_id, "cn-north-1")))
    assert json.loads(request.content) == {"TaskId": task_id}
    assert request.content.isascii()
    assert request.content.startswith(b'{"TaskId":"')


def test_a_configured_endpoint_is_called() -> None:
    """Another host (BytePlus, or a simulator) gets the call, at its own path /."""
    call = _call(Task("1", "cn-north-1"), endpoints={"live": "http://127.0.0.1:8081/"})
    request = WIRE.request(call)
    assert str(request.url) == "http://127.0.0.1:8081/?Action=StopPullRecordTask&Version=2023-01-01"
    assert request.headers["Host"] == "127.0.0.1:8081"
    assert request.content == b'{"TaskId":"1"}'


GROUPED = [
    (RELAY, "stop", True),
    (RELAY, "restart", True),  # its first step is a stop
    (RELAY, "start", True),
    (RELAY, "delete", True),
    (RELAY, "status", False),
    (RELAY, "list", False),
    (RECORD, "stop", False),
    (RECORD, "status", False),
    (RECORD, "list", False),
]


@pytest.mark.parametrize(
    ("kind", "verb", "grouped"), GROUPED, ids=[f"{kind.name} {verb}" for kind, verb, _ in GROUPED]
)
def test_the_accounts_group_goes_to_the_actions_that_take_one(
    kind: Kind, verb: str, grouped: bool
) -> None:
    """A sub-account has to name the group of a relay that it changes; without a group in the
    account's table, none is sent."""
    task = Task("1", "cn-north-1")
    plain = json.loads(WIRE.request(_call(task, verb, kind=kind)).content)
    named = json.loads(WIRE.request(_call(task, verb, kind=kind, group_name="直播")).content)
    assert "GroupName" not in plain
    assert named == (plain | {"GroupName": "直播"} if grouped else plain)


def test_the_second_step_of_a_restart_names_the_group_too() -> None:
    """The start that follows the stop is a call of its own."""
    stop = _call(Task("1", "cn-north-1"), "restart", kind=RELAY, group_name="g")
    assert stop.operation.then
    start = replace(stop, operation=stop.operation.then)
    assert json.loads(WIRE.request(start).content) == {"TaskId": "1", "GroupName": "g"}


def test_the_wires_auth_signs_for_the_tasks_region() -> None:
    """Key, clock and region are those of the call."""
    call = _call(Task("1", "ap-singapore-1"))
    key = Credentials("AKIDEXAMPLE", "examplesecret", "tok")
    headers = next(
        WIRE.auth(call, key, lambda: 1735689600.0).sync_auth_flow(WIRE.request(call))
    ).headers
    scope = "AKIDEXAMPLE/20250101/ap-singapore-1/live/request"
    assert f"Credential={scope}," in headers["Authorization"]
    assert headers["X-Security-Token"] == "tok"


ID = "202306041104200100100232280022D31"

# What they mean does not depend on the HTTP status.
ANSWERS: list[tuple[str, object, Answer]] = [
    ("yes", {"ResponseMetadata": {"RequestId": ID, "Action": "X"}}, Answer(ID)),
    ("null error", {"ResponseMetadata": {"RequestId": ID, "Error": None}}, Answer(ID)),
    ("no RequestId", {"ResponseMetadata": {"Action": "StopPullRecordTask"}}, Answer()),
    ("odd RequestId", {"ResponseMetadata": {"RequestId": 7}}, Answer()),
    (
        "a result",
        {"ResponseMetadata": {"RequestId": ID}, "Result": {"TaskId": "x", "N": [None]}},
        Answer(ID, data={"TaskId": "x", "N": [None]}),
    ),
    ("a null result", {"ResponseMetadata": {"RequestId": ID}, "Result": None}, Answer(ID)),
    ("a result of one word", {"ResponseMetadata": {"RequestId": ID}, "Result": "ok"}, Answer(ID)),
    (
        "error",
        {"ResponseMetadata": {"RequestId": ID, "Error": {"Code": "A.B", "Message": "no"}}},
        Answer(ID, "A.B", "no"),
    ),
    (
        "unclassified error",
        {
            "ResponseMetadata": {
                "RequestId": ID,
                "Error": {"Code": "CommonErr", "CodeN": 100, "Message": "-"},
            }
        },
        Answer(ID, "CommonErr", "-"),
    ),
    (
        "error with a result beside it",
        {"ResponseMetadata": {"RequestId": ID, "Error": {"Code": "A"}}, "Result": {}},
        Answer(ID, "A"),
    ),
    (
        "error without RequestId and with an odd message",
        {"ResponseMetadata": {"Error": {"Code": "InternalError", "Message": ["x"]}}},
        Answer("", "InternalError"),
    ),
    (
        "dirty text",
        {
            "ResponseMetadata": {
                "RequestId": "r\r\n",
                "Error": {"Code": "A\x00", "Message": "a\n\u202eb\ud800"},
            }
        },
        Answer("r", "A", "a b"),
    ),
]


@pytest.mark.parametrize("status", [200, 400, 504])
@pytest.mark.parametrize(
    ("body", "answer"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_the_body_alone_decides(status: int, body: object, answer: Answer) -> None:
    """Yes or no is read from the body, whatever the HTTP status says."""
    assert WIRE.read(status, body) == answer


def _metadata(**fields: object) -> object:
    return {"ResponseMetadata": {"RequestId": ID, **fields}}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "ok",
        0,
        True,
        {},
        [{"ResponseMetadata": {"RequestId": ID}}],
        {"responseMetadata": {"RequestId": ID}},
        {"RequestId": ID},
        {"Result": {}},
        {"ResponseMetadata": None},
        {"ResponseMetadata": []},
        {"ResponseMetadata": "ok"},
        {"ResponseMetadata": {}},
        _metadata(Error={}),
        _metadata(Error="InternalError"),
        _metadata(Error=""),
        _metadata(Error=False),
        _metadata(Error=0),
        _metadata(Error=[]),
        _metadata(Error={"Message": "m"}),
        _metadata(Error={"Code": None}),
        _metadata(Error={"Code": 7}),
        _metadata(Error={"Code": ""}),
        _metadata(Error={"Code": " \u200b\x00"}),
    ],
    ids=json.dumps,
)
def test_what_is_not_an_answer_is_never_a_yes(body: object) -> None:
    """An error that is not readable, or no envelope at all, is neither a yes nor a no."""
    with pytest.raises(UnreadableAnswerError):
        WIRE.read(200, body)


def test_an_unreadable_error_keeps_its_request_id() -> None:
    """The RequestId is what the vendor's support asks for."""
    with pytest.raises(UnreadableAnswerError) as caught:
        WIRE.read(200, _metadata(Error={}))
    assert caught.value.request_id == ID


def test_the_vendor_never_says_how_long_to_wait() -> None:
    """No header of Volcengine's is taken for a waiting time."""
    assert WIRE.retry_after(httpx.Headers({"Retry-After": "60"})) is None
