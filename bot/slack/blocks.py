"""A reply as Slack's Block Kit: the only place that knows it.

The order is always head, fields, meaning, context, buttons, so that the eye finds the line.
https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from typing import Any

from bot.reply import Button, Line, Mark, Reply
from bot.slack.text import cut, escape, mrkdwn

__all__ = ["Payload", "render"]

Payload = dict[str, Any]

# Slack's own limits are 3,000 for a section and about 13,200 for a whole message.
_TEXT = 2900
_SECTION = 2900
_FIELD = 1900
_CONTEXT = 1900
_MOST_LINES = 6
_NO_ANGLES = str.maketrans("<>", "‹›")


def render(reply: Reply, *, note: str = "") -> Payload:
    """`text` and `blocks` for chat.postMessage, chat.update and the rest.

    note: one more context line, about the message itself.
    """
    blocks = [
        *_head(reply),
        *_fields(reply),
        *(_section(line) for line in reply.body[:_MOST_LINES]),
        *(_context((*reply.context, (note,)) if note else reply.context)),
        *_actions(reply.buttons),
    ]
    payload: Payload = {"text": cut(escape(reply.text), _TEXT)}
    if blocks:
        payload["blocks"] = blocks
    return payload


def _head(reply: Reply) -> list[Payload]:
    if reply.mark is None:
        return []
    return [_section_of(_marked(reply.mark, reply.head))]


def _marked(mark: Mark, head: Line) -> str:
    word = f":{mark.emoji}: *{mark.word}*"
    return f"{word} · {mrkdwn(head)}" if head else word


def _section(line: Line) -> Payload:
    return _section_of(mrkdwn(line))


def _section_of(text: str) -> Payload:
    return {"type": "section", "text": _mrkdwn(cut(text, _SECTION))}


def _fields(reply: Reply) -> list[Payload]:
    if not reply.fields:
        return []
    fields = [
        _mrkdwn(cut(f"*{escape(name)}*\n{mrkdwn(value)}", _FIELD))
        for name, value in reply.fields[:8]
    ]
    return [{"type": "section", "fields": fields}]


def _context(lines: tuple[Line, ...]) -> list[Payload]:
    if not lines:
        return []
    elements = [_mrkdwn(cut(mrkdwn(line), _CONTEXT)) for line in lines[:10]]
    return [{"type": "context", "elements": elements}]


def _actions(buttons: tuple[Button, ...]) -> list[Payload]:
    if not buttons:
        return []
    return [{"type": "actions", "elements": [_button(button) for button in buttons]}]


def _button(button: Button) -> Payload:
    element: Payload = {
        "type": "button",
        "action_id": button.action,
        "text": {"type": "plain_text", "text": _plain(button.label), "emoji": False},
        "value": button.ticket,
    }
    if button.style:
        element["style"] = button.style
    if button.described:
        element["accessibility_label"] = _plain(button.described)
    return element


def _plain(text: str) -> str:
    """Slack reads no markup in plain text, and would show an escape as it stands."""
    return text.translate(_NO_ANGLES)


def _mrkdwn(text: str) -> Payload:
    # verbatim: Slack makes no links or names out of what only looks like them.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
