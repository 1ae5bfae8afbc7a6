"""Which blocks Slack takes, each with its limits, and what holds for a whole message.

Limits: docs.slack.dev/reference/block-kit/blocks. Blocks that stand in no table here are refused,
as Slack refuses what it does not know; the newest ones (card, container, plan, ...) are not in yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from bot.sandbox.block_kit.elements import (
    ACCESSORY,
    ACTION,
    CONTEXT,
    ID,
    INPUT,
    RICH_TEXT,
    URL,
    plain,
    text,
)
from bot.sandbox.block_kit.rules import (
    Rule,
    anything,
    at_least_one_of,
    boolean,
    choice,
    items,
    number,
    problem,
    record,
    string,
    variant,
)

__all__ = ["Surface", "characters", "problems_of"]

Surface = Literal["message", "modal", "home"]

_MOST_BLOCKS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
_MARKDOWN_CHARACTERS = 12_000
_TABLE_CHARACTERS = 10_000
_NO_LIMIT = 1_000_000

_OWN = {"block_id": ID}
_RICH_TEXT_BLOCK = record({"elements": items(RICH_TEXT, 1000)}, _OWN)
_CELL = variant(
    {
        "raw_text": record({"text": string(_NO_LIMIT)}),  # in sum: see _table_size
        "raw_number": record({"value": number, "text": string(_NO_LIMIT)}),
        "rich_text": _RICH_TEXT_BLOCK,
    }
)
_COLUMN = record({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})


def _unique_action_ids(block: object, pointer: str) -> Iterator[str]:
    elements = block.get("elements") if isinstance(block, dict) else None
    named = [e for e in elements or () if isinstance(e, dict) and "action_id" in e]
    yield from _duplicates("action_id", named, f"{pointer}/elements")


def _table_size(block: object, pointer: str) -> Iterator[str]:
    if characters(block) > _TABLE_CHARACTERS:
        yield problem(f"no more than {_TABLE_CHARACTERS} characters allowed in a table", pointer)


_ANYWHERE: Mapping[str, Rule] = {
    "section": record(
        {},
        {
            **_OWN,
            "text": text(3000),
            "fields": items(text(2000), 10),
            "accessory": ACCESSORY,
            "expand": boolean,
        },
        at_least_one_of("text", "fields"),
    ),
    "divider": record({}, _OWN),
    "header": record({"text": plain(150)}, _OWN),
    "context": record({"elements": items(CONTEXT, 10)}, _OWN),
    "actions": record({"elements": items(ACTION, 25)}, _OWN, _unique_action_ids),
    "image": record(
        {"alt_text": string(2000)},
        {**_OWN, "image_url": URL, "slack_file": anything, "title": plain(2000)},
        at_least_one_of("image_url", "slack_file"),
    ),
    "input": record(
        {"label": plain(2000), "element": INPUT},
        {**_OWN, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _RICH_TEXT_BLOCK,
}
_TABLE = record(
    {"rows": items(items(_CELL, 20), 100)},
    {**_OWN, "column_settings": items(_COLUMN, 20)},
    _table_size,
)
_ON: Mapping[Surface, Mapping[str, Rule]] = {
    "message": {
        **_ANYWHERE,
        "table": _TABLE,
        "markdown": record({"text": string(_NO_LIMIT)}, _OWN),  # in sum: see problems_of
    },
    "home": {**_ANYWHERE, "table": _TABLE},
    "modal": _ANYWHERE,
}


def problems_of(blocks: object, surface: Surface = "message") -> list[str]:
    """Every fault that Slack would find, in its words. An empty list means: accepted."""
    each = items(variant(_ON[surface]), _MOST_BLOCKS[surface], least=0)
    found = list(each(blocks, "/blocks"))
    known = (
        [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    )
    found += _duplicates("block_id", [b for b in known if "block_id" in b], "/blocks")
    tables = sum(block.get("type") == "table" for block in known)
    if tables > 1:
        found.append(problem("only one table allowed", "/blocks"))
    markdown = characters([block for block in known if block.get("type") == "markdown"])
    if markdown > _MARKDOWN_CHARACTERS:
        found.append(problem(f"no more than {_MARKDOWN_CHARACTERS} markdown characters", "/blocks"))
    return found


def _duplicates(key: str, named: Iterable[Mapping[str, Any]], pointer: str) -> Iterator[str]:
    seen: set[object] = set()
    for value in (item[key] for item in named if isinstance(item[key], str)):
        if value in seen:
            yield problem(f"`{key}` {value} already exists", pointer)
        seen.add(value)


def characters(node: object) -> int:
    """How much text there is in blocks: the sum of every "text" that is a string."""
    if isinstance(node, list | tuple):
        return sum(characters(item) for item in node)
    if isinstance(node, dict):
        own = node.get("text")
        inside = sum(characters(value) for value in node.values())
        return inside + (len(own) if isinstance(own, str) else 0)
    return 0
