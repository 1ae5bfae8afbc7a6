"""What an ack costs at 64 commands in flight, against a Bolt app that does nothing but ack."""

from __future__ import annotations

from pathlib import Path

from tests.bench.load import Measured
from tests.bench.table import Row, at_least, at_most, percentile, told
from tests.bench.world import World, numbered, process, world
from tests.postgres import _free_port

__all__ = ["acks"]

IN_FLIGHT = 64

TEXTS = {
    "help": "help",
    "refusal": "restrat tencent 123",
    "read (targets)": "targets",
    "read (history)": "history",
}


async def acks(*, quick: bool, profile: Path | None = None) -> list[Row]:
    """Rows for what is acked from memory, then for changes, which are committed first."""
    count = IN_FLIGHT if quick else 1500
    async with world(profile=profile) as stage, stage.bot():
        port, rows = _free_port(), []
        bare = f"http://127.0.0.1:{port}/slack/events"
        bolt = ("-m", "tests.bench.bare", stage.slack.app.signing_secret, str(port))
        async with process(bolt, ready=f"http://127.0.0.1:{port}/nothing", status=404):
            for url in (bare, stage.url):  # both warm; and the bot knows the people
                await stage.typed(["help"] * (2 * IN_FLIGHT), IN_FLIGHT, url=url)
            for name, text in TEXTS.items():
                rows += await _against(stage, name, [text] * count, bare)
        rows += await _committed(stage, IN_FLIGHT if quick else 4 * IN_FLIGHT)
    return rows


async def _against(stage: World, name: str, texts: list[str], bare: str) -> list[Row]:
    """Half of the yardstick before and half after, as the machine may have changed its pace."""
    half = len(texts) // 2
    before = await stage.typed(texts[:half], IN_FLIGHT, url=bare)
    ours = await stage.typed(texts, IN_FLIGHT)
    after = await stage.typed(texts[half:], IN_FLIGHT, url=bare)
    theirs = Measured([], before.took + after.took, before.seconds + after.seconds, 0)
    ratio = ours.rate / theirs.rate
    said = f"{ratio:.2f} ({ours.rate:.0f}/s, bare Bolt {theirs.rate:.0f}/s)"
    return [
        at_least(f"{name}: commands a second, of bare Bolt's", ratio, 0.7, said),
        at_most(f"{name}: ack at 64 in flight, p99", _p99(ours), 25, _times(ours), " ms"),
        told("  the same of bare Bolt", _times(theirs), _p99(theirs)),
    ]


async def _committed(stage: World, count: int) -> list[Row]:
    denied = await stage.typed(["delete tencent 123"] * count, IN_FLIGHT, channel="#quiet")
    taken = await stage.typed(numbered("restart", 10_000, count), IN_FLIGHT)
    return [
        at_most("denied (committed): ack, p99", _p99(denied), 100, _times(denied), " ms"),
        at_most("change (committed): ack, p99", _p99(taken), 100, _times(taken), " ms"),
    ]


def _p99(measured: Measured) -> float:
    return percentile(measured.took, 99)


def _times(measured: Measured) -> str:
    p50 = percentile(measured.took, 50)
    return f"p50 {p50:.1f} ms, p99 {_p99(measured):.1f} ms, {measured.rate:.0f}/s"
