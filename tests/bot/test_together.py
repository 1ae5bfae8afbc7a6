"""Many commits as one: whoever waits at the same time shares a transaction, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError

from bot.journal.database import Database
from bot.journal.store import open_engine
from bot.journal.worker import Urgency

INSERT = text("INSERT INTO one VALUES (:n)")


class Book:
    """A database with one table, and what became of its transactions."""

    def __init__(self, engine: Engine) -> None:
        self.database = Database(engine, lambda: 0.0)
        self.commits = 0
        event.listen(engine, "commit", self._count)

    def _count(self, _connection: Connection) -> None:
        self.commits += 1

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """The thread is held up by a transaction meanwhile: whatever comes has to wait."""
        begun, gate = threading.Event(), threading.Event()

        def hold(_connection: Connection) -> None:
            begun.set()
            gate.wait(5)

        first = asyncio.create_task(self.database.commit(hold))
        await asyncio.to_thread(begun.wait, 5)
        try:
            yield
            await asyncio.sleep(0)  # what was started stands in line now
        finally:
            gate.set()
            await first

    async def write(self, *numbers: int) -> list[int | BaseException]:
        """Each in a commit of its own, all at once."""
        async with self.busy():
            waiting = [asyncio.create_task(self.database.commit(writes(n))) for n in numbers]
        return await asyncio.gather(*waiting, return_exceptions=True)

    async def read(self) -> list[int]:
        """Every number that is there."""
        return await self.database.commit(
            lambda c: list(c.execute(text("SELECT n FROM one ORDER BY n")).scalars())
        )


def writes(number: int) -> Callable[[Connection], int]:
    """Work that adds a row."""

    def work(connection: Connection) -> int:
        connection.execute(INSERT, {"n": number})
        return number

    return work


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made, lock = open_engine(f"sqlite:///{tmp_path}/one.db")
    yield made
    assert lock is not None
    lock.release()


@pytest.fixture
async def book(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Book]:
    monkeypatch.setattr("bot.journal.together.SECONDS", 5.0)  # however slow the machine is
    made = Book(engine)
    await made.database.commit(lambda c: c.execute(text("CREATE TABLE one (n INTEGER UNIQUE)")))
    made.commits = 0
    yield made
    await made.database.close()


async def test_those_that_wait_share_a_commit(book: Book) -> None:
    """Each hears its own result, after one commit for all of them and one for what was before."""
    assert await book.write(*range(10)) == list(range(10))
    assert book.commits == 2
    assert await book.read() == list(range(10))


async def test_one_that_fails_takes_nothing_with_it(book: Book) -> None:
    """It is undone and hears why; the others are on the disk."""
    results = await book.write(1, 2, 2, 3)
    assert [type(one) for one in results] == [int, int, IntegrityError, int]
    assert await book.read() == [1, 2, 3]


async def test_one_alone_is_a_transaction_like_any_other(book: Book) -> None:
    """A failure of it is its own."""
    await book.database.commit(writes(1))
    with pytest.raises(IntegrityError):
        await book.database.commit(writes(1))
    assert await book.read() == [1]


async def test_nobody_hears_of_success_where_the_commit_fails(book: Book, engine: Engine) -> None:
    """The disk was full at the end: everyone who took part is told, and nothing is there."""

    def full(_connection: Connection) -> None:
        if book.commits == 2:
            raise OSError("no space left")

    event.listen(engine, "commit", full)
    results = await book.write(1, 2, 3)
    event.remove(engine, "commit", full)
    assert [type(one) for one in results] == [OSError, OSError, OSError]
    assert await book.read() == []


async def test_a_claim_does_not_wait_for_what_is_less_urgent(book: Book) -> None:
    """It overtakes what is in line, in a transaction with claims only."""
    order: list[str] = []

    def commit(name: str, urgency: Urgency) -> asyncio.Task[None]:
        return asyncio.create_task(book.database.commit(lambda _: order.append(name), urgency))

    async with book.busy():
        waiting = [commit("telling", Urgency.TELLING) for _ in range(3)]
        await asyncio.sleep(0)
        waiting.append(commit("claim", Urgency.CLAIM))
    await asyncio.gather(*waiting)
    assert order == ["claim", "telling", "telling", "telling"]
