"""What Volcengine's lists and rows have in common: pages read to the end, and careful fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from providers.facts import TaskState
from providers.foreign import foreign
from providers.masking import MASK, masked, masked_url
from providers.operation import Ask, Operation, Reading
from providers.volcengine.words import STATES

__all__ = [
    "MOST_PAGES",
    "MOST_TASKS",
    "Row",
    "Rows",
    "epoch",
    "every_row",
    "name_of",
    "settings_of",
    "state_of",
    "text",
]

MOST_TASKS = 5000
MOST_PAGES = 500

Row = Mapping[str, object]
"""One task as the vendor tells of it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The vendor's rows by their exact ids, in its order. complete: there are no others."""

    by_id: Mapping[str, Row]
    complete: bool


def every_row(operation: Operation, page: str, wanted: str | None = None) -> Reading[Rows]:
    """All rows of a list; with a `wanted` id only as far as that one.

    page: the name of the parameter that counts the pages, from 1. The vendor's totals are not
    believed: the list ends where a page brings nothing new. Raises ValueError.
    """
    found: dict[str, Row] = {}
    for number in range(1, MOST_PAGES + 1):
        told = yield Ask(operation, {page: number})
        new = {task_id: row for task_id, row in _rows(told) if task_id not in found}
        if not new:
            return Rows(found, complete=True)
        found |= dict(list(new.items())[: MOST_TASKS - len(found)])
        if wanted in found or len(found) == MOST_TASKS:
            break
    return Rows(found, complete=False)


def _rows(told: Mapping[str, object]) -> list[tuple[str, Row]]:
    rows = told.get("List")
    if rows is None and isinstance(told.get("Pagination"), Mapping):
        return []  # a page with nothing on it
    if not isinstance(rows, list):
        raise ValueError("the answer has no List")  # noqa: TRY004  # of what the answer tells
    return [_with_id(row) for row in rows]


def _with_id(row: object) -> tuple[str, Row]:
    task_id = row.get("TaskId") if isinstance(row, Mapping) else None
    if isinstance(row, Mapping) and isinstance(task_id, str) and task_id:
        return task_id, row
    raise ValueError("the answer lists a task without a TaskId")


def state_of(row: Row) -> tuple[TaskState, str]:
    """Our word and the vendor's own, which is "" where there is none."""
    word = text(row, "Status", 40)
    return STATES.get(word, TaskState.UNKNOWN), word


def text(row: Row, name: str, limit: int = 120) -> str:
    """A field, cleaned; "" where it is missing or no text."""
    value = row.get(name)
    return foreign(value, limit) if isinstance(value, str) else ""


def name_of(row: Row, name: str) -> str:
    """A field that people chose, without what may have come along with an address."""
    value = text(row, name)
    return masked_url(value) if "://" in value else value.partition("?")[0]


def settings_of(row: Row, addresses: Collection[str]) -> Mapping[str, object]:
    """The whole row for the record, with its secrets masked. `addresses` are the fields that hold
    some: one without a scheme is not seen to be an address by its looks."""
    told = masked(row)
    assert isinstance(told, Mapping)  # noqa: S101  # a mapping stays one; for the type checker
    return {name: _address(value) if name in addresses else value for name, value in told.items()}


def _address(value: object) -> object:
    if isinstance(value, str):
        return masked_url(value) or (value and MASK)
    if isinstance(value, list):
        return [_address(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _address(one) for name, one in value.items()}
    return value


def epoch(value: object) -> float | None:
    """Seconds since the epoch of an RFC 3339 text, or of the seconds that other calls of this API
    take; None for anything else, and for the zero time that stands for none."""
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
            value = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 1e11 else None
