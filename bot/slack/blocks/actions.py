"""Menus and buttons, and the question before a press counts.

https://docs.slack.dev/reference/block-kit/blocks/actions-block
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.reply import Ask, Button, Menu
from bot.slack.blocks.room import Payload, Room, plain_text

__all__ = ["actions"]

_CHARACTERS = 6000
"""Of all that people can press. Four buttons with a question each leave fifty long choices."""
_MOST_ELEMENTS = 25
_MOST_OPTIONS = 100
_LABEL = 75
_DESCRIBED = 75
_PLACEHOLDER = 150
_TICKET = 2000
_OPTION_TICKET = 150
_ACTION = 240  # Slack takes 255; a number may follow


def actions(
    menus: Sequence[Menu], buttons: Sequence[Button], room: Room
) -> tuple[list[Payload], str]:
    """The block, if there is anything to press, and what had no place in it.

    The buttons take their room first, because with them people say no; the menus stand first.
    """
    inside = Room(_CHARACTERS)
    last = [_button(button) for button in _fitting(buttons, inside)]
    first: list[Payload] = []
    offered = shown = 0
    for menu in menus[: _MOST_ELEMENTS - len(last)]:
        options = list(_options(menu, inside))
        offered, shown = offered + len(menu.options), shown + len(options)
        if options:
            first.append(_select(menu, options))
    room.take(_CHARACTERS - inside.left)
    elements = _told_apart([*first, *last])
    block = [{"type": "actions", "elements": elements}] if elements else []
    return block, f"{shown} of {offered} choices shown." if shown < offered else ""


def _fitting(buttons: Sequence[Button], room: Room) -> Iterator[Button]:
    for button in buttons[:_MOST_ELEMENTS]:
        size = len(button.label[:_LABEL]) + _size_of(button.ask)
        if size <= room.left and len(button.ticket) <= _TICKET:
            room.take(size)
            yield button


def _size_of(ask: Ask | None) -> int:
    return len(ask.title) + len(ask.text) + len(ask.yes) + len(ask.no) if ask else 0


def _button(button: Button) -> Payload:
    element: Payload = {
        "type": "button",
        "action_id": button.action[:_ACTION],
        "text": plain_text(button.label, _LABEL),
        "value": button.ticket,
    }
    if button.style:
        element["style"] = button.style
    if button.described:
        element["accessibility_label"] = plain_text(button.described, _DESCRIBED)["text"]
    if button.ask:
        element["confirm"] = _confirm(button.ask, danger=button.style == "danger")
    return element


def _confirm(ask: Ask, *, danger: bool) -> Payload:
    dialog: Payload = {
        "title": plain_text(ask.title, 100),
        "text": plain_text(ask.text, 300),
        "confirm": plain_text(ask.yes, 30),
        "deny": plain_text(ask.no, 30),
    }
    return {**dialog, "style": "danger"} if danger else dialog


def _options(menu: Menu, room: Room) -> Iterator[Payload]:
    """As many as there is room for. One whose ticket Slack would not carry is left out."""
    room.take(len(menu.label[:_PLACEHOLDER]))
    for label, ticket in menu.options[:_MOST_OPTIONS]:
        text = plain_text(label, _LABEL)
        if len(text["text"]) <= room.left and 0 < len(ticket) <= _OPTION_TICKET:
            room.take(len(text["text"]))
            yield {"text": text, "value": ticket}


def _select(menu: Menu, options: list[Payload]) -> Payload:
    return {
        "type": "static_select",
        "action_id": menu.action[:_ACTION],
        "placeholder": plain_text(menu.label, _PLACEHOLDER),
        "options": options,
    }


def _told_apart(elements: list[Payload]) -> list[Payload]:
    """Slack wants every action_id once in a block: the second "status" becomes "status:2"."""
    taken: set[str] = set()
    for element in elements:
        action, number = element["action_id"], 1
        while element["action_id"] in taken:
            number += 1
            element["action_id"] = f"{action}:{number}"
        taken.add(element["action_id"])
    return elements
