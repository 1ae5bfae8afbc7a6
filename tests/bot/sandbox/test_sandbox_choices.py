"""Tables, menus and questions in the workspace: checked, read as lines, picked from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Content, Message, NotOnScreen, Workspace
from bot.sandbox.columns import aligned

Connect = Callable[[AsyncApp], Awaitable[Any]]
Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def select(count: int = 3, **more: Any) -> Block:
    """A menu of tasks: "Task 1" with "t.1", and so on."""
    options = [{"text": plain(f"Task {n}"), "value": f"t.{n}"} for n in range(1, count + 1)]
    pick = {"type": "static_select", "action_id": "pick", "placeholder": plain("Pick a task")}
    return {**pick, "options": options, **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "block_id": "b", "elements": list(elements)}


def table(rows: int) -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * rows}


def post(workspace: Workspace, block: Block, only_for: str | None = None) -> Message:
    """The bot shows a block in #incidents."""
    content = Content(text="list", blocks=(block,))
    channel = workspace.model.channel("incidents")
    return workspace.model.post_as_bot(channel, content, origin="api", only_for=only_for)


# Checked


OVER = [
    (table(101), "/blocks/0/rows"),
    (actions(select(101)), "/blocks/0/elements/0/options"),
    (actions(select(1, confirm={"title": plain("x" * 101)})), "/elements/0/confirm/title/text"),
]


@pytest.mark.parametrize(("block", "where"), OVER, ids=["table", "select", "confirm"])
async def test_a_refusal_says_why_wherever_it_is_sent(
    workspace: Workspace, client: AsyncWebClient, session: Any, block: Block, where: str
) -> None:
    """Posted, edited, for one person, or to a response_url: invalid_blocks, and the place."""
    said = await client.chat_postMessage(channel="C1", text="a list")
    ways: list[Awaitable[Any]] = [
        client.chat_postMessage(channel="C1", text="x", blocks=[block]),
        client.chat_update(channel="C1", ts=said["ts"], text="x", blocks=[block]),
        client.chat_postEphemeral(channel="C1", user="U1", text="x", blocks=[block]),
    ]
    for way in ways:
        with pytest.raises(SlackApiError) as refused:
            await way
        assert refused.value.response["error"] == "invalid_blocks"
        assert where in str(refused.value.response["response_metadata"])
    receipt = await workspace.slash("ann", "incidents", "/stream")
    body = {"text": "x", "blocks": [block]}
    answer: aiohttp.ClientResponse = await session.post(receipt.response_url, json=body)
    told = await answer.json()
    assert (answer.status, told["error"], where in str(told)) == (400, "invalid_blocks", True)
    assert [m.text for m in workspace.messages("incidents")] == ["a list"]


# Read as lines


LINES: list[tuple[list[list[str]], int | None, list[str]]] = [
    ([["State", "Task"], ["running", "1"]], None, ["State   | Task", "running | 1"]),
    ([["a", "b"], ["1"]], None, ["a | b", "1 | "]),
    ([["中文", "x"], ["abc", "y"]], None, ["中文 | x", "abc  | y"]),
    ([["🎥", "x"], ["✖️", "y"]], None, ["🎥 | x", "✖️  | y"]),
    ([["abcdefgh", "abcdef"]], 14, ["abcd… | abcdef"]),
    ([["abcdefgh", "中文中文"]], 14, ["abcd… | 中文…"]),
    ([["abcdefgh"] * 3], 2, ["abc… | abc… | abc…"]),
    ([], 80, []),
]


@pytest.mark.parametrize(("rows", "width", "lines"), LINES)
def test_columns_stand_below_each_other(
    rows: list[list[str]], width: int | None, lines: list[str]
) -> None:
    """Wide characters take two places; on narrow paper the widest columns give way first."""
    assert list(aligned(rows, width)) == lines


async def test_a_table_reads_as_aligned_text(workspace: Workspace) -> None:
    """The screen of a message, as tests and the terminal see it."""
    code = {"type": "text", "text": "6f869419", "style": {"code": True}}
    channel = {"type": "channel", "channel_id": "C1"}
    rows = [
        [{"type": "raw_text", "text": "Task"}, {"type": "raw_text", "text": "Where"}],
        [
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_section", "elements": [inside]}],
            }
            for inside in (code, channel)
        ],
    ]
    message = post(workspace, {"type": "table", "rows": rows})
    assert message.screen == "Task     | Where\n6f869419 | #incidents"


# Picked from


async def test_an_option_is_picked(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """By value or by label; the payload has it as Slack sends it, and nothing else to press."""
    told: list[dict[str, Any]] = []

    @app.action("pick")
    async def hear(ack: AsyncAck, body: dict[str, Any]) -> None:
        told.append(body)
        await ack()

    await connect(app)
    message = post(workspace, actions(select()))
    await workspace.press("ann", message, "pick", option="t.2")
    await workspace.press("ann", message, "pick", label="Task 2")
    await workspace.press("ann", message, "pick", value="t.2", label="Task 2")
    chosen = {"text": plain("Task 2"), "value": "t.2"}
    for body in told:
        [action] = body["actions"]
        assert action.pop("action_ts")
        assert action == {
            "type": "static_select",
            "block_id": "b",
            "action_id": "pick",
            "placeholder": plain("Pick a task"),
            "selected_option": chosen,
        }
        held = {"type": "static_select", "selected_option": chosen}
        assert body["state"]["values"] == {"b": {"pick": held}}
    assert len(told) == 3


@pytest.mark.parametrize(
    "wanted", [{"option": "t.4"}, {"label": "Task 4"}, {"value": "t.1", "label": "Task 2"}, {}]
)
async def test_what_is_not_in_the_menu_cannot_be_picked(
    workspace: Workspace, wanted: dict[str, str]
) -> None:
    """Nor does a menu do anything without an option."""
    message = post(workspace, actions(select()))
    with pytest.raises(NotOnScreen):
        await workspace.press("ann", message, "pick", **wanted)  # type: ignore[arg-type]  # a table


async def test_a_private_list_is_answered_in_its_place(
    workspace: Workspace, app: AsyncApp, connect: Connect
) -> None:
    """An ephemeral message is named without its content, and its response_url replaces it, then
    takes it away; the channel sees nothing of it."""
    told: list[dict[str, Any]] = []

    @app.action("pick")
    async def hear(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        told.append(body)
        await ack()
        if len(told) == 1:
            await respond(text="page 2", blocks=[actions(select())], replace_original=True)
        else:
            await respond(delete_original=True)

    await connect(app)
    message = post(workspace, actions(select()), only_for="U1")
    with pytest.raises(NotOnScreen):
        await workspace.press("bob", message, "pick", option="t.1")
    await workspace.press("ann", message, "pick", option="t.1")
    await workspace.wait_for(lambda: message.text == "page 2")
    assert workspace.ephemerals("ann", "incidents") == [message]
    await workspace.press("ann", message, "pick", option="t.3")
    await workspace.wait_for(lambda: message.deleted)
    assert workspace.messages("incidents") == []
    for body in told:
        assert "message" not in body
        assert body["container"]["is_ephemeral"] is True
        assert body["container"]["message_ts"] == message.ts


async def test_a_menu_can_ask_first(workspace: Workspace, app: AsyncApp, connect: Connect) -> None:
    """A no never reaches the app; a test presses through unless it says otherwise."""
    told: list[str] = []

    @app.action("pick")
    async def hear(ack: AsyncAck, action: dict[str, Any]) -> None:
        told.append(action["selected_option"]["value"])
        await ack()

    await connect(app)
    words = dict.fromkeys(("title", "text", "confirm", "deny"), plain("Sure?"))
    message = post(workspace, actions(select(confirm=words)))
    denied = await workspace.press("ann", message, "pick", option="t.1", confirm=False)
    assert (denied.confirm, denied.attempts) == (words, [])
    await workspace.press("ann", message, "pick", option="t.2")
    assert told == ["t.2"]
