"""A database of an older version, with data in it, is brought to today's and goes on."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError

from bot.journal import Journal, JournalError, State
from bot.journal.schema import metadata
from bot.journal.slots import rate_slot
from tests.bot.audited import START, Audited

pytest_plugins = ["tests.postgres"]

KEY = b"a key that all replicas have, 32+"
OLDER = ("0001", "0002", "0003")

COMMAND = {
    "verb": "restart",
    "where": "tencent:pull",
    "account": "prod",
    "task": "1",
    "region": "ap-guangzhou",
}

# As each version has it at least: the columns of the first one.
OPERATION: Mapping[str, Any] = {
    "version": 2,
    "shown_version": 2,
    "attempt": 0,
    "command": json.dumps(COMMAND),
    "verb": "restart",
    "place": "tencent:pull",
    "account": "prod",
    "task": "1",
    "requester": "U123",
    "requester_name": "ann",
    "team": "T123",
    "channel": "C123",
    "direct": 0,
    "posts": 1,
    "url_edits": 0,
}
# Operation -> the states of its trail.
OPERATIONS: Mapping[str, list[str]] = {
    "WAIT1": ["asked", "waiting"],
    "DONE1": ["asked", "approved", "sending", "succeeded"],
    "LOST1": ["asked", "approved", "sending"],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Audited:
    """A database that is not there yet."""
    if request.param == "postgresql":
        return Audited(request.getfixturevalue("own_postgres_url"), KEY)
    return Audited(f"sqlite:///{request.getfixturevalue('tmp_path')}/journal.db")


@pytest.fixture
def engine(place: Audited) -> Iterator[Engine]:
    """A connection that is not the bot's."""
    address = make_url(place.url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    made = create_engine(address)
    yield made
    made.dispose()


def bring_to(engine: Engine, revision: str) -> None:
    """The tables, as that version of the bot made them."""
    with engine.begin() as connection, as_file(files("bot.journal") / "migrations") as folder:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder))
        command.upgrade(config, revision)


def fill(engine: Engine) -> None:
    """A card that waits, a change that is over, one that was cut off, and a sentence owed."""
    with engine.begin() as connection:
        for number, (name, states) in enumerate(OPERATIONS.items()):
            own = {"id": name, "request_key": f"command:{name}", "live_key": f"live:{name}"}
            now = {"state": states[-1], "asked_at": START + number}
            put(connection, "operation", {**OPERATION, **own, **now})
            for place, state in enumerate(states):
                entry = {
                    "operation": name,
                    "at": START + number + place / 10,
                    "actor": "U123",
                    "from_state": states[place - 1] if place else "",
                    "to_state": state,
                    "request_id": "",
                    "detail": '{"attempt": 1}' if state == "sending" else "{}",
                }
                put(connection, "trail", entry)
        connection.execute(text("UPDATE operation SET attempt = 1 WHERE id <> 'WAIT1'"))
        owed = {"operation": "LOST1", "kind": "thread", "text": "Unknown.", "made_at": START}
        put(connection, "notice", owed)


def put(connection: Connection, table: str, values: Mapping[str, Any]) -> None:
    columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), values)  # noqa: S608  # our own words


@pytest.mark.parametrize("revision", OLDER[:2])
async def test_an_older_journal_goes_on(place: Audited, engine: Engine, revision: str) -> None:
    """What waited can be decided, what was owed is owed, what was over is history; each trail is
    chained from its next entry on, and verify says how many entries are older."""
    bring_to(engine, revision)
    fill(engine)
    async with place:
        waiting = await place.journal.get("WAIT1")
        assert waiting is not None
        assert waiting.command.task == "1"
        assert await place.journal.approve(waiting, actor="U123", lasts=60)
        (lost,) = await place.journal.in_state(State.SENDING)
        assert await place.journal.move(lost, State.UNKNOWN, actor="bot")
        (owed,) = await place.journal.debts.owed_notices()
        assert (owed.operation, owed.text) == ("LOST1", "Unknown.")
        trail = await place.journal.past.trail_of("DONE1")
        assert [entry.to_state for entry in trail] == OPERATIONS["DONE1"]
        head = await place.upkeep.head()
        report = place.verify(head)
    assert (report.faults, report.operations, report.before) == ([], 3, 9)


@pytest.mark.parametrize("revision", OLDER)
async def test_every_version_ends_in_the_same_tables(
    place: Audited, engine: Engine, revision: str
) -> None:
    """Those of the schema, whatever it was before; also from one that is empty."""
    bring_to(engine, revision)
    async with place:
        pass
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = [one for one in compare_metadata(context, metadata) if not is_shared(one)]
    assert found == []


def is_shared(difference: Any) -> bool:
    """What replicas share is PostgreSQL's alone, and not the journal's."""
    kind, table, *_ = difference
    return bool(kind == "remove_table" and table.name in {rate_slot.name, "audit_key"})


@pytest.mark.parametrize("revision", OLDER)
@pytest.mark.parametrize(
    "statement", ["UPDATE trail SET actor = 'eve'", "DELETE FROM trail WHERE operation = 'DONE1'"]
)
async def test_the_trail_is_append_only_afterwards(
    place: Audited, engine: Engine, revision: str, statement: str
) -> None:
    """Not even the database's owner changes a row by accident."""
    bring_to(engine, revision)
    fill(engine)
    async with place:
        pass
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


async def test_an_old_entry_cannot_be_changed_after_the_next(
    place: Audited, engine: Engine
) -> None:
    """The first entry with a hash holds those before it, and so does the first head."""
    bring_to(engine, "0002")
    fill(engine)
    async with place:
        waiting = await place.journal.get("WAIT1")
        assert waiting is not None
        await place.journal.approve(waiting, actor="U123", lasts=60)
        await place.upkeep.head()
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER trail_no_update"))
        else:
            connection.execute(text("DROP TRIGGER trail_append_only ON trail"))
        for name in ("WAIT1", "DONE1"):
            change = (
                "UPDATE trail SET actor = 'U999' WHERE operation = :name AND to_state = 'asked'"
            )
            connection.execute(text(change), {"name": name})
    found = place.faults()
    assert "WAIT1 3: this entry was changed after it was written" in found
    assert any(fault.startswith("head 2: the journal's own head counts as many") for fault in found)


async def test_replicas_that_start_together_upgrade_once(
    engine: Engine, own_postgres_url: str
) -> None:
    """On PostgreSQL they wait for each other, and find it done."""
    bring_to(engine, "0001")
    fill(engine)
    opened = await asyncio.gather(
        *(Journal.open(own_postgres_url, audit_key=KEY) for _ in range(3))
    )
    for journal in opened:
        assert await journal.writable()
        await journal.close()


async def test_a_newer_journal_is_refused(place: Audited, engine: Engine) -> None:
    """It is left as it is, with a clear line."""
    async with place:
        await place.done()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(JournalError, match="written by a newer stream-bot; run that version"):
        await Journal.open(place.url, audit_key=place.key)
    with engine.connect() as connection:
        assert inspect(connection).has_table("trail")
        left = connection.execute(text("SELECT count(*) FROM trail")).scalar()
    assert left == 6


def test_the_versions_are_one_line() -> None:
    """Each follows on the one before it, and none has two that follow."""
    folder = Path(str(files("bot.journal"))) / "migrations"
    versions = ScriptDirectory(str(folder))
    revisions = [one.revision for one in versions.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert len(versions.get_heads()) == 1
    assert set(OLDER) < set(revisions)
