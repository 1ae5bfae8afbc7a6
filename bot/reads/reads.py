"""Who asks, whether they may know it, what is read, and who hears the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from bot import answers, press_answers
from bot.command import HistoryCommand, ListCommand, ShowCommand, TaskCommand
from bot.contact import People, Press, Whisper, ear_of
from bot.journal import Journal, Origin, Record
from bot.journal.past import HISTORY_ROWS
from bot.looks import Looks, UnseenError
from bot.policy import Deny, Person, Place
from bot.reads import history, show, status, tasks
from bot.reads.buttons import Buttons, offered
from bot.reads.choices import MORE, PICK, Choice, chosen_change, chosen_read, pick_menu
from bot.reads.rights import ReadCommand, Rights, denied, verb_of
from bot.reply import Button, Reply
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.facts import Facts
from providers.operation import Kind

__all__ = ["Reads"]

log = logging.getLogger(__name__)

LIST_SECONDS = 30.0
"""How long a list is read: the longest has hundreds of pages."""

AT_ONCE = 5
"""Tasks of one command that are read at the same time."""


@dataclass(frozen=True, slots=True)
class _Asker:
    """shared: everybody in the channel sees the answer, so it carries no buttons: these are for
    one person, and offer what this person may do."""

    person: Person
    place: Place
    shared: bool


class Reads:
    """Answers status, list, history and show; nothing here changes anything."""

    ACTIONS: ClassVar[frozenset[str]] = frozenset({MORE, PICK})
    """What a press under such an answer may mean, beside "list" and "do:VERB"."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        journal: Journal,
        looks: Looks,
        people: People,
        whisper: Whisper,
        link: Callable[[Record], str | None],
        show: Callable[[Origin, Reply], None],
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._journal = journal
        self._looks = looks
        self._people = people
        self._whisper = whisper
        self._link = link
        self._share = show
        self._rights = Rights(settings, catalogue)

    async def answer(self, command: ReadCommand, origin: Origin) -> None:
        """Answer privately; with --here, for all who see the channel."""
        ear = ear_of(origin)
        shared = not isinstance(command, ShowCommand) and command.here
        place = Place(channel=origin.channel, direct=origin.direct)
        try:
            person = await self._people.person(origin.requester, origin.team, fresh=False)
            reply, allowed = await self._judged(command, _Asker(person, place, shared))
        except Exception:  # whoever asked is told in any case
            log.exception("an answer to %s broke", verb_of(command))
            self._whisper(ear, answers.broken())
            return
        if shared and allowed:
            self._share(origin, reply)
        else:
            self._whisper(ear, reply)

    # Presses under such answers

    async def press(self, press: Press) -> None:
        """More of a list, or a task picked from it: read again, under the presser's rights."""
        try:
            reply = await self._pressed(press)
        except Exception:
            log.exception("a press by %s under an answer broke", press.user)
            reply = press_answers.press_broken()
        if reply is not None:
            self._whisper(press.ear, reply)

    async def chosen(self, press: Press) -> TaskCommand | None:
        """The change that a "do:VERB" button stands for. None if there is none any more, or it was
        made for somebody else; the presser has been told then."""
        ticket, _, _ = press.ticket.partition(".")
        choice = await self._choice(press, ticket)
        command = None if choice is None else chosen_change(choice, press.action)
        if choice is not None and command is None:
            self._whisper(press.ear, press_answers.not_a_card())
        return command

    async def _pressed(self, press: Press) -> Reply | None:
        ticket, _, number = press.ticket.partition(".")
        choice = await self._choice(press, ticket)
        if choice is None:
            return None
        command = chosen_read(choice, press.action, number)
        if command is None:
            return press_answers.not_a_card()
        person = await self._people.person(press.user, press.team, fresh=False)
        place = Place(channel=press.channel, direct=press.channel.startswith("D"))
        reply, _ = await self._judged(command, _Asker(person, place, shared=False))
        return reply

    async def _choice(self, press: Press, ticket: str) -> Choice | None:
        """What is behind a ticket. None if it cannot be used; the presser has been told why."""
        found = await self._journal.menus.find(ticket)
        late = None if found else await self._journal.menus.find_late(ticket)
        kept = found or late
        if kept is None:
            self._whisper(press.ear, press_answers.not_a_card())
            return None
        person, data = kept
        choice = Choice.of(data)
        if late is not None:
            self._whisper(press.ear, press_answers.too_old(choice.answered.typed()))
            return None
        if person != press.user:  # private answers are seen by one person only
            self._whisper(press.ear, press_answers.not_a_card())
            return None
        return choice

    # The answers

    async def _judged(self, command: ReadCommand, asker: _Asker) -> tuple[Reply, bool]:
        """The answer, and whether it was allowed."""
        decision = self._rights.to_read(command, asker.person, asker.place)
        if isinstance(decision, Deny):
            return denied(verb_of(command), decision), False
        match command:
            case TaskCommand(others=()):
                return await self._status(command, asker), True
            case TaskCommand():
                return await self._several(command, asker), True
            case ListCommand():
                return await self._list(command, asker), True
            case HistoryCommand():
                return await self._history(command, asker), True
            case ShowCommand():
                return await self._show(command, asker)

    async def _status(self, command: TaskCommand, asker: _Asker) -> Reply:
        name = self._rights.name_of(command, command.task)
        try:
            look = await self._looks.look(command, seconds=self._settings.timeouts.vendor_seconds)
        except UnseenError as unseen:
            return status.unread(command, unseen, name=name, now=self._journal.now())
        kind = self._catalogue.kind(command.where)
        account = self._settings.first_name_of(command.account)
        last = await self._journal.past.last_change(f"{kind.where}|{account}|{command.task}")
        buttons = await self._buttons(command, look.facts, last, asker)
        return status.one(command, look, kind, name=name, last=last, buttons=buttons)

    async def _buttons(
        self, command: TaskCommand, facts: Facts, last: Record | None, asker: _Asker
    ) -> tuple[Button, ...]:
        """What this person may do next with the task."""
        kind = self._catalogue.kind(command.where)
        may = [
            (verb, self._rights.to_do(verb, command, asker.person, asker.place))
            for verb in offered(facts, kind)
        ]
        ticket = await self._ticket(Choice(command), asker)
        return Buttons(command, kind, last, ticket).of(may) if ticket else ()

    async def _several(self, command: TaskCommand, asker: _Asker) -> Reply:
        turn = asyncio.Semaphore(AT_ONCE)
        seen = await asyncio.gather(*(self._seen(command, task, turn) for task in command.tasks))
        ticket = await self._ticket(Choice(command, command.tasks), asker)
        rows = [
            (one.task, one.look.facts.state, one.look.facts.name)
            if one.look
            else (one.task, None, "")
            for one in seen
        ]
        menus = pick_menu(ticket, rows) if ticket else ()
        return status.several(command, seen, self._journal.now(), menus)

    async def _seen(self, command: TaskCommand, task: str, turn: asyncio.Semaphore) -> status.Seen:
        seconds = self._settings.timeouts.vendor_seconds
        async with turn:
            try:
                return status.Seen(
                    task, await self._looks.look(command, seconds=seconds, task=task)
                )
            except UnseenError as unseen:
                return status.Seen(task, unseen=unseen)

    async def _list(self, command: ListCommand, asker: _Asker) -> Reply:
        kind = self._catalogue.kind(command.where)
        place = (command.account, command.region, command.app)
        try:
            listing = await self._looks.tasks(kind, *place, seconds=LIST_SECONDS)
        except UnseenError as unseen:
            return tasks.unread(command, unseen, self._journal.now())
        page = tasks.page_of(command, listing)
        shown = replace(command, page=page.page, here=False)
        ticket = await self._ticket(Choice(shown, tuple(facts.id for facts in page.rows)), asker)
        rows = [(facts.id, facts.state, facts.name) for facts in page.rows]
        return tasks.tasks(
            command,
            page,
            kind,
            now=self._journal.now(),
            elsewhere=self._elsewhere(command, kind),
            menus=pick_menu(ticket, rows) if ticket else (),
            buttons=_more(ticket) if ticket and page.has_more else (),
        )

    async def _history(self, command: HistoryCommand, asker: _Asker) -> Reply:
        asked_in = asker.place.channel
        filters = history.filters_of(command, self._settings, asked_in, self._journal.now())
        found = await self._journal.past.history(filters, command.page)
        buttons: tuple[Button, ...] = ()
        if found.page * HISTORY_ROWS < found.total:
            shown = replace(command, page=found.page, here=False)
            ticket = await self._ticket(Choice(shown), asker)
            buttons = _more(ticket) if ticket else ()
        return history.history(command, found, asked_in, buttons=buttons)

    async def _show(self, command: ShowCommand, asker: _Asker) -> tuple[Reply, bool]:
        record = await self._journal.get(command.operation)
        if record is None:
            return show.unknown(command, await self._journal.past.ids()), True
        decision = self._rights.to_see(record, asker.person, asker.place)
        if isinstance(decision, Deny):
            return denied(verb_of(command), decision), False
        past = self._journal.past
        refusal = (await past.refusals([record])).get(record.id, "")
        view = show.View(asker.place.channel, self._link(record), refusal)
        if record.command.others:
            parts = await self._journal.batches.children(record)
            return show.show_batch(record, parts, view), True
        return show.show(record, await past.trail_of(record.id), view), True

    # Small things

    async def _ticket(self, choice: Choice, asker: _Asker) -> str:
        """For the buttons and menus under an answer; "" where there are none."""
        if asker.shared:
            return ""
        return await self._journal.menus.keep(asker.person.id, choice.data())

    def _elsewhere(self, command: ListCommand, kind: Kind) -> str:
        settings = self._settings
        accounts = {n: a for n, a in settings.accounts.items() if a.provider == kind.provider}
        named = [target.region or "" for target in settings.targets.values()]
        usual = [account.region_for(kind.service) or "" for account in accounts.values()]
        near = [region for region in (*usual, *named) if region in kind.regions]
        return tasks.elsewhere(command, (*near, *kind.regions), accounts)


def _more(ticket: str) -> tuple[Button, ...]:
    return (Button(action=MORE, label="More", ticket=ticket),)
