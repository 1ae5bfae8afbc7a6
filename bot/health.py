"""GET /healthz and /readyz, for whoever restarts or routes to us. On its own address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

__all__ = ["admin_endpoint"]

CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[bool]]


def admin_endpoint(checks: dict[str, Check]) -> web.Application:
    """healthz: the process answers. readyz: every check holds; the body names each."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        states = {name: await _in_time(check) for name, check in checks.items()}
        ready = all(states.values())
        body = {"status": "ready" if ready else "not ready", **states}
        return web.json_response(body, status=200 if ready else 503)

    endpoint = web.Application(client_max_size=1024)
    endpoint.router.add_get("/healthz", healthz)
    endpoint.router.add_get("/readyz", readyz)
    return endpoint


async def _in_time(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return False
