"""The card that asks for a yes, and its ends without anything sent. Pure."""

from __future__ import annotations

from bot.journal.record import OutcomeWord, Record
from bot.reply import Bold, Code, Line, Mark, Reply, clock
from bot.screens.buttons import on_a_card
from bot.screens.facts import facts_fields
from bot.screens.frame import Frame
from bot.screens.neighbour import neighbour_note, neighbour_text
from bot.screens.words import WORDS, describe, person, span
from providers.operation import Operation, Verb

__all__ = ["Cards"]


class Cards:
    """Messages of an operation that waits for a yes, or did not get one."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def card(self, record: Record) -> Reply:
        """What happens on a yes, to which task, who decides and until when."""
        operation = self._frame.operation(record)
        asker = person(record.origin.requester_name)
        until = clock(record.due_at or 0)
        second = record.confirm == "second-person"
        mark = Mark.WAITING_FOR_SECOND if second else Mark.WAITING
        who = f"Somebody allowed other than {asker} decides" if second else f"{asker} decides"
        return Reply(
            text=self._text(record, mark, f"{who} until {until}."),
            mark=mark,
            head=self._frame.head(record),
            fields=facts_fields(record.command, record.facts),
            body=self._body(record, operation),
            context=(
                (f"{who}{_read_at(record)} · until {until} · op {record.id}",),
                *((note,) for note in record.command.notes),
            ),
            buttons=on_a_card(record, self._frame.kind(record), operation),
        )

    @staticmethod
    def _text(record: Record, mark: Mark, decides: str) -> str:
        command = record.command
        base = WORDS[command.verb].base
        asker = person(record.origin.requester_name)
        if record.look_again:
            return (
                f"Look again: {describe(record)} changed since the card was shown. "
                f"Nothing was sent. {decides}"
            )
        if record.neighbour and record.neighbour.asks:
            return (
                f"{mark.word}: {neighbour_text(record)} {asker}, {base} {describe(record)} again?"
            )
        protected = ", protected" if command.target and record.confirm == "second-person" else ""
        now = ""
        if record.facts and not record.facts.unseen:
            now = f" It is {record.facts.facts.state}."
        return f"{mark.word}: {asker} wants to {base} {describe(record)}{protected}.{now} {decides}"

    def _body(self, record: Record, operation: Operation) -> tuple[Line, ...]:
        lines: list[Line] = []
        if record.look_again:
            lines.append((Bold("Changed:"), f" {record.look_again}"))
        if record.neighbour:
            lines.append(neighbour_note(record))
        warning: Line = (Bold(operation.warning or f"It {operation.does}."),)
        if operation.verb is Verb.DELETE:
            warning = (*warning, " Its settings are kept in the record.")
        if record.command.reason:
            warning = (*warning, f' Reason: "{record.command.reason}".')
        lines.append(warning)
        if record.facts and record.facts.unseen:
            unseen = record.facts.unseen
            lines.append((f"{unseen} State, source and destination are not known.",))
        return tuple(lines)

    # Ends without sending

    def declined(self, record: Record) -> Reply:
        """A second person said no."""
        ing = WORDS[record.command.verb].ing
        return self._frame.message(
            record,
            Mark.DECLINED,
            f"Declined: {person(record.decider_name)} said no to {ing} {describe(record)}, "
            f"asked by {person(record.origin.requester_name)}. Nothing was sent.",
            body=((f"{person(record.decider_name)} said no. Nothing was sent.",),),
        )

    def cancelled(self, record: Record) -> Reply:
        """The asker withdrew it."""
        noun = WORDS[record.command.verb].noun
        return self._frame.message(
            record,
            Mark.CANCELLED,
            f"Cancelled: {person(record.decider_name)} withdrew the {noun} of "
            f"{describe(record)}. Nothing was sent.",
            body=((f"{person(record.decider_name)} withdrew it. Nothing was sent.",),),
        )

    def expired(self, record: Record) -> Reply:
        """Time was over: for a decision, for a yes, or for sending."""
        again = record.command.typed()
        why, short = self._why_expired(record)
        nothing = "The vendor did nothing" if record.attempt else "Nothing was sent"
        return self._frame.message(
            record,
            Mark.EXPIRED,
            f"Expired: {why.rstrip('.')}. {nothing}. To ask again: {again}",
            body=(
                (
                    f"{short.rstrip('.')}. {nothing}. ",
                    Bold("Next:"),
                    " to ask again: ",
                    Code(again),
                ),
            ),
        )

    def _why_expired(self, record: Record) -> tuple[str, str]:
        """For the text, and for the body."""
        ing = WORDS[record.command.verb].ing
        if record.outcome and record.outcome.word is OutcomeWord.NOT_SENT:
            return f"{ing} {describe(record)}: {record.outcome.says}", record.outcome.says
        if record.ticket is None and record.approved_at is None:
            return f"{ing} {describe(record)} was not decided in time", "It was not decided in time"
        if record.approved_at is None:
            minutes = span(self._frame.settings.timeouts.confirm_seconds)
            return (
                f"nobody confirmed {ing} {describe(record)} within {minutes}",
                f"Nobody confirmed within {minutes}",
            )
        return f"{ing} {describe(record)} could not be sent in time", "It could not be sent in time"


def _read_at(record: Record) -> str:
    if record.facts is None or record.facts.unseen:
        return ""
    return f" · facts read {clock(record.facts.at)}"
