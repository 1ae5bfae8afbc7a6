"""`stream-bot demo`: everything on this machine, no accounts.

furniture.py   a Slack workspace, the vendors' simulators and the real bot, set up and running
page.py        all of it in a browser, with clouds/ beside it
hints.py       what the page is told: who is who, what to try, what may be typed    pure
terminal.py    a person at the keyboard instead, in a channel
typed.py       what a person types in the terminal -> what it means                pure
drawn.py       a message of the channel -> lines to print                          pure
view.py        what one person sees from one channel
keyboard.py    lines from a terminal, a pipe or a file, beside everything else
paper.py       what is printed on
words.py       what the demo itself says                                           pure
script.py      an incident as a file, and performance.py plays it
history.py     what was said, kept in a file over the demo's starts
port.py        where the page is
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

from bot import logs
from bot.demo.furniture import Scene
from bot.demo.keyboard import lines
from bot.demo.page import serve
from bot.demo.paper import Paper
from bot.demo.performance import perform
from bot.demo.script import Script, ScriptError, read_script
from bot.demo.terminal import Terminal
from bot.demo.words import GOODBYE, GOODBYE_KEPT, WELCOME
from bot.journal import JournalError

__all__ = ["demo"]

_Play = Callable[[Scene, Paper], Awaitable[bool]]


async def demo(
    *,
    port: int = 0,
    database: Path | None = None,
    page: bool = True,
    script: Path | None = None,
) -> int:
    """Play until SIGINT or SIGTERM comes, or the input or script ends; returns the exit status.

    port: of the workspace, 0 for a free one; database: where the bot's journal is kept, and what
    was said beside it; left out, both go away in the end; page: in a browser, else at the terminal;
    script: people and incidents to play instead of a person: 1 if not all of it came true, 2 if
    it cannot be played.
    """
    logs.configure("error", "text", lambda: ())  # what goes wrong on purpose is seen in the channel
    try:
        play: _Play = _in_browser if page else _at_terminal
        if script:
            play = _by_script(read_script(script))
        # A script that was cut short has not come true.
        return await _until_told(_play(play, port, database), cut_short=1 if script else 0)
    except ScriptError as error:
        return _told(str(error), status=2)
    except (JournalError, sqlite3.Error) as error:
        return _told(f"{database} cannot be the demo's database: {error}")
    except OSError as error:
        return _told(f"cannot start on port {port}: {error.strerror or error}")


def _told(fault: str, *, status: int = 1) -> int:
    print(f"stream-bot demo: {fault}", file=sys.stderr)  # noqa: T201  # a command line prints
    return status


async def _in_browser(scene: Scene, paper: Paper) -> bool:
    await serve(scene, paper.print)
    return True


async def _at_terminal(scene: Scene, paper: Paper) -> bool:
    async with scene, aclosing(lines(sys.stdin.fileno())) as typed:
        paper.print(WELCOME)
        await Terminal(scene, paper, echo=not sys.stdin.isatty()).play(typed)
    return True


def _by_script(script: Script) -> _Play:
    async def play(scene: Scene, paper: Paper) -> bool:
        async with scene:
            return await perform(scene, script, paper.print)

    return play


async def _play(play: _Play, port: int, database: Path | None) -> bool:
    paper = Paper(sys.stdout, terminal=sys.stdout.isatty())
    with _files(database) as (journal, history):
        try:
            return await play(Scene(journal, history=history, port=port), paper)
        finally:
            paper.print(GOODBYE_KEPT if database else GOODBYE)


@contextmanager
def _files(database: Path | None) -> Iterator[tuple[Path, Path | None]]:
    """Where the journal goes, and what was said; by default to where nothing of it stays."""
    if database:
        database = database.absolute()
        yield database, database.with_name(f"{database.name}.said")
        return
    with tempfile.TemporaryDirectory(prefix="stream-bot-demo-") as folder:
        yield Path(folder) / "demo.db", None


async def _until_told(playing_on: Awaitable[bool], *, cut_short: int) -> int:
    """Do that until its end, or until SIGINT or SIGTERM; 1 if it says that it went wrong.

    cut_short: the exit status after a signal.
    """
    loop = asyncio.get_running_loop()
    playing = asyncio.ensure_future(playing_on)
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        for number in signals:  # a second one ends the process the hard way
            loop.remove_signal_handler(number)
        playing.cancel()

    for number in signals:
        loop.add_signal_handler(number, stop)
    await asyncio.wait({playing})
    if playing.cancelled():
        return cut_short
    return 0 if playing.result() else 1
