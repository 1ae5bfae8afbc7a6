"""What whoever furnishes the workspace tells the page: names, links, what may be typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Extras", "Link", "Suggestion", "Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word that a command may go on with; `then` is what may follow it."""

    text: str
    about: str = ""
    then: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to try first. text: as it is put into the composer."""

    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Link:
    """Another page of the same start, which takes the same token."""

    label: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """title: of the workspace; about: id of a person or channel -> what it is, in a few words;
    words: command -> the words after it."""

    title: str = "Workspace"
    about: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    tour: tuple[Suggestion, ...] = ()
    words: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """As the page gets it."""
        return asdict(self)
