"""Reading answers: the history, and one operation's trail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.journal import Outcome, OutcomeWord, Record, State
from tests.bot.reading import REQUEST_ID, Scene, actions, body, reading, rows, ticket


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with reading(tmp_path) as made:
        yield made


# history


async def test_history_tells_who_did_what_and_how_it_ended(scene: Scene) -> None:
    """The latest first, with the whole RequestId; here means this channel."""
    first = await scene.sent("bob", "restart tencent 456")
    second = await scene.sent("ann", "stop tencent 123")
    reply = await scene.ann("history")
    assert rows(reply) == [
        ["15 Jan 08:00", "@ann", "stop", "tencent:pull 123", "Accepted", second.id, REQUEST_ID],
        ["15 Jan 08:00", "@bob", "restart", "tencent:pull 456", "Accepted", first.id, REQUEST_ID],
    ]
    assert reply.text == (
        "2 operations: latest, @ann stopped tencent:pull 123 at 15 Jan 08:00 UTC: accepted "
        f"(op {second.id})."
    )
    assert f"/stream show {second.id}" in body(reply)


async def test_history_says_where_something_was_done_elsewhere(scene: Scene) -> None:
    """A channel as Slack shows it to those who may see it; a direct message by that word only."""
    await scene.sent("bob", "restart tencent 1")
    await scene.sent("bob", "restart tencent 2", channel="C456")
    await scene.sent("bob", 'restart tencent 3 --reason "top secret"', channel="D456")
    reply = await scene.ann("history")
    assert [row[5] for row in rows(reply)] == ["in a direct message", "<#C456>", "here"]
    assert "top secret" not in repr(reply)
    assert "D456" not in repr(reply)


@pytest.mark.parametrize(
    ("typed", "tasks"),
    [
        ("history here", ["3", "1"]),
        ("history C456", ["2"]),
        ("history @bob", ["3", "2"]),
        ("history tencent 2", ["2"]),
        ("history main-feed", ["123"]),
        ("history tencent --since 1m", ["3", "2"]),
        ("history alibaba", []),
    ],
)
async def test_history_by_task_person_channel_and_time(
    scene: Scene, typed: str, tasks: list[str]
) -> None:
    """Each filter; a target is found under every name of its account."""
    await scene.sent("ann", "restart tencent 123 --account prod", channel="C789")
    await scene.sent("ann", "restart tencent 1")
    scene.clock.at += 60
    await scene.sent("bob", "restart tencent 2", channel="C456")
    await scene.sent("bob", "restart tencent 3")
    reply = await scene.ann(typed)
    found = [row[3].removeprefix("tencent:pull ") for row in rows(reply)] if reply.table else []
    assert found == tasks


async def test_a_long_history_goes_on(scene: Scene) -> None:
    """More shows the next page, and the last one has no more."""
    for number in range(23):
        await scene.sent("ann", f"restart tencent {number}")
    first = await scene.ann("history @ann")
    assert first.text.startswith("Last 20 of 23 operations: latest, @ann restarted tencent:pull 22")
    assert "next: /stream history @ann --page 2" in body(first)
    second = await scene.press("more", ticket(first))
    assert second.text.startswith("Operations 21 to 23 of 23:")
    assert [row[3] for row in rows(second)] == [f"tencent:pull {number}" for number in (2, 1, 0)]
    assert actions(second) == []


async def test_an_empty_history_says_so(scene: Scene) -> None:
    """Nothing yet, and nothing that fits, are two answers."""
    assert (await scene.ann("history")).text == "No operations yet."
    fitting = await scene.ann("history tencent 5")
    assert fitting.text == "No operations fit this. Next: ask for more: /stream history"


# show


async def test_show_tells_the_whole_trail(scene: Scene) -> None:
    """Who, when, what, and every RequestId, whole; with a link to its message."""
    record = await scene.sent("bob", 'restart tencent 123 --reason "wrong source"')
    reply = await scene.ann(f"show {record.id}")
    assert reply.text == (
        f"Operation {record.id}: @bob restarted tencent:pull 123 (ap-guangzhou, account prod) at "
        "15 Jan 08:00 UTC; asked 08:00:01, approved 08:00:01, sent 08:00:01, accepted 08:00:01."
    )
    assert rows(reply) == [
        ["08:00:01", "@bob", "asked", "–"],
        ["08:00:01", "@bob", "approved", "–"],
        ["08:00:01", "bot", "sending", "–"],
        ["08:00:01", "bot", "accepted", REQUEST_ID],
    ]
    told = body(reply)
    assert 'Reason: "wrong source"' in told
    assert "Rule: allow 1" in told
    assert "asked in <#C123> · its message" in told


async def test_show_keeps_the_reason_of_somebody_elses_direct_message(scene: Scene) -> None:
    """From outside neither the reason nor the message is told; from inside both are."""
    typed = 'restart tencent 123 --reason "top secret"'
    record = await scene.sent("bob", typed, channel="D456")
    outside = await scene.ann(f"show {record.id}")
    assert "top secret" not in repr(outside)
    assert "its message" not in body(outside)
    inside = await scene.ask("bob", f"show {record.id}", channel="D456")
    assert 'Reason: "top secret"' in body(inside)


async def test_show_brings_back_the_settings_of_what_was_deleted(scene: Scene) -> None:
    """They were kept in the trail, masked, before it went."""
    scene.clock.at += 1
    command, origin = scene.command("delete tencent 123"), scene.origin("ann", "C123", "command:1")
    record = await scene.journal.ask(command, origin)
    assert record is not None
    kept = {"state": "running", "settings": {"SourceUrls": ["pull.example.com/live/•••"]}}
    await scene.journal.note_in_trail(record, "bot", dict(kept))
    reply = await scene.ann(f"show {record.id}")
    assert '{"SourceUrls": ["pull.example.com/live/•••"]}' in body(reply)
    assert rows(reply)[-1][2] == "state: running"


async def several(scene: Scene) -> Record:
    """A restart of two tasks; the first is under way and the second was not allowed to start."""
    origin = scene.origin("ann", "C123", "command:1")
    parent = await scene.journal.ask(scene.command("restart tencent 1 2"), origin)
    assert parent is not None
    first, second = await scene.journal.batches.children(parent)
    await scene.journal.approve(first, actor="U123", lasts=60)
    busy = Outcome(word=OutcomeWord.NOT_SENT, label="busy", says="It is busy.")
    await scene.journal.move(second, State.DENIED, actor="bot", due_at=None, outcome=busy)
    return parent


async def test_show_of_several_tasks_tells_each_end(scene: Scene) -> None:
    """One row for each task, with its own operation and RequestId; each can be shown."""
    parent = await several(scene)
    first, second = await scene.journal.batches.children(parent)
    reply = await scene.ann(f"show {parent.id}")
    assert rows(reply) == [
        ["1", "Sending", "–", first.id, "–"],
        ["2", "Not sent", "busy", second.id, "–"],
    ]
    assert "@ann asked to restart tencent:pull 1 and 1 more" in reply.text
    assert "2 tasks: 1 sending, 1 not sent." in body(reply)
    part = await scene.ann(f"show {first.id}")
    assert f"A part of /stream show {parent.id}" in body(part)


async def test_history_counts_the_ends_of_several_tasks(scene: Scene) -> None:
    """One row for the command; by task the part itself."""
    parent = await several(scene)
    ((_, _, _, task, end, op, _),) = rows(await scene.ann("history"))
    assert (task, end, op) == ("tencent:pull 1 and 1 more", "1 sending, 1 not sent", parent.id)
    ((_, _, _, task, end, op, _),) = rows(await scene.ann("history tencent 2"))
    assert (task, end) == ("tencent:pull 2", "Not sent")
    assert op != parent.id


async def test_an_unknown_operation_has_a_nearest_one(scene: Scene) -> None:
    """One letter is wrong: the id that was meant."""
    record = await scene.sent("ann", "restart tencent 1")
    wrong = record.id[:4] + ("0" if record.id[4] != "0" else "1")
    reply = await scene.ann(f"show {wrong}")
    assert reply.text == f"No operation {wrong}. Nearest: {record.id}."


async def test_an_unknown_operation_with_nothing_near(scene: Scene) -> None:
    """The history is where ids are found."""
    reply = await scene.ann("show 4T7Q2")
    assert reply.text == "No operation 4T7Q2."
    assert "/stream history" in body(reply)
