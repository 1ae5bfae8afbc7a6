"""A press of a button on a card: one press of one allowed person decides.

A ticket says which card was pressed, and is never a permission: who pressed is looked up afresh,
and so is who asked, if that is somebody else.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot import answers, logs, press_answers
from bot.batches import BatchDesk, strictest
from bot.beforehand import Beforehand, what_changed
from bot.brakes import BrakeDesk
from bot.contact import People, Press, Whisper
from bot.desk import Desk
from bot.journal import Journal, Look, Record, State
from bot.next_steps import NextSteps
from bot.notices import Notices
from bot.policy import Deny, Person, Place, decide, may_approve, may_cancel
from bot.reply import Reply
from bot.runner import Runner
from bot.screens import CANCEL, CONFIRM, DECLINE, HALT, WITHDRAW, Screens
from bot.settings import Settings

__all__ = ["Presses"]

log = logging.getLogger(__name__)


class Presses:
    """Takes presses; an approval goes on at the desk."""

    def __init__(
        self,
        settings: Settings,
        desk: Desk,
        *,
        journal: Journal,
        screens: Screens,
        notices: Notices,
        runner: Runner,
        people: People,
        whisper: Whisper,
        changed: Callable[[Record], None],
        beforehand: Beforehand,
        next_steps: NextSteps,
        brakes: BrakeDesk,
        batches: BatchDesk,
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._journal = journal
        self._screens = screens
        self._notices = notices
        self._runner = runner
        self._people = people
        self._whisper = whisper
        self._changed = changed
        self._beforehand = beforehand
        self._next_steps = next_steps
        self._brakes = brakes
        self._batches = batches

    async def take(self, press: Press) -> None:
        """Take a press. One press of one allowed person decides; everybody else is told why not."""
        try:
            await self._take(press)
        except Exception:
            log.exception("a press by %s broke", press.user)
            self._whisper(press.ear, press_answers.press_broken())

    async def _take(self, press: Press) -> None:
        if NextSteps.knows(press.action):
            await self._next_steps.take(press)
            return
        record = await self._journal.by_ticket(press.ticket)
        known = press.action in (CONFIRM, CANCEL, DECLINE, WITHDRAW, HALT)
        if record is None or not known or not self._on_its_card(record, press):
            self._whisper(press.ear, press_answers.not_a_card())
            return
        with logs.operation(record.id):
            await self._take_on(record, press)

    async def _take_on(self, record: Record, press: Press) -> None:
        """A press on the card of this operation."""
        if press.message_ts not in (record.message_ts, record.copy_ts):
            await self._journal.bind(record, press.message_ts, press.ear.response_url)
        if press.action == HALT:
            await self._halt(record, press)
            return
        if record.state is State.WAITING and (record.due_at or 0) <= self._journal.now():
            await self._runner.expire(record)
            record = await self._journal.get(record.id) or record
        if record.state is not State.WAITING:
            self._whisper(press.ear, press_answers.decided(record, press.user, self._screens))
            return
        presser = await self._people.person(press.user, press.team, fresh=True)
        if self._desk.closing:
            self._whisper(press.ear, answers.closing())
        elif press.action == CONFIRM:
            await self._press_yes(record, press, presser)
        else:
            await self._press_no(record, press, presser)

    @staticmethod
    def _on_its_card(record: Record, press: Press) -> bool:
        """A ticket counts on its own message only; on a copy whose post was lost it does too."""
        return record.origin.channel == press.channel and (
            press.message_ts in (record.message_ts, record.copy_ts) or record.has_lost_posts
        )

    async def _halt(self, record: Record, press: Press) -> None:
        """Send no more of several tasks: safe, so anybody may who may do it at all."""
        presser = await self._people.person(press.user, press.team, fresh=True)
        refusal = await self._batches.halt(press, record, presser)
        if refusal is not None:
            await self._refuse_press(record, press, press_answers.may_not_stop(record, refusal))

    async def _press_yes(self, record: Record, press: Press, presser: Person) -> None:
        wishes = self._batches.wishes(record.command)
        policy = self._settings.policy
        place = Place(channel=record.origin.channel, direct=record.origin.direct)
        requester = presser
        if press.user != record.origin.requester:
            requester = await self._people.person(
                record.origin.requester, record.origin.team, fresh=True
            )
        asker, how = record.origin.requester, record.confirm or "self"
        decision = strictest(
            may_approve(policy, wish, presser, place, requester_id=asker, how=how)
            for wish in wishes
        )
        asked = strictest(decide(policy, wish, requester, place) for wish in wishes)
        if isinstance(decision, Deny):
            await self._refuse_press(record, press, press_answers.wrong_presser(record, decision))
        elif isinstance(asked, Deny):
            await self._refuse_press(record, press, press_answers.requester_lost_rights(record))
        else:
            await self._yes_counts(record, press, presser)

    async def _yes_counts(self, record: Record, press: Press, presser: Person) -> None:
        """Approve, if nothing is frozen and the task is still what the card showed."""
        if (brake := await self._brakes.blocked(record.command)) is not None:
            await self._refuse_press(record, press, self._brakes.refusal(brake, record.origin))
            return
        decided = _decided_by(press, presser)
        if record.command.others:
            if not await self._batches.approve(record, press, **decided):
                await self._tell_who_won(record, press)
            return
        look = await self._beforehand.look(record.command)
        if end := self._beforehand.prevents(record.command, look):
            won = await self._desk.end_unsent(record, *end, look=look, **decided)
        elif record.facts is not None and look.differs_from(record.facts):
            won = await self._show_anew(record, press, look, what_changed(record.facts, look))
        else:
            shown = record.facts if look.unseen else look
            won = await self._desk.approve(
                record,
                press.user,
                facts=shown,
                detail=self._beforehand.to_keep(record, look),
                **decided,
            )
        if not won:
            await self._tell_who_won(record, press)

    async def _show_anew(self, record: Record, press: Press, look: Look, what: str) -> bool:
        due_at = self._journal.now() + self._settings.timeouts.confirm_seconds
        shown = await self._journal.look_again(
            record, secrets.token_urlsafe(24), look, actor=press.user, due_at=due_at, why=what
        )
        if shown is None:
            return False
        self._changed(shown)
        self._whisper(press.ear, press_answers.look_again(what))
        return True

    async def _press_no(self, record: Record, press: Press, presser: Person) -> None:
        requester = record.origin.requester
        if press.user != requester:
            if press.action == WITHDRAW:
                await self._refuse_press(
                    record, press, press_answers.only_the_asker_withdraws(record)
                )
                return
            place = Place(channel=record.origin.channel, direct=record.origin.direct)
            policy = self._settings.policy
            decision = strictest(
                may_cancel(policy, wish, presser, place, requester_id=requester)
                for wish in self._batches.wishes(record.command)
            )
            if isinstance(decision, Deny):
                await self._refuse_press(
                    record, press, press_answers.wrong_presser(record, decision)
                )
                return
        to = State.CANCELLED if press.user == requester else State.DECLINED
        decided = replace(record, decider=press.user, decider_name=presser.name)
        moved = await self._journal.move(
            record,
            to,
            actor=press.user,
            notices=self._notices.at_the_end(decided, to),
            due_at=None,
            finished_at=self._journal.now(),
            **_decided_by(press, presser),
        )
        if moved is None:
            await self._tell_who_won(record, press)
        else:
            self._changed(moved)

    async def _refuse_press(self, record: Record, press: Press, refusal: Reply) -> None:
        told = press_answers.audited_press(record, press.user, refusal)
        await self._journal.note_in_trail(
            record,
            press.user,
            {"press refused": refusal.text},
            notices=self._notices.audit(record, told),
        )
        self._changed(record)
        self._whisper(press.ear, refusal)

    async def _tell_who_won(self, record: Record, press: Press) -> None:
        await self._runner.expire(record)  # if it was time, and the sweep has not come by yet
        now = await self._journal.get(record.id) or record
        self._whisper(press.ear, press_answers.decided(now, press.user, self._screens))


def _decided_by(press: Press, presser: Person) -> dict[str, Any]:
    """What a press that counts leaves in the record."""
    decided: dict[str, Any] = {"decider": press.user, "decider_name": presser.name}
    if press.ear.response_url:
        # From now on the message can be edited even where the bot is no member.
        decided |= {"response_url": press.ear.response_url, "url_edits": 1}
    return decided
