"""What people do in the kill matrix: a restart, and a delete with its yes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from bot.sandbox import Message, NotOnScreen, Receipt
from bot.screens import CONFIRM
from tests.bot.killing.bots import Bot
from tests.bot.killing.scene import LOOK_SECONDS, Scene

__all__ = ["STORIES", "asks", "play"]

STORIES = {"restart": "restart tencent 123", "delete": "delete tencent 456"}


async def play(scene: Scene, command: str, kill: str | None) -> tuple[Receipt, Bot]:
    """Ask, say yes to a card, be killed on the way, start again, and wait until all is quiet.

    Returns what became of the command's own delivery, and the first bot.
    """
    first = await scene.run_bot(kill)
    receipt = await scene.ann(command)
    if receipt.acked:
        await _either(_to_the_end(scene), first.dead.wait())
    await first.end()
    await scene.run_bot()
    if scene.records():
        await _to_the_end(scene)
    return receipt, first


async def _to_the_end(scene: Scene) -> None:
    """Say yes to what asks for one, and wait until all is quiet."""
    yes = asyncio.create_task(_say_yes(scene))
    try:
        await scene.until_quiet()
    finally:
        yes.cancel()
        await asyncio.gather(yes, return_exceptions=True)


async def _say_yes(scene: Scene) -> None:
    """Press the oldest card that asks, again and again: a press may die with the bot."""
    while True:
        card = await scene.slack.wait_for(lambda: _card(scene), seconds=60)
        assert card is not None
        with suppress(NotOnScreen):
            await scene.slack.press("ann", card, CONFIRM)
        await asyncio.sleep(LOOK_SECONDS * 3)  # as long as a person takes to see that it did not


def _card(scene: Scene) -> Message | None:
    return next((post for post in scene.posts() if asks(post)), None)


def asks(post: Message) -> bool:
    """Whether it is a card that waits for a yes."""
    buttons = [
        button
        for block in post.blocks
        if block["type"] == "actions"
        for button in block["elements"]
    ]
    return any(button.get("action_id") == CONFIRM for button in buttons)


async def _either(*works: Coroutine[Any, Any, Any]) -> None:
    """Until one of them is done; the others are given up."""
    tasks = [asyncio.create_task(work) for work in works]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
