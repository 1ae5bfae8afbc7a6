"""How much of a vendor's quota three replicas use together, and whether they ever exceed it.

    python -m tests.bench.pacing [SECONDS]

Three processes call a vendor on loopback as fast as their shared quota lets them, on a PostgreSQL
of their own, for so many seconds (5) in each line: while all is well, while one is stopped for
0.8 s, and after one was killed. Calls beyond the quota are what a vendor that counts any sliding
second would have refused.
"""

import sys

from sqlalchemy import create_engine, make_url

from bot.journal.slots import rate_slot
from tests.bench.fleet import TROUBLES, excess, fleet, fullest_second, rate
from tests.postgres import Postgres, find_programs, running_postgres

QUOTAS = (10, 20, 50)
LINE = "{:>7} {:<12} {:>6} {:>6} {:>15} {:>14}"


def database(server: Postgres) -> str:
    """A database with the table of slots."""
    url = server.new_database()
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    rate_slot.create(engine)
    engine.dispose()
    return url


def measure(server: Postgres, quota: int, seconds: float) -> None:
    with fleet(database(server), quota) as replicas:
        replicas.ready()
        for name, trouble in TROUBLES.items():
            seen = replicas.measure(seconds, trouble)
            used = f"{rate(seen) / quota:.1%}"
            beyond = excess(seen, quota)
            print(LINE.format(quota, name, len(seen), used, fullest_second(seen), beyond))


def main() -> None:
    programs = find_programs()
    if programs is None:
        sys.exit("PostgreSQL is not installed (initdb and pg_ctl were not found)")
    seconds = float(sys.argv[1]) if sys.argv[1:] else 5.0
    print(LINE.format("quota/s", "", "calls", "used", "fullest second", "beyond quota"))
    with running_postgres(programs, durable=True) as server:
        for quota in QUOTAS:
            measure(server, quota, seconds)


if __name__ == "__main__":
    main()
