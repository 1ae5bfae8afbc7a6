"""What people type -> one frozen Command, or a UsageError that shows how to mend it. Pure.

    model.py     the commands, what they are read against, and the error
    words.py     text -> words: quotes, dashes, spaces and Slack's own markup, forgiven
    draft.py     words in their places, and how a flaw is mended
    reader.py    the verb and the place        task.py   what follows them
    grammar.py   text -> Command through all of these, or the answer with an example

What is forgiven is forgiven in verbs, providers and options only. Task ids, regions and the names
of accounts and targets are kept to the letter: a character that does not belong there is refused by
its Unicode name and place, and nothing is ever mended into an id.
"""

from bot.command.grammar import parse
from bot.command.model import (
    Command,
    HelpCommand,
    Target,
    TargetsCommand,
    TaskCommand,
    UsageError,
    Vocabulary,
    WhoamiCommand,
)

__all__ = [
    "Command",
    "HelpCommand",
    "Target",
    "TargetsCommand",
    "TaskCommand",
    "UsageError",
    "Vocabulary",
    "WhoamiCommand",
    "parse",
]
