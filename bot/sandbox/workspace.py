"""A Slack workspace on loopback: Slack's side of the real protocols, and people to play.

    async with Workspace(bot_name="stream") as workspace:
        ann = workspace.add_person("ann", id="U123")
        incidents = workspace.add_channel("incidents", members=["ann"])
        ...  # start the app with workspace.api_url and the tokens of workspace.app
        receipt = await workspace.slash("ann", "#incidents", "/stream help")
        message = await workspace.wait_for(lambda: workspace.messages("#incidents"))

Envelopes go over Socket Mode, or to `request_url` once that is set: one scenario, both transports.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Self, TypeVar

import aiohttp
from aiohttp import web

from bot.sandbox.clock import Clock, SystemClock
from bot.sandbox.conversation import Message
from bot.sandbox.delivery import Courier
from bot.sandbox.doings import Doings
from bot.sandbox.faults import Faults
from bot.sandbox.feed import Feed
from bot.sandbox.interactions import ResponseUrls, Triggers
from bot.sandbox.limits import Limits, RateMeter
from bot.sandbox.model import Model, Where, Who
from bot.sandbox.people import DEFAULT_SCOPES, App, SlashCommand
from bot.sandbox.set_up import SetUp
from bot.sandbox.socket_mode import Connection, SocketMode
from bot.sandbox.web_api.server import Call, WebApi

__all__ = ["Workspace"]

T = TypeVar("T")

_SHOWN_IN_ERROR = 5


class Workspace(SetUp, Doings):
    """Everything in one place: set it up, play people, look at what they see, break things."""

    def __init__(
        self,
        *,
        team_id: str = "T0SANDBOX",
        bot_name: str = "bot",
        scopes: Iterable[str] = DEFAULT_SCOPES,
        commands: Iterable[SlashCommand] = (),
        limits: Limits | None = None,
        clock: Clock | None = None,
        ack_seconds: float = 3.0,
        single_use_tickets: bool = True,
        choose_connection: Callable[[Sequence[Connection]], Connection] = random.choice,
    ) -> None:
        self.clock = clock or SystemClock()
        self.app = App(name=bot_name, scopes=set(scopes), commands=tuple(commands))
        self.model = Model(team_id, self.app, self.clock)
        self.faults = Faults(self.clock)
        self.sockets = SocketMode(
            self.app.id,
            self.feed,
            self.faults,
            single_use_tickets=single_use_tickets,
            choose=choose_connection,
        )
        self.request_url: str | None = None
        self.url = ""
        self._triggers = Triggers(self.model)
        self._response_urls = ResponseUrls(self.model, self.faults)
        self._meter = RateMeter(limits or Limits())
        self._api = WebApi(self.model, self._meter, self.faults, self._triggers, self.sockets.open)
        self._courier = Courier(self.clock, self.feed, ack_seconds)
        self.web_app = web.Application(client_max_size=4 * 1024 * 1024)
        self.web_app.add_routes(self._routes())
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    # The server

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one. Routes may be added to web_app before."""
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(self.web_app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        bound: tuple[str, int] = self._runner.addresses[0]
        self.url = f"http://127.0.0.1:{bound[1]}"
        self.sockets.base_url = self._response_urls.base_url = self._api.chat.base_url = self.url

    async def stop(self) -> None:
        """Close every connection, give up every retry."""
        self.faults.clear()
        await self._courier.stop()
        await self.sockets.close()
        if self._runner:
            await self._runner.cleanup()
        if self._session:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self._api.handle),
            web.get("/api/{method}", self._api.handle),
            web.get("/link/", self.sockets.handle),
            web.post("/commands/{tail:.+}", self._response_urls.handle),
            web.post("/actions/{tail:.+}", self._response_urls.handle),
        ]

    @property
    def api_url(self) -> str:
        """What the app needs as its base_url."""
        return f"{self.url}/api/"

    @property
    def feed(self) -> Feed:
        """Every change, for a page or a log: `feed.listen`, `feed.queue`."""
        return self.model.feed

    @property
    def limits(self) -> Limits:
        """How often the app may call; may be changed at any time."""
        return self._meter.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._meter.limits = limits

    @property
    def calls(self) -> list[Call]:
        """Every request to the Web API so far."""
        return self._api.calls

    async def verify_request_url(self) -> bool:
        """Slack's check of a new request URL: does the app answer the challenge?"""
        return await self._http().verify_url()

    # What people see

    def messages(self, channel: Where) -> list[Message]:
        """What a channel shows everybody: no thread replies but those also sent to the channel."""
        return self.model.channel(channel).top_level()

    def thread(self, message: Message) -> list[Message]:
        """The replies to a message."""
        return self.model.channels[message.channel_id].thread(message.ts)

    def ephemerals(self, person: Who, channel: Where) -> list[Message]:
        """What only this person sees in a channel, Slack's own complaints included."""
        return self.model.channel(channel).ephemerals(self.model.person(person).id)

    async def wait_for(self, found: Callable[[], T], *, seconds: float = 5.0) -> T:
        """What `found` returns as soon as that is true; it is asked again after every change.

        Raises TimeoutError after `seconds` of real time, with what the channels then show.
        """
        try:
            return await self.feed.wait_for(found, seconds)
        except TimeoutError:
            raise TimeoutError(
                f"not seen in {seconds} s. There is:\n{self._last_screens()}"
            ) from None

    def calls_of(self, method: str) -> list[Call]:
        """The requests to one method of the Web API."""
        return [call for call in self.calls if call.method == method]

    def _last_screens(self) -> str:
        """The end of each channel, short enough to be read in a failed test."""
        lines: list[str] = []
        for channel in self.model.channels.values():
            for message in channel.messages[-_SHOWN_IN_ERROR:]:
                only = f" (only for {message.only_for})" if message.only_for else ""
                lines.append(f"[{channel.name or channel.id}]{only} {message.screen[:200]}")
        return "\n".join(lines) or "nothing at all"
