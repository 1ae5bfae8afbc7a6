"""The README's transcript, played again in the demo."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.furniture import Scene
from bot.demo.paper import Paper
from bot.demo.terminal import Terminal
from tests.readme import blocks

pytest_plugins = ["tests.readme"]


@pytest.mark.usefixtures("no_proxy")
async def test_the_transcript_is_what_the_demo_prints(tmp_path: Path) -> None:
    """The lines, typed again as a reader would (each once what stands above it was seen), print the
    same; times, ids and messages in between aside."""
    (transcript,) = [block for block in blocks("text") if "@#" in block]
    out = io.StringIO()
    async with Scene(tmp_path / "demo.db") as scene:
        terminal = Terminal(scene, Paper(out, terminal=False), echo=True)
        await terminal.play(typing(transcript, out, scene))
    printed = said(out.getvalue())
    assert ends(printed) == ends(said(transcript))
    assert in_between(said(transcript)) <= in_between(printed)


async def typing(transcript: str, out: io.StringIO, scene: Scene) -> AsyncIterator[str]:
    """The typed lines, each when all that is above it has been printed."""
    above = ""
    for line in transcript.splitlines(keepends=True):
        if typed := re.fullmatch(PROMPT, line.rstrip("\n")):
            await all_seen(above, out, scene)
            yield typed[1]
        above += line
    await all_seen(above, out, scene)


async def all_seen(above: str, out: io.StringIO, scene: Scene) -> None:
    wanted = len(ends(said(above)))
    await scene.workspace.feed.wait_for(lambda: len(ends(said(out.getvalue()))) >= wanted, 30)


PROMPT = r"\w+@#\w+> (.+)"

BETWEEN = ("⏳", "Watching until")
"""A message on its way: it is edited until it has its end, and may be edited before it is seen."""


def said(printed: str) -> list[str]:
    """Typed lines and messages, one by one, without what differs from run to run."""
    text = re.sub(r"\d+ [A-Z][a-z]{2} \d\d:\d\d UTC", "DAY", printed.strip())
    text = re.sub(r"\d\d:\d\d:\d\d UTC", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "REQUEST", text)
    text = re.sub(r"op \w{5}\b|(?<=show )[0-9A-Z]{5}\b", "op ID", text)
    text = re.sub(r"took \d+\.\d s", "took TIME", text)
    text = re.sub(r"\d+ s after", "TIME after", text)
    text = re.sub(r"[ \n]+$", "", text, flags=re.MULTILINE)
    return [
        one.strip() for one in re.split(rf"^(?=stream · |{PROMPT[:8]})", text, flags=re.MULTILINE)
    ]


def ends(all_of_it: list[str]) -> list[str]:
    """What is typed, and messages that say how something ended."""
    return [one for one in all_of_it if one and not any(word in one for word in BETWEEN)]


def in_between(all_of_it: list[str]) -> set[str]:
    """Messages on their way, by their first line: how far they got differs."""
    return {one.split("\n")[1] for one in all_of_it if any(word in one for word in BETWEEN)}
