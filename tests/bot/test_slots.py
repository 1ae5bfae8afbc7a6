"""Slots of one quota for several replicas, on a real PostgreSQL and between real processes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, make_url, select, text, update

from bot.journal.slots import FORGOTTEN, Slots, _ServerClock, rate_slot
from providers.catalogue import discover
from providers.client import Client
from providers.errors import NotSent
from providers.pacing import NO_SLOT, ReserveError
from tests.bench.fleet import TROUBLES, Seen, excess, fleet, rate
from tests.postgres import Postgres
from tests.providers.vendor import RESTARTED, evil_vendor, http, restart_call, send_in_turn

pytest_plugins = ["tests.postgres"]

KEY = "0" * 64
STEP = 0.0525
QUOTA = 20


@pytest.fixture
def engine(own_postgres_url: str) -> Iterator[Engine]:
    """A database with the table of slots."""
    made = create_engine(make_url(own_postgres_url).set(drivername="postgresql+psycopg"))
    rate_slot.create(made)
    yield made
    made.dispose()


@asynccontextmanager
async def replicas(engine: Engine, count: int) -> AsyncIterator[list[Slots]]:
    """So many replicas, whose connections stand."""
    made = [Slots(engine.url) for _ in range(count)]
    for one in made:
        await one.reserve("warm", STEP)
    yield made
    for one in made:
        await one.close()


async def test_the_first_slot_is_now(engine: Engine) -> None:
    """An idle row makes nobody wait, and gives nobody more than a call's head start."""
    async with replicas(engine, 1) as (one,):
        first = await one.reserve(KEY, STEP)
        with engine.begin() as connection:  # nobody called for a minute
            earlier = update(rate_slot).values(next_at=rate_slot.c.next_at - 60)
            connection.execute(earlier)
        later = await one.reserve(KEY, STEP)
    assert first <= 0.01
    assert -0.5 < later <= 0.01


async def test_slots_of_all_replicas_are_a_step_apart(engine: Engine) -> None:
    """Thirty reservations from three connections at once are one even row."""
    async with replicas(engine, 3) as made:
        await made[0].slow_down(KEY, 2.0)  # a line has formed
        clock = asyncio.get_running_loop().time

        async def slot(one: Slots) -> float:
            until = await one.reserve(KEY, STEP)
            return clock() + until

        at = sorted(await asyncio.gather(*(slot(one) for _ in range(10) for one in made)))
    gaps = [later - earlier for earlier, later in pairwise(at)]
    assert gaps == pytest.approx([STEP] * 29, abs=0.02)


async def test_keys_do_not_wait_for_each_other(engine: Engine) -> None:
    """Another API, or another access key, has a row of its own."""
    async with replicas(engine, 1) as (one,):
        await one.slow_down(KEY, 30)
        assert await one.reserve("1" * 64, STEP) <= 0.01


async def test_the_widest_step_counts(engine: Engine) -> None:
    """Replicas that disagree on our share of the quota keep the smaller one."""
    async with replicas(engine, 2) as (one, other):
        await one.reserve(KEY, 10.0)
        second = await other.reserve(KEY, STEP)
        third = await other.reserve(KEY, STEP)
    assert second == pytest.approx(10, abs=1)
    assert third == pytest.approx(20, abs=1)


@pytest.mark.parametrize("away", [-FORGOTTEN - 1, 3600.0], ids=["unused", "the clock was wrong"])
async def test_a_row_that_is_far_from_now_is_forgotten(engine: Engine, away: float) -> None:
    """An old configuration slows nobody down, and a clock that was set stops nobody for an hour."""
    async with replicas(engine, 1) as (one,):
        await one.reserve(KEY, 1.0)
        with engine.begin() as connection:
            connection.execute(update(rate_slot).values(next_at=rate_slot.c.next_at + away))
        assert await one.reserve(KEY, STEP) <= 0.01
        with engine.connect() as connection:
            step = select(rate_slot.c.step).where(rate_slot.c.key == KEY)
            assert connection.scalar(step) == STEP


async def test_slow_down_moves_the_row_for_all(engine: Engine) -> None:
    """Replicas that were told at the same time wait once, not one after the other."""
    async with replicas(engine, 3) as (one, other, third):
        await asyncio.gather(one.slow_down(KEY, 20), other.slow_down(KEY, 20))
        assert await third.reserve(KEY, STEP) == pytest.approx(20, abs=1)


async def test_a_server_that_was_restarted_is_found_again(
    engine: Engine, postgres: Postgres
) -> None:
    """The broken connection costs no call, and the row is where it was."""
    async with replicas(engine, 1) as (one,):
        await one.slow_down(KEY, 60)
        postgres.restart()
        assert 30 < await one.reserve(KEY, STEP) <= 60


async def test_without_the_database_nothing_is_sent(engine: Engine, postgres: Postgres) -> None:
    """No slot, no call: it is told as not sent, and works again when the server is back."""
    async with replicas(engine, 1) as (one,), evil_vendor(http(RESTARTED)) as vendor:
        client = Client(discover(), reserve=one)
        postgres.stop()
        try:
            with pytest.raises(NotSent) as caught:
                await send_in_turn(client, restart_call(vendor.url))
        finally:
            postgres.start()
        assert caught.value.fault is NO_SLOT
        assert vendor.requests == []
        await send_in_turn(client, restart_call(vendor.url))
        assert len(vendor.requests) == 1
        await client.close()


async def test_a_database_that_hangs_is_down(engine: Engine) -> None:
    """Nobody waits long for it, and what nobody waits for any more takes no slots afterwards."""
    slots = Slots(engine.url, answer_seconds=0.3)
    await slots.reserve(KEY, 10.0)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE rate_slot"))
        for _ in range(3):
            with pytest.raises(ReserveError, match="does not answer"):
                await slots.reserve(KEY, 10.0)
    assert await slots.reserve(KEY, 10.0) == pytest.approx(20, abs=2)  # one was on its way
    await slots.close()


async def test_without_its_table_nothing_is_sent(own_postgres_url: str) -> None:
    """A database that was not brought up to date is as good as none."""
    slots = Slots(own_postgres_url)
    with pytest.raises(ReserveError, match="does not answer"):
        await slots.reserve(KEY, STEP)
    await slots.close()


async def test_the_database_holds_no_access_key(engine: Engine) -> None:
    """A copy of it tells nobody which keys there are."""
    async with replicas(engine, 1) as (one,), evil_vendor(http(RESTARTED)) as vendor:
        client = Client(discover(), reserve=one)
        await send_in_turn(client, restart_call(vendor.url))
        await client.close()
    with engine.connect() as connection:
        keys = connection.execute(select(rate_slot.c.key)).scalars().all()
    assert len(keys) == 2
    assert "AKIDEXAMPLE" not in "".join(keys)


trips = st.floats(0, 0.2)


@given(ahead=st.floats(-1e6, 1e6), looks=st.lists(st.tuples(trips, trips), min_size=1))
def test_the_servers_time_is_never_taken_too_early(
    ahead: float, looks: list[tuple[float, float]]
) -> None:
    """However long question and answer were on their way; and late by what it says at most."""
    clock = _ServerClock()
    now = 1000.0
    for there, back in looks:
        clock.note(now, now + there + back, now + there + ahead)
        now += there + back
    error = clock.ours(now + ahead) - now
    assert -1e-6 <= error <= clock.unsure + 1e-6
    assert clock.unsure <= min(there + back for there, back in looks) + 1e-6


def test_a_clock_that_was_set_is_believed_anew() -> None:
    """What was seen before does not count against it."""
    clock = _ServerClock()
    clock.note(1000.0, 1000.001, 5000.0)
    clock.note(1001.0, 1001.002, 4001.0)
    assert clock.ours(4001.0) == pytest.approx(1001.0, abs=0.002)


@pytest.fixture(scope="module")
def runs(postgres: Postgres) -> Iterator[dict[str, list[Seen]]]:
    """Three processes that share 20 calls a second, in each trouble, as the vendor saw them.

    Where less was used than there should be, another try is looked at in its place: the machine may
    have been busy with something else. What was seen in all is "ever".
    """
    url = postgres.new_database()
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    rate_slot.create(engine)
    engine.dispose()
    with fleet(url, QUOTA) as running:
        running.ready()
        seen = {}
        for name, trouble in TROUBLES.items():
            seen[name] = running.measure(3.5, trouble)
            if rate(seen[name]) < 0.9 * QUOTA:
                seen[name] = running.measure(3.5, trouble)
        yield {**seen, "ever": list(running.seen)}


def test_three_processes_never_exceed_the_quota(runs: dict[str, list[Seen]]) -> None:
    """In no sliding second, not when one was stopped for 0.8 s nor when one was killed."""
    assert len(runs["ever"]) >= 3 * 3.5 * QUOTA
    assert {one.replica for one in runs["all is well"]} == {0, 1, 2}
    assert excess(runs["ever"], QUOTA) == 0


@pytest.mark.parametrize("trouble", TROUBLES)
def test_three_processes_use_the_quota(runs: dict[str, list[Seen]], trouble: str) -> None:
    """At least 90 % of it, whatever happens to one of them."""
    assert rate(runs[trouble]) >= 0.9 * QUOTA
