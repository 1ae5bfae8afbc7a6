"""The page itself: what it draws, how it is used, and what it bears."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from bot.reply import Mark
from bot.sandbox import ChannelKind, Content, Message
from bot.screens import Screens
from bot.slack.blocks import render
from tests.bot.test_screens import SCREENS, every_message, every_private_answer
from tests.e2e.window import Stage, Window

if TYPE_CHECKING:
    from playwright.async_api import WebSocketRoute

pytestmark = pytest.mark.asyncio(loop_scope="session")

CARD = "/stream delete tencent 456"


def post(stage: Stage, *blocks: Mapping[str, Any], text: str = "") -> Message:
    """The bot says this in #incidents, past Slack's own checks."""
    model = stage.scene.workspace.model
    content = Content(text=text, blocks=tuple(dict(block) for block in blocks))
    return model.post_as_bot(model.channel("incidents"), content, origin="api")


def section(text: str, **more: Any) -> dict[str, Any]:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(label: str, **more: Any) -> dict[str, Any]:
    """A button element."""
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": "go", "text": text, **more}


# What it draws


def everything_the_bot_says() -> list[dict[str, Any]]:
    """Every screen, ordinary and hostile, as the bot sends it to Slack."""
    screens: Screens = SCREENS
    replies = [screens.of(case.values[0]) for case in every_message()]
    replies += [case.values[0] for case in every_private_answer()]
    return [render(reply) for reply in replies]


def kinds(node: Any) -> Iterator[str]:
    """The type of every block, element and object in there."""
    for value in node.values() if isinstance(node, dict) else node:
        if isinstance(value, dict | list):
            yield from kinds(value)
    if isinstance(node, dict) and "type" in node:
        yield str(node["type"])


async def test_everything_that_the_bot_says_is_drawn(stage: Stage) -> None:
    """No block or element of any screen is unknown here, and every button is there."""
    payloads = everything_the_bot_says()
    said = [block for payload in payloads for block in payload.get("blocks", [])]
    assert set(kinds(said)) >= {"section", "context", "actions", "button", "mrkdwn"}
    ann = await stage.window()
    for payload in payloads:
        post(stage, *payload.get("blocks", []), text=payload["text"])
    await ann.page.wait_for_function(
        "count => document.querySelectorAll('#channel .message').length === count",
        arg=len(payloads),
    )
    assert await ann.page.locator("#channel .unknown").count() == 0
    buttons = sum(kind == "button" for kind in kinds(said))
    assert await ann.page.locator("#channel .actions .button").count() == buttons > 0


async def test_every_mark_has_its_emoji(stage: Stage) -> None:
    """The names of the bot's emoji are known, so that none is shown as :name:."""
    ann = await stage.window()
    for mark in Mark:
        post(stage, section(f":{mark.emoji}: *{mark.word}*"))
    await ann.see([*Mark][-1].word)
    assert await ann.page.locator("#channel .emoji").count() == len(Mark)


async def test_an_unknown_block_is_shown_with_its_json(stage: Stage) -> None:
    """It is not swallowed, nor is an unknown element in a known block."""
    ann = await stage.window()
    post(
        stage,
        {"type": "carousel", "elements": [{"title": "A <b>card</b>"}]},
        {"type": "actions", "elements": [{"type": "datepicker", "action_id": "when"}]},
    )
    message = await ann.see("Unknown block: carousel", "Unknown element: datepicker")
    shown = await message.locator("pre").first.inner_text()
    assert json.loads(shown)["elements"] == [{"title": "A <b>card</b>"}]


async def test_later_blocks_are_drawn_too(stage: Stage) -> None:
    """Tables, menus, headers, pictures, rich text: what an app may come to send."""
    ann = await stage.window()
    option = {"text": {"type": "plain_text", "text": "Status"}, "value": "status"}
    run = [{"type": "text", "text": "rich", "style": {"bold": True}}]
    post(
        stage,
        {"type": "header", "text": {"type": "plain_text", "text": "Heading"}},
        {"type": "divider"},
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a chart"},
        section("beside", accessory=button("Beside")),
        {
            "type": "actions",
            "elements": [
                {"type": "static_select", "action_id": "pick", "options": [option]},
                {"type": "overflow", "action_id": "more", "options": [option]},
            ],
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": "State"}]] * 2},
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": run}],
        },
    )
    message = await ann.see("Heading", "a chart", "Beside", "State", "rich")
    assert await message.locator(".unknown").count() == 0
    assert await message.locator("select, .overflow, th, hr, strong").count() == 5


async def test_text_never_becomes_markup(stage: Stage) -> None:
    """Whatever is typed or sent is shown to the letter; marks are Slack's and no others."""
    ann = await stage.window()
    hostile = '<img src=x onerror="alert(1)"> <script>alert(1)</script> &lt;b&gt; `<i>`'
    await ann.send(hostile)
    message = await ann.see("<script>")
    assert hostile.replace("`", "") in await message.inner_text()
    assert await message.locator("img, script, b, i").count() == 0
    post(stage, section("*bold* _thin_ ~gone~ `a*b*c` 2*3*4 <https://a.example/?b=1&amp;c=2|here>"))
    marked = await ann.see("bold")
    assert await marked.locator("strong, em, s, code, a").all_inner_texts() == [
        "bold",
        "thin",
        "gone",
        "a*b*c",
        "here",
    ]
    assert await marked.locator("a").get_attribute("href") == "https://a.example/?b=1&c=2"
    script = {"type": "link", "url": "javascript:alert(1)", "text": "and me"}
    post(
        stage,
        section("<javascript:alert(1)|press me> <data:text/html,x|me too>"),
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [script]}],
        },
    )
    assert await (await ann.see("press me", "and me")).locator("a").count() == 0


async def test_mentions_are_names(stage: Stage) -> None:
    """People, groups and channels by name; an edit of a plain text is marked."""
    ann = await stage.window()
    message = post(stage, text="<@U456> <!subteam^S123> <#C456> <!here> <@U000>")
    shown = await (await ann.see("@bob")).locator(".mention").all_inner_texts()
    assert shown == ["@bob", "@oncall", "#ops", "@here", "@U000"]
    stage.scene.workspace.model.edit(message, Content(text="changed"))
    await ann.see("changed", "(edited)")


async def test_a_dialog_asks_before_the_press(stage: Stage) -> None:
    """Escape and No tell the app nothing; the dialog has the app's words."""
    ann = await stage.window()
    plain = {"type": "plain_text"}
    confirm = {
        "title": {**plain, "text": "Really?"},
        "text": {"type": "mrkdwn", "text": "It *breaks* again."},
        "confirm": {**plain, "text": "Do it"},
        "deny": {**plain, "text": "No"},
        "style": "danger",
    }
    post(stage, {"type": "actions", "elements": [button("Restart", confirm=confirm)]})
    presses = 0

    def heard(url: str) -> None:
        nonlocal presses
        presses += url.endswith("/page/press")

    ann.page.on("request", lambda request: heard(request.url))
    dialog = ann.page.get_by_role("dialog", name="Really?")
    await ann.press("Restart")
    assert await dialog.locator("strong").inner_text() == "breaks"
    await ann.page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    await ann.press("Restart")
    await dialog.get_by_role("button", name="No").click()
    await dialog.wait_for(state="detached")
    assert presses == 0
    await ann.press("Restart")
    await dialog.locator(".button.danger", has_text="Do it").click()
    await dialog.wait_for(state="detached")
    await ann.page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    assert presses == 1


async def test_a_refused_message_is_shown_with_the_reason(stage: Stage) -> None:
    """What Slack tells only the app stands in the channel, as the page's own remark."""
    ann = await stage.window()
    slack = stage.scene.workspace
    api = (await stage.context()).request
    await api.post(
        f"{slack.api_url}chat.postMessage",
        headers={"Authorization": f"Bearer {slack.app.bot_token}"},
        data={"channel": "C123", "blocks": [{"type": "section"}]},
    )
    await ann.see('failed with "invalid_blocks"', "/blocks/0")


# How it is used


async def test_the_first_minute_puts_a_command_into_the_composer(stage: Stage) -> None:
    """A click types a suggestion, and hidden they stay hidden."""
    ann = await stage.window()
    strip = ann.page.locator("#tour")
    await strip.locator(".try").first.click()
    assert await ann.composer.input_value() == "/stream restart tencent 123"
    await ann.composer.press("Enter")
    await ann.see("Accepted")
    await ann.page.get_by_role("button", name="Hide the suggestions").click()
    await strip.wait_for(state="hidden")
    await ann.page.reload()
    await ann.ready()
    assert await strip.is_hidden()


async def test_the_composer_completes_commands(stage: Stage) -> None:
    """Command, verb, place and the tasks that are there; Tab takes, the usage is shown."""
    ann = await stage.window()
    words = ann.page.locator("#composer-words [role=option] .word")
    await ann.composer.press_sequentially("/s")
    assert await words.all_inner_texts() == ["/stream"]
    await ann.composer.press("Tab")
    await ann.composer.press_sequentially("rest")
    assert await words.all_inner_texts() == ["restart"]
    await ann.composer.press("Tab")
    assert {"tencent", "alibaba", "main-feed"} <= set(await words.all_inner_texts())
    assert "tencent 123" in await ann.page.locator("#composer-hint").inner_text()
    await ann.composer.press_sequentially("ten")
    await ann.composer.press("ArrowDown")
    await ann.composer.press("Enter")
    assert "123" in await words.all_inner_texts()
    await ann.composer.press_sequentially("123")
    assert await ann.composer.input_value() == "/stream restart tencent 123"
    await ann.composer.press("Enter")
    await ann.see("Accepted")


async def test_enter_sends_what_is_typed_not_what_is_suggested(stage: Stage) -> None:
    """A suggestion that was not picked is never sent."""
    ann = await stage.window()
    await ann.composer.press_sequentially("/stream restart tencent 12")
    await ann.page.locator("#composer-words [role=option]").first.wait_for()
    await ann.composer.press("Enter")
    await ann.see("12", "TaskNotExist")


async def test_arrow_up_brings_back_what_was_sent(stage: Stage) -> None:
    """The last first, then what was before it, and down again; also after a reload."""
    ann = await stage.window()
    for text in ("one", "two"):
        await ann.send(text)
        await ann.see(text)
    for key, text in (("ArrowUp", "two"), ("ArrowUp", "one"), ("ArrowDown", "two")):
        await ann.composer.press(key)
        assert await ann.composer.input_value() == text
    await ann.composer.fill("")
    await ann.page.reload()
    await ann.ready()
    await ann.composer.press("ArrowUp")
    assert await ann.composer.input_value() == "two"


async def test_a_reload_keeps_everything(stage: Stage) -> None:
    """Who one is, where, what was said, and what was not sent yet."""
    window = await stage.window()
    await window.be("bob")
    await window.go("ops")
    await window.send("/stream delete tencent 456")
    await window.see("Not allowed")
    await window.send("hello")
    await window.see("hello")
    await window.composer.fill("a draft")
    before = await window.texts()
    await window.page.reload()
    await window.ready()
    await window.see("hello")
    assert await window.texts() == before
    assert await window.page.locator("#people [aria-pressed=true] .side-name").inner_text() == "bob"
    assert await window.page.locator("#channel-name").inner_text() == "#ops"
    assert await window.composer.input_value() == "a draft"


async def test_the_keyboard_alone_is_enough(stage: Stage) -> None:
    """From the composer back to the card's button, and Enter presses it."""
    ann = await stage.window()
    keyboard = ann.page.keyboard
    await keyboard.type(CARD)
    await keyboard.press("Enter")
    await ann.see("Waiting for a yes")
    for _ in range(10):
        await keyboard.press("Shift+Tab")
        if await ann.measure("document.activeElement.textContent") == "Delete task 456":
            break
    outline = await ann.measure("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await keyboard.press("Enter")
    await ann.see("Accepted")
    await keyboard.press("Alt+ArrowDown")
    assert await ann.page.locator("#channel-name").inner_text() == "#ops"


async def test_a_screen_reader_finds_its_way(stage: Stage) -> None:
    """Landmarks, a log that is read out, and a name for everything that can be used."""
    ann = await stage.window()
    await ann.send(CARD)
    await ann.see("Waiting for a yes")
    page = ann.page
    for role, name in (
        ("navigation", "Channels and people"),
        ("main", "#incidents"),
        ("log", "Messages in #incidents"),
        ("combobox", "Message #incidents"),
        ("button", "Delete task 456"),
        ("link", "A second window as bob"),
    ):
        assert await page.get_by_role(role, name=name).count() == 1, (role, name)  # type: ignore[arg-type]  # a literal of theirs
    await page.locator("#channel [role=log][aria-live=polite]").wait_for()
    nameless = await ann.measure(
        "[...document.querySelectorAll('button, a, textarea, select')]"
        ".filter(e => e.checkVisibility() && !e.textContent.trim() && !e.ariaLabel).length"
    )
    assert nameless == 0


async def test_unread_messages_are_counted(stage: Stage) -> None:
    """A channel that one does not look at says how much is new there."""
    ann, bob = await stage.window("U123"), await stage.window("U456")
    await bob.go("ops")
    for text in ("one", "two"):
        await bob.send(text)
    count = ann.page.locator("[data-channel=C456] .count")
    await ann.page.wait_for_function(
        "() => document.querySelector('[data-channel=C456] .count')?.firstChild.data === '2'"
    )
    await ann.go("ops")
    await ann.see("two")
    assert await count.count() == 0


async def test_a_dm_with_the_bot_takes_commands(stage: Stage) -> None:
    """Everybody has their own, and nobody sees another's."""
    window = await stage.window()
    await window.page.locator("#directs .side-row").click()
    await window.send("/stream whoami")
    await window.see("U123")
    await window.be("bob")
    await window.page.locator("#directs .side-row").click()
    assert await window.message("U123").count() == 0
    direct = [c for c in stage.scene.workspace.model.channels.values() if c.name == ""]
    assert {channel.kind for channel in direct} == {ChannelKind.DIRECT}


# How it looks


async def luminance(window: Window) -> float:
    """Of the page's ground: 0 is black, 1 is white."""
    found = await window.measure(
        "getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number)"
    )
    return float(sum(found[:3]) / (3 * 255))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_theme_follows_the_system_and_the_toggle(stage: Stage, scheme: str) -> None:
    """The toggle turns it round, and a reload keeps what was chosen."""
    ann = await stage.window(color_scheme=scheme)
    dark = scheme == "dark"
    assert (await luminance(ann) < 0.5) is dark
    await ann.page.get_by_role("button", name="Light or dark").click()
    assert (await luminance(ann) < 0.5) is not dark
    await ann.page.reload()
    await ann.ready()
    assert (await luminance(ann) < 0.5) is not dark


CONTRASTS = """
() => {
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => {
      const part = c / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = {};
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const shown = node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!own || !shown || node.matches(".visually-hidden, .emoji, :disabled")) continue;
    const grounds = [];
    for (let up = node; up; up = up.parentElement) {
      grounds.unshift(getComputedStyle(up).backgroundColor);
    }
    const style = getComputedStyle(node);
    const value = ratio(light(grounds), light([...grounds, style.color]));
    const name = `${node.tagName}.${node.className}`;
    found[name] = Math.min(found[name] ?? 99, value);
  }
  return found;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_can_be_read(stage: Stage, scheme: str) -> None:
    """Every text stands out from its ground by 4.5 to 1 at least, as WCAG's AA asks."""
    ann = await stage.window(color_scheme=scheme, reduced_motion="reduce")
    for text in (CARD, "/stream help", "/stream restart tencent 123", "`code` *bold* @stream x"):
        await ann.send(text)
    await ann.see("Accepted")
    await ann.see("Only visible to you", "/stream VERB WHERE TASK")
    post(stage, {"type": "unknown"}, button("Go"))
    await ann.see("Unknown block")
    found = await ann.measure(CONTRASTS)
    assert len(found) > 20
    assert {name: value for name, value in found.items() if value < 4.5} == {}


async def test_a_phone_shows_one_thing_at_a_time(stage: Stage) -> None:
    """375 pixels: nothing is cut off, the sidebar is a drawer, a thread covers the channel."""
    ann = await stage.window(viewport={"width": 375, "height": 700}, has_touch=True)
    await ann.send(CARD)
    await ann.see("Waiting for a yes")
    assert await ann.measure("document.scrollingElement.scrollWidth") == 375
    overflowing = await ann.measure(
        "[...document.querySelectorAll('#channel .message *')]"
        ".filter(e => e.getBoundingClientRect().right > 375).length"
    )
    assert overflowing == 0
    assert not await ann.page.locator("#sidebar").is_visible()
    await ann.page.locator("#menu").tap()
    await ann.page.locator("#channels .side-row", has_text="ops").tap()
    assert await ann.page.locator("#channel-name").inner_text() == "#ops"
    await ann.page.locator("#sidebar").wait_for(state="hidden")
    await ann.send("a message")
    message = await ann.see("a message")
    await message.get_by_role("button", name="Reply in thread").tap()
    await ann.page.locator("#thread").wait_for()
    assert not await ann.page.locator("#composer").is_visible()
    await ann.page.get_by_role("button", name="Close the thread").tap()
    await ann.page.locator("#composer").wait_for()


# What it bears


async def test_forty_thousand_characters_break_nothing(stage: Stage) -> None:
    """The bot says what is too long; one character more and Slack does, and it is not lost."""
    ann = await stage.window()
    command = "/stream restart tencent "
    longest = command + "9" * (40_000 - len(command))
    await ann.send(longest)
    await ann.see("Not run", "characters")
    await ann.send(longest + "9")
    await ann.page.get_by_text("too long, by 1 characters (msg_too_long)").wait_for()
    assert len(await ann.composer.input_value()) == 40_001
    await ann.send("x" * 40_000)
    await ann.see("xxx")


@pytest.mark.parametrize(
    "garbage",
    ["/", "/stream", "/nothing at all", "\u202e\u0000\x1b[2J", "@", "🎥" * 500, "`*_~<>&"],
)
async def test_garbage_breaks_nothing(stage: Stage, garbage: str) -> None:
    """Whatever is typed, the page goes on."""
    ann = await stage.window()
    await ann.send(garbage)
    await ann.send("still here")
    await ann.see("still here")


async def test_two_thousand_messages_and_still_smooth(stage: Stage) -> None:
    """A key is drawn within a tenth of a second, and a new message takes its place at the end."""
    for number in range(2_000):
        if number % 2:
            post(stage, section(f":x: *Refused* · restart `{number}`"), section("why " * 40))
        else:
            post(stage, text=f"message {number}")
    ann = await stage.window()
    await ann.see("message 1998")
    assert await ann.page.locator("#channel .message").count() == 2_000
    await ann.measure(
        """() => {
          window.took = [];
          document.querySelector("#composer").addEventListener("keydown", () => {
            const at = performance.now();
            requestAnimationFrame(() => setTimeout(() => window.took.push(performance.now() - at)));
          }, true);
        }"""
    )
    await ann.composer.press_sequentially("/stream restart tencent 123 --reason smooth", delay=20)
    took: list[float] = await ann.measure("window.took")
    assert len(took) > 40
    assert statistics.median(took) < 100
    await ann.send("the last")
    assert await (await ann.see("the last")).evaluate(
        "node => { const box = node.getBoundingClientRect();"
        " return box.bottom <= document.querySelector('#composer').getBoundingClientRect().top; }"
    )


EVIL = """<!doctype html><title>evil</title><script>
const target = new URLSearchParams(location.search).get("target");
const token = new URLSearchParams(location.search).get("token");
const say = JSON.stringify({ person: "U123", channel: "C123", text: "from evil" });
const json = { "Content-Type": "application/json", "X-Page-Token": token };
const tries = {
  socket: () => new Promise((resolve) => {
    const socket = new WebSocket(target.replace("http", "ws") + "/page/socket");
    socket.onopen = () => socket.send(JSON.stringify({ token }));
    socket.onmessage = () => resolve("told");
    socket.onclose = () => resolve("closed");
  }),
  simple: () => fetch(target + "/page/say", { method: "POST", mode: "no-cors", body: say }),
  json: () => fetch(target + "/page/say", { method: "POST", headers: json, body: say }),
  play: () => fetch(target + "/clouds/incident", { method: "POST", headers: json, body: say }),
  read: () => fetch(target + "/page/hints", { headers: json }).then((answer) => answer.text()),
  slack: () => fetch(target + "/api/chat.postMessage?token=xoxb-sandbox&channel=C123&text=evil",
                     { mode: "no-cors" }),
  frame: () => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.src = target + "/";
    frame.onload = () => resolve(frame.contentDocument ? "own" : "blocked");
    document.body.append(frame);
  }),
};
window.results = (async () => {
  const all = {};
  for (const [name, attempt] of Object.entries(tries)) {
    all[name] = await attempt().then((r) => (typeof r === "string" ? r : r.type), () => "failed");
  }
  return all;
})();
</script><body>"""


async def test_another_origin_can_do_nothing(stage: Stage) -> None:
    """Even with the token, a page from elsewhere can neither listen, nor post, nor frame."""

    async def evil(_request: web.Request) -> web.Response:
        return web.Response(text=EVIL, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", evil)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    slack = stage.scene.workspace
    token = stage.address.partition("token=")[2]
    page = await (await stage.context()).new_page()
    framed: list[str] = []
    page.on("console", lambda said: framed.append(said.text))
    await page.goto(f"http://127.0.0.1:{port}/?target={slack.url}&token={token}")
    results = await page.evaluate("window.results")
    await page.close()
    await runner.cleanup()
    refused = dict.fromkeys(("json", "play", "read"), "failed")
    assert results.items() >= {"socket": "closed", **refused}.items()
    assert any("frame-ancestors" in text for text in framed)
    assert slack.messages("incidents") == []


async def test_an_address_of_another_start_says_so(stage: Stage) -> None:
    """With a wrong token, or none, the page tells what to open and shows nothing."""
    context = await stage.context()
    for fragment, says in (("#token=old", "of an earlier start"), ("", "lacks its token")):
        page = await context.new_page()  # its console complains of the refused request, rightly
        await page.goto(stage.address.partition("#")[0] + fragment)
        await page.locator("#trouble", has_text=says).wait_for()
        assert await page.locator("#channels button").count() == 0


async def test_a_lost_connection_is_told_and_found_again(stage: Stage) -> None:
    """The socket breaks; the page says so, connects again and has missed nothing."""
    sockets: list[WebSocketRoute] = []
    let_through = True

    def between(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if let_through:
            socket.connect_to_server()

    context = await stage.context()
    await context.route_web_socket("**/page/socket", between)
    ann = await stage.window_in(context)
    let_through = False
    await sockets[-1].close()
    await ann.page.locator("#trouble", has_text="does not answer").wait_for()
    post(stage, text="said meanwhile")
    let_through = True
    await sockets[-1].close()
    await ann.see("said meanwhile")
    await ann.page.locator("#trouble").wait_for(state="hidden")
