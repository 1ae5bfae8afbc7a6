"""Bots in processes of their own, as a test sees them: start, hear, kill."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Bot", "Nursery", "nursery"]

START_SECONDS = 30.0

ROOT = Path(__file__).parents[3]


class Bot:
    """One process. reached: the points that it has come to, in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached: list[str] = []
        self.dead = asyncio.Event()
        self._up = asyncio.Event()
        self._ready = asyncio.Event()
        self._writer = writer
        self._hearing = asyncio.create_task(self._hear(reader))
        self.pid = 0

    async def is_up(self) -> bool:
        """Once it has started; False if it died over that."""
        async with asyncio.timeout(START_SECONDS):
            await self._up.wait()
        return not self.dead.is_set()

    async def begin(self, kill: str | None) -> None:
        """From now on points count; at this one it kills itself."""
        self._writer.write(f"{json.dumps({'kill': kill})}\n".encode())
        async with asyncio.timeout(START_SECONDS):
            await self._ready.wait()

    async def end(self) -> None:
        """It is gone, as if by SIGKILL."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        async with asyncio.timeout(START_SECONDS):
            await self.dead.wait()
        self._writer.close()

    async def stop(self) -> None:
        """As a rolling restart does: SIGTERM, and it finishes its work."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        async with asyncio.timeout(30):
            await self.dead.wait()
        self._writer.close()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while line := (await reader.readline()).decode().strip():
                if line.startswith("pid "):
                    self.pid = int(line.removeprefix("pid "))
                elif line == "up":
                    self._up.set()
                elif line == "ready":
                    self._ready.set()
                else:
                    self.reached.append(line)
        self.dead.set()
        self._up.set()
        self._ready.set()


class Nursery:
    """Where bots are started."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def bot(self, order: Mapping[str, object]) -> Bot:
        """A new process that will be up in a moment."""
        reader, writer = await asyncio.open_unix_connection(str(self._path))
        writer.write(f"{json.dumps(order)}\n".encode())
        return Bot(reader, writer)


@contextmanager
def nursery() -> Iterator[Nursery]:
    """One nursery; its bots die with their connections."""
    with tempfile.TemporaryDirectory(prefix="stream-bot-nursery-") as folder:
        path = Path(folder) / "line"
        process = subprocess.Popen(  # noqa: S603  # our own lines
            [sys.executable, "-m", "tests.bot.killing.nursery", str(path)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:  # at the end its input is closed, and it ends
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("the nursery did not start; its errors stand above")
            yield Nursery(path)
