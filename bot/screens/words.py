"""The words and small parts that all screens share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.command import TaskCommand
from bot.journal.record import Record
from bot.reply import Code, Line, Mark
from providers.facts import Facts, TaskState
from providers.operation import Verb

__all__ = [
    "CANCEL",
    "CONFIRM",
    "DECLINE",
    "DO",
    "HALT",
    "LIST",
    "STATUS",
    "TASK_MARKS",
    "WITHDRAW",
    "WORDS",
    "Words",
    "age",
    "describe",
    "described",
    "named",
    "person",
    "short_id",
    "span",
    "state_line",
]

# What a press means. "do:restart" and the like start a new operation under the presser's name.
CONFIRM = "confirm"
CANCEL = "cancel"
DECLINE = "decline"
WITHDRAW = "withdraw"
HALT = "halt"
STATUS = "status"
LIST = "list"
DO = "do:"

MOST_NAMED = 10
"""Tasks that a sentence names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Words:
    """One verb in the forms that sentences need."""

    base: str  # to delete
    third: str  # @ann deletes
    ing: str  # deleting
    noun: str  # the delete of
    past: str  # was deleted


WORDS: Mapping[Verb, Words] = {
    Verb.RESTART: Words("restart", "restarts", "restarting", "restart", "restarted"),
    Verb.STOP: Words("stop", "stops", "stopping", "stop", "stopped"),
    Verb.START: Words("start", "starts", "starting", "start", "started"),
    Verb.DELETE: Words("delete", "deletes", "deleting", "delete", "deleted"),
    Verb.STATUS: Words("read", "reads", "reading", "status", "read"),
    Verb.LIST: Words("list", "lists", "listing", "list", "listed"),
}

TASK_MARKS: Mapping[TaskState, Mark] = {
    TaskState.WAITING: Mark.TASK_WAITING,
    TaskState.RUNNING: Mark.TASK_RUNNING,
    TaskState.DEGRADED: Mark.TASK_DEGRADED,
    TaskState.NO_STREAM: Mark.TASK_NO_STREAM,
    TaskState.SWITCHED_ON: Mark.TASK_SWITCHED_ON,
    TaskState.STOPPED: Mark.TASK_STOPPED,
    TaskState.ENDED: Mark.TASK_ENDED,
    TaskState.NOT_FOUND: Mark.TASK_NOT_FOUND,
    TaskState.UNKNOWN: Mark.TASK_UNKNOWN,
}


def state_line(facts: Facts) -> Line:
    """Our word beside the vendor's own: "running (`active`)", with the state's emoji."""
    words = f":{TASK_MARKS[facts.state].emoji}: {facts.state}"
    line: Line = (words, " (", Code(facts.word), ")") if facts.word else (words,)
    return (*line, f", {facts.why}") if facts.why else line


def short_id(task: str) -> str:
    """A task id for a button's label: at most 14 characters."""
    return task if len(task) <= 14 else f"{task[:7]}…{task[-4:]}"


def described(record: Record, tasks: str) -> str:
    """Tasks as `text` names them: "tencent:pull 123 (main-feed, ap-guangzhou, account prod)"."""
    command = record.command
    app = f"app {command.app}" if command.app is not None else ""
    inside = (command.target or "", app, command.region, f"account {command.account}")
    return f"{command.where} {tasks} ({', '.join(part for part in inside if part)})"


def named(command: TaskCommand) -> str:
    """A command's tasks by their ids: "123", "123, 456"; of many, the first and how many more."""
    more = len(command.tasks) - MOST_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"{', '.join(command.tasks[:MOST_NAMED])}{rest}"


def describe(record: Record) -> str:
    """What a record is about, as `text` names it; of several tasks, these."""
    return described(record, named(record.command))


def person(name: str | None) -> str:
    """Somebody by name, so that nobody is called."""
    return f"@{name or 'somebody'}"


def span(seconds: float) -> str:
    """A length of time for people: "5 minutes", "90 s"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes and not rest:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    return f"{round(seconds)} s" if seconds >= 1 else f"{seconds:g} s"


def age(seconds: float) -> str:
    """How long ago: "40 s", "9 min", "2 h", "3 d"."""
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {name}"
    return f"{max(0, int(seconds))} s"
