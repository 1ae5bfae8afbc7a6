"""What Slack makes of a typed line: links, names and entities, undone."""

from __future__ import annotations

import re

__all__ = ["holds_slack_markup", "unwrapped"]

# Slack's forms: <https://x|label>, <@U1|name>, <#C1|name>, <!subteam^S1|@oncall>
_LINK = re.compile(r"<((?:https?|mailto|tel):[^<>|\s]+)(?:\|([^<>]*))?>")
_MENTION = re.compile(r"<([@#!])([^<>|\s]+)(?:\|([^<>]*))?>")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}


def holds_slack_markup(text: str) -> bool:
    """True where Slack's own form of a link or a name is inside."""
    return bool(_LINK.search(text) or _MENTION.search(text))


def unwrapped(text: str, *, escaped: bool = False, names: bool = False) -> str:
    """The text as it was typed, before Slack made links and names of parts of it.

    A name without a label (<@U1>) stays: what was typed for it is not known.
    names: every name stays, without its label, because the id is what is asked for.
    """
    text = _LINK.sub(lambda link: link[2] or link[1], text)
    text = _MENTION.sub(r"<\1\2>" if names else _as_typed, text)
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], text) if escaped else text


def _as_typed(mention: re.Match[str]) -> str:
    sign, _, label = mention.groups()
    if not label:
        return mention[0]
    return ("#" if sign == "#" else "@") + label.lstrip("@#")
