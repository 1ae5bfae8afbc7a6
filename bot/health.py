"""GET /healthz and /readyz, for whoever restarts or routes to us. On its own address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

__all__ = ["admin_endpoint"]

Check = Callable[[], Awaitable[bool]]


def admin_endpoint(checks: dict[str, Check]) -> web.Application:
    """healthz: the process answers. readyz: every check holds; the body names each."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        states = {name: await check() for name, check in checks.items()}
        ready = all(states.values())
        body = {"status": "ready" if ready else "not ready", **states}
        return web.json_response(body, status=200 if ready else 503)

    endpoint = web.Application(client_max_size=1024)
    endpoint.router.add_get("/healthz", healthz)
    endpoint.router.add_get("/readyz", readyz)
    return endpoint
