"""What an operation is: one thing that a vendor can do to one kind of task.

An operation is a value, declared once in its vendor's folder. The grammar, the policy, the help,
the client, the simulators and the contract tests all read that value; nothing about an operation is
written down anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from providers.facts import Facts, Listing, TaskState

__all__ = [
    "Ask",
    "Effect",
    "Gap",
    "Hindrance",
    "Kind",
    "Operation",
    "Parameters",
    "Reading",
    "Task",
    "Verb",
]

Parameters = Mapping[str, str | int]
"""A vendor's parameters, by their names and JSON types at the vendor."""


class Verb(StrEnum):
    """What people type. Verbs that act on a task; the bot's own verbs are not operations."""

    STATUS = "status"
    LIST = "list"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    DELETE = "delete"


class Effect(StrEnum):
    """What an operation does to the stream, from harmless to final."""

    READS = "reads"
    INTERRUPTS = "interrupts"  # breaks for a moment, or until somebody starts it again
    ENDS = "ends"  # for good: the task cannot be started again
    DELETES = "deletes"

    @property
    def changes(self) -> bool:
        """True for everything that production would notice."""
        return self is not Effect.READS

    @property
    def irreversible(self) -> bool:
        """True for what nobody can take back."""
        return self in (Effect.ENDS, Effect.DELETES)


@dataclass(frozen=True, slots=True)
class Task:
    """All that names one task at a vendor. Kept to the letter as it was typed.

    `region` is the vendor's region id; `app` is the application the task lives in, for the kinds
    that have one (Tencent TRTC's SDKAppId).
    """

    id: str
    region: str
    app: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A verb that a vendor does not have: why, and what comes nearest."""

    says: str
    instead: str
    nearest: Verb | None = None


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a call would be refused, known before it is sent: a sentence, and what to do next."""

    says: str
    step: str
    who: str = "you"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One vendor API, under one verb.

    quota: calls a second that the vendor allows one account for this API.
    parameters: the task and who acts (short ASCII, for the vendor's own audit) to the API's own
        parameters, by their names and types at the vendor.
    already: codes that say the wish was true before we asked ("already ended", "not there").
    page: the vendor's page that all of this was read from.
    does: what it does, for the help, as "breaks the stream for some seconds, then it runs again".
    warning: what the card says before a yes.
    then: what has to follow so that the verb is done, where the vendor has no one call for it (a
        restart that is a stop, then a start). If it does not follow, the stream is down.
    hindered: what the vendor would refuse, by the task's facts; the facts are then read before the
        call is sent. None for most operations: nothing is read that is not needed.
    """

    verb: Verb
    action: str
    version: str
    effect: Effect
    quota: int
    parameters: Callable[[Task, str], Parameters]
    page: str
    does: str
    warning: str = ""
    permission: str = ""  # what the vendor's access control calls it
    already: Mapping[str, str] = field(default_factory=dict)  # code -> "had already ended"
    then: Operation | None = None
    hindered: Callable[[Facts], Hindrance | None] | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One call that only reads, as a part of a `Reading`. `more` is merged into the operation's own
    parameters, and wins."""

    operation: Operation
    more: Parameters = field(default_factory=dict)


T = TypeVar("T")

Reading = Generator[Ask, Mapping[str, object], T]
"""How something is read from a vendor, without sending: yields each call, is given what the vendor
answered (`Answer.data`), and returns what it found. What the vendor refused is thrown in as the
CallError that it is; a reading catches only what it knows how to go on from.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A family of tasks at one service of a vendor, and what can be done with them.

    service: the vendor's name of the service; key of an account's `endpoints` and `regions`.
    aliases: words that people may type instead of "provider:kind".
    noun: what one of them is called ("task", "recording").
    regions: the vendor's published list. It drifts, so a region outside of it is told, not refused.
    example: a task id as the vendor's page prints it, for the help.
    console: where a person looks when the bot cannot tell.
    states: the vendor's word for a task's state -> ours. Every word of the vendor's pages is here.
    status: how one task is read. Its state is NOT_FOUND where the vendor says there is none;
        raises ValueError where the answer does not tell.
    tasks: how all tasks of a region are read, to the end; None where the vendor has no list. The
        task that it is given names the region (and the app) only.
    """

    provider: str
    name: str
    service: str
    aliases: tuple[str, ...]
    title: str
    noun: str
    example: str
    console: str
    operations: tuple[Operation, ...]
    regions: tuple[str, ...] = ()
    needs_app: bool = False
    gaps: Mapping[Verb, Gap] = field(default_factory=dict)
    states: Mapping[str, TaskState] = field(default_factory=dict)
    status: Callable[[Task], Reading[Facts]] | None = None
    tasks: Callable[[Task], Reading[Listing]] | None = None

    @property
    def where(self) -> str:
        """How the grammar and the screens name it: "tencent:pull"."""
        return f"{self.provider}:{self.name}"

    def operation(self, verb: Verb) -> Operation | None:
        """The operation behind a verb, or None where the vendor has none."""
        return next((known for known in self.operations if known.verb is verb), None)
