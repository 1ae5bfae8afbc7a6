"""A vendor that does not answer is paused by itself, tried, and goes on: each told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.breaker import Breaker
from bot.journal import Journal, OutcomeWord
from bot.settings import Settings, load
from providers.catalogue import discover
from providers.client import NO_KEYS, TOO_MANY, Client
from providers.errors import (
    CallError,
    ClockOff,
    Fault,
    FaultKind,
    NotSent,
    Refused,
    Retry,
    Throttled,
    Unknown,
    Unreadable,
)
from providers.exchange import NO_ANSWER, NO_CONNECTION
from providers.operation import Task, Verb
from providers.provider import Call
from providers.simulator import Incident, Simulator

CATALOGUE = discover()
NOON = 1_800_014_400.0  # 12:00:00 UTC

CONFIG = """
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
access_key_id = "env:ONE"
access_key_secret = "env:ONE"
endpoints = {{ live = "{url}", trtc = "{url}" }}
[accounts.twin]
provider = "tencent"
region = "ap-guangzhou"
access_key_id = "env:ONE"
access_key_secret = "env:ONE"
[accounts.other]
provider = "tencent"
region = "ap-guangzhou"
access_key_id = "env:TWO"
access_key_secret = "env:TWO"
[limits]
pause_after = 3
pause_seconds = 30.0
[policy]
audit_channel = "C777"
"""

SOME = Fault(code="X", kind=FaultKind.INTERNAL, label="", says="", step="", who="", retry=Retry.NO)
NOT_CONNECTED = NotSent(NO_CONNECTION, why="no connection in time")
NO_WORD = Unreadable(NO_ANSWER, why="no answer in time")
GATEWAY = Unreadable(NO_ANSWER, code="HTTP 502", why="HTTP 502, not in the vendor's form")


class Pauses:
    """Pauses that end when the test says so; the clock then stands at their end."""

    def __init__(self) -> None:
        self.at = NOON
        self.begun: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()

    def clock(self) -> float:
        return self.at

    async def __call__(self, seconds: float) -> None:
        over = asyncio.Event()
        self.begun.put_nowait((seconds, over))
        await over.wait()

    async def begins(self) -> tuple[float, asyncio.Event]:
        """How long the next pause is, and what ends it."""
        async with asyncio.timeout(5):
            return await self.begun.get()

    def end(self, seconds: float, over: asyncio.Event) -> None:
        self.at += seconds
        over.set()


class Stand:
    """The breaker between a real client and a vendor on loopback."""

    def __init__(
        self,
        vendor: Simulator,
        settings: Settings,
        journal: Journal,
        client: Client,
        pauses: Pauses,
    ) -> None:
        self.vendor = vendor
        self.settings = settings
        self.journal = journal
        self.pauses = pauses
        self.woken = asyncio.Event()
        self.breaker = Breaker(
            settings, CATALOGUE, client, journal, wake=self.woken.set, pause=pauses
        )

    def call(self, account: str = "prod", where: str = "tencent:pull") -> Call:
        kind = CATALOGUE.kind(where)
        operation = kind.operation(Verb.RESTART) or kind.operation(Verb.STOP)
        assert operation is not None
        task = Task("123", "ap-guangzhou", 1400000000 if kind.needs_app else None)
        return Call(kind, operation, self.settings.accounts[account], task, "slack:U123")

    def meets(self, *ends: CallError | None, account: str = "prod") -> None:
        """Calls that ended so, one after the other."""
        for end in ends:
            self.breaker.after(self.call(account), end, "C123")

    def goes_on(self, account: str = "prod", where: str = "tencent:pull") -> bool:
        return self.breaker.before(self.call(account, where)) is None

    async def told(self) -> list[tuple[str, str]]:
        """Where, and the words; waits until there is something new."""
        async with asyncio.timeout(5):
            await self.woken.wait()
        self.woken.clear()
        owed = await self.journal.debts.owed_notices()
        for notice in owed:
            await self.journal.debts.paid(notice)
        return [(notice.channel or notice.kind, notice.text) for notice in owed]


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    pauses = Pauses()
    journal = await Journal.open(f"sqlite:///{tmp_path}/journal.db", now=pauses.clock)
    vendor = CATALOGUE.providers["tencent"].simulator()
    vendor._now = pauses.clock
    vendor.add_account("key-1", "key-1")
    client = Client(CATALOGUE, timeout=2.0, now=pauses.clock)
    async with vendor:
        keys = {"ONE": "key-1", "TWO": "key-2"}
        settings = load(None, keys, CATALOGUE, text=CONFIG.format(url=vendor.url))
        built = Stand(vendor, settings, journal, client, pauses)
        yield built
        await built.breaker.stop()
    await client.close()
    await journal.close()


@pytest.mark.parametrize(
    ("ends", "paused"),
    [
        ([NO_WORD, NO_WORD, NO_WORD], True),
        ([NOT_CONNECTED, GATEWAY, NO_WORD], True),
        ([NO_WORD, NO_WORD], False),
        ([NO_WORD, NO_WORD, None, NO_WORD], False),
        ([NO_WORD, NO_WORD, Refused(SOME, code="X"), NO_WORD], False),
        ([NO_WORD, NO_WORD, Unknown(SOME, code="X"), NO_WORD], False),
        ([NO_WORD, NO_WORD, Throttled(TOO_MANY, code="HTTP 429"), NO_WORD], False),
        ([NO_WORD, NO_WORD, ClockOff(SOME, code="X"), NO_WORD], False),
        ([Refused(SOME, code="X")] * 9, False),
        ([Unknown(SOME, code="X")] * 9, False),
        ([Throttled(SOME, code="X")] * 9, False),
        ([ClockOff(SOME, code="X")] * 9, False),
        ([NotSent(NO_KEYS, why="env:ONE is not set")] * 9, False),
        ([Unknown(NO_ANSWER, why="a fault in the bot")] * 9, False),
        ([NO_WORD, NO_WORD, NotSent(NO_KEYS, why="env:ONE is not set"), NO_WORD], True),
    ],
)
async def test_what_pauses_a_vendor(
    stand: Stand, ends: list[CallError | None], paused: bool
) -> None:
    """So many calls in a row that nobody answered. Any answer in the vendor's words counts anew;
    what the vendor was not asked counts neither way."""
    stand.meets(*ends)
    assert stand.goes_on() is not paused


@pytest.mark.parametrize(
    ("account", "where", "paused"),
    [
        ("prod", "tencent:pull", True),
        ("twin", "tencent:pull", True),
        ("other", "tencent:pull", False),
        ("prod", "tencent:ingest", False),
        ("other", "tencent:ingest", False),
    ],
)
async def test_what_a_pause_holds(stand: Stand, account: str, where: str, paused: bool) -> None:
    """One access key, whatever the account is called, at one service."""
    stand.meets(NO_WORD, NO_WORD, NO_WORD, account="twin")
    assert stand.goes_on(account, where) is not paused


async def test_the_end_of_a_change_while_paused(stand: Stand) -> None:
    """Not sent, with until when, and what happens then."""
    stand.meets(NO_WORD, NO_WORD, NO_WORD)
    end = stand.breaker.before(stand.call())
    assert end is not None
    assert end.word is OutcomeWord.NOT_SENT
    assert end.says == (
        "Tencent (live, account prod) has not answered 3 calls in a row; it is paused until "
        "12:00:30 UTC. Nothing was sent."
    )
    assert end.step == "try again after the pause, which ends by itself with the first answer"
    stand.pauses.at += 31
    end = stand.breaker.before(stand.call())
    assert end is not None
    assert "it is paused, and a trial call is on its way." in end.says


async def test_a_pause_and_its_end_are_told_once_each(stand: Stand) -> None:
    """In the channel whose operation met the silence, and in the audit channel. One read at the
    vendor decides."""
    stand.meets(NO_WORD, NO_WORD, NO_WORD, NO_WORD)
    paused = (
        "Paused: Tencent (live, account prod) has not answered 3 calls in a row. Changes there are "
        "not sent until 12:00:30 UTC; then a trial call decides."
    )
    assert await stand.told() == [("C123", paused), ("audit", paused)]
    stand.pauses.end(*await stand.pauses.begins())
    resumed = (
        "Resumed: Tencent (live, account prod) answers again, 30 s after the pause began. Changes "
        "are sent again; what was not sent meanwhile is not sent by itself."
    )
    assert await stand.told() == [("C123", resumed), ("audit", resumed)]
    assert stand.goes_on()
    probe = CATALOGUE.providers["tencent"].probe.action
    assert [seen.action for seen in stand.vendor.requests] == [probe]


async def test_a_vendor_that_is_still_silent_is_paused_for_twice_as_long(stand: Stand) -> None:
    """Up to ten minutes; nothing is told between the first pause and the end of the last."""
    await stand.vendor.stop()
    stand.meets(NO_WORD, NO_WORD, NO_WORD)
    await stand.told()
    lengths = []
    for _ in range(7):
        seconds, over = await stand.pauses.begins()
        lengths.append(seconds)
        assert not stand.goes_on()
        stand.pauses.end(seconds, over)
    assert lengths == [30, 60, 120, 240, 480, 600, 600]
    await stand.pauses.begins()
    assert await stand.journal.debts.owed_notices() == []


async def test_after_the_end_it_is_counted_anew(stand: Stand) -> None:
    """A single lost call does not pause it again, and the next pause is short again."""
    stand.vendor.play(Incident.GATEWAY)
    stand.meets(NO_WORD, NO_WORD, NO_WORD)
    stand.pauses.end(*await stand.pauses.begins())
    again = await stand.pauses.begins()
    assert again[0] == 60
    stand.vendor.clear()
    stand.woken.clear()
    stand.pauses.end(*again)
    await stand.told()
    stand.meets(NO_WORD, NO_WORD)
    assert stand.goes_on()
    stand.meets(NO_WORD)
    assert not stand.goes_on()
    assert (await stand.pauses.begins())[0] == 30


@pytest.mark.parametrize("incident", [Incident.ARREARS, Incident.THROTTLE, Incident.WRONG_KEYS])
async def test_a_no_in_the_vendors_words_ends_a_pause(stand: Stand, incident: Incident) -> None:
    """It answers; what it says is for the next change to hear."""
    stand.vendor.play(incident)
    stand.meets(NO_WORD, NO_WORD, NO_WORD)
    await stand.told()
    stand.pauses.end(*await stand.pauses.begins())
    await stand.told()
    assert stand.goes_on()


async def test_a_service_is_tried_at_its_own_address(stand: Stand) -> None:
    """The vendor's probe is another service's read; that it is not known there is an answer."""
    call = stand.call(where="tencent:ingest")
    for _ in range(3):
        stand.breaker.after(call, NO_WORD, None)
    assert not stand.goes_on(where="tencent:ingest")
    assert [where for where, _ in await stand.told()] == ["audit"]
    stand.pauses.end(*await stand.pauses.begins())
    await stand.told()
    assert stand.goes_on(where="tencent:ingest")


async def test_what_left_before_the_pause_does_not_end_it(stand: Stand) -> None:
    """The trial decides, whatever comes in late."""
    stand.meets(NO_WORD, NO_WORD, NO_WORD, None)
    assert not stand.goes_on()


async def test_stopping_the_bot_waits_for_no_pause(stand: Stand) -> None:
    """And leaves nothing behind."""
    stand.meets(NO_WORD, NO_WORD, NO_WORD)
    await stand.pauses.begins()
    await stand.breaker.stop()
    assert stand.goes_on()


async def test_a_pause_that_cannot_be_told_ends_all_the_same(stand: Stand) -> None:
    """A journal that is away does not keep a vendor paused."""
    with stand.journal._database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE notice")
    stand.meets(NO_WORD, NO_WORD, NO_WORD)
    pause = await stand.pauses.begins()
    stand.woken.clear()
    stand.pauses.end(*pause)
    async with asyncio.timeout(5):
        await stand.woken.wait()
    assert stand.goes_on()
