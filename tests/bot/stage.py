"""A stage for stories: the real bot on real sockets between a Slack workspace and the vendors.

Everything listens on loopback. The stories read like the chat: `await stage.ann("restart ...")`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot.app import App
from bot.sandbox import Message, Receipt, SlashCommand, Workspace
from bot.settings import Settings, Tokens, load
from providers.catalogue import discover
from providers.simulator import Seen, SimulatedTask, Simulator

TRTC_TASK = "-gCTFWtU7t7D+rTEL2p6_vnZV4.vRaRm5zJ3tEiSY+Rcfy.."
ALIBABA_TASK = "6f869419-0692-4fd5-8cf0-66cab6590001"
RECORDING = "f831f3b0a1b2c3d4e5f61aa4dcf7621"

ENVIRON = {
    "TENCENT_ID": "AKIDEXAMPLE",
    "TENCENT_KEY": "examplesecret-tencent",
    "ALIBABA_ID": "LTAIEXAMPLE",
    "ALIBABA_KEY": "examplesecret-alibaba",
    "VOLC_ID": "AKLTEXAMPLE",
    "VOLC_KEY": "examplesecret-volcengine",
    "AUDIT_KEY": "examplesecret-" * 4,
}

POLICY = """
[policy]
audit_channel = "C777"
[[policy.allow]]
users = ["U123", "U456"]
[[policy.allow]]
groups = ["oncall"]
[[policy.deny]]
verbs = ["delete"]
channels = ["C999"]
"""


class _Book(list[Seen]):
    """A vendor's book of requests that can be waited on."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()

    def append(self, seen: Seen) -> None:
        super().append(seen)
        # What the request asks for is written into `seen` a moment later, in the same step.
        asyncio.get_running_loop().call_soon(self.changed.set)


class Stage:
    """The bot, and everything around it."""

    def __init__(self, folder: Path, mode: str, extra: str, database: str = "") -> None:
        self.folder = folder
        self.database = database or f"sqlite:///{folder}/stream-bot.db"
        self.mode = mode
        self.extra = extra
        self.slack = Workspace(
            team_id="T123",
            bot_name="stream",
            commands=[SlashCommand("/stream")],
        )
        catalogue = discover()
        self.tencent = catalogue.providers["tencent"].simulator()
        self.alibaba = catalogue.providers["alibaba"].simulator()
        self.volcengine = catalogue.providers["volcengine"].simulator()
        for simulator in (self.tencent, self.alibaba, self.volcengine):
            simulator.requests = _Book()
        self.app: App | None = None
        self.teams = ""
        self._forgotten: set[str] = set()

    async def start_bot(self) -> None:
        """Start the bot (again)."""
        self.app = App(self.settings(), self.tokens(), discover())
        await self.app.start()
        if self.mode == "http":
            self.slack.request_url = f"{self.url_of('listen')}/slack/events"
        else:
            await self.slack.wait_for(lambda: self.slack.sockets.connections)

    async def stop_bot(self) -> None:
        """Stop it as SIGTERM does."""
        if self.app is not None:
            app, self.app = self.app, None
            await app.stop()

    def url_of(self, name: str) -> str:
        """Where the bot listens: "listen" or "admin"."""
        assert self.app is not None
        return self.app.urls[name]

    def settings(self) -> Settings:
        return self.settings_of(self.config())

    def settings_of(self, config: str) -> Settings:
        return load(None, ENVIRON, discover(), text=config)

    def forget_account(self, name: str) -> None:
        """The operator takes an account, and what names it, out of the configuration."""
        self._forgotten.add(name)

    def tokens(self) -> Tokens:
        app = self.slack.app
        if self.mode == "http":
            return Tokens(SecretStr(app.bot_token), signing_secret=SecretStr(app.signing_secret))
        return Tokens(SecretStr(app.bot_token), app_token=SecretStr(app.app_token))

    def config(self) -> str:
        tables = self._config().split("\n[")
        gone = [f"accounts.{name}]" for name in self._forgotten]
        gone += ["targets."] if self._forgotten else []
        return "\n[".join(t for t in tables if not any(t.startswith(name) for name in gone))

    def _config(self) -> str:
        return f"""
[slack]
mode = "{self.mode}"
api_url = "{self.slack.api_url}"
{self.teams}
[http]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[database]
url = "{self.database}"
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
regions = {{ trtc = "ap-singapore" }}
sdk_app_id = 1400000000
access_key_id = "env:TENCENT_ID"
access_key_secret = "env:TENCENT_KEY"
endpoints = {{ live = "{self.tencent.url}", trtc = "{self.tencent.url}" }}
[accounts.ali]
provider = "alibaba"
region = "cn-shanghai"
access_key_id = "env:ALIBABA_ID"
access_key_secret = "env:ALIBABA_KEY"
endpoints = {{ live = "{self.alibaba.url}" }}
[accounts.volc]
provider = "volcengine"
access_key_id = "env:VOLC_ID"
access_key_secret = "env:VOLC_KEY"
endpoints = {{ live = "{self.volcengine.url}" }}
[targets.main-feed]
account = "prod"
kind = "pull"
task = "777"
protected = true
{self.extra}
{POLICY if "[policy]" not in self.extra else ""}
"""

    # What people do, and what they see

    async def type(self, person: str, text: str, channel: str = "#incidents") -> Receipt:
        """Type `/stream TEXT`."""
        return await self.slack.slash(person, channel, f"/stream {text}".strip())

    async def ann(self, text: str, channel: str = "#incidents") -> Receipt:
        """Ann, who is on call, types `/stream TEXT`."""
        return await self.type("ann", text, channel)

    async def message(self, containing: str, channel: str = "#incidents") -> Message:
        """The bot's message in a channel that says so by now."""

        def found() -> Message | None:
            return next((m for m in self.slack.messages(channel) if containing in m.text), None)

        message = await self.slack.wait_for(found)
        assert message is not None
        return message

    async def hears(self, person: str, containing: str, channel: str = "#incidents") -> Message:
        """What only this person is told."""

        def found() -> Message | None:
            heard = self.slack.ephemerals(person, channel)
            return next((m for m in heard if containing in m.text), None)

        message = await self.slack.wait_for(found)
        assert message is not None
        return message

    async def called(
        self, simulator: Simulator, action: str, times: int = 1, seconds: float = 10.0
    ) -> None:
        """Wait until a vendor saw so many requests of this action."""
        book = simulator.requests
        assert isinstance(book, _Book)
        async with asyncio.timeout(seconds):
            while self.calls(simulator, action) < times:
                book.changed.clear()
                await book.changed.wait()

    def calls(self, simulator: Simulator, action: str) -> int:
        """How many requests of this action a vendor saw."""
        return sum(seen.action == action for seen in simulator.requests)

    async def readyz(self) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.url_of('admin')}/readyz")


def furnish(stage: Stage) -> None:
    """People, channels, keys and tasks."""
    slack = stage.slack
    slack.add_person("ann", id="U123", display_name="ann")
    slack.add_person("bob", id="U456", display_name="bob")
    slack.add_person("carol", id="U789", display_name="carol")
    slack.add_person("eve", id="U666", display_name="eve")
    slack.add_person("gus", id="U555", display_name="gus", is_restricted=True)
    everybody = ["ann", "bob", "carol", "eve", "gus"]
    slack.add_channel("incidents", id="C123", members=everybody)
    slack.add_channel("ops", id="C456", members=everybody)
    slack.add_channel("quiet", id="C999", members=everybody)
    slack.add_channel("audit", id="C777", members=everybody)
    slack.add_channel("private", id="C555", members=everybody, private=True, with_bot=False)
    slack.add_group("oncall", ["carol"], id="S123")
    stage.tencent.add_account(ENVIRON["TENCENT_ID"], ENVIRON["TENCENT_KEY"])
    stage.alibaba.add_account(ENVIRON["ALIBABA_ID"], ENVIRON["ALIBABA_KEY"])
    stage.volcengine.add_account(ENVIRON["VOLC_ID"], ENVIRON["VOLC_KEY"])
    for task in ("123", "456", "777", *(f"9{n:03}" for n in range(120))):
        stage.tencent.add_task(
            SimulatedTask(kind="pull", id=task, region="ap-guangzhou", state="active")
        )
    stage.tencent.add_task(
        SimulatedTask(
            kind="ingest",
            id=TRTC_TASK,
            region="ap-singapore",
            app=1400000000,
            state="InProgress",
        )
    )
    stage.alibaba.add_task(
        SimulatedTask(kind="relay", id=ALIBABA_TASK, region="cn-shanghai", state="1")
    )
    stage.volcengine.add_task(SimulatedTask(kind="record", id=RECORDING, state="生效中"))


@asynccontextmanager
async def playing(
    folder: Path, mode: str = "socket", extra: str = "", database: str = ""
) -> AsyncIterator[Stage]:
    """A stage with a running bot. database: its URL; SQLite in the folder if left out."""
    stage = Stage(folder, mode, extra, database)
    async with AsyncExitStack() as stack:
        for part in (stage.slack, stage.tencent, stage.alibaba, stage.volcengine):
            await stack.enter_async_context(part)
        furnish(stage)
        stack.push_async_callback(stage.stop_bot)
        await stage.start_bot()
        yield stage
