"""A vendor of another package in the whole bot: `check` tells of it, and a command goes through."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import App
from bot.sandbox import SlashCommand, Workspace
from bot.settings import Loaded, load_all
from providers.catalogue import discover
from providers.plugins import join
from providers.simulator import SimulatedTask, Simulator
from tests.plugin.installing import install_acme, install_module, on_the_path

KEYS = {"ACME_KEY_ID": "AKIDEXAMPLE", "ACME_KEY": "examplesecret"}


@dataclass
class Place:
    """Slack, Acme, a folder with the configuration and one with the packages."""

    folder: Path
    site: Path
    slack: Workspace
    acme: Simulator

    @property
    def environ(self) -> dict[str, str]:
        app = self.slack.app
        return {"SLACK_BOT_TOKEN": app.bot_token, "SLACK_APP_TOKEN": app.app_token, **KEYS}

    def write(self, plugins: str) -> Path:
        """The configuration, with these plugins."""
        path = self.folder / "stream-bot.toml"
        path.write_text(
            f"""
plugins = {plugins}
[slack]
api_url = "{self.slack.api_url}"
[http]
admin = "127.0.0.1:0"
[database]
url = "sqlite:///{self.folder}/stream-bot.db"
[accounts.edge]
provider = "acme"
tenant = "north"
endpoints = {{ feeds = "{self.acme.url}" }}
[targets.main-feed]
account = "edge"
kind = "feed"
task = "1"
[[policy.allow]]
where = ["acme:feed"]
users = ["U123"]
"""
        )
        return path

    def load(self) -> Loaded:
        return load_all(self.write('["acme"]'), self.environ, discover())

    async def check(self, plugins: str) -> tuple[int | None, str]:
        """`stream-bot check`: its exit status and all that it prints."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "check", "--config", str(self.write(plugins))),
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join([str(self.site), *filter(None, sys.path)]),
                **self.environ,
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(30):
            output, _ = await process.communicate()
        return process.returncode, output.decode()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    site = tmp_path / "site-packages"
    site.mkdir()
    install_acme(site)
    slack = Workspace(team_id="T123", bot_name="stream", commands=[SlashCommand("/stream")])
    with on_the_path(site):
        acme = join(discover(), "acme")[1].provider.simulator()
        async with slack, acme:
            slack.add_person("ann", id="U123", display_name="ann")
            slack.add_channel("incidents", id="C123", members=["ann"])
            acme.add_account(*KEYS.values())
            acme.add_task(SimulatedTask(kind="feed", id="1", state="live", name="main"))
            yield Place(tmp_path, site, slack, acme)


async def test_check_tells_which_package_a_plugin_is(place: Place) -> None:
    """Name, distribution, version, and what it may do; its account is looked at as any other."""
    status, output = await place.check('["acme"]')
    assert status == 0, output
    assert "ok    plugin acme: acme-stream-bot 1.2, runs with all of the bot's rights\n" in output
    assert "ok    account edge: the key is accepted (Acme, 127.0.0.1:" in output
    assert [(seen.action, seen.verdict) for seen in place.acme.requests] == [("ListFeeds", "ok")]
    assert place.acme.requests[0].parameters["tenant"] == "north"


async def test_a_plugin_that_breaks_stops_the_start(place: Place) -> None:
    """One line with the type of what it raised; the log says where, and never what."""
    install_module(place.site, "broken", 'token = "hunter2"\nraise RuntimeError(token)')
    status, output = await place.check('["acme", "broken"]')
    assert status == 1
    wrong = "RuntimeError when broken-stream-bot 0.1 was loaded (the log says where)"
    assert f"stream-bot.toml: plugins #2: {wrong}; its author mends the package" in output
    assert "broken_plugin.py" in output
    assert "RuntimeError: hunter2" not in output


async def test_a_command_goes_through_the_whole_bot(place: Place) -> None:
    """Typed in Slack, sent to Acme, told in the channel: with no edit in this repository."""
    loaded = place.load()
    bot = App(loaded.settings, loaded.tokens, loaded.catalogue)
    await bot.start()
    try:
        await place.slack.wait_for(lambda: place.slack.sockets.connections)
        await place.slack.slash("ann", "#incidents", "/stream restart acme:feed 1")

        def accepted() -> bool:
            messages = place.slack.messages("#incidents")
            return any("acme:feed 1" in m.text and "req-" in m.screen for m in messages)

        await place.slack.wait_for(accepted)
    finally:
        await bot.stop()
    changes = [seen for seen in place.acme.requests if seen.action == "RestartFeed"]
    assert [seen.parameters for seen in changes] == [
        {"feed": "1", "by": "slack:U123", "tenant": "north"}
    ]
