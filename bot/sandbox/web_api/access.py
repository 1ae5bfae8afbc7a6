"""What the app may see and do: the checks that several methods share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.conversation import Channel, ChannelKind
from bot.sandbox.errors import SlackError
from bot.sandbox.model import Model

__all__ = ["need_scope", "readable_channel", "scope_of_channel", "visible_channel", "writable"]

_SCOPE_PREFIX = {
    ChannelKind.PUBLIC: "channels",
    ChannelKind.PRIVATE: "groups",
    ChannelKind.DIRECT: "im",
}


def need_scope(model: Model, scope: str) -> None:
    """Raises SlackError missing_scope, with what is needed and what there is."""
    if scope not in model.app.scopes:
        provided = ",".join(sorted(model.app.scopes))
        raise SlackError("missing_scope", needed=scope, provided=provided)


def scope_of_channel(channel: Channel, right: str) -> str:
    """Slack has one scope for each kind of channel: "groups:history"."""
    return f"{_SCOPE_PREFIX[channel.kind]}:{right}"


def visible_channel(model: Model, arguments: Mapping[str, Any]) -> Channel:
    """The channel that a call names by id. What the bot cannot see is not found."""
    channel = model.channels.get(str(arguments.get("channel", "")))
    if channel is None or not _visible(model, channel):
        raise SlackError("channel_not_found")
    return channel


def readable_channel(model: Model, arguments: Mapping[str, Any]) -> Channel:
    """A channel whose messages the app may read."""
    channel = visible_channel(model, arguments)
    need_scope(model, scope_of_channel(channel, "history"))
    if model.app.user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def writable(model: Model, arguments: Mapping[str, Any]) -> Channel:
    """A channel to post in: by id, by name if it is public, or a person's id for the DM with them.

    Raises SlackError: channel_not_found, not_in_channel, is_archived.
    """
    name = str(arguments.get("channel", ""))
    channel = model.channels.get(name) or _by_person(model, name) or _by_public_name(model, name)
    if channel is None or not _visible(model, channel):
        raise SlackError("channel_not_found")
    member = model.app.user_id in channel.members
    if not member and "chat:write.public" not in model.app.scopes:
        raise SlackError("not_in_channel")
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def _visible(model: Model, channel: Channel) -> bool:
    return channel.kind is ChannelKind.PUBLIC or model.app.user_id in channel.members


def _by_person(model: Model, name: str) -> Channel | None:
    return model.direct(model.app.user_id, name) if name in model.people else None


def _by_public_name(model: Model, name: str) -> Channel | None:
    wanted = name.removeprefix("#")
    named = (c for c in model.channels.values() if c.name == wanted)
    return next((c for c in named if c.kind is ChannelKind.PUBLIC), None)
