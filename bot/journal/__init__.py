"""The durable record: what was asked, decided, sent and answered; and what is owed to Slack.

Every change of state is one compare-and-set with one row in the trail, in one transaction.
"""

from bot.journal.journal import Journal, JournalError, Notice, TaskBusyError
from bot.journal.record import Origin, Outcome, OutcomeWord, Record, State, TrailEntry

__all__ = [
    "Journal",
    "JournalError",
    "Notice",
    "Origin",
    "Outcome",
    "OutcomeWord",
    "Record",
    "State",
    "TaskBusyError",
    "TrailEntry",
]
