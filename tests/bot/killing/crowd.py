"""A clumsy crowd: many restarts at once, each with a card that three people press again and again,
three replicas that are killed and replaced, sockets that drop, envelopes that come twice, and a
database that crashes and comes back."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.journal import JournalError, Record, State
from bot.sandbox import Limits, Message, NotOnScreen, Receipt
from bot.screens import CONFIRM, DECLINE, WITHDRAW
from providers.simulator import SimulatedTask
from tests.bot.killing.bots import Nursery
from tests.bot.killing.judge import unlawful, untrue
from tests.bot.killing.scene import LOOK_SECONDS, Scene, scene
from tests.bot.killing.stories import asks
from tests.postgres import Postgres

__all__ = ["Result", "crowd"]

PEOPLE = ("ann", "bob", "carol")
REPLICAS = 3
MOST_PRESSES = 5
CHANNELS = 8

_EXTRA = """
[limits]
open_cards = 100
commands_per_minute = 1000
[policy]
[[policy.allow]]
users = ["U123", "U456", "U789"]
[policy.confirm]
interrupts = "second-person"
"""


@dataclass(slots=True)
class Result:
    """What came of it. wrong: what does not hold, with its operation."""

    ends: Counter[State] = field(default_factory=Counter)
    calls: int = 0
    kills: int = 0
    untaken: int = 0  # commands whose asker was told so, by the bot or by Slack
    wrong: list[str] = field(default_factory=list)


async def crowd(
    operations: int, seed: int, *, folder: Path, server: Postgres, nursery: Nursery
) -> Result:
    """Play it to its end, and judge."""
    result = Result()
    dice = random.Random(seed)  # noqa: S311  # no secret: it must come again with its seed
    async with scene(folder, server.new_database(), nursery, _EXTRA) as there:
        _furnish(there, operations)
        for _ in range(REPLICAS):
            await there.run_bot()
        trouble = asyncio.create_task(_trouble(there, server, dice, result))
        span = max(6.0, operations * 0.15)  # they do not come all at once
        wishes = [_Wish(there, number, dice.random(), span) for number in range(operations)]
        receipts = await asyncio.gather(*(wish.play() for wish in wishes))
        trouble.cancel()
        with suppress(asyncio.CancelledError):
            await trouble
        while len([bot for bot in there.bots if not bot.dead.is_set()]) < REPLICAS:
            await there.run_bot()
        await there.until_quiet()
        _judge(there, receipts, result)
    return result


def _furnish(there: Scene, operations: int) -> None:
    there.slack.limits = Limits(posts_per_second=1000.0, post_burst=1000, per_minute={})
    there.tencent.clear()
    for number in range(CHANNELS):
        there.slack.add_channel(f"crowd-{number}", id=f"C80{number}", members=list(PEOPLE))
    for number in range(operations):
        there.tencent.add_task(
            SimulatedTask(kind="pull", id=_task(number), region="ap-guangzhou", state="active")
        )


def _task(number: int) -> str:
    return f"8{number:04}"


def _channel(number: int) -> str:
    return f"#crowd-{number % CHANNELS}"


# People


class _Wish:
    """One operation, and what its three people do about it."""

    def __init__(self, there: Scene, number: int, seed: float, span: float) -> None:
        self._there = there
        self._task = _task(number)
        self._channel = _channel(number)
        self._dice = random.Random(seed)  # noqa: S311  # no secret: it comes again with its seed
        self._asker = self._dice.choice(PEOPLE)
        self._begins_after = self._dice.random() * span

    async def play(self) -> Receipt:
        """One person asks; three press, up to five times each, in any order; then until it
        counts."""
        await asyncio.sleep(self._begins_after)
        receipt = await self._there.type(
            self._asker, f"restart tencent {self._task}", self._channel
        )
        if not receipt.acked and not await self._records():
            return receipt
        presses = [person for person in PEOPLE for _ in range(self._dice.randint(1, MOST_PRESSES))]
        self._dice.shuffle(presses)
        for person in presses:
            await self._press(person)
        somebody = next(person for person in PEOPLE if person != self._asker)
        while not await self._decided():
            await self._press(somebody)
        return receipt

    async def _press(self, person: str) -> None:
        """A yes, or now and then a no, on any copy of the card, also on one that was decided."""
        with suppress(TimeoutError):
            await self._there.slack.wait_for(self._posts, seconds=1.0)
        posts = [post for post in self._posts() if asks(post)] or self._posts()
        if not posts:
            return
        no = WITHDRAW if person == self._asker else DECLINE
        action = no if self._dice.random() < 0.03 else CONFIRM
        with suppress(NotOnScreen):
            await self._there.slack.press(person, self._dice.choice(posts), action, force=True)
        await asyncio.sleep(self._dice.random() * 0.2)  # as fast as hands are

    async def _decided(self) -> bool:
        waits = (State.ASKED, State.WAITING)
        return all(record.state not in waits for record in await self._records())

    async def _records(self) -> list[Record]:
        """While the database is away it is asked again."""
        while True:
            try:
                records = await asyncio.to_thread(self._there.records)
            except JournalError:
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return [record for record in records if record.command.task == self._task]

    def _posts(self) -> list[Message]:
        return _told_of(self._task, self._there.posts(self._channel))


# Trouble


async def _trouble(there: Scene, server: Postgres, dice: random.Random, result: Result) -> None:
    """One thing after the other, for as long as there is work; the database crashes once."""
    step = 0
    while True:
        await asyncio.sleep(0.3 + dice.random() * 0.5)  # its own pace; nothing waits for it
        step += 1
        if step == 6:
            await asyncio.to_thread(server.restart, "immediate")
            continue
        match dice.choice(("drop", "twice", "twice", "kill", "stop")):
            case "drop" if there.slack.sockets.connections:
                there.slack.sockets.drop(dice.choice(there.slack.sockets.connections))
            case "twice":
                there.slack.sockets.repeat(3)
            case "kill" | "stop" as way:
                await _replace(there, dice, way)
                result.kills += 1


async def _replace(there: Scene, dice: random.Random, way: str) -> None:
    living = [bot for bot in there.bots if not bot.dead.is_set()]
    if living:
        bot = dice.choice(living)
        await (bot.end() if way == "kill" else bot.stop())
    with suppress(RuntimeError, TimeoutError):  # the database may be away
        await there.run_bot()


# What must hold


def _judge(there: Scene, receipts: Sequence[Receipt], result: Result) -> None:
    records = {record.command.task: record for record in there.records()}
    calls = Counter(
        str(seen.parameters["TaskId"]) for seen in there.changes() if seen.verdict == "ok"
    )
    result.calls = calls.total()
    result.wrong += [f"audit verify: {fault}" for fault in there.audited().faults]
    if len(records) != len(there.records()):
        result.wrong.append("one command became two operations")
    for number, receipt in enumerate(receipts):
        record = records.get(_task(number))
        if record is not None:
            result.ends[record.state] += 1
            found = _faults(
                there, record, calls[record.command.task], f"#crowd-{number % CHANNELS}"
            )
            result.wrong += [f"{record.id}, task {record.command.task}: {fault}" for fault in found]
        elif receipt.acked and not receipt.shown:  # a "not accepted" comes with the ack
            result.wrong.append(f"task {_task(number)}: acked, and lost")
        else:
            result.untaken += 1


def _faults(there: Scene, record: Record, calls: int, channel: str) -> list[str]:
    faults = list(unlawful(there, record))
    approved = any(after == "approved" for _, after in there.steps(record))
    if calls > 1 or (calls and not approved):
        faults.append(f"{calls} calls, approved: {approved}")
    if record.state is State.SUCCEEDED and calls != 1:
        faults.append(f"succeeded with {calls} calls")
    if record.state is State.DENIED:
        return faults  # only the asker heard
    posts = _told_of(record.command.task, there.posts(channel))
    return [*faults, *untrue(record, posts, executed=bool(calls))]


def _told_of(task: str, posts: list[Message]) -> list[Message]:
    """By its whole name: the digits of an id are in many a RequestId as well."""
    return [post for post in posts if f":pull {task} " in f"{post.text} "]
