"""The page itself, put into a workspace's server before that starts.

guard = Guard(new_token())
guard.watch(workspace.web_app)
WorkspacePage(workspace, guard, extras)
async with workspace:
    ...  # open f"{workspace.url}/#token={guard.token}"
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from bot.sandbox.page.extras import Extras
from bot.sandbox.page.guard import Guard
from bot.sandbox.page.hands import Hands
from bot.sandbox.page.live import Live
from bot.sandbox.workspace import Workspace

__all__ = ["WorkspacePage"]

_FILES = Path(__file__).parent / "static"


class WorkspacePage:
    """Adds the page's routes. extras is asked each time, so it may follow what changes."""

    def __init__(self, workspace: Workspace, guard: Guard, extras: Callable[[], Extras]) -> None:
        self._extras = extras
        workspace.web_app.add_routes(
            [
                web.get("/", _page),
                web.static("/page/static/", _FILES),
                web.get("/page/socket", Live(workspace, guard).handle),
                web.get("/page/hints", self._hints),
                *Hands(workspace).routes(),
            ]
        )

    async def _hints(self, _request: web.Request) -> web.Response:
        return web.json_response(self._extras().payload())


async def _page(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FILES / "index.html")
