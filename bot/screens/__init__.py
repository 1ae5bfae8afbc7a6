"""The message of an operation, in each of its states. Pure: a record in, a reply out.

words.py      the words and small parts that all screens share
frame.py      head, context, the vendor's names        facts.py      a task's facts as fields
cards.py      asking for a yes, and ends without       ends.py       what the vendor answered,
              anything sent                                          what following proved
buttons.py    on a card, and under a bad end           neighbour.py  who changed it before
screens.py    which of them, by the record's state
batch/        the same for several tasks under one command
"""

from bot.screens.screens import Screens
from bot.screens.words import (
    CANCEL,
    CONFIRM,
    DECLINE,
    DO,
    HALT,
    LIST,
    STATUS,
    WITHDRAW,
    WORDS,
    Words,
    describe,
    named,
    short_id,
)

__all__ = [
    "CANCEL",
    "CONFIRM",
    "DECLINE",
    "DO",
    "HALT",
    "LIST",
    "STATUS",
    "WITHDRAW",
    "WORDS",
    "Screens",
    "Words",
    "describe",
    "named",
    "short_id",
]
