"""Finds what was changed in the trail, and where: entry, operation, or what the heads counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from bot.audit.chain import CHAINS, HEAD, RETENTION, Entry, Fault, Walk
from bot.audit.heads import NOTHING, Head, Sums, Tally, heads_in
from bot.audit.reader import columns, entry_in, every_entry, rows_of, text_of
from bot.audit.story import OPERATION, Story
from bot.journal.schema import operation, trail

__all__ = ["BEGUN", "Report", "verify"]

BEGUN = "begun"
"""The state that the chain of heads begins with: what stood there before there were hashes."""


@dataclass(slots=True)
class Report:
    """What was looked at, and found.

    before: entries that are older than the chain. removed: operations that retention took.
    heads: how many fit. overtaken: how many are too old to be compared. last: of the newest entry,
    head_at: of the newest kept head, in seconds since the epoch.
    """

    faults: list[Fault] = field(default_factory=list)
    operations: int = 0
    entries: int = 0
    before: int = 0
    removed: int = 0
    heads: int = 0
    overtaken: int = 0
    last: float = 0.0
    head_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the bot wrote of the whole into chains of its own.

    removed: `seq`, cutoff and sums of each time that retention took something.
    """

    bare_until: int | None
    bare: int | None
    begun_at: float
    removed: Sequence[tuple[int, float, Sums]]
    removed_bare: int
    heads: Sequence[tuple[Entry, Head]]


def verify(connection: Connection, key: bytes, given: Sequence[Head] = ()) -> Report:
    """Look at all of it, in one pass. given: heads that were kept elsewhere."""
    return _Look(connection, key, given).report()


class _Look:
    def __init__(self, connection: Connection, key: bytes, given: Sequence[Head]) -> None:
        self._connection = connection
        self._key = key
        self._given = given
        self._kept = _kept(connection)
        heads = [*given, *(head for _, head in self._kept.heads)]
        self._tally = Tally(key, [head.upto for head in heads])
        self._found = Report(removed=sum(sums.operations for _, _, sums in self._kept.removed))
        self._sealed = self._broken = 0

    def report(self) -> Report:
        query = select(*columns(), *OPERATION)
        joined = query.outerjoin(operation, operation.c.id == trail.c.operation)
        rows = rows_of(self._connection, joined.order_by(trail.c.operation, trail.c.seq))
        for name, chain in groupby(rows, key=lambda row: text_of(row.operation)):
            self._chain(name, chain)
        if self._sealed and self._broken == self._sealed:
            says = "no entry fits this key: it is not the one that the trail was sealed with"
            self._found.faults = [Fault("the whole trail", 1, None, says)]
            return self._found
        self._found.faults += _without_trail(self._connection)
        self._old_ones()
        self._heads()
        return self._found

    def _chain(self, name: str, rows: Iterator[Row[Any]]) -> None:
        walk, story = Walk(self._key, name, self._kept.bare_until), Story()
        hashes: list[tuple[int, str]] = []
        for row in rows:
            entry = entry_in(row)
            if (fault := walk.step(entry)) is not None:
                self._found.faults.append(fault)
            story.goes_on(entry)
            hashes.append((entry.seq, walk.last))
            self._sealed += entry.hash is not None
            if isinstance(entry.at, float):
                self._found.last = max(self._found.last, entry.at)
        if name not in CHAINS:
            self._found.operations += 1
            for says in story.disagreements(row):
                self._found.faults.append(Fault(name, walk.number, entry.at, says))
        self._found.entries += len(hashes)
        self._found.before += walk.bare
        self._broken += walk.broken
        self._tally.add(name, hashes)

    def _old_ones(self) -> None:
        kept = self._kept
        if kept.bare is None and not kept.heads and self._found.entries:
            says = "the chain of heads is missing: a bot begins it at its start, before all else"
            self._found.faults.append(Fault(HEAD, 1, None, says))
        if kept.bare is not None and self._found.before + kept.removed_bare != kept.bare:
            left = self._found.before + kept.removed_bare
            says = f"{kept.bare} entries were older than the chain, {left} are accounted for"
            self._found.faults.append(Fault(HEAD, 1, kept.begun_at, says))

    # Heads

    def _heads(self) -> None:
        signed = []
        for place, (entry, head) in enumerate(self._kept.heads):
            number = entry.number if isinstance(entry.number, int) else place + 2
            self._found.head_at = head.at
            signed.append((head, number, "the journal's own head"))
        signed += [(head, 0, "this head") for head in self._given]
        self._compare(sorted(signed, key=lambda one: (one[0].upto, one[0].at)))

    def _compare(self, heads: Sequence[tuple[Head, int, str]]) -> None:
        there = self._tally.at()
        removed = sum((sums for _, _, sums in self._kept.removed), NOTHING)
        held: Head | None = None
        for head, number, what in heads:
            if not head.fits(self._key):
                self._head_fault(head, number, f"{what} was not made with this key, or was changed")
            elif self._is_overtaken(head):
                self._found.overtaken += 1
            elif (sums := there[head.upto] + removed) == head.sums:
                held = head
                self._found.heads += 1
            else:  # the later ones are wrong for the same reason
                self._head_fault(head, number, f"{what} {_difference(head.sums, sums, held)}")
                return
        if self._given and all(map(self._is_overtaken, self._given)):
            says = "retention has removed too much since for this head to tell; take a newer one"
            self._head_fault(self._given[-1], 0, says)

    def _head_fault(self, head: Head, number: int, says: str) -> None:
        self._found.faults.append(Fault(HEAD, number, head.at, says))

    def _is_overtaken(self, head: Head) -> bool:
        """Whether operations were removed since that may not have been over at that time."""
        return any(seq > head.upto and cutoff > head.at for seq, cutoff, _ in self._kept.removed)


def _difference(wanted: Sums, found: Sums, held: Head | None) -> str:
    since = f" what was written after the head up to entry {held.upto}, which fits," if held else ""
    if (wanted.operations, wanted.entries) == (found.operations, found.entries):
        return f"counts as many entries, but not these: look at{since or ' all of it'}".rstrip(",")
    return (
        f"counts {wanted.operations} operations and {wanted.entries} entries; of these, "
        f"{found.operations} and {found.entries} are there: something is missing from"
        f"{since or ' the whole'}"
    ).rstrip(",")


def _kept(connection: Connection) -> _Kept:
    bare_until, bare, begun_at, removed_bare = None, None, 0.0, 0
    removed: list[tuple[int, float, Sums]] = []
    heads: list[tuple[Entry, Head]] = []
    for entry in every_entry(connection, trail.c.operation.in_((HEAD, RETENTION))):
        detail = entry.detail if isinstance(entry.detail, dict) else {}
        if entry.operation == RETENTION:
            removed.append((entry.seq, *_removed(detail)))
            removed_bare += _count(detail, "before")
        elif entry.to_state == BEGUN:
            bare_until, bare = _count(detail, "until"), _count(detail, "before")
            begun_at = entry.at
        else:
            heads += [(entry, head) for head in heads_in(str(detail.get("head", "")))]
    return _Kept(bare_until, bare, begun_at, removed, removed_bare, heads)


def _removed(detail: dict[str, Any]) -> tuple[float, Sums]:
    """What one entry of retention says; nothing of it counts if it was changed, which is found."""
    try:
        digest, cutoff = int(detail["digest"], 16), float(detail["cutoff"])
    except (KeyError, TypeError, ValueError):
        return 0.0, NOTHING
    return cutoff, Sums(_count(detail, "operations"), _count(detail, "entries"), digest)


def _count(detail: dict[str, Any], name: str) -> int:
    value = detail.get(name)
    return value if isinstance(value, int) else 0


def _without_trail(connection: Connection) -> Iterator[Fault]:
    has_one = exists().where(trail.c.operation == operation.c.id)
    for row in connection.execute(select(operation.c.id, operation.c.asked_at).where(~has_one)):
        yield Fault(row.id, 1, row.asked_at, "the whole trail of this operation is missing")
