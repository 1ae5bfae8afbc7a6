"""What all messages of several tasks share: how they are named, their head and their context."""

from __future__ import annotations

from bot.journal.record import Record
from bot.reply import Line, clock
from bot.screens.frame import Frame
from bot.screens.words import named, person

__all__ = ["BatchFrame"]


class BatchFrame:
    """Names the tasks of a parent."""

    def __init__(self, frame: Frame) -> None:
        self.names = frame

    def tasks(self, parent: Record) -> str:
        """As "3 tasks"."""
        return f"{len(parent.command.tasks)} {self.names.kind(parent).noun}s"

    def what(self, parent: Record) -> str:
        """As "3 tasks on tencent:pull (ap-singapore, account prod): 123, 456, 789"."""
        on = f"{self.tasks(parent)} on {parent.command.where}"
        return f"{on} ({self.place(parent)}): {named(parent.command)}"

    @staticmethod
    def place(parent: Record) -> str:
        """As "ap-singapore, account prod"."""
        command = parent.command
        app = f"app {command.app}" if command.app is not None else ""
        parts = (app, command.region, f"account {command.account}")
        return ", ".join(part for part in parts if part)

    def head(self, parent: Record, part: int = 0) -> Line:
        """The line that names the verb and how many tasks. part: of how many the mark tells, where
        it does not tell of all."""
        command = parent.command
        some = part and part < len(command.tasks)
        tasks = f"{part} of {self.tasks(parent)}" if some else self.tasks(parent)
        return (f"{tasks} · {command.verb} · {command.where}",)

    def context(self, parent: Record) -> tuple[Line, ...]:
        """Who, when, where, which operation; the reason and the notes."""
        parts = [person(parent.origin.requester_name)]
        if parent.decider and parent.decider != parent.origin.requester:
            parts.append(f"yes by {person(parent.decider_name)}")
        when = parent.finished_at or parent.approved_at or parent.asked_at
        parts += [clock(when), self.place(parent), f"op {parent.id}"]
        reason = parent.command.reason
        told: tuple[Line, ...] = ((f'Reason: "{reason}"',),) if reason else ()
        return ((" · ".join(parts),), *told, *((note,) for note in parent.command.notes))
