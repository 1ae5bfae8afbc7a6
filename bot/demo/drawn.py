"""A message of the channel as lines to print. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.reply import clock
from bot.sandbox import Message
from bot.sandbox.mrkdwn import Names, shown
from bot.sandbox.screen import screen

__all__ = ["Button", "buttons_of", "drawn"]

_EMOJI: Mapping[str, str] = {
    "alarm_clock": "⏰",
    "ballot_box_with_check": "☑️",
    "grey_question": "❔",
    "heavy_multiplication_x": "✖️",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "inbox_tray": "📥",
    "lock": "🔒",
    "mag": "🔍",
    "no_entry_sign": "🚫",
    "raised_hand": "✋",
    "x": "❌",
}
_ROW = 90
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Button:
    """What a press needs to know of a button."""

    label: str
    action_id: str
    value: str | None


def buttons_of(message: Message) -> tuple[Button, ...]:
    """The buttons that a message has now, from left to right."""
    return tuple(
        Button(element["text"]["text"], element["action_id"], element.get("value"))
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "button"
    )


def drawn(message: Message, names: Names, *, colours: bool) -> str:
    """The message as it is now: who and when, then what it says, then its buttons by number."""
    lines = [_heading(message, names)]
    lines += (f"  {_plain(line, colours=colours)}" for line in _body(message, names))
    if buttons := buttons_of(message):
        numbered = (f"[{number}] {b.label}" for number, b in enumerate(buttons, start=1))
        lines.append(f"  {_printable('  '.join(numbered))}")
    return "\n".join(lines)


def _body(message: Message, names: Names) -> Iterator[str]:
    if not message.blocks:
        yield from message.shown.split("\n")
    for block in message.blocks:
        match block:
            case {"type": "actions"}:
                pass
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
    line = re.sub(r":([a-z_]+):", lambda found: _EMOJI.get(found[1], found[0]), _printable(line))
    bold, code = ("\x1b[1m\\1\x1b[0m", "\x1b[36m\\1\x1b[0m") if colours else (r"\1", r"\1")
    return _CODE.sub(code, _BOLD.sub(bold, line))


def _printable(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\N{VARIATION SELECTOR-16}" else " " for c in text)
