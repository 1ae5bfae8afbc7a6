"""The workspace's page over HTTP: who may use it, what it tells, what it does."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.sandbox import Content, ManualClock, Message, SlashCommand, Workspace
from bot.sandbox.page import Extras, Guard, Suggestion, Word, WorkspacePage
from bot.sandbox.page.guard import HEADERS, TOKEN_HEADER

TOKEN = "token-of-this-start"
STATIC = Path(__file__).parents[3] / "bot" / "sandbox" / "page" / "static"
EXTRAS = Extras(
    title="Test",
    about={"U1": "on call"},
    tour=(Suggestion("/stream help", "helps"),),
    words={"/stream": (Word("help", "helps", (Word("me"),)),)},
)


@pytest.fixture
async def slack(clock: ManualClock) -> AsyncIterator[Workspace]:
    """A workspace with its page; #ops is only ann's, and no app is connected."""
    commands = [SlashCommand("/stream", "Does things", "VERB WHERE")]
    workspace = Workspace(bot_name="stream", clock=clock, commands=commands)
    guard = Guard(TOKEN)
    guard.watch(workspace.web_app)
    WorkspacePage(workspace, guard, lambda: EXTRAS)
    async with workspace:
        workspace.add_person("ann", id="U1")
        workspace.add_person("bob", id="U2", is_restricted=True)
        workspace.add_channel("incidents", id="C1", members=["ann", "bob"])
        workspace.add_channel("ops", id="C2", members=["ann"])
        yield workspace


class Browser:
    """What a browser with the page's address can ask."""

    def __init__(self, slack: Workspace, session: aiohttp.ClientSession) -> None:
        self.slack = slack
        self.session = session
        self.headers = {TOKEN_HEADER: TOKEN, "Origin": slack.url}

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        async with self.session.post(
            self.slack.url + path, json=body, headers=self.headers | headers
        ) as answer:
            return answer.status, await answer.json()

    async def status(self, method: str, path: str, headers: Mapping[str, str]) -> int:
        url = URL(self.slack.url + path, encoded=True)  # as it is, dots and all
        async with self.session.request(method, url, headers=headers) as answer:
            assert dict(HEADERS).items() <= dict(answer.headers).items()
            return answer.status

    async def look(self, person: str) -> aiohttp.ClientWebSocketResponse:
        socket = await self.session.ws_connect(f"{self.slack.url}/page/socket")
        await socket.send_json({"token": TOKEN, "person": person})
        return socket


@pytest.fixture
def browser(slack: Workspace, session: aiohttp.ClientSession) -> Browser:
    return Browser(slack, session)


async def heard(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """What the page is told next."""
    told: dict[str, Any] = await socket.receive_json(timeout=5)
    return told


# Who may


@pytest.mark.parametrize(
    ("asked", "headers", "status"),
    [
        ("GET /", {}, 200),
        ("GET /page/static/main.js", {}, 200),
        ("GET /page/static/../guard.py", {}, 404),
        ("GET /page/static/..%2Fguard.py", {}, 404),
        ("GET /page/hints", {}, 401),
        ("GET /page/hints", {TOKEN_HEADER: "another"}, 401),
        ("GET /page/hints", {TOKEN_HEADER: "tökèn"}, 401),
        ("GET /page/hints", {TOKEN_HEADER: TOKEN}, 200),
        ("GET /page/hints", {TOKEN_HEADER: TOKEN, "Host": "evil.example"}, 403),
        ("GET /", {"Host": "evil.example"}, 403),
        ("GET /", {"Host": "127.0.0.1"}, 403),
        ("GET /", {"Host": "127.0.0.1:1"}, 403),
        ("GET /", {"Host": "localhost:{port}"}, 200),
        ("GET /", {"Host": "[::1]:{port}"}, 200),
        ("GET /", {"Host": "localhost.evil.example:{port}"}, 403),
        ("GET /page/hints", {TOKEN_HEADER: TOKEN, "Origin": "http://evil.example"}, 403),
        ("GET /page/hints", {TOKEN_HEADER: TOKEN, "Origin": "null"}, 403),
        ("GET /page/hints", {TOKEN_HEADER: TOKEN, "Origin": "http://localhost:{port}"}, 403),
        ("GET /page/hints", {TOKEN_HEADER: TOKEN, "Origin": "https://127.0.0.1:{port}"}, 403),
        ("GET /page/hints", {TOKEN_HEADER: TOKEN, "Origin": "http://127.0.0.1:{port}"}, 200),
        ("POST /page/say", {TOKEN_HEADER: TOKEN, "Content-Type": "text/plain"}, 415),
        ("POST /page/say", {TOKEN_HEADER: TOKEN}, 415),
        ("POST /page/say", {"Content-Type": "application/json"}, 401),
        ("POST /page/say", {TOKEN_HEADER: TOKEN, "Content-Type": "application/json"}, 400),
        ("OPTIONS /page/say", {"Origin": "http://evil.example"}, 403),
        ("POST /page/nothing", {TOKEN_HEADER: TOKEN, "Content-Type": "application/json"}, 404),
    ],
)
async def test_only_the_browser_with_the_token_gets_in(
    slack: Workspace, browser: Browser, asked: str, headers: dict[str, str], status: int
) -> None:
    """Exact Host and Origin, JSON and the token; every answer carries the security headers."""
    port = slack.url.rpartition(":")[2]
    given = {name: value.replace("{port}", port) for name, value in headers.items()}
    method, path = asked.split()
    assert await browser.status(method, path, given) == status


async def test_slacks_own_addresses_keep_their_own_tokens(
    slack: Workspace, session: aiohttp.ClientSession
) -> None:
    """The guard is not in the way of an app, which knows nothing of the page."""
    async with session.post(f"{slack.url}/api/auth.test", headers={"Origin": "x"}) as answer:
        assert await answer.json() == {"ok": False, "error": "not_authed"}


@pytest.mark.parametrize(
    "first", ["", "{}", "no JSON", "[" * 100_000, '{"token": 1}', '{"token": "another"}', "null"]
)
async def test_a_socket_without_the_token_is_told_nothing(
    slack: Workspace, session: aiohttp.ClientSession, first: str
) -> None:
    """Its first message has to hold the token; otherwise it is closed."""
    async with session.ws_connect(f"{slack.url}/page/socket") as socket:
        await socket.send_str(first)
        answer = await socket.receive(timeout=5)
        assert answer.type is aiohttp.WSMsgType.CLOSE
        assert answer.data in (4401, 1009)  # not allowed, or too long to be looked at


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
async def test_a_socket_from_elsewhere_is_not_opened(
    slack: Workspace, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    """Another origin in the same browser does not even get to say the token."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await session.ws_connect(f"{slack.url}/page/socket", headers=headers)
    assert refused.value.status == 403


# What is told


async def test_a_person_is_told_what_that_person_sees(slack: Workspace, browser: Browser) -> None:
    """Members' channels, everybody's messages and one's own ephemerals; of the rest nothing."""
    model = slack.model
    everybody = model.post(
        model.channel("C1"), Content(text="for all"), author="U1", origin="person"
    )
    model.tell(model.channel("C1"), "U1", "for ann")
    model.tell(model.channel("C1"), "U2", "for bob")
    model.post(model.channel("C2"), Content(text="in ops"), author="U1", origin="person")
    told = await heard(await browser.look("U2"))
    assert told["directory"]["me"] == "U2"
    assert [channel["id"] for channel in told["directory"]["channels"]] == ["C1"]
    assert [message["text"] for message in told["messages"]] == ["for all", "for bob"]
    assert told["messages"][0]["ts"] == everybody.ts


async def test_every_change_comes_live(slack: Workspace, browser: Browser) -> None:
    """Posted, edited, deleted: each is told as the message then is."""
    socket = await browser.look("U2")
    await heard(socket)
    message = slack.model.post(
        slack.model.channel("C1"), Content(text="one"), author="U1", origin="person"
    )
    assert [m["text"] for m in (await heard(socket))["messages"]] == ["one"]
    slack.model.edit(message, Content(text="two"))
    [edited] = (await heard(socket))["messages"]
    assert (edited["text"], edited["edited"], edited["version"]) == ("two", True, 2)
    slack.model.delete(message)
    [deleted] = (await heard(socket))["messages"]
    assert deleted == {"ts": message.ts, "channel": "C1", "deleted": True}


async def test_an_ephemeral_message_comes_to_one_person(slack: Workspace, browser: Browser) -> None:
    """Live as well: bob's window hears nothing of what is for ann alone."""
    ann, bob = await browser.look("U1"), await browser.look("U2")
    await heard(ann)
    await heard(bob)
    channel = slack.model.channel("C1")
    slack.model.tell(channel, "U1", "for ann")
    slack.model.post(channel, Content(text="for all"), author="U1", origin="person")
    assert [m["text"] for m in (await heard(bob))["messages"]] == ["for all"]
    [whisper, _] = (await heard(ann))["messages"]
    assert (whisper["text"], whisper["private"]) == ("for ann", True)


async def test_a_slow_window_gets_the_last_of_many_edits(
    slack: Workspace, browser: Browser
) -> None:
    """What was not told yet is told once, as it is then."""
    socket = await browser.look("U1")
    await heard(socket)
    channel = slack.model.channel("C1")
    message = slack.model.post(channel, Content(text="0"), author="U1", origin="person")
    for number in range(1, 500):
        slack.model.edit(message, Content(text=str(number)))
    [told] = (await heard(socket))["messages"]
    assert told["text"] == "499"


async def test_a_refused_message_is_shown_with_slacks_reason(
    slack: Workspace, browser: Browser, session: aiohttp.ClientSession
) -> None:
    """Slack tells only the app why; the page tells it who is in the channel, also later."""
    socket = await browser.look("U1")
    await heard(socket)
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]
    async with session.post(
        f"{slack.url}/api/chat.postMessage",
        json={"channel": "C1", "blocks": blocks},
        headers={"Authorization": f"Bearer {slack.app.bot_token}"},
    ) as answer:
        assert (await answer.json())["error"] == "invalid_blocks"
    [refusal] = (await heard(socket))["refusals"]
    assert refusal["channel"] == "C1"
    assert 'chat.postMessage failed with "invalid_blocks": ' in refusal["text"]
    assert "/blocks/0/text/text" in refusal["text"]
    assert (await heard(await browser.look("U1")))["refusals"] == [refusal]


async def test_new_people_and_channels_are_told(slack: Workspace, browser: Browser) -> None:
    """A window that is open learns of a channel that its person is let into."""
    socket = await browser.look("U2")
    await heard(socket)
    slack.invite("C2", "bob")
    told = await heard(socket)
    assert [channel["id"] for channel in told["directory"]["channels"]] == ["C1", "C2"]


async def test_the_hints_are_the_scenes(
    slack: Workspace, session: aiohttp.ClientSession, browser: Browser
) -> None:
    """Title, suggestions and the words after a command come from whoever furnished it."""
    async with session.get(f"{slack.url}/page/hints", headers=browser.headers) as answer:
        told = await answer.json()
    assert told["title"] == "Test"
    assert told["tour"] == [{"text": "/stream help", "about": "helps"}]
    assert told["words"]["/stream"][0]["then"] == [{"text": "me", "about": "", "then": []}]


# What is done


async def test_a_person_writes_in_a_channel_and_in_a_thread(
    slack: Workspace, browser: Browser
) -> None:
    """A message is that person's; a reply to a reply lands in the same thread."""
    say = {"person": "U1", "channel": "C1", "text": " hello <b> "}
    assert await browser.post("/page/say", say) == (200, {"shown": ""})
    [message] = slack.messages("C1")
    assert (message.author, message.text) == ("U1", "hello &lt;b&gt;")
    await browser.post("/page/say", {**say, "thread": message.ts})
    [reply] = slack.thread(message)
    await browser.post("/page/say", {**say, "thread": reply.ts})
    assert len(slack.thread(message)) == 2


async def test_a_command_without_an_app_fails_as_in_slack(
    slack: Workspace, browser: Browser
) -> None:
    """Nobody is connected, so Slack says that it could not be brought."""
    await browser.post("/page/slash", {"person": "U1", "channel": "C1", "text": "/stream help"})
    [told] = slack.ephemerals("U1", "C1")
    assert told.text.startswith("/stream failed with the error")


@pytest.mark.parametrize(
    ("path", "changed", "status", "says"),
    [
        ("say", {"text": ""}, 400, "nothing to send"),
        ("say", {"text": "  \n "}, 400, "nothing to send"),
        ("say", {"text": 5}, 400, "nothing to send"),
        ("say", {"text": "x" * 40_001}, 413, "too long, by 1 characters (msg_too_long)"),
        ("say", {"person": "U9"}, 404, "person is not here"),
        ("say", {"person": "U0SANDBOX"}, 404, "person is not here"),
        ("say", {"person": ["U1"]}, 404, "person is not here"),
        ("say", {"channel": "C9"}, 404, "channel is not here"),
        ("say", {"person": "U2", "channel": "C2"}, 409, "not in that channel"),
        ("say", {"thread": "1.2"}, 404, "message is not there"),
        ("slash", {"text": "help"}, 400, "begins with a slash"),
        ("press", {"ts": "1.2", "action_id": "go"}, 404, "message is not there"),
    ],
)
async def test_what_cannot_be_done_is_said(
    browser: Browser, path: str, changed: dict[str, Any], status: int, says: str
) -> None:
    """A sentence to show, and nothing was done."""
    asked = {"person": "U1", "channel": "C1", "text": "hello", **changed}
    answered, body = await browser.post(f"/page/{path}", asked)
    assert answered == status
    assert says in body["error"]
    assert browser.slack.messages("C1") == []


async def test_a_command_in_a_thread_is_refused_as_in_slack(
    slack: Workspace, browser: Browser
) -> None:
    """Slack's own words; the app hears nothing."""
    asked = {"person": "U1", "channel": "C1", "text": "/stream help", "thread": "1.2"}
    _, body = await browser.post("/page/slash", asked)
    assert body == {"shown": "/stream is not supported in threads. Sorry!"}
    assert slack.ephemerals("U1", "C1") == []


async def test_forty_thousand_characters_are_taken(slack: Workspace, browser: Browser) -> None:
    """Slack's longest message, with each character escaped in the JSON."""
    text = "\N{VIDEO CAMERA}" * 40_000
    status, _ = await browser.post("/page/say", {"person": "U1", "channel": "C1", "text": text})
    assert status == 200
    assert slack.messages("C1")[0].text == text


async def test_a_body_without_bounds_is_refused(slack: Workspace, browser: Browser) -> None:
    """A megabyte is more than anything needs."""
    headers = browser.headers | {"Content-Type": "application/json"}
    async with browser.session.post(
        f"{slack.url}/page/say", data=io.BytesIO(b'"' + b"x" * 2_000_000), headers=headers
    ) as answer:
        assert answer.status == 413


def button(slack: Workspace) -> Message:
    """A message with one button, for everybody."""
    element = {
        "type": "button",
        "action_id": "go",
        "value": "ticket",
        "text": {"type": "plain_text", "text": "Go"},
    }
    blocks = ({"type": "actions", "elements": [element]},)
    return slack.model.post_as_bot(
        slack.model.channel("C1"), Content(text="card", blocks=blocks), origin="api"
    )


async def test_a_press_shows_slacks_complaint_beside_the_button(
    slack: Workspace, browser: Browser
) -> None:
    """No app is connected, so the press fails, and nothing is said in the channel."""
    card = button(slack)
    press = {"person": "U1", "channel": "C1", "ts": card.ts, "action_id": "go", "value": "ticket"}
    status, body = await browser.post("/page/press", press)
    assert status == 200
    assert body["shown"] == "Something went wrong. Please try again."


async def test_a_button_that_is_gone_cannot_be_pressed(slack: Workspace, browser: Browser) -> None:
    """Nor one that never was, nor one of a message for somebody else."""
    card = button(slack)
    press = {"person": "U1", "channel": "C1", "ts": card.ts, "action_id": "go"}
    gone = (200, {"shown": "That is not on your screen any more."})
    for changed in ({"action_id": "stay"}, {"value": "forged"}):
        assert await browser.post("/page/press", {**press, **changed}) == gone
    slack.model.edit(card, Content(text="done"))
    assert await browser.post("/page/press", press) == gone
    whisper = slack.model.tell(slack.model.channel("C1"), "U2", "for bob")
    assert await browser.post("/page/press", {**press, "ts": whisper.ts}) == gone


async def test_what_was_begun_goes_on_when_the_page_is_closed(
    slack: Workspace, clock: ManualClock
) -> None:
    """A command is on its way, the browser goes, and Slack's complaint is there all the same."""
    taken = asyncio.Event()

    async def never_acks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        taken.set()
        await reader.read()  # until the other side gives up
        writer.close()

    async with await asyncio.start_server(never_acks, "127.0.0.1", 0) as app:
        slack.request_url = f"http://127.0.0.1:{app.sockets[0].getsockname()[1]}/"
        async with aiohttp.ClientSession() as session:
            page = Browser(slack, session)
            asked = {"person": "U1", "channel": "C1", "text": "/stream help"}
            posting = asyncio.ensure_future(page.post("/page/slash", asked))
            await taken.wait()
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
        await clock.asleep()
        await clock.advance(3)
        [told] = await slack.wait_for(lambda: slack.ephemerals("U1", "C1"))
    assert told.text.startswith("/stream failed because the app did not respond")


# The files


@pytest.mark.parametrize("file", sorted(STATIC.glob("*.js")), ids=lambda file: file.name)
def test_no_text_can_become_markup(file: Path) -> None:
    """The page is built of nodes; nothing that parses markup or code is named in it."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
        r"|setHTML|srcdoc|\beval\b|new Function|javascript:"
    )
    assert forbidden.findall(file.read_text(encoding="utf-8")) == []


def test_the_page_has_no_code_inside() -> None:
    """The content security policy forbids scripts, styles and handlers within the HTML."""
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html) == []


def test_the_page_loads_nothing_from_elsewhere() -> None:
    """Every address in its files is its own."""
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8")
        loaded = re.findall(r"(?:src|href)=\"([^\"#]+)\"|from \"([^\"]+)\"|url\(([^)]+)\)", text)
        names = {name for found in loaded for name in found if name}
        assert {n for n in names if not n.startswith(("/page/static/", "./"))} == set(), file.name
