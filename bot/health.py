"""GET /healthz, /readyz and /metrics, for whoever restarts, routes to or watches us. On its own
address.

    healthz     200 while the process answers
    readyz      200 where every check holds, else 503. The body names each check, and the figures:
                "ready", "not ready", or "degraded" where the oldest owed message is older than
                LATE_SECONDS. That alone is still 200: commands are taken and run whether or not
                the channel hears of them in time, and nothing is paid sooner without this process.
    metrics     Prometheus' text format
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.metrics import Metrics, Reading

__all__ = ["admin_endpoint"]

CHECK_SECONDS = 2.0

LATE_SECONDS = 120.0
"""A message that has been owed for longer says that Slack, or the outbox, is in trouble."""

Check = Callable[[], Awaitable[bool]]


def admin_endpoint(checks: dict[str, Check], metrics: Metrics | None = None) -> web.Application:
    """The web application. metrics: what /metrics shows and /readyz takes its figures from; without
    it there is neither."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        held, figures = await asyncio.gather(_all_checked(checks), _figures(metrics))
        ready = all(held.values())
        body = {"status": _status(figures, ready=ready), **held, **figures}
        return web.json_response(body, status=200 if ready else 503)

    endpoint = web.Application(client_max_size=1024)
    endpoint.router.add_get("/healthz", healthz)
    endpoint.router.add_get("/readyz", readyz)
    if metrics is not None:
        endpoint.router.add_get("/metrics", _page(metrics))
    return endpoint


def _page(metrics: Metrics) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def page(_: web.Request) -> web.Response:
        body = await metrics.scrape()
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return page


async def _all_checked(checks: dict[str, Check]) -> dict[str, bool]:
    held = await asyncio.gather(*map(_in_time, checks.values()))
    return dict(zip(checks, held, strict=True))


async def _in_time(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return False


async def _figures(metrics: Metrics | None) -> Reading:
    return {} if metrics is None else await metrics.figures()


def _status(figures: Reading, *, ready: bool) -> str:
    if not ready:
        return "not ready"
    oldest = figures.get("oldest_owed_seconds", 0.0)
    late = not isinstance(oldest, Mapping) and oldest > LATE_SECONDS
    return "degraded" if late else "ready"
