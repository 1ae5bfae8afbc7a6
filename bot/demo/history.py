"""What was said in the workspace, kept in a file over the demo's starts.

A message is written when it is posted, edited or deleted, so that nothing is lost by a kill: the
bot's journal knows its cards by their place in the channel, and finds them there again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from bot.sandbox import Change, Channel, ChannelKind, Message, Workspace

__all__ = ["kept_history"]

_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS direct (id TEXT PRIMARY KEY, members TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS said (ts TEXT PRIMARY KEY, message TEXT NOT NULL);
"""
_MESSAGE = TypeAdapter(Message)
_MEMBERS = TypeAdapter(set[str])


@contextmanager
def kept_history(workspace: Workspace, file: Path) -> Iterator[None]:
    """Bring back what was said before, and write down what is said while the context lasts.

    The workspace has its people and channels already. Raises sqlite3.Error for a file that is none
    of ours.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as book:
        book.executescript(_TABLES)
        _bring_back(workspace, book)
        stop = workspace.feed.listen(lambda change: _write_down(workspace, change, book))
        try:
            yield
        finally:
            stop()


def _bring_back(workspace: Workspace, book: sqlite3.Connection) -> None:
    model = workspace.model
    for channel_id, members in book.execute("SELECT id, members FROM direct ORDER BY id"):
        if channel_id not in model.channels:
            people = _MEMBERS.validate_json(members)
            kind = ChannelKind.DIRECT
            model.add_channel(Channel(id=channel_id, name="", kind=kind, members=people))
        while model.new_id("D") < channel_id:
            pass  # the numbers up to here have been given out
    for (text,) in book.execute("SELECT message FROM said ORDER BY ts"):
        message = _MESSAGE.validate_json(text)
        if message.channel_id in model.channels:
            model.channels[message.channel_id].messages.append(message)


def _write_down(workspace: Workspace, change: Change, book: sqlite3.Connection) -> None:
    message = change.message
    if message is None:
        return
    channel = workspace.model.channels[message.channel_id]
    if channel.kind is ChannelKind.DIRECT:
        members = _MEMBERS.dump_json(channel.members).decode()
        book.execute("INSERT OR IGNORE INTO direct VALUES (?, ?)", (channel.id, members))
    text = _MESSAGE.dump_json(message).decode()
    book.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (message.ts, text))
