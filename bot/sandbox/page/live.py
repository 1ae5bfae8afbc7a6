"""The page's socket: all that a person sees, then every change, as fast as the browser reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import WSCloseCode, web

from bot.sandbox.conversation import Message
from bot.sandbox.feed import Change, ChangeKind
from bot.sandbox.page.guard import Guard
from bot.sandbox.page.seen import Refusal, directory, history, message_seen, refusal_of, sees
from bot.sandbox.people import Person
from bot.sandbox.web_api.server import Call
from bot.sandbox.workspace import Workspace

__all__ = ["Live"]

_HEARTBEAT = 30.0
"""Seconds. A browser that is gone without a word is noticed."""
_LONGEST_WORD = 4096
"""Bytes. After the first message, a browser has nothing to say."""


class Live:
    """Every window that looks at the workspace."""

    def __init__(self, workspace: Workspace, guard: Guard) -> None:
        self._workspace = workspace
        self._guard = guard
        self._refusals: list[Refusal] = []
        self._windows: set[_Window] = set()
        workspace.feed.listen(self._hear)
        workspace.web_app.on_shutdown.append(self._close)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """A window says the token and who looks; it is shown everything until it goes."""
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LONGEST_WORD)
        await socket.prepare(request)
        hello = await self._guard.hello(socket)
        if hello is None:
            return socket
        people = self._workspace.model.people
        person = people.get(str(hello.get("person"))) or next(
            (one for one in people.values() if not one.is_bot), None
        )
        if person is None:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"nobody is here yet")
            return socket
        await self._show(socket, person)
        return socket

    async def _show(self, socket: web.WebSocketResponse, person: Person) -> None:
        window = _Window(socket, self._whole(person))
        self._windows.add(window)
        stop = self._workspace.feed.listen(lambda change: self._tell(window, person, change))
        telling = asyncio.create_task(window.run())
        try:
            async for _ in socket:
                pass  # only so that pings are answered and the end is noticed
        finally:
            stop()
            self._windows.discard(window)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    def _whole(self, person: Person) -> Callable[[], dict[str, Any]]:
        model = self._workspace.model

        def whole() -> dict[str, Any]:
            here = {c.id for c in model.channels.values() if person.id in c.members}
            return {
                "directory": directory(model, person),
                "messages": history(model, person),
                "refusals": [r.payload() for r in self._refusals if r.channel_id in here],
            }

        return whole

    def _hear(self, change: Change) -> None:
        """Keeps the refusals, which are no messages, for windows that open later."""
        if change.kind is ChangeKind.CALLED and isinstance(change.about, Call):
            refusal = refusal_of(self._workspace.model, change.about)
            if refusal is not None:
                self._refusals.append(refusal)

    def _tell(self, window: _Window, person: Person, change: Change) -> None:
        model = self._workspace.model
        if change.message is not None:
            if sees(model, person, change.message):
                window.add(change.message)
        elif change.kind in (ChangeKind.PEOPLE, ChangeKind.CHANNELS):
            window.look_again()
        elif change.kind is ChangeKind.CALLED and isinstance(change.about, Call):
            refusal = refusal_of(model, change.about)
            if refusal and person.id in model.channels[refusal.channel_id].members:
                window.refused(refusal)

    async def _close(self, _app: web.Application) -> None:
        closing = (w.socket.close(code=WSCloseCode.GOING_AWAY) for w in tuple(self._windows))
        await asyncio.gather(*closing, return_exceptions=True)


class _Window:
    """One browser window: what it has not been told yet.

    Changes of one message are told once, as it then is, so a slow window costs no memory.
    """

    def __init__(self, socket: web.WebSocketResponse, whole: Callable[[], dict[str, Any]]) -> None:
        self.socket = socket
        self._whole = whole
        self._changed: dict[str, Message] = {}
        self._refusals: list[Refusal] = []
        self._everything = True
        self._news = asyncio.Event()
        self._news.set()

    def add(self, message: Message) -> None:
        """A message is new, or another than it was."""
        self._changed[message.ts] = message
        self._news.set()

    def refused(self, refusal: Refusal) -> None:
        """Slack did not take a message."""
        self._refusals.append(refusal)
        self._news.set()

    def look_again(self) -> None:
        """People or channels are others than they were."""
        self._everything = True
        self._news.set()

    async def run(self) -> None:
        """Tell, until cancelled or the window is gone."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self.socket.send_json(self._take())
        except ConnectionError:
            return

    def _take(self) -> dict[str, Any]:
        """Everything that is to be told now."""
        changed, self._changed = self._changed, {}
        refusals, self._refusals = self._refusals, []
        deleted = [message_seen(message) for message in changed.values() if message.deleted]
        if self._everything:
            self._everything = False
            whole = self._whole()
            return {**whole, "messages": [*whole["messages"], *deleted]}
        return {
            "messages": [message_seen(message) for message in changed.values()],
            "refusals": [refusal.payload() for refusal in refusals],
        }
