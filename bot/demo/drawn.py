"""A message of the channel as lines to print. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.reply import clock
from bot.sandbox import Message
from bot.sandbox.mrkdwn import Names, shown
from bot.sandbox.screen import screen, table_lines

__all__ = ["Button", "buttons_of", "drawn"]

_EMOJI: Mapping[str, str] = {
    "alarm_clock": "⏰",
    "arrow_forward": "▶️",
    "ballot_box_with_check": "☑️",
    "black_square_for_stop": "⏹️",
    "checkered_flag": "🏁",
    "clipboard": "📋",
    "clock3": "🕒",
    "double_vertical_bar": "⏸️",
    "grey_question": "❔",
    "heavy_minus_sign": "➖",
    "heavy_multiplication_x": "✖️",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "inbox_tray": "📥",
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "lock": "🔒",
    "mag": "🔍",
    "no_entry_sign": "🚫",
    "raised_hand": "✋",
    "rotating_light": "🚨",
    "scroll": "📜",
    "snowflake": "❄️",
    "sunny": "☀️",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "x": "❌",
}
_ROW = 90
_INDENT = "  "
_MOST_OPTIONS = 12
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Button:
    """What a press needs to know of a button, or of an option of a menu.

    asks: what Slack asks before the press counts, "" for nothing; menu: which one an option is in.
    """

    label: str
    action_id: str
    value: str | None
    asks: str = ""
    menu: str = ""


def buttons_of(message: Message) -> tuple[Button, ...]:
    """What can be pressed in a message now: its buttons from left to right, then every option of
    its menus."""
    elements = [
        element
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    buttons = (_button(element) for element in elements if element["type"] == "button")
    options = (_options(element) for element in elements if element["type"] == "static_select")
    return (*buttons, *(option for menu in options for option in menu))


def _button(element: Mapping[str, Any]) -> Button:
    return Button(
        label=element["text"]["text"],
        action_id=element["action_id"],
        value=element.get("value"),
        asks=_question(element),
    )


def _options(element: Mapping[str, Any]) -> Iterator[Button]:
    for option in element.get("options", ()):
        yield Button(
            label=option["text"]["text"],
            action_id=element["action_id"],
            value=option["value"],
            asks=_question(element),
            menu=element.get("placeholder", {}).get("text", "Choose"),
        )


def _question(element: Mapping[str, Any]) -> str:
    """As "Restart task 123 again? The stream breaks. [y] Restart  [n] Leave it"."""
    asked = element.get("confirm")
    if not asked:
        return ""
    title, text, yes, no = (asked[part]["text"] for part in ("title", "text", "confirm", "deny"))
    return _printable(f"{title} {text} [y] {yes}  [n] {no}")


def drawn(message: Message, names: Names, *, colours: bool, width: int | None = None) -> str:
    """The message as it is now: who and when, then what it says, then what can be pressed by
    number. width: characters of a line, for tables; None: as wide as they are."""
    inside = width and width - len(_INDENT)
    lines = [_heading(message, names)]
    lines += (f"{_INDENT}{_plain(line, colours=colours)}" for line in _body(message, names, inside))
    lines += (f"{_INDENT}{_printable(line)}" for line in _pressable(buttons_of(message)))
    return "\n".join(lines)


def _pressable(buttons: Sequence[Button]) -> Iterator[str]:
    """The buttons in a line, then the first options of the menus, one below the other."""
    numbered = [(f"[{number}] {one.label}", one.menu) for number, one in enumerate(buttons, 1)]
    if row := _INDENT.join(label for label, menu in numbered if not menu):
        yield row
    options = [(label, menu) for label, menu in numbered if menu]
    above = ""
    for label, menu in options[:_MOST_OPTIONS]:
        if menu != above:
            yield f"{menu}:"
        above = menu
        yield f"{_INDENT}{label}"
    if len(options) > _MOST_OPTIONS:
        yield f"{_INDENT}and {len(options) - _MOST_OPTIONS} more, by number"


def _body(message: Message, names: Names, width: int | None) -> Iterator[str]:
    if not message.blocks:
        yield from message.shown.split("\n")
    for block in message.blocks:
        match block:
            case {"type": "actions"}:
                pass
            case {"type": "table"}:
                yield from table_lines(block, names, width)
            case {"fields": [*fields]}:
                yield from _side_by_side(fields, names)
            case {"type": "context", "elements": [*elements]}:
                yield from (screen([{**block, "elements": [one]}], names) for one in elements)
            case _:
                yield from screen([block], names).strip("\n").split("\n")


def _side_by_side(fields: list[Mapping[str, str]], names: Names) -> Iterator[str]:
    """Each is a name above a value; in one line, if it holds them."""
    pairs = [shown(field["text"], names).replace("\n", ": ") for field in fields]
    row = "   ".join(pairs)
    yield from [row] if len(row) <= _ROW else pairs


def _heading(message: Message, names: Names) -> str:
    author = names.name_of_person(message.author) or "Slack"
    return " · ".join((author, clock(message.current.at), *_remarks(message)))


def _remarks(message: Message) -> Iterator[str]:
    if len(message.versions) > 1:
        yield "edited"
    if message.thread_ts is not None:
        yield "in a thread"
    if message.only_for is not None:
        yield "only visible to you"


def _plain(line: str, *, colours: bool) -> str:
    """Slack's marks as a terminal shows them, or taken away."""
    line = re.sub(r":([a-z0-9_]+):", lambda found: _EMOJI.get(found[1], found[0]), _printable(line))
    bold, code = ("\x1b[1m\\1\x1b[0m", "\x1b[36m\\1\x1b[0m") if colours else (r"\1", r"\1")
    return _CODE.sub(code, _BOLD.sub(bold, line))


def _printable(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\N{VARIATION SELECTOR-16}" else " " for c in text)
