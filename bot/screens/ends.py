"""What the vendor answered, and what following made of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from bot.journal.record import Outcome, OutcomeWord, Record, State, Verdict
from bot.reply import Bold, Code, Line, Mark, Reply, clock
from bot.screens.buttons import at_the_end
from bot.screens.frame import Frame, next_step, next_text, request_id_text
from bot.screens.words import WORDS, describe, person, state_line
from providers.facts import TaskState
from providers.operation import Effect, Verb

__all__ = ["Ends"]

_PROVED: Mapping[Verb, Mark] = {
    Verb.RESTART: Mark.RUNNING_AGAIN,
    Verb.START: Mark.STARTED,
    Verb.STOP: Mark.STOPPED_NOW,
    Verb.DELETE: Mark.DELETED,
}
_NOT_PROVED: Mapping[Verb, Mark] = {
    Verb.STOP: Mark.NOT_STOPPED,
    Verb.DELETE: Mark.NOT_DELETED,
}

_LOST = Outcome(word=OutcomeWord.UNKNOWN, says="The journal does not hold what came of it.")


class Ends:
    """Messages of an operation whose call is over, followed or not."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def end(self, record: Record) -> Reply:
        """The message for whatever came of it."""
        outcome = record.outcome or _LOST
        ends: Mapping[OutcomeWord, Callable[[Record, Outcome], Reply]] = {
            OutcomeWord.ACCEPTED: self._accepted,
            OutcomeWord.ALREADY_SO: self._already_so,
            OutcomeWord.REFUSED: self._refused,
            OutcomeWord.NOT_SENT: self._not_sent,
            OutcomeWord.UNKNOWN: self._unknown,
            OutcomeWord.DOWN: self._down,
            OutcomeWord.PROVED: self._proved,
            OutcomeWord.RUNNING: self._still_running,
            OutcomeWord.NOT_BACK: self._not_back,
            OutcomeWord.CANNOT_TELL: self._cannot_tell,
        }
        return ends[outcome.word](record, outcome)

    def _message(
        self, record: Record, mark: Mark, text: str, body: tuple[Line, ...], outcome: Outcome
    ) -> Reply:
        buttons = at_the_end(record, self._frame.kind(record))
        return self._frame.message(record, mark, text, body=body, outcome=outcome, buttons=buttons)

    # What the vendor answered

    def _accepted(self, record: Record, outcome: Outcome) -> Reply:
        vendor = self._frame.vendor(record)
        noun = WORDS[record.command.verb].noun
        took = f"{vendor} took the {noun} of {describe(record)}"
        watching = _watching(record)
        if watching:
            body: Line = (*_task_line(record), watching)
        else:
            console = self._frame.kind(record).console
            body = (
                f"{vendor} took the {noun}. ",
                Bold("Next:"),
                f" look at the task in {console}.",
            )
        return self._message(
            record,
            Mark.ACCEPTED,
            f"Accepted: {took} by {person(record.origin.requester_name)}.{_spaced(watching)}"
            f"{request_id_text(outcome, vendor)}",
            (body,),
            outcome,
        )

    def _already_so(self, record: Record, outcome: Outcome) -> Reply:
        code: Line = (Code(outcome.code), ": ") if outcome.code else ()
        return self._message(
            record,
            Mark.ALREADY_SO,
            f"Already so: {describe(record)} {outcome.says}. Nothing to "
            f"{WORDS[record.command.verb].base}.{request_id_text(outcome)}",
            ((*code, f"It {outcome.says}. ", *next_step(outcome)),),
            outcome,
        )

    def _refused(self, record: Record, outcome: Outcome) -> Reply:
        base = WORDS[record.command.verb].base
        body: Line = (f"{outcome.says} ", *next_step(outcome))
        if outcome.retry:
            body = (*body, f" Trying again: {outcome.retry}.")
        return self._message(
            record,
            Mark.REFUSED,
            f"Refused: {self._frame.vendor(record)} did not {base} {describe(record)}: "
            f"{outcome.label}, {outcome.code}. {outcome.says} {next_text(outcome)}"
            f"{request_id_text(outcome)}",
            (body,),
            outcome,
        )

    def _not_sent(self, record: Record, outcome: Outcome) -> Reply:
        past = WORDS[record.command.verb].past
        return self._message(
            record,
            Mark.NOT_SENT,
            f"Not sent: {outcome.says} {describe(record)} was not {past}. "
            f"{next_text(outcome)}{request_id_text(outcome)}",
            ((f"{outcome.says} ", *next_step(outcome)),),
            outcome,
        )

    def _unknown(self, record: Record, outcome: Outcome) -> Reply:
        words = WORDS[record.command.verb]
        code = f" ({outcome.code})" if outcome.code else ""
        asker = person(record.origin.requester_name)
        if record.verdict is Verdict.FOLLOWING:
            until = clock(record.follow_until or 0)
            step: Line = (f"Reading its status until {until}.",)
            told = "Reading its status."
        else:
            step, told = next_step(outcome), next_text(outcome)
        return self._message(
            record,
            Mark.UNKNOWN,
            f"Unknown: {words.ing} {describe(record)} for {asker}{code}. {outcome.says} "
            f"Not sent again. {told}{request_id_text(outcome)}",
            ((f"{outcome.says} I do not send it a second time. ", *_task_line(record), *step),),
            outcome,
        )

    def _down(self, record: Record, outcome: Outcome) -> Reply:
        first = record.first_step or _LOST
        asker = person(record.origin.requester_name)
        code: Line = (Code(outcome.code), ": ") if outcome.code else ()
        return self._message(
            record,
            Mark.DOWN,
            f"DOWN: {describe(record)} was stopped and did not start again. {asker} or anybody on "
            f"call: press Start. {outcome.says} {next_text(outcome)}"
            f" RequestIds {first.request_id or 'none'}, {outcome.request_id or 'none'}",
            (
                ("Step 1, stop: accepted. Step 2, start: ", *code, outcome.says),
                ("The stream does not run until somebody starts it. ", *next_step(outcome)),
            ),
            outcome,
        )

    # What following made of it

    def _proved(self, record: Record, outcome: Outcome) -> Reply:
        verb = record.command.verb
        mark = _PROVED[verb]
        if verb is Verb.STOP and self._frame.operation(record).effect is Effect.ENDS:
            mark = Mark.ENDED_NOW
        asker = person(record.origin.requester_name)
        words = WORDS[verb]
        after = _after(record)
        tail, more = self._what_now(record)
        lost: Line = ("It happened, although the answer was lost. ",) if _was_lost(record) else ()
        seen = f"{after} after the {words.noun}."
        return self._message(
            record,
            mark,
            f"{mark.word}: {describe(record)}, {after} after {asker} {words.past} it."
            f"{tail}{request_id_text(outcome)}",
            ((*lost, *_task_line(record), seen, *((" ", *more) if more else ())),),
            outcome,
        )

    def _what_now(self, record: Record) -> tuple[str, Line]:
        """What a proved end leaves to know, for the text and for the body."""
        command = record.command
        if command.verb is Verb.DELETE:
            return "", ("Its settings are in the record: ", Code(f"/stream show {record.id}"))
        takes_back = self._frame.kind(record).operation(Verb.START) is not None
        if command.verb is Verb.STOP and takes_back:
            start = command.model_copy(update={"verb": Verb.START, "again": "", "reason": ""})
            typed = start.typed()
            return (
                f" It stays stopped until somebody starts it: {typed}",
                ("It stays stopped until somebody starts it: ", Code(typed)),
            )
        return "", ()

    def _still_running(self, record: Record, outcome: Outcome) -> Reply:
        noun = WORDS[record.command.verb].noun
        return self._message(
            record,
            Mark.TASK_RUNNING,
            f"Running: {describe(record)}. {outcome.says} {next_text(outcome)}"
            f"{request_id_text(outcome)}",
            (
                (f"{self._frame.vendor(record)} accepted the {noun}. {outcome.says} ",),
                next_step(outcome),
            ),
            outcome,
        )

    def _not_back(self, record: Record, outcome: Outcome) -> Reply:
        words = WORDS[record.command.verb]
        mark = _NOT_PROVED.get(record.command.verb, Mark.NOT_BACK)
        asker = person(record.origin.requester_name)
        followed = record.followed
        state = _still(followed.last.facts.state if followed and followed.last else None)
        took = "accepted" if record.state is State.SUCCEEDED else "may have taken"
        return self._message(
            record,
            mark,
            f"{mark.word}: {describe(record)} {state}, {_after(record)} after the {words.noun} "
            f"by {asker}. {next_text(outcome)}{request_id_text(outcome)}",
            (
                (
                    f"{self._frame.vendor(record)} {took} the {words.noun}. ",
                    *_task_line(record),
                    f"{outcome.says} ",
                    *next_step(outcome),
                ),
            ),
            outcome,
        )

    def _cannot_tell(self, record: Record, outcome: Outcome) -> Reply:
        vendor = self._frame.vendor(record)
        noun = WORDS[record.command.verb].noun
        asker = person(record.origin.requester_name)
        return self._message(
            record,
            Mark.CANNOT_TELL,
            f"Cannot tell: {vendor} took the {noun} of {describe(record)} by {asker}. "
            f"{outcome.says} {next_text(outcome)}{request_id_text(outcome)}",
            ((f"{vendor} accepted the {noun}. {outcome.says} ", *next_step(outcome)),),
            outcome,
        )


def _still(state: TaskState | None) -> str:
    """As "still has no stream"."""
    if state is None:
        return "is in a state that could not be read"
    return "still has no stream" if state is TaskState.NO_STREAM else f"is {state}"


def _watching(record: Record) -> str:
    if record.verdict is not Verdict.FOLLOWING:
        return ""
    return f"Watching until {clock(record.follow_until or 0)}."


def _spaced(text: str) -> str:
    return f" {text}" if text else ""


def _task_line(record: Record) -> Line:
    """As "Task: running → no stream (`inactive`). "; nothing where it was not read."""
    last = record.followed.last if record.followed else None
    before = record.facts if record.facts and not record.facts.unseen else None
    if last is None:
        return ()
    was = f"{before.facts.state} → " if before and before.facts.state != last.facts.state else ""
    return (f"Task: {was}", *state_line(last.facts), ". ")


def _after(record: Record) -> str:
    """How long after the request: "14 s"."""
    last = record.followed.last if record.followed else None
    seconds = (last.at if last else record.finished_at or 0) - (record.sent_at or 0)
    return f"{max(0, round(timedelta(seconds=seconds).total_seconds()))} s"


def _was_lost(record: Record) -> bool:
    return record.state is State.UNKNOWN
