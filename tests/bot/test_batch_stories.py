"""Several tasks in one command, as the chat shows them: to the channel, to the asker, to the audit
channel and in the thread."""

import asyncio
import gc
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.sandbox import Message
from bot.screens import CANCEL, CONFIRM, DECLINE, HALT
from providers.simulator import Incident
from tests.bot.stage import Stage, playing

# A look that is cut off while it connects leaves httpx's transport to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)

RESTART = "RestartLivePullStreamTask"
DELETE = "DeleteLivePullStreamTask"
THREE = "3 tasks on tencent:pull (ap-guangzhou, account prod): 123, 456, 9000"
MANY = " ".join(f"9{number:03}" for number in range(40))
NO_RESTART_OF_666 = """
[targets.forbidden-feed]
account = "prod"
kind = "pull"
task = "666"
[policy]
audit_channel = "C777"
[[policy.allow]]
users = ["U123", "U456"]
[[policy.deny]]
targets = ["forbidden-feed"]
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path) as built:
        yield built
    gc.collect()  # so that it is told of here, and not in somebody else's test


async def card_for(stage: Stage, typed: str) -> Message:
    await stage.ann(typed)
    return await stage.message("wants to")


async def test_the_end_is_told_in_the_message_the_thread_and_the_audit_channel(
    stage: Stage,
) -> None:
    """One message from the card to the end; a table with every RequestId in its thread; one line
    for the audit channel, which says where all of them are."""
    card = await card_for(stage, "delete tencent 123 456 9000")
    assert THREE in card.text
    await stage.slack.press("ann", card, CONFIRM)
    end = await stage.message("Deleted 3 of 3 on tencent:pull by @ann: 3 deleted.")
    assert end.ts == card.ts
    line = await stage.message("Deleted 3 of 3", "#audit")
    assert "3 deleted. All of them: /stream show " in line.text
    table = await stage.slack.wait_for(lambda: next(iter(stage.slack.thread(card)), None))
    assert table is not None
    ids = [seen.request_id for seen in stage.tencent.requests if seen.action == DELETE]
    assert len(ids) == 3
    assert all(request_id in table.screen for request_id in ids)
    assert len(stage.slack.messages("#audit")) == 1  # none for each task beside


async def test_the_asker_is_called_when_a_task_is_in_trouble(stage: Stage) -> None:
    """Edits notify nobody: the thread names whoever asked."""
    card = await card_for(stage, "delete tencent 123 456 9000")
    stage.tencent.play(Incident.ARREARS, times=1)
    await stage.slack.press("ann", card, CONFIRM)
    end = await stage.message("Deleted 2 of 3 on tencent:pull by @ann: 2 deleted, 1 refused (")
    assert "Status of troubled" in end.screen

    def called() -> Message | None:
        return next((m for m in stage.slack.thread(card) if "<@U123>" in m.text), None)

    reply = await stage.slack.wait_for(called)
    assert reply is not None
    assert "1 refused (" in reply.text


NO = [
    pytest.param("ann", CANCEL, f"Cancelled: @ann withdrew the delete of {THREE}.", id="cancel"),
    pytest.param(
        "bob", CANCEL, f"Declined: @bob said no to deleting {THREE}, asked by @ann.", id="decline"
    ),
]


@pytest.mark.parametrize(("who", "button", "said"), NO)
async def test_a_no_names_all_tasks_to_everybody(
    stage: Stage, who: str, button: str, said: str
) -> None:
    """In the message and in the audit channel alike; nothing was sent."""
    card = await card_for(stage, "delete tencent 123 456 9000")
    await stage.slack.press(who, card, button)
    end = await stage.message(said)
    assert end.ts == card.ts
    assert end.text.endswith("Nothing was sent.")
    assert (await stage.message(said, "#audit")).text == end.text
    assert stage.calls(stage.tencent, DELETE) == 0
    await stage.slack.press("ann", end, CONFIRM, force=True)
    await stage.hears("ann", "this at")  # who was faster, and when


async def test_nobody_said_yes_in_time(tmp_path: Path) -> None:
    """The message and the audit channel name all tasks, and how to ask for them again."""
    async with playing(tmp_path, extra="[timeouts]\nconfirm_seconds = 0.5") as stage:
        card = await card_for(stage, "delete tencent 123 456 9000")
        said = f"Expired: nobody confirmed deleting {THREE} within"
        end = await stage.message(said)
        assert "/stream delete tencent 123 456 9000" in end.text
        assert (await stage.message(said, "#audit")).text == end.text
        await stage.slack.press("ann", card, CONFIRM, force=True)
        await stage.hears("ann", "This card expired")
        assert stage.calls(stage.tencent, DELETE) == 0


async def test_a_rule_against_one_of_them_is_told_to_the_asker_and_the_audit_channel(
    tmp_path: Path,
) -> None:
    """The channel sees nothing; the audit channel reads which tasks were asked for."""
    async with playing(tmp_path, extra=NO_RESTART_OF_666) as stage:
        await stage.ann("restart tencent 123 666")
        await stage.hears("ann", "Not allowed: restart on account prod. Rule deny 1")
        line = await stage.message("Not allowed", "#audit")
        assert "restart tencent:pull 123, 666 (ap-guangzhou, account prod)" in line.text
        assert stage.slack.messages("#incidents") == []
        assert stage.calls(stage.tencent, RESTART) == 0


async def test_a_dry_run_judges_every_task(tmp_path: Path) -> None:
    """Not only the first one; and it says that it asks for a yes."""
    async with playing(tmp_path, extra=NO_RESTART_OF_666) as stage:
        await stage.ann("restart tencent 123 666 --dry-run")
        await stage.hears("ann", "Dry run: restart tencent:pull 123, 666 would not be allowed.")
        await stage.ann("restart tencent 123 456 --dry-run")
        heard = await stage.hears("ann", "123, 456 asks you for a yes first")
        assert "The first of 2 requests:" in heard.screen


async def test_the_message_is_edited_at_most_every_two_seconds(stage: Stage) -> None:
    """However much is new of its tasks; the card itself comes at once."""
    card = await card_for(stage, "restart tencent 9000 9001 9002 9003 9004")
    await stage.slack.press("ann", card, CONFIRM)
    await stage.message("Restarted 5 of 5 on tencent:pull by @ann: 5 accepted and watched.")
    await stage.message("running again")
    edits = [call.at for call in stage.slack.calls if call.method == "chat.update"]
    assert len(edits) >= 2
    assert all(later - earlier >= 1.9 for earlier, later in pairwise(edits))


async def test_many_tasks_are_for_a_second_person(stage: Stage) -> None:
    """The asker cannot say yes to more than the blast radius; somebody else can."""
    card = await card_for(stage, "restart tencent 9000 9001 9002 9003 9004 9005")
    assert "more than 5 tasks: a second person decides" in card.screen
    await stage.slack.press("ann", card, CONFIRM)
    await stage.hears("ann", "You asked for this, so somebody else decides.")
    assert stage.calls(stage.tencent, RESTART) == 0
    await stage.slack.press("bob", card, CONFIRM)
    await stage.called(stage.tencent, RESTART, 6)
    assert DECLINE in str(card.blocks)


async def test_whoever_may_not_do_it_may_not_stop_it_and_hears_that_it_goes_on(
    stage: Stage,
) -> None:
    """The refusal says nothing of "nothing was sent"; whoever may stop it does, and is named."""
    card = await card_for(stage, f"restart tencent {MANY}")
    await stage.slack.press("bob", card, CONFIRM)
    progress = await stage.message("Restarting 40 tasks on tencent:pull by @ann:")
    await stage.slack.press("eve", progress, HALT)
    heard = await stage.hears("eve", "Not allowed: only @ann or")
    assert heard.text.endswith("can stop this. It goes on.")
    async with asyncio.timeout(5):
        await stage.slack.press("bob", progress, HALT)
    end = await stage.message("@bob stopped the rest:")
    assert end.ts == card.ts
    assert stage.calls(stage.tencent, RESTART) < 40
    line = await stage.message("@bob stopped the rest of op", "#audit")
    assert "/stream restart tencent 9000 9001" in line.text
