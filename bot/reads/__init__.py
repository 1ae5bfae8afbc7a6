"""Answers that change nothing: how a task is, which tasks there are, what was done.

reads.py     who asks, may they, what is read      choices.py   what a ticket stands for
rights.py    what the policy says                  words.py     words and cells that they share
status.py    one task, or several                  buttons.py   what may be done with the task
tasks.py     the list: filter, order, pages        unread.py    what could not be read
history.py   what was done, the latest first       show.py      one operation's whole trail
"""

from bot.reads.reads import Reads
from bot.reads.words import end_mark, end_word

__all__ = ["Reads", "end_mark", "end_word"]
