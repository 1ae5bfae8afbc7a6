"""A person before the page: one window, what it shows, what is typed and pressed there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.demo.furniture import Scene

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Locator, Page

__all__ = ["Stage", "Window"]

PATIENCE = 15_000.0
"""Milliseconds that anything may take to be seen."""


class Window:
    """One page in a browser, and the person before it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.locator("#composer")

    async def ready(self) -> None:
        """Wait until it shows the workspace."""
        for sign in ("#connection[data-how=open]", "#channels button", "#link-list a"):
            await self.page.locator(sign).first.wait_for(state="attached", timeout=PATIENCE)

    async def send(self, text: str) -> None:
        """Type, and press Enter."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    def message(self, *words: str) -> Locator:
        """The messages in the channel that show all of these."""
        found = self.page.locator("#channel .message")
        for one in words:
            found = found.filter(has_text=one)
        return found

    async def see(self, *words: str) -> Locator:
        """Wait for a message in the channel; the last one that shows all of these."""
        found = self.message(*words).last
        await found.wait_for(timeout=PATIENCE)
        return found

    async def press(self, label: str) -> None:
        """Press the newest button with this label in the channel."""
        button = self.page.locator("#channel").get_by_role("button", name=label, exact=True).last
        await button.click(timeout=PATIENCE)

    async def go(self, channel: str) -> None:
        """Click on a channel in the sidebar."""
        await self.page.locator("#sidebar .side-row", has_text=channel).first.click()
        await self.page.locator("#channel-name", has_text=channel).wait_for(timeout=PATIENCE)

    async def be(self, person: str) -> None:
        """Click on a person in the sidebar."""
        await self.page.locator("#people button", has_text=person).first.click()
        await self.page.locator("#people [aria-pressed=true]", has_text=person).wait_for()

    async def texts(self) -> list[str]:
        """What the messages of the channel say, from the oldest on."""
        return await self.page.locator("#channel .message .content").all_inner_texts()

    async def measure(self, script: str) -> Any:
        """What a script finds in the page."""
        return await self.page.evaluate(script)


class Stage:
    """The scene and every window that was opened on it."""

    def __init__(self, scene: Scene, browser: Browser, address: str) -> None:
        self.scene = scene
        self.address = address
        self.complaints: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    async def context(self, **options: Any) -> BrowserContext:
        """A browser of its own, with nothing in its memory."""
        context = await self._browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        return context

    async def window(self, person: str = "U123", **options: Any) -> Window:
        """Somebody opens the page in a browser of their own."""
        return await self.window_in(await self.context(**options), f"&as={person}")

    async def window_in(self, context: BrowserContext, fragment: str = "") -> Window:
        """The page in a new tab of a browser; whatever it complains of is kept."""
        page = await context.new_page()
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        window = Window(page)
        await page.goto(self.address + fragment)
        await window.ready()
        return window

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def sent(self, action: str) -> Sequence[str]:
        """The RequestIds of what one of the clouds was asked, in order."""
        return [
            seen.request_id
            for cloud in self.scene.clouds.values()
            for seen in cloud.requests
            if seen.action == action
        ]

    async def pictures(self, folder: Path, name: str) -> None:
        """What every window shows, into a folder."""
        folder.mkdir(exist_ok=True)
        pages = [page for context in self._contexts for page in context.pages]
        for number, page in enumerate(pages, start=1):
            await page.screenshot(path=folder / f"{name}-{number}.png")

    async def close(self) -> None:
        """Close every browser, before what they are connected to goes."""
        for context in self._contexts:
            await context.close()
