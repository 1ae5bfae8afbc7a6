"""Pays what the channel is owed: at least once, the newest state only, never in anybody's way.

An operation's message is owed as long as the journal's `shown_version` is behind its `version`. One
worker for each channel pays in order, one post a second; what changed in the meantime is not posted
twice, because each payment reads the journal first.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

from aiolimiter import AsyncLimiter

from bot import logs
from bot.batch_screens import BatchScreens
from bot.contact import Ear, ear_of
from bot.journal import Journal, Notice, Origin, Record, State
from bot.journal.batches import TABLE
from bot.notices import AUDIT, BROADCAST, CHANNEL
from bot.reply import Reply
from bot.screens import Screens
from bot.slack.blocks import Payload, render
from bot.slack.text import escape, mention
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError, SlackWeb
from bot.supervisor import Supervisor

__all__ = ["Outbox"]

log = logging.getLogger(__name__)

GRACE = 0.4
"""Seconds that a "Sending" waits: most calls end sooner, and then only the end is shown."""

BATCH_PAUSE = 2.0
"""Seconds between two edits of one message that tells of several tasks."""

BACKOFF_MOST = 30.0
DEBTS_SECONDS = 15.0

_NOT_EDITABLE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_NO_MEMBER = frozenset({"not_in_channel", "channel_not_found"})
_BAD_TOKEN = frozenset({"invalid_auth", "account_inactive", "token_revoked", "not_authed"})
_BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})

_REPEAT = "Repeat: whether an earlier post of this arrived is not known"

INVITE = "I am not in this channel, so I cannot edit this message. To change that: /invite @stream"


class Outbox:
    """Posts and edits. `changed` and `whisper` return at once; the work is done beside."""

    def __init__(
        self,
        web: SlackWeb,
        journal: Journal,
        screens: Screens,
        batch_screens: BatchScreens,
        supervisor: Supervisor,
        *,
        audit: str | None,
    ) -> None:
        self._web = web
        self._journal = journal
        self._screens = screens
        self._batch_screens = batch_screens
        self._supervisor = supervisor
        self._audit = audit
        self._queues: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._posts: defaultdict[str, AsyncLimiter] = defaultdict(lambda: AsyncLimiter(1, 1.05))
        # chat.update: 50 a minute for the workspace; this is a burst of 10, then 40 a minute.
        self._updates = AsyncLimiter(10, 15)
        self._failures: defaultdict[str, int] = defaultdict(int)
        self._quiet_until: defaultdict[str, float] = defaultdict(float)  # loop's clock; Retry-After
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._notices_wanted = asyncio.Event()

    # What others hand in

    def changed(self, record: Record) -> None:
        """There is something new to show of this operation."""
        self._notices_wanted.set()
        channel = record.origin.channel
        if record.batch is not None or record.command.others:
            self._later(record.batch or record.id, channel, BATCH_PAUSE)
        elif record.state in (State.APPROVED, State.SENDING):
            self._later(record.id, channel, GRACE)
        else:
            self._enqueue(record.id, channel)

    def wake(self) -> None:
        """There is something new to say beside the operations."""
        self._notices_wanted.set()

    def show(self, origin: Origin, reply: Reply) -> None:
        """Say something in the channel that belongs to no operation, as a shared answer."""
        self._supervisor.spawn(
            self._share(origin, reply), "a shared answer", op=logs.current_operation()
        )

    def whisper(self, ear: Ear, reply: Reply) -> None:
        """Tell one person something that nobody else sees."""
        self._supervisor.spawn(
            self._whisper(ear, reply),
            f"a private answer to {ear.user}",
            op=logs.current_operation(),
        )

    async def pay_debts(self) -> None:
        """Queue what an earlier run of the bot still owes."""
        for record in await self._journal.debts.owed():
            self._enqueue(record.id, record.origin.channel)
        self._notices_wanted.set()

    async def settle(self, seconds: float) -> None:
        """Pay everything that is queued, at most so long. What waits for a later try stays owed."""
        deadline = asyncio.get_running_loop().time() + seconds
        await self.pay_debts()
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

    # Operations' messages

    def _enqueue(self, record_id: str, channel: str) -> None:
        self._queues[channel][record_id] = None
        worker = self._workers.get(channel)
        if worker is None or worker.done():
            self._workers[channel] = self._supervisor.spawn(
                self._work(channel), f"the outbox of {channel}"
            )

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

    async def _pay(self, record_id: str) -> None:
        record = await self._journal.debts.to_show(record_id)
        if record is None:
            return
        if await self._waited_for_budget(record):
            record = await self._journal.debts.to_show(record_id) or record
        try:
            message_ts = await self._show(record)
        except SlackBusyError as busy:
            until = asyncio.get_running_loop().time() + busy.wait
            self._quiet_until[_budget_key(record)] = until
            raise
        self._failures.pop(record_id, None)
        if await self._journal.debts.shown(record, message_ts):
            self._enqueue(record_id, record.origin.channel)

    async def _waited_for_budget(self, record: Record) -> bool:
        """Wait for a post's turn; True if that took long enough for news. An edit does not wait
        here, it would hold up the posts behind it: it raises SlackBusyError and comes again."""
        quiet = self._quiet_until[_budget_key(record)] - asyncio.get_running_loop().time()
        posts = self._posts[record.origin.channel]
        if record.message_ts is None:
            waits = quiet > 0 or not posts.has_capacity()
            await asyncio.sleep(max(0.0, quiet))
            await posts.acquire()
            return waits
        if quiet > 0 or not self._updates.has_capacity():
            raise SlackBusyError(max(quiet, 1.0))
        await self._updates.acquire()
        return False

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
        if no.error in _BAD_TOKEN:
            raise SlackBusyError(BACKOFF_MOST)  # nothing was done; an operator must act
        try:
            if no.error in _NOT_EDITABLE:
                await self._posts[record.origin.channel].acquire()
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
        if not record.command.others:
            return render(self._screens.of(record), note=note)
        children = await self._journal.batches.children(record)
        return render(self._batch_screens.of(record, children), note=note)

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
            await self._direct(record.origin.requester, await self._drawn(record))

    async def _direct(self, user: str, payload: Payload) -> None:
        try:
            await self._web.call("chat.postMessage", channel=user, **payload)
        except SlackNoError as no:
            log.error("nothing is left to tell %s: %s", user, no.error)

    # Private answers

    async def _whisper(self, ear: Ear, reply: Reply) -> None:
        payload = render(reply)
        for _ in range(3):
            try:
                await self._say_privately(ear, payload)
            except SlackBusyError as busy:
                await asyncio.sleep(busy.wait)
            except SlackLostError:
                await asyncio.sleep(1.0)
            else:
                return
        log.warning("a private answer to %s could not be given", ear.user)

    async def _share(self, origin: Origin, reply: Reply) -> None:
        payload = render(reply)
        thread = {"thread_ts": origin.thread_ts} if origin.thread_ts else {}
        try:
            await self._posts[origin.channel].acquire()
            await self._web.call("chat.postMessage", channel=origin.channel, **thread, **payload)
        except (SlackNoError, SlackBusyError, SlackLostError) as error:
            log.info("an answer could not be shared: %s", type(error).__name__)
            await self._whisper(ear_of(origin), reply)

    async def _say_privately(self, ear: Ear, payload: Payload) -> None:
        if ear.response_url:
            try:
                await self._web.respond(
                    ear.response_url,
                    {"response_type": "ephemeral", "replace_original": False, **payload},
                )
            except SlackNoError as no:
                log.info("a response_url did not take a private answer: %s", no.error)
            else:
                return
        thread = {"thread_ts": ear.thread_ts} if ear.thread_ts else {}
        try:
            await self._web.call(
                "chat.postEphemeral", channel=ear.channel, user=ear.user, **thread, **payload
            )
        except SlackNoError:
            await self._direct(ear.user, payload)

    # Notices: the thread's call, the audit channel's line

    async def _table_in_thread(self, record: Record) -> dict[str, Any]:
        """Every task of a batch with its end and RequestId."""
        children = await self._journal.batches.children(record)
        return {**_thread_of(record), **render(self._batch_screens.table(record, children))}

    async def work_debts(self) -> None:
        """Pay notices as they come, and now and then look for whatever else is still owed; for
        ever, beside everything else."""
        while True:
            try:
                async with asyncio.timeout(DEBTS_SECONDS):
                    await self._notices_wanted.wait()
                self._notices_wanted.clear()
                await self._pay_notices()
            except TimeoutError:
                self._supervisor.spawn(self.pay_debts(), "a look for what is still owed")
            except Exception:
                log.exception("notices could not be paid; trying again")
                self._again(2.0)

    async def _pay_notices(self) -> None:
        for notice in await self._journal.debts.owed_notices():
            with logs.operation(notice.operation):
                try:
                    if await self._pay_notice(notice):
                        await self._journal.debts.paid(notice)
                except SlackBusyError as busy:
                    self._again(busy.wait)
                except SlackLostError:
                    self._again(2.0)

    def _again(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._notices_wanted.set)

    async def _pay_notice(self, notice: Notice) -> bool:
        """True when it is paid, or can never be."""
        if notice.kind in (AUDIT, CHANNEL):
            channel = self._audit if notice.kind == AUDIT else notice.channel
            if channel is None:
                return True
            arguments: dict[str, Any] = {"channel": channel, "text": escape(notice.text)}
        else:
            record = await self._journal.get(notice.operation)
            if record is None:
                return True
            if record.message_ts is None:
                if record.shown_version >= record.version:
                    return True  # it was told through a response_url; there is no thread
                self._again(1.0)
                return False
            if notice.kind == TABLE:
                arguments = await self._table_in_thread(record)
            else:
                arguments = _call_in_thread(record, notice)
        arguments |= {"unfurl_links": False, "unfurl_media": False}
        await self._posts[arguments["channel"]].acquire()
        try:
            await self._web.call("chat.postMessage", **arguments)
        except SlackNoError as no:
            if no.error in _BAD_TOKEN:
                raise SlackBusyError(BACKOFF_MOST) from None
            log.error(
                "op %s: channel %s did not take a notice: %s. If the bot is no member: /invite it",
                notice.operation,
                arguments["channel"],
                no.error,
            )
        return True


def _thread_of(record: Record) -> dict[str, Any]:
    thread = record.origin.thread_ts or record.message_ts
    return {"channel": record.origin.channel, "thread_ts": thread}


def _call_in_thread(record: Record, notice: Notice) -> dict[str, Any]:
    """The reply that calls the asker; the worst news are shown to the channel as well."""
    text = f"{mention(record.origin.requester)} {escape(notice.text)}"
    arguments: dict[str, Any] = {**_thread_of(record), "text": text}
    if notice.kind == BROADCAST:
        arguments["reply_broadcast"] = True
    return arguments


def _budget_key(record: Record) -> str:
    """What Slack counts together: posts for each channel, edits for the whole workspace."""
    return record.origin.channel if record.message_ts is None else "chat.update"
