"""What a ticket under a private answer stands for: a read, and the tasks to pick from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from bot.command import HistoryCommand, ListCommand, TaskCommand
from bot.reads.words import listing_of
from bot.reply import Menu
from bot.screens.words import DO, LIST
from providers.facts import TaskState
from providers.foreign import foreign
from providers.operation import Verb

__all__ = ["MORE", "PICK", "Choice", "chosen_change", "chosen_read", "pick_menu"]

MORE = "more"
PICK = "pick"

_LABEL = 75


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer that a button or a menu is under.

    tasks: those that can be picked, by the number behind the ticket ("TICKET.3").
    """

    answered: TaskCommand | ListCommand | HistoryCommand
    tasks: tuple[str, ...] = ()

    def data(self) -> Mapping[str, Any]:
        """As JSON, for the journal."""
        told: Mapping[str, Any] = _CHOICE.dump_python(self, mode="json")
        return {"kind": type(self.answered).__name__, **told}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Choice:
        """Back from the journal."""
        answered = _ANSWERED[data["kind"]].validate_python(data["answered"])
        return cls(answered, tuple(data["tasks"]))


_CHOICE = TypeAdapter(Choice)
# By name: a union could take one for another.
_ANSWERED: Mapping[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind) for kind in (TaskCommand, ListCommand, HistoryCommand)
}


def pick_menu(ticket: str, tasks: Sequence[tuple[str, TaskState | None, str]]) -> tuple[Menu, ...]:
    """One choice of these tasks: id, state (None if it was not read), name."""
    options = tuple(
        (
            foreign(" · ".join(filter(None, (state or "not read", task, name))), _LABEL),
            f"{ticket}.{n}",
        )
        for n, (task, state, name) in enumerate(tasks)
    )
    return (Menu(action=PICK, label="Pick a task", options=options),) if options else ()


def chosen_read(
    choice: Choice, action: str, number: str
) -> TaskCommand | ListCommand | HistoryCommand | None:
    """The read that a press asks for; None for a press that fits nothing here."""
    answered = choice.answered
    if action == MORE and not isinstance(answered, TaskCommand):
        return replace(answered, page=answered.page + 1)
    if action == PICK and number.isdecimal() and int(number) < len(choice.tasks):
        return _status(answered, choice.tasks[int(number)])
    if action == LIST and isinstance(answered, TaskCommand):
        return listing_of(answered)
    return None


def chosen_change(choice: Choice, action: str) -> TaskCommand | None:
    """The change that "do:restart" asks for, under a status of one task."""
    verb = action.removeprefix(DO)
    answered = choice.answered
    if not action.startswith(DO) or verb not in set(Verb) or not isinstance(answered, TaskCommand):
        return None
    if answered.others:
        return None
    return _without_trimmings(answered, Verb(verb))


def _status(answered: TaskCommand | ListCommand | HistoryCommand, task: str) -> TaskCommand | None:
    match answered:
        case TaskCommand():
            return answered.alone(task)
        case ListCommand():
            command = TaskCommand(
                verb=Verb.STATUS,
                where=answered.where,
                account=answered.account,
                region=answered.region,
                app=answered.app,
                task=task,
            )
            return command.worded(answered.wording)
    return None


def _without_trimmings(command: TaskCommand, verb: Verb) -> TaskCommand:
    """The bare command; how it is typed is told anew."""
    bare = command.model_copy(
        update={"verb": verb, "notes": (), "reason": "", "here": False, "again": ""}
    )
    return bare.worded(command.wording)
