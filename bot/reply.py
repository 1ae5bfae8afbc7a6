"""What we say, without Slack: one neutral value that a renderer turns into blocks.

`text` alone says it all, for notifications and screen readers: outcome word first, then target,
actor, reason and next step. The blocks say the same in an order that the eye learns: head, fields,
meaning, context, buttons. Nothing here is escaped; the renderer does that, for every part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Literal

__all__ = ["Bold", "Button", "Code", "Line", "Link", "Mark", "Part", "Reply", "clock"]


class Code(str):
    """Shown in code font: ids, codes, commands to copy."""

    __slots__ = ()


class Bold(str):
    """Shown bold."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    label: str
    url: str


Part = str | Code | Bold | Link
Line = tuple[Part, ...]


class Mark(Enum):
    """The first thing the eye finds: an emoji, never without its word."""

    SENDING = ("hourglass_flowing_sand", "Sending")
    WAITING_FOR_QUOTA = ("hourglass", "Waiting for quota")
    WAITING = ("raised_hand", "Waiting for a yes")
    WAITING_FOR_SECOND = ("raised_hand", "Waiting for a second person")
    ACCEPTED = ("inbox_tray", "Accepted")
    ALREADY_SO = ("ballot_box_with_check", "Already so")
    REFUSED = ("x", "Refused")
    NOT_SENT = ("no_entry_sign", "Not sent")
    NOT_RUN = ("no_entry_sign", "Not run")
    UNKNOWN = ("grey_question", "Unknown")
    NOT_ALLOWED = ("lock", "Not allowed")
    DECLINED = ("heavy_multiplication_x", "Declined")
    CANCELLED = ("heavy_multiplication_x", "Cancelled")
    EXPIRED = ("alarm_clock", "Expired")
    DRY_RUN = ("mag", "Dry run")

    @property
    def emoji(self) -> str:
        """Slack's name of it, without colons."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The state word of the glossary."""
        return self.value[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button that carries a ticket: which card was pressed, and never a permission.

    action: what a press of it means; label: at most 30 characters; described: the fuller label.
    """

    action: str
    label: str
    ticket: str
    style: Literal["danger", "primary"] | None = None
    described: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message. Everything but `text` may be missing."""

    text: str
    mark: Mark | None = None
    head: Line = ()
    fields: tuple[tuple[str, Line], ...] = ()
    body: tuple[Line, ...] = ()
    context: tuple[Line, ...] = ()
    buttons: tuple[Button, ...] = ()


def clock(at: float) -> str:
    """A time of day: "03:14:07 UTC"."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")
