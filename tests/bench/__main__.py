"""Every benchmark in one table: ratios of one run on one machine, all on loopback.

python -m tests.bench [--only NAME] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from tests.bench.acks import acks
from tests.bench.calls import calls
from tests.bench.departure import departure
from tests.bench.quota import quota
from tests.bench.starting import starting
from tests.bench.table import Row, printed

PARTS: dict[str, Callable[..., Awaitable[list[Row]]]] = {
    "acks": acks,
    "departure": departure,
    "calls": calls,
    "quota": quota,
    "starting": starting,
}


async def measure(only: str = "", *, quick: bool = False) -> list[Row]:
    """The rows of one part, or of all."""
    parts = [PARTS[only]] if only else list(PARTS.values())
    return [row for part in parts for row in await part(quick=quick)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, default="")
    parser.add_argument("--quick", action="store_true", help="few calls: does it all still run")
    options = parser.parse_args()
    print(printed(asyncio.run(measure(options.only, quick=options.quick))))


if __name__ == "__main__":
    main()
