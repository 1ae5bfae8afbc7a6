"""What we say, without Slack: one neutral value that a renderer turns into blocks.

`text` alone says it all, for notifications and screen readers: outcome word first, then target,
actor, reason and next step. The blocks say the same in an order that the eye learns: head, fields,
meaning, table, context, buttons. Nothing here is escaped; the renderer does that, for every part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Literal

__all__ = [
    "Ask",
    "Bold",
    "Button",
    "Channel",
    "Code",
    "Line",
    "Link",
    "Mark",
    "Menu",
    "Part",
    "Reply",
    "Table",
    "clock",
    "day_and_clock",
]


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


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel by its id. Slack shows its name to those who may see it."""

    id: str


Part = str | Code | Bold | Link | Channel
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
    # What following proved
    RUNNING_AGAIN = ("white_check_mark", "Running again")
    STARTED = ("white_check_mark", "Started")
    STOPPED_NOW = ("white_check_mark", "Stopped")
    DELETED = ("white_check_mark", "Deleted")
    ENDED_NOW = ("white_check_mark", "Ended")
    NOT_BACK = ("warning", "Not back")
    NOT_STOPPED = ("warning", "Not stopped")
    NOT_DELETED = ("warning", "Not deleted")
    DOWN = ("rotating_light", "DOWN")
    CANNOT_TELL = ("heavy_minus_sign", "Cannot tell")
    # How a task stands
    TASK_WAITING = ("clock3", "Waiting to start")
    TASK_RUNNING = ("large_green_circle", "Running")
    TASK_DEGRADED = ("large_yellow_circle", "Degraded")
    TASK_NO_STREAM = ("large_yellow_circle", "No stream")
    TASK_SWITCHED_ON = ("large_blue_circle", "Switched on")
    TASK_STOPPED = ("black_square_for_stop", "Stopped")
    TASK_ENDED = ("checkered_flag", "Ended")
    TASK_NOT_FOUND = ("mag", "Not found")
    TASK_UNKNOWN = ("grey_question", "State unknown")
    # A brake, and a vendor that is paused
    FROZEN = ("snowflake", "Frozen")
    THAWED = ("sunny", "Thawed")
    PAUSED = ("double_vertical_bar", "Paused")
    RESUMED = ("arrow_forward", "Resumed")
    # Answers about what was done
    HISTORY = ("scroll", "History")
    TASKS = ("clipboard", "Tasks")

    @property
    def emoji(self) -> str:
        """Slack's name of it, without colons."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The state word of the glossary."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that Slack asks before a press counts. title 100, text 300, yes and no 30
    characters at most."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button that carries a ticket: which card was pressed, and never a permission.

    action: what a press of it means; label: at most 30 characters; described: the fuller label.
    ask: asked before the press counts.
    """

    action: str
    label: str
    ticket: str
    style: Literal["danger", "primary"] | None = None
    described: str = ""
    ask: Ask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """One choice of several. options: label (at most 75 characters) and ticket of each, 1 to 100
    of them."""

    action: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header, at most 100 rows of 20 cells. A renderer shows as many as fit."""

    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message. Everything but `text` may be missing."""

    text: str
    mark: Mark | None = None
    head: Line = ()
    fields: tuple[tuple[str, Line], ...] = ()
    body: tuple[Line, ...] = ()
    table: Table | None = None
    context: tuple[Line, ...] = ()
    menus: tuple[Menu, ...] = ()
    buttons: tuple[Button, ...] = ()


def clock(at: float) -> str:
    """A time of day: "03:14:07 UTC"."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")


def day_and_clock(at: float) -> str:
    """A day and a time: "22 Nov 10:00 UTC"."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%b %H:%M} UTC"
