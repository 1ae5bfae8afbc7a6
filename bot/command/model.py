"""The commands: frozen values. What was read is what is judged, kept and run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from bot.command.wording import NAME, Wording, brake, paging, place_options, span, with_letters
from bot.command.words import quoted
from providers.facts import TaskState
from providers.operation import Verb

__all__ = [
    "Command",
    "FreezeCommand",
    "HelpCommand",
    "HistoryCommand",
    "ListCommand",
    "ShowCommand",
    "TargetsCommand",
    "TaskCommand",
    "ThawCommand",
    "WhoamiCommand",
    "Wording",
]


class TaskCommand(BaseModel):
    """One verb on one task, or on several of one kind, account and region. Frozen.

    where: "tencent:pull". task: to the letter. target: the named target that was typed, if any.
    others: further tasks, in the order of typing, each once.
    canary: the first task alone, proved, then the rest. here: the channel sees what is read.
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
    others: tuple[str, ...] = ()
    canary: bool = False
    here: bool = False
    notes: tuple[str, ...] = ()
    again: str = ""
    wording: Wording = Wording()

    @model_validator(mode="after")
    def _each_task_once(self) -> Self:
        if len(set(self.tasks)) < len(self.tasks):
            raise ValueError("a task is there twice")
        return self

    @property
    def tasks(self) -> tuple[str, ...]:
        """Every task of the command, in the order of typing."""
        return (self.task, *self.others)

    def alone(self, task: str) -> TaskCommand:
        """The same command on this one of its tasks. Raises ValueError for a task of another."""
        if task not in self.tasks:
            raise ValueError("the command is not on this task")
        one = self.model_copy(update={"task": task, "others": (), "canary": False})
        return one.worded(self.wording) if self.again else one

    def worded(self, wording: Wording) -> TaskCommand:
        """The same command, to be shown like this."""
        return self.model_copy(update={"wording": wording, "again": self._spelled(wording)})

    def typed(self) -> str:
        """A command that does the same again, as "/stream restart tencent 123"."""
        return self.again or self._spelled(self.wording)

    def _spelled(self, wording: Wording) -> str:
        words = [wording.name, self.verb, self.target or wording.where or self.where]
        if self.target is None:  # which stands for all of these
            words += place_options(wording, self.account, self.region, self.app)
        if self.reason:
            words.append(f"--reason {quoted(self.reason)}")
        words += [option for option, typed in self._switches() if typed]
        return " ".join(words if self.target else with_letters(words, self.tasks))

    def _switches(self) -> Iterator[tuple[str, bool]]:
        yield "--dry-run", self.dry_run
        yield "--canary", self.canary
        yield "--here", self.here


@dataclass(frozen=True, slots=True)
class ListCommand:
    """`list`: the tasks of one kind, account and region.

    state: only those in this state. text: only those that hold it. page: the first is 1.
    here: the channel sees the answer.
    """

    where: str
    account: str
    region: str
    app: int | None = None
    state: TaskState | None = None
    text: str = ""
    page: int = 1
    here: bool = False
    wording: Wording = field(default=Wording(), compare=False, repr=False)

    def typed(self, page: int | None = None) -> str:
        """The command that gives this page, or another one."""
        wording = self.wording
        words = [wording.name, Verb.LIST, wording.where or self.where]
        words += place_options(wording, self.account, self.region, self.app)
        if self.state:
            words.append(f"--state {self.state.replace(' ', '-')}")
        words += paging(page or self.page, self.here)
        return " ".join(with_letters(words, self.text.split()))


@dataclass(frozen=True, slots=True)
class HistoryCommand:
    """`history`: what was done, the latest first. What is None is not asked for.

    where, task: "tencent:pull", and one task of it; of a named target where `target` is given.
    person: a Slack id ("U123") or a display name ("ann").
    channel: a Slack id, or "here" for the channel that it was typed in.
    since: seconds back. here: the channel sees the answer.
    """

    where: str | None = None
    task: str | None = None
    target: str | None = None
    person: str | None = None
    channel: str | None = None
    since: float | None = None
    page: int = 1
    here: bool = False
    wording: Wording = field(default=Wording(), compare=False, repr=False)

    def typed(self, page: int | None = None) -> str:
        """The command that gives this page, or another one."""
        words = [self.wording.name, "history"]
        if place := self.target or (self.where and (self.wording.where or self.where)):
            words.append(place)
        if self.person:
            words.append(f"@{self.person}" if " " not in self.person else quoted(f"@{self.person}"))
        if self.channel:
            words.append(self.channel if self.channel == "here" else f"#{self.channel}")
        if self.since is not None:
            words.append(f"--since {span(self.since)}")
        words += paging(page or self.page, self.here)
        task = () if self.task is None or self.target else (self.task,)
        return " ".join(with_letters(words, task))


@dataclass(frozen=True, slots=True)
class ShowCommand:
    """`show`: the whole trail of one operation, by its id ("4T7Q2")."""

    operation: str

    def typed(self, name: str = NAME) -> str:
        """The command as text."""
        return f"{name} show {self.operation}"


@dataclass(frozen=True, slots=True)
class FreezeCommand:
    """`freeze`: no change is sent any more, on one account, or on all of them (None)."""

    account: str | None
    reason: str

    def typed(self, name: str = NAME) -> str:
        """The command as text."""
        return brake(name, "freeze", self.account, self.reason)


@dataclass(frozen=True, slots=True)
class ThawCommand:
    """`thaw`: changes are sent again, on one account, or on all of them (None)."""

    account: str | None
    reason: str = ""

    def typed(self, name: str = NAME) -> str:
        """The command as text."""
        return brake(name, "thaw", self.account, self.reason)


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


Command = (
    TaskCommand
    | ListCommand
    | HistoryCommand
    | ShowCommand
    | FreezeCommand
    | ThawCommand
    | HelpCommand
    | WhoamiCommand
    | TargetsCommand
)
