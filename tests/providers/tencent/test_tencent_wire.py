"""Requests as Tencent takes them, and every good and evil answer read right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import providers.tencent
from providers.account import Credentials
from providers.operation import Task, Verb
from providers.provider import Answer, Call, UnreadableAnswerError
from providers.tencent import PROVIDER
from providers.tencent.account import TencentAccount
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PULL
from providers.tencent.wire import TencentWire

WIRE = TencentWire()
KINDS = {kind.where: kind for kind in PROVIDER.kinds}


def _call(where: str, verb: str, task: Task, operator: str = "slack:U123", **more: object) -> Call:
    settings = {"name": "prod", "provider": "tencent", **more}
    operation = KINDS[where].operation(Verb(verb))
    assert operation
    return Call(KINDS[where], operation, TencentAccount.model_validate(settings), task, operator)


EXAMPLES = [
    json.loads(path.read_text())
    for path in sorted((Path(providers.tencent.__file__).parent / "examples").glob("*.json"))
]


def _named(example: dict[str, Any]) -> str:
    return f"{example['where']} {example['verb']}"


@pytest.mark.parametrize("example", EXAMPLES, ids=_named)
def test_a_request_is_the_examples(example: dict[str, Any]) -> None:
    """Method, action, version, region, content type and every parameter are the vendor's own."""
    call = _call(example["where"], example["verb"], Task(**example["task"]), example["operator"])
    request = WIRE.request(call)
    assert request.method == example["request"]["method"]
    assert str(request.url) == f"https://{call.kind.service}.tencentcloudapi.com/"
    assert json.loads(request.content) == example["request"]["parameters"]
    assert dict(request.headers) == {
        "host": f"{call.kind.service}.tencentcloudapi.com",
        "content-type": "application/json",
        "content-length": str(len(request.content)),
        "x-tc-action": example["request"]["action"],
        "x-tc-version": call.operation.version,
        "x-tc-region": example["task"]["region"],
        "x-tc-language": "en-US",
    }


def test_every_operation_has_its_example() -> None:
    """An operation without an example would be untested; two may share one API."""
    declared = {
        f"{kind.where} {operation.verb}": operation.action
        for kind in PROVIDER.kinds
        for operation in kind.operations
    }
    assert {_named(told): told["request"]["action"] for told in EXAMPLES} == declared


@pytest.mark.parametrize("task_id", ["-gCTF+x.._", "0123", 'a"b\\c', "né\u202e😀", "\ud800"])
def test_a_task_id_travels_to_the_letter(task_id: str) -> None:
    """Whatever the id is, the vendor reads exactly it, as a string, from compact ASCII."""
    request = WIRE.request(_call("tencent:pull", "restart", Task(task_id, "ap-guangzhou")))
    assert json.loads(request.content) == {"TaskId": task_id, "Operator": "slack:U123"}
    assert request.content.isascii()
    assert request.content.startswith(b'{"TaskId":"')


def test_the_app_is_an_integer() -> None:
    """SdkAppId is a JSON integer; TRTC refuses a string. There is no guess where it is missing."""
    request = WIRE.request(_call("tencent:ingest", "stop", Task("1234", "ap-mumbai", 1400000000)))
    assert request.content == b'{"SdkAppId":1400000000,"TaskId":"1234"}'
    with pytest.raises(ValueError, match="SDKAppId"):
        WIRE.request(_call("tencent:ingest", "stop", Task("1234", "ap-mumbai")))


def test_a_configured_endpoint_is_called() -> None:
    """Another host (the international one, or a simulator) gets the call, at its own path /."""
    endpoints = {"live": "http://127.0.0.1:8081/"}
    call = _call("tencent:pull", "restart", Task("1", "ap-tokyo"), endpoints=endpoints)
    request = WIRE.request(call)
    assert str(request.url) == "http://127.0.0.1:8081/"
    assert request.headers["Host"] == "127.0.0.1:8081"


@pytest.mark.parametrize(("kind", "service"), [(PULL, "live"), (INGEST, "trtc")])
def test_the_signature_is_for_the_kinds_service(kind: Any, service: str) -> None:
    """The credential scope names the service that the call goes to."""
    call = _call(kind.where, kind.operations[0].verb, Task("1", "ap-singapore", 14))
    auth = WIRE.auth(call, Credentials("AKIDEXAMPLE", "examplesecret"), lambda: 1735689600.0)
    signed = next(auth.sync_auth_flow(WIRE.request(call)))
    assert f"/2025-01-01/{service}/tc3_request," in signed.headers["Authorization"]


ID = "1047d0dc-6dc8-4898-a7f3-03726a822b0e"

ANSWERS: list[tuple[str, object, Answer]] = [
    ("yes", {"Response": {"RequestId": ID}}, Answer(ID)),
    ("null error", {"Response": {"RequestId": ID, "Error": None}}, Answer(ID)),
    ("no RequestId", {"Response": {}}, Answer()),
    ("odd RequestId", {"Response": {"RequestId": 7}}, Answer()),
    ("data", {"Response": {"RequestId": ID, "Status": "x"}}, Answer(ID, data={"Status": "x"})),
    (
        "error",
        {"Response": {"Error": {"Code": "A.B", "Message": "no"}, "RequestId": ID}},
        Answer(ID, "A.B", "no"),
    ),
    (
        "error with a success beside it",
        {"Response": {"Error": {"Code": "A.B"}, "RequestId": ID, "Status": "InProgress"}},
        Answer(ID, "A.B"),
    ),
    (
        "error without RequestId and with an odd message",
        {"Response": {"Error": {"Code": "InternalError", "Message": ["x"]}}},
        Answer("", "InternalError"),
    ),
    (
        "dirty text",
        {"Response": {"Error": {"Code": "A\x00", "Message": "a\n\u202eb\ud800"}, "RequestId": ID}},
        Answer(ID, "A", "a b"),
    ),
    (
        "older form",
        {"code": 4100, "message": "(100004)", "codeDesc": "AuthFailure"},
        Answer("", "AuthFailure", "(100004)"),
    ),
    ("both forms", {"code": 1, "codeDesc": "X", "Response": {"RequestId": ID}}, Answer(ID)),
]


@pytest.mark.parametrize("status", [200, 400, 502])
@pytest.mark.parametrize(
    ("body", "answer"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_the_body_alone_decides(status: int, body: object, answer: Answer) -> None:
    """Yes or no is read from the body, whatever the HTTP status says."""
    assert WIRE.read(status, body) == answer


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "ok",
        0,
        True,
        {},
        [{"Response": {"RequestId": ID}}],
        {"response": {"RequestId": ID}},
        {"Response": None},
        {"Response": []},
        {"Response": "ok"},
        {"Response": {"Error": {}, "RequestId": ID}},
        {"Response": {"Error": "InternalError", "RequestId": ID}},
        {"Response": {"Error": False, "RequestId": ID}},
        {"Response": {"Error": [], "RequestId": ID}},
        {"Response": {"Error": {"Code": None, "Message": "m"}, "RequestId": ID}},
        {"Response": {"Error": {"Code": 7}, "RequestId": ID}},
        {"Response": {"Error": {"Code": ""}, "RequestId": ID}},
        {"Response": {"Error": {"Code": " \u200b\x00"}, "RequestId": ID}},
        {"code": 0, "message": "", "codeDesc": "Success"},
        {"code": 4100, "message": "no name"},
        {"code": "4100", "codeDesc": "AuthFailure"},
        {"code": 4100, "codeDesc": ""},
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
        WIRE.read(200, {"Response": {"Error": {}, "RequestId": ID}})
    assert caught.value.request_id == ID


def test_the_vendor_never_says_how_long_to_wait() -> None:
    """No header of Tencent's is taken for a waiting time."""
    assert WIRE.retry_after(httpx.Headers({"Retry-After": "60"})) is None
