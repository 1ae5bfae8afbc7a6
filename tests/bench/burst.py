"""A hundred restarts at once: how much of the vendor's quota is used, and what an ack costs then.

    python -m tests.bench.burst

Ratios of one run on one machine, so that they mean the same elsewhere. Everything is on loopback.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path

from tests.bot.stage import Stage, playing

RESTART = "RestartLivePullStreamTask"
CALLS = 100
QUOTA = 20


async def measure(mode: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with playing(Path(folder), mode) as stage:
            alone = [(await stage.ann(f"restart tencent {n}")).milliseconds for n in (123, 456)]
            await stage.called(stage.tencent, RESTART, len(alone))
            typed = await asyncio.gather(
                *(stage.ann(f"restart tencent 9{number:03}") for number in range(CALLS))
            )
            await stage.called(stage.tencent, RESTART, len(alone) + CALLS, seconds=30)
            together = [receipt.milliseconds for receipt in typed]
            report(mode, stage, alone, together)


def report(mode: str, stage: Stage, alone: list[float], together: list[float]) -> None:
    seen = [s for s in stage.tencent.requests if s.action == RESTART][len(alone) :]
    rate = (len(seen) - 1) / (seen[-1].at - seen[0].at)
    crowded = max(s.in_last_second for s in seen)
    print(f"{mode}: {len(seen)} restarts at {rate / QUOTA:.0%} of the quota;")
    refused = sum(s.verdict != "ok" for s in seen)
    print(f"  the fullest second held {crowded / QUOTA:.0%} of it; {refused} were refused")
    ratio = statistics.median(together) / statistics.median(alone)
    print(f"  an ack among {CALLS} at once takes {ratio:.0f} times as long as one alone")


if __name__ == "__main__":
    for transport in ("socket", "http"):
        asyncio.run(measure(transport))
