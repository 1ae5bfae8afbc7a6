"""The durable record: what was asked, decided, sent and answered; and what is owed to Slack.

Every change of state is one compare-and-set with one row in the trail, in one transaction.
"""

from bot.journal.journal import Journal, TaskBusyError
from bot.journal.record import (
    Followed,
    Look,
    Neighbour,
    Notice,
    Origin,
    Outcome,
    OutcomeWord,
    Record,
    State,
    TrailEntry,
    Verdict,
)
from bot.journal.store import JournalError

__all__ = [
    "Followed",
    "Journal",
    "JournalError",
    "Look",
    "Neighbour",
    "Notice",
    "Origin",
    "Outcome",
    "OutcomeWord",
    "Record",
    "State",
    "TaskBusyError",
    "TrailEntry",
    "Verdict",
]
