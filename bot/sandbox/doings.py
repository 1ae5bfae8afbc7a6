"""What people do in a workspace, and what comes of it at once: type, press, mention, edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.sandbox.complaints import command_failed, press_failed
from bot.sandbox.conversation import Channel, ChannelKind, Content, Message
from bot.sandbox.delivery import (
    HONEST,
    Answer,
    Courier,
    Delivery,
    DeliveryKind,
    Forgery,
    Receipt,
    Transport,
)
from bot.sandbox.errors import SlackError
from bot.sandbox.feed import ChangeKind
from bot.sandbox.hands import NotOnScreen, control_in
from bot.sandbox.http_mode import HttpMode
from bot.sandbox.interactions import ResponseUrls, Triggers
from bot.sandbox.model import Model, Where, Who
from bot.sandbox.mrkdwn import typed_in_command, typed_in_message
from bot.sandbox.payloads import app_mention, block_actions, event_callback, slash_command
from bot.sandbox.people import App, Person
from bot.sandbox.socket_mode import SocketMode

__all__ = ["Doings"]


class Doings:
    """The part of a workspace that people play."""

    app: App
    model: Model
    sockets: SocketMode
    request_url: str | None
    _courier: Courier
    _response_urls: ResponseUrls
    _session: aiohttp.ClientSession | None
    _triggers: Triggers

    async def slash(
        self, person: Who, channel: Where, typed: str, *, forgery: Forgery = HONEST
    ) -> Receipt:
        """Type a command, "/stream help", and see what comes back within three seconds."""
        who, where = self._in(person, channel)
        name, *rest = typed.split(maxsplit=1)
        text = rest[0] if rest else ""
        command = self.app.command(name)
        if command is None:
            return self._not_a_command(where, who, name)
        if command.should_escape:
            text = typed_in_command(text, self.model)
        url, grant = self._response_urls.issue(where, who.id)
        payload = slash_command(
            self.model,
            who,
            where,
            command=name,
            text=text.strip(),
            trigger_id=self._triggers.issue(who.id),
            response_url=url,
        )
        delivery = Delivery(DeliveryKind.COMMAND, payload)
        return await self._deliver(Receipt(delivery=delivery, grant=grant), forgery)

    async def press(
        self,
        person: Who,
        message: Message,
        action_id: str,
        *,
        value: str | None = None,
        label: str | None = None,
        option: str | None = None,
        confirm: bool = True,
        force: bool = False,
        forgery: Forgery = HONEST,
    ) -> Receipt:
        """Press a button of a message, or pick an `option` of a menu, by its value or label.

        value, label: the button's, or the option's; confirm: what the person says if a dialog
        asks. With `force` also what is not, or no longer, there. Raises NotOnScreen.
        """
        channel = self.model.channels[message.channel_id]
        who = self.model.person(person)
        if not force and not self._sees(who, channel, message):
            raise NotOnScreen(f"{who.name} does not see this message")
        control = control_in(message, action_id, value=value, label=label, force=force)
        url, grant = self._response_urls.issue(channel, who.id, message)
        payload = block_actions(
            self.model,
            who,
            channel,
            message,
            action=control.used(option or value or label),
            trigger_id=self._triggers.issue(who.id),
            response_url=url,
        )
        receipt = Receipt(
            delivery=Delivery(DeliveryKind.ACTION, payload),
            message=message,
            grant=grant,
            confirm=control.element.get("confirm"),
        )
        if receipt.confirm and not confirm:
            return receipt
        return await self._deliver(receipt, forgery)

    async def mention(
        self,
        person: Who,
        channel: Where,
        text: str,
        *,
        thread_ts: str | None = None,
        forgery: Forgery = HONEST,
    ) -> Receipt:
        """Write "@bot text" in a channel or thread. Comes back after the first try to deliver."""
        typed = f"@{self.app.name} {text}"
        return await self.say(person, channel, typed, thread_ts=thread_ts, forgery=forgery)

    async def say(
        self,
        person: Who,
        channel: Where,
        text: str,
        *,
        thread_ts: str | None = None,
        forgery: Forgery = HONEST,
    ) -> Receipt:
        """Write something in a channel or thread. The app hears of it if the bot is named."""
        who, where = self._in(person, channel)
        message = self.model.post(
            where,
            Content(text=self._typed(text)),
            author=who.id,
            origin="person",
            bot_id=f"B{who.id[1:]}" if who.is_bot else None,
            thread_ts=thread_ts,
        )
        return await self._tell_app(who, message, forgery)

    async def edit(self, message: Message, text: str) -> Receipt:
        """Its author writes a message anew. The app hears of it if the bot is named."""
        self.model.edit(message, Content(text=self._typed(text)))
        return await self._tell_app(self.model.people[message.author], message, HONEST)

    async def send_event(self, event: Mapping[str, Any], *, forgery: Forgery = HONEST) -> Receipt:
        """Deliver any other event, in the envelope of the Events API."""
        payload = event_callback(self.model, event)
        receipt = Receipt(delivery=Delivery(DeliveryKind.EVENT, payload))
        return await self._deliver(receipt, forgery)

    async def replay(self, receipt: Receipt, *, forgery: Forgery = HONEST) -> Receipt:
        """Deliver the very same thing once more: same trigger_id or event_id, same everything."""
        again = Receipt(
            delivery=receipt.delivery,
            message=receipt.message,
            grant=receipt.grant,
            confirm=receipt.confirm,
        )
        return await self._deliver(again, forgery)

    # Inside

    def _in(self, person: Who, channel: Where) -> tuple[Person, Channel]:
        who, where = self.model.person(person), self.model.channel(channel)
        if who.id not in where.members:
            raise NotOnScreen(f"{who.name} is not in {where.name or where.id}")
        return who, where

    def _sees(self, person: Person, channel: Channel, message: Message) -> bool:
        return (
            person.id in channel.members
            and message.only_for in (None, person.id)
            and not message.deleted
        )

    def _not_a_command(self, channel: Channel, person: Person, name: str) -> Receipt:
        shown = f"{name} is not a valid command."
        self.model.tell(channel, person.id, shown)
        delivery = Delivery(DeliveryKind.COMMAND, {"command": name})
        return Receipt(delivery=delivery, shown=shown, error="unknown_command")

    def _typed(self, text: str) -> str:
        """A person picks the bot from the list that @ opens: its name becomes its id."""
        bot = rf"(?<!\S)@{re.escape(self.app.name)}(?!\w)"
        return re.sub(bot, f"<@{self.app.user_id}>", typed_in_message(text))

    async def _tell_app(self, person: Person, message: Message, forgery: Forgery) -> Receipt:
        """Slack sends app_mention only where the bot is a member, and never for a DM."""
        payload = event_callback(self.model, app_mention(self.model, person, message))
        receipt = Receipt(delivery=Delivery(DeliveryKind.EVENT, payload), message=message)
        channel = self.model.channels[message.channel_id]
        heard = (
            self.app.user_id in message.pings & channel.members
            and channel.kind is not ChannelKind.DIRECT
            and "app_mentions:read" in self.app.scopes
        )
        return await self._deliver(receipt, forgery) if heard else receipt

    async def _deliver(self, receipt: Receipt, forgery: Forgery) -> Receipt:
        answer = await self._courier.deliver(self._transport(), receipt, forgery)
        if receipt.delivery.kind is DeliveryKind.COMMAND:
            self._show_answer(receipt, answer)
        elif receipt.delivery.kind is DeliveryKind.ACTION and answer is None:
            receipt.error = receipt.attempts[-1].error
            receipt.shown = press_failed(receipt.attempts[-1])
        self.model.feed.announce(ChangeKind.DELIVERED, about=receipt)
        return receipt

    def _transport(self) -> Transport:
        return self._http() if self.request_url else self.sockets

    def _http(self) -> HttpMode:
        if self._session is None or self.request_url is None:
            raise RuntimeError("the workspace is not started, or has no request_url")
        return HttpMode(self.request_url, self.app.signing_secret, self._session)

    def _show_answer(self, receipt: Receipt, answer: Answer | None) -> None:
        """What a command's ack says, or Slack's complaint about there being none."""
        grant = receipt.grant
        if grant is None:
            return
        receipt.error = receipt.attempts[-1].error
        if answer is not None and answer.body:
            try:
                said = self._response_urls.respond(grant, answer.body)
                receipt.shown = said.shown if said and said.only_for else ""
            except SlackError as refusal:
                receipt.error = refusal.code
        if receipt.error:
            receipt.shown = command_failed(receipt.delivery.payload["command"], receipt.error)
            self.model.tell(grant.channel, grant.user_id, receipt.shown)
