"""What is told of a simulator. Pure.

Every text is bounded and holds no secret: what came over the wire may be anything, a key in the
wrong field included.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice, takewhile

from bot.demo.clouds.form import CloudState, Quota, RequestSeen, TaskState
from bot.demo.clouds.words import MEANINGS
from providers.catalogue import discover
from providers.provider import Provider
from providers.simulator import Seen, SimulatedTask, Simulator

__all__ = ["cloud_state"]

REQUESTS = 30
"""How many requests are told, from the newest one back."""

LATELY = 60.0
"""Seconds in which a read that was asked shows its quota."""

_LOOKED_AT = 500
_TEXT = 120
_PARAMETERS = 8
_KEY_SHOWN = 4
_HIDDEN = "(hidden)"

_EPOCH = time.time() - time.monotonic()
"""When the monotonic clock stood at 0. Taken once, so that a request keeps its time."""


def cloud_state(name: str, cloud: Simulator) -> CloudState:
    """All that is told of one vendor's simulator, as of now. name: the vendor's."""
    provider = discover().providers[name]
    effects = dict(_actions(provider))
    cloud.settle()
    told = _Telling(cloud)
    reads = {action for action, changes in effects.items() if not changes}
    return CloudState(
        name=name,
        title=provider.title,
        url=cloud.url,
        keys=[_masked(key) for key in cloud.accounts],
        quotas=_quotas(cloud, effects),
        tasks=[told.task(name, task) for task in cloud.tasks],
        requests=[*islice(told.requests(reads), REQUESTS)],
        incidents=dict(cloud.incidents),
    )


def _actions(provider: Provider) -> Iterator[tuple[str, bool]]:
    """Of every operation, and whether it changes anything; two may share one."""
    for kind in provider.kinds:
        for operation in kind.operations:
            yield operation.action, operation.effect.changes


class _Telling:
    """Puts a simulator's texts into words that may be told."""

    def __init__(self, cloud: Simulator) -> None:
        self._cloud = cloud
        accounts = cloud.accounts.values()
        secrets = [a.access_key_secret for a in accounts] + [a.session_token for a in accounts]
        self._secrets = [secret for secret in secrets if secret]

    def task(self, provider: str, task: SimulatedTask) -> TaskState:
        means = MEANINGS.get(f"{provider}:{task.kind}", {})
        return TaskState(
            kind=task.kind,
            id=self._text(task.id),
            region=task.region,
            app=task.app,
            name=self._text(task.name),
            state=self._text(task.state),
            means=means.get(task.state, ""),
        )

    def requests(self, reads: Collection[str]) -> Iterator[RequestSeen]:
        """From the newest back. The bot reads one task again and again while it follows a change,
        so of reads that are alike and were answered alike only the newest is told."""
        newer = set()
        for seen in islice(reversed(self._cloud.requests), _LOOKED_AT):
            row = self.request(seen)
            alike = (row.action, *row.parameters.items(), row.verdict, row.answer)
            if alike not in newer:
                yield row
            if seen.action in reads:
                newer.add(alike)

    def request(self, seen: Seen) -> RequestSeen:
        return RequestSeen(
            at=_utc(_EPOCH + seen.at),
            action=self._text(seen.action),
            parameters=self._parameters(seen.parameters),
            request_id=seen.request_id,
            key=_masked(self._text(seen.access_key_id)),
            # A call is counted right after its signature was believed.
            signature="ok" if seen.in_last_second else "refused",
            verdict=seen.verdict,
            used=seen.in_last_second,
            limit=self._cloud.quota(seen.action),
            answer=seen.lost or "sent",
        )

    def _parameters(self, parameters: Mapping[str, object]) -> dict[str, str]:
        simple = {n: v for n, v in parameters.items() if isinstance(v, str | int | float)}
        return {
            self._text(name): self._text(str(value))
            for name, value in islice(simple.items(), _PARAMETERS)
        }

    def _text(self, text: str) -> str:
        """Bounded; hidden if it holds one of our secrets, or an address, which may hold one too."""
        if "://" in text or any(secret in text for secret in self._secrets):
            return _HIDDEN
        return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


def _quotas(cloud: Simulator, effects: Mapping[str, bool]) -> list[Quota]:
    """The calls of the last second, by action; of the busiest key, where there are several. Actions
    that only read are left out while nobody asks for them.

    effects: action -> whether it changes anything.
    """
    now = time.monotonic()
    lately = [*takewhile(lambda seen: seen.at > now - LATELY, reversed(cloud.requests))]
    asked = {seen.action for seen in lately}
    recent = takewhile(lambda seen: seen.at > now - 1.0, lately)
    calls = Counter((seen.action, seen.access_key_id) for seen in recent if seen.in_last_second)
    return [
        Quota(
            action=action,
            limit=cloud.quota(action),
            used=max((n for (of, _), n in calls.items() if of == action), default=0),
        )
        for action, changes in effects.items()
        if changes or action in asked
    ]


def _masked(key: str) -> str:
    """The beginning of an access key id: enough to tell which one, and no key."""
    return f"{key[:_KEY_SHOWN]}…" if key else ""


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
