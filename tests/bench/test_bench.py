"""The benchmarks still run; what they measure is not judged here."""

import pytest

from tests.bench.__main__ import PARTS, measure
from tests.bench.table import Row, percentile, printed

ROWS = {"acks": 14, "departure": 3, "calls": 6, "quota": 2, "starting": 2}


@pytest.mark.parametrize("part", PARTS)
async def test_every_row_is_measured(part: str) -> None:
    """A quick run has each row of the part, with figures above zero where something was there to
    measure."""
    rows = await measure(part, quick=True)
    assert len(rows) == ROWS[part]
    assert all(value > 0 for row in rows for value in row.values)
    assert all(row.values for row in rows if row.met is not None)


def test_the_table_says_what_missed_its_goal() -> None:
    """A miss is in capitals; a row without a goal is neither."""
    rows = [Row("a", "1 ms", "<= 2 ms", met=True), Row("b", "3 ms", "<= 2 ms", met=False)]
    lines = printed([*rows, Row("c", "4 ms")]).splitlines()
    assert [line.split()[-1] for line in lines] == ["met", "yes", "NO", "-"]


@pytest.mark.parametrize(("percent", "value"), [(50, 50.5), (99, 99.01)])
def test_a_percentile_is_between_its_neighbours(percent: float, value: float) -> None:
    """Of the numbers from 1 to 100."""
    assert percentile([float(n) for n in range(1, 101)], percent) == pytest.approx(value)
