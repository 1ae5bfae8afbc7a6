"""The demo: what is typed in the terminal, and what the terminal shows."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.demo.drawn import drawn
from bot.demo.furniture import CHANNELS, PEOPLE, Scene
from bot.demo.keyboard import lines
from bot.demo.paper import Paper
from bot.demo.terminal import Terminal
from bot.demo.typed import Be, Calm, Go, Help, Mistake, Play, Press, Quit, Say, Typed, read
from bot.demo.view import View
from bot.demo.words import INCIDENTS, help_text
from bot.reply import Mark
from bot.sandbox import Content, Workspace
from providers.catalogue import discover
from providers.operation import Verb
from providers.simulator import Incident
from tests.bot.quick import QuickScene

ROOT = Path(__file__).parents[2]
VENDORS = {"tencent": "tencent", "trtc": "tencent", "alibaba": "alibaba"}
DEMO = (sys.executable, "-m", "bot", "demo", "--no-page")
READS = ("Describe", "Get", "List")
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes them away; slack_sdk would send loopback calls there."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
async def scene(tmp_path: Path, _no_proxy: None) -> AsyncIterator[Scene]:
    async with Scene(tmp_path / "demo.db") as built:
        yield built


async def typing(*typed: str) -> AsyncIterator[str]:
    for line in typed:
        yield line


async def shown(scene: Scene, *typed: str) -> str:
    """What the terminal shows when these lines are typed one after the other."""
    out = io.StringIO()
    await Terminal(scene, Paper(out, terminal=False), echo=True).play(typing(*typed))
    return out.getvalue()


# What is typed


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("", None),
        ("   ", None),
        ("/stream restart tencent 123", Say("/stream restart tencent 123")),
        ("  @stream help  ", Say("@stream help")),
        ("hello", Say("hello")),
        ("/unknown", Say("/unknown")),
        ("1", Press(1)),
        ("press 2", Press(2)),
        ("[2]", Press(2)),
        ("0", Say("0")),
        ("12", Press(12)),
        ("123", Say("123")),
        ("١", Say("١")),
        ("/as bob", Be("bob")),
        ("/as @Bob", Be("bob")),
        ("/in #ops", Go("ops")),
        ("/in ops", Go("ops")),
        ("/play hang", Play(Incident.HANG, None)),
        ("/play ARREARS trtc", Play(Incident.ARREARS, "tencent")),
        ("/calm", Calm()),
        ("/help", Help()),
        ("/quit", Quit()),
        ("/exit", Quit()),
    ],
)
def test_a_line_means_one_thing(line: str, meant: Typed | None) -> None:
    """The demo's own words are few; whatever else is typed goes to the channel as it is."""
    assert read(line, VENDORS) == meant


@pytest.mark.parametrize(
    "line",
    ["/as", "/as ann bob", "/in", "/play", "/play fire", "/play hang nowhere", "/calm now"],
)
def test_a_slip_in_the_demos_own_words_is_told(line: str) -> None:
    """A command of the demo that is not complete says how it goes, and goes nowhere."""
    assert isinstance(read(line, VENDORS), Mistake)


def test_the_help_has_everything() -> None:
    """Every person, channel and incident that there is can be read about."""
    text = help_text()
    words = [who.name for who in PEOPLE] + [f"#{room.name}" for room in CHANNELS] + [*Incident]
    assert [word for word in words if f" {word} " not in text] == []
    assert set(INCIDENTS) == set(Incident)


# What is shown


async def test_a_message_is_drawn_in_plain_lines() -> None:
    """Marks are taken away, buttons are numbered, and nothing that a terminal obeys is left."""
    async with Workspace(bot_name="stream") as slack:
        slack.add_person("ann", id="U1")
        channel = slack.add_channel("incidents", members=["ann"])
        said = {"type": "mrkdwn", "text": ":x: *Refused* · `a*b*c` 2*3*4 \x1b[2Jgone :unknown:"}
        buttons = [
            {"type": "button", "action_id": name, "text": {"type": "plain_text", "text": name}}
            for name in ("yes", "no")
        ]
        message = slack.model.post(
            channel,
            Content(
                text="Refused",
                blocks=(
                    {"type": "section", "text": said},
                    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Region*\nhere"}]},
                    {"type": "actions", "elements": buttons},
                ),
            ),
            author=slack.app.user_id,
            origin="api",
        )
        heading, *body = drawn(message, slack.model, colours=False).split("\n")
        assert re.fullmatch(r"stream · \d\d:\d\d:\d\d UTC", heading)
        assert body == [
            "  ❌ Refused · a*b*c 2*3*4  [2Jgone :unknown:",
            "  Region: here",
            "  [1] yes  [2] no",
        ]
        assert "\x1b[1mRefused\x1b[0m" in drawn(message, slack.model, colours=True)


async def test_every_mark_of_the_bot_has_its_picture() -> None:
    """No emoji of the bot's own is left as a word between colons."""
    async with Workspace(bot_name="stream") as slack:
        channel = slack.add_channel("incidents")
        for mark in Mark:
            content = Content(text=f":{mark.emoji}: *{mark.word}*")
            message = slack.model.post(channel, content, author=slack.app.user_id, origin="api")
            assert ":" not in drawn(message, slack.model, colours=False).split("\n")[1]


def test_a_prompt_makes_room() -> None:
    """What arrives while somebody types is printed above the prompt, which then stands again."""
    out = io.StringIO()
    paper = Paper(out, terminal=True)
    paper.prompt("ann> ")
    paper.print("news")
    paper.entered()
    paper.print("done")
    paper.leave()
    assert out.getvalue() == "ann> \r\x1b[Knews\nann> done\n"


# The story


async def test_the_five_commands_work_as_the_readme_prints_them(scene: Scene) -> None:
    """Each seeded task takes its command, and ends with the RequestId of its one call."""
    text = await shown(
        scene,
        "/stream restart tencent 123",
        "/stream delete tencent 456",
        "1",
        "/stream stop trtc -gCTFWtU7t7D+rTEL2p6_vnZV4.vRaRm5zJ3tEiSY+Rcfy.. --app 1400000000",
        "press 1",
        "/stream restart alibaba 6f869419-0692-4fd5-8cf0-66cab6590001",
        "/stream stop volcengine f831f3b0a1b2c3d4e5f61aa4dcf7621",
        "1",
    )
    ends = dict.fromkeys(re.findall(r"📥 Accepted.*\n.*\n.*RequestId (\S+)", text))
    asked = [seen for cloud in scene.clouds.values() for seen in cloud.requests]
    changes = {s.request_id: s.action for s in asked if not s.action.startswith(READS)}
    assert [changes[request_id] for request_id in ends] == [
        "RestartLivePullStreamTask",
        "DeleteLivePullStreamTask",
        "StopStreamIngest",
        "RestartLivePullToPush",
        "StopPullRecordTask",
    ]
    assert len(changes) == 5


async def test_every_example_of_the_help_is_there(scene: Scene) -> None:
    """The tasks in the examples that `/stream help` prints are in the demo's clouds."""
    for kind in discover().kinds:
        assert scene.clouds[kind.provider].task(kind.name, kind.example), kind.where


RUNS = {"status": "Running", "stop": "Stopped", "start": "Started", "restart": "Running again"}
STOPPED = {**RUNS, "status": "Stopped"}
DEAD = {**RUNS, "start": "Not back", "restart": "Not back"}
GONE = {"delete": "Deleted"}
ONCE = {"status": "Running", "stop": "Ended"}

SEEDED = {
    ("tencent:pull", "123"): RUNS | GONE,
    ("tencent:pull", "456"): RUNS | GONE,
    ("tencent:pull", "777"): RUNS | GONE,
    ("tencent:pull", "789"): DEAD | GONE,
    ("tencent:ingest", "1234"): ONCE,
    ("tencent:ingest", "-gCTFWtU7t7D+rTEL2p6_vnZV4.vRaRm5zJ3tEiSY+Rcfy.."): ONCE,
    ("alibaba:relay", "6f869419-0692-4fd5-8cf0-66cab6590001"): RUNS | GONE,
    ("alibaba:relay", "6f869419-0692-4fd5-8cf0-66cab6590002"): {
        **STOPPED,
        "stop": "Already so",
        **GONE,
    },
    ("volcengine:record", "f831f3b0a1b2c3d4e5f61aa4dcf7621"): ONCE,
    ("volcengine:record", "f831f3b0aaaabbbb1aa4dcf7621"): ONCE,
    ("volcengine:record", "f831f3b0ccccdddd1aa4dcf7621"): ONCE,
    ("volcengine:relay", "8fde6aa0281d9f6e15e6059a6e242365"): RUNS | GONE,
    ("volcengine:relay", "8fde6aa0281d9f6e15e6059a6e242366"): STOPPED | GONE,
}
"""Every task of the demo: what is typed, in this order, and the word that it ends with."""


async def word_at_the_end(scene: Scene, verb: str, where: str, task: str) -> str:
    """What a command of ann's ends with. Whoever has to say yes to it says it."""
    slack = scene.workspace
    about = f"{where} `{task}`" if verb == "status" else f"{verb} · {where} `{task}`"
    heading = re.compile(rf"\*([^*]+)\* · {re.escape(about)}")

    def word(*on_the_way: str) -> str:
        """The newest word about it, unless it is one of these."""
        told = [*slack.messages("#incidents"), *slack.ephemerals("ann", "#incidents")]
        words = [found[1] for one in told if (found := heading.search(one.screen))]
        return words[-1] if words and words[-1] not in on_the_way else ""

    card, second = "Waiting for a yes", "Waiting for a second person"
    await slack.slash("ann", "#incidents", f"/stream {verb} {where} {task}")
    first = await slack.wait_for(lambda: word("Sending", "Accepted"), seconds=20)
    if first not in (card, second):
        return first
    waiting = View(slack).newest_card()
    assert waiting is not None
    message, (yes, *_) = waiting
    person = "bob" if first == second else "ann"
    await slack.press(person, message, yes.action_id, value=yes.value, label=yes.label)
    return await slack.wait_for(lambda: word(card, second, "Sending", "Accepted"), seconds=20)


@pytest.mark.usefixtures("_no_proxy")
async def test_every_verb_works_on_every_task(tmp_path: Path) -> None:
    """A restart is seen to recover, and one is seen not to. Each task has a demo of its own.

    All play at once, so a task stays down for longer than a busy machine takes for a look.
    """

    async def played(scene: Scene, where: str, task: str) -> dict[str, str]:
        verbs = SEEDED[where, task]
        return {verb: await word_at_the_end(scene, verb, where, task) for verb in verbs}

    async with AsyncExitStack() as stack:
        scenes = [
            await stack.enter_async_context(
                QuickScene(tmp_path / f"{n}.db", recovery=2.0, verify_seconds=5.0)
            )
            for n in range(len(SEEDED))
        ]
        plays = [played(scene, *task) for scene, task in zip(scenes, SEEDED, strict=True)]
        ends = await asyncio.gather(*plays)
    assert dict(zip(SEEDED, ends, strict=True)) == SEEDED


async def test_every_task_and_verb_is_in_that_table(scene: Scene) -> None:
    """What is seeded later, or a verb that a vendor is given later, is played as well."""
    seeded = {(f"{n}:{t.kind}", t.id) for n, cloud in scene.clouds.items() for t in cloud.tasks}
    assert seeded == set(SEEDED)
    for (where, _), verbs in SEEDED.items():
        known = {operation.verb for operation in discover().kind(where).operations}
        assert verbs.keys() == known - {Verb.LIST}


async def test_every_list_has_its_tasks(scene: Scene) -> None:
    """`/stream list` shows each task of the demo that a vendor can list."""
    slack = scene.workspace
    for kind in (kind for kind in discover().kinds if kind.operation(Verb.LIST)):
        await slack.slash("ann", "#incidents", f"/stream list {kind.where}")
        heading = f"*Tasks* · {kind.where}"

        def listed(heading: str = heading) -> str | None:
            told = [one.screen for one in slack.ephemerals("ann", "#incidents")]
            return next((screen for screen in told if heading in screen), None)

        screen = await slack.wait_for(listed)
        tasks = [task for where, task in SEEDED if where == kind.where]
        assert [task for task in tasks if task not in str(screen)] == []


async def test_a_protected_task_takes_two_people(scene: Scene) -> None:
    """ann asks and may not say yes herself; bob says it; the next line sees what came of it."""
    text = await shown(scene, "/stream restart main-feed", "1", "/as bob", "1")
    first, second = text.split("You are bob, the second engineer on call.")
    assert "[1] Restart task 777  [2] Decline  [3] Withdraw" in first
    assert re.search(r"only visible to you\n.*somebody else decides", first)
    assert "Accepted" not in first
    assert "· edited\n  📥 Accepted · restart · tencent:pull 777" in second


async def test_a_card_for_several_tasks_waits_for_its_button(scene: Scene) -> None:
    """The next line is read while the card waits; one press sends each of its tasks."""
    text = await shown(scene, "/stream delete tencent 123 456", "1")
    card, pressed = text.split("ann@#incidents> 1\n")
    assert "Nothing more was shown" not in text
    assert "Waiting for a yes · 2 tasks · delete · tencent:pull" in card
    assert "[1] Delete 2 tasks  [2] Cancel" in card
    assert "📥 Accepted · 2 tasks · delete · tencent:pull" in pressed
    assert not any(scene.clouds["tencent"].task("pull", task) for task in ("123", "456"))


async def test_cancel_is_a_button_too(scene: Scene) -> None:
    """The second button of a card is its second button; after it there is none to press."""
    text = await shown(scene, "/stream delete tencent 456", "2", "1")
    assert "Cancelled" in text
    assert text.endswith("There is no button here now.\n")
    assert scene.clouds["tencent"].task("pull", "456")


async def test_who_may_not_is_told(scene: Scene) -> None:
    """A guest, a stranger and a colleague who is not on call each hear why not, privately."""
    restart = "/stream restart tencent 123"
    text = await shown(scene, "/as gus", restart, "/as zoe", restart, "/as carol", restart)
    assert text.count("only visible to you") == 3
    assert "Guests and members of other workspaces" in text
    assert "does not serve your workspace" in text or "this workspace" in text
    assert "Allowed: members of oncall" in text


async def test_incidents_are_played_until_it_is_calm(scene: Scene) -> None:
    """An incident is at the vendor that was named and nowhere else, and ends with /calm."""
    relay = "/stream restart alibaba 6f869419-0692-4fd5-8cf0-66cab6590001"
    text = await shown(
        scene, "/play arrears trtc", "/stream restart tencent 123", relay, "/calm", relay
    )
    assert re.findall(r"(Refused|Accepted) · restart · (\w+)", text) == [
        ("Refused", "tencent"),
        ("Accepted", "alibaba"),
        ("Accepted", "alibaba"),
    ]
    assert all(not cloud.incidents for cloud in scene.clouds.values())


async def test_an_unknown_end_is_waited_for(scene: Scene) -> None:
    """Where the vendor drops the connection, the thread's word is shown before the next line."""
    text = await shown(scene, "/play drop tencent", "/stream restart tencent 123", "/calm")
    before_calm = text.split("/calm\n")[0].split("/stream restart")[1]
    assert "❔ Unknown" in before_calm
    assert "in a thread" in before_calm


async def test_channels_differ(scene: Scene) -> None:
    """#ops forbids deletes; #war-room has no bot, so a mention there says why nothing comes."""
    text = await shown(
        scene,
        "/in #ops",
        "/stream delete tencent 456",
        "/in war-room",
        "@stream restart tencent 123",
        "/stream restart tencent 123",
        "/in nowhere",
    )
    assert "Rule deny 1 forbids delete here" in text
    assert "The bot is not in this channel" in text
    assert "/invite @stream" in text
    assert "There is no #nowhere. There are #incidents, #ops, #war-room." in text


async def test_a_mention_is_answered_in_its_thread(scene: Scene) -> None:
    """What is written as a message is said in the channel, and the bot answers beside it."""
    text = await shown(scene, "@stream restart tencent 123")
    assert re.search(r"in a thread\n  📥 Accepted", text)


async def test_what_was_said_is_there_for_who_comes(scene: Scene) -> None:
    """/in shows a channel's last messages, as they are now."""
    text = await shown(scene, "/stream restart tencent 123", "/in ops", "/in incidents")
    assert "Accepted" in text.split("You are in #incidents")[1]


# The keyboard


async def test_lines_are_read_as_they_come() -> None:
    """A line is whole when its end is there; the last one needs none; bad bytes break nothing."""
    read_end, write_end = os.pipe()
    typed = lines(read_end)
    os.write(write_end, b"one\ntw")
    assert await anext(typed) == "one"
    second = asyncio.ensure_future(anext(typed))
    os.write(write_end, b"o\n\xff")
    assert await second == "two"
    os.close(write_end)
    assert [line async for line in typed] == ["\N{REPLACEMENT CHARACTER}"]
    os.close(read_end)


async def test_a_plain_file_can_be_typed(tmp_path: Path) -> None:
    """`stream-bot demo < script` works, although a file cannot be waited for."""
    script = tmp_path / "script"
    script.write_text("one\ntwo")
    with script.open("rb") as file:
        assert [line async for line in lines(file.fileno())] == ["one", "two"]


# The whole program


@asynccontextmanager
async def started(folder: Path, stdin: int = PIPE, **given: str) -> AsyncIterator[Process]:
    """`stream-bot demo` in a folder of its own. The environment is ours and what is given."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    demo = await asyncio.create_subprocess_exec(
        *DEMO,
        stdin=stdin,
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env=environ | given,
    )
    try:
        yield demo
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.communicate()


async def ended(demo: Process, typed: str | None = None) -> tuple[int | None, str, str]:
    """Exit status, standard output and standard error, within half a minute."""
    async with asyncio.timeout(30):
        out, err = await demo.communicate(None if typed is None else typed.encode())
    return demo.returncode, out.decode(), err.decode()


async def read_until(demo: Process, words: str) -> str:
    """What it has printed when it has printed this."""
    assert demo.stdout is not None
    text = ""
    async with asyncio.timeout(30):
        while words not in text:
            chunk = await demo.stdout.read(4096)
            assert chunk, text
            text += chunk.decode()
    return text


async def test_a_pipe_is_typed_line_by_line_and_ends_well(tmp_path: Path) -> None:
    """At the end of the input everything ends with exit 0, and nothing is left on the disk."""
    async with started(tmp_path) as demo:
        status, out, err = await ended(demo, "/stream restart tencent 123\n")
    assert (status, err) == (0, "")
    assert re.search(
        rf"ann@#incidents> /stream restart tencent 123\n.*\n  📥 Accepted.*{UUID}\n", out, re.DOTALL
    )
    assert list(tmp_path.iterdir()) == []


WATCH_SOCKETS = """
import pathlib, sys

def watch(event, arguments):
    if event == "socket.connect":
        where = arguments[1][0] if isinstance(arguments[1], tuple) else arguments[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        where = arguments[0]
    else:
        return
    with (pathlib.Path(__file__).parent / "reached").open("a") as book:
        book.write(f"{where}\\n")

sys.addaudithook(watch)
"""
"""Writes down every address that Python connects to, and every name that it looks up."""


async def test_real_keys_and_proxies_are_not_touched(tmp_path: Path) -> None:
    """Whatever environment and folder hold: the demo plays on loopback, with its own keys."""
    (tmp_path / "stream-bot.toml").write_text("this is no TOML")
    (tmp_path / "sitecustomize.py").write_text(WATCH_SOCKETS)
    nowhere = "http://127.0.0.1:9"
    async with started(
        tmp_path,
        HTTP_PROXY=nowhere,
        HTTPS_PROXY=nowhere,
        ALL_PROXY=nowhere,
        http_proxy=nowhere,
        https_proxy=nowhere,
        SLACK_BOT_TOKEN="xoxb-real",
        SLACK_APP_TOKEN="xapp-real",
        TENCENTCLOUD_SECRET_ID="real-id",
        TENCENTCLOUD_SECRET_KEY="real-key",
        STREAM_BOT_CONFIG="/nowhere.toml",
        PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}",
    ) as demo:
        status, out, err = await ended(demo, "/stream restart tencent 123\n")
    assert (status, err) == (0, "")
    assert "Accepted" in out
    reached = (tmp_path / "reached").read_text().split("\n")
    assert {address for address in reached if address} == {"127.0.0.1"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end all of it with exit 0, also while a card waits; nothing is left."""
    async with started(tmp_path) as demo:
        assert demo.stdin is not None
        demo.stdin.write(b"/stream delete tencent 456\n")
        await read_until(demo, "[1] Delete task 456")
        demo.send_signal(number)
        status, out, err = await ended(demo)
    assert (status, err) == (0, "")
    assert out.endswith("The demo has ended. Nothing of it is kept.\n")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: the person's and the program's."""
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("leaving", [b"/quit\n", b"\x04"])
async def test_a_terminal_has_a_prompt(tmp_path: Path, leaving: bytes) -> None:
    """At a terminal the prompt waits for a line; /quit and Ctrl-D end the demo."""
    with terminal() as (ours, theirs):
        async with started(tmp_path, stdin=theirs) as demo:
            await read_until(demo, "ann@#incidents> ")
            os.write(ours, b"/as bob\n")
            await read_until(demo, "on call.\nbob@#incidents> ")
            os.write(ours, leaving)
            status, _, err = await ended(demo)
    assert (status, err) == (0, "")
