"""The journal as it stands at one moment, read beside a running bot: nothing is written.

On SQLite the connection is read-only and takes no lock: in WAL mode readers and the writer do not
wait for each other.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    NullPool,
    Row,
    Select,
    Text,
    cast,
    create_engine,
    event,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.audit.chain import Entry
from bot.audit.key import KEPT, kept_key, key_file, read_key
from bot.audit.key_rules import AuditKeyError, checked
from bot.journal.schema import trail
from bot.journal.sealing import TRAIL_LOCK
from bot.journal.store import JournalError

__all__ = [
    "UNREADABLE",
    "entry_in",
    "every_entry",
    "find_key",
    "reading",
    "rows_of",
    "strict_json",
    "text_of",
]

UNREADABLE = object()
"""What stands for JSON that we cannot have written."""

_ROWS_AT_ONCE = 1_000

_COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(column for column in trail.c if column is not trail.c.detail),
    cast(trail.c.detail, Text).label("detail"),  # as it stands there: who changed it, changed JSON
)


@contextmanager
def reading(url: str | URL, *, still: bool = False) -> Iterator[Connection]:
    """A connection that sees one moment. Raises JournalError.

    still: wait on PostgreSQL until every entry that got its `seq` is there, or was given up.
    """
    engine = _engine(make_url(url))
    try:
        with engine.connect() as connection:
            if still and engine.dialect.name == "postgresql":
                _begin_in_silence(engine, connection)
            yield connection
    except SQLAlchemyError as error:
        if isinstance(error, OperationalError) and engine.dialect.name == "postgresql":
            address = engine.url.render_as_string(hide_password=True)
            raise JournalError(f"{address} cannot be reached or used") from error
        raise JournalError(
            f"{engine.url.database} cannot be read as a journal ({type(error).__name__}); one of "
            "an older version is brought to this one when the bot starts"
        ) from error
    finally:
        engine.dispose()


def find_key(url: str | URL, configured: bytes | None) -> bytes:
    """The key to verify with; none is made. Raises AuditKeyError, or JournalError where it is in a
    database that cannot be read."""
    if configured is not None:
        return configured
    if make_url(url).get_backend_name() == "sqlite":
        return read_key(key_file(url))
    with reading(url) as connection:
        kept = kept_key(connection)
    if kept is None:
        raise AuditKeyError(
            "there is no audit key: the database keeps none, and [audit] key is not set"
        )
    return checked(kept, KEPT)


def every_entry(connection: Connection, *where: ColumnElement[bool]) -> Iterator[Entry]:
    """The entries that fit, in the order of writing."""
    for row in rows_of(connection, select(*_COLUMNS).where(*where).order_by(trail.c.seq)):
        yield entry_in(row)


def rows_of(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    """The rows, without holding them all."""
    yield from connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})


def columns() -> Sequence[ColumnElement[Any]]:
    """What `entry_in` needs of a row."""
    return _COLUMNS


def entry_in(row: Row[Any]) -> Entry:
    """An entry, whatever somebody has made of it."""
    return Entry(
        seq=row.seq,
        operation=text_of(row.operation),
        number=row.number,
        at=row.at,
        actor=row.actor,
        from_state=row.from_state,
        to_state=row.to_state,
        request_id=row.request_id,
        detail=strict_json(row.detail),
        hash=None if row.hash is None else text_of(row.hash),
    )


def text_of(value: object) -> str:
    """A text; what stands where SQLite should hold one, and does not, as something that fits
    nothing."""
    return value if isinstance(value, str) else repr(value)


def strict_json(raw: object) -> Any:
    """A value, or UNREADABLE: for what is no JSON, and what has two readings."""
    try:
        return json.loads(str(raw), object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError):
        return UNREADABLE


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands there twice")
    return value


def _refused(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _engine(address: URL) -> Engine:
    if address.get_backend_name() == "sqlite":
        return _sqlite(Path(address.database or "").resolve())
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
        hide_parameters=True,
    )
    return engine.execution_options(postgresql_readonly=True)


def _sqlite(path: Path) -> Engine:
    if not path.is_file():
        raise JournalError(f"there is no journal at {path}")

    # Where nothing can be written, nobody else writes either, and SQLite needs to be told.
    wal = path.with_name(f"{path.name}-wal")
    sealed = not os.access(path.parent, os.W_OK) and not wal.exists()

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path))}?mode=ro{'&immutable=1' if sealed else ''}"
        connection = sqlite3.connect(address, uri=True, isolation_level=None)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return connection

    engine = create_engine(f"sqlite:///{path}", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _begin_in_silence(engine: Engine, connection: Connection) -> None:
    """See nothing half-written: a `seq` is given out before its row can be seen."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as gate:
        gate.execute(text("SELECT pg_advisory_lock(:trail)"), {"trail": TRAIL_LOCK})
        connection.execute(select(1))  # the moment that this connection sees from now on
