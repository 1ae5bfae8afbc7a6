"""Reading answers: status and list, who may read, and the choices under an answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.command import parse
from bot.policy import Standing
from bot.reads.reads import AT_ONCE
from bot.reads.rights import ReadCommand
from bot.reply import Mark
from providers.simulator import Incident, SimulatedTask
from tests.bot.reading import (
    PEOPLE,
    Scene,
    actions,
    body,
    checked,
    fields,
    reading,
    rows,
    ticket,
    words,
)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with reading(tmp_path) as made:
        yield made


# status


async def test_status_tells_the_task_in_our_word_and_the_vendors(scene: Scene) -> None:
    """The state first, then which task, the vendor's own word, and when it was read."""
    reply = await scene.ann("status tencent 123")
    assert reply.text == (
        "Running: tencent:pull 123 (main-feed, ap-guangzhou, account prod), vendor's word active, "
        "read 08:00:00 UTC."
    )
    assert reply.mark is Mark.TASK_RUNNING
    assert words(reply.head) == "tencent:pull 123"
    told = fields(reply)
    assert told["Now"] == ":large_green_circle: running (active)"
    assert told["From"].endswith("•••")
    assert (told["Region"], told["Account"]) == ("ap-guangzhou", "prod")
    assert actions(reply) == ["do:restart", "do:stop", "list"]
    by_name = await scene.ann("status main-feed")
    assert (by_name.text, by_name.fields) == (reply.text, reply.fields)


async def test_status_says_who_changed_it_last_here(scene: Scene) -> None:
    """Also under another name for the same key; the question before a restart says when."""
    record = await scene.sent("bob", "restart tencent 123")
    scene.clock.at += 9 * 60
    reply = await scene.ann("status tencent 123")
    assert f"last here: @bob restarted it 9 min ago, op {record.id}" in body(reply)
    (restart, stop, _) = reply.buttons
    assert restart.ask is not None
    assert restart.ask.title == "Restart task 123 again?"
    assert restart.ask.text.endswith("It was restarted at 08:00:01 UTC.")
    assert stop.ask is not None
    assert stop.ask.title == "Stop task 123?"


async def test_status_of_a_stopped_task_offers_the_start(scene: Scene) -> None:
    """Only what helps the task in its state; a start needs no question."""
    reply = await scene.ann("status tencent 777")
    assert reply.text.startswith("Stopped: tencent:pull 777 ")
    assert reply.text.endswith("Next: to start it: /stream start tencent 777")
    assert actions(reply) == ["do:start", "list"]
    assert reply.buttons[0].ask is None


async def test_who_may_change_nothing_is_offered_no_change(scene: Scene) -> None:
    """Reads are for every member; buttons are for whom the policy allows the verb here."""
    reply = await scene.ask("bob", "status tencent 123")
    assert reply.text.startswith("Running:")
    assert actions(reply) == ["list"]


async def test_where_a_card_asks_no_question_goes_before_it(scene: Scene) -> None:
    """TRTC's stop ends for good, so the button leads to a card."""
    ingest = SimulatedTask(kind="ingest", id="-a.", region="ap-singapore", app=1400000000)
    scene.tencent.add_task(ingest)
    reply = await scene.ann("status trtc -a.")
    (end,) = reply.buttons
    assert (end.action, end.label, end.ask) == ("do:stop", "End", None)


async def test_not_found_says_where_else_to_look(scene: Scene) -> None:
    """The vendor says that there is none: the list, another region, another account."""
    reply = await scene.ann("status tencent 999")
    assert reply.mark is Mark.TASK_NOT_FOUND
    assert reply.text == (
        "Not found: tencent:pull 999 (ap-guangzhou, account prod) is not there. Next: you look for "
        "the id: /stream list tencent; or try another --region or --account."
    )
    assert actions(reply) == ["list"]


async def test_not_found_where_there_is_no_list(scene: Scene) -> None:
    """TRTC cannot list; its word may also mean that the task has ended."""
    reply = await scene.ann("status trtc nope")
    assert "NotExist: ended, or never there. TRTC has no list" in reply.text
    assert "/stream list" not in reply.text
    assert actions(reply) == []


async def test_what_cannot_be_read_is_unknown(scene: Scene) -> None:
    """Nothing is guessed: the vendor's code, what to do, who, and the whole RequestId."""
    scene.tencent.play(Incident.PERMISSION)
    reply = await scene.ann("status tencent 123")
    seen = scene.tencent.requests[-1]
    assert reply.text.startswith("Unknown: tencent:pull 123 (main-feed, ap-guangzhou")
    assert "UnauthorizedOperation" in reply.text
    assert reply.text.endswith(f"RequestId {seen.request_id}")
    assert "Next: account owner" in body(reply)
    assert actions(reply) == []


async def test_several_tasks_are_a_table_in_the_order_of_typing(scene: Scene) -> None:
    """One row each, also for what is not there; a task can be picked."""
    reply = await scene.ann("status tencent 456 123 999")
    assert reply.text.startswith(
        "3 tasks on tencent:pull (ap-guangzhou, account prod): 1 no stream, 1 running, 1 not found"
    )
    assert [row[:3] for row in rows(reply)] == [
        ["no stream", "456", "feed"],
        ["running", "123", "feed"],
        ["not found", "999", "–"],
    ]
    (menu,) = reply.menus
    assert [label for label, _ in menu.options][1] == "running · 123 · feed"
    picked = await scene.press(menu.action, menu.options[1][1])
    assert picked.text.startswith("Running: tencent:pull 123 (main-feed")


async def test_several_tasks_that_cannot_be_read_say_so_in_their_rows(scene: Scene) -> None:
    """At most three are told with what to do; each row says that it was not read."""
    scene.tencent.play(Incident.PERMISSION)
    reply = await scene.ann("status tencent 1 2 3 4")
    assert "4 not read" in reply.text
    assert [row[:2] for row in rows(reply)] == [["not read", task] for task in "1234"]
    assert len(reply.body) == 3
    assert all("RequestId " in words(line) for line in reply.body)


async def test_a_few_tasks_are_read_at_a_time(scene: Scene) -> None:
    """Reads never starve writes: at most five of one command are under way."""
    tasks = " ".join(str(number) for number in range(12))
    await scene.ann(f"status tencent {tasks}")
    assert scene.looks.most == AT_ONCE


# list


async def many(scene: Scene, count: int = 30) -> None:
    """Relays of Alibaba's: the fourth waits, the eighth is stopped, the others run."""
    states = {3: "0", 7: "3"}
    for number in range(count):
        state = states.get(number, "1")
        scene.alibaba.add_task(
            SimulatedTask(kind="relay", id=f"relay-{number:02}", region="cn-shanghai", state=state)
        )


async def test_a_list_is_a_table_of_hosts(scene: Scene) -> None:
    """Id, name, state and hosts; nothing of an address but its host."""
    reply = await scene.ann("list tencent")
    assert reply.text == (
        "tencent:pull, ap-guangzhou, account prod: 3 tasks; 2 switched on, 1 stopped."
    )
    assert [row[:5] for row in rows(reply)] == [
        ["switched on", "123", "feed", "pull.example.com", "push.example.com"],
        ["switched on", "456", "feed", "pull.example.com", "push.example.com"],
        ["stopped", "777", "feed", "pull.example.com", "push.example.com"],
    ]
    assert "Shown 3 of 3 · read 08:00:00 UTC" in body(reply)
    assert actions(reply) == []


async def test_a_long_list_goes_on_by_button_and_by_typing(scene: Scene) -> None:
    """A cut list says what is left and the command for it; More shows the same page."""
    await many(scene)
    first = await scene.ann("list alibaba")
    assert len(rows(first)) == 25
    assert "25 of 30 shown; the next: /stream list alibaba --page 2" in first.text
    assert actions(first) == ["more"]
    second = await scene.press("more", ticket(first))
    assert rows(second) == rows(await scene.ann("list alibaba --page 2"))
    assert [row[:2] for row in rows(second)][-2:] == [
        ["waiting to start", "relay-03"],
        ["stopped", "relay-07"],
    ]
    assert actions(second) == []


async def test_a_task_picked_from_a_list_is_told_with_its_buttons(scene: Scene) -> None:
    """The status of that row, as if it had been typed."""
    await many(scene, 5)
    listed = await scene.ann("list alibaba")
    (menu,) = listed.menus
    number = [row[1] for row in rows(listed)].index("relay-02")
    reply = await scene.press(menu.action, menu.options[number][1])
    assert reply.text.startswith("Running: alibaba:relay relay-02 (cn-shanghai, account ali)")
    assert actions(reply) == ["do:restart", "do:stop", "list"]
    again = await scene.press("list", ticket(reply))
    assert rows(again) == rows(listed)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("list alibaba --state stopped", ["relay-07"]),
        ("list alibaba RELAY-1", [f"relay-1{number}" for number in range(10)]),
        ("list alibaba relay-0 --state waiting-to-start", ["relay-03"]),
    ],
)
async def test_filters_narrow_a_list(scene: Scene, typed: str, found: list[str]) -> None:
    """By state, by text in any case, and by both; the answer says of how many."""
    await many(scene)
    reply = await scene.ann(typed)
    assert [row[1] for row in rows(reply)] == found
    assert f"{len(found)} of 30 tasks (" in reply.text


async def test_a_filter_that_fits_nothing_says_how_many_there_are(scene: Scene) -> None:
    """An empty answer is not taken for an empty account."""
    reply = await scene.ann("list tencent zzz --state stopped")
    assert reply.text == (
        "None of the 3 tasks in ap-guangzhou on account prod is stopped and "
        'holds "zzz". Next: all of them: /stream list tencent'
    )


async def test_the_list_does_not_hide_what_only_the_status_tells(scene: Scene) -> None:
    """At Tencent no listed task is ever running: the answer says why none fits."""
    reply = await scene.ann("list tencent --state running")
    assert "The list does not tell whether video flows; the status does." in reply.text


async def test_an_empty_list_says_where_else_to_look(scene: Scene) -> None:
    """Another region that is in use here, and another account of the vendor."""
    reply = await scene.ann("list tencent --region ap-seoul")
    assert reply.text == (
        "No tasks in ap-seoul on account prod. Next: try --region ap-guangzhou or --account spare"
    )


async def test_a_list_that_cannot_be_read_is_not_empty(scene: Scene) -> None:
    """Unknown, with the vendor's code and RequestId."""
    scene.tencent.play(Incident.ARREARS)
    reply = await scene.ann("list tencent")
    assert reply.text.startswith("Unknown: the tasks of tencent:pull (ap-guangzhou, account prod)")
    assert reply.text.endswith(f"RequestId {scene.tencent.requests[-1].request_id}")


# For all who see the channel


@pytest.mark.parametrize(
    "typed", ["status tencent 123", "status tencent 123 456", "list tencent", "history"]
)
async def test_here_shares_the_answer_without_buttons(scene: Scene, typed: str) -> None:
    """The channel sees it; buttons and menus are for one person, so it has none."""
    command = parse(f"{typed} --here", scene.vocabulary)
    assert isinstance(command, ReadCommand)
    await scene.reads.answer(command, scene.origin("ann", "C1"))
    ((origin, reply),) = scene.shared
    assert (origin.channel, scene.whispered) == ("C1", [])
    assert (reply.buttons, reply.menus) == ((), ())
    checked(reply)


async def test_a_refusal_is_not_shared(scene: Scene) -> None:
    """Whoever may not read hears so alone."""
    reply = await scene.ask("gus", "status tencent 123 --here")
    assert reply.mark is Mark.NOT_ALLOWED
    assert scene.shared == []


# Who may read


@pytest.mark.parametrize(
    "typed", ["status tencent 123", "list tencent", "history", "show 00000", "status tencent 1 2"]
)
async def test_guests_read_nothing(scene: Scene, typed: str) -> None:
    """Reads are for full members; nothing is asked of the vendor."""
    reply = await scene.ask("gus", typed)
    assert reply.mark is Mark.NOT_ALLOWED
    assert reply.text.startswith(f"Not allowed: {typed.split(maxsplit=1)[0]}. Guests")
    assert scene.tencent.requests == []


@pytest.mark.parametrize("typed", ["status tencent 123", "history", "show 00000"])
async def test_a_deny_rule_stops_a_read(scene: Scene, typed: str) -> None:
    """Where a rule denies the verb, the answer names the rule."""
    reply = await scene.ann(typed, channel="C999")
    assert f"Rule deny 1 forbids {typed.split(maxsplit=1)[0]} here." in reply.text


async def test_a_deny_rule_for_an_account_stops_show_of_what_was_done_there(scene: Scene) -> None:
    """What a rule hides is not told by the operation's id either."""
    record = await scene.sent("ann", "restart alibaba relay-01")
    assert (await scene.ann(f"show {record.id}")).text.startswith(f"Operation {record.id}")
    reply = await scene.ann(f"show {record.id}", channel="C998")
    assert "Rule deny 2 forbids show here." in reply.text


async def test_a_broken_answer_is_told(scene: Scene) -> None:
    """Whatever comes in is answered."""
    scene.people.lost = True
    reply = await scene.ann("status tencent 123")
    assert "something broke in the bot" in reply.text


# Tickets


async def test_a_button_stands_for_a_change_of_its_task(scene: Scene) -> None:
    """The command that "do:stop" starts: that task and place, and nothing of the read."""
    reply = await scene.ann("status tencent 123 --region ap-guangzhou")
    command = await scene.reads.chosen(scene.pressed("do:stop", ticket(reply)))
    assert command is not None
    assert command.typed() == "/stream stop tencent 123"
    assert command.model_dump(exclude={"again", "wording"}) == scene.command(
        "stop tencent 123"
    ).model_dump(exclude={"again", "wording"})
    assert scene.whispered == []


async def test_a_button_of_a_picked_task_names_that_task(scene: Scene) -> None:
    """A pick is typed in full, so its buttons act on the right account and region."""
    await many(scene, 3)
    listed = await scene.ann("list alibaba")
    picked = await scene.press("pick", listed.menus[0].options[2][1])
    command = await scene.reads.chosen(scene.pressed("do:restart", ticket(picked)))
    assert command is not None
    assert (command.task, command.account, command.region) == ("relay-02", "ali", "cn-shanghai")


async def test_a_button_that_is_too_old_says_what_to_type(scene: Scene) -> None:
    """After half an hour nothing is started; the command is told."""
    reply = await scene.ann("status tencent 123")
    scene.clock.at += 1801
    assert await scene.reads.chosen(scene.pressed("do:stop", ticket(reply))) is None
    told = "This button is too old. Type: /stream status tencent 123"
    assert scene.whispered.pop()[1].text == told
    await scene.reads.press(scene.pressed("list", ticket(reply)))
    assert scene.whispered.pop()[1].text == told


async def test_a_ticket_is_for_the_one_who_asked(scene: Scene) -> None:
    """A private answer is seen by one person; a ticket in other hands is worth nothing."""
    reply = await scene.ann("status tencent 123")
    assert await scene.reads.chosen(scene.pressed("do:stop", ticket(reply), "bob")) is None
    assert "no card that I know" in scene.whispered.pop()[1].text
    await scene.reads.press(scene.pressed("list", ticket(reply), "bob"))
    assert "no card that I know" in scene.whispered.pop()[1].text


@pytest.mark.parametrize(
    ("action", "behind"),
    [("pick", ".9"), ("pick", ".x"), ("pick", ""), ("more", ""), ("nonsense", ""), ("list", "?")],
)
async def test_a_press_that_fits_nothing_is_told(scene: Scene, action: str, behind: str) -> None:
    """A menu of another answer, a row that is not there, a ticket that was changed."""
    reply = await scene.ann("status tencent 123")
    await scene.reads.press(scene.pressed(action, ticket(reply) + behind))
    assert "no card that I know" in scene.whispered.pop()[1].text


@pytest.mark.parametrize("action", ["do:", "do:nonsense", "do:delete/../x", "confirm"])
async def test_a_button_for_no_verb_is_no_command(scene: Scene, action: str) -> None:
    """What an answer never offered is nothing."""
    reply = await scene.ann("status tencent 123")
    assert await scene.reads.chosen(scene.pressed(action, ticket(reply))) is None
    assert "no card that I know" in scene.whispered.pop()[1].text


async def test_rights_are_asked_again_at_the_press(scene: Scene) -> None:
    """Whoever became a guest meanwhile reads nothing more."""
    reply = await scene.ann("status tencent 123")
    before = PEOPLE["ann"]
    PEOPLE["ann"] = ("U123", Standing.GUEST)
    try:
        pressed = await scene.press("list", ticket(reply))
    finally:
        PEOPLE["ann"] = before
    assert pressed.mark is Mark.NOT_ALLOWED
