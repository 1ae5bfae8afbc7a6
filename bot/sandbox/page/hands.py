"""What the page lets a person do: type a command, write, press. Bounded as in Slack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.conversation import Channel, Message
from bot.sandbox.hands import NotOnScreen
from bot.sandbox.page.guard import json_body, refusal
from bot.sandbox.people import Person
from bot.sandbox.workspace import Workspace

__all__ = ["Hands"]

_LONGEST = 40_000
"""Characters. Slack takes no longer message."""


class _NotPossible(Exception):
    """The sentence that the person is shown, and the HTTP status."""

    def __init__(self, says: str, status: int = 400) -> None:
        super().__init__(says)
        self.status = status


class Hands:
    """The three things to do, each as the person that the request names.

    Answered when the app has acked or Slack has given up waiting, with what Slack then shows beside
    the button or under the composer: {"shown": ...}. What it says in the channel comes by itself.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[web.RouteDef]:
        """Where the page posts."""
        doings = {"slash": self._slash, "say": self._say, "press": self._press}
        return [web.post(f"/page/{name}", _answering(do)) for name, do in doings.items()]

    async def _slash(self, asked: dict[str, Any]) -> str:
        person, channel = self._who(asked), self._where(asked)
        text = _text(asked)
        if not text.startswith("/"):
            raise _NotPossible("A command begins with a slash.")
        if asked.get("thread"):
            return f"{text.split()[0]} is not supported in threads. Sorry!"
        await self._workspace.slash(person, channel, text)
        return ""  # what there is to say stands in the channel

    async def _say(self, asked: dict[str, Any]) -> str:
        person, channel = self._who(asked), self._where(asked)
        thread = asked.get("thread")
        if thread is not None:
            parent = self._workspace.model.parent_of(channel, str(thread))
            if parent is None:
                raise _NotPossible("That message is not there.", 404)
            thread = parent
        await self._workspace.say(person, channel, _text(asked), thread_ts=thread)
        return ""

    async def _press(self, asked: dict[str, Any]) -> str:
        person, message = self._who(asked), self._message(asked)
        try:
            receipt = await self._workspace.press(
                person,
                message,
                str(asked.get("action_id")),
                value=_optional(asked, "value"),
                option=_optional(asked, "option"),
            )
        except NotOnScreen:  # somebody was faster, by less than the page needs to be told
            return "That is not on your screen any more."
        return receipt.shown

    def _who(self, asked: dict[str, Any]) -> Person:
        person = self._workspace.model.people.get(str(asked.get("person")))
        if person is None or person.is_bot:
            raise _NotPossible("That person is not here.", 404)
        return person

    def _where(self, asked: dict[str, Any]) -> Channel:
        channel = self._workspace.model.channels.get(str(asked.get("channel")))
        if channel is None:
            raise _NotPossible("That channel is not here.", 404)
        return channel

    def _message(self, asked: dict[str, Any]) -> Message:
        ts = asked.get("ts")
        said = reversed(self._where(asked).messages)
        message = next((message for message in said if message.ts == ts), None)
        if message is None:
            raise _NotPossible("That message is not there.", 404)
        return message


def _answering(
    do: Callable[[dict[str, Any]], Awaitable[str]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response({"shown": await do(await json_body(request))})
        except _NotPossible as no:
            return refusal(no.status, str(no))
        except NotOnScreen:
            return refusal(409, "You are not in that channel.")

    return answer


def _text(asked: dict[str, Any]) -> str:
    text = asked.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _NotPossible("There is nothing to send.")
    if len(text) > _LONGEST:
        over = len(text) - _LONGEST
        raise _NotPossible(f"Your message is too long, by {over:,} characters (msg_too_long).", 413)
    return text.strip()


def _optional(asked: dict[str, Any], name: str) -> str | None:
    value = asked.get(name)
    return value if isinstance(value, str) else None
