"""The clouds page in a real browser: states that move, incidents that are played."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.window import Stage, Window

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def clouds(stage: Stage, window: Window) -> Page:
    """The clouds page, by the link in the workspace; it may not complain either."""
    async with window.page.context.expect_page() as opened:
        await window.page.get_by_role("link", name="Clouds").click()
    page = await opened.value
    page.on("console", lambda said: _hear(stage, said.type, said.text))
    page.on("pageerror", lambda error: stage.complaints.append(str(error)))
    await page.locator(".connection[data-state=open]").wait_for()
    return page


def _hear(stage: Stage, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        stage.complaints.append(f"{kind}: {text}")


def state(page: Page, task: str, says: str) -> Locator:
    """The row of a task, once it is in this state."""
    return page.get_by_role("row").filter(has=page.locator("code", has_text=task), has_text=says)


def switch(page: Page, cloud: str, title: str) -> Locator:
    return page.locator(f"[data-cloud={cloud}]").get_by_role("switch", name=title)


async def test_a_restart_is_seen_to_go_and_come_back(stage: Stage) -> None:
    """Typed in the workspace, the task has no stream here, and after some seconds it runs."""
    ann = await stage.window()
    page = await clouds(stage, ann)
    row = page.get_by_role("row").filter(has=page.locator("code", has_text="123"))
    assert "running" in await row.first.inner_text()
    await ann.send("/stream restart tencent 123")
    await state(page, "123", "inactive").wait_for()
    message = await ann.see("Accepted", "restart")
    request = page.locator("[data-cloud=tencent] .request", has_text="RestartLivePullStreamTask")
    assert await request.locator("code").inner_text() in await message.inner_text()
    assert "signature ok" in await request.inner_text()
    assert await request.locator(".verdict").inner_text() == "ok"
    await state(page, "123", "running active").wait_for()
    await ann.see("Running again", "restart")
    news = await page.locator("#news p").all_inner_texts()
    assert [line for line in news if "task 123:" in line] == [
        "Tencent: task 123: no stream",
        "Tencent: task 123: running",
    ]


async def test_a_switch_is_an_outcome_in_the_channel(stage: Stage) -> None:
    """Flipped with the keyboard: the next command is refused; flipped back: it is accepted."""
    ann = await stage.window()
    page = await clouds(stage, ann)
    arrears = switch(page, "tencent", "Account in arrears")
    await arrears.focus()
    await page.keyboard.press("Space")
    await page.locator("[data-cloud=tencent] .badge", has_text="1 incident on").wait_for()
    assert await arrears.get_attribute("aria-checked") == "true"
    assert await arrears.evaluate("node => node === document.activeElement")
    await ann.send("/stream restart tencent 123")
    await ann.see("Refused", "ResourceNotFound.StopService")
    await page.locator(".verdict[data-look=bad]", has_text="StopService").wait_for()
    await page.keyboard.press("Space")
    await page.locator("[data-cloud=tencent] .badge", has_text="calm").wait_for()
    await ann.send("/stream restart tencent 123")
    await ann.see("Accepted")


async def test_an_incident_for_one_request(stage: Stage) -> None:
    """It is on until the next request has met it; what the caller never heard is told."""
    ann = await stage.window()
    page = await clouds(stage, ann)
    card = page.locator("[data-cloud=tencent]")
    await card.get_by_label("A switch plays it").select_option("1")
    await switch(page, "tencent", "Drops the connection").click()
    await card.locator(".switch-left", has_text="1 left").wait_for()
    await ann.send("/stream restart tencent 123")
    await ann.see("Unknown")
    await card.locator(".verdict[data-look=warn]", has_text="ok, connection dropped").wait_for()
    await card.locator(".badge", has_text="calm").wait_for()


async def test_what_is_played_elsewhere_is_seen_here(stage: Stage) -> None:
    """Every window shows the same, and "Calm all" ends it for all."""
    ann = await stage.window()
    page, other = await clouds(stage, ann), await clouds(stage, ann)
    calm = page.get_by_role("button", name="Calm all")
    assert await calm.is_disabled()
    await switch(other, "alibaba", "Slow answers").click()
    await page.locator("[data-cloud=alibaba] .badge.on").wait_for()
    await calm.click()
    await other.locator("[data-cloud=alibaba] .badge", has_text="calm").wait_for()
    assert not stage.scene.clouds["alibaba"].incidents


async def test_a_deleted_task_goes_and_an_ended_one_ends(stage: Stage) -> None:
    """The row of the one is gone; the other's says so."""
    ann = await stage.window()
    page = await clouds(stage, ann)
    await ann.send("/stream delete tencent 456")
    await ann.press("Delete task 456")
    row = page.get_by_role("row").filter(has=page.locator("code", has_text="456"))
    await row.wait_for(state="detached")
    await ann.send("/stream stop trtc 1234")
    await ann.press("End task 1234")
    await state(page, "1234", "not found").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_it_is_shown_as_the_system_is(stage: Stage, theme: str) -> None:
    """Light or dark by itself, the other at the press of a button, and so it stays."""
    ann = await stage.window(color_scheme=theme)
    page = await clouds(stage, ann)

    async def ground() -> int:
        colour = await page.locator(".card").first.evaluate(
            "node => getComputedStyle(node).backgroundColor"
        )
        return int(str(colour).removeprefix("rgb(").split(",")[0])

    assert (await ground() > 128) is (theme == "light")
    await page.get_by_role("button", name="Light or dark").click()
    assert (await ground() > 128) is (theme == "dark")
    await page.reload()
    assert (await ground() > 128) is (theme == "dark")


async def test_it_fits_a_phone(stage: Stage) -> None:
    """Nothing is wider than the screen, and every control has a name."""
    ann = await stage.window()
    page = await clouds(stage, ann)
    await page.set_viewport_size({"width": 375, "height": 740})
    await ann.send("/stream restart tencent 123")
    await state(page, "123", "no stream").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") == 375
    tree = await page.locator("body").aria_snapshot()
    assert "- switch:" not in tree
    assert "- button:" not in tree
    assert "- combobox:" not in tree


async def test_another_start_is_told(stage: Stage) -> None:
    """With the token of another start nothing is shown but where the right address is."""
    context = await stage.context()
    page = await context.new_page()
    await page.goto(f"{stage.scene.workspace.url}/clouds/#token=other")
    await page.get_by_role("alert").filter(has_text="another start").wait_for()
    assert await page.locator(".card").count() == 0
