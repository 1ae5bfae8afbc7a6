"""The long run of the clumsy crowd, for as many operations and rounds as one likes:

    python -m tests.bot.killing.soak --operations 200 --seed 1

It needs PostgreSQL's programs (Debian: postgresql), and prints one line for each round. Exit 1 and
the faults if anything ran twice, was lost, or was told wrongly; the seed repeats what people and
trouble do, though not the very moment.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bot.killing.bots import nursery
from tests.bot.killing.crowd import Result, crowd
from tests.postgres import find_programs, running_postgres


def main() -> int:
    """0: all held. 1: something did not. 2: it cannot be run here."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=200, help="in each round (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round (default: 1)")
    parser.add_argument(
        "--rounds", type=int, default=1, help="each with the next seed (default: 1)"
    )
    options = parser.parse_args()
    programs = find_programs()
    if programs is None:
        sys.stderr.write("PostgreSQL is not installed (initdb and pg_ctl were not found)\n")
        return 2
    wrong = 0
    for seed in range(options.seed, options.seed + options.rounds):
        with (
            tempfile.TemporaryDirectory() as folder,
            running_postgres(programs) as server,
            nursery() as bots,
        ):
            played = crowd(
                options.operations, seed, folder=Path(folder), server=server, nursery=bots
            )
            wrong += _tell(seed, asyncio.run(played))
    return 1 if wrong else 0


def _tell(seed: int, result: Result) -> int:
    ends = ", ".join(f"{state} {count}" for state, count in sorted(result.ends.items()))
    sys.stdout.write(
        f"seed {seed}: {ends}; {result.calls} vendor calls, {result.kills} replicas replaced, "
        f"{result.untaken} commands not taken, {len(result.wrong)} faults\n"
    )
    for fault in result.wrong:
        sys.stdout.write(f"    {fault}\n")
    return len(result.wrong)


if __name__ == "__main__":
    sys.exit(main())
