"""Looks at tasks: reads from the vendor what is so, bounded in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from bot import outcome
from bot.breaker import Breaker
from bot.command import TaskCommand
from bot.journal import Look
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.client import Client
from providers.errors import CallError, FaultKind
from providers.facts import Facts, Listing
from providers.operation import Kind, Operation, Reading, Task, Verb
from providers.provider import Call
from providers.reading import OPERATOR, read

__all__ = ["LOOK_SECONDS", "Looks", "UnseenError"]

T = TypeVar("T")

LOOK_SECONDS = 2.0
"""How long a card waits for the facts of its task."""

_FOR_GOOD = frozenset(
    {
        FaultKind.WRONG_KEYS,
        FaultKind.PERMISSION,
        FaultKind.BILLING,
        FaultKind.ACCOUNT,
        FaultKind.INVALID,
        FaultKind.UNRECOGNISED,
    }
)
"""What no further look of the next minutes gets round."""


class UnseenError(Exception):
    """The task could not be read.

    says: why, as a sentence. step, who: what to do next. code, request_id: the vendor's, if any.
    for_good: looking again soon does not help.
    """

    def __init__(
        self,
        says: str,
        *,
        step: str = "",
        who: str = "",
        code: str = "",
        request_id: str = "",
        for_good: bool = False,
    ) -> None:
        super().__init__(says)
        self.says = says
        self.step = step
        self.who = who
        self.code = code
        self.request_id = request_id
        self.for_good = for_good


class Looks:
    """Reads tasks of every kind."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        client: Client,
        breaker: Breaker,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._client = client
        self._breaker = breaker
        self._now = now

    async def look(
        self, command: TaskCommand, *, seconds: float = LOOK_SECONDS, task: str = ""
    ) -> Look:
        """The facts of a command's task, or of `task` in the same place. Raises UnseenError."""
        kind = self._catalogue.kind(command.where)
        place = Task(task or command.task, command.region, command.app)
        operation = kind.operation(Verb.STATUS)
        if kind.status is None or operation is None:
            raise UnseenError(f"{kind.title} has no status.", for_good=True)
        bare = self._call(kind, operation, command.account, place)
        facts: Facts = await self._read(bare, kind.status(place), seconds)
        return Look(self._now(), facts)

    async def tasks(
        self, kind: Kind, account: str, region: str, app: int | None, *, seconds: float
    ) -> Listing:
        """All tasks of a kind in one region of an account. Raises UnseenError."""
        place = Task("", region, app)
        operation = kind.operation(Verb.LIST)
        if kind.tasks is None or operation is None:
            raise UnseenError(f"{kind.title} has no list.", for_good=True)
        bare = self._call(kind, operation, account, place)
        return await self._read(bare, kind.tasks(place), seconds)

    def _call(self, kind: Kind, operation: Operation, account: str, place: Task) -> Call:
        return Call(kind, operation, self._settings.accounts[account], place, OPERATOR)

    async def _read(self, bare: Call, reading: Reading[T], seconds: float) -> T:
        vendor = self._catalogue.provider_of(bare.kind).title
        try:
            async with asyncio.timeout(seconds):
                found = await read(self._client, bare.kind, bare.account, bare.task, reading)
        except TimeoutError:
            raise UnseenError(f"{vendor} did not answer in {seconds:g} s.") from None
        except CallError as error:
            self._breaker.after(bare, error, None)
            _, told = outcome.ended(bare, error)
            raise UnseenError(
                _for_a_read(told.says),
                step=told.step,
                who=told.who,
                code=told.code,
                request_id=told.request_id,
                for_good=error.fault.kind in _FOR_GOOD,
            ) from None
        except ValueError:  # a well-formed answer that does not tell what was asked
            raise UnseenError(f"{vendor}'s answer does not tell how the task is.") from None
        self._breaker.after(bare, None, None)
        return found


def _for_a_read(says: str) -> str:
    """What a fault says of a change, without what means nothing for a read."""
    for words in (" Nothing was changed.", "; it may have happened", ", it may have happened"):
        says = says.replace(words, "")
    return says
