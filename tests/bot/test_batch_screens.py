"""What is shown of several tasks: the numbers always add up, and trouble is told one by one."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.batches import stop_outcome
from bot.command import TaskCommand, Vocabulary
from bot.journal import Origin, Outcome, OutcomeWord, Record, State, Verdict
from bot.screens import HALT, STATUS
from bot.screens.batch import BatchScreens, count_ends, count_sent, troubled
from bot.settings import load
from providers.catalogue import discover
from providers.operation import Verb

CONFIG = """
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
access_key_id = "env:ID"
access_key_secret = "env:KEY"
"""
ORIGIN = Origin(
    request_key="command:1", requester="U123", requester_name="ann", team="T123", channel="C123"
)
STOPPED_BY_BOB = stop_outcome("@bob stopped the rest.", "type it again")


def command(*tasks: str) -> TaskCommand:
    return TaskCommand(
        verb=Verb.RESTART,
        where="tencent:pull",
        account="prod",
        task=tasks[0],
        others=tasks[1:],
        region="ap-guangzhou",
    )


def one(task: str, state: State, word: OutcomeWord | None = None, **values: object) -> Record:
    """A task of a batch, as the journal holds it."""
    outcome = None if word is None else Outcome(word=word, request_id=f"r-{task}", says="So it is.")
    usual = Record(
        id=f"C{task}",
        state=state,
        version=1,
        shown_version=0,
        attempt=1,
        owner=None,
        due_at=None,
        command=command(task),
        origin=ORIGIN,
        decider=None,
        decider_name=None,
        confirm=None,
        rule=None,
        ticket=None,
        message_ts=None,
        copy_ts=None,
        posts=0,
        live_key=task,
        outcome=outcome,
        asked_at=0.0,
        approved_at=None,
        sent_at=None,
        finished_at=None,
        batch="PPPPP",
    )
    return replace(usual, **values)  # type: ignore[arg-type]  # columns by name


def parent_of(children: Sequence[Record], state: State, **values: object) -> Record:
    tasks = [child.command.task for child in children]
    whole = one("0", state, id="PPPPP", batch=None, command=command(*tasks), ticket="t")
    return replace(whole, **{"button": "b", **values})  # type: ignore[arg-type]


def go_on(state: State, word: OutcomeWord, verdict: Verdict | None, count: int) -> list[Record]:
    start = sum(map(ord, f"{state}{word}{verdict}")) * 100
    tasks = (str(start + number) for number in range(count))
    return [one(task, state, word, verdict=verdict) for task in tasks]


FINE, LOST, BAD = State.SUCCEEDED, State.UNKNOWN, State.FAILED
WORD = OutcomeWord
MIXED = [
    *go_on(FINE, WORD.PROVED, Verdict.RECOVERED, 40),
    *go_on(FINE, WORD.RUNNING, Verdict.CANNOT_TELL, 1),
    *go_on(FINE, WORD.ACCEPTED, Verdict.FOLLOWING, 1),
    *go_on(FINE, WORD.ALREADY_SO, None, 1),
    *go_on(LOST, WORD.PROVED, Verdict.RECOVERED, 1),
    *go_on(BAD, WORD.NOT_SENT, None, 2),
    one("456", FINE, WORD.NOT_BACK, verdict=Verdict.NOT_RECOVERED),
    one("789", BAD, WORD.REFUSED),
    one("555", LOST, WORD.UNKNOWN, verdict=Verdict.CANNOT_TELL),
    one("666", BAD, WORD.DOWN),
]


@pytest.fixture
def screens() -> BatchScreens:
    settings = load(None, {"ID": "AKIDEXAMPLE", "KEY": "x"}, discover(), text=CONFIG)
    return BatchScreens(settings, Vocabulary(discover(), settings.accounts, settings.targets))


def test_the_summary_adds_up(screens: BatchScreens) -> None:
    """Every task is in exactly one number, and those in trouble are named."""
    parent = parent_of(MIXED, State.SUCCEEDED)
    assert screens.summary(parent, MIXED).text == (
        "Restarted 44 of 50 on tencent:pull by @ann: 41 running again, 1 running, not seen to "
        "stop, 1 accepted and watched, 1 not back (456), 1 already so, 1 DOWN (666), "
        "1 refused (789), 1 unknown (555), 2 not sent."
    )
    assert sum(len(found) for found in count_ends(MIXED).values()) == 50


def test_progress_adds_up(screens: BatchScreens) -> None:
    """The bar, the counts and the text tell of all tasks; what is to go can be stopped."""
    children = [
        *go_on(FINE, WORD.ACCEPTED, Verdict.FOLLOWING, 20),
        one("789", BAD, WORD.REFUSED),
        *(one(str(number), State.APPROVED) for number in range(28)),
        one("99", State.SENDING),
    ]
    shown = screens.progress(parent_of(children, State.APPROVED), children)
    assert shown.text == (
        "Restarting 50 tasks on tencent:pull by @ann: 20 accepted, 1 refused, 29 to go."
    )
    assert "".join(map(str, shown.body[0])) == (
        "████████░░░░░░░░░░░░ "
        "21 of 50 · accepted 20 · refused 1 · unknown 0 · not sent 0 · to go 29"
    )
    assert [(button.action, button.ticket) for button in shown.buttons] == [(HALT, "t")]
    assert sum(count_sent(children).values()) == 50


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("word", [None, *OutcomeWord])
@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_every_task_counts_once(
    state: State, word: OutcomeWord | None, verdict: Verdict | None
) -> None:
    """Whatever the journal holds of it."""
    child = one("1", state, word, verdict=verdict)
    assert sum(count_sent([child]).values()) == 1
    assert [len(found) for found in count_ends([child]).values()] == [1]


def test_at_most_ten_in_trouble_are_told_one_by_one(screens: BatchScreens) -> None:
    """Each with what it means; where the others are is said."""
    children = [one(str(number), BAD, WORD.REFUSED) for number in range(30)]
    shown = screens.summary(parent_of(children, State.SUCCEEDED), children)
    lines = "".join(map(str, shown.body[1])).split("\n")
    assert lines[0].startswith("0 refused: So it is.")
    assert lines[10:] == ["and 20 more: /stream show PPPPP"]
    assert [(button.action, button.ticket) for button in shown.buttons] == [(STATUS, "b")]


def test_those_that_were_stopped_with_the_rest_are_not_trouble(screens: BatchScreens) -> None:
    """The reason is said once, for all of them."""
    children = [
        one("1", FINE, WORD.PROVED, verdict=Verdict.RECOVERED),
        *(one(str(n), State.CANCELLED, outcome=STOPPED_BY_BOB) for n in range(2, 5)),
    ]
    shown = screens.summary(parent_of(children, State.SUCCEEDED, outcome=STOPPED_BY_BOB), children)
    assert shown.body == (
        ("1 running again, 3 not sent.",),
        ("@bob stopped the rest: 1 was sent, 3 were not.",),
    )
    assert troubled(children) == []
    assert shown.buttons == ()


def test_the_table_holds_every_task_with_its_request_id(screens: BatchScreens) -> None:
    """For the thread."""
    table = screens.table(parent_of(MIXED, State.SUCCEEDED), MIXED).table
    assert table is not None
    assert len(table.rows) == 50
    assert [str(cell[0]) for cell in table.rows[-4]] == ["456", "–", "not back", "–", "r-456"]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.DECLINED, "Declined: @bob said no to restarting 2 tasks on tencent:pull "),
        (State.CANCELLED, "Cancelled: @bob withdrew the restart of 2 tasks on tencent:pull "),
        (State.EXPIRED, "Expired: nobody confirmed restarting 2 tasks on tencent:pull "),
    ],
)
def test_an_end_without_a_yes_names_the_tasks(
    screens: BatchScreens, state: State, text: str
) -> None:
    """Pure, and without their operations: the audit channel reads the same."""
    parent = parent_of([one("123", state), one("456", state)], state, decider_name="bob")
    said = screens.of(parent).text
    assert said.startswith(f"{text}(ap-guangzhou, account prod): 123, 456")
    assert "Nothing was sent." in said
