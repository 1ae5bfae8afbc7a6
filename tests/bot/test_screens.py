"""Every screen, with ordinary and with hostile content: the words, Slack's limits, the escaping."""

import itertools
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import answers, press_answers
from bot.command import TaskCommand, UsageError, Vocabulary, parse
from bot.journal import (
    Followed,
    Look,
    Neighbour,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    Verdict,
)
from bot.policy import Allow, Confirm, Deny, DenyReason
from bot.reply import Bold, Code, Line, Link, Reply
from bot.sandbox.block_kit import problems_of
from bot.screens import Screens, describe, short_id
from bot.settings import load
from bot.slack.blocks import render
from bot.slack.text import cut, escape, mrkdwn
from providers.catalogue import discover
from providers.facts import Facts, TaskState
from providers.operation import Verb

EVIL = "<!channel> <@U1|x> <http://evil.example|y> *b* `c` & \u202e🎥 " + "x" * 400

CONFIG = """
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
"""
SETTINGS = load(None, {}, discover(), text=CONFIG)
VOCABULARY = Vocabulary(discover(), SETTINGS.accounts, SETTINGS.targets)
SCREENS = Screens(SETTINGS, VOCABULARY)


def record(state: State, outcome: Outcome | None = None, **changed: Any) -> Record:
    ordinary = Record(
        id="4T7Q2",
        state=state,
        version=3,
        shown_version=0,
        attempt=0,
        owner=None,
        due_at=1_800_000_300.0,
        command=TaskCommand(
            verb=Verb.DELETE,
            where="tencent:pull",
            account="prod",
            task="123",
            region="ap-guangzhou",
            again="/stream delete tencent 123",
        ),
        origin=Origin(
            request_key="command:1",
            requester="U123",
            requester_name="ann",
            team="T123",
            channel="C123",
        ),
        decider="U456",
        decider_name="bob",
        confirm="self",
        rule="allow 1",
        ticket="ticket",
        message_ts=None,
        copy_ts=None,
        posts=0,
        live_key="tencent:pull|prod|123",
        outcome=outcome,
        asked_at=1_800_000_000.0,
        approved_at=None,
        sent_at=None,
        finished_at=1_800_000_010.0,
    )
    return replace(ordinary, **changed)


ORDINARY = Outcome(
    word=OutcomeWord.ACCEPTED,
    request_id="1047d0dc-6dc8-4898-a7f3-03726a822b0e",
    code="InternalError",
    label="vendor internal",
    vendor_says="try later",
    says="Tencent had an internal error.",
    step="look in the console",
    who="you",
    retry="helps after that",
    took=0.2,
    notes=("a note",),
)
HOSTILE = Outcome(
    word=OutcomeWord.ACCEPTED,
    request_id=EVIL,
    code=EVIL,
    label=EVIL,
    vendor_says=EVIL,
    says=EVIL,
    step=EVIL,
    who=EVIL,
    retry=EVIL,
    took=1e9,
    notes=(EVIL, EVIL),
)
SHOWN = [
    State.WAITING,
    State.DECLINED,
    State.CANCELLED,
    State.EXPIRED,
    State.APPROVED,
    State.SENDING,
    State.SUCCEEDED,
    State.FAILED,
    State.UNKNOWN,
]


def every_message() -> list[Any]:
    """Each state with each outcome word, ordinary and hostile."""
    cases = []
    for state, word, hostile, confirm in itertools.product(
        SHOWN, OutcomeWord, (False, True), ("self", "second-person")
    ):
        outcome = (HOSTILE if hostile else ORDINARY).model_copy(update={"word": word})
        if state.final and word is OutcomeWord.WAITING_FOR_QUOTA:
            continue
        made = record(state, outcome, confirm=confirm)
        if hostile:
            command = made.command.model_copy(
                update={"reason": EVIL[:300], "task": "`<!here>`" + "9" * 100, "target": "a" * 60}
            )
            origin = replace(made.origin, requester_name=EVIL)
            made = replace(made, command=command, origin=origin, decider_name=EVIL)
        name = f"{state}-{word}-{confirm}{'-hostile' if hostile else ''}".replace(" ", "_")
        cases.append(pytest.param(made, id=name))
    return cases


@pytest.mark.parametrize("made", every_message())
def test_every_message_is_one_that_slack_takes(made: Record) -> None:
    """Within Block Kit's limits, few buttons, and nothing foreign becomes markup."""
    payload = render(SCREENS.of(made))
    assert problems_of(payload["blocks"]) == []
    text = json.dumps(payload, ensure_ascii=False)
    assert not re.search(r"<[!@#h]", text)
    assert len(payload["blocks"]) <= 12
    assert len(text) < 12_000
    assert payload["text"]
    assert "\u202e" not in "".join(re.findall(r"`[^`]*`", text))


@pytest.mark.parametrize("made", every_message())
def test_the_outcome_word_comes_first(made: Record) -> None:
    """Notifications cut at about a hundred characters; the word must be in them."""
    reply = SCREENS.of(made)
    assert reply.mark is not None
    assert reply.text.startswith(reply.mark.word)


WORDS = [
    (
        State.SUCCEEDED,
        OutcomeWord.ACCEPTED,
        "Accepted: Tencent took the delete of tencent:pull 123",
    ),
    (State.SUCCEEDED, OutcomeWord.ALREADY_SO, "Already so: tencent:pull 123"),
    (State.FAILED, OutcomeWord.REFUSED, "Refused: Tencent did not delete tencent:pull 123"),
    (State.FAILED, OutcomeWord.NOT_SENT, "Not sent: "),
    (State.UNKNOWN, OutcomeWord.UNKNOWN, "Unknown: deleting tencent:pull 123"),
]


@pytest.mark.parametrize(("state", "word", "begins"), WORDS)
def test_ends_read_as_the_screens_say(state: State, word: OutcomeWord, begins: str) -> None:
    """Outcome word, target, next step, and the RequestId as the last words."""
    text = SCREENS.of(record(state, ORDINARY.model_copy(update={"word": word}))).text
    assert text.startswith(begins)
    assert text.endswith("RequestId 1047d0dc-6dc8-4898-a7f3-03726a822b0e")


def test_unknown_never_says_failed() -> None:
    """What is not known is not called a failure, and is not sent again."""
    outcome = ORDINARY.model_copy(update={"word": OutcomeWord.UNKNOWN})
    text = SCREENS.of(record(State.UNKNOWN, outcome)).text
    assert "failed" not in text.lower()
    assert "Not sent again" in text


def test_an_expired_card_says_how_long_and_how_to_ask_again() -> None:
    """Five minutes, and the command to copy."""
    text = SCREENS.of(record(State.EXPIRED)).text
    assert "within 5 minutes" in text
    assert text.endswith("To ask again: /stream delete tencent 123")


def test_the_danger_button_names_action_and_task() -> None:
    """Its label is short; what a screen reader says is whole."""
    made = record(State.WAITING)
    long = made.command.model_copy(update={"task": "-gCTFWtU7t7D+rTEL2p6_vnZV4.vRaRm"})
    yes, no = SCREENS.of(replace(made, command=long)).buttons
    assert (yes.style, yes.label) == ("danger", "Delete task -gCTFWt…RaRm")
    assert yes.described == "Delete task -gCTFWtU7t7D+rTEL2p6_vnZV4.vRaRm"
    assert (no.style, no.label) == (None, "Cancel")


def test_the_target_is_named_with_all_that_tells_it_apart() -> None:
    """Kind, id, name, app, region, account."""
    made = record(State.WAITING)
    command = made.command.model_copy(update={"target": "main-feed", "app": 1400000000})
    assert describe(replace(made, command=command)) == (
        "tencent:pull 123 (main-feed, app 1400000000, ap-guangzhou, account prod)"
    )


def test_short_ids_are_not_cut() -> None:
    """Fourteen characters fit on a button."""
    assert short_id("12345678901234") == "12345678901234"
    assert short_id("123456789012345") == "1234567…2345"


COMMAND = record(State.ASKED).command


def every_private_answer() -> list[Any]:
    denials = [
        Deny(reason, "deny 1", EVIL if hostile else "members of oncall (rule allow 1)", ("oncall",))
        for reason in DenyReason
        for hostile in (False, True)
    ]
    evil = replace(record(State.WAITING).origin, requester_name=EVIL)
    replies: list[Reply] = [
        answers.broken(),
        answers.closing(),
        answers.not_accepted(),
        answers.stale(COMMAND, 130),
        answers.too_fast(300),
        answers.too_many_cards(5),
        answers.wrong_workspace(),
        answers.mention_first(),
        press_answers.not_a_card(),
        answers.busy(record(State.WAITING, None), "https://example.slack.com/archives/C1/p1"),
        answers.busy(record(State.SENDING, None, origin=evil), None),
        press_answers.requester_lost_rights(record(State.WAITING, None, origin=evil)),
        press_answers.only_the_asker_withdraws(record(State.WAITING, None, origin=evil)),
        *(answers.denied(COMMAND, denial) for denial in denials),
        *(press_answers.wrong_presser(record(State.WAITING), denial) for denial in denials),
        *(press_answers.decided(record(state), "U456", SCREENS) for state in State),
        answers.dry_run(COMMAND, Allow("allow 1"), None),
        answers.dry_run(COMMAND, Confirm("second-person", "allow 1"), None),
        *(answers.dry_run(COMMAND, denial, None) for denial in denials),
    ]
    for text in ("restrat tencent 1", EVIL, "restart tencet 1", "restart tencent", "x" * 9999):
        try:
            parse(text, VOCABULARY)
        except UsageError as error:
            replies.append(answers.usage(error))
    return [pytest.param(reply, id=str(number)) for number, reply in enumerate(replies)]


@pytest.mark.parametrize("reply", every_private_answer())
def test_every_private_answer_is_one_that_slack_takes(reply: Reply) -> None:
    """Within the limits, escaped, and with a text that stands alone."""
    payload = render(reply)
    assert problems_of(payload.get("blocks", [])) == []
    text = json.dumps(payload, ensure_ascii=False)
    assert not re.search(r"<[!@#]|<http(?!s://example\.slack\.com)", text)
    assert payload["text"]


@pytest.mark.parametrize(
    "reply",
    [press_answers.wrong_presser(record(State.WAITING), Deny(r)) for r in DenyReason],
    ids=str,
)
def test_the_answer_to_a_wrong_press_is_short(reply: Reply) -> None:
    """One line that fits, without a button."""
    assert len(reply.text) < 180
    assert reply.buttons == ()


# Text


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        (("a <b> & c",), "a &lt;b&gt; &amp; c"),
        ((Code("x`y<z>"),), "`xˋy&lt;z&gt;`"),
        ((Bold("Next:"), " go"), "*Next:* go"),
        (
            (Link("see <it>", "https://a.example/?b=1&c=2"),),
            "<https://a.example/?b=1&amp;c=2|see &lt;it&gt;>",
        ),
    ],
)
def test_each_part_is_escaped_in_its_own_way(line: Line, marked: str) -> None:
    """The three characters that Slack gives a meaning never come from a part's text."""
    assert mrkdwn(line) == marked


def test_a_cut_leaves_no_half_escape() -> None:
    """`&lt;` is one character to a reader."""
    for length in range(2, 30):
        shortened = cut(escape("<<<<<<<<<<<<"), length)
        assert len(shortened) <= length
        assert re.fullmatch(r"(&lt;)*…?", shortened)


# Golden files: what Slack is sent, to the letter. After a wanted change, write them anew with
# STREAM_BOT_GOLDEN=write and read the difference.

GOLDEN = Path(__file__).parent / "golden"


def look(state: TaskState, word: str) -> Look:
    """What the vendor told of task 123."""
    facts = Facts(
        id="123",
        state=state,
        word=word,
        name="main feed",
        source="pull.example.com/live/•••",
        destination="push.example.com/live/•••",
        ends_at=1_800_086_400.0,
        changed_by="zhangsan",
        changed_at=1_799_900_000.0,
    )
    return Look(1_800_000_016.0, facts)


def restarted(state: State, outcome: Outcome | None, **changed: Any) -> Record:
    """A restart that was sent, came to this, and was seen to break and run."""
    followed = Followed(last=look(TaskState.RUNNING, "active"), down_at=1_800_000_003.0)
    made = record(
        state,
        outcome,
        **{
            "sent_at": 1_800_000_002.0,
            "follow_until": 1_800_000_122.0,
            "followed": followed,
            "button": "button",
            **changed,
        },
    )
    command = made.command.model_copy(
        update={"verb": Verb.RESTART, "again": "/stream restart tencent 123"}
    )
    return replace(made, command=command)


PROVEN = {
    word.value: Outcome(
        word=word,
        request_id="r-1",
        took=0.2,
        says="What it means.",
        step="check the source",
        who="you",
    )
    for word in OutcomeWord
}
NEIGHBOUR = Neighbour(
    operation="9KD3M",
    verb=Verb.RESTART,
    by="U456",
    by_name="bob",
    channel="C456",
    direct=False,
    at=1_799_999_960.0,
    watched_until=1_800_000_080.0,
    asks=True,
)
SCENES = {
    "sending": record(State.SENDING),
    "waiting-for-quota": record(
        State.APPROVED,
        Outcome(
            word=OutcomeWord.WAITING_FOR_QUOTA,
            code="RequestLimitExceeded",
            says="Tencent said slower and did nothing.",
            step="nothing to do; it is sent as soon as there is room",
        ),
    ),
    "card": record(State.WAITING),
    "card-second-person": record(State.WAITING, confirm="second-person"),
    "accepted": record(
        State.SUCCEEDED, Outcome(word=OutcomeWord.ACCEPTED, request_id="r-1", took=0.2)
    ),
    "refused": record(State.FAILED, ORDINARY.model_copy(update={"word": OutcomeWord.REFUSED})),
    "unknown": record(State.UNKNOWN, ORDINARY.model_copy(update={"word": OutcomeWord.UNKNOWN})),
    "expired": record(State.EXPIRED),
    "card-with-facts": record(State.WAITING, facts=look(TaskState.RUNNING, "active")),
    "card-without-facts": record(
        State.WAITING,
        facts=replace(look(TaskState.UNKNOWN, ""), unseen="Tencent did not answer in 2 s."),
    ),
    "card-look-again": record(
        State.WAITING,
        facts=look(TaskState.RUNNING, "active"),
        look_again="state stopped → running",
    ),
    "card-neighbour": restarted(State.WAITING, None, neighbour=NEIGHBOUR),
    "following": restarted(State.SUCCEEDED, PROVEN["accepted"], verdict=Verdict.FOLLOWING),
    "running-again": restarted(State.SUCCEEDED, PROVEN["proved"], verdict=Verdict.RECOVERED),
    "running": restarted(State.SUCCEEDED, PROVEN["running"], verdict=Verdict.CANNOT_TELL),
    "not-back": restarted(
        State.SUCCEEDED,
        PROVEN["not back"],
        verdict=Verdict.NOT_RECOVERED,
        followed=Followed(last=look(TaskState.NO_STREAM, "inactive"), down_at=1_800_000_002.0),
    ),
    "cannot-tell": restarted(
        State.SUCCEEDED, PROVEN["cannot tell"], verdict=Verdict.CANNOT_TELL, followed=None
    ),
    "unknown-following": restarted(
        State.UNKNOWN, PROVEN["unknown"], verdict=Verdict.FOLLOWING, followed=None
    ),
    "down": restarted(
        State.FAILED,
        PROVEN["down"],
        first_step=Outcome(word=OutcomeWord.ACCEPTED, request_id="r-step-1", took=0.3),
        followed=None,
    ),
    "second-step": restarted(
        State.SENDING,
        None,
        step=2,
        first_step=Outcome(word=OutcomeWord.ACCEPTED, request_id="r-step-1", took=0.3),
        followed=None,
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_message_is_the_golden_one(name: str) -> None:
    """Text and blocks, word by word."""
    written = json.dumps(render(SCREENS.of(SCENES[name])), ensure_ascii=False, indent=2) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("STREAM_BOT_GOLDEN") == "write":
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")
