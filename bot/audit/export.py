"""Writes the trail out, for whoever keeps or reads it elsewhere."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from sqlalchemy import Connection

from bot.audit.chain import Entry
from bot.audit.reader import UNREADABLE, every_entry
from bot.journal.schema import trail

__all__ = ["FORMATS", "iso", "write"]

_COLUMNS = (
    "seq",
    "operation",
    "number",
    "at",
    "actor",
    "from_state",
    "to_state",
    "request_id",
    "detail",
    "hash",
    "epoch",
)

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(
    connection: Connection, out: TextIO, form: str, *, since: float | None, until: float | None
) -> int:
    """The entries from `since` on and before `until`, in the order of writing. form: a key of
    FORMATS. Returns how many there are."""
    where = []
    if since is not None:
        where.append(trail.c.at >= since)
    if until is not None:
        where.append(trail.c.at < until)
    put = FORMATS[form](out)
    count = 0
    for count, entry in enumerate(every_entry(connection, *where), 1):  # noqa: B007  # the last one counts
        put(_values(entry))
    return count


def iso(at: object) -> str:
    """A time in ISO 8601, UTC, to the microsecond; "?" for what is none."""
    try:
        moment = datetime.fromtimestamp(float(str(at)), UTC)
    except (ValueError, OverflowError, OSError):
        return "?"
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _values(entry: Entry) -> dict[str, Any]:
    """at: for people and programs; epoch: the same to the last bit, as it was sealed."""
    values = {name: getattr(entry, name, None) for name in _COLUMNS}
    detail = None if entry.detail is UNREADABLE else entry.detail
    return {**values, "at": iso(entry.at), "epoch": entry.at, "detail": detail}


Put = Callable[[Mapping[str, Any]], None]


def _jsonl(out: TextIO) -> Put:
    """One object a line, every text to the letter."""
    return lambda values: print(json.dumps(values, default=repr), file=out)


def _csv(out: TextIO) -> Put:
    """For spreadsheets: a text that they would calculate gets an apostrophe in front."""
    table = csv.writer(out)
    table.writerow(_COLUMNS)

    def put(values: Mapping[str, Any]) -> None:
        detail = json.dumps(values["detail"], ensure_ascii=False)
        table.writerow(_cells({**values, "detail": detail}))

    return put


def _cells(values: Mapping[str, Any]) -> Iterator[str]:
    for value in values.values():
        text = "" if value is None else str(value)
        yield f"'{text}" if text.startswith(_FORMULA) else text


FORMATS: Mapping[str, Callable[[TextIO], Put]] = {"jsonl": _jsonl, "csv": _csv}
