"""What Slack's envelopes hold goes to Bolt, once; what Bolt says goes into the ack, in time.

The same thing may come twice: over two connections, or again because its ack was lost. It is acked
each time with the same words. The journal's request_key keeps it from running twice even where this
net has a hole (another process, or after a restart).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.listeners import answered
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError

__all__ = ["Envelopes", "Respond"]

log = logging.getLogger(__name__)

ACK_SECONDS = 2.5
"""Slack waits for three."""
KNOWN_SECONDS = 600.0
MOST_KNOWN = 20_000

Respond = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Posts a message to a response_url. Raises bot.slack.web's errors."""

_Words = Mapping[str, Any]
"""What the ack says to the person; empty if nothing."""


class Envelopes:
    """Dispatches envelopes, and remembers them for ten minutes."""

    def __init__(self, app: AsyncApp, respond: Respond) -> None:
        self._app = app
        self._respond = respond
        self._known: OrderedDict[str, tuple[float, asyncio.Task[_Words]]] = OrderedDict()
        self._belated: set[asyncio.Task[None]] = set()

    async def ack(self, envelope: SocketModeRequest) -> Mapping[str, Any]:
        """The ack to send, after ACK_SECONDS at the latest: what a listener says later than that
        goes to the response_url."""
        key = _key(envelope)
        known = self._known.get(key)
        work = known[1] if known else self._dispatch(key, envelope)
        await asyncio.wait({work}, timeout=ACK_SECONDS)
        words: _Words = {}
        if work.done():
            words = work.result()
        elif known is None:
            log.warning("a listener took longer than %.1f s; acked without its words", ACK_SECONDS)
            self._say_later(work, str(envelope.payload.get("response_url") or ""))
        ack = {"envelope_id": envelope.envelope_id}
        return {**ack, "payload": words} if words and envelope.accepts_response_payload else ack

    async def stop(self) -> None:
        """Give up what has not been said by now."""
        unfinished: list[asyncio.Task[Any]] = [work for _, work in self._known.values()]
        unfinished += self._belated
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def _dispatch(self, key: str, envelope: SocketModeRequest) -> asyncio.Task[_Words]:
        now = asyncio.get_running_loop().time()
        self._forget(now)
        work = asyncio.create_task(self._words(envelope), name="an envelope's listener")
        self._known[key] = now, work
        return work

    async def _words(self, envelope: SocketModeRequest) -> _Words:
        try:
            request = AsyncBoltRequest(
                mode="socket_mode", body=envelope.payload, headers=build_headers(envelope)
            )
            return _said(await answered(self._app, request))
        except Exception:
            log.exception("an envelope could not be handed over")
            return {}

    def _forget(self, now: float) -> None:
        while self._known:
            since, work = next(iter(self._known.values()))
            is_old = now - since > KNOWN_SECONDS or len(self._known) >= MOST_KNOWN
            if not (is_old and work.done()):
                return
            self._known.popitem(last=False)

    def _say_later(self, work: asyncio.Task[_Words], url: str) -> None:
        task = asyncio.create_task(self._say(work, url), name="a late answer")
        self._belated.add(task)
        task.add_done_callback(self._belated.discard)

    async def _say(self, work: asyncio.Task[_Words], url: str) -> None:
        words = await work
        if not (words and url):
            return
        try:
            await self._respond(url, words)
        except (SlackBusyError, SlackLostError, SlackNoError) as error:
            log.warning("a late answer was not delivered: %s", type(error).__name__)


def _key(envelope: SocketModeRequest) -> str:
    """An event that is tried again comes in a new envelope, but keeps its id."""
    return str(envelope.payload.get("event_id") or envelope.envelope_id)


def _said(answer: BoltResponse) -> _Words:
    if not answer.body:
        return {}
    if (answer.first_headers().get("content-type") or "").startswith("application/json"):
        words: _Words = json.loads(answer.body)
        return words
    return {"text": answer.body}
