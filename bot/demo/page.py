"""The scene with its pages: the workspace's and the clouds', behind one guard with one token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.demo.clouds import add_clouds
from bot.demo.furniture import Scene
from bot.demo.hints import extras
from bot.sandbox.page import Extras, Guard, WorkspacePage, new_token
from providers.catalogue import discover

__all__ = ["add_pages", "address", "serve"]


def add_pages(scene: Scene) -> Guard:
    """Put the pages into a scene that has not started yet."""
    app = scene.workspace.web_app
    guard = Guard(new_token())
    guard.watch(app)

    def told() -> Extras:
        return extras(discover(), scene.clouds, scene.settings())

    WorkspacePage(scene.workspace, guard, told)
    add_clouds(app, scene.clouds, guard)
    return guard


def address(scene: Scene, guard: Guard) -> str:
    """What a browser needs to open the page of a scene that has started."""
    return f"{scene.workspace.url}/#token={guard.token}"


async def serve(scene: Scene, tell: Callable[[str], None]) -> None:
    """Start the scene with its pages, tell the address, and stay until cancelled."""
    guard = add_pages(scene)
    async with scene:
        tell(f"Stream bot demo is ready: {address(scene, guard)}")
        await asyncio.Event().wait()
