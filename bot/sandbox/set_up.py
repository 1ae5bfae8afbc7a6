"""Furnishing a workspace: people, channels, groups."""

from __future__ import annotations

from collections.abc import Iterable

from bot.sandbox.conversation import Channel, ChannelKind
from bot.sandbox.model import Model, Where, Who
from bot.sandbox.people import App, Person, UserGroup

__all__ = ["SetUp"]


class SetUp:
    """The part of a workspace that an administrator plays."""

    app: App
    model: Model

    def add_person(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002  # Slack's word for it
        team_id: str | None = None,
        display_name: str = "",
        is_bot: bool = False,
        is_restricted: bool = False,
        is_ultra_restricted: bool = False,
        deleted: bool = False,
    ) -> Person:
        """Add somebody; with another team_id, a stranger from another workspace."""
        return self.model.add_person(
            Person(
                id=id or self.model.new_id("U"),
                name=name,
                team_id=team_id or self.model.team_id,
                display_name=display_name,
                is_bot=is_bot,
                is_restricted=is_restricted,
                is_ultra_restricted=is_ultra_restricted,
                deleted=deleted,
            )
        )

    def add_channel(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002  # Slack's word for it
        members: Iterable[Who] = (),
        private: bool = False,
        with_bot: bool = True,
    ) -> Channel:
        """Add a channel; the bot is in it unless told otherwise."""
        ids = {self.model.person(member).id for member in members}
        return self.model.add_channel(
            Channel(
                id=id or self.model.new_id("C"),
                name=name.removeprefix("#"),
                kind=ChannelKind.PRIVATE if private else ChannelKind.PUBLIC,
                members=ids | {self.app.user_id} if with_bot else ids,
            )
        )

    def direct_messages(self, *people: Who, with_bot: bool = False) -> Channel:
        """The DM of these people; opened if it is not yet."""
        ids = [self.model.person(person).id for person in people]
        return self.model.direct(*ids, *([self.app.user_id] if with_bot else []))

    def add_group(
        self,
        handle: str,
        members: Iterable[Who] = (),
        *,
        id: str | None = None,  # noqa: A002  # Slack's word for it
    ) -> UserGroup:
        """Add a user group; change its `members` at any time."""
        ids = [self.model.person(member).id for member in members]
        return self.model.add_group(
            UserGroup(id=id or self.model.new_id("S"), handle=handle, members=ids)
        )

    def invite(self, channel: Where, person: Who | None = None) -> None:
        """Let somebody into a channel; nobody named: the bot."""
        user_id = self.model.person(person).id if person else self.app.user_id
        self.model.set_member(self.model.channel(channel), user_id, member=True)

    def remove(self, channel: Where, person: Who | None = None) -> None:
        """Take somebody out of a channel; nobody named: the bot."""
        user_id = self.model.person(person).id if person else self.app.user_id
        self.model.set_member(self.model.channel(channel), user_id, member=False)
