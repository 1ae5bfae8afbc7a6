"""The daily head, and retention: what goes by rule is accounted for, and nothing else goes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DatabaseError

from bot.audit.key_rules import AuditKeyError
from bot.journal import JournalError, Outcome, OutcomeWord, State
from tests.bot.audited import DAY, Audited, tamper

pytest_plugins = ["tests.postgres"]

KEY = b"a key that all replicas have, 32+"
KEEP = 10


@pytest.fixture(params=["sqlite", "postgresql"])
async def audited(request: pytest.FixtureRequest) -> AsyncIterator[Audited]:
    """A journal that keeps ten days."""
    if request.param == "postgresql":
        url, key = request.getfixturevalue("own_postgres_url"), KEY
    else:
        url, key = f"sqlite:///{request.getfixturevalue('tmp_path')}/journal.db", None
    async with Audited(url, key, keep_days=KEEP) as opened:
        yield opened


async def left(audited: Audited) -> list[str]:
    """The operations that are still there, the oldest first."""
    return [record.id for record in await audited.journal.in_state(*State)]


async def test_postgresql_keeps_a_key_of_its_own(own_postgres_url: str) -> None:
    """Where none is configured: the same at the next start, and one that is configured later does
    not fit."""
    async with Audited(own_postgres_url) as audited:
        await audited.done("1")
    async with Audited(own_postgres_url) as audited:
        audited.clock.at += DAY
        await audited.done("2")
        assert audited.faults() == []
    with pytest.raises(AuditKeyError, match="does not fit"):
        await Audited(own_postgres_url, KEY).__aenter__()


async def test_postgresql_does_not_make_a_key_for_a_sealed_trail(own_postgres_url: str) -> None:
    """The configured one was taken out of the configuration."""
    async with Audited(own_postgres_url, KEY) as audited:
        await audited.done("1")
    with pytest.raises(JournalError, match="the audit key is gone"):
        await Audited(own_postgres_url).__aenter__()


# Retention


async def test_what_is_old_goes_and_the_rest_still_verifies(audited: Audited) -> None:
    """With its trail and what was owed; an entry of its own says how many, and up to when."""
    await audited.done("1")
    await audited.done("2")
    audited.clock.at += KEEP * DAY
    young = await audited.done("3")
    assert await audited.upkeep.prune() == 2
    assert await left(audited) == [young.id]
    report = audited.verify()
    assert (report.faults, report.operations, report.removed) == ([], 1, 2)
    (entry,) = await audited.journal.past.trail_of("removal")
    assert entry.detail["operations"] == 2
    assert entry.detail["entries"] == 10
    assert entry.detail["until"] == "2023-11-14T08:00:15.000000Z"


async def test_what_is_not_over_stays(audited: Audited) -> None:
    """However old: a card that waits, a request on its way, a change that is being followed."""
    kept = [await audited.waiting("1"), await audited.sent("2"), await audited.followed("3")]
    over = await audited.done("4")
    audited.clock.at += 100 * DAY
    assert await audited.upkeep.prune() == 1
    assert await left(audited) == [record.id for record in kept]
    assert over.id not in await left(audited)
    assert audited.faults() == []


async def test_a_late_word_keeps_an_operation(audited: Audited) -> None:
    """Ten days count from the last entry of its trail."""
    record = await audited.done()
    audited.clock.at += 9 * DAY
    await audited.journal.note_in_trail(record, "U456", {"refused": "restart"})
    audited.clock.at += 9 * DAY
    assert await audited.upkeep.prune() == 0
    audited.clock.at += 2 * DAY
    assert await audited.upkeep.prune() == 1


async def test_zero_days_keep_everything(audited: Audited) -> None:
    """For ever."""
    await audited.done()
    audited.clock.at += 10_000 * DAY
    audited.upkeep._keep_days = 0
    assert await audited.upkeep.prune() == 0


async def test_more_than_one_transactions_worth_goes(audited: Audited) -> None:
    """A little at a time, each with an entry, so that nobody waits long for the database."""
    for number in range(3):
        await audited.done(str(number))
    audited.clock.at += 20 * DAY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.audit.retention.AT_ONCE", 2)
        assert await audited.upkeep.prune() == 3
    assert len(await audited.journal.past.trail_of("removal")) == 2
    report = audited.verify()
    assert (report.faults, report.removed) == ([], 3)


async def test_evidence_is_kept(audited: Audited, caplog: pytest.LogCaptureFixture) -> None:
    """An operation whose trail was changed does not go, and the log says so."""
    await audited.done("1")
    changed = await audited.done("2")
    where = f"operation = '{changed.id}' AND number = 3"
    tamper(audited.url, f"UPDATE trail SET actor = 'U999' WHERE {where}")  # noqa: S608  # the attacker's
    audited.clock.at += 20 * DAY
    assert await audited.upkeep.prune() == 1
    assert await left(audited) == [changed.id]
    assert f"op {changed.id}: kept, for its trail was changed" in caplog.text
    (fault,) = audited.faults()
    assert fault.startswith(f"{changed.id} 3: ")


async def test_a_head_from_before_still_tells_after_retention(audited: Audited) -> None:
    """What retention removed is added up again: a kept head fits, and a loss shows."""
    await audited.done("1")
    audited.clock.at += DAY
    head = await audited.upkeep.head()
    audited.clock.at += KEEP * DAY - 3600
    assert await audited.upkeep.prune() == 1
    assert audited.faults(head) == []
    assert audited.verify(head).heads == 2
    await audited.done("2")
    tamper(audited.url, "DELETE FROM trail WHERE operation = 'removal'")
    assert any("something is missing" in fault for fault in audited.faults(head))


async def test_a_claim_of_retention_cannot_be_forged(audited: Audited) -> None:
    """Who deletes by hand cannot pass it off as retention."""
    await audited.done("1")
    head = await audited.upkeep.head()
    tamper(
        audited.url,
        "DELETE FROM trail WHERE operation NOT IN ('head', 'removal')",
        "DELETE FROM operation",
        "INSERT INTO trail SELECT 99, 'removal', at, 'bot', '', 'removed', '', "
        """'{"operations": 1, "entries": 5, "before": 0, "cutoff": 9e9, "digest": "0"}', """
        "1, 'abc' FROM trail WHERE seq = 1",
    )
    found = audited.faults(head)
    assert "removal 1: this entry was changed after it was written" in found


@pytest.mark.parametrize("where", ["1 = 1", "operation = 'head'"])
async def test_the_triggers_let_nothing_else_go(audited: Audited, where: str) -> None:
    """Only the rows of an operation that retention has marked; a chain of its own never."""
    await audited.done()
    address = make_url(audited.url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    delete = text(f"DELETE FROM trail WHERE {where}")  # noqa: S608  # somebody's slip
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(delete)
    engine.dispose()


# Heads


async def test_a_head_is_kept_and_told(audited: Audited) -> None:
    """In the journal, where the next verify compares it, and as a notice for the audit channel."""
    await audited.done()
    head = await audited.upkeep.head()
    assert audited.told == [str(head)]
    (owed,) = await audited.journal.debts.owed_notices()
    assert owed.text == str(head)
    report = audited.verify()
    assert (report.faults, report.heads, report.head_at) == ([], 1, float(head.at))


async def test_one_head_a_day(audited: Audited) -> None:
    """Whichever replica comes first; the other sees that it was done."""
    works = [asyncio.create_task(audited.upkeep.work()) for _ in range(2)]
    await audited.journal.writable()
    assert audited.told == []
    for task in works:
        task.cancel()
    await asyncio.gather(*works, return_exceptions=True)
    audited.clock.at += DAY
    heads = [audited.upkeep.head(daily=True) for _ in range(3)]
    await asyncio.gather(*heads)
    assert len(await audited.journal.past.trail_of("head")) == 2
    assert audited.faults() == []


async def test_heads_and_changes_at_once_hold(audited: Audited) -> None:
    """A head counts what is there while others go on writing."""
    records = [await audited.sent(str(number)) for number in range(6)]
    unknown = Outcome(word=OutcomeWord.UNKNOWN)
    ends = [
        audited.journal.move(record, State.UNKNOWN, actor="bot", outcome=unknown)
        for record in records
    ]
    await asyncio.gather(*ends, *(audited.upkeep.head() for _ in range(3)))
    report = audited.verify()
    assert (report.faults, report.heads) == ([], 3)
