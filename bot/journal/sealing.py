"""Writing the trail: each entry sealed with the one before it in its operation."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, text

from bot.audit.chain import Entry, Walk, link
from bot.audit.key import key_of
from bot.journal.schema import trail

__all__ = ["TRAIL_LOCK", "end_of_old", "entry_of", "take_turns", "write_trail", "write_trails"]

TRAIL_LOCK = 0x5EA1
"""PostgreSQL: shared by whoever writes the trail, whole for whoever needs it to stand still."""

_TURN = text("SELECT pg_advisory_xact_lock_shared(:trail), pg_advisory_xact_lock(:trail, :turn)")
_NUMBERS = text(
    "SELECT nextval(pg_get_serial_sequence('trail', 'seq')) FROM generate_series(1, :count)"
)
_TOP = "SELECT coalesce(max(seq), 0) FROM trail"
_LAST = (
    "SELECT operation, number, hash FROM trail WHERE operation = :operation "
    "ORDER BY seq DESC LIMIT 1"
)
_END = text(_LAST)
_NEXT = {
    "sqlite": text(
        "SELECT (SELECT coalesce(max(seq), 0) + 1 FROM trail) AS seq, operation, number, hash "  # noqa: S608  # our own words
        f"FROM (SELECT 1) LEFT JOIN ({_LAST}) ON 1"
    ),
    "postgresql": text(
        "SELECT nextval(pg_get_serial_sequence('trail', 'seq')) AS seq, operation, number, hash "  # noqa: S608  # likewise
        f"FROM (SELECT 1) AS one LEFT JOIN ({_LAST}) AS last ON true"
    ),
}
_ADD = insert(trail)
_WHOLE = select(trail).where(trail.c.operation == bindparam("wanted")).order_by(trail.c.seq)


def write_trail(
    connection: Connection,
    record_id: str,
    now: float,
    *,
    actor: str,
    states: tuple[str, str],
    request_id: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """One row: who, when, from which state to which."""
    row = {
        "operation": record_id,
        "at": now,
        "actor": actor,
        "from_state": states[0],
        "to_state": states[1],
        "request_id": request_id[:128],
        "detail": dict(detail or {}),
    }
    write_trails(connection, [row])


def write_trails(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Several rows, each with the columns that `write_trail` fills, in the order of the list.

    The only way into the trail: what is written past it has no hash, and `audit verify` tells.
    """
    key = key_of(connection)
    operations = {row["operation"] for row in rows}
    take_turns(connection, operations)
    if len(rows) == 1:
        ends, numbers = _place_of_one(connection, rows[0]["operation"], key)
    else:
        ends = {one: _end(connection, one, key) for one in operations}
        numbers = _numbers(connection, len(rows))
    sealed = []
    for seq, row in zip(numbers, rows, strict=True):
        number, previous = ends[row["operation"]]
        # What is sealed is what will be read: JSON knows no tuples, and no keys but text.
        detail = json.loads(json.dumps(row["detail"])) if row["detail"] else {}
        columns = {**row, "detail": detail, "seq": seq, "number": number + 1}
        columns["hash"] = link(key, previous, Entry(**columns))
        ends[row["operation"]] = (number + 1, columns["hash"])
        sealed.append(columns)
    connection.execute(_ADD, sealed)


def take_turns(connection: Connection, operations: Iterable[str]) -> None:
    """Until the end of the transaction nobody else adds to these chains. On SQLite it is so."""
    if connection.dialect.name != "postgresql":
        return
    # Always in the same order, or two would wait for each other.
    for turn in sorted({zlib.crc32(one.encode()) - 2**31 for one in operations}):
        connection.execute(_TURN, {"trail": TRAIL_LOCK, "turn": turn})


def entry_of(row: Row[Any]) -> Entry:
    """A row of the trail as a value."""
    return Entry(**row._asdict())


def _numbers(connection: Connection, count: int) -> Sequence[int]:
    """The `seq` of the next rows: they are sealed too, so they must be known before."""
    if connection.dialect.name == "postgresql":
        return list(connection.execute(_NUMBERS, {"count": count}).scalars())
    top: int = connection.exec_driver_sql(_TOP).scalar_one()
    return range(top + 1, top + 1 + count)


Ends = dict[str, tuple[int, str]]
"""Operation -> number and hash of its last entry; 0 and its own id where it has none."""


def _place_of_one(connection: Connection, operation: str, key: bytes) -> tuple[Ends, Sequence[int]]:
    """What `_end` and `_numbers` tell, in one question: most transactions write one row."""
    found = connection.execute(_NEXT[connection.dialect.name], {"operation": operation}).one()
    end = _end_in(connection, operation, key, found if found.operation is not None else None)
    return {operation: end}, [found.seq]


def _end(connection: Connection, operation: str, key: bytes) -> tuple[int, str]:
    last = connection.execute(_END, {"operation": operation}).first()
    return _end_in(connection, operation, key, last)


def _end_in(
    connection: Connection, operation: str, key: bytes, last: Row[Any] | None
) -> tuple[int, str]:
    if last is None:
        return 0, operation
    if last.hash is None or last.number is None:
        return end_of_old(connection, operation, key)
    return last.number, last.hash


def end_of_old(connection: Connection, operation: str, key: bytes) -> tuple[int, str]:
    """The end of a chain whose entries are older than hashes."""
    walk = Walk(key, operation)
    for row in connection.execute(_WHOLE, {"wanted": operation}):
        walk.step(entry_of(row))
    return walk.number, walk.last
