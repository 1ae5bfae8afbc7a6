"""A process that has the whole bot imported, and makes a running bot of itself by fork: in a
hundredth of the time that a new interpreter takes.

It listens on a socket in the file system. Each connection is one bot: a line of JSON tells it what
to be, the same connection tells what it does, and it dies with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import select
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiolimiter import AsyncLimiter
from pydantic import SecretStr
from sqlalchemy import create_engine

from bot import follower, recovery, runner
from bot.app import App, run
from bot.journal import replicas
from bot.screens import CONFIRM
from bot.settings import Tokens, load
from bot.slack import budget, messages, outbox
from providers.catalogue import discover
from tests.bot.killing.points import Points
from tests.bot.stage import playing

__all__ = ["AUDIT_KEY", "LEASE_SECONDS", "VENDOR_SECONDS", "serve"]

AUDIT_KEY = "an-example-key-for-the-trail-of-no-use-to-anybody"

VENDOR_SECONDS = 3.0
LEASE_SECONDS = VENDOR_SECONDS + 0.2

log = logging.getLogger(__name__)

_CATALOGUE = discover()


def _hurry() -> None:
    """The bot's own times, in the same order as in production, only shorter; and nobody waits for
    Slack's rates, which have tests of their own."""
    times: tuple[tuple[object, str, object], ...] = (
        (runner, "LEASE_MARGIN", LEASE_SECONDS - VENDOR_SECONDS),
        (replicas, "ALIVE_SECONDS", 0.8),
        (recovery, "SWEEP_SECONDS", 0.15),
        (outbox, "DEBTS_SECONDS", 0.3),
        (messages, "GRACE", 0.05),
        (follower, "FIRST_WAIT", 0.1),
        (follower, "BROKEN_WAIT", 0.2),
        (budget, "AsyncLimiter", lambda *_: AsyncLimiter(50, 1.0)),
    )
    for module, name, value in times:
        getattr(module, name)  # AttributeError: it has moved
        setattr(module, name, value)


class _Bot:
    """One running bot, and the line to who started it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._file = line.makefile("r", encoding="utf-8")
        self._points = Points(self._tell)

    def live(self) -> None:
        """Until it is told to stop, or killed."""
        self._tell(f"pid {os.getpid()}")
        order = json.loads(self._file.readline())
        logging.basicConfig(
            filename=order["log"],
            level=logging.INFO,
            format="%(asctime)s %(process)d %(levelname)s %(name)s %(message)s",
            force=True,
        )
        logging.getLogger("httpx").setLevel(logging.WARNING)
        _hurry()
        self._tell_when_up()
        self._points.watch()
        asyncio.run(self._run(order))

    async def _run(self, order: dict[str, Any]) -> None:
        asyncio.get_running_loop().add_reader(self._line, self._heard)
        settings = load(None, order["environ"], _CATALOGUE, text=order["config"])
        tokens = Tokens(
            SecretStr(order["bot_token"]),
            app_token=SecretStr(order["app_token"]),
        )
        await run(settings, tokens, _CATALOGUE)

    def _tell_when_up(self) -> None:
        start = App.start

        async def started(app: App) -> None:
            await start(app)
            self._tell("up")

        App.start = started  # type: ignore[method-assign,assignment]

    def _heard(self) -> None:
        """From here on points count; or nobody is there any more who wants this bot."""
        line = self._file.readline()
        if not line:
            os._exit(1)
        self._points.wanted = json.loads(line)["kill"]
        self._points.counting = True
        self._tell("ready")

    def _tell(self, words: str) -> None:
        with contextlib.suppress(OSError):
            self._line.sendall(f"{words}\n".encode())


async def _warm_up() -> None:
    """Do once here what every bot would do for the first time: import, compile, cache."""
    with tempfile.TemporaryDirectory() as folder:
        async with playing(Path(folder)) as stage:
            await stage.ann("delete tencent 456")
            card = await stage.message("Waiting for a yes:")
            await stage.slack.press("ann", card, CONFIRM)
            await stage.message("Accepted:")
    create_engine("postgresql+psycopg://").dispose()


def serve(path: str) -> None:
    """Start bots for as long as somebody holds our standard input open."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    asyncio.run(_warm_up())
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            readable, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in readable:
                return
            line, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _be_a_bot(line)
            line.close()


def _be_a_bot(line: socket.socket) -> None:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _Bot(line).live()
        status = 0
    except BaseException:  # the log has it; nothing of the nursery may run on
        log.exception("the bot ended")
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
