"""A scene for reading answers: the journal, the client and the vendors' simulators are real, on
loopback; who asks is made up here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.breaker import Breaker
from bot.command import TaskCommand, Vocabulary, parse
from bot.contact import Ear, Press
from bot.journal import (
    Journal,
    Look,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
)
from bot.looks import Looks
from bot.policy import Person, Standing
from bot.reads import Reads
from bot.reads.rights import ReadCommand
from bot.reply import Channel, Line, Link, Reply
from bot.sandbox.block_kit import problems_of
from bot.settings import load
from bot.slack.blocks import render
from providers.catalogue import discover
from providers.client import Client
from providers.simulator import SimulatedTask
from tests.bot.stage import ENVIRON

CATALOGUE = discover()
NOW = 1_800_000_000.0  # 15 Jan 2027, 08:00:00 UTC
REQUEST_ID = "1047d0dc-6dc8-4898-a7f3-03726a822b0e"

CONFIG = """
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
regions = {{ trtc = "ap-singapore" }}
sdk_app_id = 1400000000
access_key_id = "env:TENCENT_ID"
access_key_secret = "env:TENCENT_KEY"
endpoints = {{ live = "{0}", trtc = "{0}" }}
[accounts.spare]
provider = "tencent"
region = "ap-singapore"
access_key_id = "env:TENCENT_ID"
access_key_secret = "env:TENCENT_KEY"
endpoints = {{ live = "{0}", trtc = "{0}" }}
[accounts.ali]
provider = "alibaba"
region = "cn-shanghai"
access_key_id = "env:ALIBABA_ID"
access_key_secret = "env:ALIBABA_KEY"
endpoints = {{ live = "{1}" }}
[targets.main-feed]
account = "prod"
kind = "pull"
task = "123"
[[policy.allow]]
users = ["U123"]
[[policy.deny]]
channels = ["C999"]
[[policy.deny]]
accounts = ["ali"]
channels = ["C998"]
"""

PEOPLE = {
    "ann": ("U123", Standing.MEMBER),
    "bob": ("U456", Standing.MEMBER),
    "gus": ("U555", Standing.GUEST),
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> float:
        return self.at


class Directory:
    """Who is who. lost: nobody can be looked up, for a reason that nobody thought of."""

    def __init__(self) -> None:
        self.lost = False

    async def person(self, user: str, team: str, *, fresh: bool) -> Person:  # noqa: ARG002  # the protocol's
        if self.lost:
            raise RuntimeError("no directory")
        name, standing = next((n, s) for n, (i, s) in PEOPLE.items() if i == user)
        return Person(user, name, frozenset({team}), standing, frozenset())


class CountingLooks(Looks):
    """Real looks, which count how many are under way at once."""

    under_way = 0
    most = 0

    async def look(self, command: TaskCommand, *, seconds: float = 2.0, task: str = "") -> Look:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            return await super().look(command, seconds=seconds, task=task)
        finally:
            self.under_way -= 1


class Scene:
    """Types commands and presses what comes back."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.clock = Clock()
        self.people = Directory()
        self.tencent = CATALOGUE.providers["tencent"].simulator()
        self.alibaba = CATALOGUE.providers["alibaba"].simulator()
        self.whispered: list[tuple[Ear, Reply]] = []
        self.shared: list[tuple[Origin, Reply]] = []

    async def set(self) -> None:
        for simulator, name in ((self.tencent, "TENCENT"), (self.alibaba, "ALIBABA")):
            await self.stack.enter_async_context(simulator)
            simulator.add_account(ENVIRON[f"{name}_ID"], ENVIRON[f"{name}_KEY"])
        config = CONFIG.format(self.tencent.url, self.alibaba.url)
        settings = load(None, ENVIRON, CATALOGUE, text=config)
        self.vocabulary = Vocabulary(CATALOGUE, settings.accounts, settings.targets)
        self.journal = await Journal.open(f"sqlite:///{self.folder}/j.db", now=self.clock)
        self.stack.push_async_callback(self.journal.close)
        client = Client(CATALOGUE, timeout=settings.timeouts.vendor_seconds)
        self.stack.push_async_callback(client.close)
        breaker = Breaker(settings, CATALOGUE, client, self.journal, wake=lambda: None)
        self.stack.push_async_callback(breaker.stop)
        self.looks = CountingLooks(settings, CATALOGUE, client, breaker, self.clock)
        self.reads = Reads(
            settings,
            CATALOGUE,
            journal=self.journal,
            looks=self.looks,
            people=self.people,
            whisper=lambda ear, reply: self.whispered.append((ear, reply)),
            link=lambda record: f"https://example.slack.com/archives/{record.id}",
            show=lambda origin, reply: self.shared.append((origin, reply)),
        )

    def command(self, text: str) -> TaskCommand:
        command = parse(text, self.vocabulary)
        assert isinstance(command, TaskCommand)
        return command

    def origin(self, person: str, channel: str, key: str = "") -> Origin:
        return Origin(
            request_key=key,
            requester=PEOPLE[person][0],
            requester_name=person,
            team="T123",
            channel=channel,
            direct=channel.startswith("D"),
        )

    async def ask(self, person: str, text: str, channel: str = "C123") -> Reply:
        """Type `/stream TEXT`; what this person is told."""
        command = parse(text, self.vocabulary)
        assert isinstance(command, ReadCommand)
        await self.reads.answer(command, self.origin(person, channel))
        return self.heard(PEOPLE[person][0])

    async def ann(self, text: str, channel: str = "C123") -> Reply:
        return await self.ask("ann", text, channel)

    def heard(self, user: str) -> Reply:
        """The one private answer, which is one that Slack takes and holds no key of a stream."""
        ((ear, reply),) = self.whispered
        self.whispered.clear()
        assert ear.user == user
        checked(reply)
        return reply

    def pressed(self, action: str, ticket: str, person: str = "ann") -> Press:
        user = PEOPLE[person][0]
        return Press(
            ticket=ticket,
            action=action,
            user=user,
            team="T123",
            channel="C123",
            message_ts="1.0",
            ear=Ear(user=user, channel="C123"),
        )

    async def press(self, action: str, ticket: str, person: str = "ann") -> Reply:
        """Press what is no change; what the presser is told."""
        await self.reads.press(self.pressed(action, ticket, person))
        return self.heard(PEOPLE[person][0])

    async def sent(self, person: str, text: str, channel: str = "C123", **end: object) -> Record:
        """An operation that was asked, sent and answered."""
        self.clock.at += 1
        origin = self.origin(person, channel, key=f"command:{self.clock.at}")
        asked = await self.journal.ask(self.command(text), origin)
        assert asked is not None
        lasts = {"actor": origin.requester, "lasts": 60.0, "rule": "allow 1"}
        approved = await self.journal.approve(asked, **lasts)  # type: ignore[arg-type]
        assert approved is not None
        claimed = await self.journal.claim(approved, 20)
        assert claimed is not None
        outcome = Outcome(word=OutcomeWord.ACCEPTED, request_id=REQUEST_ID)
        told = {"to": State.SUCCEEDED, "outcome": outcome, **end}
        ended = await self.journal.finish(claimed, **told)  # type: ignore[arg-type]
        assert ended is not None
        return ended


@asynccontextmanager
async def reading(folder: Path) -> AsyncIterator[Scene]:
    """A scene with three tasks of Tencent's: one runs, one has no stream, one is stopped."""
    async with AsyncExitStack() as stack:
        made = Scene(stack, folder)
        await made.set()
        for task, state in (("123", "active"), ("456", "inactive"), ("777", "pause")):
            made.tencent.add_task(
                SimulatedTask(kind="pull", id=task, region="ap-guangzhou", state=state, name="feed")
            )
        yield made


def checked(reply: Reply) -> None:
    assert problems_of(render(reply)["blocks"]) == []
    assert "examplekey" not in repr(reply)


def words(line: Line) -> str:
    """A line as it reads."""
    said = []
    for part in line:
        match part:
            case Channel(id=channel):
                said.append(f"<#{channel}>")
            case Link(label=label):
                said.append(label)
            case _:
                said.append(part)
    return "".join(said)


def rows(reply: Reply) -> list[list[str]]:
    assert reply.table is not None
    return [[words(cell) for cell in row] for row in reply.table.rows]


def fields(reply: Reply) -> dict[str, str]:
    return {name: words(line) for name, line in reply.fields}


def body(reply: Reply) -> str:
    return "\n".join(words(line) for line in (*reply.body, *reply.context))


def actions(reply: Reply) -> list[str]:
    return [button.action for button in reply.buttons]


def ticket(reply: Reply) -> str:
    return reply.buttons[0].ticket
