"""What one command or press lets the app do: open one view, and answer five times in half an hour.

Source: docs.slack.dev/interactivity/handling-user-interaction.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aiohttp import web

from bot.sandbox.content import read_content
from bot.sandbox.conversation import Channel, Content, Message
from bot.sandbox.errors import SlackError, invalid_arguments
from bot.sandbox.faults import RESPONSE_URL, Faults
from bot.sandbox.model import Model

__all__ = ["Grant", "ResponseUrls", "Triggers"]

_TRIGGER_SECONDS = 3.0
_RESPONSE_SECONDS = 30 * 60.0
_RESPONSE_USES = 5


@dataclass(slots=True)
class _Trigger:
    user_id: str
    issued: float
    exchanged: bool = False


class Triggers:
    """trigger_id: good for one view, for three seconds."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user_id: str) -> str:
        """A new trigger_id for what a person just did."""
        trigger_id = f"{self._model.new_ts()}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = _Trigger(user_id, self._model.clock.now())
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """The user id of a trigger, used up by this. Raises SlackError."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise invalid_arguments("invalid `trigger_id`")
        if trigger.exchanged:
            raise SlackError("exchanged_trigger_id")
        if self._model.clock.now() - trigger.issued > _TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.exchanged = True
        return trigger.user_id


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a response_url allows. `message` is the one that was pressed; a command has none."""

    channel: Channel
    user_id: str
    message: Message | None
    issued: float
    uses: int = 0


class ResponseUrls:
    """The response_urls, and what arrives at them. No membership is needed to use one."""

    def __init__(self, model: Model, faults: Faults) -> None:
        self.base_url = ""  # known once the server listens
        self._model = model
        self._faults = faults
        self._grants: dict[str, Grant] = {}

    def issue(
        self, channel: Channel, user_id: str, message: Message | None = None
    ) -> tuple[str, Grant]:
        """A new response_url for a command, or for the press of a button in `message`."""
        grant = Grant(
            channel=channel, user_id=user_id, message=message, issued=self._model.clock.now()
        )
        surface = "actions" if message else "commands"
        path = f"/{surface}/{self._model.team_id}/{secrets.token_urlsafe(18)}"
        self._grants[path] = grant
        return self.base_url + path, grant

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A POST to a response_url."""
        return await self._faults.around(RESPONSE_URL, request, lambda: self._answer(request))

    async def _answer(self, request: web.Request) -> web.Response:
        grant = self._grants.get(request.path)
        if grant is None or self._model.clock.now() - grant.issued > _RESPONSE_SECONDS:
            return _refused(404, "expired_url")
        if grant.uses >= _RESPONSE_USES:
            return _refused(404, "used_url")
        try:
            body = json.loads(await request.text())
        except ValueError:
            return _refused(400, "invalid_payload")
        if not isinstance(body, dict):
            return _refused(400, "invalid_payload")
        try:
            self.respond(grant, body)
        except SlackError as refusal:
            return _refused(400, refusal.code, refusal.detail)
        grant.uses += 1
        return web.Response(text="ok")

    def respond(self, grant: Grant, body: Mapping[str, Any]) -> Message | None:
        """Do what a response says; what a command is acked with is one, too. Raises SlackError."""
        original = grant.message
        if body.get("delete_original") and original:
            self._model.delete(original)
            return None
        content = read_content(body)
        if body.get("replace_original") and original:
            self._model.edit(original, content)
            return original
        return self._post(grant, body, content)

    def _post(self, grant: Grant, body: Mapping[str, Any], content: Content) -> Message:
        in_channel = body.get("response_type") == "in_channel"
        return self._model.post_as_bot(
            grant.channel,
            content,
            origin="response_url",
            thread_ts=body.get("thread_ts"),
            only_for=None if in_channel else grant.user_id,
        )


def _refused(
    status: int, error: str, detail: Mapping[str, Any] = MappingProxyType({})
) -> web.Response:
    return web.json_response({"ok": False, "error": error, **detail}, status=status)
