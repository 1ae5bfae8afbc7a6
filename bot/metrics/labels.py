"""The closed sets that every label comes from. Pure."""

from __future__ import annotations

from collections.abc import Collection

from bot.command import Command, TaskCommand
from bot.journal import OutcomeWord, Record, State
from providers.errors import (
    AlreadySo,
    ClockOff,
    NotSent,
    Refused,
    Throttled,
    Unknown,
    Unreadable,
)
from providers.operation import Verb

__all__ = [
    "ACCEPTED",
    "ANSWERED",
    "CUT_OFF",
    "DRY_RUN",
    "NOT_TAKEN",
    "OTHER",
    "OUTCOMES",
    "RESULTS",
    "SLACK_METHODS",
    "SLACK_RESULTS",
    "VERBS",
    "changes",
    "closed",
    "result_of",
    "verb_of",
    "word_of",
]

OTHER, NONE = "other", "none"

ACCEPTED, CUT_OFF = "accepted", "cut off"
"""What came of a vendor call beside the errors; cut off: by its caller, or by a fault of ours."""

NOT_TAKEN, ANSWERED, DRY_RUN = "not taken", "answered", "dry run"
"""What came of a command that is not an operation: refused at once, a read, a `--dry-run`."""

_FAULTS: dict[type[Exception], str] = {  # the first that fits
    AlreadySo: "already so",
    Refused: "refused",
    Throttled: "throttled",
    ClockOff: "clock off",
    NotSent: "not sent",
    Unreadable: "unreadable",
    Unknown: "unknown",
}
_SENT = (State.SUCCEEDED, State.FAILED, State.UNKNOWN)

VERBS = frozenset({*Verb, "history", "show", "freeze", "thaw", "help", "whoami", "targets"})
OUTCOMES = frozenset(
    {
        *OutcomeWord,
        *(state for state in State if state.final),
        *("not understood", "too fast", NOT_TAKEN, ANSWERED, DRY_RUN),
    }
)
RESULTS = frozenset({*_FAULTS.values(), ACCEPTED, CUT_OFF})

SLACK_RESULTS = ("ok", "refused", "slowed", "lost")
SLACK_METHODS = {
    "chat.postMessage": "post",
    "chat.update": "edit",
    "chat.postEphemeral": "private",
    "response_url": "response_url",
    "users.info": "people",
    "usergroups.list": "people",
    "usergroups.users.list": "people",
    "auth.test": "connect",
    "apps.connections.open": "connect",
}


def closed(value: str, known: Collection[str]) -> str:
    """A value of the set: the same, `other`, or `none` for ""."""
    if not value:
        return NONE
    return str(value) if value in known else OTHER


def changes(command: Command) -> bool:
    """Whether it becomes an operation, which has an end of its own."""
    return isinstance(command, TaskCommand) and command.verb is not Verb.STATUS


def verb_of(command: Command) -> str:
    """The word that was typed first, as "restart" or "history"."""
    return getattr(command, "verb", type(command).__name__.removesuffix("Command").lower())


def word_of(record: Record) -> str:
    """What came of an operation: the word that the channel reads last."""
    if record.outcome is None or record.state not in _SENT:
        return record.state
    return record.outcome.word


def result_of(error: Exception) -> str:
    """What came of a vendor call that was not accepted."""
    return next((word for kind, word in _FAULTS.items() if isinstance(error, kind)), OTHER)
