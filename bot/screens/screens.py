"""The message of an operation, in each of its states. Pure: a record in, a reply out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.command import Vocabulary
from bot.journal.record import Outcome, OutcomeWord, Record, State
from bot.reply import Bold, Code, Line, Mark, Reply, clock
from bot.screens.batch import BatchScreens
from bot.screens.cards import Cards
from bot.screens.ends import Ends
from bot.screens.frame import Frame
from bot.screens.words import WORDS, describe, person
from bot.settings import Settings

__all__ = ["Screens"]


class Screens:
    """Knows the vendors' names and the configuration, so that a record is all it needs."""

    def __init__(self, settings: Settings, vocabulary: Vocabulary) -> None:
        self._frame = Frame(settings, vocabulary)
        self._cards = Cards(self._frame)
        self._ends = Ends(self._frame)
        self._several = BatchScreens(settings, vocabulary)

    def of(self, record: Record) -> Reply:
        """What the channel must see now. Of several tasks, as far as their one record tells: their
        message is drawn by `BatchScreens`, which reads the records of all of them."""
        if record.command.others:
            return self._several.of(record)
        screens: Mapping[State, Callable[[Record], Reply]] = {
            State.WAITING: self._cards.card,
            State.DECLINED: self._cards.declined,
            State.CANCELLED: self._cards.cancelled,
            State.EXPIRED: self._cards.expired,
            State.APPROVED: self._on_its_way,
            State.SENDING: self._on_its_way,
            State.SUCCEEDED: self._ends.end,
            State.FAILED: self._ends.end,
            State.UNKNOWN: self._ends.end,
        }
        return screens[record.state](record)

    def expired_when_pressed(self, record: Record) -> str:
        """For somebody who presses too late."""
        again = record.command.typed()
        at = clock(record.finished_at or 0)
        return f"This card expired at {at}. Nothing was sent. To ask again: {again}"

    def _on_its_way(self, record: Record) -> Reply:
        if record.outcome and record.outcome.word is OutcomeWord.WAITING_FOR_QUOTA:
            return self._waiting_for_quota(record, record.outcome)
        third = WORDS[record.command.verb].third
        asker = person(record.origin.requester_name)
        return self._frame.message(
            record,
            Mark.SENDING,
            f"Sending: {asker} {third} {describe(record)}.",
            body=_steps(record.first_step) if record.first_step else (),
        )

    def _waiting_for_quota(self, record: Record, outcome: Outcome) -> Reply:
        body: Line = (f"{outcome.says} ", Bold("Next:"), f" {outcome.step}.")
        return self._frame.message(
            record,
            Mark.WAITING_FOR_QUOTA,
            f"Waiting for quota: {outcome.says} {describe(record)} has not been sent yet.",
            body=(body,),
            outcome=outcome,
        )


def _steps(first: Outcome) -> tuple[Line, ...]:
    took = f", {first.took:.1f} s" if first.took is not None else ""
    return (
        (
            f"Step 1 of 2: stopped{took}, RequestId ",
            Code(first.request_id or "none"),
            ". Step 2 of 2: starting.",
        ),
    )
