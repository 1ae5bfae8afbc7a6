"""What a person does in the browser, and what comes of it at the clouds and in the channel."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from providers.simulator import Incident
from tests.e2e.window import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

RESTART = "RestartLivePullStreamTask"
DELETE = "DeleteLivePullStreamTask"


async def test_a_restart_ends_with_its_request_id(stage: Stage) -> None:
    """The command is typed, runs at once, and the message shows the vendor's RequestId."""
    ann = await stage.window()
    await ann.send("/stream restart tencent 123")
    message = await ann.see("Accepted", "restart", "123")
    [request_id] = stage.sent(RESTART)
    assert request_id in await message.inner_text()
    assert await ann.composer.input_value() == ""


@pytest.mark.parametrize(
    ("command", "button", "says"),
    [
        ("restart tencent 456", None, "Accepted · restart · tencent:pull"),
        ("delete tencent 456", "Delete task 456", "Deleted · delete · tencent:pull"),
        ("stop trtc 1234", "End task 1234", "Ended · stop · tencent:ingest"),
        (
            "restart alibaba 6f869419-0692-4fd5-8cf0-66cab6590001",
            None,
            "Accepted · restart · alibaba:relay",
        ),
        (
            "stop volcengine f831f3b0aaaabbbb1aa4dcf7621",
            "End recording",
            "Ended · stop · volcengine:record",
        ),
    ],
)
async def test_all_five_commands_work(
    stage: Stage, command: str, button: str | None, says: str
) -> None:
    """The seeded tasks make the examples work as printed."""
    ann = await stage.window()
    await ann.send(f"/stream {command}")
    if button:
        await ann.see("Waiting for a yes")
        await ann.page.locator("#channel .button", has_text=button).click()
    await ann.see(says, "RequestId")


async def test_a_stream_that_comes_back_is_told(stage: Stage) -> None:
    """The same message says it, once the vendor's status has shown it; nothing is left to press."""
    cast("Any", stage.scene.clouds["tencent"]).recovery = 1.0
    ann = await stage.window()
    await ann.send("/stream restart tencent 123")
    message = await ann.see("Running again", "restart", "123")
    [request_id] = stage.sent(RESTART)
    assert request_id in await message.inner_text()
    assert await message.locator(".button").count() == 0
    assert await ann.message("· restart ·").count() == 1


async def test_a_card_is_confirmed_with_its_button(stage: Stage) -> None:
    """Nothing is sent before the press; then once, and the buttons are gone."""
    ann = await stage.window()
    await ann.send("/stream delete tencent 456")
    card = await ann.see("Waiting for a yes", "456")
    assert stage.sent(DELETE) == []
    assert await card.locator(".button.danger").inner_text() == "Delete task 456"
    await ann.press("Delete task 456")
    message = await ann.see("Deleted", "delete")
    [request_id] = stage.sent(DELETE)
    assert request_id in await message.inner_text()
    assert await message.locator(".button").count() == 0


async def test_a_double_click_sends_once(stage: Stage) -> None:
    """Two clicks at once: the page tells of one press, and the vendor gets one request."""
    ann = await stage.window()
    posted: list[str] = []
    ann.page.on("request", lambda request: posted.append(request.url))
    await ann.send("/stream delete tencent 456")
    await ann.see("Waiting for a yes")
    await ann.page.get_by_role("button", name="Delete task 456").dblclick()
    await ann.see("Deleted")
    assert len(stage.sent(DELETE)) == 1
    assert sum(url.endswith("/page/press") for url in posted) == 1


async def test_cancel_sends_nothing(stage: Stage) -> None:
    """The card says who withdrew it."""
    ann = await stage.window()
    await ann.send("/stream delete tencent 456")
    await ann.see("Waiting for a yes")
    await ann.press("Cancel")
    await ann.see("Cancelled", "Nothing was sent")
    assert stage.sent(DELETE) == []


async def test_several_tasks_have_one_card_and_one_message(stage: Stage) -> None:
    """One press sends each task once; the card becomes the sum of what came of them."""
    ann = await stage.window()
    await ann.send("/stream delete tencent 123 456")
    card = await ann.see("Waiting for a yes", "2 tasks")
    assert stage.sent(DELETE) == []
    assert await card.locator("tbody tr").count() == 2
    await card.locator(".button.danger", has_text="Delete 2 tasks").click()
    message = await ann.see("Deleted", "2 tasks")
    assert "2 deleted" in await message.inner_text()
    assert await ann.message("2 tasks").count() == 1
    assert len(stage.sent(DELETE)) == 2


async def test_a_second_person_says_yes_in_another_browser(stage: Stage) -> None:
    """ann's own press is refused in private, bob's runs it, and both see the outcome."""
    ann, bob = await stage.window("U123"), await stage.window("U456")
    await ann.send("/stream restart main-feed")
    await ann.see("Waiting for a second person")
    await ann.press("Restart task 777")
    refusal = await ann.see("somebody else decides")
    assert "Only visible to you" in await refusal.inner_text()
    assert stage.sent(RESTART) == []
    await bob.see("Waiting for a second person")
    await bob.press("Restart task 777")
    for window in (ann, bob):
        await window.see("Accepted", "yes by @bob")
    assert len(stage.sent(RESTART)) == 1
    assert await bob.message("somebody else decides").count() == 0


async def test_one_person_plays_both_parts(stage: Stage) -> None:
    """The switch in the sidebar is enough for a two-person approval."""
    window = await stage.window()
    await window.send("/stream restart main-feed")
    await window.see("Waiting for a second person")
    await window.be("bob")
    await window.see("Waiting for a second person")
    await window.press("Restart task 777")
    await window.see("Accepted", "yes by @bob")


@pytest.mark.parametrize(("person", "says"), [("gus", "Guests"), ("zoe", "this workspace")])
async def test_guests_and_strangers_are_refused(stage: Stage, person: str, says: str) -> None:
    """In private, with the next step; nobody else sees it and nothing is sent."""
    window = await stage.window()
    await window.be(person)
    await window.send("/stream restart tencent 123")
    refusal = await window.see("Not allowed", says)
    assert "Only visible to you" in await refusal.inner_text()
    await window.be("bob")
    assert await window.message("Not allowed").count() == 0
    assert stage.sent(RESTART) == []


@pytest.mark.parametrize("person", ["gus", "zoe"])
async def test_guests_and_strangers_cannot_press(stage: Stage, person: str) -> None:
    """The card stays as it is for those who may."""
    window = await stage.window()
    await window.send("/stream delete tencent 456")
    await window.see("Waiting for a yes")
    await window.be(person)
    await window.see("Waiting for a yes")
    await window.press("Delete task 456")
    await window.see("Only visible to you", "Nothing was sent")
    assert stage.sent(DELETE) == []
    assert await window.message("Waiting for a yes").locator(".button.danger").count() == 1


@pytest.mark.patience(1.0)
async def test_a_card_that_nobody_presses_expires(stage: Stage) -> None:
    """It says so, and how to ask again; the buttons are gone and nothing was sent."""
    ann = await stage.window()
    await ann.send("/stream delete tencent 456")
    message = await ann.see("Expired", "Nothing was sent")
    assert "/stream delete tencent 456" in await message.inner_text()
    assert await message.locator(".button").count() == 0
    assert stage.sent(DELETE) == []


async def test_an_unknown_outcome_is_told_as_such(stage: Stage) -> None:
    """The vendor acts and drops the connection: one request, and its status clears it up."""
    ann = await stage.window()
    cloud = stage.scene.clouds["tencent"]
    cast("Any", cloud).recovery = 1.0
    cloud.play(Incident.DROP, 1)
    await ann.send("/stream restart tencent 123")
    await ann.see("Unknown", "restart", "123", "status until")
    await ann.see("Running again", "the answer was lost")
    assert len(stage.sent(RESTART)) == 1


@pytest.mark.parametrize(
    ("incident", "says", "step"),
    [
        (Incident.ARREARS, "ResourceNotFound.StopService", "Next:"),
        (Incident.WRONG_KEYS, "AuthFailure", "Next:"),
        (Incident.GATEWAY, "Unknown", "status until"),
    ],
)
async def test_an_incident_says_what_to_do(
    stage: Stage, incident: Incident, says: str, step: str
) -> None:
    """The code or the state word, and the next step: a person's, or the bot's own."""
    ann = await stage.window()
    stage.scene.clouds["tencent"].play(incident)
    await ann.send("/stream restart tencent 123")
    await ann.see(says, step)


async def test_a_mention_in_a_thread_is_answered_there(stage: Stage) -> None:
    """Commands do not work in threads, the bot's name does; the thread shows what comes of it."""
    ann = await stage.window()
    await ann.send("is 123 down?")
    parent = await ann.see("is 123 down?")
    await parent.hover()
    await parent.get_by_role("button", name="Reply in thread").click()
    reply = ann.page.locator("#reply")
    await reply.fill("/stream restart tencent 123")
    await reply.press("Enter")
    await ann.page.get_by_text("/stream is not supported in threads").wait_for()
    await reply.fill("@stream restart tencent 123")
    await reply.press("Enter")
    await ann.page.locator("#thread .message", has_text="Accepted").wait_for()
    assert await ann.message("Accepted").count() == 0
    assert "replies" in await parent.inner_text()
    assert len(stage.sent(RESTART)) == 1


async def test_a_channel_without_the_bot_still_gets_an_answer(stage: Stage) -> None:
    """In the private channel a command works through its response_url."""
    ann = await stage.window()
    await ann.go("war-room")
    await ann.send("/stream restart tencent 123")
    await ann.see("Accepted")


async def test_the_rule_of_another_channel_is_shown(stage: Stage) -> None:
    """Deletes are forbidden in #ops; the answer is private."""
    ann = await stage.window()
    await ann.go("ops")
    await ann.send("/stream delete tencent 456")
    await ann.see("Not allowed", "deny 1", "Only visible to you")


async def test_a_bot_that_is_silent_is_told_in_slacks_words(stage: Stage) -> None:
    """The app is gone: the command fails as Slack says it, in private."""
    ann = await stage.window()
    stage.scene.workspace.request_url = "http://127.0.0.1:9/"  # nobody listens there
    await ann.send("/stream restart tencent 123")
    await ann.see("Only visible to you", "/stream failed")


async def test_a_task_moves_on_the_clouds_page(stage: Stage) -> None:
    """The request and the task's state are seen beside the workspace, live."""
    ann = await stage.window()
    context = await stage.context()
    clouds = await context.new_page()
    await clouds.goto(stage.address.replace("/#", "/clouds/#"))
    await clouds.get_by_text("123", exact=True).first.wait_for()
    await ann.send("/stream restart tencent 123")
    await ann.see("Accepted")
    [request_id] = stage.sent(RESTART)
    await clouds.get_by_text(request_id).first.wait_for()


async def test_closing_the_page_in_mid_operation_loses_nothing(stage: Stage) -> None:
    """The vendor is slow, the window goes; a new one shows how it ended."""
    ann = await stage.window()
    stage.scene.clouds["tencent"].play(Incident.SLOW)
    await ann.send("/stream restart tencent 123")
    await ann.see("Sending")
    await ann.page.close()
    again = await stage.window()
    await again.see("Accepted", "RequestId")
    assert len(stage.sent(RESTART)) == 1


async def test_two_windows_show_the_same(stage: Stage) -> None:
    """What is said in one is seen in the other, in the same order."""
    ann, bob = await stage.window("U123"), await stage.window("U456")
    for number in range(5):
        await ann.send(f"from ann {number}")
        await bob.send(f"from bob {number}")
        await asyncio.gather(ann.see(f"from bob {number}"), bob.see(f"from ann {number}"))
    assert await ann.texts() == await bob.texts()
    assert len(await ann.texts()) == 10
