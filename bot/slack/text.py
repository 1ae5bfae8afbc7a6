"""Text for Slack: everything is escaped here, once, on its way out.

Slack's control sequences all begin with `<`; with `&`, `<` and `>` escaped nothing from outside can
page a channel, mention a person or become a link. https://docs.slack.dev/messaging/formatting
"""

from __future__ import annotations

import re

from bot.reply import Bold, Channel, Code, Line, Link, Part
from providers.foreign import foreign

__all__ = ["cut", "escape", "is_channel", "is_web", "mention", "mrkdwn", "plain"]

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# A backtick would end the code font; this one looks the same and does not.
_NO_BACKTICK = str.maketrans({"`": "\N{MODIFIER LETTER GRAVE ACCENT}"})
_PLAIN = str.maketrans({"<": "‹", ">": "›", "\n": " "})
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{1,30}", re.ASCII)
# What would end a link's address within `<address|label>`.
_WEB = re.compile(r"https?://[^\s|<>]{1,2000}", re.ASCII)


def escape(text: str) -> str:
    """The three characters that Slack gives a meaning."""
    return text.translate(_ESCAPED)


def plain(text: str) -> str:
    """For plain_text and cells: Slack reads no markup there, and would show an escape as it
    stands."""
    return text.translate(_PLAIN)


def mention(user: str) -> str:
    """Calls a person. Only for ids that Slack itself gave us."""
    return f"<@{user}>"


def is_channel(text: str) -> bool:
    """True for what has the shape of a channel's id."""
    return bool(_CHANNEL.fullmatch(text))


def is_web(url: str) -> bool:
    """True for an address that can only become a link."""
    return bool(_WEB.fullmatch(url))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, without half an escape at the end."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    kept = text[: limit - 1]
    start = kept.rfind("&")
    if start > len(kept) - 5 and ";" not in kept[start:]:
        kept = kept[:start]
    return f"{kept}…"


def mrkdwn(line: Line, limit: int = 3000) -> str:
    """One line in Slack's markup, at most `limit` characters. What is cut ends with an ellipsis;
    from the word RequestId on, the line stays, because people copy it."""
    tail = _whole(line[_request_id_at(line) :])
    if not tail or len(tail) > limit:
        return _within(line, limit)
    return _within(line[: _request_id_at(line)], limit - len(tail)) + tail


def _request_id_at(line: Line) -> int:
    places = (n for n, part in enumerate(line) if isinstance(part, str) and "RequestId" in part)
    return next(places, len(line))


def _whole(line: Line) -> str:
    return "".join(_part(part) for part in line)


def _within(line: Line, limit: int) -> str:
    shown = ""
    for part in line:
        marked = _part(part)
        if len(shown) + len(marked) > limit:
            return shown + _shortened(part, limit - len(shown))
        shown += marked
    return shown


def _part(part: Part) -> str:
    match part:
        case Link(label=label, url=url):
            return f"<{escape(url)}|{escape(label)}>" if is_web(url) else escape(label)
        case Channel(id=channel):
            return f"<#{channel}>" if is_channel(channel) else escape(channel)
        case Code():
            return f"`{_code(part)}`" if part else ""
        case Bold():
            return f"*{escape(part)}*"
        case _:
            return escape(part)


def _shortened(part: Part, limit: int) -> str:
    """As much of a part as fits, with its marks; a link or a channel fits whole or not at all."""
    match part:
        case Code() if limit > 2:
            return f"`{cut(_code(part), limit - 2)}`"
        case Bold() if limit > 2:
            return f"*{cut(escape(part), limit - 2)}*"
        case str() if not isinstance(part, Code | Bold):
            return cut(escape(part), limit)
    return "…" if limit > 0 else ""


def _code(text: str) -> str:
    return escape(foreign(text, 1500).translate(_NO_BACKTICK))
