"""The common frame of an operation's messages: head, context, and the vendor's own names."""

from __future__ import annotations

from bot.command import Vocabulary
from bot.journal.record import Outcome, OutcomeWord, Record
from bot.reply import Bold, Button, Code, Line, Mark, Reply, clock
from bot.screens.facts import Fields
from bot.screens.neighbour import neighbour_note
from bot.screens.words import person
from bot.settings import Settings
from providers.operation import Kind, Operation

__all__ = ["Frame", "next_step", "next_text", "request_id_text"]


class Frame:
    """Knows the vendors' names and the configuration, so that a record is all it needs."""

    def __init__(self, settings: Settings, vocabulary: Vocabulary) -> None:
        self.settings = settings
        self._catalogue = vocabulary.catalogue

    def kind(self, record: Record) -> Kind:
        """The kind of task that a record is about."""
        return self._catalogue.kind(record.command.where)

    def operation(self, record: Record) -> Operation:
        """The vendor's operation behind a record. One that this version lost is a KeyError."""
        operation = self.kind(record).operation(record.command.verb)
        if operation is None:
            raise KeyError(f"{record.command.where} has no {record.command.verb}")
        return operation

    def vendor(self, record: Record) -> str:
        """The vendor's name for people."""
        return self._catalogue.provider_of(self.kind(record)).title

    def message(
        self,
        record: Record,
        mark: Mark,
        text: str,
        *,
        body: tuple[Line, ...] = (),
        fields: Fields = (),
        outcome: Outcome | None = None,
        buttons: tuple[Button, ...] = (),
    ) -> Reply:
        """One message of an operation."""
        return Reply(
            text=text,
            mark=mark,
            head=self.head(record),
            fields=fields,
            body=body,
            context=self._context(record, outcome),
            buttons=buttons,
        )

    @staticmethod
    def head(record: Record) -> Line:
        """The line that names verb and task."""
        command = record.command
        return (f"{command.verb} · {command.where} ", Code(command.task))

    def _context(self, record: Record, outcome: Outcome | None) -> tuple[Line, ...]:
        command = record.command
        when = record.finished_at or record.sent_at or record.asked_at
        parts = [person(record.origin.requester_name)]
        if record.decider and record.decider != record.origin.requester:
            parts.append(f"yes by {person(record.decider_name)}")
        parts.append(clock(when))
        if outcome and outcome.took is not None:
            parts.append(f"took {outcome.took:.1f} s")
        parts += [command.target or "", command.region, f"account {command.account}"]
        first: Line = (" · ".join(part for part in [*parts, f"op {record.id}"] if part),)
        if outcome and outcome.code:
            first = (*first, " · code ", Code(outcome.code))
        if outcome and outcome.vendor_says:
            first = (*first, f' · "{outcome.vendor_says}"')
        if outcome:
            first = (*first, *_request_id_line(outcome))
        reason: tuple[Line, ...] = ((f'Reason: "{command.reason}"',),) if command.reason else ()
        beside = (neighbour_note(record),) if record.neighbour else ()
        notes = (*command.notes, *(outcome.notes if outcome else ()))
        return (first, *reason, *beside, *((note,) for note in notes))


def next_step(outcome: Outcome) -> Line:
    """As (Bold("Next:"), " account owner tops it up in the billing console.")."""
    return (Bold("Next:"), f" {_who_does_what(outcome)}.") if outcome.step else ()


def next_text(outcome: Outcome) -> str:
    """The same for `text`."""
    return f"Next: {_who_does_what(outcome)}." if outcome.step else ""


def _who_does_what(outcome: Outcome) -> str:
    return f"{outcome.who} {outcome.step}".strip()


def request_id_text(outcome: Outcome, vendor: str = "") -> str:
    """Always the last words of `text`, so that it can be found and copied."""
    if outcome.request_id:
        return f" RequestId {outcome.request_id}"
    return f" {vendor} gave no RequestId" if vendor else ""


def _request_id_line(outcome: Outcome) -> Line:
    if outcome.request_id:
        return (" · RequestId ", Code(outcome.request_id))
    if outcome.word is OutcomeWord.UNKNOWN and not outcome.code:
        return (" · no RequestId: no answer came",)
    return ()
