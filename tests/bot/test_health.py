"""Health, of the whole bot: what a story leaves in /metrics, /readyz and the log."""

import io
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot import logs
from bot.journal import Journal, Notice, State
from bot.slack.web import SlackLostError
from tests.bot.stage import Stage, playing
from tests.bot.test_journal import Clock, asked
from tests.bot.test_recovery import Before


@pytest.fixture(params=["socket", "http"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path, mode=request.param) as built:
        yield built


async def page(stage: Stage) -> str:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{stage.url_of('admin')}/metrics")).text


async def test_a_restart_is_seen_from_the_ack_to_the_slot(stage: Stage) -> None:
    """Counted where it happens: Slack's ack, the quota, the vendor, the post."""
    await stage.ann("restart alibaba 6f869419-0692-4fd5-8cf0-66cab6590001")
    await stage.ann("restrat tencent 123")
    await stage.ann("help")
    await stage.message("Accepted:")
    text = await page(stage)
    call = 'provider="alibaba",result="accepted",verb="restart"'
    for line in (
        'commands_total{outcome="answered",provider="none",verb="help"} 1.0',
        'commands_total{outcome="not understood",provider="none",verb="none"} 1.0',
        "ack_seconds_count 3.0",
        f"vendor_seconds_count{{{call}}} 1.0",
        'slot_wait_seconds_count{provider="alibaba",verb="restart"}',
        'slack_calls_total{method="post",result="ok"}',
        'slack_calls_total{method="connect",result="ok"}',
        "followed_operations 1.0",
        "waiting_cards 0.0",
        'breakers_open{provider="alibaba"} 0.0',
    ):
        assert f"stream_bot_{line}" in text
    assert ("stream_bot_slack_connections" in text) == (stage.mode == "socket")
    assert "U123" not in text
    assert "6f869419" not in text


async def test_a_lost_lease_is_counted(tmp_path: Path) -> None:
    """Once, by the process that made the operation unknown."""
    async with playing(tmp_path) as stage:
        await stage.stop_bot()
        await Before(tmp_path).left(State.APPROVED, State.SENDING)
        await stage.start_bot()
        await stage.message("Unknown:")
        assert "stream_bot_leases_lost_total 1.0" in await page(stage)


async def test_readyz_tells_the_figures(stage: Stage) -> None:
    """What waits is in the body."""
    await stage.ann("delete tencent 456")
    await stage.message("Waiting for a yes:")
    body = (await stage.readyz()).json()
    assert (body["status"], body["slack"], body["journal"]) == ("ready", True, True)
    assert body["waiting_cards"] == 1


async def test_an_outage_of_slacks_web_api_makes_the_bot_not_ready_over_http(
    tmp_path: Path,
) -> None:
    """No connection shows it there; the lost calls do."""
    async with playing(tmp_path, mode="http") as stage:
        assert stage.app is not None
        stage.slack.faults.away()
        for _ in range(3):
            with pytest.raises(SlackLostError):
                await stage.app.web.who_am_i()
        answer = await stage.readyz()
        assert (answer.status_code, answer.json()["slack"]) == (503, False)
        stage.slack.faults.back()
        await stage.app.web.who_am_i()
        assert (await stage.readyz()).status_code == 200


async def test_each_line_of_a_story_names_its_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the decision to the post; lines of the bot itself name none."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure("info", "json", list)
    try:
        async with playing(tmp_path) as stage:
            await stage.ann("restart tencent 123")
            await stage.message("Accepted:")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.captureWarnings(capture=False)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    named = [line for line in lines if line["message"].startswith("op ")]
    assert named
    assert all(line["op"] == line["message"].split()[1].rstrip(":,") for line in named)
    assert [line.get("op") for line in lines if line["message"].startswith("stream-bot is up")] == [
        None
    ]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def journal(tmp_path: Path, clock: Clock) -> AsyncIterator[Journal]:
    opened = await Journal.open(f"sqlite:///{tmp_path}/journal.db", now=clock)
    yield opened
    await opened.close()


async def test_a_message_is_owed_since_the_newest_word(journal: Journal, clock: Clock) -> None:
    """Not since the command was typed: until then the channel knew all there was."""
    assert await journal.figures.read() == {
        "waiting_cards": 0,
        "followed_operations": 0,
        "owed_messages": 0,
        "oldest_owed_seconds": 0.0,
    }
    waiting = await journal.move(await asked(journal), State.WAITING, actor="U123")
    assert waiting is not None
    clock.at += 200
    figures = await journal.figures.read()
    assert (figures["waiting_cards"], figures["oldest_owed_seconds"]) == (1, 200.0)
    await journal.debts.shown(waiting, "1800000000.000100")
    assert (await journal.figures.read())["owed_messages"] == 0
    await journal.move(waiting, State.CANCELLED, actor="U123")
    clock.at += 5
    figures = await journal.figures.read()
    assert (figures["waiting_cards"], figures["owed_messages"]) == (0, 1)
    assert figures["oldest_owed_seconds"] == 5.0


async def test_an_unsaid_sentence_is_owed_too(journal: Journal, clock: Clock) -> None:
    """Such as the audit channel's line, from when it was made until it is paid."""
    await journal.announce([Notice("breaker", "audit", "Paused")])
    clock.at += 7
    figures = await journal.figures.read()
    assert (figures["owed_messages"], figures["oldest_owed_seconds"]) == (1, 7.0)
    (owed,) = await journal.debts.owed_notices()
    await journal.debts.paid(owed)
    assert (await journal.figures.read())["owed_messages"] == 0
