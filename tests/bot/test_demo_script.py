"""Scripted incidents: how they are written, and when their verdict is yes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.demo import script
from bot.demo.furniture import Scene
from bot.demo.performance import perform
from bot.demo.script import Script, ScriptError, find_script, read_script, shipped
from bot.sandbox import Content
from tests.bot.quick import QuickScene

ROOT = Path(__file__).parents[2]
STEP = 'title = "t"\n[[step]]\n'
BY_COMMAND = "arrears"
"""The script that is played by the command itself, in the demo's own time."""


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)  # the command line does; slack_sdk would send loopback calls there
    async with QuickScene(tmp_path / "demo.db", verify_seconds=2.0) as built:
        yield built


def written(folder: Path, text: str) -> Path:
    path = folder / "incident.toml"
    path.write_text(text)
    return path


def steps(*given: dict[str, object]) -> Script:
    return Script.model_validate({"title": "a test", "step": list(given)})


async def played(scene: Scene, *given: dict[str, object]) -> tuple[bool, str]:
    """The verdict, and all that was told."""
    told: list[str] = []
    verdict = await perform(scene, steps(*given), told.append)
    return verdict, "\n".join(told)


# How they are written


def test_the_documented_script_can_be_read(tmp_path: Path) -> None:
    """The example in the module's own words is a script."""
    lines = str(script.__doc__).split("TOML:\n")[1].split("\nA step does")[0].split("\n")
    example = read_script(written(tmp_path, "\n".join(line.strip() for line in lines)))
    first, second, third, fourth, last = example.step
    assert (first.play, first.cloud, first.times) == ("arrears", "tencent", 1)
    assert second.see == ["Refused", "ResourceNotFound.StopService"]
    assert third.calm
    assert (fourth.who, fourth.press, fourth.see) == ("bob", "Restart task 777", ["Accepted"])
    assert last.task is not None
    assert not last.acts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title =", "is not TOML"),
        ("", "title: Field required"),
        ('title = "t"', "step: Field required"),
        ('title = "t"\nstep = []', "step: "),
        (STEP, "step 1: nothing is done and nothing has to be seen"),
        (STEP + 'type = "hello"\npress = "Yes"', "step 1: one step does one thing"),
        (STEP + 'play = "fire"', "step 1, play: there are throttle"),
        (STEP + 'play = "slow"\ncloud = "mars"', "step 1, cloud: there are alibaba"),
        (STEP + 'play = "slow"\ntimes = 0', "step 1, times: "),
        (STEP + 'type = "hello"\ntimes = 1', "step 1: times belongs to play"),
        (STEP + 'type = "hello"\ncloud = "tencent"', "step 1: cloud belongs to play or calm"),
        (STEP + 'type = "hello"\nwho = "eve"', "step 1, who: there are ann"),
        (STEP + 'type = "hello"\nchannel = "x"', "step 1, channel: there are incidents"),
        (STEP + 'type = "hello"\nwithin = 0', "step 1, within: "),
        (STEP + 'type = "hello"\nlike = "x"', "step 1, like: "),
        (STEP + "calm = false", "step 1, calm: "),
        (STEP + 'task = { cloud = "tencent" }', "step 1, task, kind: Field required"),
        (STEP + 'type = "a"\n[[step]]\nplay = "x"\n[[step]]\nwho = "y"', "step 3, who: "),
    ],
)
def test_a_slip_in_a_script_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    """All faults at once, each in a line that begins with the file."""
    path = written(tmp_path, text)
    with pytest.raises(ScriptError) as fault:
        read_script(path)
    told = str(fault.value).split("\n")
    assert all(line.startswith(str(path)) for line in told)
    assert any(says in line for line in told), told


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    """A folder, a file that is not there, and bytes that are no text."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"\xff\xfe")
    for path in (tmp_path, tmp_path / "nowhere", broken):
        with pytest.raises(ScriptError, match=re.escape(str(path))):
            read_script(path)


def test_those_that_come_along_have_names(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each can be read, is found by its name, and is in the help; a file goes first."""
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert {"arrears", "lost-answer", "not-back", "recovered"} <= set(shipped())
    assert f"comes along: {', '.join(shipped())}" in text
    for name, path in shipped().items():
        assert find_script(name) == path
        assert read_script(path).title
    monkeypatch.chdir(tmp_path)
    Path("arrears").touch()
    assert find_script("arrears") == Path("arrears")


# How they are played


@pytest.mark.parametrize("name", [name for name in shipped() if name != BY_COMMAND])
async def test_those_that_come_along_come_true(scene: Scene, name: str) -> None:
    """A lost answer that is cleared up, a stream that comes back, and one that does not."""
    told: list[str] = []
    script = read_script(find_script(name))
    assert await perform(scene, script, told.append), told
    assert told[0] == script.title
    assert re.fullmatch(r"All was seen, in \d+\.\d s\.", told[-1])


async def test_what_is_not_seen_ends_it(scene: Scene) -> None:
    """The first step that does not come true is told, with what was there instead."""
    verdict, text = await played(
        scene,
        {"type": "/stream restart tencent 123", "see": "Refused", "within": 1},
        {"type": "/stream restart tencent 456"},
    )
    assert not verdict
    assert "Step 1 failed: within 1 s no message showed 'Refused'." in text
    assert "Accepted · restart · tencent:pull 123" in text
    assert "2." not in text
    restarted = [s.parameters for s in scene.clouds["tencent"].requests if "Restart" in s.action]
    assert [parameters["TaskId"] for parameters in restarted] == ["123"]


async def test_words_have_to_stand_in_one_message(scene: Scene) -> None:
    """Two that stand in two messages are not what was asked for."""
    wanted: dict[str, object] = {"see": ["one", "two"], "within": 0.3}
    channel = scene.workspace.model.channel("#incidents")
    for texts, verdict in ((("one", "two"), False), (("two, one",), True)):
        playing = asyncio.create_task(played(scene, wanted))
        await asyncio.sleep(0)  # it listens now
        for text in texts:
            scene.workspace.model.post_as_bot(channel, Content(text=text), origin="api")
        assert (await playing)[0] is verdict


async def test_what_was_seen_before_does_not_count(scene: Scene) -> None:
    """Only what comes after something is done; a step that only looks goes on looking."""
    verdict, text = await played(
        scene,
        {"type": "/stream restart tencent 123", "see": "Accepted"},
        {"see": "Accepted"},
        {"type": "/stream whoami", "see": "Accepted", "within": 0.5},
    )
    assert not verdict
    assert "Step 3 failed" in text


async def test_each_sees_with_their_own_eyes(scene: Scene) -> None:
    """What is only visible to one person, or in another channel, is not seen by the others."""
    refused: dict[str, object] = {
        "who": "gus",
        "type": "/stream restart tencent 123",
        "see": "Not allowed",
    }
    others: tuple[dict[str, object], ...] = ({"who": "ann"}, {"channel": "ops"})
    for other in others:
        verdict, _ = await played(scene, refused, {**other, "see": "Not allowed", "within": 0.3})
        assert not verdict
    assert (await played(scene, refused))[0]


async def test_a_state_that_is_not_reached(scene: Scene) -> None:
    """A task is told as it was; one that is not there is gone."""
    lost: dict[str, object] = {"cloud": "tencent", "kind": "pull", "id": "456", "state": "pause"}
    verdict, text = await played(scene, {"task": lost, "within": 0.2})
    assert not verdict
    assert "task 456 was active or running" in text
    gone: dict[str, object] = {"cloud": "tencent", "kind": "pull", "id": "4567", "state": "gone"}
    assert (await played(scene, {"task": gone}))[0]


async def test_a_button_that_is_not_there(scene: Scene) -> None:
    """A press waits for its button, and says so if none comes."""
    verdict, text = await played(
        scene,
        {"type": "/stream delete tencent 456", "see": "Waiting"},
        {"press": "Delete task 123", "see": "Accepted", "within": 0.3},
    )
    assert not verdict
    assert "Step 2 failed: within 0.3 s there was no button 'Delete task 123'." in text


async def test_what_nobody_can_do(scene: Scene) -> None:
    """A person who is not in a channel cannot type there, and the script says so."""
    scene.workspace.remove("ops", "carol")
    verdict, text = await played(scene, {"who": "carol", "channel": "ops", "type": "hello"})
    assert not verdict
    assert "Step 1 failed: carol is not in ops" in text


async def test_incidents_are_played_and_calmed(scene: Scene) -> None:
    """At one cloud or all, for so many requests or until it is calm."""
    assert (
        await played(scene, {"play": "slow"}, {"play": "hang", "cloud": "tencent", "times": 2})
    )[0]
    incidents = {name: cloud.incidents for name, cloud in scene.clouds.items()}
    assert incidents == {
        "alibaba": {"slow": None},
        "tencent": {"slow": None, "hang": 2},
        "volcengine": {"slow": None},
    }
    assert (await played(scene, {"calm": True, "cloud": "tencent"}))[0]
    assert [*map(bool, incidents.values())] == [True, False, True]
    assert (await played(scene, {"calm": True}))[0]
    assert not any(incidents.values())


# The command


async def run(folder: Path, *options: str, stop_at: bytes = b"") -> tuple[int | None, str, str]:
    """`stream-bot demo` with options: exit status, standard output and error.

    stop_at: SIGTERM is sent once this has been printed.
    """
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
    )
    try:
        async with asyncio.timeout(40):
            if stop_at and demo.stdout:
                await demo.stdout.readuntil(stop_at)
                demo.send_signal(signal.SIGTERM)
            out, err = await demo.communicate()
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
    return demo.returncode, out.decode(), err.decode()


async def test_a_script_that_comes_true_exits_with_0(tmp_path: Path) -> None:
    """By its name; every step is printed, and the verdict."""
    status, out, err = await run(tmp_path, "--script", BY_COMMAND)
    assert (status, err) == (0, "")
    assert "  2. ann in #incidents: /stream restart tencent 123\n" in out
    assert "All was seen, in " in out


async def test_a_script_that_does_not_exits_with_1(tmp_path: Path) -> None:
    """By its file; the first thing that was not seen is printed."""
    path = written(tmp_path, STEP + 'type = "/stream whoami"\nsee = "nobody"\nwithin = 0.3\n')
    status, out, err = await run(tmp_path, "--script", str(path))
    assert (status, err) == (1, "")
    assert "Step 1 failed: within 0.3 s no message showed 'nobody'." in out


async def test_a_script_that_is_cut_short_exits_with_1(tmp_path: Path) -> None:
    """Nobody takes a rehearsal that was stopped for one that came true."""
    path = written(tmp_path, STEP + 'type = "/stream whoami"\nsee = "nobody"\nwithin = 60\n')
    status, _, err = await run(tmp_path, "--script", str(path), stop_at=b"whoami")
    assert (status, err) == (1, "")


async def test_a_script_that_cannot_be_played_exits_with_2(tmp_path: Path) -> None:
    """Nothing is started for it."""
    path = written(tmp_path, STEP + 'play = "fire"')
    status, out, err = await run(tmp_path, "--script", str(path))
    assert (status, out) == (2, "")
    assert "step 1, play: there are throttle" in err
