"""The message of one operation, in each of its states. Pure: a record in, a reply out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.command import Vocabulary
from bot.journal.record import Outcome, OutcomeWord, Record, State
from bot.reply import Bold, Button, Code, Line, Mark, Reply, clock
from bot.settings import Settings
from providers.operation import Effect, Kind, Operation, Verb

__all__ = ["CANCEL", "CONFIRM", "DECLINE", "WITHDRAW", "Screens", "Words", "describe", "short_id"]

CONFIRM = "confirm"
CANCEL = "cancel"
DECLINE = "decline"
WITHDRAW = "withdraw"


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


def short_id(task: str) -> str:
    """A task id for a button's label: at most 14 characters."""
    return task if len(task) <= 14 else f"{task[:7]}…{task[-4:]}"


def describe(record: Record) -> str:
    """The target as `text` names it: "tencent:pull 123 (main-feed, ap-guangzhou, account prod)"."""
    command = record.command
    app = f"app {command.app}" if command.app is not None else ""
    inside = (command.target or "", app, command.region, f"account {command.account}")
    return f"{command.where} {command.task} ({', '.join(part for part in inside if part)})"


def _person(name: str | None) -> str:
    return f"@{name or 'somebody'}"


class Screens:
    """Knows the vendors' names and the configuration, so that a record is all it needs."""

    def __init__(self, settings: Settings, vocabulary: Vocabulary) -> None:
        self._settings = settings
        self._vocabulary = vocabulary
        self._catalogue = vocabulary.catalogue

    def of(self, record: Record) -> Reply:
        """What the channel must see now."""
        screens: Mapping[State, Callable[[Record], Reply]] = {
            State.WAITING: self._card,
            State.DECLINED: self._declined,
            State.CANCELLED: self._cancelled,
            State.EXPIRED: self._expired,
            State.APPROVED: self._on_its_way,
            State.SENDING: self._on_its_way,
            State.SUCCEEDED: self._ended,
            State.FAILED: self._ended,
            State.UNKNOWN: self._ended,
        }
        return screens[record.state](record)

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

    # On the way

    def _on_its_way(self, record: Record) -> Reply:
        if record.outcome and record.outcome.word is OutcomeWord.WAITING_FOR_QUOTA:
            return self._waiting_for_quota(record, record.outcome)
        third = WORDS[record.command.verb].third
        asker = _person(record.origin.requester_name)
        return self._message(record, Mark.SENDING, f"Sending: {asker} {third} {describe(record)}.")

    def _waiting_for_quota(self, record: Record, outcome: Outcome) -> Reply:
        body: Line = (f"{outcome.says} ", Bold("Next:"), f" {outcome.step}.")
        return self._message(
            record,
            Mark.WAITING_FOR_QUOTA,
            f"Waiting for quota: {outcome.says} {describe(record)} has not been sent yet.",
            body=(body,),
            outcome=outcome,
        )

    # Cards

    def _card(self, record: Record) -> Reply:
        operation = self.operation(record)
        command = record.command
        asker = _person(record.origin.requester_name)
        until = clock(record.due_at or 0)
        second = record.confirm == "second-person"
        mark = Mark.WAITING_FOR_SECOND if second else Mark.WAITING
        who = f"Somebody allowed other than {asker} decides" if second else f"{asker} decides"
        protected = ", protected" if command.target and second else ""
        text = (
            f"{mark.word}: {asker} wants to {WORDS[command.verb].base} {describe(record)}"
            f"{protected}. {who} until {until}."
        )
        warning: Line = (Bold(operation.warning or f"It {operation.does}."),)
        if command.reason:
            warning = (*warning, f' Reason: "{command.reason}".')
        return Reply(
            text=text,
            mark=mark,
            head=self._head(record),
            fields=self._typed_facts(record),
            body=(warning,),
            context=(
                (f"{who} · until {until} · op {record.id}",),
                *((note,) for note in command.notes),
            ),
            buttons=self._card_buttons(record, operation, second=second),
        )

    def _card_buttons(
        self, record: Record, operation: Operation, *, second: bool
    ) -> tuple[Button, ...]:
        ticket = record.ticket or ""
        noun = self.kind(record).noun
        act = "End" if operation.effect is Effect.ENDS else operation.verb.capitalize()
        yes = Button(
            action=CONFIRM,
            label=f"{act} {noun} {short_id(record.command.task)}"[:30],
            described=f"{act} {noun} {record.command.task}"[:75],
            ticket=ticket,
            style="danger" if operation.effect.irreversible else "primary",
        )
        if second:
            return (
                yes,
                Button(action=DECLINE, label="Decline", ticket=ticket),
                Button(action=WITHDRAW, label="Withdraw", ticket=ticket),
            )
        return (yes, Button(action=CANCEL, label="Cancel", ticket=ticket))

    def _typed_facts(self, record: Record) -> tuple[tuple[str, Line], ...]:
        command = record.command
        facts: list[tuple[str, Line]] = []
        if command.target:
            facts.append(("Name", (Code(command.target),)))
        if command.app is not None:
            facts.append(("App", (Code(str(command.app)),)))
        facts.append(("Region", (Code(command.region),)))
        facts.append(("Account", (Code(command.account),)))
        return tuple(facts)

    # Ends without sending

    def _declined(self, record: Record) -> Reply:
        ing = WORDS[record.command.verb].ing
        return self._message(
            record,
            Mark.DECLINED,
            f"Declined: {_person(record.decider_name)} said no to {ing} {describe(record)}, "
            f"asked by {_person(record.origin.requester_name)}. Nothing was sent.",
            body=((f"{_person(record.decider_name)} said no. Nothing was sent.",),),
        )

    def _cancelled(self, record: Record) -> Reply:
        noun = WORDS[record.command.verb].noun
        return self._message(
            record,
            Mark.CANCELLED,
            f"Cancelled: {_person(record.decider_name)} withdrew the {noun} of "
            f"{describe(record)}. Nothing was sent.",
            body=((f"{_person(record.decider_name)} withdrew it. Nothing was sent.",),),
        )

    def _expired(self, record: Record) -> Reply:
        again = record.command.typed()
        ing = WORDS[record.command.verb].ing
        if record.outcome and record.outcome.word is OutcomeWord.NOT_SENT:
            why, short = f"{ing} {describe(record)}: {record.outcome.says}", record.outcome.says
        elif record.ticket is None and record.approved_at is None:
            why = f"{ing} {describe(record)} was not decided in time"
            short = "It was not decided in time"
        elif record.approved_at is None:
            minutes = _span(self._settings.timeouts.confirm_seconds)
            why = f"nobody confirmed {ing} {describe(record)} within {minutes}"
            short = f"Nobody confirmed within {minutes}"
        else:
            why = f"{ing} {describe(record)} could not be sent in time"
            short = "It could not be sent in time"
        nothing = "The vendor did nothing" if record.attempt else "Nothing was sent"
        return self._message(
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

    def expired_when_pressed(self, record: Record) -> str:
        """For somebody who presses too late."""
        again = record.command.typed()
        at = clock(record.finished_at or 0)
        return f"This card expired at {at}. Nothing was sent. To ask again: {again}"

    # Ends

    def _ended(self, record: Record) -> Reply:
        outcome = record.outcome or _LOST
        ends: Mapping[OutcomeWord, Callable[[Record, Outcome], Reply]] = {
            OutcomeWord.ACCEPTED: self._accepted,
            OutcomeWord.ALREADY_SO: self._already_so,
            OutcomeWord.REFUSED: self._refused,
            OutcomeWord.NOT_SENT: self._not_sent,
            OutcomeWord.UNKNOWN: self._unknown,
        }
        return ends[outcome.word](record, outcome)

    def _accepted(self, record: Record, outcome: Outcome) -> Reply:
        noun = WORDS[record.command.verb].noun
        asker = _person(record.origin.requester_name)
        return self._message(
            record,
            Mark.ACCEPTED,
            f"Accepted: {self.vendor(record)} took the {noun} of {describe(record)} by "
            f"{asker}.{_request_id(outcome, self.vendor(record))}",
            body=(
                (
                    f"{self.vendor(record)} took the {noun}. ",
                    Bold("Next:"),
                    f" check the stream; {self.kind(record).console} shows the task.",
                ),
            ),
            outcome=outcome,
        )

    def _already_so(self, record: Record, outcome: Outcome) -> Reply:
        return self._message(
            record,
            Mark.ALREADY_SO,
            f"Already so: {describe(record)} {outcome.says}. Nothing to "
            f"{WORDS[record.command.verb].base}.{_request_id(outcome)}",
            body=((Code(outcome.code), f": {outcome.says}. ", *_next(outcome)),),
            outcome=outcome,
        )

    def _refused(self, record: Record, outcome: Outcome) -> Reply:
        base = WORDS[record.command.verb].base
        body: Line = (f"{outcome.says} ", *_next(outcome))
        if outcome.retry:
            body = (*body, f" Trying again: {outcome.retry}.")
        return self._message(
            record,
            Mark.REFUSED,
            f"Refused: {self.vendor(record)} did not {base} {describe(record)}: "
            f"{outcome.label}, {outcome.code}. {outcome.says} {_next_text(outcome)}"
            f"{_request_id(outcome)}",
            body=(body,),
            outcome=outcome,
        )

    def _not_sent(self, record: Record, outcome: Outcome) -> Reply:
        past = WORDS[record.command.verb].past
        return self._message(
            record,
            Mark.NOT_SENT,
            f"Not sent: {outcome.says} {describe(record)} was not {past}. "
            f"{_next_text(outcome)}{_request_id(outcome)}",
            body=((f"{outcome.says} ", *_next(outcome)),),
            outcome=outcome,
        )

    def _unknown(self, record: Record, outcome: Outcome) -> Reply:
        words = WORDS[record.command.verb]
        code = f" ({outcome.code})" if outcome.code else ""
        return self._message(
            record,
            Mark.UNKNOWN,
            f"Unknown: {words.ing} {describe(record)} for "
            f"{_person(record.origin.requester_name)}{code}. {outcome.says} Not sent again. "
            f"{_next_text(outcome)}{_request_id(outcome)}",
            body=((f"{outcome.says} I do not send it a second time. ", *_next(outcome)),),
            outcome=outcome,
        )

    # The common frame

    def _message(
        self,
        record: Record,
        mark: Mark,
        text: str,
        *,
        body: tuple[Line, ...] = (),
        outcome: Outcome | None = None,
    ) -> Reply:
        return Reply(
            text=text,
            mark=mark,
            head=self._head(record),
            body=body,
            context=self._context(record, outcome),
        )

    def _head(self, record: Record) -> Line:
        command = record.command
        return (f"{command.verb} · {command.where} ", Code(command.task))

    def _context(self, record: Record, outcome: Outcome | None) -> tuple[Line, ...]:
        command = record.command
        when = record.finished_at or record.sent_at or record.asked_at
        parts = [_person(record.origin.requester_name)]
        if record.decider and record.decider != record.origin.requester:
            parts.append(f"yes by {_person(record.decider_name)}")
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
        notes = (*command.notes, *(outcome.notes if outcome else ()))
        return (first, *reason, *((note,) for note in notes))


_LOST = Outcome(word=OutcomeWord.UNKNOWN, says="The journal does not hold what came of it.")


def _next(outcome: Outcome) -> Line:
    return (Bold("Next:"), f" {_who_does_what(outcome)}.") if outcome.step else ()


def _next_text(outcome: Outcome) -> str:
    return f"Next: {_who_does_what(outcome)}." if outcome.step else ""


def _who_does_what(outcome: Outcome) -> str:
    """As "account owner tops it up in the billing console"."""
    return f"{outcome.who} {outcome.step}".strip()


def _request_id(outcome: Outcome, vendor: str = "") -> str:
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


def _span(seconds: float) -> str:
    """A length of time for people: "5 minutes", "90 s"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes and not rest:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    return f"{round(seconds)} s" if seconds >= 1 else f"{seconds:g} s"
