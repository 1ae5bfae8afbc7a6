"""The database behind the journal: opening it, holding it, bringing it to today's version."""

from __future__ import annotations

import fcntl
import os
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.journal.database import THREADS

__all__ = ["JournalError", "Lock", "open_engine", "upgrade"]

# PostgreSQL's advisory lock for an upgrade: any number that nobody else uses in our database.
_UPGRADE_LOCK = 0x57BEA4B07

# A replica that was paused inside a transaction must not hold its rows for ever.
_POSTGRES_OPTIONS = (
    "-c synchronous_commit=on -c idle_in_transaction_session_timeout=10000 "
    "-c statement_timeout=15000 -c timezone=UTC"
)


class JournalError(Exception):
    """The journal cannot be used. The text is one line for the operator."""


class Lock:
    """Says that one process, and no other, works on a SQLite journal.

    An flock, not a pid file: the kernel lets go of it when the process ends, however it ends.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(f"{path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise JournalError(
                f"{database} is in use by another stream-bot; one process at a time works on SQLite"
            ) from error

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._file)


def open_engine(url: str) -> tuple[Engine, Lock | None]:
    """An engine, and what keeps other processes away where only one may use the database. Raises
    JournalError."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address)
    return _open_postgres(address), None


def _open_postgres(address: URL) -> Engine:
    """Every process has its own connections; nothing in the process is needed for a claim."""
    try:
        return create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_size=THREADS,
            max_overflow=0,
            pool_pre_ping=True,  # the server may have been restarted
            connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 5},
        )
    except ImportError as error:
        raise JournalError(
            "PostgreSQL needs its driver: pip install 'stream-bot[postgres]'"
        ) from error


def _open_sqlite(address: URL) -> tuple[Engine, Lock]:
    path = Path(address.database or "").resolve()  # one lock, whatever links lead here
    if not address.database or path.is_dir():
        raise JournalError("the journal needs a file: sqlite:///stream-bot.db")
    lock = Lock(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        lock.release()
        raise JournalError(f"{path} cannot be written: {error.strerror}") from error
    # One connection, used by the journal's one thread.
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine, lock


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL, because a power loss must not forget that a call was claimed: it would be sent again.
    cursor.execute("PRAGMA synchronous=FULL")
    # Nobody else should hold it; if a backup does, say so within the 3 s that Slack waits.
    cursor.execute("PRAGMA busy_timeout=1500")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def upgrade(engine: Engine) -> None:
    """Bring the tables to today's version, in one transaction. Raises JournalError."""
    try:
        with engine.begin() as connection, as_file(files("bot.journal") / "migrations") as folder:
            if connection.dialect.name == "postgresql":  # replicas start together
                lock = text("SELECT pg_advisory_xact_lock(:lock)")
                connection.execute(lock, {"lock": _UPGRADE_LOCK})
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(folder).replace("%", "%%"))
            command.upgrade(config, "head")
    except CommandError as error:
        raise JournalError(
            "the journal was written by a newer stream-bot; run that version or a newer one"
        ) from error
    except OperationalError as error:
        if engine.dialect.name == "sqlite":
            raise _damaged(engine, error) from error
        raise JournalError(
            f"{engine.url.render_as_string(hide_password=True)} cannot be reached or used: "
            "check the address, the password and the rights"
        ) from error
    except SQLAlchemyError as error:
        raise _damaged(engine, error) from error


def _damaged(engine: Engine, error: SQLAlchemyError) -> JournalError:
    return JournalError(
        f"{engine.url.database} cannot be used as the journal ({type(error).__name__}); if it "
        "is damaged, put a backup in its place"
    )
