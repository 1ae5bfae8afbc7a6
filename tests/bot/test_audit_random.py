"""Random tampering: whatever row is changed, removed, added or moved, it is found."""

# ruff: noqa: S608  # the attacker's SQL, put together here

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.audit.cli import MOST_FAULTS
from bot.audit.heads import Head
from tests.bot.audited import Audited, tamper

COLUMNS = (
    *("seq", "operation", "number", "at", "actor", "from_state", "to_state"),
    *("request_id", "detail", "hash"),
)
VALUES = st.one_of(
    st.none(),
    st.integers(-3, 12),
    st.floats(),
    st.sampled_from(["head", "failed", "recovered", "{}", '{"attempt": 1.0}']),
    st.text(max_size=5).filter(lambda text: max(text, default="") < "\ud800"),
    st.binary(max_size=5),
)

Attack = Callable[..., list[str]]

ENTRIES = 8
"""That the head counts; the ninth is the journal's own copy of it."""

quickly = settings(
    derandomize=True,
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Head]:
    """A small journal, and its head, which was kept elsewhere."""
    path = tmp_path_factory.mktemp("original") / "journal.db"

    async def fill() -> Head:
        async with Audited(f"sqlite:///{path}") as audited:
            await audited.done("1")
            await audited.waiting("2")
            return await audited.upkeep.head()

    head = asyncio.run(fill())
    tamper(f"sqlite:///{path}")  # the triggers are gone
    return path, head


@pytest.fixture
def attack(original: tuple[Path, Head], tmp_path: Path) -> Attack:
    """Does one thing to a copy, and returns the faults that are found."""
    source, head = original

    def attacked(statement: str, *values: object) -> list[str]:
        path = tmp_path / "journal.db"
        for ending in ("", ".audit-key"):
            shutil.copy(f"{source}{ending}", f"{path}{ending}")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            before = list(connection.execute("SELECT * FROM trail ORDER BY seq"))
            try:
                connection.execute(statement, values)
            except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError):
                assume(False)  # the table does not take it
            assume(list(connection.execute("SELECT * FROM trail ORDER BY seq")) != before)
        audited = Audited(f"sqlite:///{path}")
        assert len(audited.faults()) <= MOST_FAULTS
        return audited.faults(head)

    return attacked


@quickly
@given(seq=st.integers(1, ENTRIES + 1), column=st.sampled_from(COLUMNS), value=VALUES)
def test_a_changed_cell_is_found(attack: Attack, seq: int, column: str, value: object) -> None:
    """Whatever stands there instead, also what no entry ever holds."""
    assert attack(f"UPDATE trail SET {column} = ? WHERE seq = ?", value, seq)


@quickly
@given(first=st.integers(1, ENTRIES), count=st.integers(1, ENTRIES))
def test_a_removed_stretch_is_found(attack: Attack, first: int, count: int) -> None:
    """From anywhere, of any length."""
    assert attack("DELETE FROM trail WHERE seq >= ? AND seq < ?", first, first + count)


@quickly
@given(
    source=st.integers(1, ENTRIES + 1),
    seq=st.integers(-3, 30),
    number=st.none() | st.integers(-3, 12),
)
def test_a_repeated_entry_is_found(
    attack: Attack, source: int, seq: int, number: int | None
) -> None:
    """A genuine entry, a second time, in any place."""
    columns = "operation, at, actor, from_state, to_state, request_id, detail, hash"
    copied = f"SELECT ?, ?, {columns} FROM trail WHERE seq = ?"
    assert attack(f"INSERT INTO trail (seq, number, {columns}) {copied}", seq, number, source)


@quickly
@given(
    one=st.integers(1, ENTRIES + 1),
    other=st.integers(1, ENTRIES + 1),
    column=st.sampled_from(COLUMNS),
)
def test_a_cell_of_another_entry_is_found(
    attack: Attack, one: int, other: int, column: str
) -> None:
    """Copied over that of this one."""
    copied = f"(SELECT {column} FROM trail WHERE seq = ?)"
    assert attack(f"UPDATE trail SET {column} = {copied} WHERE seq = ?", other, one)
