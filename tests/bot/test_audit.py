"""The trail cannot be changed unseen: whoever tampers is found, with the place."""

# ruff: noqa: S608  # the attacker's SQL, put together here

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.audit.heads import heads_in
from bot.journal import Outcome, OutcomeWord, State
from tests.bot.audited import Audited, tamper

pytest_plugins = ["tests.postgres"]

KEY = b"a key that all replicas have, 32+"

CHANGED = "this entry was changed after it was written"
ADDED = "this entry has lost its hash, or was added"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Audited:
    """A journal that is not open yet: on SQLite with the key beside it."""
    if request.param == "postgresql":
        return Audited(request.getfixturevalue("own_postgres_url"), KEY)
    return Audited(f"sqlite:///{request.getfixturevalue('tmp_path')}/journal.db")


@pytest.fixture
async def audited(place: Audited) -> AsyncIterator[Audited]:
    """Two operations that are over; the clock stands."""
    async with place:
        yield place


async def test_what_nobody_touched_is_unbroken(audited: Audited) -> None:
    """Every way in which the journal writes its trail holds: done, waiting, followed, released,
    noted, several tasks at once that were called off, a brake; and a head over all of it."""
    journal = audited.journal
    await audited.done("1")
    await audited.waiting("2")
    await audited.followed("3")
    released = await journal.release(await audited.sent("4"), "busy", due_at=None)
    assert released is not None
    await journal.note_in_trail(released, "U456", {"refused": "stop", "by": ("a", "b")})
    batch = await audited.asked("5", "6", "7")
    assert await journal.move(batch, State.CANCELLED, actor="U123")
    assert await journal.brakes.freeze(("*",), audited.origin(), "an incident", lambda _: ())
    head = await audited.upkeep.head()
    report = audited.verify(head)
    assert (report.faults, report.operations, report.entries) == ([], 8, 27)
    assert (report.heads, report.before, report.removed) == (2, 0, 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "at - 60"),
        ("actor", "'U999'"),
        ("from_state", "'waiting'"),
        ("request_id", "'r-2'"),
        ("detail", "'{\"attempt\": 2}'"),
        ("detail", '\'{"attempt": 1, "attempt": 1}\''),
        ("hash", "'" + "0" * 64 + "'"),
    ],
)
async def test_an_edited_column_is_found_where_it_is(
    audited: Audited, column: str, value: str
) -> None:
    """One entry was changed: exactly that one is named, and not what hangs on it."""
    first, _ = await audited.done("1"), await audited.done("2")
    where = f"operation = '{first.id}' AND number = 3"
    tamper(audited.url, f"UPDATE trail SET {column} = {value} WHERE {where}")
    assert audited.faults() == [f"{first.id} 3: {CHANGED}"]


async def test_another_state_is_found_where_it_is(audited: Audited) -> None:
    """It does not fit its hash, nor its operation."""
    record = await audited.done()
    where = f"operation = '{record.id}' AND number = 4"
    tamper(audited.url, f"UPDATE trail SET to_state = 'failed' WHERE {where}")
    changed, disagrees = audited.faults()
    assert changed == f"{record.id} 4: {CHANGED}"
    assert "ends with failed, the operation is succeeded" in disagrees


async def test_a_deleted_entry_is_missed(audited: Audited) -> None:
    """The place is where it stood."""
    record = await audited.done()
    where = f"operation = '{record.id}' AND number = 2"
    tamper(audited.url, f"DELETE FROM trail WHERE {where}")
    assert audited.faults() == [f"{record.id} 2: this entry is missing"]


async def test_two_deleted_entries_are_missed_together(audited: Audited) -> None:
    """From where to where."""
    record = await audited.done()
    where = f"operation = '{record.id}' AND number < 3"
    tamper(audited.url, f"DELETE FROM trail WHERE {where}")
    assert f"{record.id} 1: entries 1 to 2 are missing" in audited.faults()


async def test_a_deleted_operation_is_missed(audited: Audited) -> None:
    """Its trail tells of it."""
    record = await audited.done()
    tamper(audited.url, f"DELETE FROM operation WHERE id = '{record.id}'")
    assert audited.faults() == [f"{record.id} 5: this trail's operation is missing"]


async def test_a_deleted_trail_is_missed(audited: Audited) -> None:
    """Its operation tells of it."""
    record = await audited.done()
    tamper(audited.url, f"DELETE FROM trail WHERE operation = '{record.id}'")
    assert audited.faults() == [f"{record.id} 1: the whole trail of this operation is missing"]


@pytest.mark.parametrize("columns", [["number"], ["seq"], ["seq", "number"]])
async def test_exchanged_entries_are_found(audited: Audited, columns: list[str]) -> None:
    """Two entries took each other's number, or time in the order of writing, or both."""
    record = await audited.done()
    first = {"number": 2, "seq": 3}
    tamper(
        audited.url,
        *(
            f"UPDATE trail SET {column} = {new} WHERE {column} = {old}"
            f" AND operation = '{record.id}'"
            for column in columns
            for here in [first[column]]
            for old, new in ((here, -1), (here + 1, here), (-1, here + 1))
        ),
    )
    found = audited.faults()
    assert len(found) == 2
    assert all(fault.startswith((f"{record.id} 2: ", f"{record.id} 3: ")) for fault in found)


async def test_the_cut_end_of_an_operation_is_missed(audited: Audited) -> None:
    """Its last entries are gone: the operation is further than its trail."""
    record = await audited.done()
    where = f"operation = '{record.id}' AND number > 3"
    tamper(audited.url, f"DELETE FROM trail WHERE {where}")
    state, verdict, request_id = audited.faults()
    assert state.startswith(f"{record.id} 3: the trail ends with sending, the operation is succ")
    assert verdict == f"{record.id} 3: the trail's verdict is None, the operation's recovered"
    assert "the trail does not know the operation's RequestId" in request_id


async def test_the_cut_end_of_the_whole_is_told_by_a_head(audited: Audited) -> None:
    """Everything since a moment is gone, operations too: within itself the journal is unbroken. A
    head that was kept elsewhere tells, and what it counted."""
    await audited.done("1")
    second = await audited.done("2")
    head = await audited.upkeep.head()
    (seq,) = (head.upto - 5,)
    tamper(
        audited.url,
        f"DELETE FROM trail WHERE seq > {seq}",
        f"DELETE FROM operation WHERE id = '{second.id}'",
    )
    assert audited.faults() == []
    (fault,) = audited.faults(head)
    assert fault.startswith("head 0: this head counts 2 operations and 11 entries; of these, 1 and")


async def test_a_missing_operation_is_told_by_the_kept_heads(audited: Audited) -> None:
    """One that is gone whole, with its trail, is missed by the next head in the journal, which
    says since when all was well."""
    await audited.done("1")
    first = await audited.upkeep.head()
    second = await audited.done("2")
    await audited.upkeep.head()
    tamper(
        audited.url,
        f"DELETE FROM trail WHERE operation = '{second.id}'",
        f"DELETE FROM operation WHERE id = '{second.id}'",
    )
    (fault,) = audited.faults()
    assert fault.startswith("head 3: the journal's own head counts 2 operations")
    assert f"written after the head up to entry {first.upto}, which fits" in fault


async def test_an_inserted_entry_is_found(audited: Audited) -> None:
    """With made-up numbers and hashes, or without any."""
    record = await audited.done()
    columns = "operation, at, actor, from_state, to_state, request_id, detail"
    values = f"'{record.id}', 1699948809, 'U123', 'waiting', 'waiting', '', '{{}}'"
    tamper(
        audited.url,
        f"INSERT INTO trail (seq, {columns}) VALUES (900, {values})",
        f"INSERT INTO trail (seq, {columns}, number, hash) VALUES (901, {values}, 6, 'abc')",
    )
    bare, forged, *rest = audited.faults()
    assert bare == f"{record.id} 6: {ADDED}"
    assert forged == f"{record.id} 6: {CHANGED}"
    assert len(rest) == 1, "and its last state is not the operation's"


async def test_an_entry_from_elsewhere_is_found(audited: Audited) -> None:
    """A genuine entry that was written for another operation and was moved here."""
    first, second = await audited.waiting("1"), await audited.done("2")
    where = f"operation = '{second.id}' AND number = 2"
    tamper(audited.url, f"UPDATE trail SET operation = '{first.id}', number = 3 WHERE {where}")
    found = audited.faults()
    assert f"{second.id} 2: this entry is missing" in found
    assert f"{first.id} 3: {CHANGED}" in found
    assert len(found) == 3, "and its last state is not the operation's"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("state = 'failed'", "the trail ends with succeeded, the operation is failed"),
        ("verdict = 'not recovered'", "the trail's verdict is recovered, the operation's not rec"),
        ("verdict = NULL", "the trail's verdict is recovered, the operation's None"),
        ("attempt = 2", "requests by the trail: 1, by the operation: 2"),
        ("requester = 'U999'", "the operation says another requester than was asked"),
        ("task = '2'", "the operation says another task than was asked"),
        ("account = 'test'", "the operation says another account than was asked"),
        ("verb = 'stop'", "the operation says another verb than was asked"),
        ("place = 'tencent:ingest'", "the operation says another place than was asked"),
        ("command = '{}'", "the operation says another command than was asked"),
        ("asked_at = 1", "the operation says another time than was asked"),
        ("decider = 'U999'", "by the trail it was not U999 who decided"),
        (
            """outcome = '{"word": "accepted", "request_id": "r-9"}'""",
            "the trail does not know the operation's RequestId, r-9",
        ),
    ],
)
async def test_a_changed_operation_disagrees_with_its_trail(
    audited: Audited, change: str, says: str
) -> None:
    """What is true now must be what the trail says."""
    record = await audited.done()
    tamper(audited.url, f"UPDATE operation SET {change} WHERE id = '{record.id}'")
    (fault,) = audited.faults()
    assert fault.startswith(f"{record.id} 5: {says}")


async def test_stripped_hashes_are_not_taken_for_old_entries(audited: Audited) -> None:
    """Entries without a hash may only be as old as the beginning of the chain of heads says, which
    cannot be taken away either."""
    record = await audited.waiting()
    where = f"operation = '{record.id}'"
    tamper(audited.url, f"UPDATE trail SET hash = NULL, number = NULL WHERE {where}")
    assert audited.faults() == [f"{record.id} {number}: {ADDED}" for number in (1, 1)]
    tamper(audited.url, "DELETE FROM trail WHERE operation = 'head'")
    (fault,) = audited.faults()
    assert fault.startswith("head 1: the chain of heads is missing")


async def test_another_key_is_told_as_such(audited: Audited) -> None:
    """Not as a thousand broken entries."""
    await audited.done()
    other = Audited(audited.url, b"another key, of 32 characters or more")
    (fault,) = other.faults()
    assert fault == (
        "the whole trail 1: no entry fits this key: it is not the one that the trail was sealed "
        "with"
    )


async def test_a_forged_head_is_told_as_such(audited: Audited) -> None:
    """A head that somebody without the key has made to fit."""
    await audited.done()
    head = await audited.upkeep.head()
    (forged,) = heads_in(str(head).replace("entries=6", "entries=5"))
    assert audited.faults(forged) == [
        "head 0: this head was not made with this key, or was changed"
    ]


async def test_the_chain_goes_on_after_a_restart(place: Audited) -> None:
    """The next process seals on what the one before it wrote, with the same key."""
    async with place:
        record = await place.sent()
    async with place:
        unknown = Outcome(word=OutcomeWord.UNKNOWN)
        await place.journal.move(record, State.UNKNOWN, actor="bot", outcome=unknown)
        assert place.faults() == []
        assert place.verify().entries == 5


async def test_replicas_write_one_trail_together(own_postgres_url: str) -> None:
    """Several processes on PostgreSQL add to the same operation at once, and to others: each entry
    hangs on the one before it, and a head that is taken meanwhile fits."""
    async with Audited(own_postgres_url, KEY) as one, Audited(own_postgres_url, KEY) as other:
        record = await one.asked("1")
        other.clock.at += 100
        notes = [
            replica.journal.note_in_trail(record, f"U{number}", {"number": number})
            for number in range(20)
            for replica in (one, other)
        ]
        elsewhere = [other.asked(str(number)) for number in range(10)]
        _, _, head = await asyncio.gather(
            asyncio.gather(*notes), asyncio.gather(*elsewhere), one.upkeep.head()
        )
        report = one.verify(head)
    assert (report.faults, report.operations, report.heads) == ([], 11, 2)
    assert report.entries == 1 + 1 + 40 + 10 + 1
