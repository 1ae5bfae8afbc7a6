"""The key of the chain: from the configuration, or made beside an embedded database, or kept in a
shared one.

Beside the database, or in it, it shows what was changed by accident, or by whoever does not know of
it. Against somebody who can read it only a head kept elsewhere helps.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, make_url, text

from bot.audit.key_rules import AuditKeyError, checked

__all__ = ["KEPT", "hold_key", "keep_key", "kept_key", "key_file", "key_of", "read_key"]

KEPT = "the key in the database"
"""How faults call it."""

_OPTION = "audit_key"

_KEPT = text("SELECT key FROM audit_key")
_KEEP = text("INSERT INTO audit_key (id, key) VALUES (1, :key) ON CONFLICT (id) DO NOTHING")

_ANY_HASH = "SELECT 1 FROM trail WHERE hash IS NOT NULL LIMIT 1"


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
        key = read_key(file) if file.exists() else _made(file, connection)
        hold_key(engine, key)
    return key


def keep_key(connection: Connection) -> bytes:
    """The key that a shared database itself keeps; made if nothing was sealed yet. In a transaction
    of its own: nothing may be sealed with a key that is then rolled back. Raises AuditKeyError."""
    kept = kept_key(connection)
    if kept is None:
        if connection.exec_driver_sql(_ANY_HASH).first() is not None:
            raise AuditKeyError(
                "the audit key is gone: the trail was sealed with a configured one; put [audit] "
                "key back"
            )
        connection.execute(_KEEP, {"key": secrets.token_hex(32)})
        kept = str(connection.execute(_KEPT).scalar_one())  # another replica may have been first
    return checked(kept, KEPT)


def kept_key(connection: Connection) -> str | None:
    """The key that a shared database keeps, as it stands there."""
    kept = connection.execute(_KEPT).scalar()
    return None if kept is None else str(kept)


def key_file(url: str | URL) -> Path:
    """Where the key of an embedded database is. Raises AuditKeyError for any other database."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        raise AuditKeyError("no audit key: a shared database has no file beside it")
    database = Path(address.database or "").resolve()
    return database.with_name(database.name + ".audit-key")


def read_key(file: Path) -> bytes:
    """The key in a file. Raises AuditKeyError."""
    try:
        key = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise AuditKeyError(f"there is no audit key: {file} is missing") from None
    except OSError as error:
        raise AuditKeyError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AuditKeyError(f"{file} holds no audit key") from None
    return checked(key, str(file))


def _made(file: Path, connection: Connection) -> bytes:
    if connection.exec_driver_sql(_ANY_HASH).first() is not None:
        raise AuditKeyError(f"the audit key is gone: put {file} back, the trail is sealed with it")
    key = secrets.token_hex(32)
    try:
        _write(file, f"{key}\n")
    except OSError as error:
        raise AuditKeyError(f"{file} cannot be written: {error.strerror}") from None
    return checked(key, str(file))


def _write(file: Path, line: str) -> None:
    """All of it or nothing, on the disk: a power loss must not leave entries without their key."""
    draft = file.with_name(file.name + ".new")
    written = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(written, 0o600)
        os.write(written, line.encode())
        os.fsync(written)
    finally:
        os.close(written)
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
