"""What the choices under a private answer stand for: a ticket in the button, the rest here.

A ticket is not a permission: whoever presses acts under their own name and rights.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from bot.journal.database import Database
from bot.journal.schema import menu
from bot.journal.worker import Urgency

__all__ = ["CHOICE_SECONDS", "Menus"]

CHOICE_SECONDS = 1_800.0
"""How long a choice can be used: as long as Slack lets a private answer be answered."""

_KEEP_SECONDS = 86_400.0
"""Kept longer, so that a press that comes too late hears what to type instead."""


class Menus:
    """`journal.menus`: keeps data behind tickets, and finds it for a while."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, person: str, data: Mapping[str, object]) -> str:
        """A ticket that stands for `data` (JSON), made for one person. Old ones go."""
        ticket = secrets.token_urlsafe(16)
        now = self._database.now()
        row = {"ticket": ticket, "person": person, "data": dict(data), "made_at": now}

        def work(connection: Connection) -> None:
            connection.execute(delete(menu).where(menu.c.made_at < now - _KEEP_SECONDS))
            connection.execute(insert(menu).values(row))

        await self._database.commit(work, Urgency.TELLING)
        return ticket

    async def find(
        self, ticket: str, *, within: float = CHOICE_SECONDS
    ) -> tuple[str, Mapping[str, object]] | None:
        """For whom a ticket was made and what it stands for; None if it is unknown or older than
        `within` seconds."""
        since = self._database.now() - within
        wanted = select(menu).where(menu.c.ticket == ticket, menu.c.made_at >= since)

        def work(connection: Connection) -> tuple[str, Mapping[str, object]] | None:
            row = connection.execute(wanted).one_or_none()
            return None if row is None else (row.person, row.data)

        return await self._database.commit(work)

    async def find_late(self, ticket: str) -> tuple[str, Mapping[str, object]] | None:
        """The same for a ticket that cannot be used any more, to say what it was."""
        return await self.find(ticket, within=_KEEP_SECONDS)
