"""The brake: one freeze stops every change that is not claimed yet, and says so to everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.brake_words import stopped
from bot.brakes import BrakeDesk
from bot.command import FreezeCommand, TaskCommand, ThawCommand
from bot.contact import Ear
from bot.journal import Journal, Origin, Outcome, OutcomeWord, Record, State
from bot.journal.brakes import Brake, Turn, names_of
from bot.policy import Person, Standing
from bot.reply import Reply
from bot.settings import load
from providers.catalogue import discover
from providers.operation import Verb
from tests.journals import opened

pytest_plugins = ["tests.postgres", "tests.journals"]

NOON = 1_800_014_400.0  # 12:00:00 UTC

CONFIG = """
[accounts.prod]
provider = "tencent"
access_key_id = "env:ONE"
access_key_secret = "env:ONE"
[accounts.twin]
provider = "tencent"
access_key_id = "env:ONE"
access_key_secret = "env:ONE"
[accounts.other]
provider = "tencent"
access_key_id = "env:TWO"
access_key_secret = "env:TWO"
[policy]
audit_channel = "C777"
[policy.confirm]
interrupts = "second-person"
[[policy.allow]]
users = ["U123", "U456"]
[[policy.allow]]
accounts = ["other"]
users = ["U789"]
"""

SETTINGS = load(None, {"ONE": "key-1", "TWO": "key-2"}, discover(), text=CONFIG)
NAMES = {"U123": "ann", "U456": "bob", "U789": "carol", "U666": "eve"}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at


class Everybody:
    """Who is in the workspace: members all, but for a guest. fresh: who was read anew."""

    def __init__(self) -> None:
        self.fresh: list[str] = []

    async def person(self, user: str, team: str, *, fresh: bool) -> Person:
        self.fresh += [user] if fresh else []
        standing = Standing.MEMBER if user in NAMES else Standing.GUEST
        return Person(user, NAMES.get(user, "gus"), frozenset({team}), standing, frozenset())


@dataclass
class Room:
    """The desk, and what is heard around it."""

    journal: Journal
    clock: Clock
    heard: list[tuple[str, str]] = field(default_factory=list)
    wakes: int = 0

    def __post_init__(self) -> None:
        self.people = Everybody()
        self.desk = BrakeDesk(
            SETTINGS,
            journal=self.journal,
            people=self.people,
            whisper=self._whisper,
            wake=self._wake,
        )

    def _whisper(self, ear: Ear, reply: Reply) -> None:
        self.heard.append((NAMES.get(ear.user, "gus"), reply.text))

    def _wake(self) -> None:
        self.wakes += 1

    async def types(
        self, name: str, command: FreezeCommand | ThawCommand, key: str = "", channel: str = "C123"
    ) -> str:
        """What this person alone hears. A second passes with each command."""
        self.clock.at += 1
        origin = asked_by(name, key or f"command:{self.clock.at}", channel)
        before = len(self.heard)
        await self.desk.answer(command, origin)
        return " ".join(text for _, text in self.heard[before:])

    async def told(self) -> list[tuple[str, str]]:
        """What the channels are owed since the last look: where, and the words."""
        owed = await self.journal.debts.owed_notices()
        for notice in owed:
            await self.journal.debts.paid(notice)
        return [(notice.channel or notice.kind, notice.text) for notice in owed]

    async def trail(self) -> list[tuple[str, str, str]]:
        """Who took what from where to where."""
        entries = await self.journal.past.trail_of("brake")
        return [(one.actor, one.from_state, one.to_state) for one in entries]


def asked_by(name: str, key: str, channel: str = "C123") -> Origin:
    user = next((user for user, known in NAMES.items() if known == name), "U555")
    return Origin(
        request_key=key, requester=user, requester_name=name, team="T123", channel=channel
    )


def command(account: str = "prod", task: str = "123") -> TaskCommand:
    return TaskCommand(
        verb=Verb.RESTART, where="tencent:pull", account=account, task=task, region="ap-guangzhou"
    )


async def approved(journal: Journal, account: str = "prod", task: str = "123") -> Record:
    first_name = SETTINGS.first_name_of(account)
    origin = asked_by("ann", f"command:{account}:{task}")
    record = await journal.ask(command(account, task), origin, account=first_name)
    assert record is not None
    moved = await journal.approve(record, actor="U123", lasts=60)
    assert moved is not None
    return moved


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def journal(journal_url: str, clock: Clock) -> AsyncIterator[Journal]:
    """On each engine."""
    made = await opened(journal_url, clock)
    yield made
    await made.close()


@pytest.fixture
def room(journal: Journal, clock: Clock) -> Room:
    return Room(journal, clock)


# What it stops


@pytest.mark.parametrize(
    ("frozen", "account", "held"),
    [
        (None, "prod", True),
        (None, "other", True),
        ("prod", "prod", True),
        ("prod", "twin", True),
        ("twin", "prod", True),
        ("prod", "other", False),
        ("other", "prod", False),
        ("other", "twin", False),
    ],
)
async def test_what_a_freeze_holds(
    room: Room, frozen: str | None, account: str, held: bool
) -> None:
    """Everything, or one account under every name of its key; what is approved and not yet claimed
    is caught by the claim itself, and goes on after the thaw."""
    record = await approved(room.journal, account)
    await room.types("ann", FreezeCommand(frozen, "wrong source"))
    assert (await room.journal.claim(record, 20) is None) is held
    blocked = await room.desk.blocked(command(account))
    assert (blocked is not None) is held
    assert await room.journal.brakes.on(*names_of(record)) == blocked
    if held:
        await room.types("ann", ThawCommand(frozen))
        assert await room.journal.claim(record, 20) is not None


async def test_what_was_claimed_ends_as_it_does(room: Room) -> None:
    """The request may have left: its end is written down, frozen or not."""
    claimed = await room.journal.claim(await approved(room.journal), 20)
    assert claimed is not None
    await room.types("ann", FreezeCommand(None, "wrong source"))
    yes = Outcome(word=OutcomeWord.ACCEPTED, request_id="r-1")
    assert await room.journal.finish(claimed, State.SUCCEEDED, yes) is not None


async def test_a_name_that_the_key_gets_later_is_held_too(room: Room) -> None:
    """A record carries the first name of its key, beside the one that was typed."""
    await room.types("ann", FreezeCommand("prod", "wrong source"))
    origin = asked_by("ann", "command:new")
    record = await room.journal.ask(command("new-name"), origin, account="prod")
    assert record is not None
    moved = await room.journal.approve(record, actor="U123", lasts=60)
    assert moved is not None
    assert await room.journal.claim(moved, 20) is None


async def test_a_freeze_outlives_the_process(journal_url: str) -> None:
    """It is in the journal, where every run and every replica looks."""
    first = await opened(journal_url)
    await Room(first, Clock()).types("ann", FreezeCommand("prod", "wrong source"))
    held = await first.brakes.all()
    await first.close()
    second = await opened(journal_url)
    assert await second.brakes.all() == held
    assert await second.claim(await approved(second), 20) is None
    await second.close()


# What people read


async def test_a_freeze_is_told_to_its_channel_and_to_the_audit_channel(room: Room) -> None:
    """Who, what, why, and how it ends; the same once more in the audit channel, and the trail."""
    heard = await room.types("ann", FreezeCommand("other", "Wrong source."))
    text = (
        "Frozen: @ann stopped all changes on account other: Wrong source. Nothing is sent until "
        "somebody types /stream thaw --account other."
    )
    assert await room.told() == [("C123", text), ("audit", text)]
    assert heard == "Frozen: account other. To thaw: /stream thaw --account other"
    assert await room.trail() == [("U123", "thawed", "frozen")]
    assert room.wakes == 1


async def test_in_the_audit_channel_it_is_told_once(room: Room) -> None:
    """It is there already."""
    await room.types("ann", FreezeCommand(None, "maintenance"), channel="C777")
    assert await room.told() == [
        (
            "C777",
            "Frozen: @ann stopped all changes on every account: maintenance. Nothing is sent until "
            "somebody types /stream thaw.",
        )
    ]


async def test_other_names_of_the_key_are_named(room: Room) -> None:
    """Whoever works under the other name knows that it is meant too."""
    await room.types("ann", FreezeCommand("twin", "wrong source"))
    (where, text), _ = await room.told()
    assert where == "C123"
    assert "stopped all changes on account twin (also prod, the same key): wrong source." in text


async def test_a_freeze_of_what_is_frozen_says_who_did_it(room: Room) -> None:
    """Nothing changes, and no channel is told."""
    await room.types("ann", FreezeCommand("other", "wrong source"))
    held = await room.journal.brakes.all()
    await room.told()
    assert await room.types("bob", FreezeCommand("other", "me too")) == (
        "Frozen already: @ann froze account other at 12:00:01 UTC: wrong source. Nothing was "
        "changed. To thaw: /stream thaw --account other"
    )
    assert await room.journal.brakes.all() == held
    assert await room.told() == []
    assert await room.trail() == [("U123", "thawed", "frozen"), ("U456", "frozen", "frozen")]


async def test_a_thaw_says_what_was_frozen(room: Room) -> None:
    """Who takes it off, who had put it on and why; nothing that it stopped is sent by itself."""
    await room.types("ann", FreezeCommand("other", "wrong source"))
    await room.told()
    heard = await room.types("bob", ThawCommand("other", "source is right"))
    assert heard == "Thawed: account other."
    assert (await room.told())[0] == (
        "C123",
        "Thawed: @bob took the freeze off account other: source is right. @ann froze account "
        "other at 12:00:01 UTC: wrong source. What it stopped is not sent by itself: ask again.",
    )
    assert await room.journal.brakes.all() == []
    assert (await room.trail())[-1] == ("U456", "frozen", "thawed")


async def test_a_freeze_of_one_account_under_a_freeze_of_everything(room: Room) -> None:
    """Both are kept, and both are said: the thaw of one leaves the other."""
    await room.types("ann", FreezeCommand(None, "maintenance"))
    await room.types("bob", FreezeCommand("other", "wrong source"))
    assert (await room.told())[2][1].endswith(
        "Every account is frozen as well: @ann froze every account at 12:00:01 UTC: maintenance. "
        "To thaw: /stream thaw"
    )
    record = await approved(room.journal, "other")
    await room.types("ann", ThawCommand("other"))
    assert (await room.told())[0][1].endswith(
        "Still frozen: @ann froze every account at 12:00:01 UTC: maintenance. To thaw: /stream thaw"
    )
    assert await room.journal.claim(record, 20) is None
    await room.types("bob", FreezeCommand("other", "wrong source"))
    await room.told()
    await room.types("ann", ThawCommand(None))
    assert (await room.told())[0][1].endswith(
        "Still frozen: @bob froze account other at 12:00:04 UTC: wrong source. "
        "To thaw: /stream thaw --account other"
    )
    assert await room.journal.claim(record, 20) is None


async def test_a_freeze_of_everything_names_the_accounts_with_their_own(room: Room) -> None:
    """Whoever thaws everything knows that these stay."""
    await room.types("ann", FreezeCommand("other", "wrong source"))
    await room.told()
    await room.types("ann", FreezeCommand(None, "maintenance"))
    assert (await room.told())[0][1].endswith(
        "With a freeze of its own, before and after: account other."
    )


@pytest.mark.parametrize(
    ("thaw", "heard"),
    [
        (
            "other",
            "Nothing to thaw: account other has none. Still frozen: @ann froze account prod (also "
            "twin, the same key) at 12:00:01 UTC: wrong source. To thaw: "
            "/stream thaw --account prod",
        ),
        (
            None,
            "Nothing to thaw: there is no freeze of everything. Still frozen: @ann froze account "
            "prod (also twin, the same key) at 12:00:01 UTC: wrong source. To thaw: "
            "/stream thaw --account prod",
        ),
    ],
)
async def test_a_thaw_of_what_is_not_frozen_says_what_is(
    room: Room, thaw: str | None, heard: str
) -> None:
    """A thaw takes off what it names and nothing else."""
    await room.types("ann", FreezeCommand("prod", "wrong source"))
    held = await room.journal.brakes.all()
    assert await room.types("bob", ThawCommand(thaw)) == heard
    assert await room.journal.brakes.all() == held


async def test_a_thaw_where_nothing_is_frozen(room: Room) -> None:
    """It says so."""
    assert await room.types("bob", ThawCommand(None)) == (
        "Nothing to thaw: there is no freeze of everything. Nothing is frozen."
    )


async def test_what_every_attempt_hears(room: Room) -> None:
    """Who froze, since when and why; how it is thawed, and who may."""
    await room.types("ann", FreezeCommand("other", "wrong source"))
    brake = await room.desk.blocked(command("other"))
    assert brake is not None
    reply = room.desk.refusal(brake, asked_by("eve", "command:9"))
    assert reply.text == (
        "Not run: account other is frozen. @ann froze account other at 12:00:01 UTC: wrong source. "
        "Nothing was sent. May thaw: U123 or U456 (rule allow 1), or U789 (rule allow 2). To thaw: "
        "/stream thaw --account other"
    )


@pytest.mark.parametrize(
    ("later", "since"), [(60.0, "at 12:00:00 UTC"), (86_400.0, "on 15 Jan 12:00 UTC")]
)
def test_the_end_of_what_the_brake_caught(later: float, since: str) -> None:
    """Not sent, with who, since when (the day, once it is another one) and why."""
    brake = Brake(
        accounts=("other",), by="U123", by_name="ann", reason="wrong", channel="C123", at=NOON
    )
    end = stopped(brake, NOON + later)
    assert end.word is OutcomeWord.NOT_SENT
    assert end.says == f"@ann froze account other {since}: wrong. Nothing was sent."
    assert end.step == "ask again once somebody has typed /stream thaw --account other"


# Who may, and how often


@pytest.mark.parametrize(
    ("who", "account", "heard"),
    [
        ("eve", "other", "Allowed: U123 or U456 (rule allow 1), or U789 (rule allow 2)."),
        ("carol", None, "Allowed: U123 or U456 (rule allow 1)."),
        ("carol", "prod", "Allowed: U123 or U456 (rule allow 1)."),
        ("gus", "other", "Only full members of this workspace may do that."),
    ],
)
async def test_who_may_not(room: Room, who: str, account: str | None, heard: str) -> None:
    """The policy decides, as about every verb: a rule for one account is no rule for all. The
    refusal is private, and told in the audit channel."""
    said = await room.types(who, FreezeCommand(account, "wrong source"))
    assert said.startswith("Not allowed: freeze of ")
    assert heard in said
    assert await room.journal.brakes.all() == []
    ((where, audited),) = await room.told()
    assert where == "audit"
    assert audited.startswith(said)


async def test_a_rule_for_one_account_is_enough_for_that_account(room: Room) -> None:
    """And a brake asks for no second person, whatever the policy says of changes."""
    await room.types("carol", FreezeCommand("other", "wrong source"))
    assert [brake.by_name for brake in await room.journal.brakes.all()] == ["carol"]


async def test_a_thaw_reads_afresh_who_somebody_is(room: Room) -> None:
    """It sets changes free. A freeze breaks nothing, and does not wait for Slack."""
    await room.types("ann", FreezeCommand("other", "wrong source"))
    await room.types("bob", ThawCommand("other"))
    assert room.people.fresh == ["U456"]


async def test_a_repeated_delivery_acts_once(room: Room) -> None:
    """Slack may deliver again after somebody has thawed: it does not freeze anew, nor thaw what was
    frozen since."""
    freeze, thaw = FreezeCommand("other", "wrong source"), ThawCommand("other")
    await room.types("ann", freeze, key="command:1")
    await room.types("bob", thaw, key="command:2")
    assert await room.types("ann", freeze, key="command:1") == ""
    assert await room.journal.brakes.all() == []
    await room.types("ann", freeze, key="command:3")
    await room.told()
    assert await room.types("bob", thaw, key="command:2") == ""
    assert len(await room.journal.brakes.all()) == 1
    assert await room.told() == []


async def test_a_thaw_takes_off_the_freeze_that_was_read(room: Room) -> None:
    """Another one that came between is not taken off by it."""
    await room.types("ann", FreezeCommand("other", "wrong source"))
    (old,) = await room.journal.brakes.all()
    stale = replace(old, at=old.at - 10)
    origin = asked_by("bob", "command:9")
    turn = await room.journal.brakes.thaw(stale, origin, "", lambda _: [])
    assert turn == Turn(brake=stale, changed=False, others=(old,))
    assert await room.journal.brakes.all() == [old]


async def test_a_journal_that_cannot_be_written_freezes_nothing(room: Room) -> None:
    """It is said at once, for nobody may rely on a brake that is not on."""
    with room.journal._database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE brake")
    said = await room.types("ann", FreezeCommand(None, "wrong source"))
    assert said.startswith("Not run: not accepted, because the bot cannot write its journal.")
