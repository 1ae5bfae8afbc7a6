"""Several tasks that were approved: each is sent once, in the order of typing, until all ended.

Nothing is remembered here between two steps. Whenever something is heard of a task, its batch is
read from the journal and goes on from there; so a restart of the bot goes on in the same way.
"""

from __future__ import annotations

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping

from bot.beforehand import Beforehand
from bot.journal import (
    Journal,
    Notice,
    Outcome,
    OutcomeWord,
    Record,
    State,
    TaskBusyError,
    Verdict,
)
from bot.journal.batches import STOPPED, nothing_open, stopped
from bot.notices import BROADCAST, THREAD, Notices
from bot.runner import Runner
from bot.screens.batch import BatchScreens, End, end_of, took, troubled
from bot.supervisor import Supervisor

__all__ = ["BatchRun", "stop_outcome"]

log = logging.getLogger(__name__)

_CANARY: Mapping[End, str] = {
    End.REFUSED: "was refused",
    End.NOT_SENT: "was not sent",
    End.NOT_BACK: "is not back",
    End.DOWN: "is DOWN",
    End.UNKNOWN: "is unknown",
    End.ALREADY_SO: "needed nothing",
}
"""What is said of a first task that was not proved."""


class BatchRun:
    """Takes approved batches to their end. closing: nothing new is sent; the journal keeps it."""

    def __init__(
        self,
        *,
        journal: Journal,
        beforehand: Beforehand,
        runner: Runner,
        notices: Notices,
        screens: BatchScreens,
        changed: Callable[[Record], None],
        supervisor: Supervisor,
    ) -> None:
        self._journal = journal
        self._beforehand = beforehand
        self._runner = runner
        self._notices = notices
        self._screens = screens
        self._changed = changed
        self._supervisor = supervisor
        self._awake: dict[str, bool] = {}  # batches in a step; True where another has to follow
        self._under_way: defaultdict[str, set[str]] = defaultdict(set)  # batch -> its tasks
        self.closing = False

    def child_ended(self, record: Record) -> None:
        """Something is new of an operation: if it is one of several tasks and has ended, or its
        verdict has come, its batch goes on. Returns at once."""
        if record.batch is None or not record.state.final:
            return
        if record.id not in self._under_way.get(record.batch, ()):  # or the last of them wakes it
            self.wake(record.batch)

    def wake(self, batch_id: str) -> None:
        """One step at a time for each batch; what is heard meanwhile makes one more."""
        if batch_id in self._awake:
            self._awake[batch_id] = True
            return
        self._awake[batch_id] = False
        self._supervisor.spawn(self._steps(batch_id), f"op {batch_id}, its tasks", op=batch_id)

    async def _steps(self, batch_id: str) -> None:
        try:
            await self._step(batch_id)
        finally:
            again = self._awake.pop(batch_id)
            if again:
                self.wake(batch_id)

    async def _step(self, batch_id: str) -> None:
        """See how the batch stands, and do what comes next."""
        standing = await self._journal.batches.standing(batch_id)
        if standing is None:
            return
        parent = standing.parent
        if parent.state is State.SUCCEEDED and not standing.followed:
            await self._tell_the_end(parent)
        elif parent.state is not State.APPROVED:
            return
        elif not standing.open:
            await self._close(parent)
        elif parent.outcome is not None and stopped(parent):
            # What was being sent then, and came back unsent since, is not sent again.
            if await self._journal.batches.sweep(parent, parent.outcome):
                self.wake(batch_id)
        elif standing.asked and not self.closing:
            await self._send_next(parent)

    async def _send_next(self, parent: Record) -> None:
        ready = children = await self._journal.batches.children(parent)
        first = children[0]
        if parent.command.canary and first.verdict is not Verdict.RECOVERED:
            if first.settled:
                await self._canary_failed(parent, first)
                return
            ready = [first]
        for child in ready:
            if child.state is State.ASKED:
                await self._send(parent, child)

    async def _canary_failed(self, parent: Record, first: Record) -> None:
        how = _CANARY.get(end_of(first), "could not be proved")
        says = f"The first task, {first.command.task}, {how}, so nothing more was sent."
        why = stop_outcome(says, "look at the first task; then type it again for the others")
        await self._journal.batches.stop(parent, why, actor="bot")
        self._changed(parent)
        self.wake(parent.id)

    async def _send(self, parent: Record, child: Record) -> None:
        """Approve one task and hand it to the runner; or end it, where it cannot be sent."""
        look = child.facts
        if look is not None and (end := self._beforehand.prevents(child.command, look)):
            await self._end(child, *end)
            return
        try:
            approved = await self._journal.approve(
                child,
                actor=parent.decider or parent.origin.requester,
                lasts=(parent.due_at or 0.0) - self._journal.now(),
                rule=parent.rule,
                detail=self._beforehand.to_keep(child, look),
            )
        except TaskBusyError as busy:
            await self._end(child, State.DENIED, _busy(busy.record))
            return
        if approved is not None:
            self._changed(approved)
            self._under_way[parent.id].add(approved.id)
            run = self._run(parent.id, approved)
            self._supervisor.spawn(run, f"op {approved.id}", op=approved.id)

    async def _run(self, batch_id: str, child: Record) -> None:
        try:
            await self._runner.run(child)
        finally:
            under_way = self._under_way[batch_id]
            under_way.discard(child.id)
            if not under_way:
                del self._under_way[batch_id]
                self.wake(batch_id)

    async def _end(self, child: Record, state: State, why: Outcome) -> None:
        """Without a request. The batch tells of it, in the channel and in the audit channel."""
        ended = await self._journal.move(
            child,
            state,
            actor="bot",
            detail={"why": why.says},
            outcome=why,
            due_at=None,
            finished_at=self._journal.now(),
        )
        if ended is not None:
            self._changed(ended)
            self.wake(ended.batch or "")

    # The end

    async def _close(self, parent: Record) -> None:
        """Every task is settled as far as sending goes."""
        children = await self._journal.batches.children(parent)
        early = stopped(parent) and parent.outcome is not None
        word = OutcomeWord.ACCEPTED if any(map(took, children)) else OutcomeWord.NOT_SENT
        says = parent.outcome.says if parent.outcome and early else ""
        end = Outcome(word=word, label=STOPPED if early else "", says=says)
        closed = await self._journal.move(
            parent,
            State.SUCCEEDED,
            actor="bot",
            guard=nothing_open(parent.id),
            outcome=end,
            button=secrets.token_urlsafe(24),
            due_at=None,
            finished_at=self._journal.now(),
        )
        if closed is not None:
            log.info("op %s: every task was sent, or will not be", closed.id)
            self._changed(closed)
            self.wake(closed.id)

    async def _tell_the_end(self, parent: Record) -> None:
        """Once, when nothing changes by itself any more: the table for the thread, the sentence
        for the audit channel, and a call for the asker if some task needs somebody."""
        children = await self._journal.batches.children(parent)
        says = self._screens.sentence(parent, children)
        owed = [*self._notices.audit(parent, f"{says} All of them: /stream show {parent.id}")]
        if hurt := troubled(children):
            down = any(end_of(child) in (End.DOWN, End.NOT_BACK) for child in hurt)
            owed.append(Notice(parent.id, BROADCAST if down else THREAD, says))
        if await self._journal.batches.owe_the_end(parent, owed):
            self._changed(parent)


def stop_outcome(says: str, step: str) -> Outcome:
    """Why nothing more of a batch is sent, and what to do about those that are left."""
    return Outcome(
        word=OutcomeWord.NOT_SENT, label=STOPPED, says=says, step=step.rstrip("."), who="you"
    )


def _busy(other: Record) -> Outcome:
    return Outcome(
        word=OutcomeWord.NOT_SENT,
        label="busy",
        says=f"It is busy: op {other.id} by @{other.origin.requester_name}.",
        step="wait for the end of that; type it again if it is still wanted",
        who="you",
    )
