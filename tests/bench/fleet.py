"""Several replicas of the bot's client against one vendor, all of them processes of their own.

The vendor's window is judged by when the kernel got each request, not by when this process was
scheduled to look, so a busy machine neither hides an excess nor makes one up.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.journal.slots import Slots
from providers.catalogue import discover
from providers.client import Client
from providers.operation import Task
from tests.providers.vendor import RESTARTED, restart_call

__all__ = ["TROUBLES", "Fleet", "Seen", "excess", "fleet", "fullest_second", "rate"]

ROOT = Path(__file__).parents[2]

IN_FLIGHT = 4
"""Calls that each replica wants to send at any time: there is always a line."""

STALL_SECONDS = 0.8

_TIMESTAMPNS = 35  # Linux's SO_TIMESTAMPNS, which Python's socket module does not name
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(RESTARTED), RESTARTED)


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: when it arrived, in seconds, and which replica sent it."""

    at: float
    replica: int


class Recorder:
    """A vendor that takes every call and writes down when it came."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._news = threading.Condition()
        recorder = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(ConnectionError):  # the replica was killed
                    while (seen := _read(self.request)) is not None:
                        recorder._note(seen)
                        self.request.sendall(_ANSWER)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)  # connections inherit it
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self, enough: Callable[[], bool], seconds: float = 30.0) -> None:
        """Until it is enough, which is looked at after each call."""
        with self._news:
            if not self._news.wait_for(enough, seconds):
                raise TimeoutError(f"not enough calls in {seconds} s, {len(self.seen)} in all")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _note(self, seen: Seen) -> None:
        with self._news:
            self.seen.append(seen)
            self._news.notify_all()


class Fleet:
    """Running replicas, by number."""

    def __init__(
        self, recorder: Recorder, quota: int, processes: Sequence[subprocess.Popen[bytes]]
    ) -> None:
        self.quota = quota
        self.seen = recorder.seen
        self._recorder = recorder
        self._processes = processes

    def ready(self) -> None:
        """Wait until each has sent a call."""
        everybody = set(range(len(self._processes)))
        self._recorder.wait(lambda: {one.replica for one in self.seen} == everybody)

    def measure(self, seconds: float, trouble: Callable[[Fleet], None]) -> list[Seen]:
        """What arrives in about so long, from the start of the trouble on."""
        start = len(self.seen)
        trouble(self)
        self.pass_by(seconds, start)
        return self.seen[start:]

    def pass_by(self, seconds: float, start: int) -> None:
        """Wait for as many calls, from this one on, as the quota holds in so long."""
        self._recorder.wait(lambda: len(self.seen) - start >= seconds * self.quota)

    def send(self, replica: int, number: signal.Signals) -> None:
        self._processes[replica].send_signal(number)

    def last_alive(self) -> int:
        return max(n for n, process in enumerate(self._processes) if process.poll() is None)


def _nothing(_: Fleet) -> None:
    pass


def _stall(replicas: Fleet) -> None:
    """The others go on meanwhile; it wakes with a slot that is long over."""
    replicas.send(0, signal.SIGSTOP)
    replicas.pass_by(STALL_SECONDS, len(replicas.seen))
    replicas.send(0, signal.SIGCONT)


def _death(replicas: Fleet) -> None:
    replicas.send(replicas.last_alive(), signal.SIGKILL)


TROUBLES: dict[str, Callable[[Fleet], None]] = {
    "all is well": _nothing,
    "one stalls": _stall,
    "one dies": _death,
}


@contextmanager
def fleet(database: str, quota: int, replicas: int = 3) -> Iterator[Fleet]:
    """Replicas that send as fast as the shared quota lets them, until the end of the block."""
    recorder = Recorder()
    command = [sys.executable, "-m", "tests.bench.fleet", database, recorder.url, str(quota)]
    with tempfile.TemporaryFile() as errors:
        processes = [
            subprocess.Popen(  # noqa: S603  # this file
                [*command, str(n)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))},
                stdin=subprocess.DEVNULL,
                stderr=errors,
            )
            for n in range(replicas)
        ]
        try:
            yield Fleet(recorder, quota, processes)
        except TimeoutError as error:
            errors.seek(0)
            raise TimeoutError(f"{error}; {errors.read()[-2000:].decode()}") from error
        finally:
            for process in processes:
                process.kill()
            for process in processes:
                process.wait()
            recorder.close()


def fullest_second(seen: Sequence[Seen]) -> int:
    """The most calls in any sliding second."""
    times = sorted(one.at for one in seen)
    return max(sum(start <= at < start + 1.0 for at in times) for start in times)


def excess(seen: Sequence[Seen], quota: int) -> int:
    """How many calls a vendor that counts strictly would have refused."""
    taken: list[float] = []
    for at in sorted(one.at for one in seen):
        if sum(earlier > at - 1.0 for earlier in taken[-quota:]) < quota:
            taken.append(at)
    return len(seen) - len(taken)


def rate(seen: Sequence[Seen]) -> float:
    """Calls a second."""
    times = sorted(one.at for one in seen)
    return (len(times) - 1) / (times[-1] - times[0])


def _read(connection: socket.socket) -> Seen | None:
    """The next request, stamped with the arrival of its first part. None at the end."""
    received = b""
    at = 0.0
    while not _whole(received):
        part, extra, _, _ = connection.recvmsg(65536, 256)
        if not part:
            return None
        at = at or _stamp(extra)
        received += part
    number = received.rpartition(b'"TaskId":')[2].lstrip().partition(b'"')[2].partition(b'"')[0]
    return Seen(at, int(number))


def _whole(received: bytes) -> bool:
    head, blank, body = received.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(blank) and len(body) >= int(length)


def _stamp(extra: Sequence[tuple[int, int, bytes]]) -> float:
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack_from("qq", data)
            return float(seconds + nanoseconds / 1e9)
    return time.time()  # the kernel takes a moment to begin with it


async def _replica(database: str, vendor: str, quota: int, number: int) -> None:
    """Call the vendor without end. It ends when nobody answers it any more."""
    call = restart_call(vendor, quota_share=1.0)
    call = dataclasses.replace(
        call,
        operation=dataclasses.replace(call.operation, quota=quota),
        task=Task(str(number), call.task.region),
    )
    client = Client(discover(), reserve=Slots(database))

    async def caller() -> None:
        while True:
            await client.send(call, await client.slot(call))

    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))


if __name__ == "__main__":
    url, address, each_second, mine = sys.argv[1:]
    asyncio.run(_replica(url, address, int(each_second), int(mine)))
