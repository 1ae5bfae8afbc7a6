"""Every change in the workspace, told to whoever listens: a page, a test, a log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.sandbox.conversation import Message

__all__ = ["Change", "ChangeKind", "Feed"]

T = TypeVar("T")


class ChangeKind(StrEnum):
    """What has changed."""

    POSTED = "posted"  # a message, ephemeral ones too (see Message.only_for)
    EDITED = "edited"
    DELETED = "deleted"
    PEOPLE = "people"  # somebody or a group was added or changed
    CHANNELS = "channels"  # a channel was added, or its members changed
    VIEW = "view"  # a Home tab was published or a modal opened
    CALLED = "called"  # a call of the Web API came, and once more: it was answered
    DELIVERED = "delivered"  # the app acked, or failed to ack, what a person did
    CONNECTED = "connected"  # a Socket Mode connection came
    DISCONNECTED = "disconnected"  # or went


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `about` is what changed, by its id or as a value, where it is not a message."""

    kind: ChangeKind
    message: Message | None = None
    about: object = None


class Feed:
    """Tells listeners at once, in the order of the changes."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []

    def announce(
        self, kind: ChangeKind, message: Message | None = None, about: object = None
    ) -> None:
        """Tell everybody. A listener must neither block nor raise."""
        change = Change(kind, message, about)
        for listener in tuple(self._listeners):
            listener(change)

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` at every change from now on; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @contextmanager
    def queue(self) -> Iterator[asyncio.Queue[Change]]:
        """Every change while the context lasts, for a reader at its own pace."""
        changes: asyncio.Queue[Change] = asyncio.Queue()
        stop = self.listen(changes.put_nowait)
        try:
            yield changes
        finally:
            stop()

    async def wait_for(self, found: Callable[[], T], seconds: float) -> T:
        """What `found` returns as soon as that is true; it is asked now and after each change.

        Raises TimeoutError after `seconds` of real time.
        """
        changed = asyncio.Event()
        stop = self.listen(lambda _: changed.set())
        try:
            async with asyncio.timeout(seconds):
                while not (result := found()):
                    changed.clear()
                    await changed.wait()
                return result
        finally:
            stop()
