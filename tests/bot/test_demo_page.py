"""The demo with its page: how it starts and ends, and what the page is told."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.demo.furniture import Scene
from bot.demo.hints import extras
from bot.sandbox.page import Word
from providers.catalogue import discover

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
    verbs = {operation.verb for _, operation in discover().operations()}
    assert followed(told) == verbs | {"help", "whoami", "targets"}
    assert followed(told, "delete") == {"tencent", "main-feed"}
    assert followed(told, "delete", "tencent") == {"123", "456", "777"}
    assert followed(told, "stop", "trtc") >= {"1234"}
    assert followed(told, "help") >= {"restart", "tencent"}


async def test_the_tour_works_as_it_is_suggested(scene: Scene) -> None:
    """Each of the three runs, asks, or waits for a second person: none is a mistake."""
    slack = scene.workspace

    def more_than(count: int) -> Callable[[], bool]:
        return lambda: len(slack.messages("incidents")) > count

    for suggestion in extras(discover(), scene.clouds, scene.settings()).tour:
        before = len(slack.messages("incidents"))
        await slack.slash("ann", "incidents", suggestion.text)
        await slack.wait_for(more_than(before))
    shown = "\n".join(message.screen for message in slack.messages("incidents"))
    for word in ("Waiting for a yes", "Waiting for a second person"):
        assert word in shown
    assert slack.ephemerals("ann", "incidents") == []
