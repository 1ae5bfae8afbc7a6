"""What a call costs beside itself: the vendors' SDKs open a connection for each one, or build the
trust in certificates anew."""

import asyncio
import ssl
from unittest.mock import patch

from providers.catalogue import discover
from providers.client import Client
from tests.providers.vendor import RESTARTED, raw_server, read_request, restart_call, send_in_turn

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(RESTARTED) + RESTARTED
CALLS = 5


class PatientVendor:
    """Answers all requests of a connection, and counts both."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            await read_request(reader)
            self.requests += 1
            writer.write(ANSWER)
            await writer.drain()


async def test_calls_one_after_another_share_a_connection() -> None:
    """One is opened, and kept for the next call."""
    vendor = PatientVendor()
    async with raw_server(vendor.serve) as address:
        client = Client(discover(), timeout=5)
        for _ in range(CALLS):
            await send_in_turn(client, restart_call(f"http://{address}"))
        await client.close()
    assert (vendor.connections, vendor.requests) == (1, CALLS)


async def test_trust_is_built_once() -> None:
    """Reading the certificates takes longer than signing a thousand calls."""
    built: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def count(*args: object, **options: object) -> ssl.SSLContext:
        built.append(create(*args, **options))  # type: ignore[arg-type]  # as it was asked for
        return built[-1]

    with patch("ssl.create_default_context", count):
        client = Client(discover(), timeout=5)
        for vendor in (PatientVendor(), PatientVendor()):  # a pool for each address
            async with raw_server(vendor.serve) as address:
                await send_in_turn(client, restart_call(f"http://{address}"))
                await send_in_turn(client, restart_call(f"http://{address}"))
        await client.close()
    assert len(built) == 1
