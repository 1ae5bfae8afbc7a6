"""A vendor whose API does not answer is paused by itself for a while, and tried before it goes on.

Counted for each access key at each of a vendor's services: calls in a row, reads and changes, that
nobody answered. After the pause one harmless read decides: answered in the vendor's own words,
whatever these say, it goes on; else the next pause is twice as long. In this process only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from bot.journal import Journal, Notice, Outcome, OutcomeWord
from bot.notices import AUDIT, CHANNEL
from bot.reply import clock
from bot.settings import Settings
from bot.supervisor import Supervisor
from providers.catalogue import Catalogue
from providers.client import Client
from providers.errors import CallError, Fault, FaultKind, NotSent, Unreadable
from providers.operation import Task
from providers.provider import Call
from providers.reading import OPERATOR

__all__ = ["BREAKER", "Breaker"]

log = logging.getLogger(__name__)

BREAKER = "breaker"
"""What stands in notices where an operation's id would."""

PAUSE_MOST = 600.0
"""Seconds of a pause that was doubled again and again."""

Key = tuple[str, str, str]
"""Provider, the first name of the account's key, service."""

Pause = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Line:
    """How one key fares at one service.

    lost: calls in a row without an answer. seconds: how long the pause is; 0 without one. until:
    its end, in seconds since the epoch.
    """

    lost: int = 0
    seconds: float = 0.0
    until: float = 0.0

    @property
    def paused(self) -> bool:
        return self.seconds > 0

    def begin_pause(self, seconds: float, now: float) -> None:
        self.seconds, self.until = seconds, now + seconds


class Breaker:
    """Ask `before` each change, and tell `after` of each call, also of reads.

    wake: told when there is something new to say in the channels.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        client: Client,
        journal: Journal,
        *,
        wake: Callable[[], None],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._client = client
        self._journal = journal
        self._wake = wake
        self._pause = pause
        self._lines: dict[Key, _Line] = {}
        # Not the bot's own supervisor: a pause holds up nothing when the bot stops.
        self._supervisor = Supervisor()

    def before(self, call: Call) -> Outcome | None:
        """The end of a change that must not be sent now; None to go on."""
        line = self._lines.get(self._key(call))
        if line is None or not line.paused:
            return None
        if line.until > self._journal.now():
            until = f"it is paused until {clock(line.until)}"
        else:
            until = "it is paused, and a trial call is on its way"
        return Outcome(
            word=OutcomeWord.NOT_SENT,
            label="paused",
            says=f"{self._silence(call)}; {until}. Nothing was sent.",
            step="try again after the pause, which ends by itself with the first answer",
            who="you",
        )

    def after(self, call: Call, error: CallError | None, channel: str | None) -> None:
        """What came of a call. error: None for the vendor's yes. channel: where it was asked."""
        heard = _heard(error)
        line = self._lines.setdefault(self._key(call), _Line())
        if heard is None or line.paused:  # what left before a pause does not end it
            return
        line.lost = 0 if heard else line.lost + 1
        if line.lost >= self._settings.limits.pause_after:
            line.begin_pause(self._settings.limits.pause_seconds, self._journal.now())
            self._supervisor.spawn(self._sit_out(call, line, channel), "a paused vendor")

    def open(self) -> dict[str, float]:
        """How many keys' services are paused, for each provider."""
        counted = dict.fromkeys(self._catalogue.providers, 0.0)
        for (provider, _, _), line in self._lines.items():
            counted[provider] += line.paused
        return counted

    async def stop(self) -> None:
        """Try no more. The next run of the bot begins without a pause."""
        await self._supervisor.drain(0.0)

    async def _sit_out(self, call: Call, line: _Line, channel: str | None) -> None:
        """From the pause to the first answer, told once each. If this breaks, it goes on."""
        since = self._journal.now()
        silence = self._silence(call)
        log.warning("%s; paused for %g s", silence, line.seconds)
        until = clock(line.until)
        try:
            await self._tell(
                channel,
                f"Paused: {silence}. Changes there are not sent until {until}; then a trial call "
                "decides.",
            )
            while True:
                await self._pause(line.until - self._journal.now())
                if await self._answers(call):
                    break
                line.begin_pause(
                    max(line.seconds, min(line.seconds * 2, PAUSE_MOST)), self._journal.now()
                )
        finally:
            self._lines.pop(self._key(call), None)
        lasted = self._journal.now() - since
        log.warning("%s answers again after %.0f s", self._where(call), lasted)
        await self._tell(
            channel,
            f"Resumed: {self._where(call)} answers again, {lasted:.0f} s after the pause began. "
            "Changes are sent again; what was not sent meanwhile is not sent by itself.",
        )

    async def _answers(self, call: Call) -> bool:
        """One harmless read at the same service. Any answer in the vendor's words will do, also
        that it does not know the read: the vendor's probe may be meant for another service."""
        probe = self._catalogue.provider_of(call.kind).probe
        task = Task("", call.task.region, call.task.app)
        trial = Call(call.kind, probe, call.account, task, OPERATOR)
        try:
            await self._client.send(trial, await self._client.slot(trial))
        except CallError as error:
            return _heard(error) is True
        return True

    async def _tell(self, channel: str | None, text: str) -> None:
        """In the channel of the operation that met the silence, and in the audit channel."""
        audit = self._settings.policy.audit_channel
        owed = [] if channel is None else [Notice(BREAKER, CHANNEL, text, channel=channel)]
        if audit is not None and audit != channel:
            owed.append(Notice(BREAKER, AUDIT, text))
        try:
            await self._journal.announce(owed)
        except (SQLAlchemyError, OSError) as error:
            log.error("a pause could not be told: %s", type(error).__name__)
        self._wake()

    def _key(self, call: Call) -> Key:
        return call.kind.provider, self._account(call), call.kind.service

    def _account(self, call: Call) -> str:
        """The name that stands for the key."""
        return self._settings.first_name_of(call.account.name)

    def _where(self, call: Call) -> str:
        vendor = self._catalogue.provider_of(call.kind).title
        return f"{vendor} ({call.kind.service}, account {self._account(call)})"

    def _silence(self, call: Call) -> str:
        most = self._settings.limits.pause_after
        return f"{self._where(call)} has not answered {most} calls in a row"


def _heard(error: CallError | None) -> bool | None:
    """Whether a call was answered in the vendor's words; None where that is not known."""
    match error:
        case None:
            return True
        case NotSent(fault=Fault(kind=FaultKind.WRONG_KEYS)):
            return None  # the vendor was not asked
        case NotSent() | Unreadable():
            return False
    return True if error.code else None
