"""What the tests that kill share: a nursery of bots, and empty databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.killing.bots import Nursery, nursery
from tests.bot.killing.databases import Copies, postgres_copies, sqlite_copies


@pytest.fixture(scope="session")
def bots() -> Iterator[Nursery]:
    """Where bots are started."""
    with nursery() as one:
        yield one


@pytest.fixture
def copies(request: pytest.FixtureRequest, engine: str) -> Copies:
    """Empty databases of this engine."""
    if engine == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path")
        return sqlite_copies(folder)
    return postgres_copies(request.getfixturevalue("postgres"))
