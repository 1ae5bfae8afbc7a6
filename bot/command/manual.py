"""What the help says of each verb, whichever vendor: what it does, how it is typed, what else it
takes. Every example can be read by `parse`, where its words are configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from providers.facts import TaskState
from providers.operation import Verb

__all__ = ["MANUAL", "Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """One verb, in the words of the help.

    does: what it does, after "Help for restart: ". usage: what follows the command's name.
    examples: the same, to copy; those of the vendors' verbs come from the catalogue.
    more: sentences about what it takes.
    """

    does: str
    usage: str
    examples: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


_TASKS = "WHERE TASK... [--account A] [--region R] [--app N]"
_CHANGE = f'{_TASKS} [--reason "..."] [--dry-run] [--canary]'
_SEVERAL = (
    "Several tasks of one kind, account and region fit in one command; so do several targets.",
    "--canary: the first task alone; the rest once it is proved.",
    "--dry-run: the request is shown and nothing is sent.",
)
_PAGED = (
    "--page: the next rows. --here: the channel sees the answer; without it only you see it.",
)

_STATES = ", ".join(
    state.replace(" ", "-") for state in TaskState if state is not TaskState.NOT_FOUND
)

MANUAL: Mapping[str, Page] = {
    Verb.STATUS: Page(
        "reads how a task stands; nothing is changed",
        f"status {_TASKS} [--here]",
        more=(
            "Several tasks of one kind, account and region fit in one command.",
            "--here: the channel sees the answer; without it only you see it.",
        ),
    ),
    Verb.LIST: Page(
        "shows the tasks of a kind, the troubled ones first",
        "list WHERE [TEXT] [--state S] [--account A] [--region R] [--page N] [--here]",
        more=(
            "TEXT: only rows that hold it.",
            f"--state: only tasks in this state: {_STATES}.",
            *_PAGED,
        ),
    ),
    Verb.START: Page("starts a stopped task again", f"start {_CHANGE}", more=_SEVERAL),
    Verb.STOP: Page(
        "stops the stream until somebody starts it again; at some places for good",
        f"stop {_CHANGE}",
        more=_SEVERAL,
    ),
    Verb.RESTART: Page(
        "breaks the stream for some seconds, then it runs again",
        f"restart {_CHANGE}",
        more=_SEVERAL,
    ),
    Verb.DELETE: Page(
        "takes a task away for good; nobody brings it back", f"delete {_CHANGE}", more=_SEVERAL
    ),
    "history": Page(
        "shows what was done, the latest first",
        "history [WHERE [TASK] | TARGET] [@person] [#channel | here] [--since 2d] [--page N] "
        "[--here]",
        ("history here --since 2h", "history @ann --since 2d"),
        (
            "--since: how far back, as 30m, 2h, 2d or 1w; 400 days at most.",
            "here: what was asked in this channel.",
            *_PAGED,
        ),
    ),
    "show": Page(
        "tells one operation's whole trail: who, when, what, RequestId",
        "show OP",
        ("show 4T7Q2",),
        ("OP is in the operation's message, as op 4T7Q2.",),
    ),
    "freeze": Page(
        "a brake for everybody: no change is sent any more until somebody thaws it",
        'freeze [--account A] "REASON"',
        ('freeze "vendor outage"',),
        (
            "The reason is shown to everybody who asks for a change. Reads go on.",
            "--account: only the changes of this account.",
        ),
    ),
    "thaw": Page(
        "takes the brake off: changes are sent again",
        'thaw [--account A] ["REASON"]',
        ("thaw",),
        ("--account: the account whose brake it is.",),
    ),
    "targets": Page("shows the tasks that have a name", "targets", ("targets",)),
    "whoami": Page(
        "shows who the bot takes you for, and what you may do here", "whoami", ("whoami",)
    ),
    "help": Page(
        "shows what can be typed",
        "help [VERB | WHERE]",
        ("help restart", "help trtc"),
    ),
}
