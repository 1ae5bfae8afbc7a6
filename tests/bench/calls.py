"""What a vendor call costs through our client, against bare httpx and against the vendor's SDK.

    python -m tests.bench.calls VENDOR URL TIMES

A process of its own makes the calls, one after the other, to a simulator in this one. Bare httpx
sends requests that were signed beforehand, and decodes the answers.
"""

from __future__ import annotations

import asyncio
import json
import math
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx

from providers.catalogue import discover
from providers.client import Client
from providers.operation import Task, Verb
from providers.pacing import Slot
from providers.provider import Call, Wire
from providers.simulator import SimulatedTask, Simulator
from tests.bench.load import ROOT
from tests.bench.sdks import SDKS
from tests.bench.table import Row, at_most, told

__all__ = ["calls"]

KEY, SECRET = "AKIDEXAMPLE", "examplesecret"

WHAT = {
    "tencent": ("tencent:pull", Verb.RESTART, "ap-guangzhou", "123"),
    "alibaba": ("alibaba:relay", Verb.RESTART, "cn-shanghai", "6f869419-0001"),
    "volcengine": ("volcengine:relay", Verb.LIST, "cn-north-1", "8fde6aa0281d9f6e15e6059a6e242365"),
}

Caller = Callable[[], Awaitable[object]]


async def calls(*, quick: bool) -> list[Row]:
    """Two rows for each vendor."""
    rows = []
    for vendor in WHAT:
        async with AsyncExitStack() as stack:
            simulator = await stack.enter_async_context(_unhurried(vendor))
            rows += _rows(vendor, await _measured(vendor, simulator.url, 20 if quick else 300))
    return rows


def _unhurried(vendor: str) -> Simulator:
    """A simulator without a quota."""
    simulator = discover().providers[vendor].simulator()
    simulator.quota = lambda action: sys.maxsize  # type: ignore[method-assign]  # noqa: ARG005  # its name is part of it
    simulator.add_account(KEY, SECRET)
    where, _, region, task = WHAT[vendor]
    simulator.add_task(SimulatedTask(kind=where.partition(":")[2], id=task, region=region))
    return simulator


async def _measured(vendor: str, url: str, times: int) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bench.calls", vendor, url, str(times)),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the calls to {vendor} could not be made")
    measured: dict[str, float] = json.loads(out)
    return measured


def _rows(vendor: str, took: dict[str, float]) -> list[Row]:
    ours, bare = took["ours"], took["bare"]
    said = f"{ours / bare:.2f} ({ours:.2f} ms, httpx {bare:.2f} ms)"
    rows = [at_most(f"{vendor}: a call, of bare httpx's time", ours / bare, 1.3, said)]
    if sdk := took.get("sdk"):
        said = f"{ours / sdk:.2f} ({ours:.2f} ms, SDK {sdk:.2f} ms)"
        return [*rows, told(f"{vendor}: a call, of the SDK's time", said, ours / sdk)]
    return [*rows, told(f"{vendor}: a call, of the SDK's time", "its SDK is not installed")]


# In the other process


async def _compare(vendor: str, url: str, times: int) -> dict[str, float]:
    """The median of each caller in milliseconds; they take turns, as the machine's pace changes."""
    async with AsyncExitStack() as stack:
        callers = {
            "ours": await _ours(stack, _call(vendor, url)),
            "bare": await _bare(stack, _call(vendor, url), times + _WARM),
        }
        if sdk := SDKS[vendor](url.removeprefix("http://"), KEY, SECRET, WHAT[vendor][3]):
            callers["sdk"] = sdk
        took: dict[str, list[float]] = {name: [] for name in callers}
        for _ in range(times + _WARM):
            for name, caller in callers.items():
                started = time.perf_counter()
                await caller()
                took[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(all_[_WARM:]) for name, all_ in took.items()}


_WARM = 10


def _call(vendor: str, url: str) -> Call:
    where, verb, region, task = WHAT[vendor]
    catalogue = discover()
    kind = catalogue.kind(where)
    operation = kind.operation(verb)
    if operation is None:
        raise KeyError(f"{where} has no {verb}")
    account = catalogue.providers[vendor].account.model_validate(
        {
            "name": "prod",
            "provider": vendor,
            "region": region,
            "access_key_id": "env:KEY_ID",
            "access_key_secret": "env:KEY",
            "endpoints": {kind.service: url},
        },
        context={"environ": {"KEY_ID": KEY, "KEY": SECRET}},
    )
    return Call(kind, operation, account, Task(task, region), "slack:U123")


async def _ours(stack: AsyncExitStack, call: Call) -> Caller:
    client = Client(discover())
    stack.push_async_callback(client.close)
    slot = Slot(asyncio.get_running_loop().time(), math.inf)  # without the pacing
    return lambda: client.send(call, slot)


async def _bare(stack: AsyncExitStack, call: Call, times: int) -> Caller:
    wire = discover().provider_of(call.kind).wire
    signed = iter([_signed(call, wire) for _ in range(times)])
    client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))

    async def send() -> object:
        answer = await client.send(next(signed))
        return answer.raise_for_status().json()

    return send


def _signed(call: Call, wire: Wire) -> httpx.Request:
    auth = wire.auth(call, call.account.credentials(), time.time)
    return next(auth.sync_auth_flow(wire.request(call)))


if __name__ == "__main__":
    name, address, number = sys.argv[1:]
    print(json.dumps(asyncio.run(_compare(name, address, int(number)))))
