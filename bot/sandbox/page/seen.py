"""What one person sees of the workspace, as the page is told of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.conversation import Channel, ChannelKind, Message
from bot.sandbox.model import Model
from bot.sandbox.people import Person
from bot.sandbox.web_api.server import Call

__all__ = ["Refusal", "directory", "history", "message_seen", "refusal_of", "sees"]

_ABOUT_CONTENT = (
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "invalid_metadata_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "too_many_attachments",
)
"""Errors that say: this message is not as it should be. Slack tells them to the app alone."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message of the app that Slack did not take. at: seconds since the epoch."""

    channel_id: str
    at: float
    text: str

    def payload(self) -> dict[str, Any]:
        """As the page gets it."""
        return {"channel": self.channel_id, "at": self.at, "text": self.text}


def sees(model: Model, person: Person, message: Message) -> bool:
    """Is this message before this person's eyes, or was it before it was deleted?"""
    member = person.id in model.channels[message.channel_id].members
    return member and message.only_for in (None, person.id)


def directory(model: Model, person: Person) -> dict[str, Any]:
    """Everybody and every channel that this person can look up, and who they are."""
    app = model.app
    return {
        "me": person.id,
        "app": {"user": app.user_id, "name": app.name},
        "people": [_person(model, one) for one in model.people.values()],
        "groups": [{"id": group.id, "handle": group.handle} for group in model.groups.values()],
        "channels": [_channel(model, c, person) for c in _channels(model, person)],
        "commands": [
            {"name": c.name, "about": c.description, "usage": c.usage_hint} for c in app.commands
        ],
    }


def history(model: Model, person: Person) -> list[dict[str, Any]]:
    """Every message that this person sees, channel by channel, by time."""
    return [
        message_seen(message)
        for channel in _channels(model, person)
        for message in channel.messages
        if not message.deleted and message.only_for in (None, person.id)
    ]


def message_seen(message: Message) -> dict[str, Any]:
    """One message as it is now. `version` grows with every edit."""
    where = {"ts": message.ts, "channel": message.channel_id}
    if message.deleted:
        return {**where, "deleted": True}
    return {
        **where,
        "version": len(message.versions),
        "author": message.author,
        "thread": message.thread_ts,
        "broadcast": message.broadcast,
        "private": message.only_for is not None,
        "edited": message.says_edited,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.current.content.attachments,
    }


def refusal_of(model: Model, call: Call) -> Refusal | None:
    """What the page says about a call of the Web API, if that is a message that was refused."""
    if call.error not in _ABOUT_CONTENT:
        return None
    try:
        channel = model.channel(str(call.arguments.get("channel", "")))
    except KeyError:  # a person's id, or nothing that there is
        return None
    reasons = "; ".join(str(reason) for reason in (call.answer or {}).get("errors", ()))
    text = f'Slack refused a message of the app: {call.method} failed with "{call.error}"'
    return Refusal(channel.id, call.at, f"{text}: {reasons}" if reasons else text)


def _channels(model: Model, person: Person) -> Iterable[Channel]:
    """In the order in which they were added, direct messages last."""
    mine = (channel for channel in model.channels.values() if person.id in channel.members)
    return sorted(mine, key=lambda channel: channel.kind is ChannelKind.DIRECT)


def _person(model: Model, person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.shown_name,
        "bot": person.is_bot,
        "guest": person.is_restricted or person.is_ultra_restricted,
        "stranger": person.team_id != model.team_id,
    }


def _channel(model: Model, channel: Channel, person: Person) -> dict[str, Any]:
    others = [one for one in sorted(channel.members) if one != person.id]
    return {
        "id": channel.id,
        "name": channel.name or ", ".join(model.name_of_person(one) or one for one in others),
        "kind": str(channel.kind),
        "with_app": model.app.user_id in channel.members,
    }
