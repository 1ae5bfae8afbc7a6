"""What the channel is owed is paid, whatever Slack does; and never holds up a vendor call."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox import Drop, Message, RateLimit, Refuse, Status
from bot.screens import CONFIRM
from bot.slack.outage import Outage
from providers.simulator import Incident
from tests.bot.stage import Stage, playing

RESTART = "RestartLivePullStreamTask"
POST = "chat.postMessage"
UPDATE = "chat.update"


NO_AUDIT = """
[policy]
[[policy.allow]]
users = ["U123"]
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path, extra=NO_AUDIT) as built:
        yield built


async def test_a_post_whose_answer_was_lost_is_repeated_and_says_so(stage: Stage) -> None:
    """Slack did it, and the connection broke: posted again, marked, never silently twice."""
    stage.slack.faults.play(Drop(), on=POST, times=1)
    await stage.ann("restart tencent 123")
    await stage.slack.wait_for(lambda: len(stage.slack.messages("#incidents")) == 2)
    assert "Repeat:" in stage.slack.messages("#incidents")[-1].screen
    assert stage.calls(stage.tencent, RESTART) == 1


async def test_either_copy_of_a_card_decides_and_both_show_the_end(stage: Stage) -> None:
    """The first copy's ts is not known to us; a press of it counts all the same, once."""
    stage.slack.faults.play(Drop(), on=POST, times=1)
    await stage.ann("delete tencent 456")
    await stage.slack.wait_for(lambda: len(stage.slack.messages("#incidents")) == 2)
    first, second = stage.slack.messages("#incidents")
    await stage.slack.press("ann", first, CONFIRM)
    await stage.slack.wait_for(lambda: "Accepted" in first.text and "Accepted" in second.text)
    assert stage.calls(stage.tencent, "DeleteLivePullStreamTask") == 1


@pytest.mark.parametrize(
    "fault",
    [RateLimit(1), Status(503), Refuse("internal_error"), Refuse("service_unavailable")],
    ids=["429", "503", "internal_error", "service_unavailable"],
)
async def test_a_post_that_slack_did_not_take_comes_later(stage: Stage, fault: object) -> None:
    """Retry-After is honoured; a failing Slack is tried again. One message in the end."""
    stage.slack.faults.play(fault, on=POST, times=2)  # type: ignore[arg-type]
    await stage.ann("restart tencent 123")
    await stage.message("Accepted:")
    assert stage.calls(stage.tencent, RESTART) == 1
    posts = [m for m in stage.slack.messages("#incidents") if "Accepted" in m.text]
    assert len(posts) == 1


async def test_the_vendor_call_does_not_wait_for_slack(stage: Stage) -> None:
    """With all of Slack's HTTP side away, what was allowed is sent; the channel is told after."""
    await stage.ann("restart tencent 9001")
    await stage.message("9001")
    stage.slack.faults.away()
    await stage.ann("restart tencent 123")  # the socket still brings it
    await stage.called(stage.tencent, RESTART, 2)
    stage.slack.faults.back()
    await stage.slack.wait_for(
        lambda: any("pull 123 " in m.text for m in stage.slack.messages("#incidents")), seconds=20
    )


async def test_a_message_that_was_deleted_is_posted_again(stage: Stage) -> None:
    """The end is told in a new message, which says why there are two."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    card.deleted = True
    await stage.slack.press("ann", card, CONFIRM, force=True)
    message = await stage.message("Accepted:")
    assert message.ts != card.ts
    assert any("could not be edited" in version.screen for version in message.versions)


async def test_blocks_that_slack_refuses_do_not_hide_the_end(stage: Stage) -> None:
    """The plain text alone says it all."""
    stage.slack.faults.play(Refuse("invalid_blocks"), on=POST, times=1)
    await stage.ann("restart tencent 123")
    message = await stage.message("Accepted:")
    assert message.blocks == ()


async def test_an_edit_that_must_wait_holds_up_no_post(stage: Stage) -> None:
    """The workspace's edits are limited as a whole; a new message does not queue behind them."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    stage.slack.faults.play(RateLimit(3), on=UPDATE, times=1)
    await stage.slack.press("ann", card, CONFIRM)
    await stage.slack.wait_for(lambda: stage.slack.calls_of(UPDATE))
    await stage.ann("restart tencent 123")
    posted = await stage.message("tencent:pull 123")
    assert "Waiting" in card.text
    await stage.slack.wait_for(lambda: "Deleted" in card.text)
    assert posted.text


async def test_many_in_one_channel_are_told_one_a_second_and_all_of_them(stage: Stage) -> None:
    """A burst is paid within Slack's limit: nothing is refused, nothing is forgotten."""
    await asyncio.gather(*(stage.ann(f"restart tencent 900{n}") for n in range(4)))

    def told() -> list[Message]:
        return [m for m in stage.slack.messages("#incidents") if "Accepted" in m.text]

    await stage.slack.wait_for(lambda: len(told()) == 4, seconds=10)
    assert all(call.error != "ratelimited" for call in stage.slack.calls_of(POST))
    assert len(stage.slack.messages("#incidents")) == 4


async def test_what_was_owed_at_a_stop_is_paid_at_the_next_start(stage: Stage) -> None:
    """Slack was away when the bot stopped; the next run tells the channel."""
    stage.slack.faults.play(Status(503), on=POST)
    await stage.ann("restart tencent 123")
    await stage.called(stage.tencent, RESTART, 1)
    await stage.stop_bot()
    assert stage.slack.messages("#incidents") == []
    stage.slack.faults.clear()
    await stage.start_bot()
    await stage.message("Accepted:")
    assert stage.calls(stage.tencent, RESTART) == 1


# When Slack was away


def outage_of(seconds: float, *, from_: float = 1_000.0) -> Outage:
    """One that lasted so long, and is over. The last answer before it came a second earlier."""
    now = from_ - 1
    outage = Outage(lambda: now)
    outage.heard("ok")
    now = from_
    for _ in range(3):
        outage.heard("lost")
    now += seconds
    outage.heard("ok")
    return outage


@pytest.mark.parametrize(
    ("seconds", "at", "told"),
    [
        (600, 1_300, True),
        (600, 999.5, True),
        (600, 998, False),
        (600, 1_601, False),
        (59, 1_030, False),
    ],
    ids=["in it", "just before", "before", "after", "too short to tell"],
)
def test_what_ended_in_a_long_outage_is_known(seconds: float, at: float, told: bool) -> None:
    """From the first call that was lost to the first that was answered."""
    assert (outage_of(seconds).during(at) is not None) is told


def test_the_end_of_an_outage_is_told_once() -> None:
    """Whatever waits for a later try need not wait for it."""
    ends: list[str] = []
    outage = Outage(lambda: 1_000.0)
    outage.over = lambda: ends.append("over")
    for result in ("lost", "lost", "lost", "slowed", "ok", "lost", "ok"):
        outage.heard(result)
    assert ends == ["over"]


async def test_an_end_that_is_told_late_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of the message is not that of the end, and the message says when Slack was away."""
    monkeypatch.setattr("bot.slack.outage.LONG_SECONDS", 0.1)
    await stage.ann("restart tencent 9001")
    await stage.message("9001")
    stage.slack.faults.away()
    await stage.ann("restart tencent 123")
    await stage.called(stage.tencent, RESTART, 2)
    lost = await stage.slack.wait_for(lambda: len(stage.slack.calls_of(POST)) >= 5)
    assert lost
    stage.slack.faults.back()
    message = await stage.message("pull 123 ")
    assert any("Told late: Slack could not be reached" in v.screen for v in message.versions)


async def test_many_bad_ends_told_late_are_one_post(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is called four times in a row by one channel for what is over."""
    monkeypatch.setattr("bot.slack.outage.LONG_SECONDS", 0.1)
    monkeypatch.setattr("bot.notices.LATE", -1.0)
    await stage.ann("restart tencent 9003")
    await stage.message("9003")
    stage.tencent.play(Incident.ARREARS)
    stage.slack.faults.away()
    for task in ("123", "9000", "9001", "9002"):
        await stage.ann(f"restart tencent {task}")
    await stage.called(stage.tencent, RESTART, 5)
    await stage.slack.wait_for(lambda: len(stage.slack.calls_of(POST)) >= 4)
    stage.slack.faults.back()

    def summed_up() -> Message | None:
        shown = stage.slack.messages("#incidents")
        return next((m for m in shown if m.text.startswith("Told late, Slack was away")), None)

    summary = await stage.slack.wait_for(summed_up, seconds=15)
    assert summary is not None
    assert "4 operations need a look" in summary.text
    assert summary.thread_ts is None
