"""The demo's scene and a real headless Chromium, in which people are played.

One browser for all tests; a scene and new windows for each. A test that fails leaves a picture of
every window in test-artifacts/.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot.demo.furniture import Scene
from bot.demo.page import add_pages, address
from bot.settings import Settings
from tests.e2e.window import Stage

if TYPE_CHECKING:
    from playwright.async_api import Browser

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "patience(seconds): how long a card waits for a yes")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember for the fixtures whether the test failed."""
    report = yield
    if getattr(report, "when", "") == "call":
        item.stash[_FAILED] = bool(getattr(report, "failed", False))
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's own; Playwright brings no browser."""
    playwright = pytest.importorskip(
        "playwright.async_api", reason="needs Playwright: pip install playwright"
    )
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        await browser.close()


class HastyScene(Scene):
    """As the demo's, but a card waits as long as the test wants."""

    confirm_seconds: float | None = None

    def settings(self) -> Settings:
        """The demo's, with another time for a yes."""
        settings = super().settings()
        if self.confirm_seconds is None:
            return settings
        sooner = settings.timeouts.model_copy(update={"confirm_seconds": self.confirm_seconds})
        return settings.model_copy(update={"timeouts": sooner})


@pytest_asyncio.fixture(loop_scope="session")
async def stage(
    request: pytest.FixtureRequest,
    chromium: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Stage]:
    """A running scene to open windows on. In the end no window may have complained.

    The marker `patience(seconds)` says how long a card waits for a yes.
    """
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)  # slack_sdk would send loopback calls there
    scene = HastyScene(tmp_path / "demo.db")
    if patience := request.node.get_closest_marker("patience"):
        scene.confirm_seconds = patience.args[0]
    guard = add_pages(scene)
    async with scene:
        stage = Stage(scene, chromium, address(scene, guard))
        yield stage
        if request.node.stash.get(_FAILED, False):
            await stage.pictures(ARTIFACTS, re.sub(r"\W+", "-", request.node.name))
        await stage.close()
    assert stage.complaints == []
