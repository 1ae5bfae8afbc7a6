"""Trouble on our own machine: a locked journal, a taken port, a stop in the middle."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.app import App, StartError
from bot.sandbox import Hold
from bot.screens import CONFIRM
from providers.catalogue import discover
from providers.simulator import Incident
from tests.bot.stage import Stage, playing

RESTART = "RestartLivePullStreamTask"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path) as built:
        yield built


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """As a backup or a forgotten sqlite shell locks it."""
    other = sqlite3.connect(stage.folder / "stream-bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_what_cannot_be_written_down_is_not_accepted(stage: Stage) -> None:
    """Told within Slack's three seconds, not ready meanwhile, and well again afterwards."""
    with locked(stage):
        receipt = await stage.ann("restart tencent 123")
        assert "cannot write its journal" in receipt.shown
        assert receipt.milliseconds < 3000
        assert (await stage.readyz()).status_code == 503
    assert stage.calls(stage.tencent, RESTART) == 0
    await stage.ann("restart tencent 123")
    await stage.message("Accepted:")
    await stage.message("Accepted:", "#audit")
    assert (await stage.readyz()).status_code == 200


async def test_an_end_that_cannot_be_written_at_once_is_written_later(stage: Stage) -> None:
    """The vendor's yes arrives while the journal is locked: kept, and told with its RequestId."""
    stage.tencent.delay = 0.5
    stage.tencent.play(Incident.SLOW, 1)
    await stage.ann("restart tencent 123")
    await stage.message("Sending:")
    with locked(stage):
        await stage.called(stage.tencent, RESTART)
        await asyncio.wait({asyncio.create_task(stage.readyz())})  # as long as the lock is felt
    message = await stage.message("Accepted:")
    assert "RequestId" in message.text
    assert stage.calls(stage.tencent, RESTART) == 1


async def test_a_press_while_the_journal_is_locked_is_answered(stage: Stage) -> None:
    """Nothing is silent: the presser is told, and the card still works."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    with locked(stage):
        await stage.slack.press("ann", card, CONFIRM)
        await stage.hears("ann", "Something broke in the bot")
    await stage.slack.press("ann", card, CONFIRM)
    await stage.message("Accepted:")


async def test_a_taken_port_stops_the_start_before_anything_is_resumed(tmp_path: Path) -> None:
    """Nothing is sent by a process that cannot serve."""
    async with playing(tmp_path, "http") as stage:
        await stage.stop_bot()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            config = stage.config().replace(
                'listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"'
            )
            settings = stage.settings_of(config)
            with pytest.raises(StartError, match="cannot be listened on"):
                await App(settings, stage.tokens(), discover()).start()
        await stage.start_bot()
        assert (await stage.readyz()).status_code == 200


async def test_a_card_whose_time_runs_out_during_a_press_says_so(tmp_path: Path) -> None:
    """Not "somebody said yes first": nobody did."""
    async with playing(tmp_path, extra="[timeouts]\nconfirm_seconds = 0.6") as stage:
        await stage.ann("delete tencent 456")
        card = await stage.message("Waiting for a yes:")
        held = Hold()
        stage.slack.faults.play(held, on="users.info", times=1)
        await stage.slack.press("ann", card, CONFIRM)
        await stage.message("Expired:")
        held.release()
        await stage.hears("ann", "This card expired")


async def test_two_names_of_one_key_are_one_account(tmp_path: Path) -> None:
    """A live change of a task cannot hide behind another account's name."""
    extra = """
[accounts.twin]
provider = "tencent"
region = "ap-guangzhou"
access_key_id = "env:TENCENT_ID"
access_key_secret = "env:TENCENT_KEY"
"""
    async with playing(tmp_path, extra=extra) as stage:
        await stage.ann("delete tencent 456")
        await stage.message("Waiting for a yes:")
        await stage.type("bob", "restart tencent 456 --account twin")
        await stage.hears("bob", "is busy")
