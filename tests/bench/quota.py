"""How much of a vendor's quota is used, by one process and by three that share it."""

from __future__ import annotations

import asyncio

from tests.bench.fleet import TROUBLES, excess, fleet, rate
from tests.bench.pacing import database
from tests.bench.table import Row, told
from tests.postgres import Postgres, find_programs, running_postgres

__all__ = ["quota"]

QUOTA = 20
GOAL = 0.9


async def quota(*, quick: bool) -> list[Row]:
    """A row for one replica and one for three, while all is well."""
    programs = find_programs()
    if programs is None:
        return [told("quota reached", "PostgreSQL is not installed")]
    with running_postgres(programs, durable=True) as server:
        seconds = 1.0 if quick else 5.0
        return [await asyncio.to_thread(_reached, server, replicas, seconds) for replicas in (1, 3)]


def _reached(server: Postgres, replicas: int, seconds: float) -> Row:
    with fleet(database(server), QUOTA, replicas) as running:
        running.ready()
        seen = running.measure(seconds, TROUBLES["all is well"])
    used, beyond = rate(seen) / QUOTA, excess(seen, QUOTA)
    noun = "process" if replicas == 1 else "processes"
    return Row(
        f"quota of {QUOTA}/s reached by {replicas} {noun}",
        f"{used:.1%}, {beyond} beyond it",
        f">= {GOAL:g}, none beyond",
        used >= GOAL and not beyond,
        (used,),
    )
