"""The story of one operation, top to bottom: asked, decided, perhaps waited for a yes, run.

The listeners hand in a command and where it came from; nothing here knows Slack. What is judged is
what is run: the one frozen command in the record travels the whole way.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot import answers, press_answers
from bot.batches import BatchDesk
from bot.beforehand import Beforehand
from bot.brakes import BrakeDesk
from bot.command import TaskCommand
from bot.contact import People, Whisper, ear_of
from bot.journal import (
    Journal,
    Look,
    Neighbour,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    TaskBusyError,
)
from bot.neighbours import neighbour
from bot.notices import Notices
from bot.policy import (
    Allow,
    Confirm,
    Decision,
    Deny,
    Place,
    Wish,
    decide,
)
from bot.reply import Reply
from bot.runner import Runner
from bot.settings import Settings
from bot.supervisor import Supervisor
from providers.catalogue import Catalogue
from providers.operation import Effect

__all__ = ["STALE_SECONDS", "Desk"]

log = logging.getLogger(__name__)

STALE_SECONDS = 120.0
"""A change that was asked for longer ago than this is not run."""


class Desk:
    """Takes commands and presses; decides; hands what is allowed to the runner."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        journal: Journal,
        notices: Notices,
        runner: Runner,
        people: People,
        whisper: Whisper,
        link: Callable[[Record], str | None],
        changed: Callable[[Record], None],
        supervisor: Supervisor,
        beforehand: Beforehand,
        brakes: BrakeDesk,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._journal = journal
        self._notices = notices
        self._runner = runner
        self._people = people
        self._whisper = whisper
        self._link = link
        self._changed = changed
        self._supervisor = supervisor
        self._beforehand = beforehand
        self._brakes = brakes
        self._batches: BatchDesk | None = None
        self._card_turn = asyncio.Lock()
        self.closing = False

    def join(self, batches: BatchDesk) -> None:
        """Several tasks in one command are decided there."""
        self._batches = batches

    # A command

    async def take(self, command: TaskCommand, origin: Origin, sent_at: float) -> Reply | None:
        """Take a command, before Slack gets its ack. Returns a refusal to show, or None if taken.

        sent_at: when the person typed it, in seconds since the epoch, as far as Slack tells.
        """
        if self.closing:
            return answers.closing()
        if self._journal.now() - sent_at > STALE_SECONDS:
            return answers.stale(command, self._journal.now() - sent_at)
        if command.dry_run:
            self._supervisor.spawn(self._dry_run(command, origin), "a dry run")
            return None
        try:
            account = self._settings.first_name_of(command.account)
            record = await self._journal.ask(command, origin, account=account)
        except (SQLAlchemyError, OSError) as error:
            log.error("the journal cannot be written: %s", type(error).__name__)
            return answers.not_accepted()
        if record is not None:
            self._supervisor.spawn(self.consider(record), f"op {record.id}", op=record.id)
        elif origin.pressed:  # a delivery that was taken before is no news; a second press is
            return press_answers.pressed_before()
        return None

    async def consider(self, record: Record) -> None:
        """Decide an asked operation, and run it or show its card. If that breaks, it is denied."""
        try:
            await self._consider(record)
        except Exception:  # it expires by itself if even that cannot be written down
            log.exception("op %s: deciding broke", record.id)
            self._whisper(ear_of(record.origin), answers.broken())
            await self.deny(record, answers.broken(), tell=False)

    async def _consider(self, record: Record) -> None:
        decision = await self._decide(record.command, record.origin)
        brake, beside = None, None
        if not isinstance(decision, Deny):  # who may not act does not hear who froze what, and why
            brake, beside = await asyncio.gather(
                self._brakes.blocked(record.command), self._beside(record)
            )
        if brake is not None:
            await self.deny(record, self._brakes.refusal(brake, record.origin))
            return
        if record.command.others and self._batches is not None:
            await self._batches.consider(record)
            return
        try:
            match decision:
                case Deny():
                    await self.deny(record, answers.denied(record.command, decision))
                case Confirm():
                    await self._ask_for_a_yes(record, decision, beside)
                case Allow():
                    await self._run_or_ask(record, decision, beside)
        except TaskBusyError as busy:
            await self.deny(record, answers.busy(busy.record, self._link(busy.record)))

    async def _run_or_ask(self, record: Record, decision: Allow, beside: Neighbour | None) -> None:
        """Run it, unless somebody else has just changed the task, or the task itself says no."""
        if beside is not None and beside.asks:
            await self._ask_for_a_yes(record, Confirm("self", decision.rule), beside)
            return
        look: Look | None = None
        if self._beforehand.needed(record.command):
            look = await self._beforehand.look(record.command)
            if end := self._beforehand.prevents(record.command, look):
                await self.end_unsent(record, *end, look=look)
                return
        await self.approve(
            record,
            record.origin.requester,
            rule=decision.rule,
            neighbour=beside,
            facts=look,
            detail=self._beforehand.to_keep(record, look),
        )

    async def _beside(self, record: Record) -> Neighbour | None:
        """Who changed the task shortly before; whoever pressed a button under that end knows."""
        effect = self.wish(record.command).effect
        cool_down = self._settings.limits.cool_down_seconds
        if record.origin.pressed or effect is not Effect.INTERRUPTS:
            cool_down = 0.0
        return await neighbour(self._journal, record, cool_down=cool_down)

    async def resume(self, record: Record) -> None:
        """Go on with what another run of the bot approved, if the requester is still allowed."""
        if record.command.others and self._batches is not None:
            await self._batches.resume(record)
            return
        decision = await self._decide(record.command, record.origin, fresh=True)
        if isinstance(decision, Deny):
            says, _step = answers.why_denied(decision, record.command)
            refused = Outcome(word=OutcomeWord.NOT_SENT, says=says)
            if record.first_step is not None:  # half done, and nobody may do the rest
                await self._runner.end_unclaimed(record, State.FAILED, refused)
                return
            expired = await self._journal.move(
                record,
                State.EXPIRED,
                actor="bot",
                notices=self._notices.at_the_end(record, State.EXPIRED, refused),
                detail={"why": says},
                outcome=refused,
                due_at=None,
                finished_at=self._journal.now(),
            )
            if expired is not None:
                self._changed(expired)
            return
        await self._runner.run(record)

    async def _decide(
        self, command: TaskCommand, origin: Origin, *, fresh: bool = False
    ) -> Decision:
        wish = self.wish(command)
        person = await self._people.person(
            origin.requester, origin.team, fresh=fresh or wish.effect.irreversible
        )
        place = Place(channel=origin.channel, direct=origin.direct)
        return decide(self._settings.policy, wish, person, place)

    def wish(self, command: TaskCommand) -> Wish:
        """What the policy is asked about."""
        kind = self._catalogue.kind(command.where)
        operation = kind.operation(command.verb)
        if operation is None:
            raise KeyError(f"{command.where} has no {command.verb}")
        settings = self._settings
        task = (command.where, command.account, command.task)
        return Wish(
            verb=command.verb,
            where=command.where,
            provider=kind.provider,
            account=command.account,
            target=command.target or settings.target_named(*task, command.region, command.app),
            effect=operation.effect,
            protected=settings.protects(*task) is not None,
            perhaps=frozenset(settings.targets_like(*task)),
        )

    async def deny(self, record: Record, refusal: Reply, *, tell: bool = True) -> None:
        """End an asked operation with a refusal that only the asker hears."""
        denied = await self._journal.move(
            record,
            State.DENIED,
            actor="bot",
            notices=self._notices.audit(record, answers.audited(record, refusal)),
            detail={"why": refusal.text},
            shown_version=record.version + 1,  # the refusal is private: the channel is owed nothing
            due_at=None,
            finished_at=self._journal.now(),
        )
        if denied is not None:
            self._changed(denied)
            if tell:
                self._whisper(ear_of(record.origin), refusal)

    async def _ask_for_a_yes(
        self, record: Record, decision: Confirm, beside: Neighbour | None
    ) -> None:
        look = await self._beforehand.look(record.command)
        if end := self._beforehand.prevents(record.command, look):
            await self.end_unsent(record, *end, look=look)
            return
        await self.show_card(record, decision, look, beside)

    async def show_card(
        self,
        record: Record,
        decision: Confirm,
        look: Look | None = None,
        beside: Neighbour | None = None,
    ) -> None:
        """Show the card of an asked operation, if whoever asked may have another one open."""
        most = self._settings.limits.open_cards
        async with self._card_turn:  # or several at once would all count the same cards
            if await self._journal.open_cards(record.origin.requester) < most:
                await self._show_card(record, decision, look, beside)
                return
        await self.deny(record, answers.too_many_cards(most))

    async def _show_card(
        self, record: Record, decision: Confirm, look: Look | None, beside: Neighbour | None
    ) -> None:
        waiting = await self._journal.move(
            record,
            State.WAITING,
            actor=record.origin.requester,
            detail={"confirm": decision.how, "rule": decision.rule},
            confirm=decision.how,
            rule=decision.rule,
            ticket=secrets.token_urlsafe(24),
            facts=look,
            neighbour=beside,
            due_at=self._journal.now() + self._settings.timeouts.confirm_seconds,
        )
        if waiting is not None:
            self._changed(waiting)

    async def approve(self, record: Record, actor: str, **values: Any) -> bool:
        """Approve and run. False if somebody else decided first, or time did."""
        approved = await self._journal.approve(
            record, actor=actor, lasts=self._settings.timeouts.approved_seconds, **values
        )
        if approved is None:
            return False
        self._changed(approved)
        self._supervisor.spawn(self._runner.run(approved), f"op {approved.id}", op=approved.id)
        return True

    async def end_unsent(
        self, record: Record, state: State, outcome: Outcome, **values: Any
    ) -> bool:
        """End it without a request: the task itself says that there is nothing to send. False if
        somebody else decided first."""
        look: Look | None = values.pop("look", None)
        if outcome.word is OutcomeWord.ALREADY_SO:
            outcome = await self._runner.who_did_it(record, outcome)
        ended = await self._journal.move(
            record,
            state,
            actor="bot",
            notices=self._notices.at_the_end(record, state, outcome),
            detail={"why": outcome.says},
            outcome=outcome,
            facts=look,
            button=secrets.token_urlsafe(24),
            due_at=None,
            finished_at=self._journal.now(),
            **values,
        )
        if ended is not None:
            self._changed(ended)
        return ended is not None

    async def _dry_run(self, command: TaskCommand, origin: Origin) -> None:
        decision: Decision
        if command.others and self._batches is not None:
            decision = await self._batches.decide_for(command, origin)
        else:
            decision = await self._decide(command, origin)
        request = None
        if not isinstance(decision, Deny):
            request = self._runner.preview(command, origin.requester)
        self._whisper(ear_of(origin), answers.dry_run(command, decision, request))
