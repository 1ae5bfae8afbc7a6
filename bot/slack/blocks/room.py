"""How much a message may still say, and the text objects that say it."""

from __future__ import annotations

from typing import Any

from bot.reply import Line
from bot.slack.text import cut, mrkdwn, plain

__all__ = ["NOTHING", "Payload", "Room", "marked", "plain_text"]

Payload = dict[str, Any]

NOTHING = "–"
"""Slack refuses a text without characters."""

_TOO_SHORT = 20
"""Characters. A line that is cut to less tells nobody anything."""


class Room:
    """The characters that a message has left. Whoever takes first is cut last.

    short: True once something was left out altogether.
    """

    def __init__(self, characters: int) -> None:
        self.left = characters
        self.short = False

    def fit(self, line: Line, most: int) -> str:
        """The line in Slack's markup, as much of it as there is room for; "" for none of it."""
        text = mrkdwn(line, most)
        if not text.strip():
            return ""
        if len(text) > self.left:
            text = mrkdwn(line, self.left) if self.left >= _TOO_SHORT else ""
            self.short = self.short or not text
        self.take(len(text))
        return text

    def take(self, characters: int) -> None:
        """Note what was said without asking."""
        self.left = max(0, self.left - characters)

    def takes(self, characters: int) -> bool:
        """True if there was room for so many, which is then taken."""
        fits = characters <= self.left
        self.short = self.short or not fits
        self.take(characters if fits else 0)
        return fits


def plain_text(text: str, most: int) -> Payload:
    """A plain_text object."""
    kept = cut(plain(text), most)
    return {"type": "plain_text", "text": kept if kept.strip() else NOTHING, "emoji": False}


def marked(text: str) -> Payload:
    """A mrkdwn object of what `Room.fit` returned."""
    # verbatim: Slack makes no links or names out of what only looks like them.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
