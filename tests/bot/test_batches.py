"""Several tasks under one command: each is sent once, at the pace of the quota; all are told."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import select

from bot.batches import BatchDesk, BatchRun, stop_outcome, strictest
from bot.batches import looks as batch_looks
from bot.beforehand import Beforehand
from bot.breaker import Breaker
from bot.command import TaskCommand, Vocabulary
from bot.contact import Ear, Press
from bot.follower import Follower
from bot.journal import (
    Journal,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    TaskBusyError,
    Verdict,
)
from bot.journal.batches import TABLE
from bot.journal.schema import trail
from bot.looks import Looks
from bot.notices import AUDIT, BROADCAST, Notices
from bot.policy import Allow, Confirm, Decision, Deny, DenyReason, Person, Standing, Wish
from bot.reply import Reply
from bot.runner import Runner
from bot.screens import HALT, Screens
from bot.screens.batch import BatchScreens
from bot.settings import Settings, load
from bot.supervisor import Supervisor
from providers.catalogue import Catalogue, discover
from providers.client import Client
from providers.operation import Verb
from providers.simulator import Incident, SimulatedTask
from providers.tencent.simulator import TencentSimulator

# A look or a process that is cut off while it connects leaves httpx's transport to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)

RESTART = "RestartLivePullStreamTask"
QUOTA = 20  # calls a second that the vendor allows
FIFTY = tuple(f"9{number:03}" for number in range(50))
ENVIRON = {"TENCENT_ID": "AKIDEXAMPLE", "TENCENT_KEY": "examplesecret-tencent"}


# A room with everything in it that sends: the real parts, and a vendor on loopback


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


class Staff:
    """Who is who: all of them members, but for eve, who is a guest."""

    NAMES: ClassVar = {"U123": "ann", "U456": "bob", "U789": "carol", "U666": "eve"}

    async def person(self, user: str, team: str, *, fresh: bool) -> Person:  # noqa: ARG002  # as asked for
        standing = Standing.GUEST if user == "U666" else Standing.MEMBER
        return Person(user, self.NAMES[user], frozenset({team}), standing, frozenset())


def settings_for(url: str, extra: str = "") -> Settings:
    text = f"""
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
access_key_id = "env:TENCENT_ID"
access_key_secret = "env:TENCENT_KEY"
endpoints = {{ live = "{url}", trtc = "{url}" }}
[targets.main-feed]
account = "prod"
kind = "pull"
task = "777"
protected = true
[policy]
audit_channel = "C777"
[[policy.allow]]
users = ["U123", "U456"]
[[policy.deny]]
targets = ["forbidden-feed"]
[targets.forbidden-feed]
account = "prod"
kind = "pull"
task = "666"
{extra}
"""
    return load(None, ENVIRON, discover(), text=text)


@dataclass
class Room:
    """One process of the bot, without Slack: the journal, what sends, and what hears of it."""

    settings: Settings
    catalogue: Catalogue
    journal: Journal
    client: Client
    pause: Callable[[float], Awaitable[None]]
    told: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    supervisor: Supervisor = field(default_factory=Supervisor)
    asked: int = 0

    def __post_init__(self) -> None:
        vocabulary = Vocabulary(self.catalogue, self.settings.accounts, self.settings.targets)
        self.screens = BatchScreens(self.settings, vocabulary)
        notices = Notices(self.settings, Screens(self.settings, vocabulary), self.journal.now)
        self.breaker = Breaker(
            self.settings, self.catalogue, self.client, self.journal, wake=lambda: None
        )
        looks = Looks(self.settings, self.catalogue, self.client, self.breaker, self.journal.now)
        beforehand = Beforehand(self.catalogue, self.journal, looks)
        self.follower = Follower(
            self.settings,
            journal=self.journal,
            looks=looks,
            notices=notices,
            changed=self.changed,
            pause=self.pause,
        )
        self.runner = Runner(
            self.settings,
            self.catalogue,
            journal=self.journal,
            client=self.client,
            notices=notices,
            changed=self.changed,
            follower=self.follower,
            breaker=self.breaker,
        )
        self.run = BatchRun(
            journal=self.journal,
            beforehand=beforehand,
            runner=self.runner,
            notices=notices,
            screens=self.screens,
            changed=self.changed,
            supervisor=self.supervisor,
        )
        self.desk = BatchDesk(
            self.settings,
            self.catalogue,
            journal=self.journal,
            beforehand=beforehand,
            run=self.run,
            notices=notices,
            people=Staff(),
            whisper=lambda _ear, reply: self.told.append(reply.text),
            changed=self.changed,
            supervisor=self.supervisor,
            wish=self.wish,
            deny=self.deny,
            card=self.card,
        )
        self.news = asyncio.Event()

    # What the desk lends

    def changed(self, record: Record) -> None:
        self.run.child_ended(record)
        self.news.set()

    def wish(self, command: TaskCommand) -> Wish:
        operation = self.catalogue.kind(command.where).operation(command.verb)
        assert operation is not None
        task = (command.where, command.account, command.task)
        return Wish(
            verb=command.verb,
            where=command.where,
            provider="tencent",
            account=command.account,
            target=self.settings.target_named(*task, command.region, command.app),
            effect=operation.effect,
            protected=self.settings.protects(*task) is not None,
        )

    async def deny(self, record: Record, refusal: Reply) -> None:
        self.refused.append(refusal.text)
        await self.journal.move(
            record, State.DENIED, actor="bot", due_at=None, finished_at=self.journal.now()
        )

    async def card(self, record: Record, decision: Confirm) -> None:
        await self.journal.move(
            record,
            State.WAITING,
            actor=record.origin.requester,
            confirm=decision.how,
            rule=decision.rule,
            ticket=f"ticket-of-{record.id}",
            due_at=self.journal.now() + 300,
        )

    # What people do

    async def asks(self, *tasks: str, verb: Verb = Verb.RESTART, canary: bool = False) -> Record:
        """Ann asks; the card is shown, or it is refused."""
        self.asked += 1
        delivery = origin(f"command:{self.asked}")
        parent = await self.journal.ask(command(*tasks, verb=verb, canary=canary), delivery)
        assert parent is not None
        await self.desk.consider(parent)
        return await self.now(parent)

    async def says_yes(self, parent: Record, user: str = "U456") -> bool:
        name = Staff.NAMES[user]
        return await self.desk.approve(parent, press(parent, user), decider=user, decider_name=name)

    async def halts(self, parent: Record, user: str = "U456") -> Deny | None:
        presser = await Staff().person(user, "T123", fresh=True)
        return await self.desk.halt(press(parent, user, HALT), parent, presser)

    # What is seen

    async def now(self, parent: Record) -> Record:
        record = await self.journal.get(parent.id)
        assert record is not None
        return record

    async def children(self, parent: Record) -> list[Record]:
        return await self.journal.batches.children(parent)

    async def shown(self, parent: Record) -> Reply:
        whole = await self.journal.batches.whole(parent.id)
        assert whole is not None
        return self.screens.of(*whole)

    async def until(self, parent: Record, *states: State) -> Record:
        """Wait until the batch is in one of these states."""
        async with asyncio.timeout(20):
            while (now := await self.now(parent)).state not in states:
                self.news.clear()
                await self.news.wait()
        return now

    async def until_settled(self, parent: Record) -> list[Record]:
        async with asyncio.timeout(20):
            while not all(child.settled for child in await self.children(parent)):
                self.news.clear()
                await self.news.wait()
        await self.until(parent, State.SUCCEEDED)
        await self.supervisor.drain(5.0)
        return await self.children(parent)

    async def kinds_owed(self) -> list[str]:
        return sorted(owed.kind for owed in await self.journal.debts.owed_notices())

    async def dies(self) -> None:
        """As SIGKILL: nothing more is done; the vendor goes on with what it has."""
        await self.follower.stop()
        await self.supervisor.drain(0.0)
        await self.breaker.stop()
        await self.client.close()
        await self.journal.close()
        gc.collect()  # what was cut off is told of here, and not in somebody else's test


@pytest.fixture
async def vendor() -> AsyncIterator[TencentSimulator]:
    simulator = TencentSimulator()
    simulator.add_account(*ENVIRON.values())
    for task in ("123", "456", "789", "777", *FIFTY):
        simulator.add_task(SimulatedTask(kind="pull", id=task, region="ap-guangzhou"))
    async with simulator:
        yield simulator


async def _never(_: float) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def open_room(
    folder: Path,
    vendor: TencentSimulator,
    *,
    clock: Clock | None = None,
    extra: str = "",
) -> AsyncIterator[Room]:
    """A room on the folder's database. With a clock of its own, following moves that clock."""
    settings = settings_for(vendor.url, extra)
    now = clock or time.time
    catalogue = discover()
    journal = await Journal.open(f"sqlite:///{folder}/journal.db", now=now)

    async def passes(seconds: float) -> None:
        assert clock is not None
        clock.at += seconds
        await asyncio.sleep(0)

    pause: Callable[[float], Awaitable[None]] = _never if clock is None else passes
    room = Room(settings, catalogue, journal, Client(catalogue, now=now), pause)
    yield room
    await room.dies()


@pytest.fixture
async def room(tmp_path: Path, vendor: TencentSimulator) -> AsyncIterator[Room]:
    """The bot on the real clock; what it sent is not followed."""
    async with open_room(tmp_path, vendor) as built:
        yield built


@pytest.fixture
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty tasks take longer to read than a card waits; a test need not wait as long."""
    monkeypatch.setattr(batch_looks, "LOOK_SECONDS", 0.1)


def command(*tasks: str, verb: Verb = Verb.RESTART, canary: bool = False) -> TaskCommand:
    return TaskCommand(
        verb=verb,
        where="tencent:pull",
        account="prod",
        task=tasks[0],
        others=tasks[1:],
        region="ap-guangzhou",
        canary=canary,
    )


def origin(key: str = "command:1") -> Origin:
    return Origin(
        request_key=key, requester="U123", requester_name="ann", team="T123", channel="C123"
    )


def press(parent: Record, user: str, action: str = "confirm") -> Press:
    return Press(
        ticket=parent.ticket or "",
        action=action,
        user=user,
        team="T123",
        channel="C123",
        message_ts="1.0",
        ear=Ear(user=user, channel="C123"),
    )


def sent(vendor: TencentSimulator, action: str = RESTART) -> list[str]:
    """The tasks of the requests that the vendor saw, in order."""
    return [str(seen.parameters["TaskId"]) for seen in vendor.requests if seen.action == action]


# The journal


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = await Journal.open(f"sqlite:///{tmp_path}/plain.db", now=Clock())
    yield opened
    await opened.close()


async def asked(journal: Journal, *tasks: str) -> Record:
    record = await journal.ask(command(*tasks), origin(",".join(tasks)))
    assert record is not None
    return record


async def approved(journal: Journal, *tasks: str) -> Record:
    record = await journal.approve(await asked(journal, *tasks), actor="U123", lasts=60)
    assert record is not None
    return record


async def states(journal: Journal, parent: Record) -> list[str]:
    return [child.state for child in await journal.batches.children(parent)]


WHY = stop_outcome("@bob stopped the rest.", "type it again")


async def test_every_task_is_an_operation_of_its_own(journal: Journal) -> None:
    """In the order of typing, alone, with its own live key; its delivery acts once."""
    parent = await asked(journal, "9", "123", "456")
    children = await journal.batches.children(parent)
    assert [child.command.task for child in children] == ["9", "123", "456"]
    assert {child.batch for child in children} == {parent.id}
    assert all(child.command.others == () and child.due_at is None for child in children)
    assert children[1].live_key == "tencent:pull|prod|123"
    assert await journal.ask(command("9", "123", "456"), origin("9,123,456")) is None


async def test_a_batch_is_live_under_its_own_name(journal: Journal) -> None:
    """Its card keeps nobody from a task of it, until that task is sent."""
    await approved(journal, "123", "456")
    alone = await journal.ask(command("123"), origin("alone"))
    assert alone is not None
    assert await journal.approve(alone, actor="U456", lasts=60) is not None


async def test_a_task_of_a_batch_is_live_like_any_other(journal: Journal) -> None:
    """One live change of a task, whether it is asked for alone or with others."""
    first, second = await approved(journal, "1", "2"), await approved(journal, "2", "3")
    one = (await journal.batches.children(first))[1]
    other = (await journal.batches.children(second))[0]
    assert await journal.approve(one, actor="U123", lasts=60) is not None
    with pytest.raises(TaskBusyError):
        await journal.approve(other, actor="U123", lasts=60)


@pytest.mark.parametrize("to", [State.DENIED, State.CANCELLED, State.DECLINED, State.EXPIRED])
async def test_what_ends_a_batch_unsent_ends_every_task(journal: Journal, to: State) -> None:
    """In the same transaction, whoever ends it, each with its row in the trail."""
    parent = await asked(journal, "1", "2")
    await journal.move(parent, to, actor="U456", finished_at=1.0)
    children = await journal.batches.children(parent)
    assert [child.state for child in children] == [to, to]
    trail = await journal.past.trail_of(children[0].id)
    assert [(row.actor, row.to_state) for row in trail] == [("U123", "asked"), ("U456", to)]


async def test_what_ends_together_is_sealed_for_every_task(journal: Journal) -> None:
    """Stopped or cancelled: no row of the trail is without its hash."""
    await journal.batches.stop(await approved(journal, "1", "2"), WHY, actor="U456")
    await journal.move(await asked(journal, "3", "4"), State.CANCELLED, actor="U123")
    unsealed = select(trail.c.operation).where(trail.c.hash.is_(None))
    assert await journal.database.commit(lambda c: c.execute(unsealed).scalars().all()) == []


async def test_stopping_spares_what_was_claimed(journal: Journal) -> None:
    """Asked and approved tasks end; one that is being sent, and one that has ended, stay."""
    parent = await approved(journal, "1", "2", "3", "4")
    children = await journal.batches.children(parent)
    live = [await journal.approve(child, actor="U1", lasts=60) for child in children[:3]]
    claimed = [await journal.claim(child, 20) for child in live[:2] if child]
    assert claimed[0] is not None
    yes = Outcome(word=OutcomeWord.ACCEPTED, request_id="r-1")
    await journal.finish(claimed[0], State.SUCCEEDED, yes)
    assert await journal.batches.stop(parent, WHY, actor="U456") == 2
    assert await states(journal, parent) == ["succeeded", "sending", "cancelled", "cancelled"]
    assert await journal.batches.stop(parent, WHY, actor="U789") is None


async def test_what_comes_back_unsent_after_a_stop_is_not_claimed_again(journal: Journal) -> None:
    """A throttled task goes back to approved; "send no more" holds for it too."""
    parent = await approved(journal, "1", "2")
    child = await journal.approve((await journal.batches.children(parent))[0], actor="U1", lasts=60)
    claimed = await journal.claim(child, 20) if child else None
    assert claimed is not None
    await journal.batches.stop(parent, WHY, actor="U456")
    back = await journal.release(claimed, "throttled", due_at=None)
    assert back is not None
    assert await journal.claim(back, 20) is None
    assert await journal.batches.sweep(parent, WHY) == 1
    assert await states(journal, parent) == ["cancelled", "cancelled"]


async def test_a_stop_does_not_leave_a_stream_down(journal: Journal) -> None:
    """A task between its two steps is stopped at the vendor: its start is still sent."""
    parent = await approved(journal, "1", "2")
    child = await journal.approve((await journal.batches.children(parent))[0], actor="U1", lasts=60)
    claimed = await journal.claim(child, 20) if child else None
    assert claimed is not None
    first_step = Outcome(word=OutcomeWord.ACCEPTED, request_id="r-1")
    between = await journal.advance(claimed, first_step, lasts=60)
    assert between is not None
    assert await journal.batches.stop(parent, WHY, actor="U456") == 1
    assert await states(journal, parent) == ["approved", "cancelled"]
    assert await journal.claim(between, 20) is not None


async def test_the_channel_is_owed_the_batch_and_never_a_task_of_it(journal: Journal) -> None:
    """A task that moves is news of its batch."""
    parent = await approved(journal, "1", "2")
    child = (await journal.batches.children(parent))[0]
    assert await journal.approve(child, actor="U1", lasts=60) is not None
    owed = await journal.debts.owed()
    assert [(record.id, record.version) for record in owed] == [(parent.id, parent.version + 1)]


# What counts of several decisions

NO = Deny(DenyReason.RULE, "deny 1")


@pytest.mark.parametrize(
    ("decisions", "counts"),
    [
        ([Allow("1"), Allow("2")], Allow("1")),
        ([Allow("1"), Confirm("self", "2")], Confirm("self", "2")),
        ([Confirm("self", "1"), Confirm("second-person", "2")], Confirm("second-person", "2")),
        ([Confirm("second-person", "1"), NO, Allow("3")], NO),
    ],
)
def test_the_strictest_decision_counts(decisions: list[Decision], counts: Decision) -> None:
    """A no for one task is a no for all; else the most that is asked for any of them."""
    assert strictest(decisions) == counts


# The card


async def test_several_tasks_always_take_a_card(room: Room) -> None:
    """Restarting one task asks nobody; three ask the asker, and say how each stands."""
    parent = await room.asks("123", "456", "404")
    assert (parent.state, parent.confirm) == (State.WAITING, "self")
    shown = await room.shown(parent)
    assert shown.text.startswith(
        "Waiting for a yes: @ann wants to restart 3 tasks on tencent:pull "
        "(ap-guangzhou, account prod): 123, 456, 404. 2 are running. 1 is not found. @ann decides"
    )
    assert shown.table is not None
    assert [row[0][0] for row in shown.table.rows] == ["123", "456", "404"]
    assert ["".join(map(str, row[2])) for row in shown.table.rows] == [
        "running (active)",
        "running (active)",
        "not found",
    ]
    assert [button.label for button in shown.buttons] == ["Restart 3 tasks", "Cancel"]


async def test_many_tasks_take_a_second_person(room: Room, short_looks: None) -> None:
    """More than the blast radius: the card says why."""
    parent = await room.asks(*FIFTY[:6])
    shown = await room.shown(parent)
    assert parent.confirm == "second-person"
    assert ("more than 5 tasks: a second person decides",) in shown.context
    assert (await room.asks(*FIFTY[6:11])).confirm == "self"


async def test_a_protected_task_among_them_takes_a_second_person(room: Room) -> None:
    """However it is typed."""
    parent = await room.asks("123", "777")
    assert parent.confirm == "second-person"
    assert not any("more than" in str(line) for line in (await room.shown(parent)).context)


async def test_one_forbidden_task_refuses_all_of_them(room: Room, vendor: TencentSimulator) -> None:
    """Nothing is sent, and nothing is even read."""
    parent = await room.asks("123", "666")
    assert parent.state is State.DENIED
    assert room.refused[0].startswith("Not allowed: restart on account prod. Rule deny 1")
    assert [child.state for child in await room.children(parent)] == [State.DENIED] * 2
    assert vendor.requests == []


async def test_a_slow_vendor_does_not_hold_up_the_card(
    room: Room, vendor: TencentSimulator, short_looks: None
) -> None:
    """What was not read in time says so."""
    vendor.play(Incident.HANG)
    shown = await room.shown(await room.asks("123", "456"))
    assert shown.table is not None
    assert [row[2] for row in shown.table.rows] == [("not read",), ("not read",)]
    assert ("2 of 2 could not be read in time.",) in shown.body


async def test_a_task_that_changed_since_the_card_is_shown_anew(
    room: Room, vendor: TencentSimulator
) -> None:
    """Nothing is sent; the fresh card has a new ticket and names the task and its change."""
    parent = await room.asks("123", "456", verb=Verb.DELETE)
    task = vendor.task("pull", "456")
    assert task is not None
    task.state = "pause"
    assert await room.says_yes(parent)
    anew = await room.now(parent)
    assert anew.state is State.WAITING
    assert anew.ticket != parent.ticket
    assert "456: state running → stopped" in (await room.shown(parent)).text
    assert "456: state running → stopped" in room.told[0]
    assert not await room.says_yes(parent)  # the old card decides nothing any more
    assert await room.says_yes(anew)
    await room.until(anew, State.SUCCEEDED)
    assert sorted(sent(vendor, "DeleteLivePullStreamTask")) == ["123", "456"]


async def test_a_delete_keeps_the_settings_of_every_task(room: Room) -> None:
    """In the trail of each, before it goes."""
    parent = await room.asks("123", "456", verb=Verb.DELETE)
    await room.says_yes(parent)
    await room.until(parent, State.SUCCEEDED)
    for child in await room.children(parent):
        rows = await room.journal.past.trail_of(child.id)
        yes = next(row for row in rows if row.to_state == State.APPROVED)
        assert "settings" in yes.detail


# Sending


async def test_fifty_tasks_each_once_at_the_pace_of_the_quota(
    room: Room, vendor: TencentSimulator, short_looks: None
) -> None:
    """One request each, claimed as typed; never above the quota as the vendor counts it, and nine
    tenths of it used, from the first arrival to the last. Whether it is used is also a question of
    what else the machine does, so that counts in the best of three runs."""
    rates: list[float] = []
    while len(rates) < 3 and max(rates, default=0.0) < 0.9 * QUOTA:
        vendor.requests.clear()
        parent = await room.asks(*FIFTY)
        assert await room.says_yes(parent)
        await room.until(parent, State.SUCCEEDED)
        assert sorted(sent(vendor)) == list(FIFTY)
        claimed = [child.sent_at or 0.0 for child in await room.children(parent)]
        assert claimed == sorted(claimed)
        requests = [seen for seen in vendor.requests if seen.action == RESTART]
        assert max(seen.in_last_second for seen in requests) <= QUOTA
        assert {seen.verdict for seen in requests} == {"ok"}
        rates.append((len(requests) - 1) / (requests[-1].at - requests[0].at))
    assert max(rates) >= 0.9 * QUOTA


async def test_a_task_that_is_busy_is_not_sent_and_says_so(
    room: Room, vendor: TencentSimulator
) -> None:
    """Somebody else's live change of it goes first; the others are sent."""
    parent = await room.asks("123", "456")
    other = await room.journal.ask(command("456"), origin("bob's"))
    assert other is not None
    assert await room.journal.approve(other, actor="U456", lasts=60)
    await room.says_yes(parent)
    await room.until(parent, State.SUCCEEDED)
    busy = (await room.children(parent))[1]
    assert busy.state is State.DENIED
    assert busy.outcome is not None
    assert busy.outcome.says == f"It is busy: op {other.id} by @ann."
    assert sent(vendor) == ["123"]


async def test_what_the_look_already_tells_is_not_sent(
    room: Room, vendor: TencentSimulator
) -> None:
    """A task that is not there ends without a request, and is named with the next step."""
    parent = await room.asks("123", "404")
    await room.says_yes(parent)
    await room.until(parent, State.SUCCEEDED)
    shown = await room.shown(parent)
    assert "1 accepted and watched, 1 not sent." in shown.text
    assert "There is no such task to restart" in "".join(map(str, shown.body[1]))
    assert sent(vendor) == ["123"]


async def test_send_no_more_stops_the_rest(
    room: Room, vendor: TencentSimulator, short_looks: None
) -> None:
    """What was sent stays sent, nothing else leaves, and the summary names who stopped it."""
    parent = await room.asks(*FIFTY)
    await room.says_yes(parent)
    async with asyncio.timeout(10):
        while len(sent(vendor)) < 10:
            room.news.clear()
            await room.news.wait()
    assert await room.halts(await room.now(parent)) is None
    at_the_stop = len(sent(vendor))
    assert await room.halts(await room.now(parent), "U123") is None
    await room.until(parent, State.SUCCEEDED)
    await room.supervisor.drain(5.0)
    left = len(sent(vendor))
    assert 10 <= at_the_stop < 50
    assert left - at_the_stop <= 2  # what was claimed just before
    text = (await room.shown(parent)).text
    assert text.endswith(f"@bob stopped the rest: {left} were sent, {50 - left} were not.")
    assert room.told == ["Nothing was left to stop. See the message."]


@pytest.mark.parametrize(("user", "may"), [("U123", True), ("U456", True), ("U789", False)])
async def test_who_may_do_it_may_stop_it(room: Room, user: str, may: bool) -> None:
    """Whoever the policy allows this verb here; for anybody else nothing changes."""
    parent = await approved(room.journal, "123", "456")
    assert (await room.halts(parent, user) is None) == may
    stopped = await states(room.journal, parent) == ["cancelled", "cancelled"]
    assert stopped == may


# The canary


async def test_the_rest_waits_until_the_first_is_proved(
    tmp_path: Path, vendor: TencentSimulator
) -> None:
    """The vendor's own status proves the first task; only then the others are sent."""
    clock = Clock()
    vendor._now = clock
    async with open_room(tmp_path, vendor, clock=clock) as room:
        parent = await room.asks("123", "456", "789", canary=True)
        await room.says_yes(parent)
        children = await room.until_settled(parent)
        assert [child.verdict for child in children] == [Verdict.RECOVERED] * 3
        first, *rest = children
        assert all((child.sent_at or 0) >= (first.sent_at or 0) + 4.0 for child in rest)
        assert (await room.shown(parent)).text == (
            "Restarted 3 of 3 on tencent:pull by @ann: 3 running again."
        )
        assert await room.kinds_owed() == [AUDIT, TABLE]


async def test_a_first_task_that_does_not_come_back_keeps_the_rest_from_being_sent(
    tmp_path: Path, vendor: TencentSimulator
) -> None:
    """The summary says why, and the asker is called."""
    clock = Clock()
    vendor._now = clock
    vendor.play(Incident.NOT_BACK, times=1)
    async with open_room(tmp_path, vendor, clock=clock) as room:
        parent = await room.asks("123", "456", "789", canary=True)
        await room.says_yes(parent)
        children = await room.until_settled(parent)
        assert sent(vendor) == ["123"]
        assert [child.state for child in children] == ["succeeded", "cancelled", "cancelled"]
        assert (await room.shown(parent)).text == (
            "Restarted 1 of 3 on tencent:pull by @ann: 1 not back (123), 2 not sent. "
            "The first task, 123, is not back, so nothing more was sent: 1 was sent, 2 were not."
        )
        assert BROADCAST in await room.kinds_owed()


async def test_a_first_task_that_is_refused_keeps_the_rest_from_being_sent(
    room: Room, vendor: TencentSimulator
) -> None:
    """At once: there is nothing to follow."""
    parent = await room.asks("123", "456", canary=True)
    vendor.play(Incident.ARREARS, times=1)
    await room.says_yes(parent)
    await room.until(parent, State.SUCCEEDED)
    assert sent(vendor) == ["123"]
    assert (
        "1 refused (123), 1 not sent. The first task, 123, was refused"
        in (await room.shown(parent)).text
    )


# A process that dies


async def test_a_kill_in_the_middle_repeats_nothing(
    tmp_path: Path, vendor: TencentSimulator, short_looks: None
) -> None:
    """The next process sends what had not left, each task once; what was on its way is unknown."""
    async with open_room(tmp_path, vendor) as first:
        parent = await first.asks(*FIFTY)
        await first.says_yes(parent)
        async with asyncio.timeout(10):
            while len(sent(vendor)) < 15:
                first.news.clear()
                await first.news.wait()
    async with open_room(tmp_path, vendor) as second:
        await recover(second)
        await second.until(parent, State.SUCCEEDED)
        children = await second.children(parent)
    assert len(sent(vendor)) == len(set(sent(vendor)))
    unsent = {child.command.task for child in children} - set(sent(vendor))
    lost = {child.command.task for child in children if child.state is State.UNKNOWN}
    assert unsent <= lost  # claimed, and cut off before the request left
    assert len(lost) <= 2
    assert sum(child.state is State.SUCCEEDED for child in children) == 50 - len(lost)


async def test_a_kill_between_the_yes_and_the_first_task_loses_nothing(
    tmp_path: Path, vendor: TencentSimulator
) -> None:
    """The batch was approved and no task of it: all of them go on."""
    async with open_room(tmp_path, vendor) as first:
        parent = await approved(first.journal, "123", "456")
    async with open_room(tmp_path, vendor) as second:
        await recover(second)
        await second.until(parent, State.SUCCEEDED)
    assert sorted(sent(vendor)) == ["123", "456"]


async def test_nothing_goes_on_for_somebody_who_lost_their_rights(
    tmp_path: Path, vendor: TencentSimulator
) -> None:
    """The next process asks the policy again."""
    async with open_room(tmp_path, vendor) as first:
        parent = await approved(first.journal, "123", "456")
    frozen = '[[policy.deny]]\nverbs = ["restart"]'
    async with open_room(tmp_path, vendor, extra=frozen) as second:
        await recover(second)
        await second.until(parent, State.SUCCEEDED)
        assert "@ann may not go on: Rule deny 2 forbids" in (await second.shown(parent)).text
    assert sent(vendor) == []


async def test_what_is_overdue_is_not_sent_any_more(room: Room) -> None:
    """The time that the quota needs is over; the rest ends, and the batch with it."""
    record = await asked(room.journal, "123", "456")
    parent = await room.journal.approve(record, actor="U456", lasts=-1)
    assert parent is not None
    await room.desk.overdue(parent)
    await room.until(parent, State.SUCCEEDED)
    assert (await room.shown(parent)).text == (
        "Restarted 0 of 2 on tencent:pull by @ann: 2 not sent. "
        "The time for sending is over: 0 were sent, 2 were not."
    )


async def test_the_end_is_owed_once(room: Room) -> None:
    """A process that hears of the last task twice, or a second process, adds nothing."""
    parent = await asked(room.journal, "123", "404")
    assert await room.journal.batches.owe_the_end(parent, [])
    assert not await room.journal.batches.owe_the_end(parent, [])
    assert await room.kinds_owed() == [TABLE]


async def recover(room: Room) -> None:
    """What a process does at its start."""
    for record in await room.journal.in_state(State.SENDING):
        lost = Outcome(word=OutcomeWord.UNKNOWN, says="The bot stopped meanwhile.")
        moved = await room.journal.move(
            record, State.UNKNOWN, actor="bot", outcome=lost, due_at=None, finished_at=1.0
        )
        assert moved is not None
        room.changed(moved)
    for record in await room.journal.in_state(State.APPROVED):
        going_on = room.desk.resume if record.command.others else room.runner.run
        room.supervisor.spawn(going_on(record), f"op {record.id}, resumed")
    await room.desk.at_start()
