"""Sends what was approved: slot, claim, one request, record. At most once, whatever happens.

What the vendor provably did not execute goes back to `approved` and is tried again, bounded. A
change whose answer is lost ends as unknown and is never sent again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot import outcome
from bot.brake_words import stopped
from bot.breaker import Breaker
from bot.command import TaskCommand
from bot.follower import Follower, follow_seconds
from bot.journal import Journal, Outcome, OutcomeWord, Record, State, Verdict
from bot.journal.brakes import names_of
from bot.notices import Notices
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.client import Client
from providers.errors import (
    CallError,
    ClockOff,
    FaultKind,
    NotExecuted,
    NotSent,
    Throttled,
    Unknown,
)
from providers.exchange import NO_ANSWER
from providers.operation import Task
from providers.pacing import NO_SLOT, Slot
from providers.provider import Call

__all__ = ["Runner"]

log = logging.getLogger(__name__)

CONNECT_TRIES = 3
CONNECT_WAIT = 0.5  # seconds, doubled each time
THROTTLE_SECONDS = 30.0  # how long a throttled call is tried again
THROTTLE_WAIT_MOST = 8.0  # seconds between two tries
PATIENCE = 2.0  # seconds until the channel is told that a call waits for the quota
WRITE_WAIT = 0.5  # seconds between two tries to write an end down
LEASE_MARGIN = 10.0  # seconds that a claim outlives the hard bound of its call


@dataclass(slots=True)
class _Tries:
    """What this operation's earlier attempts came to."""

    unconnected: int = 0
    throttled: int = 0
    throttled_since: float | None = None
    clock_mended: bool = False
    notes: list[str] = field(default_factory=list)


class Runner:
    """Takes approved operations to their end. `changed` is told each record that has news."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        journal: Journal,
        client: Client,
        notices: Notices,
        changed: Callable[[Record], None],
        follower: Follower,
        breaker: Breaker,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._journal = journal
        self._client = client
        self._notices = notices
        self._changed = changed
        self._follower = follower
        self._breaker = breaker

    def call(self, command: TaskCommand, requester: str, *, step: int = 1) -> Call:
        """What a command wants of the vendor. KeyError if the configuration lost its account."""
        kind = self._catalogue.kind(command.where)
        operation = kind.operation(command.verb)
        if operation is not None and step > 1:
            operation = operation.then
        if operation is None:
            raise KeyError(command.verb)
        return Call(
            kind,
            operation,
            self._settings.accounts[command.account],
            Task(command.task, command.region, command.app),
            operator=f"slack:{requester}",
        )

    def preview(self, command: TaskCommand, requester: str) -> httpx.Request:
        """The request as the vendor would get it, without a signature."""
        return self._client.preview(self.call(command, requester))

    async def run(self, record: Record) -> None:
        """Send an approved operation and record what came of it."""
        waiting: Record | None = record
        while waiting is not None:
            waiting = await self._step(waiting)

    async def _step(self, record: Record) -> Record | None:
        """One of the verb's steps. Returns the record if another one has to follow."""
        tries = _Tries()
        step = record.step
        call = self.call(record.command, record.origin.requester, step=step)
        waiting: Record | None = record
        while waiting is not None and waiting.step == step:
            waiting = await self._attempt(waiting, call, tries)
        return waiting

    async def _attempt(self, record: Record, call: Call, tries: _Tries) -> Record | None:
        """One slot, one claim, at most one request. Returns the record if it may be tried again,
        or if its next step may be sent."""
        try:
            slot = await self._slot(record, call)
        except NotSent as error:  # no key: nothing to claim for
            await self.end_unclaimed(record, *outcome.ended(call, error))
            return None
        # Not between two steps: that would leave the stream down.
        if record.step == 1 and (paused := self._breaker.before(call)) is not None:
            await self.end_unclaimed(record, State.FAILED, paused)
            return None
        claimed = await self._claim(record)
        if claimed is None:
            await self._not_claimed(record)
            return None
        self._changed(claimed)
        try:
            answer = await self._client.send(call, slot)
        except NotExecuted as error:
            self._breaker.after(call, error, record.origin.channel)
            return await self._not_executed(claimed, call, error, tries, record.due_at)
        except CallError as error:
            self._breaker.after(call, error, record.origin.channel)
            await self._finish(claimed, *outcome.ended(call, error, tuple(tries.notes)))
        except Exception:
            # Whatever breaks after the claim: the request may have left, so the end is `unknown`.
            log.exception("op %s: sending broke", record.id)
            lost = Unknown(NO_ANSWER, why="a fault in the bot")
            await self._finish(claimed, *outcome.ended(call, lost, tuple(tries.notes)))
        else:
            self._breaker.after(call, None, record.origin.channel)
            yes = outcome.accepted(call, answer, tuple(tries.notes))
            if call.operation.then is not None:
                return await self._advance(claimed, yes)
            await self._finish(claimed, State.SUCCEEDED, yes)
        return None

    async def _advance(self, claimed: Record, first: Outcome) -> Record | None:
        """The first of two steps was taken. From here on the stream is down until the second is."""
        log.info("op %s: step 1 of 2, request id %s", claimed.id, first.request_id or "none")
        lasts = self._settings.timeouts.approved_seconds
        advanced = await self._journal.advance(claimed, first, lasts)
        if advanced is None:
            return None
        self._changed(advanced)
        await self._follower.see_it_stop(advanced)
        return advanced

    async def _claim(self, record: Record) -> Record | None:
        """None if it is not ours to send any more. While the database is away it is tried again:
        nothing was sent. Had a claim got through after all, the next one loses, and the sweep finds
        it overdue."""
        lease = self._settings.timeouts.vendor_seconds + LEASE_MARGIN
        while True:
            try:
                return await self._journal.claim(record, lease)
            except SQLAlchemyError as error:
                log.error("op %s: it cannot be claimed: %s", record.id, type(error).__name__)
                if self._is_over(record):
                    raise
                await asyncio.sleep(WRITE_WAIT)

    def _is_over(self, record: Record) -> bool:
        """Whether the time in which it may be sent is over."""
        return record.due_at is not None and self._journal.now() >= record.due_at

    async def _not_claimed(self, record: Record) -> None:
        """Its time is over, somebody else has it, or its account was frozen meanwhile."""
        brake = await self._journal.brakes.on(*names_of(record)) if record.step == 1 else None
        if brake is None:
            await self.expire(record)
        else:
            told = stopped(brake, self._journal.now())
            await self.end_unclaimed(record, State.FAILED, told)

    async def _slot(self, record: Record, call: Call) -> Slot:
        """A slot of the vendor's quota; the channel is told if that takes long."""
        waiting = asyncio.ensure_future(self._next_slot(record, call))
        try:
            done, _ = await asyncio.wait({waiting}, timeout=PATIENCE)
            if not done:
                await self._tell_waiting(record, call)
            return await waiting
        finally:
            waiting.cancel()

    async def _next_slot(self, record: Record, call: Call) -> Slot:
        """Where replicas share the quota through their database, that may be away for a while;
        nothing was claimed yet."""
        while True:
            try:
                return await self._client.slot(call)
            except NotSent as error:
                if error.fault is not NO_SLOT or self._is_over(record):
                    raise
            await asyncio.sleep(WRITE_WAIT)

    async def _not_executed(
        self,
        claimed: Record,
        call: Call,
        error: NotExecuted,
        tries: _Tries,
        due_at: float | None,
    ) -> Record | None:
        wait = self._wait_before_next(error, tries)
        if wait is None:
            await self._finish(claimed, *outcome.ended(call, error, tuple(tries.notes)))
            return None
        released = await self._journal.release(claimed, error.code or error.why, due_at=due_at)
        if released is None:
            return None
        if isinstance(error, Throttled) and self._throttled_for(tries) + wait > PATIENCE:
            await self._tell_waiting(released, call, error.code)
        await asyncio.sleep(wait)
        return released

    def _wait_before_next(self, error: NotExecuted, tries: _Tries) -> float | None:
        """Seconds until the next try; None when there is none left."""
        match error:
            case Throttled():
                tries.throttled += 1
                if tries.throttled_since is None:
                    tries.throttled_since = asyncio.get_running_loop().time()
                wait = max(error.wait, min(2.0 ** (tries.throttled - 1), THROTTLE_WAIT_MOST))
                return wait if self._throttled_for(tries) + wait <= THROTTLE_SECONDS else None
            case ClockOff() if not tries.clock_mended:
                tries.clock_mended = True
                minutes = abs(error.offset or 0.0) / 60
                tries.notes.append(
                    f"The bot's clock is {minutes:.0f} min off; sent again with the vendor's time. "
                    "The bot operator sets NTP."
                )
                return 0.0
            case NotSent() if error.fault.kind is not FaultKind.WRONG_KEYS:
                tries.unconnected += 1
                wait = CONNECT_WAIT * 2 ** (tries.unconnected - 1)
                return wait if tries.unconnected < CONNECT_TRIES else None
        return None

    @staticmethod
    def _throttled_for(tries: _Tries) -> float:
        since = tries.throttled_since
        return 0.0 if since is None else asyncio.get_running_loop().time() - since

    async def _tell_waiting(self, record: Record, call: Call, code: str = "") -> None:
        if record.batch is not None:  # several tasks always wait for it, and their message says so
            return
        vendor = self._catalogue.provider_of(call.kind).title
        await self._journal.remark(record, outcome.waiting_for_quota(call, vendor, code))
        self._changed(record)

    async def _finish(self, claimed: Record, state: State, result: Outcome) -> None:
        if claimed.first_step is not None and state is State.FAILED:
            result = outcome.down(claimed.first_step, result)
        if result.word is OutcomeWord.ALREADY_SO:
            result = await self.who_did_it(claimed, result)
        log.info(
            "op %s: %s, %s, request id %s",
            claimed.id,
            state,
            result.code or result.word,
            result.request_id or "none",
        )
        finished = await self._write_down(claimed, state, result)
        if finished is None:
            log.error("op %s: its end came after its lease; the journal keeps unknown", claimed.id)
            return
        self._changed(finished)
        self._follower.begin(finished)

    def to_follow(self, record: Record, state: State, result: Outcome) -> dict[str, Any]:
        """The columns that say whether and how long an end is followed, and that carry its
        buttons."""
        values: dict[str, Any] = {"button": secrets.token_urlsafe(24)}
        open_end = result.word in (OutcomeWord.ACCEPTED, OutcomeWord.UNKNOWN)
        if open_end and self._catalogue.kind(record.command.where).status is not None:
            seconds = follow_seconds(self._settings, record.command.verb, state)
            values |= {
                "verdict": Verdict.FOLLOWING,
                "follow_until": self._journal.now() + seconds,
            }
        return values

    async def _write_down(self, claimed: Record, state: State, result: Outcome) -> Record | None:
        """Record the end; tried again while the lease lasts, for the answer will not come twice."""
        notices = self._notices.at_the_end(claimed, state, result)
        while True:
            follow = self.to_follow(claimed, state, result)
            try:
                return await self._journal.finish(claimed, state, result, notices=notices, **follow)
            except SQLAlchemyError as error:
                log.error("op %s: its end cannot be written: %s", claimed.id, type(error).__name__)
                if self._journal.now() > (claimed.due_at or 0) - 1.0:
                    return None
                await asyncio.sleep(WRITE_WAIT)

    async def who_did_it(self, claimed: Record, result: Outcome) -> Outcome:
        """The same end; if our own record has the earlier delete, it says whose that was."""
        before = await self._journal.past.deleted_before(claimed)
        if before is None or before.finished_at is None:
            return result
        note = f"@{before.origin.requester_name} deleted it before (op {before.id})."
        return result.model_copy(update={"notes": (*result.notes, note)})

    async def end_unclaimed(self, record: Record, state: State, result: Outcome) -> None:
        """End what was approved and not claimed."""
        if record.first_step is not None:
            result = outcome.down(record.first_step, result)
        ended = await self._journal.move(
            record,
            state,
            actor="bot",
            outcome=result,
            due_at=None,
            finished_at=self._journal.now(),
            notices=self._notices.at_the_end(record, state, result),
            **self.to_follow(record, state, result),
        )
        if ended is not None:
            self._changed(ended)

    async def expire(self, record: Record) -> None:
        """End what was not decided or not sent in time. Only if its time is over."""
        if record.first_step is not None and record.state is State.APPROVED:
            late = Outcome(word=OutcomeWord.NOT_SENT, says="The second step could not be sent.")
            await self.end_unclaimed(record, State.FAILED, late)
            return
        notices = self._notices.at_the_end(record, State.EXPIRED)
        expired = await self._journal.expire(record, notices)
        if expired is not None:
            log.info("op %s: expired", record.id)
            self._changed(expired)
