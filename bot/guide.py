"""Answers about the bot itself: help, whoami, targets. Read from the catalogue and the policy."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from bot.command import HelpCommand, TargetsCommand, WhoamiCommand
from bot.contact import People, Whisper, ear_of
from bot.help import Help, listed
from bot.journal import Origin
from bot.policy import Person, Place, Rights
from bot.reply import Code, Reply, Table
from bot.settings import Settings
from providers.catalogue import Catalogue

__all__ = ["Guide", "GuideCommand"]

AT_ONCE_SECONDS = 0.25
"""Slack waits three seconds for an ack."""

GuideCommand = HelpCommand | WhoamiCommand | TargetsCommand


class Guide:
    """Writes the answers; each is for one person, and says what this person may do here."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        people: People,
        whisper: Whisper,
        name: str = "/stream",
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._people = people
        self._whisper = whisper
        self._help = Help(settings, catalogue, name)
        self._named = self._targets()
        # Who may what is asked of every rule for every operation, and settings stay as they are.
        self._whole = lru_cache(maxsize=256)(
            lambda person, place: self._help.whole(self._rights(person, place))
        )

    async def at_once(self, command: GuideCommand, origin: Origin) -> Reply | None:
        """The answer, to go into the ack; None where Slack takes its time to say who asks."""
        try:
            async with asyncio.timeout(AT_ONCE_SECONDS):
                return await self._reply(command, origin)
        except TimeoutError:
            return None

    async def answer(self, command: GuideCommand, origin: Origin) -> None:
        """Answer privately."""
        self._whisper(ear_of(origin), await self._reply(command, origin))

    async def _reply(self, command: GuideCommand, origin: Origin) -> Reply:
        person = await self._people.person(origin.requester, origin.team, fresh=False)
        place = Place(channel=origin.channel, direct=origin.direct)
        match command:
            case HelpCommand(topic=None):
                return self._whole(person, place)
            case HelpCommand(topic=topic):
                return self._help.on(str(topic))
            case WhoamiCommand():
                return self._whoami(self._rights(person, place))
            case TargetsCommand():
                return self._named

    # Who may what

    def _rights(self, person: Person, place: Place) -> Rights:
        settings = self._settings
        return Rights(
            policy=settings.policy,
            catalogue=self._catalogue,
            accounts={name: account.provider for name, account in settings.accounts.items()},
            targets={
                name: (settings.where_of(target), target.account)
                for name, target in sorted(settings.targets.items())
            },
            person=person,
            place=place,
        )

    def _whoami(self, rights: Rights) -> Reply:
        person, place = rights.person, rights.place
        groups = "could not be read" if person.groups is None else listed(sorted(person.groups))
        where = "a direct message" if place.direct else place.channel
        may = f"Here you may: {rights.told()}."
        return Reply(
            text=f"You are @{person.name} ({person.id}), {person.standing.value}. {may}",
            fields=(
                ("You", (f"@{person.name} ", Code(person.id))),
                ("Standing", (person.standing.value,)),
                ("Groups that rules name", (groups,)),
                ("Here", (Code(where),)),
            ),
            body=((may,),),
        )

    def _targets(self) -> Reply:
        targets = sorted(self._settings.targets.items())
        if not targets:
            return Reply(
                text="No named targets. The bot operator adds them to the configuration, as "
                "[targets.main-feed]."
            )
        rows = tuple(
            (
                (Code(name),),
                (self._settings.where_of(target),),
                (Code(target.task),),
                (target.region or "",),
                (target.account,),
                ("protected" if target.protected else "",),
            )
            for name, target in targets
        )
        names = [f"{n} (protected)" if target.protected else n for n, target in targets]
        return Reply(
            text=f"Named targets: {listed(names)}.",
            body=(("A protected one asks a second person, however its task is typed.",),),
            table=Table(("Target", "Kind", "Task", "Region", "Account", "Protected"), rows),
        )
