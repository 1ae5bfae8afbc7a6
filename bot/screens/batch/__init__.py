"""The message of several tasks under one command. Pure: a parent and its children in, a reply out.

tally.py    what became of each, counted; whatever is shown adds up to all of them
frame.py    how they are named, head, context
parts.py    bar, buttons, lines
card.py     asking for a yes, and ends without anything sent
screens.py  on the way, and afterwards; which message it is
"""

from bot.screens.batch.screens import BatchScreens, troubled
from bot.screens.batch.tally import End, Sent, count_ends, count_sent, end_of, took

__all__ = [
    "BatchScreens",
    "End",
    "Sent",
    "count_ends",
    "count_sent",
    "end_of",
    "took",
    "troubled",
]
