"""Counters and histograms, and the figures that are asked for when somebody looks."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.command import Command
from bot.journal import Record
from bot.metrics.labels import (
    ANSWERED,
    DRY_RUN,
    NOT_TAKEN,
    OTHER,
    OUTCOMES,
    RESULTS,
    SLACK_METHODS,
    SLACK_RESULTS,
    VERBS,
    changes,
    closed,
    verb_of,
    word_of,
)

__all__ = ["FIGURES", "Metrics", "Reading", "Source"]

log = logging.getLogger(__name__)

Reading = Mapping[str, "float | Mapping[str, float]"]
"""Figures by their names in FIGURES; one that is told of each provider maps these to numbers."""

Source = Callable[[], Awaitable[Reading]]

READ_SECONDS = 2.0
"""How long a source may take. One that takes longer, or breaks, is left out of that scrape."""

LONGEST = 86_400.0
"""Seconds. A longer time is a fault of a clock, and would spoil a sum for good."""

MOST_KNOWN = 1000
"""Ended operations that are remembered, because the end of several tasks is told repeatedly."""

FIGURES: dict[str, tuple[type[CounterMetricFamily | GaugeMetricFamily], str]] = {
    "waiting_cards": (GaugeMetricFamily, "Cards that wait for a yes, on all replicas together"),
    "owed_messages": (
        GaugeMetricFamily,
        "Messages that Slack has not taken yet, on all replicas together",
    ),
    "oldest_owed_seconds": (GaugeMetricFamily, "How long the oldest of these has been owed"),
    "followed_operations": (
        GaugeMetricFamily,
        "Changes that are followed until they are proved, on all replicas together",
    ),
    "slack_connections": (GaugeMetricFamily, "Socket Mode connections of this process that work"),
    "slack_reconnects": (CounterMetricFamily, "Socket Mode connections that were replaced"),
    "breakers_open": (
        GaugeMetricFamily,
        "Services of a provider that are paused, because they do not answer",
    ),
}
"""What a source may tell, and what it means."""

_ACK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)  # Slack waits for three
_VENDOR = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_SLOT = (0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """One for a process, with a registry of its own.

    providers: the names that a label may have.
    """

    def __init__(self, providers: Collection[str]) -> None:
        # A second series for each, which nobody reads. The switch is the library's only one.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._providers = frozenset(providers)
        self._registry = registry = CollectorRegistry()
        self._sources: list[Source] = []
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._figures = _Figures()
        registry.register(self._figures)
        ProcessCollector(registry=registry)
        self._commands = Counter(
            "stream_bot_commands_total",
            "Commands by what came of them; a change counts when nothing more will come",
            ("verb", "provider", "outcome"),
            registry=registry,
        )
        self._acks = Histogram(
            "stream_bot_ack_seconds",
            "From Slack's delivery to its ack",
            buckets=_ACK,
            registry=registry,
        )
        self._vendor = Histogram(
            "stream_bot_vendor_seconds",
            "Calls to vendors, reads and tries too; those `not sent` never reached the vendor",
            ("provider", "verb", "result"),
            buckets=_VENDOR,
            registry=registry,
        )
        self._slots = Histogram(
            "stream_bot_slot_wait_seconds",
            "Waits for a slot of a vendor's quota; the count is of the slots",
            ("provider", "verb"),
            buckets=_SLOT,
            registry=registry,
        )
        self._slack = Counter(
            "stream_bot_slack_calls_total",
            "Calls of Slack's Web API",
            ("method", "result"),
            registry=registry,
        )
        self._lost = Counter(
            "stream_bot_leases_lost_total",
            "Operations that ended as unknown, because whoever sent them did not say how it ended",
            registry=registry,
        )

    # Counting

    def command(self, verb: str, where: str, outcome: str) -> None:
        """A command has its outcome. where: "tencent:pull"; verb, where: "" where there is none."""
        provider = where.partition(":")[0]
        self._commands.labels(
            closed(verb, VERBS), closed(provider, self._providers), closed(outcome, OUTCOMES)
        ).inc()

    def typed(self, command: Command, *, taken: bool) -> None:
        """A command was read, and taken or refused at once. A change that was taken counts later,
        at its end: `told`."""
        dry_run = getattr(command, "dry_run", False)
        if taken and changes(command) and not dry_run:
            return
        outcome = DRY_RUN if dry_run else ANSWERED
        where = getattr(command, "where", None) or ""
        self.command(verb_of(command), where, outcome if taken else NOT_TAKEN)

    def told(self, record: Record) -> None:
        """There is news of an operation. Its end counts, once; one of several tasks counts with
        the command that they are part of."""
        if not record.settled or record.batch is not None or record.id in self._ended:
            return
        self._ended[record.id] = None
        if len(self._ended) > MOST_KNOWN:
            self._ended.popitem(last=False)
        self.command(record.command.verb, record.command.where, word_of(record))

    def ack(self, seconds: float) -> None:
        """Slack got its ack, so long after its delivery arrived."""
        self._acks.observe(_bounded(seconds))

    def vendor(self, provider: str, verb: str, seconds: float, result: str) -> None:
        """A call to a vendor is over."""
        labels = (closed(provider, self._providers), closed(verb, VERBS))
        self._vendor.labels(*labels, closed(result, RESULTS)).observe(_bounded(seconds))

    def slot(self, provider: str, verb: str, seconds: float) -> None:
        """A slot of a vendor's quota was waited for."""
        labels = (closed(provider, self._providers), closed(verb, VERBS))
        self._slots.labels(*labels).observe(_bounded(seconds))

    def slack(self, method: str, result: str) -> None:
        """A call of Slack's API is over. method: "chat.update", or "response_url". result: ok,
        refused (Slack said no), slowed (429) or lost (no readable answer)."""
        self._slack.labels(SLACK_METHODS.get(method, OTHER), closed(result, SLACK_RESULTS)).inc()

    def lease_lost(self) -> None:
        """Recovery made an operation `unknown`."""
        self._lost.inc()

    # Figures

    def watch(self, source: Source) -> None:
        """Ask this whenever figures are wanted. It tells some of FIGURES; other names are dropped,
        and so are providers that are not known."""
        self._sources.append(source)

    async def figures(self) -> Reading:
        """What every source tells now."""
        readings = await asyncio.gather(*map(_in_time, self._sources))
        return {
            name: self._known(value) if isinstance(value, Mapping) else value
            for reading in readings
            for name, value in reading.items()
            if name in FIGURES
        }

    async def scrape(self) -> bytes:
        """Everything, in Prometheus' text format."""
        self._figures.now = await self.figures()
        # Thousands of lines take long enough to hold up an ack.
        return await asyncio.to_thread(generate_latest, self._registry)

    def _known(self, of_each: Mapping[str, float]) -> Mapping[str, float]:
        return {name: number for name, number in of_each.items() if name in self._providers}


class _Figures(Collector):
    """The figures of the last reading."""

    def __init__(self) -> None:
        self.now: Reading = {}

    def collect(self) -> Iterator[Metric]:
        for name, value in self.now.items():
            family, means = FIGURES[name]
            labels = ("provider",) if isinstance(value, Mapping) else ()
            metric = family(f"stream_bot_{name}", means, labels=labels)
            of_each = value if isinstance(value, Mapping) else {"": value}
            for provider, number in of_each.items():
                metric.add_metric([provider] if labels else [], number)
            yield metric


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST)  # in this order, which makes a 0 of a NaN


async def _in_time(source: Source) -> Reading:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await source()
    except Exception as error:  # noqa: BLE001  # whatever breaks, the other figures are told
        log.warning("figures could not be read: %s", type(error).__name__)
        return {}
