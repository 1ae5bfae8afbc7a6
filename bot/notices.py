"""What is said once beside an operation's own message.

Edits notify nobody, so a bad end that comes late gets one reply in the thread that calls the asker.
Every change and every refusal is told in the audit channel, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.journal import Notice, Outcome, OutcomeWord, Record, State, Verdict
from bot.screens import Screens
from bot.settings import Settings

__all__ = ["AUDIT", "BROADCAST", "CHANNEL", "THREAD", "Notices"]

THREAD = "thread"
BROADCAST = "broadcast"  # in the thread, and shown to the channel as well
AUDIT = "audit"
CHANNEL = "channel"  # belongs to no operation: said in the notice's own channel

LATE = 10.0
"""Seconds after which the asker may have looked away."""


class Notices:
    """Decides what is owed; the journal keeps it, in the same transaction as the end itself."""

    def __init__(self, settings: Settings, screens: Screens, now: Callable[[], float]) -> None:
        self._audit = settings.policy.audit_channel
        self._screens = screens
        self._now = now

    def at_the_end(
        self, record: Record, state: State, outcome: Outcome | None = None
    ) -> Sequence[Notice]:
        """What is owed when `record` goes to `state`. For one of several tasks nothing is: its
        batch sums up, in the thread and in the audit channel."""
        if record.batch is not None:
            return []
        now = self._now()
        end = replace(record, state=state, outcome=outcome, finished_at=now)
        text = self._screens.of(end).text
        owed = []
        if outcome is not None and outcome.word is OutcomeWord.DOWN:
            owed.append(Notice(record.id, BROADCAST, text))
        elif _bad(state, outcome) and (state is State.UNKNOWN or now - record.asked_at > LATE):
            owed.append(Notice(record.id, THREAD, text))
        return [*owed, *self.audit(record, text)]

    def at_the_verdict(
        self, record: Record, verdict: Verdict, outcome: Outcome
    ) -> Sequence[Notice]:
        """What is owed when following ends. A verdict that is still unknown was told before."""
        if record.batch is not None:
            return []
        text = self._screens.of(replace(record, verdict=verdict, outcome=outcome)).text
        owed: list[Notice] = []
        if verdict is Verdict.NOT_RECOVERED:
            owed.append(Notice(record.id, BROADCAST, text))
            owed += self.audit(record, text)
        elif record.state is State.UNKNOWN and outcome.word is not OutcomeWord.UNKNOWN:
            owed.append(Notice(record.id, THREAD, text))
            owed += self.audit(record, text)
        return owed

    def audit(self, record: Record, text: str) -> Sequence[Notice]:
        """The line for the audit channel. None in the audit channel itself: it is there already."""
        if self._audit is None or self._audit == record.origin.channel:
            return []
        return [Notice(record.id, AUDIT, text)]


def _bad(state: State, outcome: Outcome | None) -> bool:
    if state is State.EXPIRED:
        return False
    return outcome is not None and outcome.word not in (
        OutcomeWord.ACCEPTED,
        OutcomeWord.ALREADY_SO,
    )
