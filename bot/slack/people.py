"""Who somebody is, as Slack says: read for each decision, kept for at most a minute.

Whoever cannot be read in two seconds is unknown, and unknown people change nothing.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from bot.policy import Person, Standing
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError, SlackWeb
from providers.foreign import foreign

__all__ = ["SlackPeople"]

log = logging.getLogger(__name__)

KEEP_SECONDS = 60.0
READ_SECONDS = 2.0

_GROUP_ID = re.compile(r"S[A-Z0-9]{2,}\Z")

T = TypeVar("T")


class SlackPeople:
    """Looks people and their user groups up.

    teams: team or enterprise ids whose members may act. groups: ids and handles of the user groups
        that the policy names; no others are read. denied: those of them that deny rules name.
    """

    def __init__(
        self,
        web: SlackWeb,
        *,
        teams: frozenset[str],
        groups: frozenset[str],
        denied: frozenset[str],
    ) -> None:
        self._web = web
        self._teams = teams
        self._named = groups
        self._denied = denied
        self._users: _Kept[Mapping[str, Any]] = _Kept(self._read_user)
        self._groups: _Kept[Mapping[str, frozenset[str]]] = _Kept(self._read_groups)

    async def person(self, user: str, team: str, *, fresh: bool) -> Person:
        """The person; read anew if `fresh`. Never raises."""
        facts, groups = await asyncio.gather(
            self._users.get(user, fresh=fresh), self._member_of(user, fresh=fresh)
        )
        return Person(
            id=user,
            name=_name(facts, user),
            team_ids=_teams(facts) if facts else frozenset(),
            standing=self._standing(facts, team),
            groups=groups,
        )

    def _standing(self, facts: Mapping[str, Any] | None, team: str) -> Standing:
        if facts is None:
            return Standing.UNKNOWN
        if facts.get("deleted"):
            return Standing.DEACTIVATED
        if facts.get("is_bot") or facts.get("is_workflow_bot") or facts.get("id") == "USLACKBOT":
            return Standing.BOT
        teams = _teams(facts) or frozenset({team})
        if facts.get("is_stranger") or not teams & self._teams:
            return Standing.STRANGER
        if facts.get("is_restricted") or facts.get("is_ultra_restricted"):
            return Standing.GUEST
        return Standing.MEMBER

    async def _member_of(self, user: str, *, fresh: bool) -> frozenset[str] | None:
        if not self._named:
            return frozenset()
        groups = await self._groups.get("", fresh=fresh)
        if groups is None:
            return None
        return frozenset(name for name, members in groups.items() if user in members)

    async def _read_user(self, user: str) -> Mapping[str, Any]:
        answer = await self._web.read("users.info", user=user)
        facts = answer.get("user")
        if not isinstance(facts, dict) or facts.get("id") != user:
            raise SlackNoError("user_not_found")
        return facts

    async def _read_groups(self, _: str) -> Mapping[str, frozenset[str]]:
        """Id or handle -> members, for the groups that the policy names."""
        found: dict[str, frozenset[str]] = {}
        for group in await self._list_groups():
            group_id, handle = str(group.get("id")), str(group.get("handle"))
            names = {group_id, handle} & self._named
            if not names:
                continue
            # A group that was switched off has no members, whatever the list still says.
            members = [] if group.get("date_delete") else group.get("users")
            if members is None:
                members = await self._read_members(group_id)
            for name in names:  # two groups may share a handle over time
                found[name] = found.get(name, frozenset()) | frozenset(members)
        for name in self._named - found.keys():
            if _GROUP_ID.match(name):
                found[name] = frozenset(await self._read_members(name))
        if missing := self._named - found.keys():
            log.warning("user groups of the policy that Slack does not know: %s", sorted(missing))
        if missing & self._denied:  # nobody can tell whom that rule would have stopped
            raise SlackNoError("no_such_subteam")
        return found

    async def _list_groups(self) -> list[Mapping[str, Any]]:
        try:
            answer = await self._web.read("usergroups.list", include_users="true")
        except SlackNoError as error:
            if all(_GROUP_ID.match(name) for name in self._named):
                log.info("usergroups.list: %s; each group is read by itself", error.error)
                return []
            raise
        groups: list[Mapping[str, Any]] = answer.get("usergroups") or []
        return groups

    async def _read_members(self, group: str) -> list[str]:
        answer = await self._web.read("usergroups.users.list", usergroup=group)
        users: list[str] = answer["users"]
        return users


class _Kept(Generic[T]):
    """Answers of one kind of look-up: kept a while, and asked for once at a time."""

    def __init__(self, read: Callable[[str], Awaitable[T]]) -> None:
        self._read = read
        self._known: dict[str, tuple[float, T]] = {}
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str, *, fresh: bool) -> T | None:
        """The answer, or None where it cannot be had in time."""
        if not fresh and (known := self._known.get(key)):
            at, value = known
            if time.monotonic() - at < KEEP_SECONDS:
                return value
        # Many presses at once share one look-up that is under way: it began a moment ago.
        if (task := self._under_way.get(key)) is None:
            task = asyncio.create_task(self._look_up(key), name=f"look-up of {key or 'groups'}")
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._done(key, done))
        try:
            return await asyncio.wait_for(asyncio.shield(task), READ_SECONDS)
        except (SlackNoError, SlackBusyError, SlackLostError, TimeoutError) as error:
            log.warning("a look-up at Slack failed: %s", type(error).__name__)
            return None
        except Exception:
            log.exception("a look-up at Slack broke")
            return None

    def _done(self, key: str, task: asyncio.Task[T]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever still waits gets it; if nobody does, it is no news

    async def _look_up(self, key: str) -> T:
        async with asyncio.timeout(READ_SECONDS):
            value = await self._read(key)
        self._known[key] = (time.monotonic(), value)
        return value


def _teams(facts: Mapping[str, Any]) -> frozenset[str]:
    enterprise = facts.get("enterprise_user") or {}
    ids = {facts.get("team_id"), enterprise.get("enterprise_id"), *(enterprise.get("teams") or ())}
    return frozenset(team for team in ids if isinstance(team, str))


def _name(facts: Mapping[str, Any] | None, user: str) -> str:
    if not facts:
        return user
    profile = facts.get("profile") or {}
    name = profile.get("display_name") or facts.get("name") or facts.get("real_name") or user
    return foreign(name, 40) or user
