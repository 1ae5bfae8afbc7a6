"""What stands inside blocks: texts, options, confirm dialogs, buttons, menus, fields.

Limits: docs.slack.dev/reference/block-kit.
"""

from __future__ import annotations

from collections.abc import Iterator

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

__all__ = ["ACCESSORY", "ACTION", "CONTEXT", "ID", "INPUT", "RICH_TEXT", "URL", "plain", "text"]

ID = string(255)
URL = string(3000)


def _plain_text(most: int) -> Rule:
    return record({"text": string(most)}, {"emoji": boolean})


def plain(most: int) -> Rule:
    """A plain_text object."""
    return variant({"plain_text": _plain_text(most)})


def text(most: int) -> Rule:
    """A text object of either kind."""
    marked = record({"text": string(most)}, {"verbatim": boolean})
    return variant({"plain_text": _plain_text(most), "mrkdwn": marked})


_STYLE = choice("primary", "danger")
_CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": _STYLE},
)
_ACTIVE = {"action_id": ID, "confirm": _CONFIRM}
_MENU = {**_ACTIVE, "placeholder": plain(150), "focus_on_load": boolean}


def _option(label: Rule, **more: Rule) -> Rule:
    return record({"text": label, "value": string(150)}, {"description": label, **more})


_CHOICE = _option(plain(75))
_MARKED_CHOICE = _option(text(75))
_CHOICES = items(_CHOICE, 100)
_GROUP = record({"label": plain(75), "options": _CHOICES})


def _one_source(value: object, pointer: str) -> Iterator[str]:
    if isinstance(value, dict) and "options" in value and "option_groups" in value:
        yield problem("must define either `options` or `option_groups`, not both", pointer)
    yield from at_least_one_of("options", "option_groups")(value, pointer)


_LISTED = {"options": _CHOICES, "option_groups": items(_GROUP, 100)}
_SEVERAL = {**_MENU, "max_selected_items": number}

_BUTTON = record(
    {"text": plain(75)},
    {
        **_ACTIVE,
        "value": string(2000, least=0),
        "url": URL,
        "style": _STYLE,
        "accessibility_label": string(75),
    },
)
_OVERFLOW = record({"options": items(_option(plain(75), url=URL), 5)}, _ACTIVE)
_IMAGE = record(
    {"alt_text": string(2000)},
    {"image_url": URL, "slack_file": anything},
    at_least_one_of("image_url", "slack_file"),
)
_TICKS = record({"options": items(_MARKED_CHOICE, 10)}, {**_ACTIVE, "initial_options": anything})
_RADIO = record({"options": items(_MARKED_CHOICE, 10)}, {**_ACTIVE, "initial_option": anything})
_DATE = record({}, {**_MENU, "initial_date": string(10)})
_TIME = record({}, {**_MENU, "initial_time": string(5), "timezone": string(100)})
_TYPED = record(
    {},
    {
        "action_id": ID,
        "initial_value": string(3000, least=0),
        "multiline": boolean,
        "min_length": number,
        "max_length": number,
        "placeholder": plain(150),
        "focus_on_load": boolean,
        "dispatch_action_config": anything,
    },
)

_SELECTS = {
    "static_select": record({}, {**_MENU, **_LISTED, "initial_option": _CHOICE}, _one_source),
    "external_select": record({}, {**_MENU, "min_query_length": number, "initial_option": _CHOICE}),
    "users_select": record({}, {**_MENU, "initial_user": ID}),
    "channels_select": record(
        {}, {**_MENU, "initial_channel": ID, "response_url_enabled": boolean}
    ),
    "conversations_select": record(
        {},
        {
            **_MENU,
            "initial_conversation": ID,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": anything,
        },
    ),
    "checkboxes": _TICKS,
    "radio_buttons": _RADIO,
    "datepicker": _DATE,
    "timepicker": _TIME,
}
_MANY = {
    "multi_static_select": record(
        {}, {**_SEVERAL, **_LISTED, "initial_options": items(_CHOICE, 100)}, _one_source
    ),
    "multi_users_select": record({}, {**_SEVERAL, "initial_users": items(ID, 100)}),
}

ACTION = variant({"button": _BUTTON, "overflow": _OVERFLOW, **_SELECTS})
ACCESSORY = variant(
    {"button": _BUTTON, "overflow": _OVERFLOW, "image": _IMAGE, **_SELECTS, **_MANY}
)
INPUT = variant({"plain_text_input": _TYPED, **_SELECTS, **_MANY})
CONTEXT = variant(
    {
        "image": _IMAGE,
        "plain_text": _plain_text(3000),
        "mrkdwn": record({"text": string(3000)}, {"verbatim": boolean}),
    }
)

_STYLED = {"style": record({}, dict.fromkeys(("bold", "italic", "strike", "code"), boolean))}
_INLINE = variant(
    {
        "text": record({"text": string(40_000)}, _STYLED),
        "link": record({"url": URL}, {"text": string(3000), "unsafe": boolean, **_STYLED}),
        "emoji": record({"name": string(100)}, {"unicode": string(100), **_STYLED}),
        "user": record({"user_id": ID}, _STYLED),
        "usergroup": record({"usergroup_id": ID}, _STYLED),
        "channel": record({"channel_id": ID}, _STYLED),
        "broadcast": record({"range": choice("here", "channel", "everyone")}, _STYLED),
        "color": record({"value": string(7)}, _STYLED),
        "date": record(
            {"timestamp": number, "format": string(100)}, {"url": URL, "fallback": string(3000)}
        ),
    }
)
_RUN = {"elements": items(_INLINE, 1000, least=0)}
_FRAMED = {"border": number}
_SECTION = record(_RUN)
RICH_TEXT = variant(
    {
        "rich_text_section": _SECTION,
        "rich_text_preformatted": record(_RUN, {**_FRAMED, "language": string(50)}),
        "rich_text_quote": record(_RUN, _FRAMED),
        "rich_text_list": record(
            {
                "style": choice("bullet", "ordered"),
                "elements": items(variant({"rich_text_section": _SECTION}), 1000),
            },
            {**_FRAMED, "indent": number, "offset": number},
        ),
    }
)
