"""What follows an accepted change: the vendor's own status is read until it proves what came of it.

And what comes before a change: the facts of its task, which a yes is bound to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.journal import State, Verdict
from bot.sandbox import Message
from providers.simulator import Incident, SimulatedTask
from providers.tencent.simulator import TencentSimulator
from tests.bot.stage import ALIBABA_TASK, RECORDING, TRTC_TASK, Stage, playing

QUICK = "[timeouts]\nvendor_seconds = 1\nverify_seconds = 1.5"
RESTART = "RestartLivePullStreamTask"
DELETE = "DeleteLivePullStreamTask"
RELAY = "8fde6aa0281d9f6e15e6059a6e242365"


async def not_back(stage: Stage) -> Message:
    """The operation's own message; the reply in its thread is shown in the channel as well."""

    def own() -> Message | None:
        shown = stage.slack.messages("#incidents")
        return next((m for m in shown if m.text.startswith("Not back:")), None)

    message = await stage.slack.wait_for(own)
    assert message is not None
    return message


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage where a stream is back after a moment, and is waited for a little longer."""
    async with playing(tmp_path, extra=QUICK) as made:
        for simulator in (made.tencent, made.alibaba, made.volcengine):
            simulator.recovery = 0.7
        made.volcengine.add_task(SimulatedTask(kind="relay", id=RELAY))
        yield made


# Proof


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("restart tencent 123", "Running again:"),
        ("stop tencent 123", "Stopped:"),
        (f"restart alibaba {ALIBABA_TASK}", "Running again:"),
        (f"stop alibaba {ALIBABA_TASK}", "Stopped:"),
        (f"restart volcengine:relay {RELAY}", "Running again:"),
        (f"stop volcengine:relay {RELAY}", "Stopped:"),
    ],
)
async def test_a_change_is_followed_until_the_status_proves_it(
    stage: Stage, line: str, word: str
) -> None:
    """One message, edited from accepted to the proof; the RequestId stays in it."""
    await stage.ann(line)
    message = await stage.message(word)
    assert "RequestId" in message.text
    assert len(stage.slack.messages("#incidents")) == 1
    assert stage.slack.thread(message) == []


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("delete tencent 456", "Deleted:"),
        (f"stop trtc {TRTC_TASK}", "Ended:"),
        (f"stop volcengine {RECORDING}", "Ended:"),
        (f"delete alibaba {ALIBABA_TASK}", "Deleted:"),
        (f"delete volcengine:relay {RELAY}", "Deleted:"),
    ],
)
async def test_what_cannot_be_undone_is_proved_too(stage: Stage, line: str, word: str) -> None:
    """After the yes: gone, or ended, by an exact look at the same task."""
    await stage.ann(line)
    card = await stage.message("Waiting for a yes:")
    await stage.slack.press("ann", card, "confirm")
    await stage.message(word)


async def test_a_stopped_stream_starts_from_its_message(stage: Stage) -> None:
    """Stopped has a button to start it; what the press starts is followed as well."""
    await stage.ann("stop tencent 123")
    stopped = await stage.message("Stopped:")
    await stage.slack.press("bob", stopped, "do:start")
    started = await stage.message("Started:")
    assert "@bob" in started.text


async def test_not_back_is_said_at_the_deadline_and_calls_the_asker(stage: Stage) -> None:
    """The vendor took it, and the stream does not run: the reason, the next step, two buttons, and
    a reply that the channel sees too."""
    stage.tencent.play(Incident.NOT_BACK, 1)
    await stage.ann("restart tencent 123")
    message = await not_back(stage)
    assert "no stream" in message.text
    assert "check the source" in message.text
    assert "[Restart again]" in message.screen
    assert "[Status]" in message.screen
    reply = (await stage.slack.wait_for(lambda: stage.slack.thread(message)))[0]
    assert reply.pings == {"U123"}
    assert reply.text == f"<@U123> {message.text}"


async def test_restart_again_runs_under_the_pressers_name_once(stage: Stage) -> None:
    """Two presses of one button start one restart; the second is told so."""
    stage.tencent.play(Incident.NOT_BACK, 1)
    await stage.ann("restart tencent 123")
    message = await not_back(stage)
    await stage.slack.press("bob", message, "do:restart")
    await stage.called(stage.tencent, RESTART, 2)
    await stage.slack.press("ann", message, "do:restart")
    again = await stage.message("Running again:")
    assert "@bob" in again.text
    await stage.hears("ann", "pressed before")
    assert stage.calls(stage.tencent, RESTART) == 2


async def test_nobody_restarts_by_a_button_who_may_not(stage: Stage) -> None:
    """A button is never a permission."""
    stage.tencent.play(Incident.NOT_BACK, 1)
    await stage.ann("restart tencent 123")
    message = await not_back(stage)
    await stage.slack.press("eve", message, "do:restart")
    await stage.hears("eve", "Not allowed")
    assert stage.calls(stage.tencent, RESTART) == 1


async def test_an_account_without_a_status_is_told_as_cannot_tell(stage: Stage) -> None:
    """An international account knows only that the task is switched on."""
    assert isinstance(stage.tencent, TencentSimulator)
    stage.tencent.international = True
    await stage.ann("restart tencent 123")
    message = await stage.message("Cannot tell:")
    assert "cannot see whether video flows" in message.text


async def test_a_status_that_cannot_be_read_ends_as_cannot_tell(stage: Stage) -> None:
    """Nothing is followed for ever, and nothing is said that was not seen."""
    await stage.ann("restart tencent 123")
    await stage.called(stage.tencent, RESTART)
    stage.tencent.play(Incident.GATEWAY)
    message = await stage.message("Cannot tell:")
    assert "RequestId" in message.text


async def test_following_goes_on_after_a_restart_of_the_bot(tmp_path: Path) -> None:
    """What the last run followed, the next one proves, in the same message."""
    async with playing(tmp_path, extra="[timeouts]\nverify_seconds = 20") as stage:
        stage.tencent.recovery = 1.0
        await stage.ann("restart tencent 123")
        await stage.message("Accepted:")
        await stage.stop_bot()
        await stage.start_bot()
        await stage.message("Running again:")
        assert len(stage.slack.messages("#incidents")) == 1
        assert stage.calls(stage.tencent, RESTART) == 1


async def test_several_are_followed_at_once(stage: Stage) -> None:
    """Each has its own message and its own end."""
    await asyncio.gather(*(stage.ann(f"restart tencent 900{n}") for n in range(5)))
    await stage.slack.wait_for(
        lambda: sum("Running again" in m.text for m in stage.slack.messages("#incidents")) == 5
    )


# Two steps


async def test_a_half_done_restart_is_down_and_gets_a_start_button(stage: Stage) -> None:
    """Stop was taken and start was refused: DOWN, both RequestIds, Start for anybody allowed."""
    await stage.ann(f"restart volcengine:relay {RELAY}")
    await stage.called(stage.volcengine, "StopPullToPushTask")
    stage.volcengine.play(Incident.ARREARS, 1)
    message = await stage.message("DOWN:")
    assert "does not run until somebody starts it" in message.screen
    ids = [seen.request_id for seen in stage.volcengine.requests if "PullToPushTask" in seen.action]
    stop, start = (i for i in ids if i in message.screen)
    assert stop != start
    reply = (await stage.slack.wait_for(lambda: stage.slack.thread(message)))[0]
    assert reply.pings == {"U123"}
    await stage.slack.press("bob", message, "do:start")
    await stage.message("Started:")
    assert stage.calls(stage.volcengine, "StopPullToPushTask") == 1


# Before it is sent


async def test_a_task_whose_time_has_not_come_is_not_restarted(stage: Stage) -> None:
    """Alibaba refuses it, so nothing is sent, and the answer says when it starts."""
    stage.alibaba.add_task(
        SimulatedTask(
            kind="relay",
            id="later",
            region="cn-shanghai",
            state="0",
            facts={"StartTime": "2099-01-02T04:00:00Z"},
        )
    )
    await stage.ann("restart alibaba later")
    message = await stage.message("Not sent:")
    assert "2 Jan 04:00 UTC" in message.text
    assert stage.calls(stage.alibaba, "RestartLivePullToPush") == 0


async def test_the_card_shows_the_vendors_facts_without_any_key(stage: Stage) -> None:
    """Name, state, source, destination; hosts and the path's beginning only."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    assert "It is running" in card.text
    assert "facts read" in card.screen
    assert "•••" in card.screen
    assert "txSecret" not in card.screen


async def test_a_slow_vendor_does_not_hold_up_the_card(tmp_path: Path) -> None:
    """After two seconds the card comes without the facts, and says so."""
    async with playing(tmp_path) as stage:
        stage.tencent.play(Incident.HANG)
        await stage.ann("delete tencent 456")
        card = await stage.message("Waiting for a yes:")
        assert "did not answer in 2 s" in card.screen
        assert "not known" in card.screen


async def test_a_yes_counts_for_the_task_that_the_card_showed(stage: Stage) -> None:
    """The state changed between card and press: nothing is sent, a fresh card is shown."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    task = stage.tencent.task("pull", "456")
    assert task is not None
    task.state = "pause"
    await stage.slack.press("ann", card, "confirm")
    await stage.hears("ann", "changed since the card was shown")
    fresh = await stage.message("Look again:")
    assert "state running → stopped" in fresh.screen
    assert stage.calls(stage.tencent, DELETE) == 0
    await stage.slack.press("ann", fresh, "confirm")
    await stage.message("Deleted:")
    assert stage.calls(stage.tencent, DELETE) == 1


async def test_another_task_under_the_same_id_needs_a_new_yes(stage: Stage) -> None:
    """The source behind the id is another one now, though the state is the same."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    task = stage.tencent.task("pull", "456")
    assert task is not None
    task.facts["SourceUrls"] = ["https://other.example.com/live/other.flv"]
    await stage.slack.press("ann", card, "confirm")
    fresh = await stage.message("Look again:")
    assert "other.example.com" in fresh.screen
    assert stage.calls(stage.tencent, DELETE) == 0


async def test_the_settings_of_a_deleted_task_stay_in_the_trail(stage: Stage) -> None:
    """All that the vendor told, with its secrets masked."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await stage.slack.press("ann", card, "confirm")
    await stage.message("Deleted:")
    assert stage.app is not None
    (record,) = await stage.app.journal.in_state(State.SUCCEEDED)
    trail = await stage.app.journal.past.trail_of(record.id)
    (settings,) = [entry.detail["settings"] for entry in trail if "settings" in entry.detail]
    assert isinstance(settings, dict)
    assert settings["TaskId"] == "456"
    assert "examplekey" not in str(settings)
    assert record.verdict is Verdict.RECOVERED
    assert trail[-1].to_state == "recovered"


async def test_what_is_not_there_is_not_asked_about(stage: Stage) -> None:
    """No card for a delete of nothing, and no call."""
    await stage.ann("delete tencent 424242")
    message = await stage.message("Already so:")
    assert "is not there" in message.text
    assert stage.calls(stage.tencent, DELETE) == 0


# Neighbours


async def test_somebody_elses_fresh_restart_asks_before_the_next_one(stage: Stage) -> None:
    """The message says who did it, when and where, before anything runs."""
    await stage.type("bob", "restart tencent 123", "#ops")
    await stage.message("Running again:", "#ops")
    await stage.ann("restart tencent 123")
    card = await stage.message("Waiting for a yes:")
    assert "@bob restarted tencent:pull 123" in card.text
    assert "<#C456>" in card.screen or "#ops" in card.screen
    assert stage.calls(stage.tencent, RESTART) == 1
    await stage.slack.press("ann", card, "confirm")
    await stage.message("Running again:")
    assert stage.calls(stage.tencent, RESTART) == 2


async def test_ones_own_second_restart_is_told_and_runs(stage: Stage) -> None:
    """Whoever did it knows; everybody else reads it."""
    await stage.ann("restart tencent 123")
    await stage.message("Running again:")
    await stage.ann("restart tencent 123")
    await stage.called(stage.tencent, RESTART, 2)
    await stage.slack.wait_for(
        lambda: "@ann restarted this" in stage.slack.messages("#incidents")[-1].screen
    )


# The brake


async def test_a_freeze_stops_changes_and_a_thaw_lets_them_go(stage: Stage) -> None:
    """Said in the channel, and to everybody who tries; reads go on."""
    await stage.ann('freeze --account prod "vendor maintenance"')
    await stage.message("Frozen:")
    await stage.type("bob", "restart tencent 123")
    await stage.hears("bob", "vendor maintenance")
    await stage.type("bob", "status tencent 123")
    await stage.hears("bob", "Running:")
    assert stage.calls(stage.tencent, RESTART) == 0
    await stage.ann("thaw --account prod")
    await stage.message("Thawed:")
    await stage.type("bob", "restart tencent 123")
    await stage.message("Running again:")


async def test_a_card_that_was_open_before_the_freeze_is_frozen_too(stage: Stage) -> None:
    """The yes is refused; the card stays for later."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await stage.type("bob", 'freeze "wait for the vendor"')
    await stage.message("Frozen:")
    await stage.slack.press("ann", card, "confirm")
    await stage.hears("ann", "wait for the vendor")
    assert stage.calls(stage.tencent, DELETE) == 0
    assert "Waiting for a yes" in card.text
