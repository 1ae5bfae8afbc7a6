"""`stream-bot demo`: everything on this machine, no accounts, nothing kept.

furniture.py   a Slack workspace, the vendors' simulators and the real bot, set up and running
typed.py       what a person types in the terminal -> what it means      pure
drawn.py       a message of the channel -> lines to print                pure
words.py       what the demo itself says                                 pure
keyboard.py    lines from a terminal, a pipe or a file, beside everything else
paper.py       what is printed on
terminal.py    a person at the keyboard, in a channel
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from contextlib import aclosing
from pathlib import Path

from bot import logs
from bot.demo.furniture import Scene
from bot.demo.keyboard import lines
from bot.demo.paper import Paper
from bot.demo.terminal import Terminal
from bot.demo.words import GOODBYE, WELCOME

__all__ = ["demo"]


async def demo(
    *,
    port: int = 0,
    database: Path | None = None,
    page: bool = True,
    script: Path | None = None,
) -> int:
    """Play until the input ends or SIGINT or SIGTERM comes; returns the exit status.

    port: of the workspace, 0 for a free one; database: where the bot's journal is kept, in a
    folder that goes away if left out; page: in a browser, else at the terminal; script: incidents
    to play instead of a person.
    """
    logs.configure("error", "text", lambda: ())  # what goes wrong on purpose is seen in the channel
    loop = asyncio.get_running_loop()
    playing = asyncio.create_task(_play(Paper(sys.stdout, terminal=sys.stdout.isatty())))
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        for number in signals:  # a second one ends the process the hard way
            loop.remove_signal_handler(number)
        playing.cancel()

    for number in signals:
        loop.add_signal_handler(number, stop)
    await asyncio.wait({playing})
    if not playing.cancelled():
        playing.result()
    return 0


async def _play(paper: Paper) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="stream-bot-demo-") as folder:
            async with Scene(Path(folder) / "demo.db") as scene:
                paper.print(WELCOME)
                terminal = Terminal(scene, paper, echo=not sys.stdin.isatty())
                async with aclosing(lines(sys.stdin.fileno())) as typed:
                    await terminal.play(typed)
    finally:
        paper.print(GOODBYE)
