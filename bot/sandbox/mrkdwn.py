"""Slack's text: what a person types, what the app then gets, and what all others read.

Source: docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Names", "escape", "pings", "shown", "typed_in_command", "typed_in_message"]

_TOKEN = re.compile(r"<([^<>]*)>")
_LINK = re.compile(r"(?:https?|mailto|tel|slack):", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>|]+")
_PAGES_ALL = ("here", "channel", "everyone")
_DATE_FORMATS = {
    "date_num": "%Y-%m-%d",
    "date": "%B %d, %Y",
    "date_short": "%b %d, %Y",
    "date_long": "%A, %B %d, %Y",
    "time": "%H:%M",
    "time_secs": "%H:%M:%S",
}


class Names(Protocol):
    """Looks ids and names up; None for what is not there."""

    def name_of_person(self, user_id: str) -> str | None:
        """The name that others see."""
        ...

    def name_of_channel(self, channel_id: str) -> str | None:
        """Without #."""
        ...

    def handle_of_group(self, group_id: str) -> str | None:
        """Without @."""
        ...

    def link_to_name(self, sign: str, name: str) -> str | None:
        """`<@U1|ann>` for "@" and "ann", `<#C1|ops>` for "#" and "ops"."""
        ...


def escape(text: str) -> str:
    """The three characters that mean something to Slack, made harmless."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def shown(text: str, names: Names) -> str:
    """What people read: mentions by name, links by label. Marks like *bold* stay as they are."""
    read: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        read += (_unescape(text[end : token.start()]), _unescape(_shown_token(token[1], names)))
        end = token.end()
    return "".join((*read, _unescape(text[end:])))


def _shown_token(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    sign, rest = target[:1], target[1:]
    if sign == "@":
        return f"@{names.name_of_person(rest) or label or rest}"
    if sign == "#":
        return f"#{names.name_of_channel(rest) or label or rest}"
    if sign == "!":
        return _shown_special(rest, label, names)
    return label or target if _LINK.match(target) else f"<{inside}>"


def _shown_special(command: str, label: str, names: Names) -> str:
    name, *parts = command.split("^")
    if name in _PAGES_ALL:
        return f"@{name}"
    if name == "subteam" and parts:
        return f"@{names.handle_of_group(parts[0]) or label.removeprefix('@') or parts[0]}"
    if name == "date" and len(parts) > 1 and parts[0].isdigit():
        return _shown_date(int(parts[0]), parts[1])
    return label or f"<!{command}>"


def _shown_date(at: int, form: str) -> str:
    """In UTC: nobody here lives anywhere."""
    moment = datetime.fromtimestamp(at, UTC)
    for token, pattern in _DATE_FORMATS.items():
        for word in (token, f"{token}_pretty"):
            form = form.replace(f"{{{word}}}", moment.strftime(pattern))
    return form


def pings(text: str) -> frozenset[str]:
    """Whom a text notifies: user ids, group ids, and "here", "channel", "everyone"."""
    found: set[str] = set()
    for token in _TOKEN.finditer(text):
        target = token[1].partition("|")[0]
        if target.startswith("@"):
            found.add(target[1:])
        elif target.startswith("!subteam^"):
            found.add(target.removeprefix("!subteam^"))
        elif target[1:] in _PAGES_ALL and target.startswith("!"):
            found.add(target[1:])
    return frozenset(found)


def typed_in_message(text: str) -> str:
    """What the app gets of a typed message: escaped, with web addresses as links."""
    return _URL.sub(lambda url: f"<{url[0]}>", escape(text))


def typed_in_command(text: str, names: Names) -> str:
    """What the app gets of a command's text if its manifest says should_escape; else it is raw."""
    linked = re.sub(
        r"(?<!\S)([@#])([\w.-]+)",
        lambda name: names.link_to_name(name[1], name[2]) or name[0],
        text,
    )
    return _URL.sub(lambda url: f"<{url[0]}>", linked)
