"""The demo with its page: how it starts and ends, and what the page is told."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.command import MANUAL, Vocabulary, parse
from bot.demo.furniture import Scene
from bot.demo.hints import extras
from bot.sandbox.page import Word
from providers.catalogue import discover
from providers.operation import Verb

ROOT = Path(__file__).parents[2]
READY = re.compile(r"^Stream bot demo is ready: http://127\.0\.0\.1:(\d+)/#token=([\w-]{32})\n$")


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)  # slack_sdk would send loopback calls there
    async with Scene(tmp_path / "demo.db") as built:
        yield built


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[tuple[Process, str, str]]:
    """`stream-bot demo` with nothing at its input: the process, the page's url, the token."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo"),
        stdout=PIPE,
        stderr=PIPE,
        stdin=asyncio.subprocess.DEVNULL,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
    )
    try:
        assert demo.stdout is not None
        async with asyncio.timeout(30):
            line = (await demo.stdout.readline()).decode()
        found = READY.match(line)
        assert found, line
        yield demo, f"http://127.0.0.1:{found[1]}", found[2]
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_one_line_then_a_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    """Ready is one line with the address; all of it ends, though a window is open, at once."""
    async with started(tmp_path) as (demo, url, token), aiohttp.ClientSession() as session:
        async with session.get(url) as page:
            assert page.status == 200
        socket = await session.ws_connect(f"{url}/page/socket")
        await socket.send_json({"token": token, "person": "U123"})
        await socket.receive_json(timeout=5)
        demo.send_signal(number)
        async with asyncio.timeout(5):
            out, _ = await demo.communicate()
        assert (demo.returncode, out.decode()) == (
            0,
            "The demo has ended. Nothing of it is kept.\n",
        )
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        await socket.close()
    assert list(tmp_path.iterdir()) == []


async def test_every_start_has_its_own_tokens(tmp_path: Path) -> None:
    """The page's and Slack's; an address of yesterday opens nothing today."""
    async with started(tmp_path) as (_, _, first), started(tmp_path) as (_, _, second):
        assert first != second
    one, other = (Scene(tmp_path / name).workspace.app for name in ("a.db", "b.db"))
    for name in ("bot_token", "app_token", "signing_secret"):
        assert getattr(one, name) != getattr(other, name)
        assert "sandbox" not in getattr(one, name)


def followed(words: tuple[Word, ...], *path: str) -> set[str]:
    """The words that may come after these."""
    for text in path:
        words = next(word.then for word in words if word.text == text)
    return {word.text for word in words}


async def test_the_words_come_from_the_catalogue_and_the_clouds(scene: Scene) -> None:
    """Every verb, where it is known, and the tasks that are there now."""
    told = extras(discover(), scene.clouds, scene.settings()).words["/stream"]
    assert followed(told) == set(Verb) | {*MANUAL}
    assert followed(told, "delete") == {"tencent", "alibaba", "volcengine:relay", "main-feed"}
    assert followed(told, "delete", "tencent") == {"123", "456", "777", "789"}
    assert followed(told, "stop", "trtc") >= {"1234"}
    assert followed(told, "help") == set(Verb) | {*MANUAL} | {*discover().words}


async def test_the_words_go_on_as_a_command_does(scene: Scene) -> None:
    """Each verb takes its own options; a list has no task, what was done has a time."""
    told = extras(discover(), scene.clouds, scene.settings()).words["/stream"]
    change = {"--reason", "--dry-run"}
    others = {"456", "777", "789"}
    assert followed(told, "restart", "tencent", "123") == change | others
    assert followed(told, "restart", "tencent", "123", "456") == change | {"--canary"}
    assert followed(told, "restart", "main-feed") == change
    assert followed(told, "status", "tencent", "123") == {"--here"} | others
    assert followed(told, "list") == {"tencent", "alibaba", "volcengine", "volcengine:relay"}
    assert followed(told, "list", "tencent") == {"--state", "--here"}
    assert "no-stream" in followed(told, "list", "tencent", "--state")
    assert followed(told, "history") >= {"here", "tencent", "main-feed", "--since"}
    assert followed(told, "history", "tencent", "123") == {"--since", "--here"}
    assert followed(told, "freeze") == {'"vendor outage"', "--account"}
    assert followed(told, "thaw", "--account") == {"prod", "ali", "volc"}


def completed(words: tuple[Word, ...], before: str = "") -> Iterator[str]:
    """Every line that the words lead to, with what a person still has to think of."""
    thought_of = {"show": " 4T7Q2", "--reason": " why"}
    for word in words:
        line = f"{before} {word.text}".strip()
        if word.then:
            yield from completed(word.then, line)
        else:
            yield line + thought_of.get(word.text if word.text.startswith("--") else line, "")


async def test_whatever_is_offered_can_be_read(scene: Scene) -> None:
    """To wherever a line is completed, it is a command."""
    settings = scene.settings()
    vocabulary = Vocabulary(discover(), settings.accounts, settings.targets)
    lines = [*completed(extras(discover(), scene.clouds, settings).words["/stream"])]
    assert len(lines) > 100
    for line in lines:
        parse(line, vocabulary)  # raises UsageError


async def test_the_tour_works_as_it_is_suggested(scene: Scene) -> None:
    """Each runs, asks, waits for a second person, or reads: none is a mistake."""
    slack = scene.workspace

    def seen() -> int:
        return len(slack.messages("incidents")) + len(slack.ephemerals("ann", "incidents"))

    def more_than(before: int) -> Callable[[], bool]:
        return lambda: seen() > before

    for suggestion in extras(discover(), scene.clouds, scene.settings()).tour:
        before = seen()
        await slack.slash("ann", "incidents", suggestion.text)
        await slack.wait_for(more_than(before))
    shown = "\n".join(message.screen for message in slack.messages("incidents"))
    for word in ("Waiting for a yes", "Waiting for a second person"):
        assert word in shown
    told = [message.text.partition(":")[0] for message in slack.ephemerals("ann", "incidents")]
    assert told == ["tencent", "Running"]
