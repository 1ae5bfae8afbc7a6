"""The neighbours' notice: who changed the task a short while ago, and when that asks for a yes."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.command import TaskCommand
from bot.journal import (
    Journal,
    Neighbour,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    Verdict,
)
from bot.neighbours import asks, neighbour, neighbour_of
from providers.operation import Verb
from tests.journals import opened

pytest_plugins = ["tests.postgres", "tests.journals"]

NOON = 1_800_014_400.0  # 12:00:00 UTC

_DELIVERIES = itertools.count()


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def journal(journal_url: str, clock: Clock) -> AsyncIterator[Journal]:
    """On each engine."""
    made = await opened(journal_url, clock)
    yield made
    await made.close()


async def asked(
    journal: Journal, who: str, *, task: str = "123", channel: str = "C123", direct: bool = False
) -> Record:
    command = TaskCommand(
        verb=Verb.RESTART, where="tencent:pull", account="prod", task=task, region="ap-guangzhou"
    )
    origin = Origin(
        request_key=f"command:{next(_DELIVERIES)}",
        requester=who,
        requester_name={"U123": "ann", "U456": "bob"}[who],
        team="T123",
        channel=channel,
        direct=direct,
    )
    record = await journal.ask(command, origin)
    assert record is not None
    return record


async def sent(journal: Journal, who: str, **more: Any) -> Record:
    """A change that has left."""
    record = await asked(journal, who, **more)
    approved = await journal.approve(record, actor=who, lasts=60)
    assert approved is not None
    claimed = await journal.claim(approved, 20)
    assert claimed is not None
    return claimed


async def ended(
    journal: Journal,
    record: Record,
    word: OutcomeWord = OutcomeWord.ACCEPTED,
    state: State = State.SUCCEEDED,
    **values: Any,
) -> Record:
    finished = await journal.finish(record, state, Outcome(word=word), **values)
    assert finished is not None
    return finished


async def test_who_what_where_and_when(journal: Journal, clock: Clock) -> None:
    """The last change of the same task, with its verb, channel, and how long it is followed."""
    before = await ended(
        journal,
        await sent(journal, "U456", channel="C456"),
        verdict=Verdict.FOLLOWING,
        follow_until=NOON + 120,
    )
    clock.at += 40
    record = await asked(journal, "U123")
    assert await neighbour(journal, record, cool_down=60) == Neighbour(
        operation=before.id,
        verb=Verb.RESTART,
        by="U456",
        by_name="bob",
        channel="C456",
        direct=False,
        at=NOON,
        watched_until=NOON + 120,
        asks=True,
    )


async def test_of_several_the_last(journal: Journal, clock: Clock) -> None:
    """Older ones are history."""
    await ended(journal, await sent(journal, "U456"))
    clock.at += 10
    last = await ended(journal, await sent(journal, "U123", direct=True))
    clock.at += 10
    beside = await neighbour(journal, await asked(journal, "U123"), cool_down=60)
    assert beside is not None
    assert (beside.operation, beside.direct, beside.watched_until) == (last.id, True, None)


@pytest.mark.parametrize(
    ("age", "task", "known"),
    [(0.0, "123", True), (600.0, "123", True), (601.0, "123", False), (40.0, "456", False)],
)
async def test_how_far_back(
    journal: Journal, clock: Clock, age: float, task: str, known: bool
) -> None:
    """Ten minutes, and of this task only."""
    await ended(journal, await sent(journal, "U456"))
    clock.at += age
    record = await asked(journal, "U123", task=task)
    assert (await neighbour(journal, record, cool_down=60) is not None) is known


@pytest.mark.parametrize(
    ("state", "word", "touched"),
    [
        (State.SUCCEEDED, OutcomeWord.ACCEPTED, True),
        (State.SUCCEEDED, OutcomeWord.PROVED, True),
        (State.SUCCEEDED, OutcomeWord.NOT_BACK, True),
        (State.SUCCEEDED, OutcomeWord.CANNOT_TELL, True),
        (State.UNKNOWN, OutcomeWord.UNKNOWN, True),
        (State.FAILED, OutcomeWord.DOWN, True),
        (State.SUCCEEDED, OutcomeWord.ALREADY_SO, False),
        (State.FAILED, OutcomeWord.REFUSED, False),
        (State.FAILED, OutcomeWord.NOT_SENT, False),
    ],
)
async def test_only_what_may_have_touched_the_task(
    journal: Journal, state: State, word: OutcomeWord, touched: bool
) -> None:
    """What the vendor refused, or was so before, is no reason to wait."""
    before = await ended(journal, await sent(journal, "U456"), word, state)
    assert (neighbour_of(before) is not None) is touched


async def test_what_never_left_is_no_neighbour(journal: Journal) -> None:
    """Asked is not sent."""
    assert neighbour_of(await asked(journal, "U456")) is None


async def test_half_done_is_a_neighbour_even_if_its_second_step_was_refused(
    journal: Journal,
) -> None:
    """The first step went through: the stream is stopped."""
    before = await ended(journal, await sent(journal, "U456"), OutcomeWord.REFUSED, State.FAILED)
    assert neighbour_of(before) is None
    half = replace(before, first_step=Outcome(word=OutcomeWord.ACCEPTED))
    assert neighbour_of(half) is not None


@pytest.mark.parametrize(
    ("who", "age", "cool_down", "asked_first"),
    [
        ("U456", 40.0, 60.0, True),
        ("U456", 59.9, 60.0, True),
        ("U456", 60.0, 60.0, False),
        ("U456", 0.0, 0.0, False),
        ("U123", 40.0, 60.0, False),
    ],
    ids=["fresh", "just", "over", "switched off", "the asker's own"],
)
async def test_when_a_change_asks_first(
    journal: Journal, who: str, age: float, cool_down: float, asked_first: bool
) -> None:
    """Somebody else's, within the cool-down; 0 switches it off."""
    before = neighbour_of(await ended(journal, await sent(journal, who)))
    assert before is not None
    record = await asked(journal, "U123")
    assert asks(before, record, cool_down, NOON + age) is asked_first
