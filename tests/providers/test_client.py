"""The one path to a vendor: sent once, read by the body, every end in the right class."""

import asyncio
import gc
import gzip
import inspect
import json
import re
import zlib
from itertools import pairwise

import httpx
import pytest

from providers import exchange
from providers.catalogue import discover
from providers.client import Client
from providers.errors import (
    AlreadySo,
    CallError,
    ClockOff,
    NotSent,
    Refused,
    Throttled,
    Unknown,
    Unreadable,
)
from providers.operation import Verb
from providers.provider import Call
from tests.providers.vendor import (
    RESTARTED,
    EvilVendor,
    client,
    evil_vendor,
    http,
    raw_server,
    read_request,
    restart_call,
    send_in_turn,
)


def error(code: str, message: str = "m") -> bytes:
    return json.dumps(
        {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "r-1"}}
    ).encode()


async def send(answer: bytes | None, after: object = None, seconds: float = 5.0) -> EvilVendor:
    async with evil_vendor(answer, after) as vendor, client(seconds) as sender:  # type: ignore[arg-type]
        try:
            vendor.accepted = await send_in_turn(sender, restart_call(vendor.url))  # type: ignore[attr-defined]
        finally:
            assert len(vendor.requests) == 1, "sent once, whatever comes back"
    return vendor


async def test_a_yes_carries_the_request_id() -> None:
    """The vendor's RequestId comes out to the letter."""
    vendor = await send(http(RESTARTED))
    assert vendor.accepted.request_id == "1047d0dc-6dc8-4898-a7f3-03726a822b0e"  # type: ignore[attr-defined]


async def test_the_request_is_what_the_vendors_page_shows() -> None:
    """TaskId is a string, Operator the Slack user, the signature's date that of its timestamp."""
    vendor = await send(http(RESTARTED))
    head, _, body = vendor.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == {"TaskId": "123", "Operator": "slack:U123"}
    assert b"x-tc-action: restartlivepullstreamtask" in head.lower()
    assert b"accept-encoding: identity" in head.lower()


YES = [
    pytest.param(http(RESTARTED, "500 Internal Server Error"), id="a lying status"),
    pytest.param(http(RESTARTED, "200 OK", "Content-Type: text/html"), id="a lying type"),
    pytest.param(
        http(gzip.compress(RESTARTED), "200 OK", "Content-Encoding: gzip"), id="gzip, not asked for"
    ),
    pytest.param(
        http(zlib.compress(RESTARTED), "200 OK", "Content-Encoding: deflate"), id="deflate"
    ),
    pytest.param(http(b'{"Response":{}}'), id="no RequestId"),
    pytest.param(http(b"\xef\xbb\xbf" + RESTARTED), id="a byte order mark"),
]


@pytest.mark.parametrize("answer", YES)
async def test_the_body_alone_says_yes(answer: bytes) -> None:
    """Status and type are hints; a good envelope without an Error is a yes."""
    vendor = await send(answer)
    assert vendor.accepted is not None  # type: ignore[attr-defined]


BOMB = gzip.compress(b" " * (200 * 1024 * 1024))
NOT_READABLE = [
    pytest.param(http(b""), id="empty"),
    pytest.param(http(b"<html>502</html>", "502 Bad Gateway"), id="a gateway's page"),
    pytest.param(http(b"<html>welcome</html>"), id="a portal's page at 200"),
    pytest.param(http(RESTARTED[:-9]), id="cut JSON"),
    pytest.param(http(b"[" * 200_000), id="deep JSON"),
    pytest.param(http(b'{"Response":' * 100_000), id="deep objects"),
    pytest.param(http(b"\xff\xfe\x00garbage"), id="no text"),
    pytest.param(http(b"null"), id="null"),
    pytest.param(http(b"{}"), id="no envelope"),
    pytest.param(http(b'{"Response":{"Error":{}}}'), id="an error without a code"),
    pytest.param(http(b'{"Response":"yes"}'), id="an envelope of the wrong type"),
    pytest.param(http(BOMB, "200 OK", "Content-Encoding: gzip"), id="a bomb of compressed spaces"),
    pytest.param(http(b" " * (2 * 1024 * 1024)), id="too large"),
    pytest.param(http(b"\x00\x01", "200 OK", "Content-Encoding: gzip"), id="broken compression"),
    pytest.param(http(RESTARTED, "200 OK", "Content-Encoding: br"), id="another compression"),
    pytest.param(http(b"", "302 Found", "Location: http://127.0.0.1:1/"), id="a redirect"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", id="fewer bytes than said"),
    pytest.param(b"garbage\r\n\r\n", id="not HTTP"),
    pytest.param(None, id="dropped after reading"),
]


@pytest.mark.parametrize("answer", NOT_READABLE)
async def test_what_cannot_be_read_is_unknown(answer: bytes | None) -> None:
    """The request left and no readable answer came: unknown, and sent once."""
    with pytest.raises(Unreadable):
        await send(answer)


async def test_a_vendor_that_never_answers_is_unknown() -> None:
    """A hanging vendor is bounded by the hard limit of the whole call."""

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    with pytest.raises(Unreadable) as caught:
        await send(None, hang, seconds=0.2)
    assert caught.value.why == "no answer in time"


async def test_a_vendor_that_drips_is_unknown() -> None:
    """One byte now and then does not extend the limit: it is for the whole call."""

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)  # the drip itself; the test ends at the limit

    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"
    with pytest.raises(Unreadable):
        await send(head, drip, seconds=0.3)


CODES = [
    ("InvalidParameter.TaskNotExist", Refused),
    ("ResourceNotFound.StopService", Refused),
    ("AuthFailure.SecretIdNotFound", Refused),
    ("SomethingNew.NeverSeen", Refused),
    ("InternalError", Unknown),
    ("FailedOperation", Unknown),
    ("InternalError.SomethingNew", Unknown),
    ("RequestLimitExceeded", Throttled),
    ("RequestLimitExceeded.UinLimitExceeded", Throttled),
]


@pytest.mark.parametrize(("code", "kind"), CODES)
async def test_an_error_at_http_200_is_an_error(code: str, kind: type[CallError]) -> None:
    """Tencent's errors come with HTTP 200; the code decides what may be done next."""
    with pytest.raises(kind) as caught:
        await send(http(error(code, "the vendor's words")))
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.request_id) == (code, "r-1")
    assert caught.value.vendor_says == "the vendor's words"


async def test_the_vendors_words_are_made_harmless() -> None:
    """Control characters, line breaks, bidi marks and lone surrogates do not get in."""
    with pytest.raises(Refused) as caught:
        await send(http(error("InvalidParameter", "a\r\nb\u202ec\ud800d" + "x" * 9999)))
    assert caught.value.vendor_says.startswith("a bcdxxx")
    assert len(caught.value.vendor_says) <= 300


async def test_a_vendor_that_repeats_the_signature_does_not_show_it() -> None:
    """Some answer a refused signature with what they were sent."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        signature = re.search(rb"Signature=([0-9a-f]{64})", await read_request(reader))
        assert signature is not None
        said = f"mine is other than {signature[1].decode()}, of examplesecret"
        writer.write(http(error("AuthFailure.SignatureFailure", said)))
        await writer.drain()

    async with raw_server(echo) as address, client() as sender:
        with pytest.raises(Refused) as caught:
            await send_in_turn(sender, restart_call(f"http://{address}"))
    assert caught.value.vendor_says == "mine is other than •••, of •••"


async def test_an_unrecognised_code_at_500_is_unknown() -> None:
    """Nobody knows whether a failing server acted, if its code says nothing to us."""
    with pytest.raises(Unknown):
        await send(http(error("SomethingNew"), "500 Internal Server Error"))


async def test_http_429_without_a_readable_body_is_a_throttle() -> None:
    """A gateway that says slower did not let the request through."""
    with pytest.raises(Throttled):
        await send(http(b"<html>slow down</html>", "429 Too Many Requests"))


async def test_a_clock_that_is_off_is_mended_once_from_the_date_header() -> None:
    """The next signature carries the vendor's time."""
    stamps: list[int] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        stamp = re.search(rb"(?i)x-tc-timestamp: (\d+)", request)
        assert stamp is not None
        stamps.append(int(stamp[1]))
        date = "Date: Thu, 01 Jan 2026 00:10:00 GMT"
        writer.write(http(error("AuthFailure.SignatureExpire"), "200 OK", date))
        writer.close()

    sender = Client(discover(), now=lambda: 1767225600.0)  # 2026-01-01T00:00:00Z
    async with raw_server(refuse) as address:
        for _ in range(2):
            with pytest.raises(ClockOff) as caught:
                await send_in_turn(sender, restart_call(f"http://{address}"))
            assert caught.value.offset == 600.0
    await sender.close()
    assert stamps == [1767225600, 1767226200]


async def test_requests_whose_slots_got_late_keep_their_distance() -> None:
    """Slots that were held until a connection stood would arrive at the vendor in one heap."""
    arrivals: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        arrivals.append(asyncio.get_running_loop().time())
        writer.write(http(RESTARTED))
        await writer.drain()

    async with raw_server(answer) as address, client() as sender:
        call = restart_call(f"http://{address}")
        slots = [await sender.slot(call) for _ in range(5)]  # the first four are late by now
        await asyncio.gather(*(sender.send(call, slot) for slot in slots))
    gaps = [later - earlier for earlier, later in pairwise(sorted(arrivals))]
    assert min(gaps) > 0.02


async def test_a_proxy_that_refuses_means_not_sent() -> None:
    """Its CONNECT is not the request: the vendor got nothing."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with raw_server(refuse) as address:
        sender = Client(discover(), proxy=f"http://{address}")
        with pytest.raises(NotSent):
            await send_in_turn(sender, restart_call("https://vendor.example"))
        await sender.close()


async def test_a_refused_connection_is_not_sent() -> None:
    """Nothing reached the vendor, so trying again is safe."""
    async with client() as sender:
        with pytest.raises(NotSent):
            await send_in_turn(sender, restart_call("http://127.0.0.1:9"))


# Python 3.11 leaves the socket of a failed TLS handshake to the garbage collector.
left_to_the_collector = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


@left_to_the_collector
async def test_a_connection_that_never_opens_is_not_sent() -> None:
    """TLS that never answers is still before the request, so the limit does not mean unknown."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()  # the client's hello; then nothing

    async with raw_server(silent) as address, client(0.2) as sender:
        with pytest.raises(NotSent):
            await send_in_turn(sender, restart_call(f"https://{address}"))
    gc.collect()


async def test_a_missing_key_is_not_sent() -> None:
    """The place of the key is named; nothing is sent."""
    async with evil_vendor(http(RESTARTED)) as vendor, client() as sender:
        call = restart_call(vendor.url, access_key_id="env:NOT_THERE")
        with pytest.raises(NotSent) as caught:
            await sender.slot(call)
        assert caught.value.why == "env:NOT_THERE is not set"
        assert vendor.requests == []


@left_to_the_collector
async def test_a_peer_that_does_not_speak_tls_is_not_sent() -> None:
    """TLS fails before the request leaves."""

    async def no_tls(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"not tls\r\n")
        await writer.drain()

    async with raw_server(no_tls) as address, client() as sender:
        with pytest.raises(NotSent):
            await send_in_turn(sender, restart_call(f"https://{address}"))
    gc.collect()


async def test_proxy_variables_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration is the only way to a proxy."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    vendor = await send(http(RESTARTED))
    assert len(vendor.requests) == 1


def test_every_error_of_httpx_has_words() -> None:
    """A new kind of error in httpx makes this fail until it has words of its own."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(kind, httpx.RequestError)
    ]
    assert len(kinds) > 10
    fallback = exchange._why(ValueError())
    missing = [kind for kind in kinds if exchange._why(kind("")) == fallback]
    assert missing == []


def test_the_words_of_errors_are_found_by_the_nearest_kind() -> None:
    """A subclass stands before its base, or it would never be found."""
    seen: list[type[Exception]] = []
    for kind, _ in exchange._WHY:
        assert not any(issubclass(kind, earlier) for earlier in seen), kind
        seen.append(kind)


async def test_already_so_is_told_as_such() -> None:
    """A delete of a task that is gone is no failure."""
    async with evil_vendor(http(error("InvalidParameter.TaskNotExist"))) as vendor:
        restart = restart_call(vendor.url)
        delete = restart.kind.operation(Verb.DELETE)
        assert delete is not None
        call = Call(restart.kind, delete, restart.account, restart.task, restart.operator)
        async with client() as sender:
            with pytest.raises(AlreadySo) as caught:
                await send_in_turn(sender, call)
    assert caught.value.state
