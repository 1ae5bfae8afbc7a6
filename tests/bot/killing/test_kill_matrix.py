"""The kill matrix: the bot's process dies by SIGKILL at every named point of an operation, and
another one is started on the same database. Nothing runs twice, nothing is lost, and the channel
ends with the truth.

The points: each transaction of the journal (before its commit, after it), each call of Slack and of
the vendor (before, after; a vendor's also under way). At PostgreSQL the reads of the vendor are left
out, and on both the repeated ones: they change nothing, and the same code serves all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bot.killing.bots import nursery
from tests.bot.killing.databases import Copies, postgres_copies, sqlite_copies
from tests.bot.killing.matrix import Case, run_matrix, table
from tests.bot.killing.stories import STORIES
from tests.postgres import Postgres

pytest_plugins = ["tests.postgres"]

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> dict[str, Copies]:
    """How to get an empty database, for each engine."""
    return {
        "sqlite": sqlite_copies(tmp_path_factory.mktemp("first")),
        "postgresql": postgres_copies(postgres),
    }


async def matrix(engine: str, story: str, copies: Copies) -> list[Case]:
    def wanted(point: str) -> bool:
        if not point.startswith("vendor Describe"):
            return True
        return engine == "sqlite" and "#1" in point

    async with nursery() as bots:
        return await run_matrix(STORIES[story], copies, bots, wanted)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("story", STORIES)
async def test_whenever_it_is_killed_the_end_is_right(
    engine: str, story: str, copies: dict[str, Copies]
) -> None:
    """The vendor is called at most once; the trail is whole, in order and sealed; the operation is
    over; one message tells the truth, or two of which the second is marked as a repeat."""
    cases = await matrix(engine, story, copies[engine])
    assert not any(case.wrong for case in cases), "\n" + table(cases)
    killed = {case.point for case in cases if case.killed}
    assert len(killed) > 25, table(cases, all_of_them=True)
    for must in ("Journal.ask", "Journal.approve", "Journal.claim", "Journal.finish"):
        assert {side for point in killed for side in (": before", ": after") if must in point and point.endswith(side)} == {": before", ": after"}, must
