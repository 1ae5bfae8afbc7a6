"""Carries out a `Reading`: each of its calls within the quota, repeated where that may help.

A read changes nothing, so unlike a change it may be sent again when its answer was lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar

from providers.account import Account
from providers.client import Client
from providers.errors import CallError, NotSent, Throttled, Unknown
from providers.operation import Kind, Reading, Task
from providers.provider import Call

__all__ = ["OPERATOR", "read"]

T = TypeVar("T")

OPERATOR = "stream-bot"
"""Who reads, where a vendor wants to know."""

WAITS = (0.3, 0.6)
"""Seconds before the second and the third try; longer where the vendor says how long."""


async def read(client: Client, kind: Kind, account: Account, task: Task, reading: Reading[T]) -> T:
    """What a reading found. Not bounded in time: the caller sets a timeout.

    Raises CallError, and ValueError where the vendor's answer does not tell what was asked.
    """
    try:
        ask = next(reading)
        while True:
            call = Call(kind, ask.operation, account, task, OPERATOR, ask.more)
            try:
                told = await _answer(client, call)
            except CallError as error:
                ask = reading.throw(error)
            else:
                ask = reading.send(told)
    except StopIteration as found:
        result: T = found.value
        return result
    finally:
        reading.close()


async def _answer(client: Client, call: Call) -> Mapping[str, object]:
    for wait in WAITS:
        try:
            return (await client.send(call, await client.slot(call))).data
        except Throttled as error:
            await asyncio.sleep(max(wait, error.wait))
        except (Unknown, NotSent):
            await asyncio.sleep(wait)
    return (await client.send(call, await client.slot(call))).data
