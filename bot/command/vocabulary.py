"""What a command is read against, and what is said when it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from providers.account import Account
from providers.catalogue import Catalogue

__all__ = ["Target", "UsageError", "Vocabulary"]


class Target(Protocol):
    """A named target of the configuration, as far as the grammar reads it.

    kind: the kind's name ("pull"), with or without its provider ("tencent:pull").
    """

    @property
    def account(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def region(self) -> str | None: ...
    @property
    def app(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that a command may use.

    accounts: in the order of the configuration; the first one of a provider is its default.
    name: how the command itself is typed. most_tasks: in one command.
    """

    catalogue: Catalogue
    accounts: Mapping[str, Account]
    targets: Mapping[str, Target]
    name: str = "/stream"
    most_tasks: int = 50


class UsageError(Exception):
    """The command cannot be taken; nothing was done.

    All texts are plain: one line, bounded, without markup, not escaped.

    says: the whole answer in one line, "Not run: ...", good as the message's `text`.
    nearest: the known word in place of the wrong one.
    example: a complete command that can be read, to copy.
    read: what was understood, by its part: ("verb", "restrat"), ("where", "tencent:pull").
    wrong: which part of `read` is at fault, or "".
    known, named: the words that would have done; `named` are the configuration's own names.
    hint: the sentence after "Next:", beside copying the example; may be empty.
    """

    def __init__(
        self,
        says: str,
        *,
        nearest: str | None = None,
        example: str | None = None,
        read: tuple[tuple[str, str], ...] = (),
        wrong: str = "",
        known: tuple[str, ...] = (),
        named: tuple[str, ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(says)
        self.says = says
        self.nearest = nearest
        self.example = example
        self.read = read
        self.wrong = wrong
        self.known = known
        self.named = named
        self.hint = hint
