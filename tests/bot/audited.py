"""A journal that is filled as the bot does it, for the tests of its trail; and who tampers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Self

import psycopg
from sqlalchemy import make_url

from bot.audit.heads import Head
from bot.audit.reader import find_key, reading
from bot.audit.upkeep import Upkeep
from bot.audit.verify import Report, verify
from bot.command import TaskCommand
from bot.journal import Journal, Notice, Origin, Outcome, OutcomeWord, Record, State, Verdict
from providers.operation import Verb

__all__ = ["DAY", "START", "Audited", "Clock", "tamper"]

START = 1_699_948_800.0
"""2023-11-14T08:00:00Z."""

DAY = 86_400.0

ACCEPTED = Outcome(word=OutcomeWord.ACCEPTED, request_id="r-1", took=0.2)
PROVED = Outcome(word=OutcomeWord.PROVED, request_id="r-1")

_WITHOUT_TRIGGERS = {
    "sqlite": ("DROP TRIGGER IF EXISTS trail_no_update", "DROP TRIGGER IF EXISTS trail_no_delete"),
    "postgresql": (
        "DROP TRIGGER IF EXISTS trail_append_only ON trail",
        "DROP TRIGGER IF EXISTS trail_no_truncate ON trail",
    ),
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> float:
        return self.at


class Audited:
    """A journal with its trail's upkeep. key: None for the one beside the database."""

    journal: Journal
    upkeep: Upkeep

    def __init__(self, url: str, key: bytes | None = None, *, keep_days: int = 400) -> None:
        self.url = url
        self.key = key
        self.keep_days = keep_days
        self.clock = Clock()
        self.told: list[str] = []

    async def __aenter__(self) -> Self:
        self.journal = await Journal.open(self.url, audit_key=self.key, now=self.clock)
        self.journal.database._ahead = 0.0  # also PostgreSQL's time is ours, and can be moved
        self.upkeep = Upkeep(self.journal.database, keep_days=self.keep_days, tell=self._tell)
        try:
            await self.upkeep.begin()
        except BaseException:
            await self.journal.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.journal.close()

    def _tell(self, head: str) -> Sequence[Notice]:
        self.told.append(head)
        return [Notice("head", "audit", head)]

    # What happens; an operation's entries are a second apart

    async def asked(self, task: str = "1", *others: str) -> Record:
        """Its trail: asked. others: more tasks of the same command, each with a trail."""
        command = TaskCommand(
            verb=Verb.RESTART,
            where="tencent:pull",
            account="prod",
            task=task,
            region="ap-x",
            others=others,
        )
        return there(await self.journal.ask(command, self.origin()))

    def origin(self) -> Origin:
        """Ann types something, a second later."""
        self.clock.at += 1
        return Origin(
            request_key=f"command:{self.clock.at}",
            requester="U123",
            requester_name="ann",
            team="T123",
            channel="C123",
        )

    async def sent(self, task: str = "1") -> Record:
        """asked, approved, sending."""
        record = await self.asked(task)
        self.clock.at += 1
        record = there(await self.journal.approve(record, actor="U123", lasts=60))
        self.clock.at += 1
        return there(await self.journal.claim(record, 20))

    async def followed(self, task: str = "1") -> Record:
        """asked, approved, sending, succeeded; and it is not known yet whether it helped."""
        record = await self.sent(task)
        self.clock.at += 1
        verdict, until = Verdict.FOLLOWING, self.clock.at + 120
        return there(
            await self.journal.finish(
                record, State.SUCCEEDED, ACCEPTED, verdict=verdict, follow_until=until
            )
        )

    async def done(self, task: str = "1") -> Record:
        """asked, approved, sending, succeeded, recovered."""
        record = await self.followed(task)
        self.clock.at += 1
        return there(await self.journal.following.conclude(record, Verdict.RECOVERED, PROVED))

    async def waiting(self, task: str = "1") -> Record:
        """asked, waiting."""
        record = await self.asked(task)
        self.clock.at += 1
        return there(await self.journal.move(record, State.WAITING, actor="U123", ticket=task))

    # What is found

    def verify(self, *heads: Head) -> Report:
        """Look at it through a connection of its own."""
        with reading(self.url) as connection:
            return verify(connection, find_key(self.url, self.key), heads)

    def faults(self, *heads: Head) -> list[str]:
        """Each as "operation entry: what"."""
        return [
            f"{fault.operation} {fault.number}: {fault.says}"
            for fault in self.verify(*heads).faults
        ]


def there(record: Record | None) -> Record:
    """The record; nobody else was faster."""
    assert record is not None
    return record


def tamper(url: str, *statements: str) -> None:
    """Do this to the database, past the bot and past the triggers."""
    address = make_url(url)
    engine = address.get_backend_name()
    statements = (*_WITHOUT_TRIGGERS[engine], *statements)
    connection: sqlite3.Connection | psycopg.Connection[tuple[object, ...]]
    if engine == "sqlite":
        connection = sqlite3.connect(str(address.database))
    else:
        connection = psycopg.connect(url)
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()
