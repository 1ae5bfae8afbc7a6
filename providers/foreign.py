"""Text from outside: vendors' messages, people's names and reasons.

Whatever comes in is made one line, bounded, storable and free of characters that steer a terminal
or turn the reading direction. Escaping for Slack is the renderer's work, not done here.
"""

from __future__ import annotations

import unicodedata

__all__ = ["foreign"]

# Cc: control characters, Cf: format characters (bidi overrides, zero width, tags), Cs: lone
# surrogates, Co/Cn: private use and unassigned, Zl/Zp: line and paragraph separators.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def foreign(text: object, limit: int = 300) -> str:
    """One clean line of at most `limit` characters; an ellipsis shows where it was cut.

    >>> foreign("one\\r\\ntwo \\u202eeerht\\ud800")
    'one two eerht'
    """
    # Cut before the work, so that a megabyte costs no more than a line; the rest of the slack
    # is for characters that fall away.
    raw = str(text)[: limit * 4]
    plain = raw.isascii() and raw.isprintable()  # nearly always, and then nothing falls away
    kept = raw if plain else "".join(_cleaned(character) for character in raw)
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _cleaned(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _UNWANTED else character
