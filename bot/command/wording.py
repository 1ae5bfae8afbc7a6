"""How commands are written out for people, so that `parse` reads the same again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.command.words import END_OF_OPTIONS, looks_like_option, quoted, spelled

__all__ = ["NAME", "UNITS", "Wording", "brake", "paging", "place_options", "span", "with_letters"]

NAME = "/stream"

UNITS: Mapping[str, int] = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60}
"""Seconds, the largest first."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a command is shown to people.

    name: how the command itself is typed. where: the word for the kind; "" for its full name.
    options: which of "account", "region" and "app" are written out.
    """

    name: str = NAME
    where: str = ""
    options: tuple[str, ...] = ("account", "region", "app")


def place_options(wording: Wording, account: str, region: str, app: int | None) -> list[str]:
    """The options that are written out."""
    values = {"account": account, "region": region, "app": app}
    return [
        f"--{option} {values[option]}" for option in wording.options if values[option] is not None
    ]


def with_letters(words: Sequence[str], letters: Sequence[str]) -> list[str]:
    """The words of a command, and those that are kept to the letter: after the place, or behind a
    bare -- where one of them would be taken for an option."""
    kept = [spelled(word) for word in letters]
    if any(looks_like_option(word) for word in letters):
        return [*words, END_OF_OPTIONS, *kept]
    return [*words[:3], *kept, *words[3:]]


def paging(page: int, here: bool) -> list[str]:
    """The options that answers in pages share."""
    return [f"--page {page}"] * (page > 1) + ["--here"] * here


def brake(name: str, verb: str, account: str | None, reason: str) -> str:
    """`freeze` or `thaw` as text."""
    words = [name, verb] + ([f"--account {account}"] if account else [])
    if " " in reason and not looks_like_option(reason):
        words.append(quoted(reason))
    elif reason:
        words.append(f"--reason {quoted(reason)}")
    return " ".join(words)


def span(seconds: float) -> str:
    """ "2d" of 172,800: in the largest unit that divides it."""
    unit, length = next(pair for pair in UNITS.items() if seconds % pair[1] == 0 or pair[0] == "m")
    return f"{seconds // length:.0f}{unit}"
