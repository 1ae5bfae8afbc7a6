"""One message, within what Slack takes.

The order is always head, fields, meaning, table, context, actions, so that the eye finds the line.
Room goes first to what nobody may miss: the actions, the head, who and when, every RequestId.
https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.reply import Line, Mark, Reply
from bot.slack.blocks.actions import actions
from bot.slack.blocks.room import NOTHING, Payload, Room, marked
from bot.slack.blocks.table import table
from bot.slack.text import cut, escape, mrkdwn

__all__ = ["Payload", "render"]

_CHARACTERS = 8900  # 9,000 of a message without its table, with its remark on itself
_WITH_TABLE = 12_400  # 12,500; Slack refuses near 13,200 (msg_blocks_too_long)
_TEXT = 2900
_HEAD = 1500
_NAME = 75
_FIELD = 900
_MOST_FIELDS = 8


@dataclass(frozen=True, slots=True)
class _Place:
    """Where lines stand: how many of them, and of how many characters each."""

    most: int
    characters: int


_BODY = _Place(most=7, characters=2900)
_CONTEXT = _Place(most=9, characters=1500)  # Slack takes ten, and one is for the remark

_LEFT_OUT = "Some lines had no room and are left out."


def render(reply: Reply, *, note: str = "") -> Payload:
    """`text` and `blocks` for chat.postMessage, chat.update and the rest.

    At most 12 blocks, 9,000 characters without the table and 12,500 with it. What is over that is
    cut: lines and context first; how many rows and choices are left out, the message says.
    note: one more context line, about the message itself.
    """
    room = Room(_CHARACTERS)
    pressed, choices = actions(reply.menus, reply.buttons, room)
    head = _head(reply, room)
    lines = _Lines(reply, note)
    lines.take(room, vital=True)
    fields = _fields(reply, room)
    lines.take(room, vital=False)
    rows, cut_rows = table(reply.table, _WITH_TABLE - (_CHARACTERS - room.left))
    remarks = [cut_rows, choices, _LEFT_OUT if room.short else ""]
    blocks = [
        *head,
        *fields,
        *(_section(text) for text in lines.of(_BODY)),
        *rows,
        *_context([*lines.of(_CONTEXT), " ".join(filter(None, remarks))]),
        *pressed,
    ]
    payload: Payload = {"text": cut(escape(reply.text), _TEXT)}
    return {**payload, "blocks": blocks} if blocks else payload


def _head(reply: Reply, room: Room) -> list[Payload]:
    if reply.mark is None:
        return []
    return [_section(f"{_word(reply.mark, room)}{_after(reply.head, room)}")]


def _word(mark: Mark, room: Room) -> str:
    return room.fit((f":{mark.emoji}: *{mark.word}*",), _HEAD)


def _after(head: Line, room: Room) -> str:
    return room.fit((" · ", *head), _HEAD) if head else ""


def _fields(reply: Reply, room: Room) -> list[Payload]:
    fields = []
    for name, value in reply.fields[:_MOST_FIELDS]:
        bold = f"*{escape(cut(name, _NAME))}*\n"
        shown = value if mrkdwn(value).strip() else (NOTHING,)
        # The marks of the name would not come through `fit`, which escapes.
        if room.takes(len(bold)) and (text := room.fit(shown, _FIELD)):
            fields.append(marked(f"{bold}{text}"))
    room.short = room.short or len(reply.fields) > _MOST_FIELDS
    return [{"type": "section", "fields": fields}] if fields else []


class _Lines:
    """The lines of meaning and of context, each with its text once it has found room."""

    def __init__(self, reply: Reply, note: str) -> None:
        context = (*reply.context, (note,)) if note else reply.context
        vital = {0, len(context) - 1} if note else {0}  # who and when, and the note
        self._asked = [(_BODY, line, _has_request_id(line)) for line in reply.body]
        self._asked += [
            (_CONTEXT, line, number in vital or _has_request_id(line))
            for number, line in enumerate(context)
        ]
        self._texts: dict[int, str] = {}

    def take(self, room: Room, *, vital: bool) -> None:
        """Find room for what nobody may miss, or for the rest, from the top."""
        for number, (place, line, is_vital) in enumerate(self._asked):
            if is_vital is not vital:
                continue
            if len(self.of(place)) == place.most:
                room.short = True
            else:
                self._texts[number] = room.fit(line, place.characters)

    def of(self, place: _Place) -> list[str]:
        """The texts of one place, in their order."""
        return [
            text for n, text in sorted(self._texts.items()) if text and self._asked[n][0] is place
        ]


def _has_request_id(line: Line) -> bool:
    return any(isinstance(part, str) and "RequestId" in part for part in line)


def _section(text: str) -> Payload:
    return {"type": "section", "text": marked(text)}


def _context(texts: Iterable[str]) -> list[Payload]:
    elements = [marked(text) for text in texts if text]
    return [{"type": "context", "elements": elements}] if elements else []
