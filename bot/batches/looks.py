"""Several tasks looked at together, bounded in time: for their card, and again at the press."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from bot.beforehand import Beforehand, what_changed
from bot.journal import Look, Record
from providers.facts import Facts, TaskState

__all__ = ["changes", "look_at"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How long a card, or a press, waits for the facts of all its tasks."""

LOOKS_AT_ONCE = 10
MOST_CHANGES_NAMED = 3


async def look_at(
    beforehand: Beforehand, children: Sequence[Record], now: float
) -> dict[str, Look]:
    """All tasks, by their children's ids. Where one was not read in time, its look says so."""
    turn = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def look(child: Record) -> Look:
        async with turn:
            return await beforehand.look(child.command)

    looking = {child.id: asyncio.create_task(look(child)) for child in children}
    await asyncio.wait(looking.values(), timeout=LOOK_SECONDS)
    for task in looking.values():
        task.cancel()
    looks = await asyncio.gather(*looking.values(), return_exceptions=True)
    return {
        child.id: told if isinstance(told, Look) else _unread(child, told, now)
        for child, told in zip(children, looks, strict=True)
    }


def _unread(child: Record, error: BaseException, now: float) -> Look:
    if not isinstance(error, asyncio.CancelledError):
        log.error("op %s: a look at its task broke", child.id, exc_info=error)
    nothing = Facts(id=child.command.task, state=TaskState.UNKNOWN)
    return Look(now, nothing, unseen="It was not read in time.")


def changes(children: Sequence[Record], looks: Mapping[str, Look]) -> str:
    """Which tasks are not what the card showed, and in what; "" where all are."""
    said = [
        f"{child.command.task}: {what_changed(child.facts, look)}"
        for child in children
        if child.facts is not None
        and (look := looks.get(child.id)) is not None
        and look.differs_from(child.facts)
    ]
    more = len(said) - MOST_CHANGES_NAMED
    rest = [f"{more} more"] if more > 0 else []
    return "; ".join([*said[:MOST_CHANGES_NAMED], *rest])
