"""Stories: what on-call people type, and what the channel shows. Each runs on both transports."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from bot.sandbox import Message, Status
from bot.screens import CANCEL, CONFIRM, DECLINE, WITHDRAW
from providers.simulator import Incident, Simulator
from tests.bot.stage import ALIBABA_TASK, RECORDING, TRTC_TASK, Stage, playing

RESTART = "RestartLivePullStreamTask"
DELETE = "DeleteLivePullStreamTask"


@pytest.fixture(params=["socket", "http"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path, request.param) as built:
        yield built


def buttons(message: Message) -> list[str]:
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


# The five calls


async def test_restart_ends_with_the_request_id(stage: Stage) -> None:
    """`/stream restart tencent 123`: acked, one message, which ends with the RequestId."""
    receipt = await stage.ann("restart tencent 123")
    assert receipt.acked
    assert receipt.shown == ""
    message = await stage.message("Accepted:")
    assert "@ann" in message.text
    (seen,) = [s for s in stage.tencent.requests if s.action == RESTART]
    assert seen.parameters == {"TaskId": "123", "Operator": "slack:U123"}
    assert message.text.endswith(f"RequestId {seen.request_id}")
    assert len(stage.slack.messages("#incidents")) == 1


async def test_restart_at_alibaba_names_the_other_task_id(stage: Stage) -> None:
    """Alibaba answers a restart with another TaskId; both are shown."""
    await stage.ann(f"restart alibaba {ALIBABA_TASK}")
    message = await stage.message("Accepted:")
    (seen,) = [s for s in stage.alibaba.requests if s.action == "RestartLivePullToPush"]
    assert seen.parameters == {"Region": "cn-shanghai", "TaskId": ALIBABA_TASK}
    assert seen.request_id in message.text
    assert "answered TaskId" in message.screen


CARDS = [
    pytest.param("delete tencent 456", "tencent", DELETE, {"TaskId": "456"}, id="delete tencent"),
    pytest.param(
        f"stop trtc {TRTC_TASK}",
        "tencent",
        "StopStreamIngest",
        {"SdkAppId": 1400000000, "TaskId": TRTC_TASK},
        id="stop trtc",
    ),
    pytest.param(
        f"stop volcengine {RECORDING}",
        "volcengine",
        "StopPullRecordTask",
        {"TaskId": RECORDING},
        id="stop volcengine",
    ),
]


@pytest.mark.parametrize(("typed", "vendor", "action", "parameters"), CARDS)
async def test_the_irreversible_calls_nothing_before_the_button(
    stage: Stage, typed: str, vendor: str, action: str, parameters: dict[str, object]
) -> None:
    """A card first; a press calls once, and the card becomes the end."""
    simulator: Simulator = getattr(stage, vendor)
    await stage.ann(typed)
    card = await stage.message("Waiting for a yes:")
    assert stage.calls(simulator, action) == 0
    assert buttons(card) == [CONFIRM, CANCEL]
    await stage.slack.press("ann", card, CONFIRM)
    message = await stage.message("Accepted:")
    assert message.ts == card.ts
    assert buttons(message) == []
    (seen,) = [s for s in simulator.requests if s.action == action]
    assert parameters.items() <= seen.parameters.items()
    assert message.text.endswith(f"RequestId {seen.request_id}")


async def test_trtc_is_called_in_its_own_region(stage: Stage) -> None:
    """`regions = { trtc = ... }` counts, and the card says so."""
    await stage.ann(f"stop trtc {TRTC_TASK}")
    card = await stage.message("Waiting for a yes:")
    assert "ap-singapore" in card.text


# Cards


async def test_fifty_presses_by_three_people_call_once(stage: Stage) -> None:
    """One winner, whoever presses how often; nobody else changes anything."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    people = ["ann", "bob", "eve"]
    await asyncio.gather(
        *(stage.slack.press(people[n % 3], card, CONFIRM, force=True) for n in range(50))
    )
    await stage.message("Accepted:")
    await stage.hears("ann", "You said yes first")
    assert stage.calls(stage.tencent, DELETE) == 1


async def test_cancel_calls_nothing(stage: Stage) -> None:
    """Cancelled is the end, and says who."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await stage.slack.press("ann", card, CANCEL)
    message = await stage.message("Cancelled: @ann")
    assert buttons(message) == []
    await stage.slack.press("ann", message, CONFIRM, force=True)
    await stage.hears("ann", "You cancelled this")
    assert stage.calls(stage.tencent, DELETE) == 0


async def test_another_allowed_person_may_say_no_but_not_yes(stage: Stage) -> None:
    """On a card of `self` only the asker says yes; anybody allowed may stop it."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await stage.slack.press("bob", card, CONFIRM)
    await stage.hears("bob", "Only @ann decides")
    await stage.slack.press("eve", card, CANCEL)
    await stage.hears("eve", "Not allowed")
    await stage.slack.press("bob", card, CANCEL)
    await stage.message("Declined: @bob")
    assert stage.calls(stage.tencent, DELETE) == 0


async def test_a_forged_ticket_does_nothing(stage: Stage) -> None:
    """A made-up ticket, or a real one in another message, is told so privately."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await stage.slack.press("ann", card, CONFIRM, value="forged", force=True)
    await stage.hears("ann", "belongs to no card")
    (ticket,) = {
        element["value"]
        for block in card.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }
    await stage.ann("delete tencent 9001")
    other = await stage.message("9001")
    await stage.slack.press("ann", other, CONFIRM, value=ticket, force=True)
    await stage.slack.wait_for(
        lambda: (
            len([m for m in stage.slack.ephemerals("ann", "#incidents") if "no card" in m.text])
            == 2
        )
    )
    assert stage.calls(stage.tencent, DELETE) == 0


async def test_a_card_of_an_earlier_run_still_works_once(stage: Stage) -> None:
    """What waits survives a restart of the bot."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await stage.stop_bot()
    await stage.start_bot()
    await stage.slack.press("ann", card, CONFIRM)
    message = await stage.message("Accepted:")
    assert message.ts == card.ts
    await stage.slack.press("ann", message, CONFIRM, force=True)
    await stage.hears("ann", "You said yes first")
    assert stage.calls(stage.tencent, DELETE) == 1


async def test_an_expired_card_calls_nothing(tmp_path: Path) -> None:
    """Time is up: the card says expired, and a press is told so."""
    async with playing(tmp_path, extra="[timeouts]\nconfirm_seconds = 0.5") as stage:
        await stage.ann("delete tencent 456")
        card = await stage.message("Waiting for a yes:")
        message = await stage.message("Expired:")
        assert "/stream delete tencent 456" in message.text
        await stage.slack.press("ann", card, CONFIRM, force=True)
        await stage.hears("ann", "This card expired")
        assert stage.calls(stage.tencent, DELETE) == 0


async def test_a_protected_task_needs_a_second_person_however_it_is_typed(stage: Stage) -> None:
    """The requester cannot say yes himself; another allowed person can."""
    await stage.ann("restart tencent 777")
    card = await stage.message("Waiting for a second person:")
    assert buttons(card) == [CONFIRM, DECLINE, WITHDRAW]
    await stage.slack.press("ann", card, CONFIRM)
    await stage.hears("ann", "You asked for this, so somebody else decides")
    await stage.slack.press("bob", card, WITHDRAW)
    await stage.hears("bob", "Only @ann withdraws")
    assert stage.calls(stage.tencent, RESTART) == 0
    await stage.slack.press("bob", card, CONFIRM)
    message = await stage.message("Accepted:")
    assert "yes by @bob" in message.screen
    assert stage.calls(stage.tencent, RESTART) == 1


async def test_the_requester_must_still_be_allowed_when_another_says_yes(stage: Stage) -> None:
    """Rights that were lost between the card and the press count."""
    await stage.type("carol", "restart main-feed")
    card = await stage.message("Waiting for a second person:")
    stage.slack.model.groups["S123"].members.clear()
    await stage.slack.press("bob", card, CONFIRM)
    await stage.hears("bob", "is not allowed this any more")
    assert stage.calls(stage.tencent, RESTART) == 0


# Who may


@pytest.mark.parametrize(
    ("person", "says"),
    [("eve", "No rule allows you"), ("gus", "Guests and members of other workspaces")],
)
async def test_who_is_not_allowed_hears_why_and_nothing_is_sent(
    stage: Stage, person: str, says: str
) -> None:
    """Denied in private; told in the audit channel; nothing in the channel, nothing sent."""
    await stage.type(person, "restart tencent 123")
    heard = await stage.hears(person, "Not allowed")
    assert says in heard.text
    await stage.message("Not allowed", "#audit")
    assert stage.slack.messages("#incidents") == []
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_a_deny_rule_wins(stage: Stage) -> None:
    """Ann may delete, but not in #quiet."""
    await stage.ann("delete tencent 456", "#quiet")
    await stage.hears("ann", "Rule deny 1 forbids", "#quiet")
    assert stage.calls(stage.tencent, DELETE) == 0


async def test_members_of_a_group_are_allowed_by_its_handle(stage: Stage) -> None:
    """Carol is in the user group that a rule names."""
    await stage.type("carol", "restart tencent 123")
    await stage.message("Accepted:")


async def test_if_slack_cannot_say_who_it_is_the_answer_is_no(stage: Stage) -> None:
    """The check itself breaks: denied."""
    stage.slack.faults.play(Status(500), on="users.info")
    await stage.ann("restart tencent 123")
    await stage.hears("ann", "could not read from Slack who you are")
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_every_change_is_told_in_the_audit_channel(stage: Stage) -> None:
    """The audit channel reads who did what, and how it ended."""
    await stage.ann("restart tencent 123")
    line = await stage.message("Accepted:", "#audit")
    assert "@ann" in line.text


# What goes wrong at the vendor


async def test_a_refusal_shows_code_meaning_request_id_and_next_step(stage: Stage) -> None:
    """Arrears: what it means, who can mend it, whether a retry helps."""
    stage.tencent.play(Incident.ARREARS, 1)
    await stage.ann("restart tencent 123")
    message = await stage.message("Refused:")
    (seen,) = [s for s in stage.tencent.requests if s.action == RESTART]
    for part in ("ResourceNotFound.StopService", "owes money", "account owner", seen.request_id):
        assert part in message.screen
    assert "Nothing was changed" in message.screen


async def test_a_task_that_is_not_there_is_refused(stage: Stage) -> None:
    """The vendor's own code is shown with what to check."""
    await stage.ann("restart tencent 5555555")
    message = await stage.message("Refused:")
    assert "InvalidParameter.TaskNotExist" in message.text


async def test_deleting_what_is_gone_is_already_so(stage: Stage) -> None:
    """The second delete is no failure, asks nobody, and names the first."""
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await stage.slack.press("ann", card, CONFIRM)
    await stage.message("Deleted:")
    await stage.ann("delete tencent 456")
    message = await stage.message("Already so:")
    assert "deleted it before" in message.screen
    assert stage.calls(stage.tencent, DELETE) == 1


@pytest.mark.parametrize("incident", [Incident.DROP, Incident.GATEWAY, Incident.INTERNAL])
async def test_an_answer_that_does_not_say_is_unknown_and_sent_once(
    stage: Stage, incident: Incident
) -> None:
    """Never failed, never sent again; the asker is called in the thread, and once more with the
    verdict: the status shows that it happened."""
    cast("Any", stage.tencent).recovery = 1.0
    stage.tencent.play(incident, 1)
    await stage.ann("restart tencent 123")
    message = await stage.message("Unknown:")
    assert "Reading its status" in message.text
    await stage.slack.wait_for(lambda: len(stage.slack.thread(message)) == 2, seconds=10)
    first, verdict = stage.slack.thread(message)
    assert first.pings == verdict.pings == {"U123"}
    assert "Running again" in verdict.text
    await stage.slack.wait_for(lambda: "the answer was lost" in message.screen)
    assert stage.calls(stage.tencent, RESTART) == 1


async def test_a_vendor_that_hangs_is_unknown(tmp_path: Path) -> None:
    """No answer within vendor_seconds: unknown, one request only."""
    async with playing(tmp_path, extra="[timeouts]\nvendor_seconds = 0.5") as stage:
        stage.tencent.play(Incident.HANG, 1)
        await stage.ann("restart tencent 123")
        message = await stage.message("Unknown:")
        assert "no RequestId" in message.screen
        assert stage.calls(stage.tencent, RESTART) == 1


async def test_a_throttle_then_success_is_two_requests_and_one_outcome(stage: Stage) -> None:
    """The vendor did nothing, so it is sent again by itself."""
    stage.tencent.play(Incident.THROTTLE, 1)
    await stage.ann("restart tencent 123")
    await stage.message("Accepted:")
    assert stage.calls(stage.tencent, RESTART) == 2
    assert len(stage.slack.messages("#incidents")) == 1


async def test_a_long_throttle_is_told(stage: Stage) -> None:
    """After two seconds the channel reads why nothing happens yet."""
    stage.tencent.play(Incident.THROTTLE, 2)
    await stage.ann("restart tencent 123")
    message = await stage.message("Waiting for quota:")
    assert "RequestLimitExceeded" in message.screen
    await stage.slack.wait_for(lambda: "Accepted" in message.text, seconds=10)


async def test_a_vendor_that_refuses_the_connection_is_not_sent(stage: Stage) -> None:
    """Nothing reached the vendor, after a few tries."""
    await stage.tencent.stop()
    await stage.ann("restart tencent 123")
    message = await stage.message("Not sent:")
    assert "Nothing reached" in message.screen


async def test_a_clock_that_is_off_is_mended_by_itself(stage: Stage) -> None:
    """Signed anew with the vendor's time, and told."""
    stage.tencent.play(Incident.CLOCK)
    await stage.ann("restart tencent 123")
    message = await stage.message("Accepted:")
    assert "clock is 10 min off" in message.screen


# Typing


async def test_a_mistake_is_answered_in_the_ack(stage: Stage) -> None:
    """What was understood, the nearest word, a correct example; nothing runs."""
    receipt = await stage.ann("restrat tencent 123")
    assert "Nearest: restart" in receipt.shown
    assert stage.slack.messages("#incidents") == []


NASTY = [
    "restart tencent payload-1",
    'restart tencent 123 --reason "payload=1 & <!channel> <@U456> 🎥 \u202e"',
    "x" * 10_000,
    "🎥 <!channel> \x00\x1b[31m",
    "restart tencent 12\u200b3",
    "'\"`; rm -rf / &amp;",
]


@pytest.mark.parametrize("text", NASTY)
async def test_nasty_text_is_answered_and_escaped(stage: Stage, text: str) -> None:
    """No crash, an answer, and nothing of it pages anybody or becomes markup."""
    receipt = await stage.ann(text)
    assert receipt.acked
    if not receipt.shown:
        await stage.slack.wait_for(lambda: stage.slack.messages("#incidents"))
    for call in stage.slack.calls:
        said = json.dumps(call.arguments, ensure_ascii=False, default=str)
        assert "<!" not in said
        assert "<@U456" not in said
    assert "<!" not in receipt.shown


async def test_help_whoami_and_targets(stage: Stage) -> None:
    """The bot's own verbs answer privately."""
    for text, says in (
        ("help", "Stream bot help"),
        ("whoami", "You are @ann"),
        ("targets", "main-feed"),
    ):
        await stage.ann(text)
        await stage.hears("ann", says)
    await stage.ann("help restart")
    await stage.hears("ann", "Help for restart")
    assert stage.slack.messages("#incidents") == []


async def test_a_dry_run_shows_the_request_and_sends_nothing(stage: Stage) -> None:
    """Which rule, and the request as the vendor would get it, unsigned."""
    await stage.ann("delete tencent 456 --dry-run")
    heard = await stage.hears("ann", "Dry run:")
    assert "allow 1" in heard.text
    for part in (DELETE, '"TaskId": "456"', "slack:U123"):
        assert part in heard.screen
    assert "Authorization" not in heard.screen
    assert stage.calls(stage.tencent, DELETE) == 0
    assert stage.slack.messages("#incidents") == []


# Slack's side


async def test_the_same_delivery_acts_once(stage: Stage) -> None:
    """A repeated trigger_id, also after a restart of the bot."""
    receipt = await stage.ann("restart tencent 123")
    await stage.message("Accepted:")
    await stage.slack.replay(receipt)
    await stage.stop_bot()
    await stage.start_bot()
    await stage.slack.replay(receipt)
    await stage.ann("restart tencent 9001")
    await stage.message("9001")
    assert stage.calls(stage.tencent, RESTART) == 2


async def test_a_mention_in_a_thread_is_answered_there(stage: Stage) -> None:
    """Slash commands do not work in threads; a mention does the same."""
    receipt = await stage.slack.say("bob", "#incidents", "the main feed is down")
    parent = receipt.message
    assert parent is not None
    await stage.slack.mention("ann", "#incidents", "restart tencent 123", thread_ts=parent.ts)

    def answered() -> list[Message]:
        return [m for m in stage.slack.thread(parent) if "Accepted" in m.text]

    assert await stage.slack.wait_for(answered)
    assert stage.calls(stage.tencent, RESTART) == 1


async def test_a_mention_with_a_mistake_is_answered_privately(stage: Stage) -> None:
    """A usage error is for the one who typed it."""
    await stage.slack.mention("ann", "#incidents", "restrat tencent 123")
    await stage.hears("ann", "Nearest: restart")


async def test_bots_and_edits_are_never_commands(stage: Stage) -> None:
    """Messages by bots, and edited messages, get no reply."""
    stage.slack.add_person("robot", id="U0R0B0T", is_bot=True)
    stage.slack.invite("#incidents", "robot")
    before = len(stage.slack.calls)
    await stage.slack.mention("robot", "#incidents", "restart tencent 123")
    assert stage.calls(stage.tencent, RESTART) == 0
    assert [c.method for c in stage.slack.calls[before:] if c.method.startswith("chat.")] == []


async def test_a_channel_without_the_bot_hears_through_the_response_url(stage: Stage) -> None:
    """A first and a last message, with how to invite the bot."""
    await stage.ann("restart tencent 123", "#private")
    message = await stage.message("Accepted:", "#private")
    assert "/invite" in message.screen


async def test_a_card_works_in_a_channel_without_the_bot(stage: Stage) -> None:
    """The card comes through the response_url, and a press of it decides."""
    await stage.ann("delete tencent 456", "#private")
    card = await stage.message("Waiting for a yes:", "#private")
    await stage.slack.press("ann", card, CONFIRM)
    await stage.message("Deleted:", "#private")
    assert stage.calls(stage.tencent, DELETE) == 1


async def test_a_second_change_of_the_same_task_is_told_who_is_at_it(stage: Stage) -> None:
    """One live change per task."""
    await stage.ann("delete tencent 456")
    await stage.message("Waiting for a yes:")
    await stage.type("bob", "restart tencent 456")
    heard = await stage.hears("bob", "is busy")
    assert "@ann has a delete card open" in heard.text
    assert stage.calls(stage.tencent, RESTART) == 0


async def test_readyz_says_ready(stage: Stage) -> None:
    """Slack accepted us and the journal is writable."""
    answer = await stage.readyz()
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


async def test_many_changes_of_one_task_at_once_are_one(stage: Stage) -> None:
    """Thirty people type the same restart: one call, and everybody else is told who is at it."""
    await asyncio.gather(
        *(stage.type(("ann", "bob")[n % 2], "restart tencent 123") for n in range(30))
    )
    await stage.message("Accepted:")

    def told() -> int:
        heard = [stage.slack.ephemerals(who, "#incidents") for who in ("ann", "bob")]
        return sum("is busy" in message.text for messages in heard for message in messages)

    await stage.slack.wait_for(lambda: told() == 29)
    assert stage.calls(stage.tencent, RESTART) == 1


# Bounds


async def test_one_person_cannot_flood_the_channel_with_cards(stage: Stage) -> None:
    """Five open cards of one person; the sixth is told so, privately."""
    for number in range(6):
        await stage.ann(f"delete tencent 900{number}")
    await stage.hears("ann", "you have 5 cards open")
    assert stage.calls(stage.tencent, DELETE) == 0


async def test_more_commands_than_a_person_types_are_refused(tmp_path: Path) -> None:
    """commands_per_minute, for each person by himself."""
    async with playing(tmp_path, extra="[limits]\ncommands_per_minute = 3") as stage:
        for _ in range(3):
            await stage.ann("whoami")
        receipt = await stage.ann("restart tencent 123")
        assert "more than 3 commands in a minute" in receipt.shown
        await stage.type("carol", "restart tencent 123")
        await stage.message("Accepted:")


async def test_another_workspace_is_not_served(tmp_path: Path) -> None:
    """`slack.teams` names who may use it; commands and presses of others are refused."""
    async with playing(tmp_path) as stage:
        stage.teams = 'teams = ["T999"]'
        await stage.stop_bot()
        await stage.start_bot()
        receipt = await stage.ann("restart tencent 123")
        assert "does not serve your workspace" in receipt.shown
        assert stage.calls(stage.tencent, RESTART) == 0


async def test_a_mention_that_was_delayed_for_minutes_is_not_run(stage: Stage) -> None:
    """Slack retries events after a minute and after five: a change from back then is told."""
    receipt = await stage.slack.mention("ann", "#incidents", "help")
    old = dict(receipt.delivery.payload)
    old["event_id"] = "Ev0LATE"
    old["event_time"] = int(old["event_time"]) - 300
    late = replace(receipt.delivery, payload=old)
    event = {**old["event"], "text": old["event"]["text"].replace("help", "restart tencent 123")}
    receipt.delivery = replace(late, payload={**old, "event": event})
    await stage.slack.replay(receipt)
    await stage.hears("ann", "was asked 30")
    assert stage.calls(stage.tencent, RESTART) == 0
