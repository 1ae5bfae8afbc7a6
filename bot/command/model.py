"""The commands, what they are read against, and what is said when they cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from bot.command.words import END_OF_OPTIONS, quoted
from providers.account import Account
from providers.catalogue import Catalogue
from providers.operation import Verb

__all__ = [
    "Command",
    "HelpCommand",
    "Target",
    "TargetsCommand",
    "TaskCommand",
    "UsageError",
    "Vocabulary",
    "WhoamiCommand",
]


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
    name: how the command itself is typed.
    """

    catalogue: Catalogue
    accounts: Mapping[str, Account]
    targets: Mapping[str, Target]
    name: str = "/stream"


class TaskCommand(BaseModel):
    """One verb on one task. Frozen: what was read here is what is judged, kept and run.

    where: "tencent:pull". task: to the letter. target: the named target that was typed, if any.
    notes: what the asker is told although it runs.
    again: the shortest command that does the same, where `parse` made this one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    verb: Verb
    where: str
    account: str
    task: str
    region: str
    app: int | None = None
    reason: str = ""
    dry_run: bool = False
    target: str | None = None
    notes: tuple[str, ...] = ()
    again: str = ""

    def typed(self) -> str:
        """A command that does the same again, as "/stream restart tencent 123"."""
        return self.again or self.spelled("/stream", self.where, ("account", "region", "app"))

    def spelled(self, name: str, where: str, options: tuple[str, ...]) -> str:
        """The command as text. `where`: the word that stands for it; `options`: which of "account",
        "region" and "app" are written out. A target stands for all of them."""
        words = [name, self.verb, self.target or where]
        if self.target is None:
            values = ((option, getattr(self, option)) for option in options)
            words += [f"--{option} {value}" for option, value in values if value is not None]
        if self.reason:
            words.append(f"--reason {quoted(self.reason)}")
        if self.dry_run:
            words.append("--dry-run")
        if self.target is None:
            self._put_task(words)
        return " ".join(words)

    def _put_task(self, words: list[str]) -> None:
        if self.task.startswith(END_OF_OPTIONS):
            words += [END_OF_OPTIONS, self.task]
        else:
            words.insert(3, quoted(self.task) if self.task[:1] in "\"'`" else self.task)


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """`help`; the topic is a verb or a word for a kind, in plain letters."""

    topic: str | None = None


@dataclass(frozen=True, slots=True)
class WhoamiCommand:
    """`whoami`: who the bot thinks you are, and what you may do."""


@dataclass(frozen=True, slots=True)
class TargetsCommand:
    """`targets`: the named targets of the configuration."""


Command = TaskCommand | HelpCommand | WhoamiCommand | TargetsCommand


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
