"""One typed line -> what it means. Pure.

Lines for the demo itself begin with "/" as commands in Slack do; whatever it does not know is left
to the workspace, which answers as Slack would.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from providers.simulator import Incident

__all__ = ["Be", "Calm", "Go", "Help", "Mistake", "Play", "Press", "Quit", "Say", "Typed", "read"]


@dataclass(frozen=True, slots=True)
class Say:
    """Words for the channel, or a slash command for the bot."""

    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press a button of the newest card, or pick an option of its menu. number: from 1."""

    number: int


@dataclass(frozen=True, slots=True)
class Be:
    """Type as somebody else."""

    person: str


@dataclass(frozen=True, slots=True)
class Go:
    """Type in another channel."""

    channel: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play an incident. vendor: at this one; None: at all of them."""

    incident: Incident
    vendor: str | None


@dataclass(frozen=True, slots=True)
class Calm:
    """End every incident."""


@dataclass(frozen=True, slots=True)
class Help:
    """Show what can be typed."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the demo."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One of the demo's own commands, not as it should be. usage: how it goes."""

    usage: str


Typed = Say | Press | Be | Go | Play | Calm | Help | Quit | Mistake

_ALONE: Mapping[str, Typed] = {
    "/calm": Calm(),
    "/help": Help(),
    "/quit": Quit(),
    "/exit": Quit(),
}
_PRESS = re.compile(r"(?:press\s+)?\[?([1-9][0-9]?)\]?", re.IGNORECASE | re.ASCII)


def read(line: str, vendors: Mapping[str, str]) -> Typed | None:
    """What a line means; None for an empty one.

    vendors: every word for a vendor or one of its services -> the vendor's name.
    """
    text = line.strip()
    if pressed := _PRESS.fullmatch(text):
        return Press(int(pressed[1]))
    first, *rest = text.split() or [""]
    match first:
        case "":
            return None
        case "/as" | "/in":
            return _move(first, rest)
        case "/play":
            return _play(rest, vendors)
        case "/calm" | "/help" | "/quit" | "/exit":
            return Mistake(f"{first} stands alone.") if rest else _ALONE[first]
    return Say(text)


def _move(word: str, rest: list[str]) -> Typed:
    match word, rest:
        case "/as", [name]:
            return Be(name.removeprefix("@").lower())
        case "/in", [name]:
            return Go(name.removeprefix("#").lower())
        case "/as", _:
            return Mistake("As whom? For example: /as bob")
    return Mistake("Where? For example: /in #ops")


def _play(rest: list[str], vendors: Mapping[str, str]) -> Typed:
    match [word.lower() for word in rest]:
        case [incident] if incident in set(Incident):
            return Play(Incident(incident), None)
        case [incident, where] if incident in set(Incident) and where in vendors:
            return Play(Incident(incident), vendors[where])
    names = ", ".join(sorted(set(vendors.values())))
    return Mistake(
        f"For example: /play arrears tencent. Incidents: {', '.join(Incident)}. Vendors: {names}; "
        "left out: all of them."
    )
