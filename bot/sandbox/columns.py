"""Rows of words as lines whose columns stand below each other. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

__all__ = ["aligned"]

_BETWEEN = " | "
_NARROWEST = 4


def aligned(rows: Sequence[Sequence[str]], width: int | None = None) -> Iterator[str]:
    """One line for each row. width: of the paper; the widest columns are cut until they fit."""
    columns = max(map(len, rows), default=0)
    whole = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*whole, strict=True)]
    while width and sum(widths) + len(_BETWEEN) * (columns - 1) > width:
        if max(widths) <= _NARROWEST:
            break
        widths[widths.index(max(widths))] -= 1
    for row in whole:
        *first, last = (_cut(cell, w) for cell, w in zip(row, widths, strict=True))
        padded = (cell + " " * (w - _width(cell)) for cell, w in zip(first, widths, strict=False))
        yield _BETWEEN.join((*padded, last))


def _width(text: str) -> int:
    """How many places a terminal gives it: two for a Chinese character and most emoji."""
    return sum(map(_places, text))


def _places(character: str) -> int:
    if unicodedata.combining(character) or character == "\N{VARIATION SELECTOR-16}":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    kept = text
    while _width(kept) >= width:
        kept = kept[:-1]
    return f"{kept}…"
