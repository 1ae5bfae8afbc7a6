"""The brake for everyone: `freeze` stops all changes at once, and `thaw` lets them go on.

A freeze asks nobody for a yes. What was approved and not yet claimed is caught in the database by
the condition that every claim carries (`bot.journal.brakes.frozen`); what was claimed has left.
Reads, the help and the history are never frozen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from bot import answers
from bot import brake_words as words
from bot.brake_words import FREEZE, THAW
from bot.command import FreezeCommand, TaskCommand, ThawCommand
from bot.contact import People, Whisper, ear_of
from bot.journal import Journal, Notice, Origin
from bot.journal.brakes import BRAKE, EVERYTHING, Brake, Turn
from bot.notices import AUDIT, CHANNEL
from bot.policy import Deny, Person, Place, Wish, decide, who_may
from bot.reply import Reply
from bot.settings import Settings
from providers.operation import Effect

__all__ = ["BrakeDesk"]

log = logging.getLogger(__name__)


class BrakeDesk:
    """Takes freezes and thaws, and knows what a change hears meanwhile.

    wake: told when there is something new to say in the channels.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        journal: Journal,
        people: People,
        whisper: Whisper,
        wake: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._people = people
        self._whisper = whisper
        self._wake = wake

    # A freeze, a thaw

    async def answer(self, command: FreezeCommand | ThawCommand, origin: Origin) -> None:
        """Freeze or thaw, and say so in the channel; or tell the asker alone why not."""
        try:
            reply = await self._answer(command, origin)
        except (SQLAlchemyError, OSError) as error:
            log.error("the journal cannot be written: %s", type(error).__name__)
            reply = answers.not_accepted()
        except Exception:
            log.exception("a brake by %s broke", origin.requester)
            reply = answers.broken()
        if reply is not None:
            self._whisper(ear_of(origin), reply)
        self._wake()

    async def _answer(self, command: FreezeCommand | ThawCommand, origin: Origin) -> Reply | None:
        # A freeze breaks no stream, so it does not wait for Slack's newest word on groups.
        thaws = isinstance(command, ThawCommand)
        person = await self._people.person(origin.requester, origin.team, fresh=thaws)
        if isinstance(command, FreezeCommand):
            return await self._freeze(command, origin, person)
        return await self._thaw(command, origin, person)

    async def _freeze(self, command: FreezeCommand, origin: Origin, person: Person) -> Reply | None:
        if refusal := await self._refused(FREEZE, command.account, origin, person):
            return refusal
        turn = await self._journal.brakes.freeze(
            self._names(command.account),
            origin,
            command.reason,
            lambda turn: self._announced(origin, words.frozen(turn, self._journal.now())),
            name=person.name,
        )
        if turn is None:
            return None
        if turn.changed:
            return words.told(FREEZE, turn.brake)
        return words.frozen_already(turn.brake, self._journal.now())

    async def _thaw(self, command: ThawCommand, origin: Origin, person: Person) -> Reply | None:
        if refusal := await self._refused(THAW, command.account, origin, person):
            return refusal
        held = await self._journal.brakes.all()
        brake = next((one for one in held if (command.account or EVERYTHING) in one.scopes), None)
        if brake is None:
            return words.not_frozen(command.account, held, self._journal.now())
        names = {EVERYTHING, *self._names(command.account)}

        def tell(turn: Turn) -> Sequence[Notice]:
            staying = [one for one in turn.others if brake.everything or names & {*one.scopes}]
            said = words.thawed(brake, person.name, command.reason, staying, self._journal.now())
            return self._announced(origin, said)

        turn = await self._journal.brakes.thaw(brake, origin, command.reason, tell)
        if turn is None:
            return None
        if turn.changed:
            return words.told(THAW, brake)
        return words.not_frozen(command.account, turn.others, self._journal.now())

    def _announced(self, origin: Origin, text: str) -> Sequence[Notice]:
        """What a freeze or thaw owes to its channel and to the audit channel."""
        audit = self._settings.policy.audit_channel
        owed = [Notice(BRAKE, CHANNEL, text, channel=origin.channel)]
        if audit is not None and audit != origin.channel:
            owed.append(Notice(BRAKE, AUDIT, text))
        return owed

    async def _refused(
        self, verb: str, account: str | None, origin: Origin, person: Person
    ) -> Reply | None:
        """What the policy says against it, told in the audit channel too; None where it says
        yes. A brake asks for nothing, so Confirm is a yes as well."""
        place = Place(channel=origin.channel, direct=origin.direct)
        decision = decide(self._settings.policy, self._wish(verb, account), person, place)
        if not isinstance(decision, Deny):
            return None
        refusal = words.denied(verb, account, decision)
        if self._settings.policy.audit_channel is not None:
            asker = f"@{person.name or origin.requester_name} ({origin.requester})"
            told = f"{refusal.text} Asked by {asker}."
            await self._journal.announce([Notice(BRAKE, AUDIT, told)])
        return refusal

    def _wish(self, verb: str, account: str | None) -> Wish:
        return Wish(
            verb=verb,
            where="",
            provider="",
            account=account or "",
            target=None,
            effect=Effect.INTERRUPTS,
            protected=False,
        )

    # What a change hears meanwhile

    async def blocked(self, command: TaskCommand) -> Brake | None:
        """The freeze that a change would run into now."""
        return await self._journal.brakes.on(*self._names(command.account))

    def refusal(self, brake: Brake, origin: Origin) -> Reply:
        """What every attempt hears: who froze, since when, why, and who thaws it how."""
        place = Place(channel=origin.channel, direct=origin.direct)
        account = None if brake.everything else brake.accounts[0]
        who = who_may(self._settings.policy, self._wish(THAW, account), place)
        return words.refusal(brake, who, self._journal.now())

    def _names(self, account: str | None) -> tuple[str, ...]:
        """Every name of an account, the typed one first: another name of its key is the same."""
        accounts, first_of = self._settings.accounts, self._settings.first_name_of
        if account is None:
            return ()
        if account not in accounts:  # the configuration has lost it
            return (account,)
        first, provider = first_of(account), accounts[account].provider
        same = (
            name
            for name, other in accounts.items()
            if other.provider == provider and first in (name, first_of(name))
        )
        return tuple(dict.fromkeys((account, *same)))
