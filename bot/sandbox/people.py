"""Who is in the workspace: people, their groups, and the one installed app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["DEFAULT_SCOPES", "App", "Person", "SlashCommand", "UserGroup"]

DEFAULT_SCOPES = (
    "app_mentions:read",
    "chat:write",
    "commands",
    "im:write",
    "usergroups:read",
    "users:read",
)


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with an account. `team_id` is another workspace's for a stranger."""

    id: str
    name: str
    team_id: str
    display_name: str = ""
    real_name: str = ""
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False

    @property
    def shown_name(self) -> str:
        """The name that others see."""
        return self.display_name or self.real_name or self.name

    def payload(self, home_team_id: str) -> dict[str, Any]:
        """The user object of users.info. Source: docs.slack.dev/reference/objects/user-object."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name or self.name,
            "tz": "Etc/UTC",
            "tz_offset": 0,
            "profile": {
                "real_name": self.real_name or self.name,
                "display_name": self.display_name,
                "team": self.team_id,
            },
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.is_restricted or self.is_ultra_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_stranger": self.team_id != home_team_id,
        }


@dataclass(slots=True, kw_only=True)
class UserGroup:
    """A group with an @handle. `members` are user ids."""

    id: str
    handle: str
    name: str = ""
    members: list[str] = field(default_factory=list)
    disabled: bool = False

    def payload(self, team_id: str, *, with_users: bool) -> dict[str, Any]:
        """The usergroup object of usergroups.list."""
        payload: dict[str, Any] = {
            "id": self.id,
            "team_id": team_id,
            "is_usergroup": True,
            "name": self.name or self.handle,
            "handle": self.handle,
            "date_delete": 1 if self.disabled else 0,
            "user_count": len(self.members),
        }
        if with_users:
            payload["users"] = list(self.members)
        return payload


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command as the app's manifest declares it. `name` begins with a slash.

    should_escape: Slack turns @name and #channel into ids before it sends the text.
    """

    name: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(slots=True, kw_only=True)
class App:
    """The installed app and its bot user. `scopes` may be changed at any time."""

    id: str = "A0SANDBOX"
    bot_id: str = "B0SANDBOX"
    user_id: str = "U0SANDBOX"
    name: str = "bot"
    bot_token: str = field(default="xoxb-sandbox", repr=False)
    app_token: str = field(default="xapp-sandbox", repr=False)
    signing_secret: str = field(default="sandbox-signing", repr=False)
    scopes: set[str] = field(default_factory=lambda: set(DEFAULT_SCOPES))
    commands: tuple[SlashCommand, ...] = ()

    def command(self, name: str) -> SlashCommand | None:
        """The declaration of a command. An app that declares none takes every command."""
        if not self.commands:
            return SlashCommand(name)
        return next((command for command in self.commands if command.name == name), None)
