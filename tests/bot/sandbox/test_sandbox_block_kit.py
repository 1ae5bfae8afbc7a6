"""What Block Kit takes and what it refuses, as a table."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models import blocks as sdk

from bot.sandbox.block_kit import Surface, characters, problems_of

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": True}


def marked(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def option(text: str = "One", value: str = "1") -> Block:
    return {"text": plain(text), "value": value}


def section(**more: Any) -> Block:
    return {"type": "section", **more}


def actions(*elements: Block, **more: Any) -> Block:
    return {"type": "actions", "elements": list(elements), **more}


def select(**more: Any) -> Block:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def overflow(count: int) -> Block:
    return {"type": "overflow", "action_id": "more", "options": [option()] * count}


def confirm(**more: Any) -> Block:
    words = {"title": plain("t"), "text": marked("t"), "confirm": plain("y"), "deny": plain("n")}
    return {**words, "style": "danger", **more}


def table(rows: int, columns: int, text: str = "x") -> Block:
    row = [{"type": "raw_text", "text": text}] * columns
    return {"type": "table", "rows": [row] * rows}


def image(**more: Any) -> Block:
    return {"type": "image", "alt_text": "a", "image_url": "https://example.com/a.png", **more}


RUN = {"type": "text", "text": "a", "style": {"bold": True}}
USER = {"type": "user", "user_id": "U1"}
LINE = {"type": "rich_text_section", "elements": [RUN, USER, {"type": "emoji", "name": "x"}]}
LIST = {"type": "rich_text_list", "style": "bullet", "elements": [LINE], "indent": 1}
QUOTE = {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://a.example"}]}
TYPED = {"type": "plain_text_input", "action_id": "a", "multiline": True}

GROUPS = [{"label": plain("G"), "options": [option()]}]
UNTITLED = {key: value for key, value in confirm().items() if key != "title"}

ACCEPTED: list[Block] = [
    section(text=marked("x" * 3000)),
    section(fields=[marked("x" * 2000)] * 10),
    section(text=plain("x"), accessory=button(), block_id="b" * 255),
    section(text=plain("x"), accessory=overflow(5)),
    section(text=plain("x"), accessory=image()),
    section(text=plain("x"), accessory=select(placeholder=plain("x" * 150))),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [marked("x"), image()] * 5},
    actions(*(button(action_id=f"a{n}") for n in range(25))),
    actions(
        button(
            text=plain("x" * 75),
            value="x" * 2000,
            style="danger",
            url="https://example.com",
            accessibility_label="x" * 75,
            confirm=confirm(title=plain("x" * 100), text=marked("x" * 300)),
        ),
        select(options=[option("x" * 75, "x" * 150)] * 100, confirm=confirm()),
    ),
    actions(
        {
            "type": "static_select",
            "action_id": "g",
            "option_groups": GROUPS,
        }
    ),
    image(title=plain("t")),
    {"type": "markdown", "text": "x" * 12_000},
    {"type": "rich_text", "elements": [LINE, LIST, QUOTE]},
    table(100, 20),
    {"type": "input", "label": plain("Reason"), "element": TYPED, "optional": True},
]

REFUSED: list[tuple[Block, str, str]] = [
    ({"text": plain("x")}, "missing required field: type", "/blocks/0"),
    ({"type": "sections"}, "unsupported type: sections", "/blocks/0/type"),
    ({"type": ["section"]}, "unsupported type", "/blocks/0/type"),
    ({"type": "alert", "text": plain("x")}, "unsupported type: alert", "/blocks/0/type"),
    (section(), "must define either `text` or `fields`", "/blocks/0"),
    (section(text=marked("x" * 3001)), "less than 3001", "/blocks/0/text/text"),
    (section(text=marked("")), "more than 0", "/blocks/0/text/text"),
    (section(text="x"), "must be an object", "/blocks/0/text"),
    (section(text=plain("x"), colour="red"), "additional property: colour", "/blocks/0"),
    (section(text={**plain("x"), "verbatim": True}), "property: verbatim", "/blocks/0/text"),
    (section(text={**marked("x"), "emoji": True}), "property: emoji", "/blocks/0/text"),
    (section(fields=[marked("x")] * 11), "no more than 10 items", "/blocks/0/fields"),
    (section(fields=[marked("x" * 2001)]), "less than 2001", "/blocks/0/fields/0/text"),
    (section(text=plain("x"), block_id="b" * 256), "less than 256", "/blocks/0/block_id"),
    (section(text=plain("x"), accessory=TYPED), "unsupported type", "/blocks/0/accessory/type"),
    ({"type": "header", "text": marked("x")}, "unsupported type", "/blocks/0/text/type"),
    ({"type": "header", "text": plain("x" * 151)}, "less than 151", "/blocks/0/text/text"),
    ({"type": "divider", "text": plain("x")}, "additional property", "/blocks/0"),
    ({"type": "context", "elements": [marked("x")] * 11}, "no more than 10", "/blocks/0/elements"),
    ({"type": "context", "elements": [button()]}, "unsupported type", "/blocks/0/elements/0/type"),
    ({"type": "context"}, "missing required field: elements", "/blocks/0"),
    (actions(), "no fewer than 1", "/blocks/0/elements"),
    (actions(*(button(action_id=str(n)) for n in range(26))), "no more than 25", "/elements"),
    (actions(button(), button()), "`action_id` go already exists", "/blocks/0/elements"),
    (actions(button(text=plain("x" * 76))), "less than 76", "/elements/0/text/text"),
    (actions(button(text=marked("x"))), "unsupported type: mrkdwn", "/elements/0/text/type"),
    (actions(button(value="x" * 2001)), "less than 2001", "/elements/0/value"),
    (actions(button(value=1)), "must be a string", "/elements/0/value"),
    (actions(button(style="default")), "must be one of: primary, danger", "/elements/0/style"),
    (actions(button(url="x" * 3001)), "less than 3001", "/elements/0/url"),
    (actions(button(accessibility_label="x" * 76)), "less than 76", "/accessibility_label"),
    (actions(button(action_id="x" * 256)), "less than 256", "/elements/0/action_id"),
    (actions(button(confirm=UNTITLED)), "missing required field: title", "/elements/0/confirm"),
    (actions(button(confirm=confirm(deny=plain("x" * 31)))), "less than 31", "/confirm/deny/text"),
    (actions(button(confirm=confirm(text=plain("x" * 301)))), "less than 301", "/confirm/text"),
    (actions(button(confirm=confirm(title=marked("x")))), "unsupported", "/confirm/title/type"),
    (actions(select(options=[option()] * 101)), "no more than 100", "/elements/0/options"),
    (actions(select(options=[])), "no fewer than 1", "/elements/0/options"),
    (actions(select(options=[option("x" * 76)])), "less than 76", "/options/0/text/text"),
    (actions(select(options=[option("x", "x" * 151)])), "less than 151", "/options/0/value"),
    (actions(select(placeholder=plain("x" * 151))), "less than 151", "/placeholder/text"),
    (actions(select(option_groups=GROUPS)), "not both", "/blocks/0/elements/0"),
    (actions({"type": "static_select"}), "must define either", "/blocks/0/elements/0"),
    (actions(overflow(6)), "no more than 5", "/elements/0/options"),
    (actions(TYPED), "unsupported type: plain_text_input", "/elements/0/type"),
    (image(alt_text=""), "more than 0", "/blocks/0/alt_text"),
    ({"type": "image", "alt_text": "a"}, "must define either", "/blocks/0"),
    ({"type": "markdown", "text": "x" * 12_001}, "no more than 12000 markdown", "/blocks"),
    ({"type": "rich_text", "elements": [RUN]}, "unsupported type", "/blocks/0/elements/0/type"),
    (table(101, 1), "no more than 100", "/blocks/0/rows"),
    (table(1, 21), "no more than 20", "/blocks/0/rows/0"),
    (table(100, 20, "x" * 6), "no more than 10000 characters", "/blocks/0"),
    ({"type": "input", "label": plain("x"), "element": button()}, "unsupported", "/element/type"),
]


@pytest.mark.parametrize("block", ACCEPTED, ids=lambda block: block["type"])
def test_accepted(block: Block) -> None:
    """What is at the limit is taken."""
    assert problems_of([block]) == []


@pytest.mark.parametrize(("block", "words", "pointer"), REFUSED, ids=[row[1] for row in REFUSED])
def test_refused(block: Block, words: str, pointer: str) -> None:
    """What is past the limit has one problem, which names it and its place."""
    (found,) = problems_of([block])
    assert found.startswith("[ERROR] ")
    assert words in found
    assert f"{pointer}" in found.partition("[json-pointer:")[2]


def test_the_sdk_agrees() -> None:
    """What slack_sdk builds and validates is taken."""
    built: list[sdk.Block] = [
        sdk.HeaderBlock(text="Title"),
        sdk.SectionBlock(
            text=sdk.MarkdownTextObject(text="*a*", verbatim=True),
            fields=["b"],
            accessory=sdk.OverflowMenuElement(
                action_id="o", options=[sdk.Option(text="1", value="1", description="d")]
            ),
        ),
        sdk.ActionsBlock(
            elements=[
                sdk.ButtonElement(
                    text="Delete",
                    action_id="d",
                    value="1",
                    style="danger",
                    confirm=sdk.ConfirmObject(title="t", text="x", confirm="y", deny="n"),
                )
            ]
        ),
        sdk.ContextBlock(elements=[sdk.PlainTextObject(text="c")]),
        sdk.DividerBlock(),
    ]
    assert problems_of([block.to_dict() for block in built]) == []


def test_the_whole_message() -> None:
    """Fifty blocks, no block_id twice, one table, 12,000 characters of markdown."""
    divider = {"type": "divider"}
    assert problems_of([divider] * 50) == []
    assert "no more than 50" in problems_of([divider] * 51)[0]
    assert problems_of([divider] * 100, "modal") == []
    twice = [{"type": "divider", "block_id": "a"}] * 2
    assert "`block_id` a already exists" in problems_of(twice)[0]
    assert "one table" in problems_of([table(1, 1), table(1, 1)])[0]
    half = {"type": "markdown", "text": "x" * 6001}
    assert "markdown characters" in problems_of([half, half])[0]
    assert "must be an array" in problems_of({"type": "divider"})[0]
    assert "must be an object" in problems_of(["divider"])[0]


@pytest.mark.parametrize(
    ("block", "surfaces"),
    [
        ({"type": "markdown", "text": "x"}, {"message"}),
        (table(1, 1), {"message", "home"}),
        ({"type": "divider"}, {"message", "home", "modal"}),
    ],
    ids=["markdown", "table", "divider"],
)
def test_surfaces(block: Block, surfaces: set[Surface]) -> None:
    """Some blocks are for messages only, or not for modals."""
    everywhere: tuple[Surface, ...] = ("message", "modal", "home")
    assert {s for s in everywhere if problems_of([block], s) == []} == surfaces


def test_characters() -> None:
    """All the texts of a message count, wherever they stand."""
    blocks = [section(text=plain("12345"), accessory=button()), {"type": "markdown", "text": "123"}]
    assert characters(blocks) == 5 + 2 + 3
