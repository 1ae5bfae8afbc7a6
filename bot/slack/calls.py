"""What is said once: the reply in a thread that calls the asker, and the audit channel's line."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot import logs
from bot.journal import Journal, Notice, Record
from bot.journal.batches import TABLE
from bot.notices import AUDIT, BROADCAST, CHANNEL, THREAD
from bot.reply import clock
from bot.screens.batch import BatchScreens
from bot.slack.blocks import render
from bot.slack.budget import Budget
from bot.slack.outage import Outage, Span
from bot.slack.text import escape, mention
from bot.slack.web import BAD_TOKEN, SlackBusyError, SlackLostError, SlackNoError, SlackWeb

__all__ = ["Calls"]

log = logging.getLogger(__name__)

PAUSE = 2.0
BAD_TOKEN_PAUSE = 30.0

MOST_APART = 3
"""Replies in one channel after an outage. More of them are one post."""

MOST_LINES = 20


class Calls:
    """Pays the journal's notices. `pay` is called whenever one may be owed.

    link: where an operation's message is, for people.
    """

    def __init__(
        self,
        web: SlackWeb,
        journal: Journal,
        batch_screens: BatchScreens,
        *,
        budget: Budget,
        outage: Outage,
        audit: str | None,
        link: Callable[[Record], str | None],
    ) -> None:
        self._web = web
        self._journal = journal
        self._batch_screens = batch_screens
        self._budget = budget
        self._outage = outage
        self._audit = audit
        self._link = link
        self.wanted = asyncio.Event()

    def again(self, seconds: float) -> None:
        """Look again in a while."""
        asyncio.get_running_loop().call_later(seconds, self.wanted.set)

    async def pay(self) -> None:
        """Say what has not been said yet; what Slack does not take now is tried again later."""
        owed = await self._journal.debts.owed_notices()
        together = await self._told_late(owed)
        for (channel, span), calls in together.items():
            if not all(_is_told(record) for _, record in calls):
                self.again(1.0)  # their messages come first, and are linked
                continue
            text = _summed_up(calls, span, self._link)
            if await self._said(calls[0][0], {"channel": channel, "text": text}):
                for notice, _ in calls:
                    await self._journal.debts.paid(notice)
        apart = {notice.id for calls in together.values() for notice, _ in calls}
        for notice in owed:
            if notice.id not in apart:
                await self._pay(notice)

    async def _told_late(
        self, owed: Sequence[Notice]
    ) -> Mapping[tuple[str, Span], Sequence[tuple[Notice, Record]]]:
        """The calls of an outage, where a channel would get too many one after the other."""
        late: defaultdict[tuple[str, Span], list[tuple[Notice, Record]]] = defaultdict(list)
        for notice in owed if self._outage.spans else ():
            if notice.kind not in (THREAD, BROADCAST):
                continue
            record = await self._journal.get(notice.operation)
            if record and (span := self._outage.during(record.finished_at)):
                late[record.origin.channel, span].append((notice, record))
        return {where: calls for where, calls in late.items() if len(calls) > MOST_APART}

    async def _pay(self, notice: Notice) -> None:
        with logs.operation(notice.operation):
            message = await self._message(notice)
            if message is None:
                self.again(1.0)  # its thread is not there yet
            elif not message or await self._said(notice, message):
                await self._journal.debts.paid(notice)

    async def _message(self, notice: Notice) -> dict[str, Any] | None:
        """Empty where it can never be said; None where not yet."""
        if notice.kind in (AUDIT, CHANNEL):
            channel = self._audit if notice.kind == AUDIT else notice.channel
            return {} if channel is None else {"channel": channel, "text": escape(notice.text)}
        record = await self._journal.get(notice.operation)
        if record is None:
            return {}
        if record.message_ts is None:
            # Told through a response_url, it has no thread.
            return {} if _is_told(record) else None
        if notice.kind == TABLE:
            return await self._table_in_thread(record)
        return _call_in_thread(record, notice)

    async def _table_in_thread(self, record: Record) -> dict[str, Any]:
        """Every task of a batch with its end and RequestId."""
        children = await self._journal.batches.children(record)
        return {**_thread_of(record), **render(self._batch_screens.table(record, children))}

    async def _said(self, notice: Notice, message: Mapping[str, Any]) -> bool:
        """True when it is said, or can never be."""
        await self._budget.post(message["channel"])
        try:
            await self._web.call(
                "chat.postMessage", unfurl_links=False, unfurl_media=False, **message
            )
        except SlackBusyError as busy:
            self.again(busy.wait)
            return False
        except SlackLostError:
            self.again(PAUSE)
            return False
        except SlackNoError as no:
            if no.error in BAD_TOKEN:
                self.again(BAD_TOKEN_PAUSE)
                return False
            log.error(
                "op %s: channel %s did not take a notice: %s. If the bot is no member: /invite it",
                notice.operation,
                message["channel"],
                no.error,
            )
        return True


def _is_told(record: Record) -> bool:
    return record.message_ts is not None or record.shown_version >= record.version


def _thread_of(record: Record) -> dict[str, Any]:
    thread = record.origin.thread_ts or record.message_ts
    return {"channel": record.origin.channel, "thread_ts": thread}


def _call_in_thread(record: Record, notice: Notice) -> dict[str, Any]:
    """The reply that calls the asker; the worst news are shown to the channel as well."""
    text = f"{mention(record.origin.requester)} {escape(notice.text)}"
    message: dict[str, Any] = {**_thread_of(record), "text": text}
    if notice.kind == BROADCAST:
        message["reply_broadcast"] = True
    return message


def _summed_up(
    calls: Sequence[tuple[Notice, Record]], span: Span, link: Callable[[Record], str | None]
) -> str:
    """One post in the place of many replies."""

    def lines() -> Iterator[str]:
        away = f"{clock(span.since)} to {clock(span.until)}"
        yield f"Told late, Slack was away {away}: {len(calls)} operations need a look."
        for notice, record in calls[:MOST_LINES]:
            url = link(record)
            op = f"<{url}|op {record.id}>" if url else f"op {record.id}"
            yield f"{mention(record.origin.requester)} {escape(notice.text)} {op}"
        if (more := len(calls) - MOST_LINES) > 0:
            yield f"and {more} more: /stream history"

    return "\n".join(lines())
