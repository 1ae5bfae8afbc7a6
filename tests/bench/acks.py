"""What an ack costs at 64 commands in flight, against a Bolt app that does nothing but ack."""

from __future__ import annotations

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


async def acks(*, quick: bool) -> list[Row]:
    """Rows for what is acked from memory, then for changes, which are committed first."""
    rounds, count = (1, IN_FLIGHT) if quick else (4, 300)
    async with world() as stage, stage.bot():
        port, rows = _free_port(), []
        bare = f"http://127.0.0.1:{port}/slack/events"
        bolt = ("-m", "tests.bench.bare", stage.slack.app.signing_secret, str(port))
        async with process(bolt, ready=f"http://127.0.0.1:{port}/nothing", status=404):
            for url in (bare, stage.url):  # both warm; and the bot knows the people
                await stage.typed(["help"] * (2 * IN_FLIGHT), IN_FLIGHT, url=url)
            for name, text in TEXTS.items():
                rows += await _against(stage, name, [text] * count, bare, rounds)
        rows += await _committed(stage, IN_FLIGHT if quick else 4 * IN_FLIGHT)
    return rows


async def _against(stage: World, name: str, texts: list[str], bare: str, rounds: int) -> list[Row]:
    """They take turns, as the machine may change its pace."""
    both: tuple[list[Measured], list[Measured]] = ([], [])
    for _ in range(rounds):
        for measured, url in zip(both, (bare, stage.url), strict=True):
            measured.append(await stage.typed(texts, IN_FLIGHT, url=url))
    theirs, ours = map(_joined, both)
    ratio = ours.rate / theirs.rate
    said = f"{ratio:.2f} ({ours.rate:.0f}/s, bare Bolt {theirs.rate:.0f}/s)"
    return [
        at_least(f"{name}: commands/s, of bare Bolt's", ratio, 0.7, said),
        at_most(f"{name}: ack, p99", _p99(ours), 25, _times(ours), " ms"),
        told("  the same of bare Bolt", _times(theirs), _p99(theirs)),
    ]


def _joined(parts: list[Measured]) -> Measured:
    took = [one for part in parts for one in part.took]
    return Measured([], took, sum(part.seconds for part in parts), 0)


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
