"""What people type -> one frozen Command, or a UsageError that shows how to mend it. Pure.

    model.py     the commands              vocabulary.py   what they are read against
    words.py     text -> words: quotes, dashes and spaces, forgiven      markup.py   Slack's own
    draft.py     words in their places, and how a flaw is mended         options.py  the options
    reader.py    the verb and the place    place.py    account, region, app
    task.py  targets.py  listing.py  past.py  brake.py    what follows them, by the verb
    wording.py   how a command is written out, so that it is read the same again
    manual.py    what the help says of each verb
    grammar.py   text -> Command through all of these, or the answer with an example

What is forgiven is forgiven in verbs, providers and options only. Task ids, regions and the names
of accounts and targets are kept to the letter: a character that does not belong there is refused by
its Unicode name and place, and nothing is ever mended into an id.
"""

from bot.command.grammar import parse
from bot.command.manual import MANUAL
from bot.command.model import (
    Command,
    FreezeCommand,
    HelpCommand,
    HistoryCommand,
    ListCommand,
    ShowCommand,
    TargetsCommand,
    TaskCommand,
    ThawCommand,
    WhoamiCommand,
)
from bot.command.place import word_of
from bot.command.vocabulary import Target, UsageError, Vocabulary

__all__ = [
    "MANUAL",
    "Command",
    "FreezeCommand",
    "HelpCommand",
    "HistoryCommand",
    "ListCommand",
    "ShowCommand",
    "Target",
    "TargetsCommand",
    "TaskCommand",
    "ThawCommand",
    "UsageError",
    "Vocabulary",
    "WhoamiCommand",
    "parse",
    "word_of",
]
