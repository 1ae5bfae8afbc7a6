"""A real Bolt app and people, over both transports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.context.say.async_say import AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import SLACKBOT, ManualClock, NotOnScreen, SlashCommand, Workspace

Connect = Callable[[AsyncApp], Awaitable[Any]]


def button(action_id: str, value: str = "", **more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": action_id.title()}
    return {"type": "button", "action_id": action_id, "text": text, "value": value, **more}


def card(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    text = {"type": "mrkdwn", "text": "Sure?"}
    return [{"type": "section", "text": text}, {"type": "actions", "elements": list(elements)}]


async def test_a_command_is_acked_and_posted(
    workspace: Workspace, app: AsyncApp, connect: Connect
) -> None:
    """A command reaches the app as it was typed, and what the app posts is in the channel."""
    seen: list[dict[str, Any]] = []

    @app.command("/stream")
    async def restart(ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient) -> None:
        seen.append(command)
        await ack()
        await client.chat_postMessage(channel=command["channel_id"], text="Accepted")

    await connect(app)
    receipt = await workspace.slash("ann", "#incidents", '/stream restart "a & b" <!here> 😀')

    assert receipt.acked
    assert (receipt.shown, receipt.error) == ("", "")
    assert receipt.milliseconds < 3000
    assert [m.text for m in workspace.messages("incidents")] == ["Accepted"]
    assert seen[0]["text"] == 'restart "a & b" <!here> 😀'
    assert (seen[0]["user_id"], seen[0]["user_name"]) == ("U1", "ann")
    assert (seen[0]["channel_id"], seen[0]["channel_name"]) == ("C1", "incidents")
    assert seen[0]["trigger_id"] == receipt.trigger_id
    assert seen[0]["team_id"] == "T0SANDBOX"


async def test_a_stranger(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """What a person of another workspace does names that workspace, whatever the channel."""
    teams: list[str] = []

    @app.command("/stream")
    async def take(ack: AsyncAck, command: dict[str, Any]) -> None:
        teams.append(command["team_id"])
        await ack()

    @app.event("app_mention")
    async def hear(event: dict[str, Any]) -> None:
        teams.append(event["team"])

    await connect(app)
    await workspace.slash("eve", "incidents", "/stream help")
    await workspace.mention("eve", "incidents", "help")
    await workspace.wait_for(lambda: len(teams) == 2)
    assert teams == ["T9", "T9"]


@pytest.mark.parametrize("reply", ["Not run", {"text": "Not run", "blocks": card(button("a"))}])
async def test_an_ack_with_a_text_is_seen_by_the_asker_alone(
    workspace: Workspace, app: AsyncApp, connect: Connect, reply: Any
) -> None:
    """What comes with the ack is ephemeral, and in the channel only if it says so."""

    @app.command("/stream")
    async def refuse(ack: AsyncAck) -> None:
        await ack(reply)

    await connect(app)
    receipt = await workspace.slash("ann", "incidents", "/stream")

    assert receipt.shown == "Not run"
    assert [m.text for m in workspace.ephemerals("ann", "incidents")] == ["Not run"]
    assert workspace.ephemerals("bob", "incidents") == []
    assert workspace.messages("incidents") == []


async def test_an_ack_in_channel(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """response_type in_channel shows the ack's text to everybody, even where the bot is not."""

    @app.command("/stream")
    async def tell(ack: AsyncAck) -> None:
        await ack("For all", response_type="in_channel")

    await connect(app)
    await workspace.slash("ann", "ops", "/stream")
    assert [m.text for m in workspace.messages("ops")] == ["For all"]


async def test_no_ack_in_time(
    workspace: Workspace, app: AsyncApp, connect: Connect, clock: ManualClock
) -> None:
    """Without an ack within three seconds the person sees that the app did not respond."""
    done = asyncio.Event()

    @app.command("/stream")
    async def never(ack: AsyncAck) -> None:
        await done.wait()
        await ack()

    await connect(app)
    slash = asyncio.create_task(workspace.slash("ann", "incidents", "/stream restart"))
    await clock.asleep()
    await clock.advance(2.9)
    assert not slash.done()
    await clock.advance(0.2)
    receipt = await slash
    done.set()

    assert not receipt.acked
    assert receipt.error == "operation_timeout"
    assert receipt.shown.startswith("/stream failed because the app did not respond")
    (complaint,) = workspace.ephemerals("ann", "incidents")
    assert (complaint.author, complaint.text) == (SLACKBOT, receipt.shown)
    assert len(receipt.attempts) == 1, "a command is never tried again"


async def test_a_press(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """A press carries the button's value, who pressed, and the message with its ids."""
    seen: list[dict[str, Any]] = []

    @app.action("yes")
    async def yes(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        seen.append(body)
        await ack()
        await client.chat_update(
            channel=body["container"]["channel_id"],
            ts=body["container"]["message_ts"],
            text="Deleted",
        )

    await connect(app)
    posted = await app.client.chat_postMessage(
        channel="C1", text="Sure?", blocks=card(button("yes", "T1"), button("no", "T1"))
    )
    (message,) = workspace.messages("incidents")
    receipt = await workspace.press("eve", message, "yes")

    assert receipt.acked
    (body,) = seen
    assert body["actions"][0]["value"] == "T1"
    assert body["actions"][0]["block_id"] == message.versions[0].content.blocks[1]["block_id"]
    assert body["user"] == {"id": "U3", "username": "eve", "name": "eve", "team_id": "T9"}
    assert body["message"]["ts"] == posted["ts"]
    assert body["container"]["is_ephemeral"] is False
    assert body["trigger_id"] == receipt.trigger_id
    assert [v.content.text for v in message.versions] == ["Sure?", "Deleted"]
    assert message.blocks == (), "a text without blocks drops the blocks"


async def test_only_what_is_there_can_be_pressed(
    workspace: Workspace, app: AsyncApp, connect: Connect
) -> None:
    """A button that is gone can be pressed only by force, as a late click or a forger would."""
    pressed: list[str] = []

    @app.action("yes")
    async def yes(ack: AsyncAck, action: dict[str, Any]) -> None:
        pressed.append(action["value"])
        await ack()

    await connect(app)
    blocks = card(button("yes", "T1"))
    posted = await app.client.chat_postMessage(channel="C1", text="Sure?", blocks=blocks)
    (message,) = workspace.messages("incidents")
    with pytest.raises(NotOnScreen, match="'no'"):
        await workspace.press("ann", message, "no")
    await app.client.chat_update(channel="C1", ts=posted["ts"], text="Expired")
    with pytest.raises(NotOnScreen):
        await workspace.press("ann", message, "yes")
    await workspace.press("ann", message, "yes", force=True)
    await workspace.press("ann", message, "yes", value="forged", force=True)
    assert pressed == ["T1", "forged"]


async def test_a_dialog_that_is_denied_sends_nothing(
    workspace: Workspace, app: AsyncApp, connect: Connect
) -> None:
    """A confirm dialog is the client's: a no never reaches the app."""
    pressed: list[str] = []

    @app.action("again")
    async def again(ack: AsyncAck) -> None:
        pressed.append("again")
        await ack()

    await connect(app)
    word = {"type": "plain_text", "text": "Restart"}
    confirm = {"title": word, "text": word, "confirm": word, "deny": word}
    await app.client.chat_postMessage(
        channel="C1", text="Down", blocks=card(button("again", confirm=confirm))
    )
    (message,) = workspace.messages("incidents")
    denied = await workspace.press("ann", message, "again", confirm=False)
    assert denied.confirm == confirm
    assert not denied.sent
    assert (await workspace.press("ann", message, "again")).acked
    assert pressed == ["again"]


async def test_a_menu(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """An option of a menu or overflow is picked by its value or label."""
    picked: list[str] = []

    @app.action("pick")
    async def pick(ack: AsyncAck, action: dict[str, Any]) -> None:
        picked.append(action["selected_option"]["value"])
        await ack()

    await connect(app)
    options = [
        {"text": {"type": "plain_text", "text": text}, "value": value}
        for text, value in [("Restart", "r"), ("Stop", "s")]
    ]
    menu = {"type": "overflow", "action_id": "pick", "options": options}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "123"}, "accessory": menu}
    await app.client.chat_postMessage(channel="C1", text="Tasks", blocks=[section])
    (message,) = workspace.messages("incidents")
    await workspace.press("ann", message, "pick", option="r")
    await workspace.press("ann", message, "pick", option="Stop")
    assert picked == ["r", "s"]
    with pytest.raises(NotOnScreen, match="no option"):
        await workspace.press("ann", message, "pick", option="x")


async def test_an_ephemeral_button(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """An ephemeral message is pressed by its reader alone and changed through response_url only."""
    seen: list[dict[str, Any]] = []

    @app.action("yes")
    async def yes(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        seen.append(body)
        await ack()
        await respond("Replaced", replace_original=True)

    await connect(app)
    await app.client.chat_postEphemeral(
        channel="C1", user="U1", text="Sure?", blocks=card(button("yes"))
    )
    (message,) = workspace.ephemerals("ann", "incidents")
    with pytest.raises(NotOnScreen):
        await workspace.press("bob", message, "yes")
    await workspace.press("ann", message, "yes")
    await workspace.wait_for(lambda: message.text == "Replaced")
    assert seen[0]["container"]["is_ephemeral"] is True
    assert "message" not in seen[0]


async def test_a_mention(
    workspace: Workspace, app: AsyncApp, connect: Connect, clock: ManualClock
) -> None:
    """A mention comes escaped, with the bot's id for its name, and is answered in its thread."""
    seen: list[dict[str, Any]] = []

    @app.event("app_mention")
    async def hear(event: dict[str, Any], say: AsyncSay) -> None:
        seen.append(event)
        await say("Accepted", thread_ts=event.get("thread_ts") or event["ts"])

    await connect(app)
    receipt = await workspace.mention("ann", "incidents", 'stop 1 --reason "<a> & b"')
    asked = receipt.message
    assert asked is not None
    replies = await workspace.wait_for(lambda: workspace.thread(asked))

    assert receipt.acked
    assert seen[0]["text"] == '<@U0SANDBOX> stop 1 --reason "&lt;a&gt; &amp; b"'
    assert seen[0]["ts"] == asked.ts
    assert asked.shown == '@stream stop 1 --reason "<a> & b"'
    assert [m.text for m in replies] == ["Accepted"]
    assert workspace.messages("incidents") == [asked], "a reply is not in the channel itself"

    await clock.advance(1)  # one post a second in a channel
    in_thread = await workspace.mention("bob", "incidents", "status 1", thread_ts=asked.ts)
    assert seen[1]["thread_ts"] == asked.ts
    assert in_thread.event_id != receipt.event_id


async def test_where_a_mention_is_not_heard(
    workspace: Workspace, app: AsyncApp, connect: Connect
) -> None:
    """Slack sends app_mention only where the bot is a member, with the scope; never for a DM."""
    await connect(app)
    dm = workspace.direct_messages("ann", with_bot=True)
    assert not (await workspace.mention("ann", "ops", "help")).sent
    assert not (await workspace.mention("ann", dm, "help")).sent
    assert not (await workspace.say("ann", "incidents", "@streams are down, @bob")).sent
    workspace.app.scopes.discard("app_mentions:read")
    assert not (await workspace.mention("ann", "incidents", "help")).sent


async def test_bots_and_edits(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """What a bot wrote carries bot_id; an edited message comes again and says that it is edited."""
    seen: list[dict[str, Any]] = []

    @app.event("app_mention")
    async def hear(event: dict[str, Any]) -> None:
        seen.append(event)

    await connect(app)
    workspace.add_person("ci", id="U8", is_bot=True)
    workspace.invite("incidents", "ci")
    await workspace.mention("ci", "incidents", "stop 1")
    said = await workspace.say("ann", "incidents", "hello")
    assert said.message is not None
    await workspace.edit(said.message, "@stream stop 1")
    await workspace.wait_for(lambda: len(seen) == 2)
    by_bot, edited = seen
    assert by_bot["bot_id"] == "B8"
    assert edited["edited"]["user"] == "U1"
    assert edited["ts"] == said.message.ts
    assert "bot_id" not in edited


async def test_a_replay_is_the_same_delivery(
    workspace: Workspace, app: AsyncApp, connect: Connect
) -> None:
    """A replay carries the same trigger_id or event_id and the same text."""
    commands: list[dict[str, Any]] = []
    events: list[str] = []

    @app.command("/stream")
    async def take(ack: AsyncAck, command: dict[str, Any]) -> None:
        commands.append(command)
        await ack("Once")

    @app.event("app_mention")
    async def hear(body: dict[str, Any]) -> None:
        events.append(body["event_id"])

    await connect(app)
    first = await workspace.slash("ann", "incidents", "/stream delete 1")
    second = await workspace.replay(first)
    assert second.acked
    assert commands[0] == commands[1]
    mention = await workspace.mention("ann", "incidents", "help")
    await workspace.replay(mention)
    await workspace.wait_for(lambda: len(events) == 2)
    assert events[0] == events[1] == mention.event_id


async def test_declared_commands(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """A command that no app declares goes nowhere; should_escape turns names into ids."""
    texts: list[str] = []

    @app.command("/stream")
    async def take(ack: AsyncAck, command: dict[str, Any]) -> None:
        texts.append(command["text"])
        await ack()

    workspace.app.commands = (SlashCommand("/stream", should_escape=True),)
    await connect(app)
    lost = await workspace.slash("ann", "incidents", "/steam help")
    assert (lost.sent, lost.shown) == (False, "/steam is not a valid command.")
    await workspace.slash("ann", "incidents", "/stream ask @bob in #ops and @nobody")
    assert texts == ["ask <@U2|bob> in <#C2|ops> and @nobody"]


async def test_only_members_type_in_a_channel(workspace: Workspace) -> None:
    """Nobody can type where they are not."""
    with pytest.raises(NotOnScreen, match="bob is not in ops"):
        await workspace.slash("bob", "ops", "/stream help")
