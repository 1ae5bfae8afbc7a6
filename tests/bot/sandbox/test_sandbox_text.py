"""What is typed, what is sent, and what people read."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox import Content, ManualClock, Workspace
from bot.sandbox.mrkdwn import pings, shown, typed_in_command, typed_in_message
from bot.sandbox.screen import screen


@pytest.fixture
def names() -> Any:
    """A workspace's names; nothing needs to be started."""
    workspace = Workspace(clock=ManualClock())
    workspace.add_person("ann", id="U1", display_name="Ann")
    workspace.add_channel("ops", id="C1")
    workspace.add_group("oncall", id="S1")
    return workspace.model


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("a & b > c", "a & b > c"),
        ("<@U1> and <@U9|old> and <@U8>", "@Ann and @old and @U8"),
        ("<#C1> and <#C9|gone>", "#ops and #gone"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1> <!subteam^S9|@them> <!subteam^S8>", "@oncall @them @S8"),
        ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
        ("<https://evil.example|click &lt;me&gt;>", "click <me>"),
        ("<mailto:a@b.example|write>", "write"),
        ("&lt;!channel&gt;", "<!channel>"),
        ("<not a link>", "<not a link>"),
        ("<!date^0^{date_num} {time_secs} UTC|then>", "1970-01-01 00:00:00 UTC"),
        ("<!date^x^{date}|then>", "then"),
        ("<!other>", "<!other>"),
        ("*bold* :x:", "*bold* :x:"),
    ],
)
def test_shown(names: Any, raw: str, read: str) -> None:
    """Mentions show names, links their labels, and escaped characters themselves."""
    assert shown(raw, names) == read


@pytest.mark.parametrize(
    ("raw", "whom"),
    [
        ("<@U1> <!subteam^S1|@oncall> <!here> <!channel|x>", {"U1", "S1", "here", "channel"}),
        ("&lt;!channel&gt; @here !channel <!date^0^x|here>", set()),
        ("<#C1> <https://a.example|@U1> <#here> <here>", set()),
    ],
)
def test_pings(raw: str, whom: set[str]) -> None:
    """Only Slack's own tokens notify anybody; escaped ones and bare words do not."""
    assert pings(raw) == whom


def test_typed_in_message() -> None:
    """A typed message is escaped and its web addresses become links."""
    assert typed_in_message("<!channel> & https://a.example/x?a&b") == (
        "&lt;!channel&gt; &amp; <https://a.example/x?a&amp;b>"
    )


def test_typed_in_command(names: Any) -> None:
    """With should_escape, known names become ids; unknown ones and addresses inside words stay."""
    typed = "ask @ann in #ops not a@ann nor @bob"
    assert typed_in_command(typed, names) == "ask <@U1|ann> in <#C1|ops> not a@ann nor @bob"


def test_screen(names: Any) -> None:
    """Every block that is accepted can be read as lines; plain_text stays to the letter."""
    plain = {"type": "plain_text", "text": "<@U1> &amp;"}
    marked = {"type": "mrkdwn", "text": "<@U1> &amp;"}
    button = {"type": "button", "text": {"type": "plain_text", "text": "Stop"}}
    image = {"type": "image", "alt_text": "a cat", "image_url": "https://a.example"}
    menu = {"type": "static_select", "placeholder": {"type": "plain_text", "text": "Pick"}}
    run = {"type": "rich_text_section", "elements": [{"type": "text", "text": "hi "}]}
    people = {
        "type": "rich_text_section",
        "elements": [
            {"type": "user", "user_id": "U1"},
            {"type": "usergroup", "usergroup_id": "S1"},
            {"type": "broadcast", "range": "here"},
            {"type": "channel", "channel_id": "C1"},
            {"type": "emoji", "name": "x"},
            {"type": "link", "url": "https://a.example"},
        ],
    }
    cell = {"type": "raw_text", "text": "123"}
    blocks: list[tuple[dict[str, Any], str]] = [
        ({"type": "header", "text": plain}, "<@U1> &amp;"),
        ({"type": "section", "text": marked, "accessory": button}, "@Ann &  [Stop]"),
        ({"type": "section", "fields": [plain, marked]}, "<@U1> &amp;\n@Ann &"),
        ({"type": "context", "elements": [marked, image]}, "@Ann &  (a cat)"),
        (
            {"type": "actions", "elements": [button, menu, {"type": "overflow"}]},
            "[Stop]  [Pick]  [...]",
        ),
        ({"type": "divider"}, "---"),
        (image, "(a cat)"),
        ({"type": "input", "label": plain, "element": menu}, "<@U1> &amp;: [Pick]"),
        ({"type": "markdown", "text": "**x**"}, "**x**"),
        ({"type": "rich_text", "elements": [run]}, "hi "),
        (
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_list", "elements": [run, people]}],
            },
            "• hi \n• @Ann@oncall@here#ops:x:https://a.example",
        ),
        (
            {"type": "table", "rows": [[cell, {"type": "rich_text", "elements": [run]}]]},
            "123 | hi ",
        ),
        ({"type": "plan"}, "(plan)"),
    ]
    for block, lines in blocks:
        assert screen([block], names) == lines


def test_a_message_knows_whom_it_notifies() -> None:
    """Pings are found in the text and in marked blocks, never in plain_text."""
    workspace = Workspace(clock=ManualClock())
    channel = workspace.add_channel("ops")

    def said(kind: str) -> frozenset[str]:
        text = {"type": kind, "text": "<!channel>"}
        content = Content(text="<@U1>", blocks=({"type": "section", "text": text},))
        return workspace.model.post_as_bot(channel, content, origin="api").pings

    assert said("mrkdwn") == {"U1", "channel"}
    assert said("plain_text") == {"U1"}
