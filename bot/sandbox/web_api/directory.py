"""Who and where: auth.test, users.*, usergroups.*, conversations.*."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.conversation import Channel, ChannelKind, Message
from bot.sandbox.errors import SlackError
from bot.sandbox.model import Model
from bot.sandbox.payloads import message_payload
from bot.sandbox.web_api.access import (
    need_scope,
    readable_channel,
    scope_of_channel,
    visible_channel,
)
from bot.sandbox.web_api.arguments import flag, required

__all__ = ["Directory"]

Arguments = Mapping[str, Any]


class Directory:
    """The methods that read people, groups and channels. Each raises SlackError."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def auth_test(self, _arguments: Arguments) -> dict[str, Any]:
        """auth.test."""
        app = self._model.app
        return {
            "url": "https://sandbox.slack.com/",
            "team": "Sandbox",
            "user": app.name,
            "team_id": self._model.team_id,
            "user_id": app.user_id,
            "bot_id": app.bot_id,
            "is_enterprise_install": False,
        }

    def users_info(self, arguments: Arguments) -> dict[str, Any]:
        """users.info."""
        person = self._model.people.get(required(arguments, "user"))
        if person is None:
            raise SlackError("user_not_found")
        return {"user": person.payload(self._model.team_id)}

    def usergroups_list(self, arguments: Arguments) -> dict[str, Any]:
        """usergroups.list."""
        groups = [
            group.payload(self._model.team_id, with_users=flag(arguments, "include_users"))
            for group in self._model.groups.values()
            if not group.disabled or flag(arguments, "include_disabled")
        ]
        return {"usergroups": groups}

    def usergroups_users_list(self, arguments: Arguments) -> dict[str, Any]:
        """usergroups.users.list."""
        group = self._model.groups.get(required(arguments, "usergroup"))
        if group is None or (group.disabled and not flag(arguments, "include_disabled")):
            raise SlackError("no_such_subteam")
        return {"users": list(group.members)}

    def conversations_info(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.info."""
        channel = visible_channel(self._model, arguments)
        need_scope(self._model, scope_of_channel(channel, "read"))
        return {"channel": self._payload(channel)}

    def conversations_open(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.open, for the DM with one person."""
        users = [user for user in str(arguments.get("users", "")).split(",") if user]
        if len(users) != 1:
            raise SlackError("not_enough_users")
        person = self._model.people.get(users[0])
        if person is None:
            raise SlackError("user_not_found")
        if person.is_bot:
            raise SlackError("cannot_dm_bot")
        channel = self._model.direct(self._model.app.user_id, person.id)
        return {"channel": {"id": channel.id}}

    def conversations_history(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.history: the newest first."""
        channel = readable_channel(self._model, arguments)
        return self._page(reversed(channel.top_level()), arguments)

    def conversations_replies(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.replies: the parent and its replies, the oldest first."""
        channel = readable_channel(self._model, arguments)
        parent = channel.find(required(arguments, "ts"))
        if parent is None:
            raise SlackError("thread_not_found")
        return self._page([parent, *channel.thread(parent.ts)], arguments)

    def _page(self, messages: Iterable[Message], arguments: Arguments) -> dict[str, Any]:
        oldest = float(arguments.get("oldest") or 0)
        latest = float(arguments.get("latest") or "inf")
        limit = int(arguments.get("limit") or 100)
        inclusive = flag(arguments, "inclusive")
        asked = [
            message
            for message in messages
            if oldest < float(message.ts) < latest
            or (inclusive and float(message.ts) in (oldest, latest))
        ]
        metadata = flag(arguments, "include_all_metadata")
        return {
            "messages": [
                message_payload(self._model, message, with_metadata=metadata)
                for message in asked[:limit]
            ],
            "has_more": len(asked) > limit,
        }

    def _payload(self, channel: Channel) -> dict[str, Any]:
        direct = channel.kind is ChannelKind.DIRECT
        payload: dict[str, Any] = {
            "id": channel.id,
            "is_channel": channel.kind is ChannelKind.PUBLIC,
            "is_group": channel.kind is ChannelKind.PRIVATE,
            "is_im": direct,
            "is_private": channel.kind is not ChannelKind.PUBLIC,
            "is_archived": channel.archived,
            "is_member": self._model.app.user_id in channel.members,
        }
        if direct:
            others = channel.members - {self._model.app.user_id}
            return {**payload, "user": min(others, default="")}
        return {**payload, "name": channel.name}
