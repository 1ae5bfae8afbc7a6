"""A table. https://docs.slack.dev/reference/block-kit/blocks/table-block"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from bot.reply import Bold, Channel, Code, Line, Link, Part, Table
from bot.slack.blocks.room import NOTHING, Payload
from bot.slack.text import cut, is_channel, is_web, plain
from providers.foreign import foreign

__all__ = ["table"]

_MOST_ROWS = 100  # with the header
_MOST_COLUMNS = 20
_CELL = 80
_CHARACTERS = 9000  # Slack takes 10,000

Row = list[Payload]


def table(asked: Table | None, characters: int) -> tuple[list[Payload], str]:
    """The block, if there are rows, and a remark if not all of them are in it.

    characters: how many the message has left for it.
    """
    if asked is None or not any(asked.rows):
        return [], ""
    columns = min(_MOST_COLUMNS, max(map(len, (asked.header, *asked.rows))))
    header: Iterable[Line] = ((name,) for name in asked.header)
    rows = list(_fitting(chain([header], asked.rows), columns, min(characters, _CHARACTERS)))
    shown, there = len(rows) - 1, len(asked.rows)
    remark = f"{max(0, shown)} of {there} rows shown." if shown < there else ""
    return ([{"type": "table", "rows": rows}] if shown > 0 else []), remark


def _fitting(lines: Iterable[Iterable[Line]], columns: int, characters: int) -> Iterator[Row]:
    """Rows from the top, as many as Slack takes."""
    for number, line in enumerate(lines):
        row = [_cell(cell) for cell in (*line, *[()] * columns)[:columns]]
        characters -= sum(map(_size, row))
        if characters < 0 or number == _MOST_ROWS:
            return
        yield row


def _cell(line: Line) -> Payload:
    elements = list(_elements(line))
    if any(element.keys() != {"type", "text"} for element in elements):
        section = {"type": "rich_text_section", "elements": elements}
        return {"type": "rich_text", "elements": [section]}
    text = "".join(element["text"] for element in elements)
    return {"type": "raw_text", "text": text if text.strip() else NOTHING}


def _elements(line: Line) -> Iterator[Payload]:
    """The parts of a cell, until it is full."""
    left = _CELL
    for part in line:
        if left < 1:
            return
        element = _element(part, left)
        left -= _length(element)
        if element.get("text") != "":
            yield element


def _element(part: Part, most: int) -> Payload:
    match part:
        case Link(label=label, url=url) if is_web(url):
            return {"type": "link", "url": url, "text": cut(plain(label) or NOTHING, most)}
        case Channel(id=channel) if is_channel(channel):
            return {"type": "channel", "channel_id": channel}
        case Code():
            return {**_text(foreign(part, _CELL), most), "style": {"code": True}}
        case Bold():
            return {**_text(part, most), "style": {"bold": True}}
    return _text(_words(part), most)


def _words(part: Part) -> str:
    match part:
        case Link(label=label):
            return label
        case Channel(id=channel):
            return channel
        case _:
            return part


def _text(text: str, most: int) -> Payload:
    return {"type": "text", "text": cut(plain(text), most)}


def _length(element: Payload) -> int:
    """Characters that are seen; a channel is seen by its name, which is not known here."""
    return len(element["text"]) if "text" in element else len(element["channel_id"])


def _size(cell: Payload) -> int:
    """Characters that Slack may count."""
    if cell["type"] == "raw_text":
        return len(cell["text"])
    return sum(_length(one) + len(one.get("url", "")) for one in cell["elements"][0]["elements"])
