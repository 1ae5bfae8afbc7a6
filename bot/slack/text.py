"""Text for Slack: everything is escaped here, once, on its way out.

Slack's control sequences all begin with `<`; with `&`, `<` and `>` escaped nothing from outside can
page a channel, mention a person or become a link. https://docs.slack.dev/messaging/formatting
"""

from __future__ import annotations

from bot.reply import Bold, Code, Line, Link, Part
from providers.foreign import foreign

__all__ = ["cut", "escape", "mention", "mrkdwn"]

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# A backtick would end the code font; this one looks the same and does not.
_NO_BACKTICK = str.maketrans({"`": "\N{MODIFIER LETTER GRAVE ACCENT}"})


def escape(text: str) -> str:
    """The three characters that Slack gives a meaning."""
    return text.translate(_ESCAPED)


def mention(user: str) -> str:
    """Calls a person. Only for ids that Slack itself gave us."""
    return f"<@{user}>"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, without half an escape at the end."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    start = kept.rfind("&")
    if start > len(kept) - 5 and ";" not in kept[start:]:
        kept = kept[:start]
    return f"{kept}…"


def mrkdwn(line: Line) -> str:
    """One line in Slack's markup."""
    return "".join(_part(part) for part in line)


def _part(part: Part) -> str:
    match part:
        case Link(label=label, url=url):
            return f"<{escape(url)}|{escape(label)}>"
        case Code():
            return f"`{escape(foreign(part, 1500).translate(_NO_BACKTICK))}`" if part else ""
        case Bold():
            return f"*{escape(part)}*"
        case _:
            return escape(part)
