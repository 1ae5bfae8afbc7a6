"""Follows every accepted or unknown change until the vendor's own status proves what came of it.

One task for each change that is followed; a restart of the bot goes on where the last run was. The
end is always said: proved, not proved by the deadline, or that it cannot be told.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator

from bot.journal import Followed, Journal, Look, Record, State, Verdict
from bot.looks import Looks, UnseenError
from bot.notices import Notices
from bot.proof import Proof, judged, out_of_time, unreadable
from bot.settings import Settings
from bot.supervisor import Supervisor
from providers.operation import Verb

__all__ = ["Follower", "follow_seconds"]

log = logging.getLogger(__name__)

FIRST_WAIT = 0.5
FIRST_WAIT_OF_MANY = 2.0  # looks at fifty tasks at once must not hold up what is still to be sent
WAIT_MOST = 10.0
"""Seconds between two looks: often at first, when most streams break and come back."""

BROKEN_WAIT = 2.0

AT_ONCE = 5
"""Looks at the tasks of one place: what waits for its turn does not wait for the vendor."""

STOP_SECONDS = 3.0
"""How long the start waits for the stop to be seen, where a restart is both."""

LOST_SECONDS = 30.0
"""How long a stop or delete whose answer was lost is followed at most."""

Pause = Callable[[float], Awaitable[None]]


def follow_seconds(settings: Settings, verb: Verb, state: State) -> float:
    """How long a change is followed."""
    most = settings.timeouts.verify_seconds
    if state is State.UNKNOWN and verb in (Verb.STOP, Verb.DELETE):
        return min(most, LOST_SECONDS)
    return most


class Follower:
    """Looks, remembers what it saw, and says what it came to."""

    def __init__(
        self,
        settings: Settings,
        *,
        journal: Journal,
        looks: Looks,
        notices: Notices,
        changed: Callable[[Record], None],
        ahead: Callable[[Record], float] = lambda _: 0.0,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._looks = looks
        self._notices = notices
        self._changed = changed
        self._ahead = ahead
        self._pause = pause
        self._turns: defaultdict[tuple[str, str], asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        # Not the bot's own supervisor: following waits for nothing when the bot stops.
        self._supervisor = Supervisor()

    def begin(self, record: Record) -> None:
        """Follow a change whose verdict is open; returns at once."""
        if record.verdict is Verdict.FOLLOWING:
            self._supervisor.spawn(self._follow(record), f"following op {record.id}", op=record.id)

    async def stop(self) -> None:
        """Look no more; what is open stays open in the journal."""
        await self._supervisor.drain(0.0)

    async def see_it_stop(self, record: Record) -> None:
        """Between the two steps of a restart: look until the stop is seen, but not for long."""
        until = self._journal.now() + STOP_SECONDS
        while self._journal.now() < until:
            try:
                look = await self._looks.look(record.command, seconds=STOP_SECONDS)
            except UnseenError:
                return
            if look.facts.state.down:
                await self._journal.following.seen_down(
                    record, Followed(last=look, down_at=look.at)
                )
                return
            await self._pause(FIRST_WAIT)

    async def _follow(self, record: Record) -> None:
        until = record.follow_until or self._journal.now()
        seen = record
        for wait in _waits(FIRST_WAIT if record.batch is None else FIRST_WAIT_OF_MANY):
            left = until - self._journal.now()
            await self._pause(max(0.0, min(wait, left)))
            try:
                async with self._turns[record.command.where, record.command.account]:
                    now = await self._one_look(seen, last=self._journal.now() >= until)
            except Exception:  # the journal, say: the next look tries again
                log.exception("op %s: a look at its task broke", record.id)
                await self._pause(BROKEN_WAIT)
                continue
            if now is None:
                return
            seen = now

    async def _one_look(self, record: Record, *, last: bool) -> Record | None:
        """Look once. None when the end was said, by us or by somebody else."""
        followed = record.followed or Followed()
        try:
            look = await self._looks.look(
                record.command,
                seconds=self._settings.timeouts.vendor_seconds,
                task=followed.task,
            )
        except UnseenError as unseen:
            return await self._unseen(record, unseen, last=last)
        if look.facts.state.over and followed.task == "" and (other := _other_id(record)):
            return await self._remember(record, Followed(last=followed.last, task=other))
        proof = judged(record, look, ahead=self._ahead(record))
        if proof is None and last:
            proof = out_of_time(record, look)
        if proof is not None:
            await self._say(record, look, proof)
            return None
        return await self._remember(record, _after(followed, look), look)

    async def _unseen(self, record: Record, unseen: UnseenError, *, last: bool) -> Record | None:
        last_look = record.followed.last if record.followed else None
        if unseen.for_good:
            await self._say(record, last_look, unreadable(record, unseen.says))
            return None
        if last:
            await self._say(record, last_look, out_of_time(record, last_look, unseen.says))
            return None
        return record

    async def _remember(
        self, record: Record, followed: Followed, look: Look | None = None
    ) -> Record | None:
        """Keep what was seen, if it is news."""
        before = record.followed or Followed()
        if look is not None and before.last is not None and before.down_at == followed.down_at:
            same = (before.last.facts.state, before.last.facts.word)
            if same == (look.facts.state, look.facts.word):
                return record
        kept = await self._journal.following.keep(record, followed, news=_is_news(before, followed))
        if kept is not None and kept.version != record.version:
            self._changed(kept)
        return kept

    async def _say(self, record: Record, look: Look | None, proof: Proof) -> None:
        outcome = record.outcome
        if outcome is None:  # no end without an outcome is followed
            return
        told = outcome.model_copy(
            update={"word": proof.word, "says": proof.says, "step": proof.step, "who": proof.who}
        )
        if look is not None:
            seen = _after(record.followed or Followed(), look)
            record = await self._journal.following.keep(record, seen, news=False) or record
        notices = self._notices.at_the_verdict(record, proof.verdict, told)
        button = secrets.token_urlsafe(24)
        said = await self._journal.following.conclude(
            record, proof.verdict, told, notices=notices, button=button
        )
        if said is not None:
            log.info("op %s: %s, %s", record.id, proof.verdict, proof.word)
            self._changed(said)


def _waits(first: float) -> Iterator[float]:
    wait = first
    while True:
        yield wait
        wait = min(wait * 1.25, WAIT_MOST)


def _after(followed: Followed, look: Look) -> Followed:
    """What is known after a look."""
    down_at = followed.down_at
    if down_at is None and look.facts.state.down:
        down_at = look.at
    return Followed(last=look, down_at=down_at, task=followed.task)


def _is_news(before: Followed, after: Followed) -> bool:
    """Whether the channel is told: a state that is other than the last one it saw."""
    if after.last is None:
        return False
    seen = before.last.facts.state if before.last else None
    return after.last.facts.state is not seen and after.last.facts.state.down


def _other_id(record: Record) -> str:
    """The id under which the vendor says it goes on, if it is another one."""
    return record.outcome.task if record.outcome else ""
