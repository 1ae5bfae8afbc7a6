"""The kill matrix: every point of a story, one case each, several at a time."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bot.killing.bots import Nursery
from tests.bot.killing.databases import Copies
from tests.bot.killing.judge import complaints
from tests.bot.killing.scene import scene
from tests.bot.killing.stories import play

__all__ = ["Case", "run_matrix", "table"]

AT_ONCE = 8
"""Cases side by side: most of their time is waiting."""


@dataclass(frozen=True, slots=True)
class Case:
    """One kill and what came of it. killed: False where the story did not pass that point."""

    point: str
    killed: bool
    told: str
    wrong: Sequence[str]


async def run_matrix(
    command: str,
    copies: Copies,
    nursery: Nursery,
    wanted: Callable[[str], bool] = lambda _: True,
) -> list[Case]:
    """The story once without a kill, to know its points, then once for each that is wanted."""
    turns = asyncio.Semaphore(AT_ONCE)
    numbers = itertools.count(1)

    async def one(kill: str | None) -> tuple[Case, Sequence[str]]:
        async with turns:
            return await _case(command, kill, copies, nursery, next(numbers))

    whole, reached = await one(None)
    cases = await asyncio.gather(*(one(point) for point in reached if wanted(point)))
    return [whole, *(case for case, _ in cases)]


async def _case(
    command: str, kill: str | None, copies: Copies, nursery: Nursery, number: int
) -> tuple[Case, Sequence[str]]:
    folder = Path(tempfile.mkdtemp(prefix=f"stream-bot-kill-{number}-"))
    try:
        url = await asyncio.to_thread(copies, folder)
        async with scene(folder, url, nursery) as there:
            try:
                receipt, bot = await play(there, command, kill)
            except (TimeoutError, RuntimeError) as error:
                case = Case(kill or "no kill", killed=False, told="", wrong=[str(error)])
                return case, []
            told = " / ".join(post.text for post in there.posts())
            wrong = complaints(there, acked=receipt.acked)
            killed = kill is not None and bot.reached[-1:] == [kill]
            return Case(kill or "no kill", killed, told, wrong), bot.reached
    finally:
        shutil.rmtree(folder)


def table(cases: Sequence[Case], *, all_of_them: bool = False) -> str:
    """The cases in which something is wrong (or all), a line each."""
    shown = [case for case in cases if all_of_them or case.wrong]
    lines = []
    for case in shown:
        lines.append(f"{case.point}{'' if case.killed else ' (not killed)'} -> {case.told[:160]}")
        lines += [f"    {line}" for line in case.wrong]
    return "\n".join(lines) or "none"
