"""What was done before: the history and its filters; and what choices under an answer stand for."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.command import TaskCommand
from bot.journal import Journal, Origin, Outcome, OutcomeWord, Record, State
from bot.journal.menus import CHOICE_SECONDS
from bot.journal.past import HISTORY_ROWS, Filters
from bot.journal.schema import menu
from providers.operation import Verb
from tests.journals import opened

pytest_plugins = ["tests.postgres", "tests.journals"]

START = 1_800_000_000.0


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

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


RESTART = TaskCommand(
    verb=Verb.RESTART, where="tencent:pull", account="prod", task="123", region="ap-guangzhou"
)
ANN = Origin(request_key="", requester="U123", requester_name="ann", team="T123", channel="C123")
BOB = replace(ANN, requester="U456", requester_name="Bob", channel="C456")
BOB_IN_PRIVATE = replace(BOB, channel="D456", direct=True)


class Teller:
    """Puts operations into a journal, one second apart."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.clock = clock

    async def asked(self, origin: Origin, task: str = "123", **changed: object) -> Record:
        self.clock.at += 1
        command = RESTART.model_copy(update={"task": task, **changed})
        key = f"command:{self.clock.at}"
        record = await self.journal.ask(command, replace(origin, request_key=key))
        assert record is not None
        return record

    async def batch(self, *tasks: str) -> Record:
        """A command on several tasks, with its parts."""
        return await self.asked(ANN, tasks[0], others=tasks[1:])


@pytest.fixture
def teller(journal: Journal, clock: Clock) -> Teller:
    return Teller(journal, clock)


# The history


async def test_the_latest_comes_first(journal: Journal, teller: Teller) -> None:
    """Everything that was asked, in every channel, the latest first."""
    first, second = await teller.asked(ANN), await teller.asked(BOB_IN_PRIVATE)
    found = await journal.past.history(Filters())
    assert [record.id for record in found.records] == [second.id, first.id]
    assert (found.total, found.page) == (2, 1)


@pytest.mark.parametrize(
    ("filters", "tasks"),
    [
        (Filters(), ["5", "4", "3", "2", "1"]),
        (Filters(where="tencent:pull"), ["5", "4", "2", "1"]),
        (Filters(where="tencent"), ["5", "4", "3", "2", "1"]),
        (Filters(where="tencent:pu"), []),
        (Filters(where="alibaba:relay"), []),
        (Filters(where="tencent:pull", task="2"), ["2"]),
        (Filters(task="%"), []),
        (Filters(live_key="tencent:pull|prod|4"), ["4"]),
        (Filters(person="U123"), ["2", "1"]),
        (Filters(person="bob"), ["5", "4", "3"]),
        (Filters(person="BOB"), ["5", "4", "3"]),
        (Filters(person="carol"), []),
        (Filters(channel="C456"), ["4", "3"]),
        (Filters(channel="C456", person="U123"), []),
        (Filters(since=START + 4), ["5", "4"]),
    ],
)
async def test_filters_narrow_the_history(
    journal: Journal, teller: Teller, filters: Filters, tasks: list[str]
) -> None:
    """By kind, task, person, channel and time, each and together."""
    await teller.asked(ANN, "1")
    await teller.asked(ANN, "2")
    await teller.asked(BOB, "3", where="tencent:ingest")
    await teller.asked(BOB, "4")
    await teller.asked(BOB_IN_PRIVATE, "5")
    found = await journal.past.history(filters)
    assert [record.command.task for record in found.records] == tasks
    assert found.total == len(tasks)


@pytest.mark.parametrize(("asked_in", "total"), [("D456", 1), ("C123", 0), ("", 0)])
async def test_a_direct_message_is_found_by_its_channel_from_inside_only(
    journal: Journal, teller: Teller, asked_in: str, total: int
) -> None:
    """Nobody learns from outside what was asked in one direct message."""
    await teller.asked(BOB_IN_PRIVATE)
    found = await journal.past.history(Filters(channel="D456", asked_in=asked_in))
    assert found.total == total


@pytest.mark.parametrize(
    ("page", "shown", "rows"), [(0, 1, 20), (1, 1, 20), (2, 2, 3), (3, 2, 3), (10**9, 2, 3)]
)
async def test_pages_end_with_the_last(
    journal: Journal, teller: Teller, page: int, shown: int, rows: int
) -> None:
    """Whatever page is asked for, an existing one is shown."""
    for number in range(HISTORY_ROWS + 3):
        await teller.asked(ANN, str(number))
    found = await journal.past.history(Filters(), page)
    assert (found.page, len(found.records), found.total) == (shown, rows, 23)


async def test_an_empty_history_is_one_empty_page(journal: Journal) -> None:
    """Nothing was asked yet."""
    found = await journal.past.history(Filters(), 7)
    assert (list(found.records), found.total, found.page) == ([], 0, 1)


async def test_several_tasks_are_one_row_unless_one_is_asked_for(
    journal: Journal, teller: Teller
) -> None:
    """The command on several tasks stands for all of them; by task, the part is told."""
    batch = await teller.batch("3", "1", "2")
    assert [r.id for r in (await journal.past.history(Filters())).records] == [batch.id]
    of_one = await journal.past.history(Filters(where="tencent:pull", task="3"))
    assert [record.batch for record in of_one.records] == [batch.id]
    parts = await journal.batches.children(batch)
    assert [part.command.task for part in parts] == ["3", "1", "2"]


async def test_a_denied_operation_carries_what_was_said(journal: Journal, teller: Teller) -> None:
    """The refusal comes from the trail; others have none."""
    denied, other = await teller.asked(ANN), await teller.asked(ANN, "2")
    said = "Not run: tencent:pull 123 is busy."
    await journal.move(denied, State.DENIED, actor="bot", detail={"why": said}, due_at=None)
    found = await journal.past.history(Filters())
    assert dict(found.refusals) == {denied.id: said}
    assert dict(await journal.past.refusals([other])) == {}


async def test_ids_are_the_latest_first(journal: Journal, teller: Teller) -> None:
    """What an unknown id is compared with."""
    first, second = await teller.asked(ANN), await teller.asked(BOB)
    assert await journal.past.ids() == [second.id, first.id]


@pytest.mark.parametrize("word", [OutcomeWord.ACCEPTED, OutcomeWord.PROVED])
async def test_a_delete_is_remembered_proved_or_not(
    journal: Journal, teller: Teller, word: OutcomeWord
) -> None:
    """The delete before this one is found whether following has proved it by now or not."""
    first = await teller.asked(BOB, verb=Verb.DELETE)
    approved = await journal.approve(first, actor="U456", lasts=60)
    assert approved is not None
    claimed = await journal.claim(approved, 20)
    assert claimed is not None
    await journal.finish(claimed, State.SUCCEEDED, Outcome(word=word))
    second = await teller.asked(ANN, verb=Verb.DELETE)
    before = await journal.past.deleted_before(second)
    assert before is not None
    assert before.id == first.id


# Choices


async def test_a_ticket_stands_for_what_was_kept(journal: Journal) -> None:
    """Person and data come back to the letter; each ticket is another one."""
    data = {"kind": "ListCommand", "tasks": ["1", "ä"]}
    ticket = await journal.menus.keep("U123", data)
    assert await journal.menus.find(ticket) == ("U123", data)
    assert await journal.menus.keep("U123", data) != ticket
    assert await journal.menus.find("nothing") is None


async def test_a_ticket_has_its_time(journal: Journal, clock: Clock) -> None:
    """Half an hour; after that it only tells what it was."""
    ticket = await journal.menus.keep("U123", {})
    clock.at += CHOICE_SECONDS
    assert await journal.menus.find(ticket) is not None
    clock.at += 1
    assert await journal.menus.find(ticket) is None
    assert await journal.menus.find_late(ticket) == ("U123", {})


async def test_old_tickets_go_when_new_ones_come(journal: Journal, clock: Clock) -> None:
    """The table does not grow for ever."""
    await journal.menus.keep("U123", {})
    clock.at += 86_401
    kept = await journal.menus.keep("U123", {})
    rows = select(menu.c.ticket)
    left = await journal._database.commit(lambda c: list(c.execute(rows).scalars()))
    assert left == [kept]
