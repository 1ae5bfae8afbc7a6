"""What a look at a task proves about a change that was sent. Pure.

"Running again" is said only where the vendor's own status proves it: the stream was seen not to run
after the request and then to run, or the vendor's report on it is newer than the request.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.journal import Look, OutcomeWord, Record, State, Verdict
from providers.facts import TaskState
from providers.operation import Verb

__all__ = ["Proof", "judged", "out_of_time", "unreadable"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What following came to: its verdict, the word that the channel reads, and why."""

    verdict: Verdict
    word: OutcomeWord
    says: str = ""
    step: str = ""
    who: str = "you"


def judged(record: Record, look: Look, *, ahead: float = 0.0) -> Proof | None:
    """What is proved now; None while it is worth looking again.

    ahead: what the vendor's clock is ahead of ours, in seconds.
    """
    state = look.facts.state
    match record.command.verb:
        case Verb.DELETE:
            return _PROVED if state is TaskState.NOT_FOUND or _went(record, state) else None
        case Verb.STOP:
            return _PROVED if state is TaskState.STOPPED or state.over else None
        case Verb.START | Verb.RESTART:
            return _runs(record, look, ahead)
    return None


def _went(record: Record, state: TaskState) -> bool:
    """Some vendors go on listing a deleted task as ended; it was not before."""
    before = record.facts
    if before is None or before.unseen:
        return False
    return state is TaskState.ENDED and before.facts.state is not TaskState.ENDED


def _runs(record: Record, look: Look, ahead: float) -> Proof | None:
    match look.facts.state:
        case TaskState.RUNNING if _came_back(record, look, ahead):
            return _PROVED
        case TaskState.SWITCHED_ON:
            return Proof(
                Verdict.CANNOT_TELL,
                OutcomeWord.CANNOT_TELL,
                "The task is switched on, but this account cannot see whether video flows.",
                "check the player",
            )
        case TaskState.ENDED:
            return _not_back(record, look)
    return None


def _came_back(record: Record, look: Look, ahead: float) -> bool:
    if record.command.verb is Verb.START:
        return True
    if record.followed is not None and record.followed.down_at is not None:
        return True
    if record.state is State.UNKNOWN:
        return False  # it runs; whether the request ever arrived is not known
    reported = look.facts.reported_at
    return reported is not None and reported > (record.sent_at or 0.0) + ahead


def out_of_time(record: Record, last: Look | None, why_unseen: str = "") -> Proof:
    """What is said when the time is over and nothing was proved."""
    if last is None:
        return unreadable(record, why_unseen or "The vendor does not answer status.")
    state = last.facts.state
    lost = record.state is State.UNKNOWN
    if state is TaskState.UNKNOWN:
        return _cannot_tell(record, f'The vendor\'s word for the task is "{last.facts.word}".')
    if record.command.verb is Verb.DELETE:
        return _still(record, "The task is still listed.", "delete again; that does no harm")
    if record.command.verb is Verb.STOP:
        return _still(record, f"The task is {state}.", "stop it again, or look in the console")
    if state is TaskState.RUNNING:
        return _never_stopped(lost=lost)
    return _not_back(record, last)


def unreadable(record: Record, why: str) -> Proof:
    """The vendor's status cannot be read, and looking again does not help."""
    return _cannot_tell(record, why)


_PROVED = Proof(Verdict.RECOVERED, OutcomeWord.PROVED)


def _cannot_tell(record: Record, why: str) -> Proof:
    lost = record.state is State.UNKNOWN
    word = OutcomeWord.UNKNOWN if lost else OutcomeWord.CANNOT_TELL
    return Proof(Verdict.CANNOT_TELL, word, why, "look at the task in the vendor's console")


def _never_stopped(*, lost: bool) -> Proof:
    if lost:
        return Proof(
            Verdict.CANNOT_TELL,
            OutcomeWord.UNKNOWN,
            "It runs now. Whether it was restarted cannot be told.",
            "check the picture; if it is wrong, restart again: at worst a second short break",
        )
    return Proof(
        Verdict.CANNOT_TELL,
        OutcomeWord.RUNNING,
        "It was not seen to stop; a short break between two looks is possible.",
        "check the picture; if it is still wrong, restart again",
    )


def _still(record: Record, says: str, step: str) -> Proof:
    if record.state is State.UNKNOWN:
        return Proof(Verdict.CANNOT_TELL, OutcomeWord.UNKNOWN, says, step)
    return Proof(Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK, says, step)


_WHY_NOT_BACK = {
    TaskState.NO_STREAM: "The usual cause is a source that does not play.",
    TaskState.DEGRADED: "The vendor tries again by itself.",
    TaskState.STOPPED: "It is stopped and did not start.",
    TaskState.WAITING: "Its start time has not come.",
    TaskState.ENDED: "It has ended, and nothing brings it back.",
    TaskState.NOT_FOUND: "There is no such task any more.",
}


def _not_back(record: Record, look: Look) -> Proof:
    facts = look.facts
    why = f"The vendor says: {facts.why}." if facts.why else _WHY_NOT_BACK.get(facts.state, "")
    source = f" ({facts.source})" if facts.source else ""
    if facts.state.over:
        step = "look at the task in the vendor's console"
    else:
        again = WORD_AGAIN[record.command.verb]
        step = f"check the source{source}, then the player; {again} again helps only if it plays"
    return Proof(Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK, why, step)


WORD_AGAIN = {Verb.RESTART: "restarting", Verb.START: "starting"}
