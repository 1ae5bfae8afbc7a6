"""The bot in a process of its own, between a Slack workspace and the vendors in this one."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import httpx

from bot.sandbox.payloads import slash_command
from bot.settings import Settings, load
from providers.catalogue import discover
from providers.simulator import SimulatedTask
from tests.bench.load import ROOT, Job, Measured, measure
from tests.bot.stage import ENVIRON, Stage, furnish
from tests.postgres import _free_port

__all__ = ["World", "numbered", "process", "world"]

PEOPLE = ("ann", "bob", "carol")

TASKS = 400

EXTRA = """
[limits]
commands_per_minute = 10000
cool_down_seconds = 0.0
[audit]
key = "env:AUDIT_KEY"
[log]
level = "warning"
"""
"""People type without end, and no warning is in the way."""

SECRETS = {**ENVIRON, "AUDIT_KEY": 64 * "0"}


class World(Stage):
    """A stage whose bot is `stream-bot run`. database: "" for a SQLite file of its own."""

    def __init__(self, folder: Path, database: str = "") -> None:
        super().__init__(folder, "http", EXTRA)
        self._database = database
        self.port, self.admin = _free_port(), _free_port()
        self.ready = f"http://127.0.0.1:{self.admin}/readyz"

    def _config(self) -> str:
        config = super()._config()
        config = config.replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{self.port}"')
        config = config.replace('admin = "127.0.0.1:0"', f'admin = "127.0.0.1:{self.admin}"')
        own = f"sqlite:///{self.folder}/stream-bot.db"
        return config.replace(own, self._database or own)

    def settings_of(self, config: str) -> Settings:
        """With the audit's key as well."""
        return load(None, SECRETS, discover(), text=config)

    @property
    def url(self) -> str:
        """Where the bot takes Slack's requests."""
        return f"http://127.0.0.1:{self.port}/slack/events"

    def write_config(self) -> Path:
        """The bot's configuration file."""
        config = self.folder / "stream-bot.toml"
        config.write_text(self.config())
        return config

    def environ(self) -> dict[str, str]:
        """What the bot is told beside it."""
        app = self.slack.app
        tokens = {"SLACK_BOT_TOKEN": app.bot_token, "SLACK_SIGNING_SECRET": app.signing_secret}
        return {**SECRETS, **tokens}

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[None]:
        """Run it until the end of the block."""
        command = ("-m", "bot", "run", "--config", str(self.write_config()))
        async with process(command, ready=self.ready, environ=self.environ()):
            yield

    async def typed(
        self,
        texts: Sequence[str],
        in_flight: int = 1,
        *,
        pause: float = 0.0,
        url: str = "",
        channel: str = "#incidents",
    ) -> Measured:
        """Several people type these commands, so many at a time. url: the bot's, if left out."""
        people = cycle(PEOPLE)
        bodies = [self._form(next(people), text, channel) for text in texts]
        secret = self.slack.app.signing_secret
        return await measure(Job(url or self.url, secret, bodies, in_flight, pause))

    def _form(self, name: str, text: str, channel: str) -> str:
        who, where = self.slack._in(name, channel)
        response_url, _ = self.slack._response_urls.issue(where, who.id)
        payload = slash_command(
            self.slack.model,
            who,
            where,
            command="/stream",
            text=text,
            trigger_id=self.slack._triggers.issue(who.id),
            response_url=response_url,
        )
        return urlencode(payload)


@asynccontextmanager
async def world(database: str = "") -> AsyncIterator[World]:
    """A furnished stage, with the vendors' tasks 10000, 10001 and so on; the bot does not run."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stage = World(folder, database)
        for part in (stage.slack, stage.tencent, stage.alibaba, stage.volcengine):
            await stack.enter_async_context(part)
        furnish(stage)
        for number in range(10_000, 10_000 + TASKS):
            one = SimulatedTask(kind="pull", id=str(number), region="ap-guangzhou", state="active")
            stage.tencent.add_task(one)
        yield stage


@asynccontextmanager
async def process(
    command: Sequence[str], *, ready: str, status: int = 200, environ: Mapping[str, str] = {}
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Python with these arguments, from when this address answers with this status until the end
    of the block, where it is killed."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        await _answers(running, ready, status)
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()
        for _ in range(5):
            await asyncio.sleep(0)  # what listens here sees that its connections are gone


async def _answers(
    running: asyncio.subprocess.Process, url: str, status: int, seconds: float = 60.0
) -> None:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(seconds):
        while running.returncode is None:
            with suppress(httpx.TransportError):
                if (await client.get(url)).status_code == status:
                    return
            await asyncio.sleep(0.02)
    raise RuntimeError("it ended before it answered")


def numbered(verb: str, first: int, count: int) -> list[str]:
    """The same verb on so many tasks."""
    return [f"{verb} tencent {number}" for number in range(first, first + count)]
