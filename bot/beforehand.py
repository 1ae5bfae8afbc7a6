"""What is looked at before a change is sent or asked about: the task, and who changed it before."""

from __future__ import annotations

from bot import outcome
from bot.command import TaskCommand
from bot.journal import Journal, Look, Outcome, Record, State
from bot.looks import Looks, UnseenError
from providers.catalogue import Catalogue
from providers.facts import Facts, TaskState
from providers.operation import Effect, Operation, Verb

__all__ = ["Beforehand", "what_changed"]


class Beforehand:
    """Reads the facts that a card shows and that a yes is bound to; never more than needed."""

    def __init__(self, catalogue: Catalogue, journal: Journal, looks: Looks) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._looks = looks

    def needed(self, command: TaskCommand) -> bool:
        """Whether the task is read before a call that asks nobody: for what the vendor would
        refuse, and to keep the settings of what is deleted."""
        operation = self._operation(command)
        return operation.hindered is not None or operation.effect is Effect.DELETES

    async def look(self, command: TaskCommand) -> Look:
        """The task now, bounded in time. Where it cannot be read, the look says why."""
        try:
            return await self._looks.look(command)
        except UnseenError as unseen:
            nothing = Facts(id=command.task, state=TaskState.UNKNOWN)
            return Look(self._journal.now(), nothing, unseen=unseen.says)

    def prevents(self, command: TaskCommand, look: Look) -> tuple[State, Outcome] | None:
        """The end that a look already tells: not there, or what the vendor would refuse."""
        if look.unseen:
            return None
        operation = self._operation(command)
        if look.facts.state is TaskState.NOT_FOUND:
            listing = ""
            if self._catalogue.kind(command.where).operation(Verb.LIST):
                listing = f", or type /stream list {command.where}"
            return outcome.not_there(command.verb, operation.effect, listing)
        hindrance = operation.hindered(look.facts) if operation.hindered else None
        return None if hindrance is None else (State.FAILED, outcome.hindered(hindrance))

    def to_keep(self, record: Record, look: Look | None) -> dict[str, object]:
        """What the trail keeps of a task before it goes: all its settings, secrets masked."""
        if look is None:
            return {}
        if look.unseen:
            return {"facts": f"not read: {look.unseen}"}
        kept: dict[str, object] = {"state": look.facts.state, "word": look.facts.word}
        if self._operation(record.command).effect.irreversible:
            kept["settings"] = dict(look.facts.settings)
        return kept

    def _operation(self, command: TaskCommand) -> Operation:
        operation = self._catalogue.kind(command.where).operation(command.verb)
        if operation is None:
            raise KeyError(f"{command.where} has no {command.verb}")
        return operation


def what_changed(before: Look, now: Look) -> str:
    """The difference in words, for the fresh card: "state stopped → running; destination ..."."""
    old, new = before.facts, now.facts
    pairs = (
        ("state", str(old.state), str(new.state)),
        ("name", old.name, new.name),
        ("source", old.source, new.source),
        ("destination", old.destination, new.destination),
    )
    said = [f"{name} {was or 'none'} → {to or 'none'}" for name, was, to in pairs if was != to]
    return "; ".join(said) or "its source or destination"
