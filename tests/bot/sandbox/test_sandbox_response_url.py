"""response_url: five uses in half an hour, wherever the command was typed."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox import RESPONSE_URL, Content, Drop, ManualClock, Message, Workspace

SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}
BUTTON = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "A"}}
CARD = Content(text="Sure?", blocks=({"type": "actions", "elements": [BUTTON]},))


async def command_url(workspace: Workspace, channel: str = "ops") -> AsyncWebhookClient:
    """The response_url of a command. Nothing needs to be connected for it to work."""
    receipt = await workspace.slash("ann", channel, "/stream")
    for complaint in workspace.ephemerals("ann", channel):
        workspace.model.delete(complaint)
    return AsyncWebhookClient(receipt.response_url)


async def press_url(workspace: Workspace, *, only_for: str | None = None) -> tuple[Any, Message]:
    message = workspace.model.post_as_bot(
        workspace.model.channel("incidents"), CARD, origin="api", only_for=only_for
    )
    receipt = await workspace.press("ann", message, "a")
    return AsyncWebhookClient(receipt.response_url), message


async def test_where_the_bot_is_no_member(workspace: Workspace) -> None:
    """It answers in a private channel without the bot: privately, or to all if asked to."""
    url = await command_url(workspace)
    assert (await url.send(text="for ann")).body == "ok"
    await url.send(text="for all", response_type="in_channel", blocks=[SECTION])
    assert [m.text for m in workspace.ephemerals("ann", "ops")] == ["for ann"]
    (message,) = workspace.messages("ops")
    assert (message.text, message.author) == ("for all", workspace.app.user_id)
    assert message.screen == "Hello"


async def test_five_uses(workspace: Workspace) -> None:
    """The sixth use is refused; one that says nothing valid is not counted."""
    url = await command_url(workspace)
    bad = await url.send(text="x", blocks=[{"type": "nothing"}])
    assert (bad.status_code, "invalid_blocks" in bad.body) == (400, True)
    assert [(await url.send(text="x")).status_code for _ in range(5)] == [200] * 5
    sixth = await url.send(text="x")
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    assert len(workspace.ephemerals("ann", "ops")) == 5


async def test_half_an_hour(workspace: Workspace, clock: ManualClock) -> None:
    """After thirty minutes, and for an invented URL, it is expired."""
    url = await command_url(workspace)
    await clock.advance(30 * 60 - 1)
    assert (await url.send(text="x")).status_code == 200
    await clock.advance(2)
    late = await url.send(text="x")
    invented = await AsyncWebhookClient(f"{workspace.url}/commands/T/x").send(text="x")
    for answer in (late, invented):
        assert (answer.status_code, "expired_url" in answer.body) == (404, True)


@pytest.mark.parametrize("only_for", [None, "U1"])
async def test_the_pressed_message(workspace: Workspace, only_for: str | None) -> None:
    """A press may replace or delete its message, an ephemeral one too, or say something new."""
    url, message = await press_url(workspace, only_for=only_for)
    await url.send(text="new")
    assert workspace.ephemerals("ann", "incidents")[-1].text == "new"
    assert message.text == "Sure?"
    await url.send(text="Deleted", replace_original=True)
    assert [v.content.text for v in message.versions] == ["Sure?", "Deleted"]
    assert message.only_for == only_for
    await url.send(delete_original=True)
    assert message.deleted
    assert message not in workspace.messages("incidents")


async def test_broken_bodies(workspace: Workspace, session: Any) -> None:
    """What is no JSON object is refused with 400."""
    url = await command_url(workspace)
    for body in ("{", "[]"):
        async with session.post(url.url, data=body) as response:
            assert (response.status, await response.json()) == (
                400,
                {"ok": False, "error": "invalid_payload"},
            )


async def test_the_answer_may_be_lost(workspace: Workspace, session: Any) -> None:
    """A dropped connection leaves what was said."""
    url = await command_url(workspace)
    workspace.faults.play(Drop(), RESPONSE_URL, times=1)
    with pytest.raises(Exception, match="disconnected"):
        await session.post(url.url, json={"text": "said"})
    assert [m.text for m in workspace.ephemerals("ann", "ops")] == ["said"]
