"""How soon the bot is ready once its modules are loaded, and what it weighs with a past.

    python -m tests.bench.starting CONFIG FILE

A process of its own starts the bot of this configuration, writes into the file how many seconds
that took, and serves until it is told to stop.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, func, insert, select

from bot.app import App
from bot.journal.schema import operation, trail
from bot.settings import load_all, take_environment
from providers.catalogue import discover
from tests.bench.table import Row, at_most
from tests.bench.world import World, process, world

__all__ = ["starting"]

PAST = 10_000


async def starting(*, quick: bool) -> list[Row]:
    """A row for the start and one for the memory, both with a journal full of ended operations."""
    past = 100 if quick else PAST
    async with world() as stage:
        async with stage.bot():
            await stage.typed(["delete tencent 123"], channel="#quiet")  # denied, so it has ended
        _multiply(f"sqlite:///{stage.folder}/stream-bot.db", past)
        seconds, megabytes = await _started(stage)
    return [
        at_most(f"ready after imports, {past} operations", seconds, 1.0, f"{seconds:.2f} s", " s"),
        at_most(
            f"memory, {past} finished operations", megabytes, 120, f"{megabytes:.0f} MB", " MB"
        ),
    ]


async def _started(stage: World) -> tuple[float, float]:
    """Seconds until it served, and megabytes after some of the past was read."""
    said = stage.folder / "ready"
    command = ("-m", "tests.bench.starting", str(stage.write_config()), str(said))
    async with process(command, ready=stage.ready, environ=stage.environ()) as running:
        for text in ("help", "history", "history", "show 00000000"):
            await stage.typed([text] * 8)
        megabytes = _resident(running.pid)
        return float(said.read_text()), megabytes


def _resident(pid: int) -> float:
    """What Linux says that a process holds in memory, in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("Linux does not tell what the process holds")


# A past


def _multiply(url: str, times: int) -> None:
    """Make so many of each row of the past; what was sealed is not sealed anew."""
    engine = create_engine(url)
    with engine.begin() as connection:
        one = dict(connection.execute(select(operation)).mappings().one())
        its_own = select(trail).where(trail.c.operation == one["id"])
        entries = [dict(row) for row in connection.execute(its_own).mappings()]
        number = connection.execute(select(func.max(trail.c.seq))).scalar_one()
        connection.execute(insert(operation), list(_copies(one, times)))
        more = [
            {**entry, "operation": f"{n:08x}", "seq": number + len(entries) * n + place + 1}
            for n in range(times)
            for place, entry in enumerate(entries)
        ]
        connection.execute(insert(trail), more)
    engine.dispose()


def _copies(one: dict[str, object], times: int) -> Iterator[dict[str, object]]:
    for n in range(times):
        yield {**one, "id": f"{n:08x}", "request_key": f"past:{n}", "button": None}


# The other process


async def _serve(config: Path, said: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    environ = take_environment()
    began = time.monotonic()
    loaded = load_all(config, environ, discover())
    async with App(loaded.settings, loaded.tokens, loaded.catalogue):
        said.write_text(str(time.monotonic() - began))
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
