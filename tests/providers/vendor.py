"""A vendor that lies, hangs and breaks: a raw TCP server with the bytes of its answers as given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from providers.catalogue import discover
from providers.client import Accepted, Client
from providers.operation import Task, Verb
from providers.provider import Call

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

RESTARTED = b'{"Response":{"RequestId":"1047d0dc-6dc8-4898-a7f3-03726a822b0e"}}'


@dataclass
class EvilVendor:
    """What it saw: how many whole requests, and the bytes of each."""

    url: str = ""
    requests: list[bytes] = field(default_factory=list)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + await reader.readexactly(length)


@asynccontextmanager
async def raw_server(serve: Behaviour) -> AsyncIterator[str]:
    """Runs `serve` for each connection; gives "127.0.0.1:port". Closes every connection after."""
    connections: set[asyncio.StreamWriter] = set()
    working: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        task = asyncio.current_task()
        assert task is not None
        working.add(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        for writer in connections:
            writer.transport.abort()
        await asyncio.sleep(0)  # lets the transports close


@asynccontextmanager
async def evil_vendor(
    answer: bytes | None, after: Behaviour | None = None
) -> AsyncIterator[EvilVendor]:
    """Reads one request for each connection, writes `answer`, then does `after`, then closes."""
    vendor = EvilVendor()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        vendor.requests.append(await read_request(reader))
        if answer is not None:
            writer.write(answer)
            await writer.drain()
        if after is not None:
            await after(reader, writer)

    async with raw_server(serve) as address:
        vendor.url = f"http://{address}"
        yield vendor


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def restart_call(url: str, **account: object) -> Call:
    """Restart task 123 of tencent:pull at this address."""
    catalogue = discover()
    kind = catalogue.kind("tencent")
    operation = kind.operation(Verb.RESTART)
    assert operation is not None
    environ = {"KEY_ID": "AKIDEXAMPLE", "KEY": "examplesecret"}
    model = catalogue.providers["tencent"].account.model_validate(
        {
            "name": "prod",
            "provider": "tencent",
            "region": "ap-guangzhou",
            "access_key_id": "env:KEY_ID",
            "access_key_secret": "env:KEY",
            "endpoints": {"live": url},
            **account,
        },
        context={"environ": environ},
    )
    return Call(kind, operation, model, Task("123", "ap-guangzhou"), "slack:U123")


@asynccontextmanager
async def client(seconds: float = 5.0) -> AsyncIterator[Client]:
    """A client that is closed afterwards."""
    made = Client(discover(), timeout=seconds)
    try:
        yield made
    finally:
        await made.close()


async def send_in_turn(sender: Client, call: Call) -> Accepted:
    """A slot of the quota, then the call."""
    return await sender.send(call, await sender.slot(call))
