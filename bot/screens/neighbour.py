"""Who changed the same task shortly before. Pure."""

from __future__ import annotations

from bot.journal.record import Neighbour, Record
from bot.reply import Channel, Line, clock
from bot.screens.words import WORDS, age, describe, person

__all__ = ["neighbour_note", "neighbour_text"]


def neighbour_note(record: Record) -> Line:
    """A line for the message: "@bob restarted this 9 min ago in #ops"."""
    beside = record.neighbour
    if beside is None:
        return ()
    watched = (
        f"; it is being followed until {clock(beside.watched_until)}"
        if beside.watched_until
        else ""
    )
    return (
        f"{person(beside.by_name)} {_did(beside)} this {_ago(record, beside)}",
        *_where(record, beside),
        f" (op {beside.operation}){watched}",
    )


def neighbour_text(record: Record) -> str:
    """The same for `text`, without the place: whoever reads it may not know the channel."""
    beside = record.neighbour
    if beside is None:
        return ""
    return f"{person(beside.by_name)} {_did(beside)} {describe(record)} {_ago(record, beside)}."


def _did(beside: Neighbour) -> str:
    words = WORDS[beside.verb]
    return words.past if beside.sure else f"may have {words.past}"


def _ago(record: Record, beside: Neighbour) -> str:
    return f"{age(record.asked_at - beside.at)} ago"


def _where(record: Record, beside: Neighbour) -> Line:
    if beside.channel == record.origin.channel:
        return ()
    return (" in a direct message",) if beside.direct else (" in ", Channel(beside.channel))
