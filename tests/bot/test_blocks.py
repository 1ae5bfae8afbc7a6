"""A reply as Block Kit: whatever is said, Slack takes it, and nothing foreign becomes markup."""

from __future__ import annotations

import json
import re
import string
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.reply import Ask, Bold, Button, Channel, Code, Line, Link, Mark, Menu, Part, Reply, Table
from bot.sandbox.block_kit import characters, problems_of
from bot.slack.blocks import render
from bot.slack.text import mrkdwn

T = TypeVar("T")

EVIL = "<!channel> <@U1|x> <http://evil.example|y> *b* `c` &amp; \u202e🎥\n"
REQUEST_ID = "1047d0dc-6dc8-4898-a7f3-03726a822b0e"
REQUEST: Line = ("@ann · 03:12:05 UTC · RequestId ", Code(REQUEST_ID))


def blocks_of(reply: Reply, kind: str) -> list[dict[str, Any]]:
    """The blocks of one type."""
    return [block for block in render(reply)["blocks"] if block["type"] == kind]


def cells(reply: Reply) -> list[list[dict[str, Any]]]:
    """The rows of the table, with the header."""
    [table] = blocks_of(reply, "table")
    rows: list[list[dict[str, Any]]] = table["rows"]
    return rows


def remarks(reply: Reply) -> str:
    """What the message says of itself: the end of its context."""
    return str(blocks_of(reply, "context")[-1]["elements"][-1]["text"])


def table(rows: int, line: tuple[Line, ...] = (("x",),)) -> Reply:
    return Reply(text="x", table=Table(("Head",) * len(line), (line,) * rows))


def button(action: str = "status", **more: Any) -> Button:
    return Button(action=action, label="Press", ticket="ticket", **more)


def menu(options: int, label: str = "running · 123") -> Menu:
    choices = tuple((label, f"ticket.{n}") for n in range(options))
    return Menu(action="pick", label="Pick a task", options=choices)


# Whatever is said


def texts(most: int) -> st.SearchStrategy[str]:
    """Hostile ones, and often too long."""
    sources = st.sampled_from((EVIL, string.printable, "中文🎥 ", "&", "<", "`", " "))
    lengths = st.sampled_from((0, 1, 5, 30, 80, most))
    return st.builds(lambda source, length: (source * length)[:length], sources, lengths)


def some(one: st.SearchStrategy[T], most: int) -> st.SearchStrategy[tuple[T, ...]]:
    """From none to more than there may be: a few, again and again."""
    few = st.lists(one, max_size=3)
    times = st.sampled_from((1, 1, most))
    return st.builds(lambda ones, n: tuple(ones * n)[:most], few, times)


OURS = "https://a.example/?b=1&c=2"
PART: st.SearchStrategy[Part] = st.one_of(
    texts(3500),
    texts(3500).map(Code),
    texts(3500).map(Bold),
    st.builds(Link, texts(3500), st.one_of(st.sampled_from((OURS, "!channel")), texts(90))),
    st.builds(Channel, st.one_of(st.sampled_from(("C123", "U123")), texts(90))),
)
LINE = st.one_of(some(PART, 4), some(PART, 4).map(lambda line: (*line, *REQUEST)))
ASK = st.builds(Ask, texts(400), texts(400), texts(60), texts(60))
BUTTON = st.builds(
    Button,
    action=st.sampled_from(("status", "list", "do:restart")),
    label=texts(100),
    ticket=st.sampled_from((0, 22, 2000, 2001)).map("t".__mul__),
    style=st.sampled_from((None, "danger", "primary")),
    described=texts(100),
    ask=st.one_of(st.none(), ASK),
)
OPTION = st.tuples(texts(100), st.sampled_from((0, 22, 150, 151)).map("t".__mul__))
MENU = st.builds(
    Menu,
    action=st.sampled_from(("pick", "status")),
    label=texts(200),
    options=some(OPTION, 120),
)
REPLY = st.builds(
    Reply,
    text=texts(5000),
    mark=st.sampled_from((None, *Mark)),
    head=LINE,
    fields=some(st.tuples(texts(100), LINE), 12),
    body=some(LINE, 20),
    table=st.one_of(st.none(), st.builds(Table, some(texts(100), 25), some(some(LINE, 25), 120))),
    context=some(LINE, 15),
    menus=some(MENU, 4),
    buttons=some(BUTTON, 30),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(reply=REPLY)
def test_slack_takes_whatever_is_said(reply: Reply) -> None:
    """Every limit of Slack, our own of the whole message, and no markup from outside."""
    payload = render(reply, note="a note about the message")
    blocks = payload.get("blocks", [])
    assert problems_of(blocks) == []
    assert len(blocks) <= 12
    assert characters(blocks) <= 12_500
    assert characters([block for block in blocks if block["type"] != "table"]) <= 9_000
    assert len(payload["text"]) <= 3000
    written = json.dumps(payload, ensure_ascii=False)
    assert not re.search(r"<(?!#C123>|https://a\.example/\?b=1&amp;c=2\|)", written)


# What is never cut


def test_the_request_id_and_the_buttons_stay() -> None:
    """Of a message that is far too long, lines go; head, buttons and RequestIds do not."""
    long: Line = ("x" * 5000,)
    reply = Reply(
        text="x",
        mark=Mark.REFUSED,
        head=("restart · ", Code("123")),
        fields=(("Name", long),) * 8,
        body=(*[long] * 10, ("Step 1 of 2: stopped, RequestId ", Code("r-1"))),
        context=(("y" * 5000, *REQUEST), *[long] * 12, ("Step 2, RequestId ", Code("r-2"))),
        buttons=tuple(button(f"b{n}", ask=Ask("t", "x" * 300, "y", "n")) for n in range(5)),
    )
    blocks = render(reply)["blocks"]
    written = json.dumps(blocks)
    assert blocks[0]["text"]["text"] == ":x: *Refused* · restart · `123`"
    assert [one["action_id"] for one in blocks[-1]["elements"]] == ["b0", "b1", "b2", "b3", "b4"]
    assert all(f"RequestId `{one}`" in written for one in (REQUEST_ID, "r-1", "r-2"))
    assert characters(blocks) <= 9_000
    assert remarks(reply) == "Some lines had no room and are left out."


def test_what_fits_is_not_remarked_on() -> None:
    """An ordinary message says nothing about itself."""
    reply = Reply(text="x", mark=Mark.TASKS, body=(("one",), ()), table=table(3).table)
    assert [block["type"] for block in render(reply)["blocks"]] == ["section", "section", "table"]


def test_the_parts_stand_in_their_order() -> None:
    """Head, fields, meaning, table, context, actions."""
    reply = Reply(
        text="x",
        mark=Mark.TASKS,
        fields=(("Region", ("here",)),),
        body=(("meaning",),),
        table=table(1).table,
        context=(("context",),),
        menus=(menu(2),),
        buttons=(button(),),
    )
    blocks = render(reply)["blocks"]
    kinds = ["section", "section", "section", "table", "context", "actions"]
    assert [block["type"] for block in blocks] == kinds
    assert "fields" in blocks[1]
    assert [one["type"] for one in blocks[-1]["elements"]] == ["static_select", "button"]


CUT: list[tuple[Line, int, str]] = [
    (("abcdef",), 6, "abcdef"),
    (("abcdef",), 5, "abcd…"),
    ((Code("abcdef"),), 7, "`abcd…`"),
    ((Bold("a&b"),), 6, "*a…*"),
    (("ab", Link("here", "https://a.example")), 20, "ab…"),
    (("ab", Channel("C123456")), 5, "ab…"),
    (("abcdefgh", " RequestId ", Code("r-1")), 20, "ab… RequestId `r-1`"),
    (("a RequestId ", Code("r" * 30)), 20, "a RequestId `rrrrr…`"),
]


@pytest.mark.parametrize(("line", "limit", "shown"), CUT)
def test_a_cut_keeps_every_mark_whole(line: Line, limit: int, shown: str) -> None:
    """No half link, no code font that never ends, and a RequestId stays as long as it can."""
    assert mrkdwn(line, limit) == shown


# Parts


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (Channel("C123"), "<#C123>"),
        (Channel("G0AB12"), "<#G0AB12>"),
        (Channel("U123"), "U123"),
        (Channel("C1|<!here>"), "C1|&lt;!here&gt;"),
        (Channel("C123\n"), "C123\n"),
        (Link("here", "https://a.example/p?b=1&c=2"), "<https://a.example/p?b=1&amp;c=2|here>"),
        (Link("here", "!channel"), "here"),
        (Link("here", "javascript:x"), "here"),
        (Link("<here>", "https://a.example|<!here>"), "&lt;here&gt;"),
    ],
)
def test_only_what_is_one_becomes_a_channel_or_a_link(part: Part, shown: str) -> None:
    """Anything else of that kind is shown as the text that it is."""
    assert mrkdwn((part,)) == shown


CELLS: list[tuple[Line, dict[str, Any]]] = [
    (("running",), {"type": "raw_text", "text": "running"}),
    ((), {"type": "raw_text", "text": "–"}),
    ((" ",), {"type": "raw_text", "text": "–"}),
    (("<!here> & `x`",), {"type": "raw_text", "text": "‹!here› & `x`"}),
    (("a", "b" * 100), {"type": "raw_text", "text": f"a{'b' * 78}…"}),
    ((Link("not a link", "!here"),), {"type": "raw_text", "text": "not a link"}),
]
RUNS: list[tuple[Line, list[dict[str, Any]]]] = [
    ((Code("123"),), [{"type": "text", "text": "123", "style": {"code": True}}]),
    (
        ("by ", Bold("ann")),
        [
            {"type": "text", "text": "by "},
            {"type": "text", "text": "ann", "style": {"bold": True}},
        ],
    ),
    (
        (Link("op", "https://a.example/?b=1&c=2"),),
        [{"type": "link", "url": "https://a.example/?b=1&c=2", "text": "op"}],
    ),
    (
        ("in ", Channel("C123")),
        [{"type": "text", "text": "in "}, {"type": "channel", "channel_id": "C123"}],
    ),
    (
        (Code("x" * 90), "never seen"),
        [{"type": "text", "text": "x" * 79 + "…", "style": {"code": True}}],
    ),
]


@pytest.mark.parametrize(("line", "cell"), CELLS)
def test_plain_words_are_a_raw_cell(line: Line, cell: dict[str, Any]) -> None:
    """To the letter but for angle brackets; cut at 80; never empty, which Slack refuses."""
    assert cells(table(1, (line,)))[1] == [cell]


@pytest.mark.parametrize(("line", "run"), RUNS)
def test_marks_make_a_rich_cell(line: Line, run: list[dict[str, Any]]) -> None:
    """Code, bold, links and channels, each in Slack's own form."""
    section = {"type": "rich_text_section", "elements": run}
    assert cells(table(1, (line,)))[1] == [{"type": "rich_text", "elements": [section]}]


# As many as fit


def test_a_hundred_rows_with_the_header() -> None:
    """The hundredth row of tasks has no place, and the message says so."""
    assert len(cells(table(99))) == 100
    assert len(cells(table(250))) == 100
    assert remarks(table(250)) == "99 of 250 rows shown."


def test_rows_stop_before_slacks_limit_of_characters() -> None:
    """Of 10,000; the message around it leaves less room."""
    wide: tuple[Line, ...] = (("x" * 80,),) * 6
    alone = table(60, wide)
    assert len(cells(alone)) == 1 + 18
    assert remarks(alone) == "18 of 60 rows shown."
    beside = Reply(text="x", body=(("y" * 2900,),) * 3, table=alone.table)
    assert len(cells(beside)) == 1 + 7
    assert characters(render(beside)["blocks"]) <= 12_500


def test_a_row_has_as_many_cells_as_the_header() -> None:
    """Short rows are filled up; no row is wider than Slack's twenty columns."""
    ragged = Table(("A", "B", "C"), ((("1",),), (("1",), ("2",), ("3",))))
    assert {len(row) for row in cells(Reply(text="x", table=ragged))} == {3}
    assert {len(row) for row in cells(table(2, (("x",),) * 25))} == {20}


def test_a_table_without_rows_is_not_there() -> None:
    """Nor is anything said of its rows."""
    assert "blocks" not in render(table(0))


def test_a_menu_shows_as_many_choices_as_slack_takes() -> None:
    """A hundred short ones, or fewer long ones; the rest are counted."""
    assert "context" not in [
        b["type"] for b in render(Reply(text="x", menus=(menu(100),)))["blocks"]
    ]
    many = Reply(text="x", menus=(menu(130),))
    assert len(blocks_of(many, "actions")[0]["elements"][0]["options"]) == 100
    assert remarks(many) == "100 of 130 choices shown."
    long = Reply(text="x", menus=(menu(90, "y" * 75),))
    assert len(blocks_of(long, "actions")[0]["elements"][0]["options"]) == 79
    assert remarks(long) == "79 of 90 choices shown."


# What is pressed


def test_an_action_that_is_there_twice_gets_a_number() -> None:
    """Slack wants each once in a block; whoever listens takes the number off."""
    reply = Reply(text="x", menus=(menu(1),), buttons=(*[button("pick")] * 2, button("do:stop")))
    [block] = blocks_of(reply, "actions")
    assert [one["action_id"] for one in block["elements"]] == [
        "pick",
        "pick:2",
        "pick:3",
        "do:stop",
    ]


@pytest.mark.parametrize("style", [None, "primary", "danger"])
def test_a_question_is_asked_in_the_buttons_own_style(style: Any) -> None:
    """Only what is dangerous gets the red yes."""
    ask = Ask("Restart task 123 again?", "The stream breaks <again>.", "Restart", "Leave it")
    [block] = blocks_of(Reply(text="x", buttons=(button(style=style, ask=ask),)), "actions")
    confirm = block["elements"][0]["confirm"]
    words = [confirm[part]["text"] for part in ("title", "text", "confirm", "deny")]
    assert words == ["Restart task 123 again?", "The stream breaks ‹again›.", "Restart", "Leave it"]
    assert confirm.get("style") == ("danger" if style == "danger" else None)


def test_what_slack_would_not_carry_is_not_offered() -> None:
    """A ticket is never cut: half of one could be another's."""
    reply = Reply(
        text="x",
        menus=(Menu(action="pick", label="Pick", options=(("a", "t" * 151), ("b", "t" * 150))),),
        buttons=(Button(action="a", label="A", ticket="t" * 2001), button("b")),
    )
    [block] = blocks_of(reply, "actions")
    select, only = block["elements"]
    assert [option["text"]["text"] for option in select["options"]] == ["b"]
    assert only["action_id"] == "b"
