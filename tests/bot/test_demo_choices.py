"""Tables, menus and questions in the terminal: how they are drawn, and what a number presses."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.drawn import buttons_of, drawn
from bot.demo.furniture import Scene
from bot.demo.paper import Paper
from bot.demo.terminal import Terminal
from bot.reply import Ask, Button, Code, Mark, Menu, Reply, Table
from bot.sandbox import Content, Message, Workspace
from bot.slack.blocks import render

ASK = Ask("Restart task 123 again?", "The stream breaks.", "Restart", "Leave it")
RESTART = Button(action="do:restart", label="Restart", ticket="ticket", ask=ASK)
MORE = Button(action="more", label="More", ticket="ticket")
TABLE = Table(
    ("State", "Task", "From"),
    (
        (("stopped",), (Code("6f869419-0692"),), ("pull.example.com",)),
        (("running",), (Code("1"),), ("pull.example.com",)),
    ),
)


def menu(count: int) -> Menu:
    """Tasks to pick from."""
    options = tuple((f"running · {n}", f"ticket.{n}") for n in range(1, count + 1))
    return Menu(action="pick", label="Pick a task", options=options)


def post(slack: Workspace, reply: Reply) -> Message:
    """The bot says this in #incidents."""
    payload = render(reply)
    content = Content(text=payload["text"], blocks=tuple(payload["blocks"]))
    return slack.model.post_as_bot(slack.model.channel("incidents"), content, origin="api")


def lines_of(slack: Workspace, reply: Reply, width: int | None = None) -> list[str]:
    """What a terminal shows of it below the heading."""
    message = post(slack, reply)
    return drawn(message, slack.model, colours=False, width=width).split("\n")[1:]


@pytest.fixture
def slack() -> Workspace:
    """A workspace with one channel; nothing needs to be started."""
    workspace = Workspace(bot_name="stream")
    workspace.add_channel("incidents")
    return workspace


def test_a_table_is_aligned_and_cut_to_the_width(slack: Workspace) -> None:
    """Whole where nobody measures, as in a pipe; else the widest columns give way."""
    reply = Reply(text="x", mark=Mark.TASKS, table=TABLE)
    assert lines_of(slack, reply) == [
        "  📋 Tasks",
        "  State   | Task          | From",
        "  stopped | 6f869419-0692 | pull.example.com",
        "  running | 1             | pull.example.com",
    ]
    narrow = lines_of(slack, reply, width=34)
    assert narrow[2] == "  stopped | 6f869419… | pull.exam…"
    assert max(map(len, narrow)) <= 34


def test_options_are_numbered_after_the_buttons(slack: Workspace) -> None:
    """So that the first button stays number 1; of a long menu the first twelve are shown."""
    assert lines_of(slack, Reply(text="x", menus=(menu(2),), buttons=(RESTART, MORE))) == [
        "  [1] Restart  [2] More",
        "  Pick a task:",
        "    [3] running · 1",
        "    [4] running · 2",
    ]
    long = Reply(text="x", menus=(menu(40),), buttons=(MORE,))
    shown = lines_of(slack, long)
    assert shown[-2:] == ["    [13] running · 12", "    and 28 more, by number"]
    assert len(buttons_of(post(slack, long))) == 41


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """The demo. Loopback calls must not go to a proxy."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    async with Scene(tmp_path / "demo.db") as built:
        yield built


async def shown(scene: Scene, *typed: str) -> str:
    """What the terminal shows when these lines are typed one after the other."""

    async def typing() -> AsyncIterator[str]:
        for line in typed:
            yield line

    out = io.StringIO()
    await Terminal(scene, Paper(out, terminal=False), echo=True).play(typing())
    return out.getvalue()


@pytest.mark.parametrize(("answer", "presses"), [("y", 1), ("Yes", 1), ("n", 0), ("1", 0)])
async def test_a_question_is_answered_in_the_next_line(
    scene: Scene, answer: str, presses: int
) -> None:
    """Anything but a yes leaves it; the line is an answer and nothing else."""
    message = post(scene.workspace, Reply(text="x", mark=Mark.NOT_BACK, buttons=(RESTART,)))
    heard = [0]
    scene.workspace.feed.listen(
        lambda change: (
            heard.append(1) if getattr(change.about, "message", None) is message else None
        )
    )
    text = await shown(scene, "1", answer)
    question = "Restart task 123 again? The stream breaks. [y] Restart  [n] Leave it"
    assert f"{question}\ny or n> {answer}\n" in text
    assert sum(heard) == presses
    assert text.endswith("Not pressed.\n") is (presses == 0)


async def test_quit_ends_the_demo_at_a_question_too(scene: Scene) -> None:
    """What comes after it is not typed any more."""
    post(scene.workspace, Reply(text="x", mark=Mark.NOT_BACK, buttons=(RESTART,)))
    assert (await shown(scene, "1", "/quit", "hello")).endswith("y or n> /quit\n")


async def test_a_number_picks_an_option(scene: Scene) -> None:
    """The bot hears of the option, also of one whose number has two digits."""
    message = post(scene.workspace, Reply(text="x", mark=Mark.TASKS, menus=(menu(14),)))
    picked: list[str] = []

    def hear(receipt: object) -> None:
        delivery = getattr(receipt, "delivery", None)
        if delivery and getattr(receipt, "message", None) is message:
            picked.extend(one["selected_option"]["value"] for one in delivery.payload["actions"])

    scene.workspace.feed.listen(lambda change: hear(change.about))
    await shown(scene, "2", "14")
    assert picked == ["ticket.2", "ticket.14"]
