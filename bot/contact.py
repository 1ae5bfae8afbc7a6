"""How a story reaches people: who somebody is, what they press, and where they hear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.journal import Origin
from bot.policy import Person
from bot.reply import Reply

__all__ = ["Ear", "People", "Press", "Whisper", "ear_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """Where one person hears a private answer."""

    user: str
    channel: str
    thread_ts: str | None = None
    response_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of a button on a card."""

    ticket: str
    action: str
    user: str
    team: str
    channel: str
    message_ts: str
    ear: Ear


class People(Protocol):
    """Who somebody is, as Slack says. Never raises: who cannot be read is UNKNOWN."""

    async def person(self, user: str, team: str, *, fresh: bool) -> Person:
        """The person; read anew if `fresh`."""
        ...


Whisper = Callable[[Ear, Reply], None]
"""Owes a private answer; returns at once."""


def ear_of(origin: Origin) -> Ear:
    """Where the asker of an operation hears private answers."""
    return Ear(
        user=origin.requester,
        channel=origin.channel,
        thread_ts=origin.thread_ts,
        response_url=origin.response_url,
    )
