"""The words of reading answers, as tables: ends, order, filters, pages, what is offered."""

import itertools
from dataclasses import replace

import pytest

from bot.command import HistoryCommand, ListCommand, TaskCommand
from bot.journal import Followed, Look, Outcome, OutcomeWord, Record, State, Verdict
from bot.journal.past import Found
from bot.looks import UnseenError
from bot.reads import end_word
from bot.reads.buttons import offered
from bot.reads.choices import Choice
from bot.reads.history import history
from bot.reads.show import View, show
from bot.reads.status import last_here, one, unread
from bot.reads.tasks import LIST_ROWS, elsewhere, fits, in_order, page_of, tasks
from bot.reads.words import asked_for
from bot.reply import Reply
from bot.sandbox.block_kit import problems_of
from bot.slack.blocks import render
from providers.catalogue import discover
from providers.facts import Facts, Listing, TaskState
from providers.operation import Verb
from tests.bot.test_screens import EVIL, record

CATALOGUE = discover()
PULL = CATALOGUE.kind("tencent")
NOW = 1_800_000_000.0

STATUS = TaskCommand(
    verb=Verb.STATUS, where="tencent:pull", account="prod", task="123", region="ap-guangzhou"
)
LIST = ListCommand(where="tencent:pull", account="prod", region="ap-guangzhou")


def facts(task: str = "123", state: TaskState = TaskState.RUNNING, **more: str) -> Facts:
    return Facts(id=task, state=state, **more)  # type: ignore[arg-type]


def changed(verb: Verb, word: OutcomeWord | None = None, state: State = State.SUCCEEDED) -> Record:
    outcome = None if word is None else Outcome(word=word)
    made = record(state, outcome)
    command = made.command.model_copy(update={"verb": verb})
    return replace(made, command=command, sent_at=NOW)


# How an operation stands


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (changed(Verb.RESTART, state=State.ASKED), "Asked"),
        (changed(Verb.RESTART, state=State.DENIED), "Not allowed"),
        (changed(Verb.RESTART, state=State.DECLINED), "Declined"),
        (changed(Verb.RESTART, state=State.CANCELLED), "Cancelled"),
        (changed(Verb.RESTART, state=State.EXPIRED), "Expired"),
        (changed(Verb.RESTART, OutcomeWord.NOT_SENT, State.EXPIRED), "Expired"),
        (changed(Verb.DELETE, state=State.WAITING), "Waiting for a yes"),
        (
            replace(changed(Verb.DELETE, state=State.WAITING), confirm="second-person"),
            "Waiting for a second person",
        ),
        (changed(Verb.RESTART, state=State.APPROVED), "Sending"),
        (changed(Verb.RESTART, state=State.SENDING), "Sending"),
        (
            changed(Verb.RESTART, OutcomeWord.WAITING_FOR_QUOTA, State.APPROVED),
            "Waiting for quota",
        ),
        (changed(Verb.RESTART, OutcomeWord.ACCEPTED), "Accepted"),
        (changed(Verb.RESTART, OutcomeWord.ALREADY_SO), "Already so"),
        (changed(Verb.RESTART, OutcomeWord.REFUSED, State.FAILED), "Refused"),
        (changed(Verb.RESTART, OutcomeWord.NOT_SENT, State.FAILED), "Not sent"),
        (changed(Verb.RESTART, OutcomeWord.UNKNOWN, State.UNKNOWN), "Unknown"),
        (changed(Verb.RESTART, None, State.UNKNOWN), "Unknown"),
        (changed(Verb.RESTART, OutcomeWord.DOWN, State.FAILED), "DOWN"),
        (changed(Verb.RESTART, OutcomeWord.PROVED), "Running again"),
        (changed(Verb.RESTART, OutcomeWord.PROVED, State.UNKNOWN), "Running again"),
        (changed(Verb.RESTART, OutcomeWord.RUNNING), "Running"),
        (changed(Verb.RESTART, OutcomeWord.NOT_BACK), "Not back"),
        (changed(Verb.RESTART, OutcomeWord.CANNOT_TELL), "Cannot tell"),
        (changed(Verb.START, OutcomeWord.PROVED), "Started"),
        (changed(Verb.STOP, OutcomeWord.PROVED), "Stopped"),
        (
            replace(
                changed(Verb.STOP, OutcomeWord.PROVED),
                followed=Followed(last=Look(NOW, facts(state=TaskState.ENDED))),
            ),
            "Ended",
        ),
        (changed(Verb.STOP, OutcomeWord.NOT_BACK), "Not stopped"),
        (changed(Verb.DELETE, OutcomeWord.PROVED), "Deleted"),
        (changed(Verb.DELETE, OutcomeWord.NOT_BACK), "Not deleted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_end_has_the_glossarys_word(made: Record, word: str) -> None:
    """One word for each state, outcome and verb."""
    assert end_word(made) == word


@pytest.mark.parametrize("state", list(State))
def test_every_end_has_a_word(state: State) -> None:
    """Whatever the journal may hold, the history can tell it."""
    changes = (Verb.RESTART, Verb.START, Verb.STOP, Verb.DELETE)
    for verb, word in itertools.product(changes, OutcomeWord):
        assert end_word(changed(verb, word, state))


def test_one_of_several_that_was_left_out_was_not_sent() -> None:
    """Somebody stopped the rest, or the task was busy: nobody withdrew or forbade it."""
    for state in (State.CANCELLED, State.DENIED):
        assert end_word(changed(Verb.RESTART, OutcomeWord.NOT_SENT, state)) == "Not sent"


@pytest.mark.parametrize(
    ("refusal", "word"),
    [
        ("Not allowed: delete on account prod.", "Not allowed"),
        ("Not run: tencent:pull 123 is busy.", "Not run"),
    ],
)
def test_not_all_that_is_denied_is_forbidden(refusal: str, word: str) -> None:
    """A busy task is no matter of rights."""
    assert end_word(changed(Verb.DELETE, state=State.DENIED), refusal) == word


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (changed(Verb.RESTART, OutcomeWord.ACCEPTED), "@ann restarted it"),
        (changed(Verb.DELETE, OutcomeWord.PROVED), "@ann deleted it"),
        (changed(Verb.RESTART, OutcomeWord.REFUSED, State.FAILED), "@ann asked to restart it"),
        (changed(Verb.RESTART, OutcomeWord.UNKNOWN, State.UNKNOWN), "@ann asked to restart it"),
        (changed(Verb.RESTART, state=State.WAITING), "@ann asked to restart it"),
    ],
)
def test_what_the_vendor_did_not_take_was_only_asked_for(made: Record, said: str) -> None:
    """Never done for what is not known to be done."""
    assert asked_for(made, "it") == said


@pytest.mark.parametrize(
    ("made", "later", "said"),
    [
        (
            changed(Verb.RESTART, OutcomeWord.ACCEPTED),
            540,
            "last here: @ann restarted it 9 min ago, op 4T7Q2",
        ),
        (
            changed(Verb.RESTART, OutcomeWord.NOT_BACK),
            40,
            "last here: @ann restarted it 40 s ago, not back, op 4T7Q2",
        ),
        (
            changed(Verb.STOP, OutcomeWord.REFUSED, State.FAILED),
            7200,
            "last here: @ann asked to stop it 2 h ago, refused, op 4T7Q2",
        ),
    ],
)
def test_the_last_change_is_told_with_its_age(made: Record, later: int, said: str) -> None:
    """Who, what, how long ago, and the end if it was no good one."""
    assert last_here(made, NOW + later) == said


def test_the_time_to_the_proof_is_told() -> None:
    """As "Running again after 14 s", counted from the request."""
    seen = Followed(last=Look(NOW + 14, facts()))
    proved = changed(Verb.RESTART, OutcomeWord.PROVED)
    proved = replace(proved, verdict=Verdict.RECOVERED, followed=seen)
    reply = history(HistoryCommand(), Found([proved], 1, 1, {}, {}), "C123")
    assert reply.text == (
        "1 operation: latest, @ann restarted tencent:pull 123 at 15 Jan 08:00 UTC: running again "
        "after 14 s (op 4T7Q2)."
    )
    assert reply.table is not None
    assert reply.table.rows[0][4] == ("Running again after 14 s",)


# A list


def test_the_troubled_come_first() -> None:
    """What an error stopped, no stream, degraded, unknown; then what runs, waits, is over."""
    expected = [
        facts("failed", TaskState.STOPPED, why="PullStreamFailed"),
        facts("dark", TaskState.NO_STREAM),
        facts("weak", TaskState.DEGRADED),
        facts("odd", TaskState.UNKNOWN),
        facts("on", TaskState.SWITCHED_ON),
        facts("runs", TaskState.RUNNING),
        facts("waits", TaskState.WAITING),
        facts("stopped", TaskState.STOPPED),
        facts("ended", TaskState.ENDED),
    ]
    mixed = [expected[n] for n in (8, 4, 2, 0, 5, 7, 1, 6, 3)]
    assert [task.id for task in in_order(mixed)] == [task.id for task in expected]


def test_every_state_has_its_place_in_a_list() -> None:
    """A state without a rank would break the list."""
    assert len(in_order(facts(state=state) for state in TaskState)) == len(TaskState)


def test_equals_stay_in_the_vendors_order() -> None:
    """Nothing is shuffled without a reason."""
    listed = [facts(task) for task in ("b", "c", "a")]
    assert [task.id for task in in_order(listed)] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("text", "state", "answer"),
    [
        ("", None, True),
        ("FEED", None, True),
        ("12", None, True),
        ("pull.example", None, True),
        ("PUSH", None, True),
        ("other", None, False),
        ("", TaskState.RUNNING, True),
        ("", TaskState.STOPPED, False),
        ("feed", TaskState.STOPPED, False),
        ("other", TaskState.RUNNING, False),
    ],
)
def test_a_task_fits_by_state_and_text(text: str, state: TaskState | None, answer: bool) -> None:
    """The text is looked for in id, name, source and destination, in any case."""
    task = facts(name="Feed", source="pull.example.com/live/•••", destination="push.example.com")
    assert fits(task, replace(LIST, text=text, state=state)) is answer


@pytest.mark.parametrize(
    ("count", "asked", "cut"),
    [
        (0, 1, (1, 0, 0, False)),
        (25, 1, (1, 0, 25, False)),
        (26, 1, (1, 0, 25, True)),
        (26, 2, (2, 25, 1, False)),
        (26, 9, (2, 25, 1, False)),
        (143, 3, (3, 50, 25, True)),
    ],
)
def test_pages_of_a_list(count: int, asked: int, cut: tuple[int, int, int, bool]) -> None:
    """25 rows on a page; a page after the last is the last. cut: page, first row, rows, more."""
    listing = Listing([facts(str(number)) for number in range(count)])
    page = page_of(replace(LIST, page=asked), listing)
    assert (page.page, page.first, len(page.rows), page.has_more) == cut


def test_the_first_trouble_is_in_the_sentence() -> None:
    """A phone shows no table."""
    listing = Listing(
        [facts("1"), facts("2", TaskState.STOPPED, why="PullStreamFailed"), facts("3")]
    )
    reply = listed(LIST, listing)
    assert reply.text == (
        "tencent:pull, ap-guangzhou, account prod: 3 tasks; 1 stopped, 2 running. First: 2 "
        "stopped, PullStreamFailed."
    )


def test_a_list_that_the_vendor_cuts_says_so() -> None:
    """What was not read is not passed over in silence."""
    listing = Listing([facts(str(number)) for number in range(5000)], complete=False)
    reply = listed(LIST, listing)
    assert ("The vendor has more than the 5,000 tasks that were read.",) in reply.context
    assert "Shown 25 of 5,000" in "".join(map(str, reply.context[0]))


def listed(command: ListCommand, listing: Listing) -> Reply:
    return tasks(command, page_of(command, listing), PULL, now=NOW, elsewhere="look elsewhere")


@pytest.mark.parametrize(
    ("regions", "accounts", "said"),
    [
        (("", "ap-guangzhou", "b", "c"), ("prod", "x", "y"), "try --region b or --account x"),
        (("ap-guangzhou",), ("prod", "x"), "try --account x"),
        (("b",), ("prod",), "try --region b"),
        ((), ("prod",), "look in the vendor's console"),
    ],
)
def test_where_else_tasks_may_be(
    regions: tuple[str, ...], accounts: tuple[str, ...], said: str
) -> None:
    """Never the place that was asked."""
    assert elsewhere(LIST, regions, accounts) == said


# A status


@pytest.mark.parametrize(
    ("state", "where", "verbs"),
    [
        (TaskState.RUNNING, "tencent:pull", (Verb.RESTART, Verb.STOP)),
        (TaskState.NO_STREAM, "tencent:pull", (Verb.RESTART, Verb.STOP)),
        (TaskState.UNKNOWN, "tencent:pull", (Verb.RESTART, Verb.STOP)),
        (TaskState.STOPPED, "tencent:pull", (Verb.START,)),
        (TaskState.WAITING, "alibaba:relay", (Verb.STOP,)),
        (TaskState.ENDED, "alibaba:relay", ()),
        (TaskState.NOT_FOUND, "tencent:pull", ()),
        (TaskState.RUNNING, "tencent:ingest", (Verb.STOP,)),
        (TaskState.STOPPED, "tencent:ingest", ()),
    ],
)
def test_only_what_helps_is_offered(state: TaskState, where: str, verbs: tuple[Verb, ...]) -> None:
    """By the task's state, and by what the vendor has."""
    assert offered(facts(state=state), CATALOGUE.kind(where)) == verbs


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (facts(state=TaskState.DEGRADED, word="2"), "the vendor tries again by itself. Next: you"),
        (facts(state=TaskState.SWITCHED_ON), "This account cannot see whether video flows."),
        (facts(state=TaskState.ENDED, why="OverEndTime"), "The vendor says: OverEndTime."),
        (facts(state=TaskState.UNKNOWN, word="odd"), "vendor's word odd"),
        (
            facts(state=TaskState.NO_STREAM, source="pull.example.com/live/•••"),
            "Next: you check the source (pull.example.com/live/•••), then the player.",
        ),
    ],
)
def test_a_state_that_is_no_good_says_what_it_means(seen: Facts, says: str) -> None:
    """What is, what it means, the next step."""
    assert says in one(STATUS, Look(NOW, seen), PULL, name=None, last=None).text


# Whatever comes from outside


HOSTILE = Facts(
    id=EVIL,
    state=TaskState.UNKNOWN,
    word=EVIL,
    why=EVIL,
    name=EVIL,
    source=EVIL,
    destination=EVIL,
    changed_by=EVIL,
    changed_at=NOW,
    starts_at=NOW + 1,
    ends_at=NOW,
    settings={"Name": EVIL * 20},
)
UNSEEN = UnseenError(EVIL, step=EVIL, who=EVIL, code=EVIL, request_id=EVIL)
EVIL_TASK = STATUS.model_copy(update={"task": EVIL, "region": EVIL, "reason": EVIL})
EVIL_END = replace(
    record(State.FAILED, Outcome(word=OutcomeWord.REFUSED, request_id=EVIL, says=EVIL)),
    facts=Look(NOW, HOSTILE),
    rule=EVIL,
)
EVIL_LIST = replace(LIST, text=EVIL, region=EVIL)


@pytest.mark.parametrize(
    "reply",
    [
        one(EVIL_TASK, Look(NOW, HOSTILE), PULL, name=EVIL, last=EVIL_END),
        unread(EVIL_TASK, UNSEEN, name=EVIL, now=NOW),
        listed(LIST, Listing([HOSTILE] * (LIST_ROWS + 1), complete=False)),
        listed(EVIL_LIST, Listing([HOSTILE])),
        listed(EVIL_LIST, Listing([])),
        history(HistoryCommand(person=EVIL), Found([EVIL_END] * 20, 40, 1, {}, {}), "C1"),
        show(EVIL_END, [], View("C1", "https://example.com", EVIL)),
    ],
)
def test_hostile_text_makes_no_broken_message(reply: Reply) -> None:
    """Slack takes each message, and nothing in it pages or links anybody."""
    payload = render(reply)
    assert problems_of(payload["blocks"]) == []
    assert not any(raw in str(payload) for raw in ("<!channel", "<@U1", "<http://evil"))


# Choices


@pytest.mark.parametrize(
    "choice",
    [
        Choice(STATUS.model_copy(update={"others": ("456",)}), ("123", "456")),
        Choice(replace(LIST, state=TaskState.NO_STREAM, text="ä", page=2), ("1",)),
        Choice(HistoryCommand(person="ann", since=60.0, page=3)),
    ],
)
def test_a_choice_survives_the_journal(choice: Choice) -> None:
    """What a button stands for comes back as it was."""
    assert Choice.of(choice.data()) == choice
