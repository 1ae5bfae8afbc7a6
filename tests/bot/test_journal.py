"""The journal: one winner for each change of state, nothing lost, an append-only trail."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError

from bot.command import TaskCommand
from bot.journal import (
    Journal,
    JournalError,
    Notice,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    TaskBusyError,
)
from bot.journal.schema import metadata
from providers.operation import Verb
from tests.journals import opened

pytest_plugins = ["tests.postgres", "tests.journals"]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


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
async def embedded(tmp_path: Path, clock: Clock) -> AsyncIterator[Journal]:
    """On SQLite."""
    made = await opened(f"sqlite:///{tmp_path}/journal.db", clock)
    yield made
    await made.close()


def command(task: str = "123", verb: Verb = Verb.RESTART) -> TaskCommand:
    return TaskCommand(
        verb=verb, where="tencent:pull", account="prod", task=task, region="ap-guangzhou"
    )


def origin(key: str = "command:1") -> Origin:
    return Origin(
        request_key=key,
        requester="U123",
        requester_name="ann",
        team="T123",
        channel="C123",
        response_url="https://hooks.example/1",
    )


async def asked(journal: Journal, key: str = "command:1", task: str = "123") -> Record:
    record = await journal.ask(command(task), origin(key))
    assert record is not None
    return record


async def approved(journal: Journal, key: str = "command:1", task: str = "123") -> Record:
    record = await journal.approve(await asked(journal, key, task), actor="U123", lasts=60)
    assert record is not None
    return record


ACCEPTED = Outcome(word=OutcomeWord.ACCEPTED, request_id="r-1", took=0.2)


async def test_what_is_asked_comes_back_to_the_letter(journal: Journal) -> None:
    """A command and its origin survive the database unchanged."""
    record = await asked(journal)
    kept = await journal.get(record.id)
    assert kept == record
    assert (record.command, record.origin) == (command(), origin())
    assert (record.state, record.version, record.asked_at) == (State.ASKED, 0, 1_800_000_000.0)


async def test_a_repeated_delivery_is_recorded_once(journal: Journal) -> None:
    """The same trigger_id acts once, also when both arrive together."""
    both = await asyncio.gather(*(journal.ask(command(), origin("same")) for _ in range(5)))
    assert sum(record is not None for record in both) == 1


async def test_a_restart_of_the_bot_remembers_deliveries(journal_url: str) -> None:
    """A delivery that was recorded by an earlier run is not recorded again."""
    first = await opened(journal_url)
    await asked(first)
    await first.close()
    second = await opened(journal_url)
    assert await second.ask(command(), origin()) is None
    await second.close()


async def test_one_of_many_moves_wins(journal: Journal) -> None:
    """Two people, two clicks: one compare-and-set succeeds, and one row is in the trail."""
    record = await asked(journal)
    moves = await asyncio.gather(
        *(journal.approve(record, actor=f"U{n}", lasts=60) for n in range(10))
    )
    assert sum(moved is not None for moved in moves) == 1
    trail = await journal.past.trail_of(record.id)
    assert [entry.to_state for entry in trail] == ["asked", "approved"]


async def test_only_one_claim_of_an_approved_operation_wins(journal: Journal) -> None:
    """After the claim nobody else can send it."""
    record = await approved(journal)
    claims = await asyncio.gather(*(journal.claim(record, 20) for _ in range(10)))
    assert sum(claim is not None for claim in claims) == 1


async def test_a_stale_approval_cannot_be_claimed(journal: Journal, clock: Clock) -> None:
    """An approval that was not sent in time expires instead of firing later."""
    record = await approved(journal)
    assert await journal.expire(record) is None, "there is time left"
    clock.at += 61
    assert await journal.claim(record, 20) is None
    expired = await journal.expire(record)
    assert expired is not None
    assert expired.state is State.EXPIRED


async def test_only_the_owner_of_a_claim_finishes_it(journal_url: str) -> None:
    """A process that lost its claim (another run took over) cannot overwrite the end."""
    first = await opened(journal_url)
    claimed = await first.claim(await approved(first), 20)
    await first.close()
    assert claimed is not None
    second = await opened(journal_url)
    assert await second.finish(claimed, State.SUCCEEDED, ACCEPTED) is None
    assert await second.release(claimed, "no", due_at=None) is None
    lost = await second.move(claimed, State.UNKNOWN, actor="bot")
    assert lost is not None
    await second.close()


async def test_an_end_carries_the_request_id_into_the_trail(journal: Journal) -> None:
    """The RequestId is in the operation and in its trail."""
    claimed = await journal.claim(await approved(journal), 20)
    assert claimed is not None
    ended = await journal.finish(claimed, State.SUCCEEDED, ACCEPTED)
    assert ended is not None
    assert ended.outcome == ACCEPTED
    trail = await journal.past.trail_of(ended.id)
    assert (trail[-1].to_state, trail[-1].request_id) == ("succeeded", "r-1")


async def test_two_live_changes_of_one_task_cannot_be(journal: Journal, clock: Clock) -> None:
    """The second is told which one is in the way, also if that ended after the second was asked;
    one that is asked later goes through."""
    first = await approved(journal)
    second = await asked(journal, "command:2")
    with pytest.raises(TaskBusyError) as busy:
        await journal.approve(second, actor="U123", lasts=60)
    assert busy.value.record.id == first.id
    claimed = await journal.claim(first, 20)
    assert claimed is not None
    await journal.finish(claimed, State.SUCCEEDED, ACCEPTED)
    with pytest.raises(TaskBusyError) as overtaken:
        await journal.approve(second, actor="U123", lasts=60)
    assert overtaken.value.record.id == first.id
    clock.at += 1
    third = await asked(journal, "command:3")
    assert await journal.approve(third, actor="U123", lasts=60) is not None


async def test_what_is_owed_is_known_after_a_restart(journal_url: str) -> None:
    """The channel's newest word and the notices are owed in the database, not in memory."""
    first = await opened(journal_url)
    record = await asked(first)
    notice = Notice(record.id, "thread", "Unknown: ...")
    await first.move(record, State.UNKNOWN, actor="bot", notices=[notice])
    await first.close()
    second = await opened(journal_url)
    (owed,) = await second.debts.owed()
    (told,) = await second.debts.owed_notices()
    assert (owed.id, told.operation, told.text) == (record.id, record.id, "Unknown: ...")
    await second.debts.shown(owed, "1.2")
    await second.debts.paid(told)
    assert (await second.debts.owed(), await second.debts.owed_notices()) == ([], [])
    shown = await second.get(record.id)
    assert shown is not None
    assert shown.message_ts == "1.2"
    await second.close()


async def test_an_older_payment_does_not_hide_a_newer_word(journal: Journal) -> None:
    """A state that changed while the old one was being posted stays owed."""
    first = await approved(journal)
    claimed = await journal.claim(first, 20)
    assert claimed is not None
    await journal.debts.shown(first, "1.2")
    assert [record.id for record in await journal.debts.owed()] == [first.id]


async def test_a_copy_that_a_press_found_is_kept_beside_the_message(journal: Journal) -> None:
    """Both are edited from then on, whichever of the two was known first."""
    first = await asked(journal, "command:1", "1")
    await journal.bind(first, "1.1", None)
    await journal.debts.shown(first, "2.2")
    second = await asked(journal, "command:2", "2")
    await journal.debts.shown(second, "2.2")
    await journal.bind(second, "1.1", None)
    for record in (first, second):
        kept = await journal.get(record.id)
        assert kept is not None
        assert (kept.message_ts, kept.copy_ts) == ("2.2", "1.1")


@pytest.mark.parametrize("statement", ["UPDATE trail SET actor = 'eve'", "DELETE FROM trail"])
async def test_the_trail_is_append_only(journal: Journal, statement: str) -> None:
    """Not even the database's owner changes a row by accident."""
    await asked(journal)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        journal.database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)


async def test_a_second_process_is_refused(embedded: Journal, tmp_path: Path) -> None:
    """One process at a time works on SQLite; the other is told so."""
    with pytest.raises(JournalError, match="in use by another stream-bot"):
        await Journal.open(f"sqlite:///{tmp_path}/journal.db")
    assert await embedded.writable()


async def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    """A journal of a newer version is left as it is, with a clear line."""
    url = f"sqlite:///{tmp_path}/journal.db"
    await (await Journal.open(url)).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(JournalError, match="newer stream-bot"):
        await Journal.open(url)


@pytest.mark.parametrize("name", ["missing-folder/journal.db", "."])
async def test_a_journal_that_cannot_be_opened_says_why(tmp_path: Path, name: str) -> None:
    """One line for the operator, not a traceback."""
    with pytest.raises(JournalError):
        await Journal.open(f"sqlite:///{tmp_path}/{name}")


async def test_the_files_are_ours_alone(embedded: Journal, tmp_path: Path) -> None:
    """Everything that SQLite makes is 0600."""
    await asked(embedded)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes


async def test_a_power_loss_forgets_nothing_committed(embedded: Journal) -> None:
    """WAL with synchronous=FULL: each commit is on the disk before we go on."""
    with embedded._database.engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert (mode, level) == ("wal", 2)


async def test_the_migrations_make_what_the_code_expects(embedded: Journal, tmp_path: Path) -> None:
    """The tables that Alembic's versions make are those of the schema."""
    engine = create_engine(f"sqlite:///{tmp_path}/journal.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_a_note_in_the_trail_says_where_the_operation_stands(journal: Journal) -> None:
    """Whoever notes something may know old news; the trail still ends where the operation is."""
    old = await asked(journal)
    await journal.approve(old, actor="U123", lasts=60)
    await journal.note_in_trail(old, "U666", {"press refused": "No."})
    last = (await journal.past.trail_of(old.id))[-1]
    assert (last.from_state, last.to_state) == ("approved", "approved")
