"""Each operation's own message: posted once, then edited; the newest state only.

It is owed as long as the journal's `shown_version` is behind its `version`. One worker for each
channel pays in order; what changed in the meantime is not posted twice, because each payment reads
the journal first.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

from bot import logs
from bot.journal import Journal, Record, State
from bot.reply import clock
from bot.screens import Screens
from bot.screens.batch import BatchScreens
from bot.slack.blocks import Payload, render
from bot.slack.budget import Budget
from bot.slack.outage import Outage
from bot.slack.web import BAD_TOKEN, SlackBusyError, SlackLostError, SlackNoError, SlackWeb
from bot.slack.whispers import Whispers
from bot.supervisor import Supervisor

__all__ = ["BACKOFF_MOST", "Messages"]

log = logging.getLogger(__name__)

GRACE = 0.4
"""Seconds that a "Sending" waits: most calls end sooner, and then only the end is shown."""

BATCH_PAUSE = 2.0
"""Seconds between two edits of one message that tells of several tasks."""

BACKOFF_MOST = 30.0

_NOT_EDITABLE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_NO_MEMBER = frozenset({"not_in_channel", "channel_not_found"})
_BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})

_REPEAT = "Repeat: whether an earlier post of this arrived is not known"

INVITE = "I am not in this channel, so I cannot edit this message. To change that: /invite @stream"


class Messages:
    """`changed` returns at once; the work is done beside."""

    def __init__(
        self,
        web: SlackWeb,
        journal: Journal,
        screens: Screens,
        batch_screens: BatchScreens,
        supervisor: Supervisor,
        *,
        budget: Budget,
        outage: Outage,
        whispers: Whispers,
    ) -> None:
        self._web = web
        self._journal = journal
        self._screens = screens
        self._batch_screens = batch_screens
        self._supervisor = supervisor
        self._budget = budget
        self._outage = outage
        self._whispers = whispers
        self._queues: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._failures: defaultdict[str, int] = defaultdict(int)
        self._shown_at: dict[str, float] = {}  # several tasks -> their last edit, loop's clock
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def changed(self, record: Record) -> None:
        """There is something new to show of this operation."""
        channel = record.origin.channel
        if record.batch is not None or record.command.others:
            under_way = record.batch is not None or record.state is State.APPROVED
            self._paced(record.batch or record.id, channel, GRACE if under_way else 0.0)
        elif record.state in (State.APPROVED, State.SENDING):
            self._later(record.id, channel, GRACE)
        else:
            self._enqueue(record.id, channel)

    async def pay_all(self) -> None:
        """Queue whatever is owed, in the order of asking, and whatever it waits for."""
        for record in await self._journal.debts.owed():
            self._enqueue(record.id, record.origin.channel)

    async def settle(self, seconds: float) -> None:
        """Pay everything that is queued, at most so long. What waits for a later try stays owed."""
        deadline = asyncio.get_running_loop().time() + seconds
        await self.pay_all()
        while workers := [task for task in self._workers.values() if not task.done()]:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await asyncio.wait(workers, timeout=left)

    def stop(self) -> None:
        """Post no more; what is owed stays in the journal."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._workers.values():
            task.cancel()

    # The queues

    def _enqueue(self, record_id: str, channel: str) -> None:
        self._queues[channel][record_id] = None
        worker = self._workers.get(channel)
        if worker is None or worker.done():
            self._workers[channel] = self._supervisor.spawn(
                self._work(channel), f"the outbox of {channel}"
            )

    def _paced(self, record_id: str, channel: str, seconds: float = 0.0) -> None:
        """Queue a message of several tasks, not too soon after its last edit."""
        next_edit = self._shown_at.get(record_id, 0.0) + BATCH_PAUSE
        self._later(record_id, channel, max(seconds, next_edit - asyncio.get_running_loop().time()))

    def _later(self, record_id: str, channel: str, seconds: float) -> None:
        """Queue it in a while; what waits already, for as long or shorter, does not wait twice."""
        at = asyncio.get_running_loop().time() + seconds
        waiting = self._timers.get(record_id)
        if waiting is not None:
            if waiting.when() <= at:
                return
            waiting.cancel()

        def now() -> None:
            del self._timers[record_id]
            self._enqueue(record_id, channel)

        self._timers[record_id] = asyncio.get_running_loop().call_at(at, now)

    async def _work(self, channel: str) -> None:
        queue = self._queues[channel]
        while queue:
            record_id = next(iter(queue))
            del queue[record_id]
            with logs.operation(record_id):
                await self._try_to_pay(record_id, channel)

    async def _try_to_pay(self, record_id: str, channel: str) -> None:
        try:
            await self._pay(record_id)
        except SlackBusyError as busy:
            self._later(record_id, channel, busy.wait)
        except SlackLostError as lost:
            log.warning("op %s: Slack did not answer (%s); trying again", record_id, lost)
            self._later(record_id, channel, self._backoff(record_id))
        except Exception:  # the journal, say: what is owed stays owed
            log.exception("op %s: its message could not be shown; trying again", record_id)
            self._later(record_id, channel, self._backoff(record_id))

    def _backoff(self, record_id: str) -> float:
        self._failures[record_id] += 1
        return min(0.25 * 2.0 ** self._failures[record_id], BACKOFF_MOST)

    # One payment

    async def _pay(self, record_id: str) -> None:
        record = await self._journal.debts.to_show(record_id)
        if record is None:
            return
        if await self._budget.turn(record):
            record = await self._journal.debts.to_show(record_id) or record
        try:
            message_ts = await self._show(record)
        except SlackBusyError as busy:
            self._budget.slowed(record, busy.wait)
            raise
        self._failures.pop(record_id, None)
        owed = await self._journal.debts.shown(record, message_ts)
        if record.command.others:
            now = asyncio.get_running_loop().time()
            lately = {one: at for one, at in self._shown_at.items() if at > now - BATCH_PAUSE}
            self._shown_at = {**lately, record_id: now}
            if owed:
                self._paced(record_id, record.origin.channel)
        elif owed:
            self._enqueue(record_id, record.origin.channel)

    async def _show(self, record: Record) -> str | None:
        """Post or edit; returns the message's ts, or None where there is none to keep."""
        try:
            if record.message_ts is None:
                note = _REPEAT if record.has_lost_posts else ""
                return await self._post(record, await self._drawn(record, note))
            await self._edit(record, await self._drawn(record))
        except SlackNoError as no:
            return await self._show_elsewhere(record, no)
        return record.message_ts

    async def _show_elsewhere(self, record: Record, no: SlackNoError) -> str | None:
        """What remains when Slack refuses the message itself."""
        log.info("op %s: Slack did not take its message: %s", record.id, no.error)
        if no.error in BAD_TOKEN:
            raise SlackBusyError(BACKOFF_MOST)  # nothing was done; an operator must act
        try:
            if no.error in _NOT_EDITABLE:
                await self._budget.post(record.origin.channel)
                note = "The earlier message could not be edited"
                return await self._post(record, await self._drawn(record, note))
            if no.error in _BAD_BLOCKS:
                return await self._show_plain(record)
        except SlackNoError as again:
            log.info("op %s: nor that: %s", record.id, again.error)
        await self._respond(record, INVITE if no.error in _NO_MEMBER else "")
        return record.message_ts

    async def _drawn(self, record: Record, note: str = "") -> Payload:
        """The message as it must be now; of several tasks, with all that is known of each."""
        notes = ". ".join(filter(None, (note, self._told_late(record))))
        if not record.command.others:
            return render(self._screens.of(record), note=notes)
        children = await self._journal.batches.children(record)
        return render(self._batch_screens.of(record, children), note=notes)

    def _told_late(self, record: Record) -> str:
        """Whoever reads it must not take the time of the message for that of the end."""
        if (span := self._outage.during(record.finished_at)) is None:
            return ""
        return (
            f"Told late: Slack could not be reached from {clock(span.since)} to "
            f"{clock(span.until)}. Times above are when it happened"
        )

    async def _show_plain(self, record: Record) -> str | None:
        plain = {"text": (await self._drawn(record))["text"], "blocks": []}
        if record.message_ts is None:
            return await self._post(record, plain)
        await self._edit(record, plain)
        return record.message_ts

    async def _post(self, record: Record, payload: Payload) -> str | None:
        arguments: dict[str, Any] = {
            "channel": record.origin.channel,
            "unfurl_links": False,
            "unfurl_media": False,
            **payload,
        }
        if record.origin.thread_ts:
            arguments["thread_ts"] = record.origin.thread_ts
        await self._journal.debts.posting(record)
        try:
            answer = await self._web.call("chat.postMessage", **arguments)
        except (SlackNoError, SlackBusyError):
            await self._journal.debts.not_posted(record)
            raise
        except SlackLostError as lost:
            if not lost.left:
                await self._journal.debts.not_posted(record)
            raise
        ts = answer.get("ts")
        return ts if isinstance(ts, str) else None

    async def _edit(self, record: Record, payload: Payload) -> None:
        channel = record.origin.channel
        await self._web.call("chat.update", channel=channel, ts=record.message_ts, **payload)
        if record.copy_ts is not None:
            try:
                await self._web.call("chat.update", channel=channel, ts=record.copy_ts, **payload)
            except SlackNoError as no:
                log.info("op %s: its copy cannot be edited: %s", record.id, no.error)

    async def _respond(self, record: Record, note: str) -> None:
        """Through the response_url: a first and a last message; then a direct message."""
        if not (record.shown_version == 0 or record.settled or record.state is State.WAITING):
            return
        noted = await self._drawn(record, note)
        if record.origin.response_url:
            edits = record.origin.url_edits
            await self._journal.debts.posting(record)
            try:
                await self._web.respond(
                    record.origin.response_url,
                    {"response_type": "in_channel", "replace_original": edits, **noted},
                )
            except SlackNoError as no:
                await self._journal.debts.not_posted(record)
                log.info("op %s: the response_url is used up: %s", record.id, no.error)
            else:
                return
        if record.settled:
            await self._whispers.direct(record.origin.requester, await self._drawn(record))
