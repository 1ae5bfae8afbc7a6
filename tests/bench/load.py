"""Slack's side as a load: signed commands over HTTP, so many in flight, and what each answer took.

A process of its own, which loads nothing but Python's library. It reads a job as JSON from stdin
and writes a `Measured` as JSON to stdout.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["Job", "Measured", "measure"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Job:
    """bodies: the forms to post, each once. pause: seconds between two of one connection."""

    url: str
    secret: str
    bodies: Sequence[str]
    in_flight: int
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """sent: when each body left, by the machine's monotonic clock, in seconds. took: milliseconds
    until its answer was there. seconds: from the first to the last. bad: answers other than 200."""

    sent: list[float]
    took: list[float]
    seconds: float
    bad: int

    @property
    def rate(self) -> float:
        """Commands a second."""
        return len(self.took) / self.seconds


async def measure(job: Job) -> Measured:
    """Do it in a process of its own. RuntimeError where an answer was not 200."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bench.load"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(json.dumps(asdict(job)).encode())
    if process.returncode:
        raise RuntimeError("the load could not be made")
    measured = Measured(**json.loads(out))
    if measured.bad:
        raise RuntimeError(f"{measured.bad} commands were not acked with 200")
    return measured


async def _work(job: Job) -> Measured:
    numbers = iter(range(len(job.bodies)))
    done = Measured([0.0] * len(job.bodies), [0.0] * len(job.bodies), 0.0, 0)
    bad = 0

    async def connection() -> None:
        nonlocal bad
        where = urlsplit(job.url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for number in numbers:
            request = _request(where.netloc, where.path, job.secret, job.bodies[number].encode())
            done.sent[number] = started = time.monotonic()
            writer.write(request)
            bad += await _status(reader) != 200
            done.took[number] = (time.monotonic() - started) * 1000
            await asyncio.sleep(job.pause)
        writer.close()

    started = time.monotonic()
    await asyncio.gather(*(connection() for _ in range(job.in_flight)))
    return Measured(done.sent, done.took, time.monotonic() - started, bad)


def _request(host: str, path: str, secret: str, body: bytes) -> bytes:
    timestamp = str(int(time.time()))
    signed = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Slack-Request-Timestamp: {timestamp}\r\n"
        f"X-Slack-Signature: v0={signed.hexdigest()}\r\n\r\n"
    )
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one whole answer; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, length = head.partition(b"content-length:")
    await reader.readexactly(int(length.partition(b"\r\n")[0] or 0))
    return int(head.split(None, 2)[1])


if __name__ == "__main__":
    gc.disable()  # its pauses are not what is measured
    print(json.dumps(asdict(asyncio.run(_work(Job(**json.load(sys.stdin)))))))
