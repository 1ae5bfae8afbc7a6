"""The table of a run: what was measured, what it should be, and whether it is."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Row", "at_least", "at_most", "percentile", "printed", "told"]

_LINE = "{:<46} {:<46} {:<18} {}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. values: the figures behind `measured`; all are above zero where it was measured.

    met: whether the goal is reached; None where there is none, or nothing was measured.
    """

    name: str
    measured: str
    goal: str = "-"
    met: bool | None = None
    values: tuple[float, ...] = ()


def at_least(name: str, value: float, goal: float, measured: str, *more: float) -> Row:
    """A row whose value should be no smaller than its goal."""
    return Row(name, measured, f">= {goal:g}", value >= goal, (value, *more))


def at_most(name: str, value: float, goal: float, measured: str, unit: str = "") -> Row:
    """A row whose value should be no greater than its goal."""
    return Row(name, measured, f"<= {goal:g}{unit}", value <= goal, (value,))


def told(name: str, measured: str, *values: float) -> Row:
    """A row that stands beside others, with no goal of its own."""
    return Row(name, measured, values=values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many in a hundred do not exceed."""
    if len(values) < 2:
        return values[0]
    if percent == 50:
        return statistics.median(values)
    return statistics.quantiles(values, n=100, method="inclusive")[round(percent) - 1]


def printed(rows: Iterable[Row]) -> str:
    """The lines, with a head."""
    lines = [_LINE.format("what", "measured", "goal", "met")]
    lines += [_LINE.format(r.name, r.measured, r.goal, _MET[r.met]) for r in rows]
    return "\n".join(line.rstrip() for line in lines)


_MET = {True: "yes", False: "NO", None: "-"}
