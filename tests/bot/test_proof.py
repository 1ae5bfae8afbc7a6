"""What a look proves: "running again" only where the vendor's own status shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.command import TaskCommand
from bot.journal import (
    Followed,
    Look,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    Verdict,
)
from bot.proof import judged, out_of_time, unreadable
from providers.facts import Facts, TaskState
from providers.operation import Verb

SENT = 1_800_000_000.0


def followed_record(
    verb: Verb, state: State = State.SUCCEEDED, down_at: float | None = None
) -> Record:
    return Record(
        id="4T7Q2",
        state=state,
        version=3,
        shown_version=3,
        attempt=1,
        owner="me",
        due_at=None,
        command=TaskCommand(
            verb=verb, where="tencent:pull", account="prod", task="123", region="ap-guangzhou"
        ),
        origin=Origin(
            request_key="k", requester="U123", requester_name="ann", team="T", channel="C123"
        ),
        decider=None,
        decider_name=None,
        confirm=None,
        rule=None,
        ticket=None,
        message_ts=None,
        copy_ts=None,
        posts=0,
        live_key="tencent:pull|prod|123",
        outcome=Outcome(word=OutcomeWord.ACCEPTED, request_id="r-1"),
        asked_at=SENT - 1,
        approved_at=SENT - 1,
        sent_at=SENT,
        finished_at=SENT + 0.2,
        verdict=Verdict.FOLLOWING,
        follow_until=SENT + 120,
        followed=Followed(down_at=down_at),
    )


def look(state: TaskState, *, reported_at: float | None = None, word: str = "") -> Look:
    return Look(SENT + 14, Facts(id="123", state=state, word=word, reported_at=reported_at))


S = TaskState
PROVES = [
    # verb, seen down, what the look tells, whether it is proved
    (Verb.RESTART, True, S.RUNNING, None, True),
    (Verb.RESTART, False, S.RUNNING, None, False),
    (Verb.RESTART, False, S.RUNNING, SENT + 5, True),  # a report newer than the request
    (Verb.RESTART, False, S.RUNNING, SENT - 5, False),
    (Verb.RESTART, True, S.NO_STREAM, None, False),
    (Verb.RESTART, True, S.DEGRADED, None, False),
    (Verb.RESTART, True, S.UNKNOWN, None, False),
    (Verb.START, False, S.RUNNING, None, True),
    (Verb.START, False, S.STOPPED, None, False),
    (Verb.STOP, False, S.STOPPED, None, True),
    (Verb.STOP, False, S.ENDED, None, True),
    (Verb.STOP, False, S.NOT_FOUND, None, True),  # how TRTC tells of an ended ingest
    (Verb.STOP, False, S.RUNNING, None, False),
    (Verb.DELETE, False, S.NOT_FOUND, None, True),
    (Verb.DELETE, False, S.ENDED, None, False),
    (Verb.DELETE, False, S.STOPPED, None, False),
]


@pytest.mark.parametrize(("verb", "seen_down", "state", "reported_at", "proved"), PROVES)
def test_only_the_vendors_status_proves_an_end(
    verb: Verb, seen_down: bool, state: TaskState, reported_at: float | None, proved: bool
) -> None:
    """Seen not to run and then to run, or a newer report; stopped; gone."""
    record = followed_record(verb, down_at=SENT + 1 if seen_down else None)
    proof = judged(record, look(state, reported_at=reported_at))
    assert (proof is not None and proof.verdict is Verdict.RECOVERED) == proved
    if proof and proved:
        assert proof.word is OutcomeWord.PROVED


def test_a_deleted_task_that_is_still_listed_as_ended_is_gone() -> None:
    """Some vendors list it for a while; what had ended before the delete proves nothing."""
    record = followed_record(Verb.DELETE)
    ran = replace(record, facts=look(S.RUNNING))
    ended = replace(record, facts=look(S.ENDED))
    assert judged(ran, look(S.ENDED)) is not None
    assert judged(ended, look(S.ENDED)) is None


def test_a_report_is_compared_on_the_vendors_clock() -> None:
    """A vendor whose clock is 60 s ahead dates its reports 60 s later."""
    record = followed_record(Verb.RESTART)
    told = look(S.RUNNING, reported_at=SENT + 30)
    assert judged(record, told, ahead=60.0) is None
    assert judged(record, told, ahead=0.0) is not None


def test_a_report_proves_no_restart_whose_answer_was_lost() -> None:
    """The request may never have arrived, and then the stream ran all the time."""
    lost = followed_record(Verb.RESTART, State.UNKNOWN)
    assert judged(lost, look(S.RUNNING, reported_at=SENT + 5)) is None
    seen_down = followed_record(Verb.RESTART, State.UNKNOWN, down_at=SENT + 1)
    assert judged(seen_down, look(S.RUNNING)) is not None


def test_an_account_that_cannot_see_says_so_at_once() -> None:
    """An international account knows "switched on" and never says "running"."""
    proof = judged(followed_record(Verb.RESTART), look(S.SWITCHED_ON, word="enable"))
    assert proof is not None
    assert (proof.verdict, proof.word) == (Verdict.CANNOT_TELL, OutcomeWord.CANNOT_TELL)
    assert "cannot see" in proof.says


def test_a_task_that_has_ended_is_not_waited_for() -> None:
    """Nothing brings it back, so the bad news comes at once."""
    proof = judged(followed_record(Verb.RESTART), look(S.ENDED))
    assert proof is not None
    assert (proof.verdict, proof.word) == (Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK)


ENDS = [
    # verb, was the answer lost, the last look -> what is said when the time is over
    (Verb.RESTART, State.SUCCEEDED, S.NO_STREAM, Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK),
    (Verb.RESTART, State.UNKNOWN, S.NO_STREAM, Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK),
    (Verb.RESTART, State.SUCCEEDED, S.RUNNING, Verdict.CANNOT_TELL, OutcomeWord.RUNNING),
    (Verb.RESTART, State.UNKNOWN, S.RUNNING, Verdict.CANNOT_TELL, OutcomeWord.UNKNOWN),
    (Verb.RESTART, State.SUCCEEDED, None, Verdict.CANNOT_TELL, OutcomeWord.CANNOT_TELL),
    (Verb.RESTART, State.UNKNOWN, None, Verdict.CANNOT_TELL, OutcomeWord.UNKNOWN),
    (Verb.RESTART, State.SUCCEEDED, S.UNKNOWN, Verdict.CANNOT_TELL, OutcomeWord.CANNOT_TELL),
    (Verb.START, State.SUCCEEDED, S.STOPPED, Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK),
    (Verb.STOP, State.SUCCEEDED, S.RUNNING, Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK),
    (Verb.STOP, State.UNKNOWN, S.RUNNING, Verdict.CANNOT_TELL, OutcomeWord.UNKNOWN),
    (Verb.DELETE, State.SUCCEEDED, S.RUNNING, Verdict.NOT_RECOVERED, OutcomeWord.NOT_BACK),
    (Verb.DELETE, State.UNKNOWN, S.RUNNING, Verdict.CANNOT_TELL, OutcomeWord.UNKNOWN),
]


@pytest.mark.parametrize(("verb", "state", "last", "verdict", "word"), ENDS)
def test_when_the_time_is_over_the_truth_is_said(
    verb: Verb, state: State, last: TaskState | None, verdict: Verdict, word: OutcomeWord
) -> None:
    """Never "running again" without proof, never "failed" for what is unknown."""
    proof = out_of_time(followed_record(verb, state), look(last) if last else None)
    assert (proof.verdict, proof.word) == (verdict, word)
    assert proof.says
    assert proof.step


def test_a_status_that_cannot_be_read_is_told_with_its_reason() -> None:
    """The reason for "cannot tell" is the vendor's own no."""
    proof = unreadable(followed_record(Verb.RESTART), "The bot's key may not do this.")
    assert proof.word is OutcomeWord.CANNOT_TELL
    assert "key" in proof.says
    lost = unreadable(replace(followed_record(Verb.STOP), state=State.UNKNOWN), "No.")
    assert lost.word is OutcomeWord.UNKNOWN
