"""`stream-bot demo`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.demo import demo
from bot.demo.port import PortError, choose
from bot.demo.script import find_script

__all__ = ["play"]


def play(*, port: int | None, database: Path | None, page: bool, script: str | None) -> int:
    """Play until Ctrl-C, or to the script's end; the process's exit status."""
    found = find_script(script) if script else None
    watched = page and not found
    try:
        chosen = choose(port) if watched or port else 0
    except PortError as error:
        sys.stderr.write(f"stream-bot: {error}\n")
        return 1
    if watched and not chosen:
        sys.stderr.write("The usual port is taken, so this demo takes a free one.\n")
    return asyncio.run(demo(port=chosen, database=database, page=page, script=found))
