"""The key of the chain: from the configuration, or made beside an embedded database, or kept in a
shared one.

Beside the database, or in it, it shows what was changed by accident, or by whoever does not know of
it. Against somebody who can read it only a head kept elsewhere helps.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

# The settings need only `checked`, so the database's library is imported where it is needed.
if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

__all__ = ["AuditKeyError", "checked", "find_key", "hold_key", "keep_key", "key_file", "key_of"]

SHORTEST = 32
"""Characters. `openssl rand -hex 32` prints 64."""

_OPTION = "audit_key"

_KEPT = "SELECT key FROM audit_key"
_KEEP = "INSERT INTO audit_key (id, key) VALUES (1, :key) ON CONFLICT (id) DO NOTHING"

_ANY_HASH = "SELECT 1 FROM trail WHERE hash IS NOT NULL LIMIT 1"


class AuditKeyError(Exception):
    """There is no key that can be used. The text is one line for the operator."""


def checked(text: str, place: str) -> bytes:
    """A key from what its place holds. Raises AuditKeyError, which does not repeat it."""
    if len(text) < SHORTEST:
        raise AuditKeyError(
            f"{place} is too short for an audit key: it needs {SHORTEST} characters or more, as "
            "`openssl rand -hex 32` prints them"
        )
    return text.encode()


def hold_key(engine: Engine, key: bytes) -> None:
    """Seal with a configured key what is written through this engine."""
    engine.update_execution_options(**{_OPTION: key})


def key_of(connection: Connection) -> bytes:
    """The key to seal with: the one that is held, else the one beside an embedded database, which
    is made if nothing was sealed yet. (Of a shared database one is always held.) Raises
    AuditKeyError."""
    engine = connection.engine
    key: bytes | None = engine.get_execution_options().get(_OPTION)
    if key is None:
        file = key_file(engine.url)
        key = _read(file) if file.exists() else _made(file, connection)
        hold_key(engine, key)
    return key


def keep_key(connection: Connection) -> bytes:
    """The key that a shared database itself keeps; made if nothing was sealed yet. In a transaction
    of its own: nothing may be sealed with a key that is then rolled back. Raises AuditKeyError."""
    from sqlalchemy import text  # noqa: PLC0415

    kept = connection.execute(text(_KEPT)).scalar()
    if kept is None:
        if connection.exec_driver_sql(_ANY_HASH).first() is not None:
            raise AuditKeyError(
                "the audit key is gone: the trail was sealed with a configured one; put [audit] "
                "key back"
            )
        connection.execute(text(_KEEP), {"key": secrets.token_hex(32)})
        kept = connection.execute(text(_KEPT)).scalar_one()  # another replica may have been first
    return checked(str(kept), "the key in the database")


def find_key(url: str | URL, configured: bytes | None) -> bytes:
    """The key to verify with; none is made. Raises AuditKeyError, or JournalError where it is in a
    database that cannot be read."""
    from sqlalchemy import make_url  # noqa: PLC0415

    if configured is not None:
        return configured
    if make_url(url).get_backend_name() == "sqlite":
        return _read(key_file(url))
    return _kept_in(url)


def _kept_in(url: str | URL) -> bytes:
    from sqlalchemy import text  # noqa: PLC0415

    from bot.audit.reader import reading  # noqa: PLC0415

    with reading(url) as connection:
        kept = connection.execute(text(_KEPT)).scalar()
    if kept is None:
        raise AuditKeyError(
            "there is no audit key: the database keeps none, and [audit] key is not set"
        )
    return checked(str(kept), "the key in the database")


def key_file(url: str | URL) -> Path:
    """Where the key of an embedded database is. Raises AuditKeyError for any other database."""
    from sqlalchemy import make_url  # noqa: PLC0415

    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        raise AuditKeyError("no audit key: a shared database has no file beside it")
    database = Path(address.database or "").resolve()
    return database.with_name(database.name + ".audit-key")


def _read(file: Path) -> bytes:
    try:
        text = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise AuditKeyError(f"there is no audit key: {file} is missing") from None
    except OSError as error:
        raise AuditKeyError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AuditKeyError(f"{file} holds no audit key") from None
    return checked(text, str(file))


def _made(file: Path, connection: Connection) -> bytes:
    if connection.exec_driver_sql(_ANY_HASH).first() is not None:
        raise AuditKeyError(f"the audit key is gone: put {file} back, the trail is sealed with it")
    text = secrets.token_hex(32)
    try:
        _write(file, f"{text}\n")
    except OSError as error:
        raise AuditKeyError(f"{file} cannot be written: {error.strerror}") from None
    return checked(text, str(file))


def _write(file: Path, text: str) -> None:
    """All of it or nothing, on the disk: a power loss must not leave entries without their key."""
    draft = file.with_name(file.name + ".new")
    written = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(written, 0o600)
        os.write(written, text.encode())
        os.fsync(written)
    finally:
        os.close(written)
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
