"""Alibaba Cloud's own SDK as the oracle: for our signatures, and for how they are checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import httpx
import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils import Utils
from darabonba.core import DaraCore
from darabonba.exceptions import UnretryableException
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.account import Credentials
from providers.alibaba.auth import ALGORITHM, Acs3Auth, canonical_query
from tests.providers.alibaba.sdk import ID, call_sdk

if TYPE_CHECKING:
    from tests.providers.alibaba.conftest import Vendor

# The SDK's, from Python 3.12 on; nothing of ours calls it.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

LETTERS = st.characters(min_codepoint=33, max_codepoint=126)  # what a header can carry
WORDS = st.text(LETTERS, min_size=1)
KEYS = st.builds(
    Credentials,
    WORDS.filter(lambda key: "," not in key),
    WORDS,
    st.none() | WORDS,
)
TIMES = st.integers(min_value=0, max_value=4_000_000_000)
HOSTS = st.sampled_from(["live.aliyuncs.com", "live.ap-southeast-1.aliyuncs.com", "127.0.0.1:1"])
# The SDK does not escape names; the vendor's are letters and digits, with dots in lists.
NAMES = st.text("abcXYZ019._-~", min_size=1)
QUERIES = st.dictionaries(NAMES, st.text())

# The first example loads half of the SDK; how long that takes is not what is tested.
unhurried = settings(deadline=None)


def _signed_by_us(
    key: Credentials, timestamp: int, nonce: str, request: httpx.Request
) -> httpx.Headers:
    auth = Acs3Auth(key, lambda: timestamp, lambda: nonce)
    return next(auth.sync_auth_flow(request)).headers


def _signed_by_sdk(key: Credentials, request: httpx.Request, query: dict[str, str]) -> str:
    """The SDK's Authorization for those headers that the vendor's page wants to be signed."""
    headers = {
        name: value
        for name, value in request.headers.items()
        if name in ("host", "content-type") or name.startswith("x-acs-")
    }
    theirs = SimpleNamespace(method=request.method, pathname="/", query=query, headers=headers)
    payload = Utils.hash(request.content, ALGORITHM).hex()
    return str(
        Utils.get_authorization(
            theirs, ALGORITHM, payload, key.access_key_id, key.access_key_secret
        )
    )


@unhurried
@given(KEYS, HOSTS, TIMES, WORDS, QUERIES)
def test_our_signature_is_the_sdks_for_any_parameters(
    key: Credentials, host: str, timestamp: int, nonce: str, query: dict[str, str]
) -> None:
    """Same key, time, nonce and parameters: the same signature, to the letter."""
    request = httpx.Request(
        "GET",
        f"http://{host}/?{canonical_query(query.items())}",
        headers={"x-acs-action": "Any", "x-acs-version": "2016-11-01"},
    )
    ours = _signed_by_us(key, timestamp, nonce, request)
    assert ours["Authorization"] == _signed_by_sdk(key, request, query)
    assert ours.get("x-acs-security-token") == key.session_token


@unhurried
@given(KEYS, TIMES, st.binary(), st.sampled_from(["application/json", "text/plain; charset=x"]))
def test_our_signature_is_the_sdks_for_any_body(
    key: Credentials, timestamp: int, body: bytes, content_type: str
) -> None:
    """A body and its type are signed as they are sent."""
    headers = {"Content-Type": content_type}
    request = httpx.Request("POST", "https://h/", headers=headers, content=body)
    ours = _signed_by_us(key, timestamp, "nonce", request)
    assert ours["Authorization"] == _signed_by_sdk(key, request, {})


@pytest.mark.parametrize("token", [None, "tok/en+with=odd%chars=="])
async def test_the_sdk_is_satisfied_with_the_simulator(
    vendor: Vendor, real_time: None, token: str | None
) -> None:
    """The SDK's call is believed and carried out, and it finds our ids in the answer."""
    vendor.key = replace(vendor.key, session_token=token)
    vendor.simulator.add_account("AKIDEXAMPLE", "examplesecret", token)
    answer = await call_sdk(vendor)
    seen = vendor.simulator.requests[-1]
    assert (seen.action, seen.verdict) == ("RestartLivePullToPush", "ok")
    assert seen.parameters == {"Region": "cn-shanghai", "TaskId": ID}
    assert answer.request_id == seen.request_id
    assert answer.task_id
    task = vendor.simulator.task("relay", ID)
    assert task
    assert task.state == "3"


async def test_the_simulator_reads_the_sdks_way_of_writing_a_query(
    vendor: Vendor, real_time: None
) -> None:
    """The SDK sends a space as + and signs it as %20; the id arrives to the letter."""
    odd = "直播 a+b~c*d/e'()!&="
    with pytest.raises(ClientException) as caught:
        await call_sdk(vendor, task_id=odd)
    assert caught.value.code == "CodeTaskNotExist"
    assert vendor.simulator.requests[-1].parameters["TaskId"] == odd


async def test_the_sdk_understands_the_simulators_errors(vendor: Vendor, real_time: None) -> None:
    """An error reaches the SDK's user as code, status and RequestId."""
    with pytest.raises(ClientException) as caught:
        await call_sdk(vendor, region="cn-beijing")
    assert (caught.value.code, caught.value.status_code) == ("CodeTaskNotExist", 400)
    assert caught.value.request_id == vendor.simulator.requests[-1].request_id


async def _what_the_sdk_sends(vendor: Vendor) -> tuple[str, dict[str, str]]:
    """URL and headers of a restart that the SDK signed; it is stopped before it sends."""
    caught: list[Any] = []

    def catch(request: Any, *_: object) -> None:
        caught.append(request)
        raise ConnectionError

    with patch.object(DaraCore, "do_action", catch), pytest.raises(UnretryableException):
        await call_sdk(vendor)
    (request,) = caught
    return f"{vendor.simulator.url}/?{httpx.QueryParams(request.query)}", dict(request.headers)


def _another_second(date: str) -> str:
    return f"{date[:-2]}{(int(date[-2]) + 1) % 10}Z"


Change = Callable[[str, dict[str, str]], tuple[str, dict[str, str]]]

CHANGES: dict[str, Change] = {
    "task": lambda url, headers: (url.replace("0001", "0002"), headers),
    "region": lambda url, headers: (url.replace("shanghai", "shanghaj"), headers),
    "host": lambda url, headers: (url, headers | {"host": "live.aliyuncs.com"}),
    "user-agent": lambda url, headers: (url, headers | {"user-agent": "other"}),
    "date": lambda url, headers: (
        url,
        headers | {"x-acs-date": _another_second(headers["x-acs-date"])},
    ),
    "nonce": lambda url, headers: (
        url,
        headers | {"x-acs-signature-nonce": headers["x-acs-signature-nonce"][::-1]},
    ),
    "signature": lambda url, headers: (
        url,
        headers | {"Authorization": headers["Authorization"][:-64] + "0" * 64},
    ),
}


async def test_the_sdks_request_is_believed_when_we_send_it(
    vendor: Vendor, real_time: None
) -> None:
    """Unchanged, the caught request is taken; so what refuses the changed ones is the change."""
    url, headers = await _what_the_sdk_sends(vendor)
    answer = await vendor.client.get(url, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_request_of_the_sdk_is_refused(
    vendor: Vendor, real_time: None, change: str
) -> None:
    """On the wire too, a signed request with one thing changed is refused, and does nothing."""
    before = await _what_the_sdk_sends(vendor)
    url, headers = CHANGES[change](before[0], dict(before[1]))
    assert (url, headers) != before
    answer = await vendor.client.get(url, headers=headers)
    assert answer.json()["Code"] == "SignatureDoesNotMatch"
    task = vendor.simulator.task("relay", ID)
    assert task
    assert task.state == "1"
