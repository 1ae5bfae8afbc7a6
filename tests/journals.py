"""The journal on both engines, for the tests of what it promises on either.

A test module says `pytest_plugins = ["tests.postgres", "tests.journals"]`, asks for `journal_url`,
and is run once for each engine.

PYTEST_DONT_REWRITE: it imports `opened` from here before this is a plugin.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.journal import Journal

__all__ = ["journal_url", "opened"]


@pytest.fixture(params=["sqlite", "postgresql"])
def journal_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.db"
    url: str = request.getfixturevalue("own_postgres_url")
    return url


async def opened(url: str, now: Callable[[], float] = time.time) -> Journal:
    """A journal by the test's own clock, also where the database has one. Close it."""
    journal = await Journal.open(url, now=now)
    journal.database._ahead = 0.0
    await journal.replicas.beat()
    return journal
