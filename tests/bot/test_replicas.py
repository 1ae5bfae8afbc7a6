"""Several copies of the bot on one PostgreSQL: one of them does it, and all of them know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from bot.app import App
from bot.audit.reader import find_key, reading
from bot.audit.verify import verify
from bot.command import TaskCommand
from bot.journal import Origin, State
from bot.journal.replicas import ALIVE_SECONDS
from bot.screens import CONFIRM
from providers.catalogue import discover
from providers.operation import Verb
from tests.bot.stage import Stage, playing
from tests.journals import opened
from tests.postgres import Postgres

pytest_plugins = ["tests.postgres"]

SEALED = """
[audit]
key = "env:AUDIT_KEY"
[timeouts]
vendor_seconds = 2
drain_seconds = 5
"""
RESTART = "RestartLivePullStreamTask"
DELETE = "DeleteLivePullStreamTask"


@pytest.fixture
async def stage(tmp_path: Path, own_postgres_url: str) -> AsyncIterator[Stage]:
    """One replica is up; `second` starts another."""
    async with playing(tmp_path, extra=SEALED, database=own_postgres_url) as made:
        yield made


@pytest.fixture
async def second(stage: Stage) -> AsyncIterator[App]:
    other = await another(stage)
    yield other
    await other.stop()


async def another(stage: Stage) -> App:
    """One more replica, with connections of its own."""
    app = App(stage.settings(), stage.tokens(), discover())
    had = len(stage.slack.sockets.connections)
    await app.start()
    await stage.slack.wait_for(lambda: len(stage.slack.sockets.connections) >= had + 2)
    return app


async def test_a_press_at_another_replica_decides_once(stage: Stage, second: App) -> None:
    """Whichever connection brings the card's command and its presses, the vendor is called once."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await asyncio.gather(*(stage.slack.press("ann", card, CONFIRM, force=True) for _ in range(6)))
    await stage.message("Accepted:")
    assert stage.calls(stage.tencent, DELETE) == 1
    assert second.urls


@pytest.mark.usefixtures("second")
async def test_the_quota_is_shared(stage: Stage, own_postgres_url: str) -> None:
    """Replicas that are asked for more than the vendor takes wait for each other: no call is
    refused, and each is made once."""
    await asyncio.gather(*(stage.ann(f"restart tencent 9{n:03}") for n in range(50)))
    await stage.called(stage.tencent, RESTART, 50, seconds=30)
    restarts = [seen for seen in stage.tencent.requests if seen.action == RESTART]
    assert {seen.verdict for seen in restarts} == {"ok"}
    with psycopg.connect(own_postgres_url) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM rate_slot").fetchone() or (0,)
    assert rows


@pytest.mark.usefixtures("second")
async def test_a_freeze_holds_at_every_replica(stage: Stage) -> None:
    """A brake that one replica took in stops the next command, whoever gets it."""
    await stage.ann('freeze "wrong source"')
    await stage.message("Frozen:")
    for _ in range(4):
        await stage.ann("restart tencent 123")
        await stage.hears("ann", "Not run:")
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_a_rolling_restart_loses_and_doubles_nothing(stage: Stage) -> None:
    """One after the other is replaced while people work: what was taken is done, once."""
    asked: list[str] = []

    async def work() -> None:
        for number in range(24):
            receipt = await stage.ann(f"restart tencent 9{number:03}")
            assert receipt.acked
            if "being restarted" not in receipt.shown:  # the door had just been closed
                asked.append(f"9{number:03}")

    working = asyncio.create_task(work())
    second = await another(stage)
    await stage.stop_bot()
    third = await another(stage)
    await second.stop()
    await working
    try:
        await stage.called(stage.tencent, RESTART, len(asked), seconds=20)
        done = await third.journal.in_state(State.SUCCEEDED)
    finally:
        await third.stop()
    assert sorted(record.command.task for record in done) == asked
    assert stage.calls(stage.tencent, RESTART) == len(asked)


async def test_who_was_paused_sends_nothing_any_more(own_postgres_url: str) -> None:
    """Another replica took over what it kept; it wakes up, and its claim does not count."""
    at = time.time()
    paused, other = [await opened(own_postgres_url, lambda: at) for _ in range(2)]
    command = TaskCommand(
        verb=Verb.RESTART, where="tencent:pull", account="prod", task="1", region="ap-guangzhou"
    )
    origin = Origin(
        request_key="command:1",
        requester="U123",
        requester_name="ann",
        team="T123",
        channel="C123",
    )
    asked = await paused.ask(command, origin)
    assert asked is not None
    approved = await paused.approve(asked, actor="U123", lasts=60)
    assert approved is not None
    at += ALIVE_SECONDS + 1
    await other.replicas.beat()
    (taken,) = await other.replicas.adopt(at_start=True)
    await paused.replicas.beat()
    assert await paused.claim(approved, 20) is None
    assert await other.claim(taken, 20) is not None
    await paused.close()
    await other.close()


async def test_the_database_may_be_restarted(stage: Stage, postgres: Postgres) -> None:
    """Connections that were cut are made anew; the next command is carried out."""
    await stage.ann("restart tencent 123")
    await stage.called(stage.tencent, RESTART)
    postgres.restart()
    await stage.ann("restart tencent 9001")
    await stage.called(stage.tencent, RESTART, 2)


async def test_without_an_audit_key_the_database_keeps_one(
    tmp_path: Path, own_postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each replica seals with the same one; and the start says what that is not good for."""
    async with playing(tmp_path, database=own_postgres_url) as stage:
        second = await another(stage)
        for number in range(4):
            await stage.ann(f"restart tencent 9{number:03}")
        await stage.called(stage.tencent, RESTART, 4)
        await second.stop()
    assert "no [audit] key" in caplog.text
    with reading(own_postgres_url) as connection:
        assert verify(connection, find_key(own_postgres_url, None)).faults == []
