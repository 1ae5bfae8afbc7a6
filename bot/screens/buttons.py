"""The buttons under a message: on a card, and under an end that leaves something to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.journal.record import Outcome, OutcomeWord, Record, Verdict
from bot.reply import Ask, Button, clock
from bot.screens.words import (
    CANCEL,
    CONFIRM,
    DECLINE,
    DO,
    LIST,
    STATUS,
    WITHDRAW,
    WORDS,
    short_id,
)
from providers.errors import Retry
from providers.facts import TaskState
from providers.operation import Effect, Kind, Operation, Verb

__all__ = ["at_the_end", "on_a_card"]

_NOT_NOW = frozenset({"not possible now", "task not found"})
_MAY_HELP = frozenset({Retry.AFTER.value, Retry.SAFE.value})


def on_a_card(record: Record, kind: Kind, operation: Operation) -> tuple[Button, ...]:
    """Yes, and the ways to say no."""
    ticket = record.ticket or ""
    act = "End" if operation.effect is Effect.ENDS else operation.verb.capitalize()
    yes = Button(
        action=CONFIRM,
        label=f"{act} {kind.noun} {short_id(record.command.task)}"[:30],
        described=f"{act} {kind.noun} {record.command.task}"[:75],
        ticket=ticket,
        style="danger" if operation.effect.irreversible else "primary",
    )
    if record.confirm == "second-person":
        return (
            yes,
            Button(action=DECLINE, label="Decline", ticket=ticket),
            Button(action=WITHDRAW, label="Withdraw", ticket=ticket),
        )
    no = f"Do not {operation.verb}" if record.neighbour and record.neighbour.asks else "Cancel"
    return (yes, Button(action=CANCEL, label=no, ticket=ticket))


def at_the_end(record: Record, kind: Kind) -> tuple[Button, ...]:
    """What may be done next, by anybody who is allowed it. Good ends have none."""
    outcome = record.outcome
    if record.button is None or outcome is None or record.verdict is Verdict.FOLLOWING:
        return ()
    verbs, status = _next_verbs(record, outcome, kind)
    buttons = [_again(record, verb, kind) for verb in verbs if kind.operation(verb)]
    if status and kind.operation(Verb.STATUS):
        buttons.append(Button(action=STATUS, label="Status", ticket=record.button))
    if outcome.label == "task not found" and kind.operation(Verb.LIST):
        buttons.append(Button(action=LIST, label="List tasks", ticket=record.button))
    return tuple(buttons)


def _next_verbs(record: Record, outcome: Outcome, kind: Kind) -> tuple[tuple[Verb, ...], bool]:
    """The verbs that help now, and whether a look does."""
    verb = record.command.verb
    again = (Verb.START,) if _is_stopped(record) and kind.operation(Verb.START) else (verb,)
    offers: Mapping[OutcomeWord, tuple[tuple[Verb, ...], bool]] = {
        # A stop that can be taken back.
        OutcomeWord.PROVED: ((Verb.START,) if verb is Verb.STOP else (), False),
        OutcomeWord.DOWN: ((Verb.START,), True),
        OutcomeWord.NOT_BACK: (again if verb is not Verb.STOP else (verb,), True),
        OutcomeWord.RUNNING: ((verb,), True),
        OutcomeWord.UNKNOWN: ((verb,), True),
        OutcomeWord.CANNOT_TELL: ((), True),
        OutcomeWord.REFUSED: ((verb,) if outcome.retry in _MAY_HELP else (), not outcome.retry),
        OutcomeWord.NOT_SENT: ((), True) if outcome.label in _NOT_NOW else ((verb,), False),
    }
    return offers.get(outcome.word, ((), False))


def _is_stopped(record: Record) -> bool:
    followed = record.followed
    return bool(followed and followed.last and followed.last.facts.state is TaskState.STOPPED)


def _again(record: Record, verb: Verb, kind: Kind) -> Button:
    word = WORDS[verb].base.capitalize()
    short = short_id(record.command.task)
    same = verb is record.command.verb
    sent = record.sent_at is not None
    label = f"{word} again" if same and sent else f"{word} {kind.noun} {short}"[:30]
    if same and not sent:
        label = "Try again"
    ask = None
    if same and sent and verb is Verb.RESTART:
        ask = Ask(
            f"Restart {kind.noun} {short} again?",
            "The stream breaks again for some seconds. It was restarted at "
            f"{clock(record.sent_at or 0)}.",
            "Restart",
            "Leave it",
        )
    return Button(
        action=f"{DO}{verb}",
        label=label,
        described=f"{word} {kind.noun} {record.command.task}"[:75],
        ticket=record.button or "",
        style="primary" if verb is Verb.START else None,
        ask=ask,
    )
