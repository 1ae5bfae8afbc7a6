"""How often the app may call. Source: docs.slack.dev/apis/web-api/rate-limits."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sandbox.errors import RateLimited

__all__ = ["SLACK_TIERS", "Limits", "RateMeter"]

SLACK_TIERS: Mapping[str, int] = {
    "usergroups.list": 20,
    "usergroups.users.list": 20,
    "chat.update": 50,
    "chat.delete": 50,
    "conversations.history": 50,
    "conversations.info": 50,
    "conversations.open": 50,
    "conversations.replies": 50,
    "chat.postEphemeral": 100,
    "users.info": 100,
    "views.open": 100,
    "views.publish": 100,
}
"""Calls a minute that Slack promises; it lets short bursts above them pass, this table does not."""

_GRACE = 0.05
"""Seconds. A caller who paces exactly is not refused for the network's jitter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """posts_per_second and post_burst: chat.postMessage in one channel; per_minute: by method."""

    posts_per_second: float = 1.0
    post_burst: int = 1
    per_minute: Mapping[str, int] = field(
        default_factory=lambda: {"chat.update": SLACK_TIERS["chat.update"]}
    )


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateMeter:
    """Counts the calls that were let through; refused ones cost nothing."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._posts: dict[str, _Bucket] = {}
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def count_call(self, method: str, now: float) -> None:
        """One call of `method` at `now`, in seconds. Raises RateLimited."""
        most = self.limits.per_minute.get(method)
        if most is None:
            return
        calls = self._calls[method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= most:
            raise RateLimited(math.ceil(calls[0] + 60 - now))
        calls.append(now)

    def count_post(self, channel_id: str, now: float) -> None:
        """One chat.postMessage in a channel at `now`, in seconds. Raises RateLimited."""
        rate, burst = self.limits.posts_per_second, self.limits.post_burst
        bucket = self._posts.setdefault(channel_id, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        if bucket.tokens < 1 - _GRACE * rate:
            raise RateLimited(math.ceil((1 - bucket.tokens) / rate))
        bucket.tokens -= 1
