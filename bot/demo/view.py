"""What one person sees who looks at one channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.demo.drawn import Button, buttons_of
from bot.demo.furniture import CHANNELS, PEOPLE, Character, Room
from bot.sandbox import ChannelKind, Message, Workspace

__all__ = ["View"]


@dataclass(slots=True)
class View:
    """Somebody's eyes; who it is and where they look may change at any time."""

    slack: Workspace
    me: Character = PEOPLE[0]
    here: Room = CHANNELS[0]

    def sees(self, message: Message) -> bool:
        """True for what is said in this channel or to this person by the bot, for their eyes."""
        if message.only_for not in (None, self.me.id):
            return False
        channel = self.slack.model.channels[message.channel_id]
        to_me = channel.kind is ChannelKind.DIRECT and self.me.id in channel.members
        return to_me or channel.id == self.here.id

    def newest_card(self) -> tuple[Message, tuple[Button, ...]] | None:
        """The last message in this channel that has buttons now, and them; None without one."""
        for message in reversed(self.slack.model.channel(self.here.id).messages):
            if self.sees(message) and not message.deleted and (buttons := buttons_of(message)):
                return message, buttons
        return None
