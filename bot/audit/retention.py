"""Removing operations that are old enough, with their trail, so that it can still be verified.

In one transaction: operations are marked `pruned`, which is what the triggers ask for; an entry in
a chain of its own says how many go, up to when, and what they add to every head; then they go. An
operation whose trail does not verify is kept: it is evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.audit.chain import RETENTION, Walk
from bot.audit.export import iso
from bot.audit.heads import NOTHING, Sums, sum_of
from bot.audit.key import key_of
from bot.journal.record import State, Verdict
from bot.journal.schema import notice, operation, trail
from bot.journal.sealing import entry_of, write_trail

__all__ = ["Pruned", "prune_some"]

AT_ONCE = 100
"""Operations in one transaction: nobody waits long for the database."""

_OVER = [state for state in State if state.final]


@dataclass(slots=True)
class Pruned:
    """last: the id to go on after. broken: those that were kept, for their trail was changed."""

    last: str
    removed: int = 0
    broken: list[str] = field(default_factory=list)


def prune_some(connection: Connection, cutoff: float, now: float, after: str) -> Pruned | None:
    """Remove some operations that were over, and untouched, before `cutoff`, with ids that follow
    on `after`. None if there are no more."""
    ids = connection.execute(_old_enough(cutoff, after)).scalars().all()
    if not ids:
        return None
    found = Pruned(last=ids[-1])
    # Of several replicas one marks it, and the others find it gone.
    mark = update(operation).where(operation.c.id.in_(ids), operation.c.pruned == 0)
    marked = connection.execute(mark.values(pruned=1).returning(operation.c.id)).scalars().all()
    going, before, sums = _judge(connection, marked, found)
    if going:
        detail = {
            "operations": sums.operations,
            "entries": sums.entries,
            "before": before,
            "until": iso(cutoff),
            "cutoff": cutoff,
            "digest": sums.hex,
        }
        # First, for what it says is sealed with a `seq` after all that it removes.
        states = ("", "removed")
        write_trail(connection, RETENTION, now, actor="bot", states=states, detail=detail)
        for table, column in ((trail, trail.c.operation), (notice, notice.c.operation)):
            connection.execute(delete(table).where(column.in_(going)))
        connection.execute(delete(operation).where(operation.c.id.in_(going)))
    if found.broken:
        unmark = update(operation).where(operation.c.id.in_(found.broken))
        connection.execute(unmark.values(pruned=0))
    found.removed = len(going)
    return found


def _old_enough(cutoff: float, after: str) -> Select[Any]:
    touched = exists().where(trail.c.operation == operation.c.id, trail.c.at >= cutoff)
    over = and_(
        operation.c.state.in_(_OVER),
        or_(operation.c.verdict.is_(None), operation.c.verdict != Verdict.FOLLOWING),
        func.coalesce(operation.c.finished_at, operation.c.asked_at) < cutoff,
        ~touched,
    )
    return (
        select(operation.c.id)
        .where(operation.c.id > after, over)
        .order_by(operation.c.id)
        .limit(AT_ONCE)
    )


def _judge(
    connection: Connection, marked: Sequence[str], found: Pruned
) -> tuple[list[str], int, Sums]:
    """Which of these may go, how many entries of theirs are older than the chain, and what they
    add to a head."""
    key = key_of(connection)
    query = select(trail).where(trail.c.operation.in_(marked))
    rows = connection.execute(query.order_by(trail.c.operation, trail.c.seq))
    going, bare, sums = [], 0, NOTHING
    for name, chain in groupby(map(entry_of, rows), key=lambda entry: entry.operation):
        walk = Walk(key, name)
        entries = list(chain)
        if [fault for fault in map(walk.step, entries) if fault]:
            found.broken.append(name)
            continue
        going.append(name)
        bare += walk.bare
        sums += sum_of(key, name, len(entries), walk.last)
    found.broken += sorted(set(marked) - set(going) - set(found.broken))  # no trail at all
    return going, bare, sums
