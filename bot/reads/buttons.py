"""The buttons under one task's status: what helps it now, and this person may do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.command import TaskCommand
from bot.journal import Record
from bot.policy import Allow, Decision, Deny
from bot.reply import Ask, Button, clock
from bot.screens.words import DO, LIST, WORDS, short_id
from providers.facts import Facts, TaskState
from providers.operation import Effect, Kind, Operation, Verb

__all__ = ["Buttons", "offered"]

_QUESTION = 300
"""Characters that Slack takes in a question."""


def offered(facts: Facts, kind: Kind) -> tuple[Verb, ...]:
    """The verbs that help a task in this state, among those that the vendor has."""
    match facts.state:
        case TaskState.ENDED | TaskState.NOT_FOUND:
            verbs: tuple[Verb, ...] = ()
        case TaskState.STOPPED:
            verbs = (Verb.START,)
        case TaskState.WAITING:  # it starts by itself
            verbs = (Verb.STOP,)
        case _:
            verbs = (Verb.RESTART, Verb.STOP)
    return tuple(verb for verb in verbs if kind.operation(verb))


@dataclass(frozen=True, slots=True)
class Buttons:
    """Makes them for one task. last: its last change that was sent through the bot."""

    command: TaskCommand
    kind: Kind
    last: Record | None
    ticket: str

    def of(self, may: Sequence[tuple[Verb, Decision]]) -> tuple[Button, ...]:
        """may: the verbs that help, and what the policy says of each."""
        return tuple(self._each(may))

    def _each(self, may: Sequence[tuple[Verb, Decision]]) -> Iterator[Button]:
        for verb, decision in may:
            operation = self.kind.operation(verb)
            if operation is not None and not isinstance(decision, Deny):
                yield self._change(operation, asks_later=not isinstance(decision, Allow))
        if self.kind.operation(Verb.LIST):
            yield Button(action=LIST, label="List tasks", ticket=self.ticket)

    def _change(self, operation: Operation, *, asks_later: bool) -> Button:
        ends = operation.effect is Effect.ENDS
        word = "End" if ends else WORDS[operation.verb].base.capitalize()
        # Where a card asks, no question goes before it.
        asks = not asks_later and operation.verb is not Verb.START
        return Button(
            action=f"{DO}{operation.verb}",
            label=word,
            described=f"{word} {self.kind.noun} {self.command.task}"[:75],
            ticket=self.ticket,
            ask=self._question(operation, word) if asks else None,
        )

    def _question(self, operation: Operation, word: str) -> Ask:
        does = operation.warning or f"It {operation.does}."
        again, before = "", ""
        if self.last and self.last.command.verb is operation.verb and self.last.sent_at:
            again = " again"
            before = f" It was {WORDS[operation.verb].past} at {clock(self.last.sent_at)}."
        return Ask(
            f"{word} {self.kind.noun} {short_id(self.command.task)}{again}?",
            f"{does[: _QUESTION - len(before)]}{before}",
            word,
            "Leave it",
        )
