"""The page's tables, menus and questions, as the bot's own renderer sends them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.reply import Ask, Button, Code, Mark, Menu, Reply, Table
from bot.sandbox import Content, Message
from bot.slack.blocks import render
from tests.e2e.window import Stage, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

TASK = "6f869419-0692-4fd5-8cf0-66cab6590{:03}"
ROWS = tuple(
    (
        ("stopped, PullStreamFailed" if n == 1 else "running",),
        (Code(TASK.format(n)),),
        (f"camera {n}",),
        ("pull.example.com",),
        ("push.example.com",),
        ("22 Nov 10:00 UTC",),
    )
    for n in range(1, 6)
)
LIST = Reply(
    text="alibaba:relay: 5 tasks; 1 stopped, 4 running.",
    mark=Mark.TASKS,
    head=("alibaba:relay · account ali · 5 tasks",),
    table=Table(("State", "Task", "Name", "From", "To", "Until"), ROWS),
    context=(("Shown 5 of 5 · read 03:12:05 UTC",),),
    menus=(
        Menu(
            action="pick",
            label="Pick a task",
            options=tuple((f"running · camera {n}", f"ticket.{n}") for n in range(1, 6)),
        ),
    ),
    buttons=(
        Button(
            action="do:restart",
            label="Restart",
            ticket="ticket",
            ask=Ask("Restart task 123 again?", "The stream breaks.", "Restart it", "Leave it"),
        ),
        Button(action="more", label="More", ticket="ticket"),
    ),
)


def post(stage: Stage, reply: Reply, only_for: str | None = None) -> Message:
    """The bot says this in #incidents."""
    payload = render(reply)
    content = Content(text=payload["text"], blocks=tuple(payload["blocks"]))
    model = stage.scene.workspace.model
    channel = model.channel("incidents")
    return model.post_as_bot(channel, content, origin="api", only_for=only_for)


def presses(window: Window) -> Sequence[dict[str, Any]]:
    """What the page tells the workspace of presses, from now on."""
    told: list[dict[str, Any]] = []

    def heard(url: str, body: str | None) -> None:
        if url.endswith("/page/press"):
            told.append(json.loads(body or "{}"))

    window.page.on("request", lambda request: heard(request.url, request.post_data))
    return told


async def done(window: Window) -> None:
    """Wait until no press is on its way."""
    await window.page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_table_scrolls_inside_itself(stage: Stage, scheme: str) -> None:
    """On a phone the page stays as wide as the screen; the keyboard reaches and scrolls it."""
    ann = await stage.window(viewport={"width": 375, "height": 720}, color_scheme=scheme)
    post(stage, LIST)
    frame = (await ann.see("alibaba:relay")).locator(".table-frame")
    assert await frame.locator("thead th").all_inner_texts() == [
        *(LIST.table or Table((), ())).header
    ]
    assert await frame.locator("tbody tr").count() == len(ROWS)
    assert await frame.locator("code").first.inner_text() == TASK.format(1)
    assert await frame.evaluate("one => one.scrollWidth > one.clientWidth + 100")
    assert await ann.measure("document.documentElement.scrollWidth <= innerWidth")
    await frame.focus()
    await ann.page.keyboard.press("Tab")
    await ann.page.keyboard.press("Shift+Tab")
    outline = "one => getComputedStyle(one).outlineStyle"
    assert await frame.evaluate(outline) == "solid"
    await ann.page.keyboard.press("ArrowRight")
    await ann.page.wait_for_function("() => document.querySelector('.table-frame').scrollLeft > 0")


async def test_an_option_is_picked_once_for_each_time(stage: Stage) -> None:
    """Of a private message as well; the same one can be picked again, for the menu goes back."""
    ann = await stage.window()
    message = post(stage, LIST, only_for="U123")
    told = presses(ann)
    menu = (await ann.see("Only visible to you", "alibaba:relay")).get_by_label("Pick a task")
    for _ in range(2):
        await menu.select_option("ticket.2")
        await done(ann)
        assert await menu.input_value() == ""
    assert [(one["ts"], one["action_id"], one["option"]) for one in told] == [
        (message.ts, "pick", "ticket.2")
    ] * 2


async def test_a_key_opens_a_menu_and_picks_nothing(stage: Stage) -> None:
    """Browsers take the next option at an arrow key; here that would be a press."""
    ann = await stage.window()
    post(stage, LIST)
    told = presses(ann)
    menu = (await ann.see("alibaba:relay")).get_by_label("Pick a task")
    await menu.focus()
    await ann.page.keyboard.press("ArrowDown")
    await ann.page.keyboard.press("Escape")
    await menu.focus()
    await ann.page.keyboard.press("r")
    await ann.page.keyboard.press("Escape")
    assert (told, await menu.input_value()) == ([], "")


async def test_a_question_is_answered_by_keyboard(stage: Stage) -> None:
    """No comes first, and tells the app nothing; the focus then is back on the button."""
    ann = await stage.window()
    post(stage, LIST)
    told = presses(ann)
    restart = (await ann.see("alibaba:relay")).get_by_role("button", name="Restart")
    dialog = ann.page.get_by_role("dialog", name="Restart task 123 again?")
    await restart.press("Enter")
    assert await dialog.get_by_role("paragraph").inner_text() == "The stream breaks."
    await ann.page.keyboard.press("Enter")
    await dialog.wait_for(state="detached")
    assert await restart.evaluate("one => one === document.activeElement")
    assert told == []
    await restart.press("Enter")
    await ann.page.keyboard.press("Tab")
    await ann.page.keyboard.press("Enter")
    await dialog.wait_for(state="detached")
    await done(ann)
    assert [(one["action_id"], one["value"]) for one in told] == [("do:restart", "ticket")]
