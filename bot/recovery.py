"""What a process does with what another run of the bot, or time, left behind.

At the start, and then every second for as long as it runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from bot import logs, outcome
from bot.batches import BatchDesk
from bot.desk import Desk
from bot.follower import Follower
from bot.journal import Journal, Record, State
from bot.notices import Notices
from bot.runner import Runner
from bot.supervisor import Supervisor

__all__ = ["Recovery"]

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0


class Recovery:
    """Ends what is overdue, goes on with what was approved, never sends a claimed call again."""

    def __init__(
        self,
        journal: Journal,
        *,
        desk: Desk,
        runner: Runner,
        notices: Notices,
        follower: Follower,
        batches: BatchDesk,
        supervisor: Supervisor,
        changed: Callable[[Record], None],
        lease_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal = journal
        self._desk = desk
        self._runner = runner
        self._notices = notices
        self._follower = follower
        self._batches = batches
        self._supervisor = supervisor
        self._changed = changed
        self._lease_lost = lease_lost
        self._idle: frozenset[str] = frozenset()

    async def at_start(self) -> None:
        """Take over what no living process looks after. With SQLite that is everything, also what
        was being sent; with several replicas a lease tells when nobody is left to end that."""
        if self._journal.alone:
            for record in await self._journal.in_state(State.SENDING):
                await self._overdue(record)
        await self._go_on(await self._journal.replicas.adopt(at_start=True))
        await self._batches.at_start()

    async def sweep(self) -> None:
        """For ever: say that we live, take over what others left, end what is overdue."""
        while True:
            try:
                await self._journal.replicas.beat()
                await self._go_on(await self._journal.replicas.adopt())
                await self._pick_up()
                for record in await self._journal.due():
                    await self._overdue(record)
            except Exception:
                log.exception("a sweep failed; the next one comes")
            await asyncio.sleep(SWEEP_SECONDS)

    async def _pick_up(self) -> None:
        """Go on with what we keep and nobody works on: the database was away when the next step was
        to be written. Seen twice: whoever approved it may be about to begin. To begin it twice
        would do no harm, for one of them claims it."""
        kept = await self._journal.replicas.kept()
        idle = {
            record.id: record
            for record in kept
            if not self._supervisor.works_on(record.id)
            and not (record.command.others and record.state is State.APPROVED)
        }
        seen_before, self._idle = self._idle, frozenset(idle)
        await self._go_on(record for op, record in idle.items() if op in seen_before)

    async def _go_on(self, records: Iterable[Record]) -> None:
        """Go on with operations that another process left."""
        for record in records:
            match record.state:
                case State.ASKED if record.due_at is None or record.due_at > self._journal.now():
                    self._supervisor.spawn(
                        self._desk.consider(record), f"op {record.id}, again", op=record.id
                    )
                case State.APPROVED:
                    self._supervisor.spawn(
                        self._desk.resume(record), f"op {record.id}, resumed", op=record.id
                    )
                case _:
                    self._follower.begin(record)

    async def _overdue(self, record: Record) -> None:
        with logs.operation(record.id):
            if record.state is State.SENDING:
                await self._lost(record)
            elif record.state is State.APPROVED and record.command.others:
                await self._batches.overdue(record)
            else:
                await self._runner.expire(record)

    async def _lost(self, record: Record) -> None:
        """Claimed, and nobody is left who could say what came of it: unknown, never sent again."""
        why = "The bot stopped while the request was under way"
        if record.owner == self._journal.owner:
            why = "The bot could not write down what came of the request"
        result = outcome.lost(why)
        ended = await self._journal.move(
            record,
            State.UNKNOWN,
            actor="bot",
            notices=self._notices.at_the_end(record, State.UNKNOWN, result),
            detail={"why": why},
            outcome=result,
            due_at=None,
            finished_at=self._journal.now(),
            **self._runner.to_follow(record, State.UNKNOWN, result),
        )
        if ended is not None:
            log.warning("op %s: its end is unknown", record.id)
            self._lease_lost()
            self._changed(ended)
            self._follower.begin(ended)
