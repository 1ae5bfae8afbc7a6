"""The named points of an operation, at which a process can be killed: inside the bot's process.

Counted are the journal's transactions, the calls of Slack and those of the vendors. A point is
named by who does what, by its number among its like, and by its side, as
"commit Journal.claim in Runner._attempt #1: before".
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event

from bot.journal.database import Database
from bot.slack.web import SlackWeb
from providers import exchange

__all__ = ["Points"]

T = TypeVar("T")

_BESIDE = ("Replicas.beat", "Replicas.adopt", "Journal.writable", "Figures.")
"""What a process does for itself, whatever its operations do."""

_WROTE = "wrote"


class Points:
    """Tells each point as it is reached; ends the process at the one that is wanted."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.wanted: str | None = None
        self.counting = False
        self._tell = tell
        self._seen: Counter[str] = Counter()

    def watch(self) -> None:
        """Put a point around each transaction and call. Once for each process."""
        event.listen(Engine, "before_cursor_execute", _note_write)
        self._watch_commits()
        self._watch_calls(SlackWeb, "call", lambda args: f"slack {args[0]}")
        self._watch_calls(SlackWeb, "respond", lambda _: "slack response_url")
        self._watch_calls(exchange.Exchange, "send", _vendor)
        self._watch_departures()

    # What is watched

    def _watch_commits(self) -> None:
        commit = Database.commit

        async def watched(
            database: Database, work: Callable[[Connection], T], *arguments: Any
        ) -> T:
            name = self._numbered(f"commit {_journal_caller()}")

            def done(connection: Connection) -> T:
                connection.info[_WROTE] = False
                result = work(connection)
                if connection.info[
                    _WROTE
                ]:  # to read changes nothing: the points around it are the same
                    self._reach(f"{name}: before")
                    written.append(True)
                return result

            written: list[bool] = []
            result = await commit(database, done, *arguments)
            if written:
                self._reach(f"{name}: after")
            return result

        Database.commit = watched  # type: ignore[method-assign,assignment]

    def _watch_calls(self, cls: type, method: str, named: Callable[[Any], str]) -> None:
        original: Callable[..., Awaitable[Any]] = getattr(cls, method)

        async def watched(self_: Any, *arguments: Any, **named_arguments: Any) -> Any:
            name = self._numbered(f"{named(arguments)}{_caller()}")
            self._reach(f"{name}: before")
            result = await original(self_, *arguments, **named_arguments)
            self._reach(f"{name}: after")
            return result

        setattr(cls, method, watched)

    def _watch_departures(self) -> None:
        """The request is out, and no answer has come."""
        watch = exchange._Departure.watch

        async def watched(departure: Any, name: str, info: Any) -> None:
            await watch(departure, name, info)
            if name.endswith(".send_request_headers.started"):
                headers = {key.lower(): value for key, value in info["request"].headers}
                departure.action = headers.get(b"x-tc-action", b"").decode()
            elif name.endswith(".send_request_body.complete"):
                self._reach(f"{self._numbered(f'vendor {departure.action}')}: under way")

        exchange._Departure.watch = watched  # type: ignore[method-assign,assignment]

    # Counting

    def _numbered(self, name: str) -> str:
        if not self.counting or any(part in name for part in _BESIDE):
            return ""
        self._seen[name] += 1
        return f"{name} #{self._seen[name]}"

    def _reach(self, point: str) -> None:
        if point.startswith(":"):  # before the story began, or beside it
            return
        self._tell(point)
        if point == self.wanted:
            os.kill(os.getpid(), signal.SIGKILL)


def _note_write(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    if statement.startswith(("INSERT", "UPDATE", "DELETE")):
        connection.info[_WROTE] = True


def _vendor(arguments: Any) -> str:
    return f"vendor {arguments[0].headers.get('x-tc-action', '')}"


def _caller() -> str:
    """The first method of the bot outside of the part that calls, as " in Outbox._post"."""
    for frame in _frames():
        if frame.f_globals["__name__"] not in ("bot.slack.web", "providers.exchange"):
            return f" in {frame.f_code.co_qualname}"
    return ""


def _journal_caller() -> str:
    """The journal's method and who wants it, as "Journal.claim in Runner._attempt"."""
    name = "?"
    for frame in _frames():
        if not frame.f_globals["__name__"].startswith("bot.journal"):
            return f"{name} in {frame.f_code.co_qualname}"
        name = frame.f_code.co_qualname
    return name


def _frames() -> list[FrameType]:
    """Of the bot, from the inside out."""
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(("bot.", "providers.")):
            found.append(frame)
        frame = frame.f_back
    return found
