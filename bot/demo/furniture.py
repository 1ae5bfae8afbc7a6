"""What the demo plays with: a Slack workspace, the vendors' clouds and the real bot, on loopback.

The bot runs as it does in production, over Socket Mode and the vendors' own protocols. Only the
addresses and the keys are made up: nothing of the environment is read, and nothing leaves this
machine. (The command line has taken the proxy variables away before, see `take_environment`.)
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self

import yaml
from pydantic import SecretStr

from bot.app import App
from bot.check import manifest_text
from bot.demo.history import kept_history
from bot.demo.schedule import Schedule
from bot.journal import State
from bot.sandbox import App as SlackApp
from bot.sandbox import SlashCommand, Workspace
from bot.settings import Settings, Tokens, load
from providers.catalogue import discover
from providers.simulator import SimulatedTask, Simulator

__all__ = ["CHANNELS", "PEOPLE", "Character", "Room", "Scene"]


class Character(NamedTuple):
    """Somebody to be."""

    name: str
    id: str
    part: str
    guest: bool = False
    stranger: bool = False


class Room(NamedTuple):
    """Somewhere to type."""

    name: str
    id: str
    about: str
    with_bot: bool = True


PEOPLE = (
    Character("ann", "U123", "on call"),
    Character("bob", "U456", "the second engineer on call"),
    Character("carol", "U789", "a colleague who is not on call"),
    Character("gus", "U555", "a guest", guest=True),
    Character("zoe", "U666", "somebody from another workspace", stranger=True),
)
CHANNELS = (
    Room("incidents", "C123", "the incident channel"),
    Room("ops", "C456", "deletes are forbidden here"),
    Room("war-room", "C555", "private; the bot is not in it", with_bot=False),
)

_TEAM = "T123"
_KEY_ID = "DEMOKEYID"
_KEY = "demo-key"

_CONFIG = """
[slack]
api_url = "{slack}"
[http]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[database]
url = "sqlite:///{database}"
[timeouts]
vendor_seconds = 5                     # so that a vendor that hangs is seen to
verify_seconds = 20                    # so that a stream that does not come back is seen to
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
regions = {{ trtc = "ap-singapore" }}
sdk_app_id = 1400000000
access_key_id = "env:DEMO_KEY_ID"
access_key_secret = "env:DEMO_KEY"
endpoints = {{ live = "{tencent}", trtc = "{tencent}" }}
[accounts.ali]
provider = "alibaba"
region = "cn-shanghai"
access_key_id = "env:DEMO_KEY_ID"
access_key_secret = "env:DEMO_KEY"
endpoints = {{ live = "{alibaba}" }}
[accounts.volc]
provider = "volcengine"
access_key_id = "env:DEMO_KEY_ID"
access_key_secret = "env:DEMO_KEY"
endpoints = {{ live = "{volcengine}" }}
[targets.main-feed]
account = "prod"
kind = "pull"
task = "777"
protected = true
[[policy.allow]]
groups = ["oncall"]
[[policy.deny]]
verbs = ["delete"]
channels = ["C456"]
"""

_ENDING = "f831f3b0ccccdddd1aa4dcf7621"
_ENDS_AFTER = 180.0
"""Seconds after the start at which that recording's time is over."""

_TASKS: Mapping[str, tuple[SimulatedTask, ...]] = {
    "tencent": (
        *(SimulatedTask(kind="pull", id=task, region="ap-guangzhou") for task in ("123", "456")),
        SimulatedTask(kind="pull", id="777", region="ap-guangzhou", name="main-feed"),
        SimulatedTask(
            kind="pull", id="789", region="ap-guangzhou", name="backup feed", dead_source=True
        ),
        SimulatedTask(
            kind="ingest",
            id="-gCTFWtU7t7D+rTEL2p6_vnZV4.vRaRm5zJ3tEiSY+Rcfy..",
            region="ap-singapore",
            app=1400000000,
        ),
        SimulatedTask(kind="ingest", id="1234", region="ap-singapore", app=1400000000),
    ),
    "alibaba": (
        SimulatedTask(
            kind="relay",
            id="6f869419-0692-4fd5-8cf0-66cab6590001",
            region="cn-shanghai",
            name="stadium",
        ),
        SimulatedTask(
            kind="relay",
            id="6f869419-0692-4fd5-8cf0-66cab6590002",
            region="cn-shanghai",
            name="studio",
            state="3",
            facts={"TaskInvalidReason": "PullStreamFailed"},
        ),
    ),
    "volcengine": (
        SimulatedTask(kind="record", id="f831f3b0a1b2c3d4e5f61aa4dcf7621"),
        SimulatedTask(kind="record", id="f831f3b0aaaabbbb1aa4dcf7621"),
        SimulatedTask(kind="record", id=_ENDING, name="ends by itself"),
        SimulatedTask(kind="relay", id="8fde6aa0281d9f6e15e6059a6e242365", name="main relay"),
        SimulatedTask(
            kind="relay", id="8fde6aa0281d9f6e15e6059a6e242366", name="spare relay", state="停用"
        ),
    ),
}


class Scene:
    """Everything at once; `async with` starts and stops it.

    database: where the bot keeps its journal; history: where the workspace keeps what was said, if
    it is to; port: of the workspace, 0 for a free one. Before the start, routes may be added to
    `workspace.web_app`; `clouds` has a simulator for each vendor, by the vendor's name.
    """

    def __init__(self, database: Path, *, history: Path | None = None, port: int = 0) -> None:
        self.workspace = Workspace(team_id=_TEAM, bot_name="stream", commands=_commands())
        _give_new_tokens(self.workspace.app)
        vendors = discover().providers.values()
        self.clouds: Mapping[str, Simulator] = {v.name: v.simulator() for v in vendors}
        self._database = database
        self._history = history
        self._port = port
        self._schedule = Schedule()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.workspace.stop)
            await self.workspace.start(self._port)
            for cloud in self.clouds.values():
                await stack.enter_async_context(cloud)
            self._furnish()
            stack.callback(self._schedule.clear)
            if self._history:  # before the bot is there, who looks for its cards at once
                stack.enter_context(kept_history(self.workspace, self._history))
            slack = self.workspace.app
            tokens = Tokens(SecretStr(slack.bot_token), app_token=SecretStr(slack.app_token))
            self._bot = await stack.enter_async_context(App(self.settings(), tokens, discover()))
            await self.workspace.wait_for(lambda: self.workspace.sockets.connections)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def settings(self) -> Settings:
        """The bot's configuration, with the addresses of what has been started."""
        urls = {name: cloud.url for name, cloud in self.clouds.items()}
        text = _CONFIG.format(slack=self.workspace.api_url, database=self._database, **urls)
        keys = {"DEMO_KEY_ID": _KEY_ID, "DEMO_KEY": _KEY}
        return load(None, keys, discover(), text=text)

    async def busy(self) -> bool:
        """True while the bot works on something, or owes the channel a word about it."""
        journal = self._bot.journal
        waiting = {card.id for card in await journal.in_state(State.WAITING)}
        under_way = await journal.in_state(State.ASKED, State.APPROVED, State.SENDING)
        if any(one.batch not in waiting for one in under_way):  # a card's tasks wait with it
            return True
        return bool(await journal.debts.owed() or await journal.debts.owed_notices())

    def _furnish(self) -> None:
        slack = self.workspace
        for who in PEOPLE:
            slack.add_person(
                who.name,
                id=who.id,
                display_name=who.name,
                is_restricted=who.guest,
                team_id="T999" if who.stranger else None,
            )
            slack.direct_messages(who.name, with_bot=True)
        everybody = [who.name for who in PEOPLE]
        for room in CHANNELS:
            slack.add_channel(
                room.name,
                id=room.id,
                members=everybody,
                private=not room.with_bot,
                with_bot=room.with_bot,
            )
        slack.add_group("oncall", ["ann", "bob"], id="S123")
        for name, cloud in self.clouds.items():
            cloud.add_account(_KEY_ID, _KEY)
            for task in _TASKS.get(name, ()):
                cloud.add_task(replace(task, facts=dict(task.facts)))
        if ending := self.clouds["volcengine"].task("record", _ENDING):
            self._schedule.move(ending, "已结束", _ENDS_AFTER)


def _commands() -> list[SlashCommand]:
    """As the manifest declares them."""
    declared = yaml.safe_load(manifest_text())["features"]["slash_commands"]
    return [
        SlashCommand(
            one["command"],
            description=one["description"],
            usage_hint=one["usage_hint"],
            should_escape=one["should_escape"],
        )
        for one in declared
    ]


def _give_new_tokens(app: SlackApp) -> None:
    """Ones that a page of another origin in the same browser cannot know."""
    app.bot_token = f"xoxb-{secrets.token_urlsafe(24)}"
    app.app_token = f"xapp-{secrets.token_urlsafe(24)}"
    app.signing_secret = secrets.token_hex(16)
