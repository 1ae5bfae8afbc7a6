"""Forty restarts among people who press everything and replicas that die. The long run is
`python -m tests.bot.killing.soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.journal import State
from tests.bot.killing.bots import Nursery
from tests.bot.killing.crowd import crowd
from tests.postgres import find_programs, running_postgres

OPERATIONS = 40


async def test_a_clumsy_crowd_runs_each_approved_operation_once(
    tmp_path: Path, bots: Nursery
) -> None:
    """One vendor call for each that was approved, none for the others; every operation ends, and
    every message tells the end."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (initdb and pg_ctl were not found)")
    with running_postgres(programs) as server:  # its own: it crashes
        result = await crowd(OPERATIONS, 1, folder=tmp_path, server=server, nursery=bots)
    assert result.wrong == []
    assert result.ends[State.SUCCEEDED] >= OPERATIONS / 2, result
    assert result.kills
