"""What became of several tasks, counted. Pure: the numbers always add up to the tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from bot.journal.record import OutcomeWord, Record, State, Verdict

__all__ = ["End", "Sent", "count_ends", "count_sent", "end_of", "sent_of", "took"]


class Sent(StrEnum):
    """What became of sending to one task. In the order in which people read it."""

    ACCEPTED = "accepted"
    ALREADY_SO = "already so"
    REFUSED = "refused"
    DOWN = "down"  # half done: stopped and not started
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    TO_GO = "to go"


class End(StrEnum):
    """What became of one task in the end; the values are for the code, not for people."""

    PROVED = "proved"
    RUNNING = "running"  # it runs, and was not seen to stop
    WATCHED = "watched"  # accepted, and still followed
    NOT_BACK = "not back"
    CANNOT_TELL = "cannot tell"
    ALREADY_SO = "already so"
    DOWN = "down"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    TO_GO = "to go"


_UNSENT = (State.DENIED, State.DECLINED, State.CANCELLED, State.EXPIRED)

_FAILED: Mapping[OutcomeWord, Sent] = {
    OutcomeWord.REFUSED: Sent.REFUSED,
    OutcomeWord.DOWN: Sent.DOWN,
    OutcomeWord.NOT_SENT: Sent.NOT_SENT,
}
_AFTER_ALL: Mapping[OutcomeWord, End] = {
    OutcomeWord.PROVED: End.PROVED,
    OutcomeWord.RUNNING: End.RUNNING,
    OutcomeWord.NOT_BACK: End.NOT_BACK,
    OutcomeWord.CANNOT_TELL: End.CANNOT_TELL,
    OutcomeWord.UNKNOWN: End.UNKNOWN,
}


def sent_of(child: Record) -> Sent:
    """What became of sending to this task."""
    word = child.outcome.word if child.outcome else None
    if not child.state.final:
        return Sent.TO_GO
    if child.state in _UNSENT:
        return Sent.NOT_SENT
    if child.state is State.UNKNOWN or word is None:
        return Sent.UNKNOWN
    if child.state is State.FAILED:
        return _FAILED.get(word, Sent.REFUSED)
    return Sent.ALREADY_SO if word is OutcomeWord.ALREADY_SO else Sent.ACCEPTED


def end_of(child: Record) -> End:
    """What became of this task in the end, as far as it is known."""
    sent = sent_of(child)
    if sent not in (Sent.ACCEPTED, Sent.UNKNOWN):
        return End(sent.value)
    if child.verdict is Verdict.FOLLOWING:
        return End.WATCHED if sent is Sent.ACCEPTED else End.UNKNOWN
    if child.verdict is None or child.outcome is None:  # there is no status to prove it by
        return End.CANNOT_TELL if sent is Sent.ACCEPTED else End.UNKNOWN
    return _AFTER_ALL.get(child.outcome.word, End.CANNOT_TELL)


def took(child: Record) -> bool:
    """Whether the change certainly happened: the vendor took it, or its status proves it."""
    sent = sent_of(child)
    return sent is Sent.ACCEPTED or (sent is Sent.UNKNOWN and end_of(child) is End.PROVED)


def count_sent(children: Iterable[Record]) -> dict[Sent, int]:
    """How many of each; every key is there."""
    counted = Counter(sent_of(child) for child in children)
    return {sent: counted[sent] for sent in Sent}


def count_ends(children: Sequence[Record]) -> dict[End, Sequence[Record]]:
    """The tasks of each end, in the order of typing; only the ends that are there."""
    ends = [(end_of(child), child) for child in children]
    return {
        end: [child for mine, child in ends if mine is end]
        for end in End
        if any(mine is end for mine, _ in ends)
    }
