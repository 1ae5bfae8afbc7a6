"""Where people talk, and what is said there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

__all__ = ["SLACKBOT", "Channel", "ChannelKind", "Content", "Message", "Version"]

SLACKBOT = "USLACKBOT"
"""Slack's own voice, as in "/stream failed because the app did not respond"."""


class ChannelKind(StrEnum):
    """What a channel is, and so who can see it."""

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says, as its author sent it."""

    text: str = ""
    blocks: tuple[dict[str, Any], ...] = ()
    attachments: tuple[dict[str, Any], ...] = ()
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A message at one moment.

    shown: the text as Slack shows it in a notification; screen: what a person reads in the channel,
    line by line (the blocks, or the text where there are none); pings: whom it would notify (user
    and group ids, "here", "channel", "everyone"); at: seconds since the epoch.
    """

    content: Content
    shown: str
    screen: str
    pings: frozenset[str]
    at: float


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """One message with its whole past. Properties speak of its current version.

    author: a user id, SLACKBOT for Slack itself; bot_id: set if an app wrote it; only_for: the user
    who alone sees it (ephemeral), else None; origin: the way it came.
    """

    ts: str
    channel_id: str
    author: str
    origin: Literal["person", "api", "response_url", "slack"]
    versions: list[Version]
    bot_id: str | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    only_for: str | None = None
    deleted: bool = False

    @property
    def current(self) -> Version:
        """What stands there now, or stood there last."""
        return self.versions[-1]

    @property
    def text(self) -> str:
        """The raw text, as it was sent."""
        return self.current.content.text

    @property
    def blocks(self) -> tuple[dict[str, Any], ...]:
        """The blocks; each has a block_id."""
        return self.current.content.blocks

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What an app hid in the message."""
        return self.current.content.metadata

    @property
    def shown(self) -> str:
        """The text as Slack shows it in a notification."""
        return self.current.shown

    @property
    def screen(self) -> str:
        """What a person reads in the channel."""
        return self.current.screen

    @property
    def pings(self) -> frozenset[str]:
        """Whom it would notify: user and group ids, "here", "channel", "everyone"."""
        return self.current.pings

    @property
    def says_edited(self) -> bool:
        """Slack marks an edit only where the message has no blocks."""
        return len(self.versions) > 1 and not self.blocks


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A conversation. `messages` holds everything ever said, deleted and ephemeral too, by time."""

    id: str
    name: str
    kind: ChannelKind
    members: set[str]
    archived: bool = False
    messages: list[Message] = field(default_factory=list)

    @property
    def command_name(self) -> str:
        """The channel_name that a slash command carries."""
        named = {ChannelKind.DIRECT: "directmessage", ChannelKind.PRIVATE: "privategroup"}
        return named.get(self.kind, self.name)

    def find(self, ts: str) -> Message | None:
        """A message that everybody in the channel sees, or nothing."""
        return next(
            (m for m in self.messages if m.ts == ts and not m.deleted and not m.only_for), None
        )

    def top_level(self) -> list[Message]:
        """What the channel itself shows: replies only if they were sent to the channel as well."""
        return [m for m in self._visible() if m.thread_ts is None or m.broadcast]

    def thread(self, ts: str) -> list[Message]:
        """The replies to a message."""
        return [m for m in self._visible() if m.thread_ts == ts]

    def ephemerals(self, user_id: str) -> list[Message]:
        """What only this person sees here."""
        return [m for m in self.messages if m.only_for == user_id and not m.deleted]

    def _visible(self) -> list[Message]:
        return [m for m in self.messages if not m.deleted and m.only_for is None]
