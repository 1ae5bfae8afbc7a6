"""What the demo keeps over its starts, and where it listens."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.demo import port
from bot.demo.furniture import Scene
from bot.demo.history import kept_history
from bot.demo.view import View
from bot.sandbox import Content, Message, Workspace


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes them away; slack_sdk would send loopback calls there."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


# History


@asynccontextmanager
async def kept(folder: Path) -> AsyncIterator[Scene]:
    """One start of a demo that keeps its history in this folder."""
    async with Scene(folder / "demo.db", history=folder / "said.db") as scene:
        yield scene


async def test_a_card_of_an_earlier_start_still_works(tmp_path: Path) -> None:
    """The bot finds its card where it was, a press counts, and the card is edited."""
    async with kept(tmp_path) as scene:
        slack = scene.workspace
        await slack.slash("ann", "#incidents", "/stream delete tencent 456")
        await slack.wait_for(View(slack).newest_card)
    async with kept(tmp_path) as scene:
        slack = scene.workspace
        found = View(slack).newest_card()
        assert found is not None
        card, (yes, *_) = found
        await slack.press("ann", card, yes.action_id, value=yes.value, label=yes.label)
        await slack.wait_for(lambda: "Accepted" in card.screen)
        assert slack.messages("#incidents") == [card]
        assert scene.clouds["tencent"].task("pull", "456") is None


@asynccontextmanager
async def small(file: Path) -> AsyncIterator[Workspace]:
    """A workspace without a bot behind it that keeps what is said."""
    async with Workspace(bot_name="stream") as slack:
        ann = slack.add_person("ann", id="U1")
        slack.add_person("bob", id="U2")
        slack.add_channel("incidents", id="C1", members=[ann])
        with kept_history(slack, file):
            yield slack


def seen(message: Message) -> tuple[object, ...]:
    """All of a message."""
    return tuple(getattr(message, name) for name in Message.__slots__)


async def test_messages_come_back_as_they_were(tmp_path: Path) -> None:
    """Text, blocks, all versions, threads, who sees them, and what was deleted; in their order."""
    file = tmp_path / "said.db"
    async with small(file) as slack:
        first = (await slack.say("ann", "#incidents", "the stream is down é <!channel>")).message
        assert first is not None
        await slack.say("ann", "#incidents", "a reply", thread_ts=first.ts)
        await slack.edit(first, "the stream was down")
        channel = slack.model.channel("#incidents")
        slack.model.tell(channel, "U1", "only for ann")
        section = {"type": "section", "text": {"type": "mrkdwn", "text": "*facts*"}}
        content = Content(text="facts", blocks=(section,), metadata={"event_type": "x"})
        card = slack.model.post_as_bot(channel, content, origin="api")
        gone = slack.model.post_as_bot(channel, content, origin="api")
        slack.model.delete(gone)
        before = [seen(message) for message in channel.messages]
        assert len(first.versions) == 2
    async with small(file) as slack:
        channel = slack.model.channel("#incidents")
        assert [seen(message) for message in channel.messages] == before
        assert channel.find(card.ts) is not None
        assert channel.find(gone.ts) is None
        slack.model.edit(channel.messages[0], Content(text="it is up"))
    async with small(file) as slack:
        assert slack.model.channel("#incidents").messages[0].text == "it is up"


async def test_direct_messages_come_back_to_their_people(tmp_path: Path) -> None:
    """A conversation that was opened later is there again, and a new one takes none's place."""
    file = tmp_path / "said.db"
    async with small(file) as slack:
        slack.add_person("carol", id="U3")
        slack.model.new_id("V")  # other things are numbered as well
        first = slack.direct_messages("ann", "bob")
        await slack.say("ann", first, "psst")
    async with small(file) as slack:
        slack.add_person("carol", id="U3")
        others = [slack.direct_messages(*two) for two in (("ann", "carol"), ("bob", "carol"))]
        assert [other.messages for other in others] == [[], []]
        assert [m.text for m in slack.direct_messages("ann", "bob").messages] == ["psst"]


async def test_a_file_that_is_no_history_is_left_alone(tmp_path: Path) -> None:
    """It is told, and not written over."""
    file = tmp_path / "said.db"
    file.write_text("my diary, which is longer than the head of a database" * 20)
    before = file.read_text()
    with pytest.raises(sqlite3.Error):
        async with small(file):
            pass
    assert file.read_text() == before


# The port


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


def test_a_port_that_was_asked_for_is_kept_to(taken: int) -> None:
    """Another one is not taken in silence; the error says which port and why."""
    with pytest.raises(port.PortError, match=f"port {taken} .*in use"):
        port.choose(taken)


def test_without_one_the_usual_is_taken(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a free one, if somebody else has it."""
    monkeypatch.setattr(port, "USUAL", taken)
    assert port.choose(None) == 0
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        free = int(server.getsockname()[1])
    monkeypatch.setattr(port, "USUAL", free)
    assert port.choose(None) == free
    assert port.choose(free) == free


def test_a_taken_port_ends_the_command(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1, one line, and nothing was started."""
    assert main(["demo", "--no-page", "--port", str(taken)]) == 1
    assert f"port {taken} cannot be had" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["0", "65536", "-1", "many", "１２"])
def test_a_port_is_a_number(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is told before anything starts."""
    with pytest.raises(SystemExit) as ended:
        main(["demo", f"--port={wrong}", "--help"])
    assert ended.value.code == 2
    assert "a port is a number from 1 to 65535" in capsys.readouterr().err


def test_every_option_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The usual port as well."""
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    text = capsys.readouterr().out
    for word in ("--port", "--database", "--no-page", "--script", str(port.USUAL)):
        assert word in text
