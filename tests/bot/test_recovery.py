"""What a fresh process does with what another left: never twice, never silently, never too late."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.command import TaskCommand
from bot.journal import Journal, Origin, Record, State
from bot.runner import Runner
from providers.operation import Verb
from tests.bot.stage import Stage, playing

RESTART = "RestartLivePullStreamTask"


class Before:
    """The journal as an earlier run left it."""

    def __init__(self, folder: Path) -> None:
        self._url = f"sqlite:///{folder}/stream-bot.db"
        self._number = 0

    async def left(self, *states: State, requester: str = "U123", age: float = 0.0) -> Record:
        """An operation that was taken through these states, `age` seconds ago."""
        journal = await Journal.open(self._url, now=lambda: time.time() - age)
        self._number += 1
        command = TaskCommand(
            verb=Verb.RESTART,
            where="tencent:pull",
            account="prod",
            task=f"900{self._number}",
            region="ap-guangzhou",
        )
        origin = Origin(
            request_key=f"command:{self._number}",
            requester=requester,
            requester_name="ann",
            team="T123",
            channel="C123",
        )
        record = await journal.ask(command, origin)
        assert record is not None
        if State.APPROVED in states:
            record = await journal.approve(record, actor="U123", lasts=60)
            assert record is not None
        if State.SENDING in states:
            record = await journal.claim(record, 20)
            assert record is not None
        await journal.close()
        return record


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path) as built:
        await built.stop_bot()
        yield built


@pytest.fixture
def before(tmp_path: Path) -> Before:
    return Before(tmp_path)


async def test_what_was_approved_goes_on(stage: Stage, before: Before) -> None:
    """Nothing had left, so it is sent now, once."""
    await before.left(State.APPROVED)
    await stage.start_bot()
    await stage.message("Accepted:")
    assert stage.calls(stage.tencent, RESTART) == 1


async def test_what_was_asked_is_decided(stage: Stage, before: Before) -> None:
    """Killed between the ack and the decision: the decision is made now."""
    await before.left()
    await stage.start_bot()
    await stage.message("Accepted:")
    assert stage.calls(stage.tencent, RESTART) == 1


@pytest.mark.parametrize("states", [(), (State.APPROVED,)], ids=["asked", "approved"])
async def test_what_is_too_old_is_not_run(
    stage: Stage, before: Before, states: tuple[State, ...]
) -> None:
    """Nobody wants a restart from an hour ago: expired, and said so."""
    await before.left(*states, age=3600)
    await stage.start_bot()
    await stage.message("Expired:")
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_what_was_under_way_is_unknown_and_never_sent_again(
    stage: Stage, before: Before
) -> None:
    """The request may have left; the asker is called."""
    await before.left(State.APPROVED, State.SENDING)
    await stage.start_bot()
    message = await stage.message("Unknown:")
    reply = await stage.slack.wait_for(lambda: stage.slack.thread(message))
    assert reply[0].pings == {"U123"}
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_who_lost_the_right_meanwhile_gets_nothing_sent(stage: Stage, before: Before) -> None:
    """The requester must still be allowed when an approved operation goes on."""
    await before.left(State.APPROVED, requester="U666")
    await stage.start_bot()
    await stage.message("Expired:")
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_an_account_that_left_the_configuration_ends_all_the_same(
    stage: Stage, before: Before
) -> None:
    """The record of an account that is gone does not stop the start, nor stay for ever."""
    await before.left(State.APPROVED, State.SENDING)
    stage.extra = '[policy]\n[[policy.allow]]\nusers = ["U123"]\n'
    stage.forget_account("prod")
    await stage.start_bot()
    await stage.message("Unknown:")


async def test_what_nobody_works_on_any_more_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was away at the wrong moment, and the work broke: the sweep begins it again."""
    monkeypatch.setattr("bot.recovery.SWEEP_SECONDS", 0.1)
    run = Runner.run
    broken: list[str] = []

    async def breaks_once(self: Runner, record: Record) -> None:
        if not broken:
            broken.append(record.id)
            raise SQLAlchemyError
        await run(self, record)

    monkeypatch.setattr(Runner, "run", breaks_once)
    async with playing(tmp_path) as stage:
        await stage.ann("restart tencent 123")
        await stage.message("Accepted:")
        assert broken
        assert stage.calls(stage.tencent, RESTART) == 1
