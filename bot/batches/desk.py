"""Several tasks under one command, as people meet them: one card, one yes, one way to stop it.

What is judged is every task by itself, and the strictest answer counts for all of them together.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from bot import answers, press_answers
from bot.batches.looks import changes, look_at
from bot.batches.run import BatchRun, stop_outcome
from bot.beforehand import Beforehand
from bot.command import TaskCommand
from bot.contact import People, Press, Whisper
from bot.journal import Journal, Look, Origin, Record, State
from bot.journal.batches import stopped
from bot.notices import Notices
from bot.policy import Allow, Confirm, Decision, Deny, Person, Place, Wish, decide, may_cancel
from bot.reply import Reply
from bot.screens.batch import troubled
from bot.settings import Settings
from bot.supervisor import Supervisor
from providers.catalogue import Catalogue
from providers.operation import Verb

__all__ = ["BatchDesk", "strictest"]


def strictest(decisions: Iterable[Decision]) -> Decision:
    """What counts where every task was judged: the first no, else the most that is asked for."""
    order = list(decisions)

    def ease(decision: Decision) -> int:
        match decision:
            case Deny():
                return 0
            case Confirm(how="second-person"):
                return 1
            case Confirm():
                return 2
        return 3

    return min(order, key=ease)


class BatchDesk:
    """Decides, approves, sends and stops several tasks together.

    wish: what the policy is asked about one task. deny: ends an asked operation with a refusal.
    card: shows the card of an asked operation, if its asker may have another one open.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        journal: Journal,
        beforehand: Beforehand,
        run: BatchRun,
        notices: Notices,
        people: People,
        whisper: Whisper,
        changed: Callable[[Record], None],
        supervisor: Supervisor,
        wish: Callable[[TaskCommand], Wish],
        deny: Callable[[Record, Reply], Awaitable[None]],
        card: Callable[[Record, Confirm], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._journal = journal
        self._beforehand = beforehand
        self._run = run
        self._notices = notices
        self._people = people
        self._whisper = whisper
        self._changed = changed
        self._supervisor = supervisor
        self._wish = wish
        self._deny = deny
        self._card = card

    # Asked, and decided

    async def consider(self, parent: Record) -> None:
        """Decide an asked command on several tasks: it is refused, or its card is shown."""
        decision = await self.decide_for(parent.command, parent.origin)
        if isinstance(decision, Deny):
            await self._deny(parent, answers.denied(parent.command, decision))
            return
        children = await self._journal.batches.children(parent)
        looks = await look_at(self._beforehand, children, self._journal.now())
        await self._journal.batches.keep_looks(looks)
        await self._card(parent, decision)

    async def decide_for(self, command: TaskCommand, origin: Origin) -> Confirm | Deny:
        """What the policy says to whoever asks."""
        fresh = any(wish.effect.irreversible for wish in self.wishes(command))
        person = await self._people.person(origin.requester, origin.team, fresh=fresh)
        return self._decide(command, person, _place(origin))

    def _decide(self, command: TaskCommand, person: Person, place: Place) -> Confirm | Deny:
        """What the policy says of all tasks together. Several tasks always take a card; many of
        them, or a protected one, a second person."""
        policy = self._settings.policy
        decision = strictest(decide(policy, wish, person, place) for wish in self.wishes(command))
        match decision:
            case Deny() | Confirm(how="second-person"):
                return decision
            case Confirm(rule=rule) | Allow(rule=rule):
                many = len(command.tasks) > self._settings.limits.blast_radius
                return Confirm("second-person" if many else "self", rule)

    def wishes(self, command: TaskCommand) -> list[Wish]:
        """What the policy is asked, task by task. Of one task too."""
        return [self._wish(command.alone(task)) for task in command.tasks]

    # A yes

    async def approve(self, parent: Record, press: Press, **decided: Any) -> bool:
        """Approve and run, if the tasks are still what the card showed; else show a fresh card.
        False if somebody else decided first. decided: what the press leaves in the record."""
        whole = await self._journal.batches.whole(parent.id)
        if whole is None or whole[0].ticket != parent.ticket:
            return False
        children = whole[1]
        looks = await look_at(self._beforehand, children, self._journal.now())
        seen = {child_id: look for child_id, look in looks.items() if not look.unseen}
        if news := changes(children, seen):
            return await self._show_anew(parent, press, seen, news)
        await self._journal.batches.keep_looks(seen)
        approved = await self._journal.approve(
            parent, actor=press.user, lasts=self.lasts(parent.command), **decided
        )
        if approved is None:
            return False
        self.start(approved)
        return True

    async def _show_anew(
        self, parent: Record, press: Press, looks: Mapping[str, Look], news: str
    ) -> bool:
        shown = await self._journal.batches.look_again(
            parent,
            looks,
            secrets.token_urlsafe(24),
            actor=press.user,
            due_at=self._journal.now() + self._settings.timeouts.confirm_seconds,
            why=news,
        )
        if shown is None:
            return False
        self._changed(shown)
        self._whisper(press.ear, press_answers.look_again(news))
        return True

    def lasts(self, command: TaskCommand) -> float:
        """Seconds that an approval holds: what the quota needs for all tasks, and the proof of the
        first where the others wait for it."""
        operation = self._catalogue.kind(command.where).operation(command.verb)
        if operation is None:
            raise KeyError(f"{command.where} has no {command.verb}")
        timeouts = self._settings.timeouts
        share = self._settings.accounts[command.account].quota_share
        calls = [step for step in (operation, operation.then) if step is not None]
        sending = sum(len(command.tasks) / (call.quota * share) for call in calls)
        proof = timeouts.verify_seconds if command.canary else 0.0
        return timeouts.approved_seconds + sending + proof

    # Under way

    def start(self, parent: Record) -> None:
        """Send what was approved; returns at once."""
        self._changed(parent)
        self._run.wake(parent.id)

    async def at_start(self) -> None:
        """Tell the ends that another run of the bot did not come to tell."""
        for parent in await self._journal.batches.untold():
            self._run.wake(parent.id)

    async def resume(self, parent: Record) -> None:
        """Go on with what another run of the bot approved, if the requester is still allowed."""
        if not stopped(parent):
            person = await self._people.person(
                parent.origin.requester, parent.origin.team, fresh=True
            )
            decision = self._decide(parent.command, person, _place(parent.origin))
            if isinstance(decision, Deny):
                says, step = answers.why_denied(decision, parent.command)
                why = stop_outcome(f"@{person.name} may not go on: {says}", step)
                await self._journal.batches.stop(parent, why, to=State.EXPIRED, actor="bot")
        self._run.wake(parent.id)

    async def overdue(self, parent: Record) -> None:
        """Its time is over: what was not sent by now is not sent."""
        if parent.due_at is None or parent.due_at > self._journal.now():
            return
        why = stop_outcome("The time for sending is over.", "type it again for those that are left")
        if await self._journal.batches.stop(parent, why, to=State.EXPIRED, actor="bot"):
            self._changed(parent)
        self._run.wake(parent.id)

    async def halt(self, press: Press, parent: Record, presser: Person) -> Deny | None:
        """Send no more of it. Who may do it may stop it, and so may who asked. Returns the refusal
        for anybody else."""
        policy, place = self._settings.policy, _place(parent.origin)
        asker = parent.origin.requester
        decision = strictest(
            may_cancel(policy, wish, presser, place, requester_id=asker)
            for wish in self.wishes(parent.command)
        )
        if isinstance(decision, Deny):
            return decision
        why = stop_outcome(
            f"@{presser.name} stopped the rest.", "type it again for those that are left"
        )
        told = f"@{presser.name} stopped the rest of op {parent.id}: {parent.command.typed()}"
        ended = await self._journal.batches.stop(
            parent, why, actor=press.user, notices=self._notices.audit(parent, told)
        )
        if not ended:
            self._whisper(press.ear, Reply(text="Nothing was left to stop. See the message."))
        self._changed(parent)
        self._run.wake(parent.id)
        return None

    async def status_of_troubled(self, parent: Record) -> TaskCommand:
        """What the button under the end stands for: a look at the tasks that need somebody."""
        children = await self._journal.batches.children(parent)
        tasks = [child.command.task for child in troubled(children)] or [parent.command.task]
        return parent.command.model_copy(
            update={
                "verb": Verb.STATUS,
                "task": tasks[0],
                "others": tuple(tasks[1:]),
                "canary": False,
                "reason": "",
                "notes": (),
                "again": "",
            }
        )


def _place(origin: Origin) -> Place:
    return Place(channel=origin.channel, direct=origin.direct)
