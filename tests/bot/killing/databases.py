"""Empty databases of today's version, made by copying one."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from bot.journal import Journal
from tests.bot.killing.nursery import AUDIT_KEY
from tests.postgres import Postgres

__all__ = ["Copies", "postgres_copies", "sqlite_copies"]

Copies = Callable[[Path], str]
"""The URL of a new one; the folder is the asker's own."""


def sqlite_copies(folder: Path) -> Copies:
    """Files; the first one lies in this folder."""
    first = folder / "first.db"
    asyncio.run(_make(f"sqlite:///{first}", None))

    def copy(where: Path) -> str:
        shutil.copy(first, where / "stream-bot.db")
        return f"sqlite:///{where}/stream-bot.db"

    return copy


def postgres_copies(server: Postgres) -> Copies:
    """Databases of this server."""
    first = make_url(server.new_database())
    asyncio.run(_make(first.render_as_string(), AUDIT_KEY.encode()))
    numbers = itertools.count(1)

    def copy(_: Path) -> str:
        name = f"{first.database}_{next(numbers)}"
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {first.database}".encode())
        return first.set(database=name).render_as_string()

    return copy


async def _make(url: str, key: bytes | None) -> None:
    journal = await Journal.open(url, audit_key=key)
    await journal.close()
