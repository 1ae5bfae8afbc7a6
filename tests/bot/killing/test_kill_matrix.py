"""The kill matrix: the bot's process dies by SIGKILL at every named point of an operation, and
another one is started on the same database. Nothing runs twice, nothing is lost, and the channel
ends with the truth.

The points: each transaction of the journal that writes (before its commit, after it), each call of
Slack and of the vendor (before, after; a vendor's also under way). Of the vendor's reads only the
first ones are among them, and with PostgreSQL none: they change nothing, and what follows a look is
the same code each time.
"""

from __future__ import annotations

import pytest

from tests.bot.killing.bots import Nursery
from tests.bot.killing.databases import Copies
from tests.bot.killing.matrix import run_matrix, table
from tests.bot.killing.stories import STORIES

pytest_plugins = ["tests.postgres"]

ALWAYS_PASSED = (
    "Journal.ask",
    "Journal.approve",
    "Journal.claim",
    "Journal.finish",
    "slack chat.postMessage",
    "slack chat.update",
    "LivePullStreamTask in",
)
"""Parts of the names of points that lie on everybody's way."""


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("story", STORIES)
async def test_whenever_it_is_killed_the_end_is_right(
    engine: str, story: str, copies: Copies, bots: Nursery
) -> None:
    """The vendor is called at most once; the trail is whole, in order and sealed; the operation is
    over; one message tells the truth, or two of which the second is marked as a repeat."""

    def wanted(point: str) -> bool:
        if not point.startswith("vendor Describe"):
            return True
        return engine == "sqlite" and "#1:" in point

    cases = await run_matrix(STORIES[story], copies, bots, wanted)
    assert not any(case.wrong for case in cases), f"\n{table(cases)}"
    killed = [case.point for case in cases if case.killed]
    for part in ALWAYS_PASSED:
        sides = {point.rpartition(": ")[2] for point in killed if part in point}
        assert {"before", "after"} <= sides, part
    assert any(point.endswith(": under way") for point in killed)
