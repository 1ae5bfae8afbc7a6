"""How long a command takes to become a request to the vendor, where nothing asks for a yes."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

from tests.bench.table import Row, at_most, percentile, told
from tests.bench.world import World, numbered, world
from tests.postgres import find_programs, running_postgres

__all__ = ["departure"]

RESTART = "RestartLivePullStreamTask"

PAUSE = 0.4
"""Seconds between two commands: the bot is quiet, and the vendor's quota is far away."""

WARM = 5


async def departure(*, quick: bool) -> list[Row]:
    """One row for each engine. As in production, each commit waits for the disk."""
    count = 3 if quick else 40
    rows = [await _on("SQLite", "", count), _disk()]
    programs = find_programs()
    if programs is None:
        return [*rows, told("command to vendor request, PostgreSQL", "not installed")]
    with running_postgres(programs, durable=True) as server:
        return [*rows, await _on("PostgreSQL", server.new_database(), count)]


def _disk() -> Row:
    """What a commit of the smallest thing takes; three of them stand before each request."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder, "disk.db"), isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE one (at REAL)")
        for _ in range(100):
            started = time.perf_counter()
            connection.execute("INSERT INTO one VALUES (1)")
            took.append((time.perf_counter() - started) * 1000)
        connection.close()
    p50 = percentile(took, 50)
    measured = f"p50 {p50:.1f} ms, p99 {percentile(took, 99):.1f} ms"
    return told("  a commit on this disk, bare sqlite3", measured, p50)


async def _on(engine: str, database: str, count: int) -> Row:
    async with world(database) as stage, stage.bot():
        await stage.typed(numbered("restart", 10_300, WARM), pause=PAUSE)
        took = await _took(stage, count)
    p50, p99 = percentile(took, 50), percentile(took, 99)
    measured = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    return at_most(f"command to vendor request, {engine}, p50", p50, 10, measured, " ms")


async def _took(stage: World, count: int) -> list[float]:
    """Milliseconds from when a command left Slack until the vendor had its request."""
    typed = await stage.typed(numbered("restart", 10_000, count), pause=PAUSE)
    await stage.called(stage.tencent, RESTART, WARM + count)
    arrived = {
        str(seen.parameters["TaskId"]): seen.at
        for seen in stage.tencent.requests
        if seen.action == RESTART
    }
    return [
        (arrived[str(number)] - sent) * 1000 for number, sent in enumerate(typed.sent, start=10_000)
    ]
