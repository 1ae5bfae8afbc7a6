"""Answers that belong to no operation: to one person alone, or shared with the channel."""

from __future__ import annotations

import asyncio
import logging

from bot import logs
from bot.contact import Ear, ear_of
from bot.journal import Origin
from bot.reply import Reply
from bot.slack.blocks import Payload, render
from bot.slack.budget import Budget
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError, SlackWeb
from bot.supervisor import Supervisor

__all__ = ["Whispers"]

log = logging.getLogger(__name__)


class Whispers:
    """`whisper` and `show` return at once; the work is done beside."""

    def __init__(self, web: SlackWeb, supervisor: Supervisor, budget: Budget) -> None:
        self._web = web
        self._supervisor = supervisor
        self._budget = budget

    def whisper(self, ear: Ear, reply: Reply) -> None:
        """Tell one person something that nobody else sees."""
        self._supervisor.spawn(
            self._whisper(ear, reply),
            f"a private answer to {ear.user}",
            op=logs.current_operation(),
        )

    def show(self, origin: Origin, reply: Reply) -> None:
        """Say something in the channel that belongs to no operation, as a shared answer."""
        self._supervisor.spawn(
            self._share(origin, reply), "a shared answer", op=logs.current_operation()
        )

    async def direct(self, user: str, payload: Payload) -> None:
        """A direct message, where nothing else is left."""
        try:
            await self._web.call("chat.postMessage", channel=user, **payload)
        except SlackNoError as no:
            log.error("nothing is left to tell %s: %s", user, no.error)

    async def _whisper(self, ear: Ear, reply: Reply) -> None:
        payload = render(reply)
        for _ in range(3):
            try:
                await self._say_privately(ear, payload)
            except SlackBusyError as busy:
                await asyncio.sleep(busy.wait)
            except SlackLostError:
                await asyncio.sleep(1.0)
            else:
                return
        log.warning("a private answer to %s could not be given", ear.user)

    async def _share(self, origin: Origin, reply: Reply) -> None:
        payload = render(reply)
        thread = {"thread_ts": origin.thread_ts} if origin.thread_ts else {}
        try:
            await self._budget.post(origin.channel)
            await self._web.call("chat.postMessage", channel=origin.channel, **thread, **payload)
        except (SlackNoError, SlackBusyError, SlackLostError) as error:
            log.info("an answer could not be shared: %s", type(error).__name__)
            await self._whisper(ear_of(origin), reply)

    async def _say_privately(self, ear: Ear, payload: Payload) -> None:
        if ear.response_url:
            try:
                await self._web.respond(
                    ear.response_url,
                    {"response_type": "ephemeral", "replace_original": False, **payload},
                )
            except SlackNoError as no:
                log.info("a response_url did not take a private answer: %s", no.error)
            else:
                return
        thread = {"thread_ts": ear.thread_ts} if ear.thread_ts else {}
        try:
            await self._web.call(
                "chat.postEphemeral", channel=ear.channel, user=ear.user, **thread, **payload
            )
        except SlackNoError:
            await self.direct(ear.user, payload)
