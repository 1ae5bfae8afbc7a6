"""chat.*: saying, changing, taking back. Source: docs.slack.dev/reference/methods?family=chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.content import read_content
from bot.sandbox.conversation import Channel, Message
from bot.sandbox.errors import SlackError
from bot.sandbox.limits import RateMeter
from bot.sandbox.model import Model
from bot.sandbox.payloads import message_payload
from bot.sandbox.web_api.access import visible_channel, writable
from bot.sandbox.web_api.arguments import flag, required

__all__ = ["Chat"]

Arguments = Mapping[str, Any]


class Chat:
    """The methods of the chat family. Each raises SlackError."""

    def __init__(self, model: Model, meter: RateMeter) -> None:
        self._model = model
        self._meter = meter
        self.base_url = ""  # known once the server listens

    def post_message(self, arguments: Arguments) -> dict[str, Any]:
        """chat.postMessage."""
        channel = writable(self._model, arguments)
        content = read_content(arguments)
        thread_ts = self._thread(channel, arguments)
        self._meter.count_post(channel.id, self._model.clock.now())
        message = self._model.post_as_bot(
            channel,
            content,
            origin="api",
            thread_ts=thread_ts,
            broadcast=flag(arguments, "reply_broadcast"),
        )
        shown = message_payload(self._model, message, with_metadata=True)
        return {"channel": channel.id, "ts": message.ts, "message": shown}

    def post_ephemeral(self, arguments: Arguments) -> dict[str, Any]:
        """chat.postEphemeral."""
        channel = writable(self._model, arguments)
        user_id = required(arguments, "user")
        if user_id not in channel.members:
            raise SlackError("user_not_in_channel")
        message = self._model.post_as_bot(
            channel,
            read_content(arguments),
            origin="api",
            thread_ts=self._thread(channel, arguments),
            only_for=user_id,
        )
        return {"message_ts": message.ts}

    def update(self, arguments: Arguments) -> dict[str, Any]:
        """chat.update: own messages only, and never an ephemeral one."""
        message = self._own_message(arguments, "cant_update_message")
        content = read_content(arguments, edits=message.current.content)
        self._model.edit(message, content)
        return {
            "channel": message.channel_id,
            "ts": message.ts,
            "text": message.text,
            "message": message_payload(self._model, message),
        }

    def delete(self, arguments: Arguments) -> dict[str, Any]:
        """chat.delete: own messages only."""
        message = self._own_message(arguments, "cant_delete_message")
        self._model.delete(message)
        return {"channel": message.channel_id, "ts": message.ts}

    def get_permalink(self, arguments: Arguments) -> dict[str, Any]:
        """chat.getPermalink."""
        channel = visible_channel(self._model, arguments)
        message = channel.find(required(arguments, "message_ts"))
        if message is None:
            raise SlackError("message_not_found")
        link = f"{self.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
        if message.thread_ts:
            link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
        return {"channel": channel.id, "permalink": link}

    def _own_message(self, arguments: Arguments, refusal: str) -> Message:
        channel = visible_channel(self._model, arguments)
        if self._model.app.user_id not in channel.members:
            raise SlackError("channel_not_found")
        message = channel.find(required(arguments, "ts"))
        if message is None:
            raise SlackError("message_not_found")
        if message.author != self._model.app.user_id:
            raise SlackError(refusal)
        return message

    def _thread(self, channel: Channel, arguments: Arguments) -> str | None:
        wanted = arguments.get("thread_ts")
        if not wanted:
            return None
        parent = self._model.parent_of(channel, str(wanted))
        if parent is None:
            raise SlackError("thread_not_found")
        return parent
