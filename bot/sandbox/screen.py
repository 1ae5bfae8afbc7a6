"""Blocks as plain lines: what a person reads, for a terminal and for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.sandbox.columns import aligned
from bot.sandbox.mrkdwn import Names, pings, shown

__all__ = ["block_pings", "screen", "table_lines"]

Block = Mapping[str, Any]


def screen(blocks: Iterable[Block], names: Names) -> str:
    """The blocks from top to bottom. A block that is not known here shows its type."""
    lines: list[str] = []
    for block in blocks:
        draw = _DRAW.get(block["type"], _unknown)
        lines += (line for line in draw(block, names) if line)
    return "\n".join(lines)


def block_pings(blocks: Iterable[Block]) -> frozenset[str]:
    """Whom the blocks notify; plain_text notifies nobody."""
    return frozenset().union(*(pings(text) for text in _marked_texts(list(blocks))))


def _marked_texts(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _marked_texts(item)
    elif isinstance(node, dict):
        yield from _marked_text_of(node)
        for value in node.values():
            yield from _marked_texts(value)


def _marked_text_of(node: Mapping[str, Any]) -> Iterator[str]:
    kind = node.get("type")
    if kind in ("mrkdwn", "markdown"):
        yield str(node.get("text", ""))
    elif kind == "user":
        yield f"<@{node.get('user_id', '')}>"
    elif kind == "usergroup":
        yield f"<!subteam^{node.get('usergroup_id', '')}>"
    elif kind == "broadcast":
        yield f"<!{node.get('range', '')}>"


def _text(part: Block | None, names: Names) -> str:
    """A text object: plain_text is shown to the letter."""
    if part is None:
        return ""
    text = str(part["text"])
    return shown(text, names) if part["type"] == "mrkdwn" else text


def _element(element: Block, names: Names) -> str:
    kind = element["type"]
    if kind == "button":
        return f"[{_text(element['text'], names)}]"
    if kind == "image":
        return f"({element['alt_text']})"
    if kind == "overflow":
        return "[...]"
    if kind in ("mrkdwn", "plain_text"):
        return _text(element, names)
    return f"[{_text(element.get('placeholder'), names) or kind}]"


def _section(block: Block, names: Names) -> Iterator[str]:
    accessory = block.get("accessory")
    beside = f"  {_element(accessory, names)}" if accessory else ""
    yield _text(block.get("text"), names) + beside
    for field in block.get("fields", ()):
        yield _text(field, names)


def _row(block: Block, names: Names) -> Iterator[str]:
    yield "  ".join(_element(element, names) for element in block["elements"])


def _header(block: Block, names: Names) -> Iterator[str]:
    yield _text(block["text"], names)


def _divider(_block: Block, _names: Names) -> Iterator[str]:
    yield "---"


def _image(block: Block, _names: Names) -> Iterator[str]:
    yield f"({block['alt_text']})"


def _input(block: Block, names: Names) -> Iterator[str]:
    yield f"{_text(block['label'], names)}: {_element(block['element'], names)}"


def _markdown(block: Block, _names: Names) -> Iterator[str]:
    yield str(block["text"])


def _rich_text(block: Block, names: Names) -> Iterator[str]:
    for part in block["elements"]:
        if part["type"] == "rich_text_list":
            yield from (f"• {_run(item['elements'], names)}" for item in part["elements"])
        else:
            yield _run(part["elements"], names)


def _run(elements: Iterable[Block], names: Names) -> str:
    return "".join(_inline(element, names) for element in elements)


def _inline(element: Block, names: Names) -> str:
    kind = element["type"]
    if kind == "link":
        return str(element.get("text") or element["url"])
    if kind == "emoji":
        return f":{element['name']}:"
    for ping in _marked_text_of(element):
        return shown(ping, names)
    if kind == "channel":
        return shown(f"<#{element['channel_id']}>", names)
    return str(element.get("text", ""))


def table_lines(block: Block, names: Names, width: int | None = None) -> Iterator[str]:
    """A table with its columns below each other. width: characters of a line at most."""
    yield from aligned([[_cell(cell, names) for cell in row] for row in block["rows"]], width)


def _cell(cell: Block, names: Names) -> str:
    return " ".join(_rich_text(cell, names)) if cell["type"] == "rich_text" else str(cell["text"])


def _unknown(block: Block, _names: Names) -> Iterator[str]:
    yield f"({block['type']})"


_DRAW: Mapping[str, Callable[[Block, Names], Iterator[str]]] = {
    "section": _section,
    "context": _row,
    "actions": _row,
    "header": _header,
    "divider": _divider,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "table": table_lines,
}
