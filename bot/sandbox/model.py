"""The workspace's state: who is there, what was said. Every change of it is told to the feed."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.sandbox.clock import Clock
from bot.sandbox.conversation import SLACKBOT, Channel, ChannelKind, Content, Message, Version
from bot.sandbox.feed import ChangeKind, Feed
from bot.sandbox.mrkdwn import pings, shown
from bot.sandbox.people import App, Person, UserGroup
from bot.sandbox.screen import block_pings, screen

__all__ = ["Model", "View", "Where", "Who"]

Who = Person | str
"""Somebody: as they were added, or by id or name."""
Where = Channel | str
"""A channel: as it was added, or by id or name, with or without #."""


@dataclass(slots=True, kw_only=True)
class View:
    """A modal or a Home tab that the app gave to one person."""

    id: str
    user_id: str
    hash: str
    view: dict[str, Any] = field(repr=False)


class Model:
    """Everything that a person could look at, and nothing of how it got here."""

    def __init__(self, team_id: str, app: App, clock: Clock) -> None:
        self.team_id = team_id
        self.app = app
        self.clock = clock
        self.feed = Feed()
        self.people: dict[str, Person] = {}
        self.groups: dict[str, UserGroup] = {}
        self.channels: dict[str, Channel] = {}
        self.homes: dict[str, View] = {}
        self.modals: list[View] = []
        self._numbers = itertools.count(1)
        self._last_ts = 0
        bot = Person(id=app.user_id, name=app.name, team_id=team_id, is_bot=True)
        self.people[bot.id] = bot

    def new_id(self, prefix: str) -> str:
        """The next id of its kind: "C0000007"."""
        return f"{prefix}{next(self._numbers):07d}"

    def new_ts(self) -> str:
        """Now, as Slack's message id: unique and always growing."""
        self._last_ts = max(int(self.clock.now() * 1_000_000), self._last_ts + 1)
        seconds, micros = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{micros:06d}"

    # People and channels

    def add_person(self, person: Person) -> Person:
        """Add somebody, or put them in the place of who had that id."""
        self.people[person.id] = person
        self.feed.announce(ChangeKind.PEOPLE, about=person.id)
        return person

    def add_group(self, group: UserGroup) -> UserGroup:
        """Add a group, or put it in the place of the one that had that id."""
        self.groups[group.id] = group
        self.feed.announce(ChangeKind.PEOPLE, about=group.id)
        return group

    def add_channel(self, channel: Channel) -> Channel:
        """Add a channel."""
        self.channels[channel.id] = channel
        self.feed.announce(ChangeKind.CHANNELS, about=channel.id)
        return channel

    def direct(self, *user_ids: str) -> Channel:
        """The direct messages of these people, opened if they are not yet."""
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DIRECT and channel.members == set(user_ids):
                return channel
        return self.add_channel(
            Channel(id=self.new_id("D"), name="", kind=ChannelKind.DIRECT, members=set(user_ids))
        )

    def set_member(self, channel: Channel, user_id: str, *, member: bool) -> None:
        """Let somebody, the bot too, into a channel or out of it."""
        (channel.members.add if member else channel.members.discard)(user_id)
        self.feed.announce(ChangeKind.CHANNELS, about=channel.id)

    def person(self, name: Who) -> Person:
        """Raises KeyError."""
        if isinstance(name, Person):
            return name
        if name in self.people:
            return self.people[name]
        wanted = name.removeprefix("@")
        for person in self.people.values():
            if wanted in (person.name, person.display_name):
                return person
        raise KeyError(f"nobody is called {name!r}")

    def channel(self, name: Where) -> Channel:
        """Raises KeyError."""
        if isinstance(name, Channel):
            return name
        if name in self.channels:
            return self.channels[name]
        for channel in self.channels.values():
            if channel.name and channel.name == name.removeprefix("#"):
                return channel
        raise KeyError(f"no channel is called {name!r}")

    # Names, for the text that people read

    def name_of_person(self, user_id: str) -> str | None:
        """The name that others see."""
        person = self.people.get(user_id)
        return person.shown_name if person else None

    def name_of_channel(self, channel_id: str) -> str | None:
        """Without #."""
        channel = self.channels.get(channel_id)
        return channel.name if channel else None

    def handle_of_group(self, group_id: str) -> str | None:
        """Without @."""
        group = self.groups.get(group_id)
        return group.handle if group else None

    def link_to_name(self, sign: str, name: str) -> str | None:
        """`<@U1|ann>` for "@" and "ann", `<#C1|ops>` for "#" and "ops"."""
        look_up = self.person if sign == "@" else self.channel
        try:
            return f"<{sign}{look_up(name).id}|{name}>"
        except KeyError:
            return None

    # Messages

    def post(
        self,
        channel: Channel,
        content: Content,
        *,
        author: str,
        origin: Literal["person", "api", "response_url", "slack"],
        bot_id: str | None = None,
        thread_ts: str | None = None,
        broadcast: bool = False,
        only_for: str | None = None,
    ) -> Message:
        """Say something in a channel; `only_for` makes it ephemeral."""
        message = Message(
            ts=self.new_ts(),
            channel_id=channel.id,
            author=author,
            origin=origin,
            versions=[self._version(content)],
            bot_id=bot_id,
            thread_ts=thread_ts,
            broadcast=broadcast,
            only_for=only_for,
        )
        channel.messages.append(message)
        self.feed.announce(ChangeKind.POSTED, message)
        return message

    def post_as_bot(
        self,
        channel: Channel,
        content: Content,
        *,
        origin: Literal["api", "response_url"],
        thread_ts: str | None = None,
        broadcast: bool = False,
        only_for: str | None = None,
    ) -> Message:
        """Say something with the app's bot user as the author."""
        return self.post(
            channel,
            content,
            author=self.app.user_id,
            origin=origin,
            bot_id=self.app.bot_id,
            thread_ts=thread_ts,
            broadcast=broadcast,
            only_for=only_for,
        )

    def tell(self, channel: Channel, user_id: str, text: str) -> Message:
        """Slack's own words to one person."""
        return self.post(
            channel, Content(text=text), author=SLACKBOT, origin="slack", only_for=user_id
        )

    def edit(self, message: Message, content: Content) -> None:
        """A new version of a message."""
        message.versions.append(self._version(content))
        self.feed.announce(ChangeKind.EDITED, message)

    def delete(self, message: Message) -> None:
        """Nobody sees it any more; what it said is kept."""
        message.deleted = True
        self.feed.announce(ChangeKind.DELETED, message)

    def parent_of(self, channel: Channel, ts: str) -> str | None:
        """The thread that a reply to `ts` lands in; None if nothing was ever said there."""
        said = next((m for m in channel.messages if m.ts == ts and not m.only_for), None)
        return (said.thread_ts or said.ts) if said else None

    def _version(self, content: Content) -> Version:
        content = replace(content, blocks=tuple(_with_ids(content.blocks)))
        text = shown(content.text, self)
        return Version(
            content=content,
            shown=text,
            screen=screen(content.blocks, self) if content.blocks else text,
            pings=pings(content.text) | block_pings(content.blocks),
            at=self.clock.now(),
        )

    # Views

    def publish(self, user_id: str, view: dict[str, Any]) -> View:
        """The Home tab of one person from now on."""
        self.homes[user_id] = published = self._new_view(user_id, view)
        self.feed.announce(ChangeKind.VIEW, about=published)
        return published

    def open_modal(self, user_id: str, view: dict[str, Any]) -> View:
        """A modal on one person's screen."""
        opened = self._new_view(user_id, view)
        self.modals.append(opened)
        self.feed.announce(ChangeKind.VIEW, about=opened)
        return opened

    def _new_view(self, user_id: str, view: dict[str, Any]) -> View:
        return View(id=self.new_id("V"), user_id=user_id, hash=self.new_ts(), view=view)


def _with_ids(blocks: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Slack gives every block that has none an id of its own."""
    return ({"block_id": secrets.token_urlsafe(4), **block} for block in blocks)
