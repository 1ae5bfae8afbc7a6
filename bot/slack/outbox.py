"""Pays what the channel is owed: at least once, the newest state only, never in anybody's way.

messages.py   each operation's own message, posted once and edited
calls.py      what is said once: replies that call somebody, lines for the audit channel
whispers.py   answers to one person, and shared answers that belong to no operation
budget.py     how much Slack takes
outage.py     when Slack could not be reached
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.contact import Ear
from bot.journal import Journal, Origin, Record
from bot.reply import Reply
from bot.screens import Screens
from bot.screens.batch import BatchScreens
from bot.slack.budget import Budget
from bot.slack.calls import Calls
from bot.slack.messages import Messages
from bot.slack.outage import Outage
from bot.slack.web import SlackWeb
from bot.slack.whispers import Whispers
from bot.supervisor import Supervisor

__all__ = ["Outbox"]

log = logging.getLogger(__name__)

DEBTS_SECONDS = 15.0
GATHER_SECONDS = 0.05


class Outbox:
    """Posts and edits. `changed`, `whisper` and `show` return at once; the work is done beside."""

    def __init__(
        self,
        web: SlackWeb,
        journal: Journal,
        screens: Screens,
        batch_screens: BatchScreens,
        supervisor: Supervisor,
        *,
        audit: str | None,
        outage: Outage,
        link: Callable[[Record], str | None],
    ) -> None:
        budget = Budget()
        self._supervisor = supervisor
        self._whispers = Whispers(web, supervisor, budget)
        self._messages = Messages(
            web,
            journal,
            screens,
            batch_screens,
            supervisor,
            budget=budget,
            outage=outage,
            whispers=self._whispers,
        )
        self._calls = Calls(
            web, journal, batch_screens, budget=budget, outage=outage, audit=audit, link=link
        )
        outage.over = self._look

    def changed(self, record: Record) -> None:
        """There is something new to show of this operation."""
        self._calls.wanted.set()
        self._messages.changed(record)

    def wake(self) -> None:
        """There is something new to say beside the operations."""
        self._calls.wanted.set()

    def show(self, origin: Origin, reply: Reply) -> None:
        """Say something in the channel that belongs to no operation, as a shared answer."""
        self._whispers.show(origin, reply)

    def whisper(self, ear: Ear, reply: Reply) -> None:
        """Tell one person something that nobody else sees."""
        self._whispers.whisper(ear, reply)

    async def pay_debts(self) -> None:
        """Queue what an earlier run of the bot still owes, or what Slack did not take lately."""
        await self._messages.pay_all()
        self.wake()

    async def settle(self, seconds: float) -> None:
        """Pay everything that is queued, at most so long. What waits for a later try stays owed."""
        self.wake()
        await self._messages.settle(seconds)

    def stop(self) -> None:
        """Post no more; what is owed stays in the journal."""
        self._messages.stop()

    async def work_debts(self) -> None:
        """Pay notices as they come, and now and then look for whatever else is still owed; for
        ever, beside everything else."""
        while True:
            try:
                async with asyncio.timeout(DEBTS_SECONDS):
                    await self._calls.wanted.wait()
                # What comes a moment later is looked for as well; and a call goes before its words.
                await asyncio.sleep(GATHER_SECONDS)
                self._calls.wanted.clear()
                await self._calls.pay()
            except TimeoutError:
                self._look()
            except Exception:
                log.exception("notices could not be paid; trying again")
                self._calls.again(2.0)

    def _look(self) -> None:
        self._supervisor.spawn(self.pay_debts(), "a look for what is still owed")
