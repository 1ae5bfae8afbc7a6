"""Where the vendor's own SDK goes wrong, our client does not.

Each of these was seen by running the SDK: it repeats a call that has succeeded, takes an error
for a yes by its content type, and loses what a gateway said.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from providers.catalogue import Catalogue
from providers.client import Accepted, Client
from providers.errors import NotSent, Refused, Throttled, Unknown
from providers.operation import Kind, Task, Verb
from providers.provider import Call, Now
from providers.simulator import Incident
from providers.tencent import PROVIDER
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PULL
from tests.providers.tencent.conftest import account_at
from tests.providers.vendor import evil_vendor, http

if TYPE_CHECKING:
    from tests.providers.tencent.conftest import Vendor

PULL_TASK = Task("123", "ap-guangzhou")
INGEST_TASK = Task("-gC+x", "ap-singapore", 14)
EVERYTHING = [
    pytest.param(kind, operation.verb, id=f"{kind.where} {operation.verb}")
    for kind in PROVIDER.kinds
    for operation in kind.operations
]


def _call(kind: Kind, verb: Verb, url: str) -> Call:
    operation = kind.operation(verb)
    assert operation
    task = PULL_TASK if kind is PULL else INGEST_TASK
    return Call(kind, operation, account_at(url), task, "slack:U123")


@asynccontextmanager
async def _client(now: Now = time.time) -> AsyncIterator[Client]:
    made = Client(Catalogue([PROVIDER]), now=now)
    try:
        yield made
    finally:
        await made.close()


async def _send(call: Call, now: Now = time.time) -> Accepted:
    """By a client of its own, which does not know that another one was told to slow down."""
    async with _client(now) as client:
        return await client.send(call, await client.slot(call))


CHANGES = [(PULL, Verb.RESTART), (PULL, Verb.STOP), (PULL, Verb.DELETE), (INGEST, Verb.STOP)]


@pytest.mark.parametrize(("kind", "verb"), CHANGES)
async def test_a_throttled_change_is_carried_out_once(
    vendor: Vendor, kind: Kind, verb: Verb
) -> None:
    """After one "slower" and one yes there were two requests, and no third: each `send` sends
    once, and its yes is the end."""
    vendor.simulator.play(Incident.THROTTLE, times=1)
    call = _call(kind, verb, vendor.simulator.url)
    with pytest.raises(Throttled):
        await _send(call, vendor.clock)
    accepted = await _send(call, vendor.clock)
    first, second = vendor.simulator.requests
    assert (first.verdict, second.verdict) == ("RequestLimitExceeded", "ok")
    assert accepted.request_id == second.request_id


NO = {"Error": {"Code": "ResourceNotFound.StopService", "Message": "m"}, "RequestId": "r-1"}
TYPES = ["application/json; charset=utf-8", "application/json;charset=UTF-8", "text/html"]


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize(("kind", "verb"), EVERYTHING)
async def test_an_error_is_an_error_under_any_content_type(
    kind: Kind, verb: Verb, content_type: str
) -> None:
    """A charset behind the type does not turn a no into a yes."""
    body = json.dumps({"Response": NO}).encode()
    async with evil_vendor(http(body, "200 OK", f"Content-Type: {content_type}")) as evil:
        with pytest.raises(Refused) as caught:
            await _send(_call(kind, verb, evil.url))
    assert (caught.value.code, caught.value.request_id) == ("ResourceNotFound.StopService", "r-1")


@pytest.mark.parametrize(("kind", "verb"), EVERYTHING)
async def test_a_gateways_page_is_unknown(kind: Kind, verb: Verb) -> None:
    """Its HTML is not shown, its status is, and nothing is sent again."""
    async with evil_vendor(http(b"<html>Bad Gateway</html>", "502 Bad Gateway")) as evil:
        with pytest.raises(Unknown) as caught:
            await _send(_call(kind, verb, evil.url))
        assert len(evil.requests) == 1
    assert caught.value.code == "HTTP 502"
    assert "html" not in f"{caught.value} {caught.value.why} {caught.value.vendor_says}".lower()


async def test_a_connection_that_is_refused_is_told_as_such() -> None:
    """The SDK's region breaker makes an AttributeError of it; here nothing was sent."""
    with pytest.raises(NotSent):
        await _send(_call(PULL, Verb.RESTART, "http://127.0.0.1:1"))
