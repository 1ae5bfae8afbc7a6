"""Who changed the same task a short while ago: seen before another change of it runs.

The words are in `bot/screens/neighbour.py`.
"""

from __future__ import annotations

from dataclasses import replace

from bot.journal import Journal, Neighbour, OutcomeWord, Record, State, Verdict

__all__ = ["asks", "neighbour", "neighbour_of"]

NEIGHBOUR_SECONDS = 600.0
"""A change that was sent longer ago is no news to anybody."""

_UNTOUCHED = frozenset({OutcomeWord.REFUSED, OutcomeWord.NOT_SENT, OutcomeWord.ALREADY_SO})
"""Ends that left the task as it was."""


async def neighbour(journal: Journal, record: Record, *, cool_down: float) -> Neighbour | None:
    """The last change of the task of `record` by anybody, if it was sent in the last minutes.

    cool_down: seconds in which somebody else's change asks for a yes first; 0 for never.
    """
    now = journal.now()
    before = await journal.past.neighbour(record, since=now - NEIGHBOUR_SECONDS)
    beside = None if before is None else neighbour_of(before)
    if beside is None:
        return None
    return replace(beside, asks=asks(beside, record, cool_down, now))


def neighbour_of(before: Record) -> Neighbour | None:
    """An earlier operation as a neighbour; None where it left the task as it was."""
    untouched = before.outcome is not None and before.outcome.word in _UNTOUCHED
    if before.sent_at is None or (untouched and before.first_step is None):
        return None
    watched = before.verdict is Verdict.FOLLOWING
    return Neighbour(
        operation=before.id,
        verb=before.command.verb,
        by=before.origin.requester,
        by_name=before.origin.requester_name,
        channel=before.origin.channel,
        direct=before.origin.direct,
        at=before.sent_at,
        sure=before.state is not State.UNKNOWN,
        watched_until=before.follow_until if watched else None,
    )


def asks(beside: Neighbour, record: Record, cool_down: float, now: float) -> bool:
    """Whether a change that runs at once has to wait for a yes all the same: somebody else's
    change is so fresh that whoever asked may not know of it."""
    return beside.by != record.origin.requester and now - beside.at < cool_down
