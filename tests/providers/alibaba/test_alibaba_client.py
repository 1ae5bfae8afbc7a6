"""The whole way: our client and our readings, against the simulator and against what is worse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from providers.alibaba.account import AlibabaAccount
from providers.alibaba.relay import RELAY
from providers.alibaba.simulator import AlibabaSimulator
from providers.client import Accepted, Client
from providers.errors import AlreadySo, CallError, Refused, Throttled, Unknown, Unreadable
from providers.facts import Facts, Listing, TaskState
from providers.operation import Task, Verb
from providers.provider import Call
from providers.reading import read
from providers.simulator import Incident, SimulatedTask
from tests.providers.vendor import client, evil_vendor, http, send_in_turn

ID = "6f869419-0001"


def _account(url: str) -> AlibabaAccount:
    settings = {
        "name": "prod",
        "provider": "alibaba",
        "access_key_id": "env:ID",
        "access_key_secret": "env:KEY",
        "endpoints": {"live": url},
    }
    environ = {"ID": "AKIDEXAMPLE", "KEY": "examplesecret"}
    return AlibabaAccount.model_validate(settings, context={"environ": environ})


def _call(verb: Verb, url: str, task_id: str = ID) -> Call:
    operation = RELAY.operation(verb)
    assert operation
    return Call(RELAY, operation, _account(url), Task(task_id, "cn-shanghai"), "slack:U123")


@dataclass
class Bench:
    """The simulator, and the real client that speaks to it."""

    simulator: AlibabaSimulator
    client: Client

    async def do(self, verb: Verb, task_id: str = ID) -> Accepted:
        """One change."""
        return await send_in_turn(self.client, _call(verb, self.simulator.url, task_id))

    async def facts(self, task_id: str = ID, region: str = "cn-shanghai") -> Facts:
        """One task, read."""
        assert RELAY.status
        task = Task(task_id, region)
        account = _account(self.simulator.url)
        return await read(self.client, RELAY, account, task, RELAY.status(task))

    async def listing(self, region: str = "cn-shanghai") -> Listing:
        """All tasks, read."""
        assert RELAY.tasks
        task = Task("", region)
        account = _account(self.simulator.url)
        return await read(self.client, RELAY, account, task, RELAY.tasks(task))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    simulator = AlibabaSimulator()
    simulator.recovery = 0.0
    simulator.add_account("AKIDEXAMPLE", "examplesecret")
    simulator.add_task(SimulatedTask(kind="relay", id=ID, region="cn-shanghai", name="main"))
    async with simulator, client() as sender:
        yield Bench(simulator, sender)


async def test_a_status_is_read_over_the_wire(bench: Bench) -> None:
    """State, name, hosts and times; and no key of its addresses in any field."""
    facts = await bench.facts()
    assert (facts.id, facts.name, facts.state, facts.word) == (ID, "main", TaskState.RUNNING, "1")
    assert facts.source == "pull.example.com/live/•••"
    assert facts.destination == "push.example.com/live/•••"
    assert facts.starts_at is not None
    assert facts.ends_at == facts.starts_at + 7 * 86400
    assert "examplekey" not in repr(facts)
    assert len(bench.simulator.requests) == 1


@pytest.mark.parametrize(("task_id", "region"), [("other", "cn-shanghai"), (ID, "cn-beijing")])
async def test_a_task_that_is_not_there_is_not_found(
    bench: Bench, task_id: str, region: str
) -> None:
    """An unknown id, and a right id in another live center."""
    facts = await bench.facts(task_id, region)
    assert (facts.id, facts.state, facts.word) == (
        task_id,
        TaskState.NOT_FOUND,
        "CodeTaskNotExist",
    )


async def test_each_change_is_seen_in_the_status(bench: Bench) -> None:
    """Stopped, started, restarted, deleted."""
    bench.simulator.recovery = 1000.0
    seen = []
    for verb in (Verb.STOP, Verb.START, Verb.RESTART):
        await bench.do(verb)
        seen.append((await bench.facts()).state)
        if verb is Verb.START:
            bench.simulator.tasks[0].state = "1"
            seen.append((await bench.facts()).state)
    await bench.do(Verb.DELETE)
    seen.append((await bench.facts()).state)
    stopped, running = TaskState.STOPPED, TaskState.RUNNING
    assert seen == [stopped, stopped, running, stopped, TaskState.NOT_FOUND]


async def test_a_task_that_does_not_come_back_says_why(bench: Bench) -> None:
    """In the vendor's word and in plain English."""
    bench.simulator.play(Incident.NOT_BACK, times=1)
    await bench.do(Verb.RESTART)
    facts = await bench.facts()
    assert facts.state is TaskState.STOPPED
    assert facts.why == "PullStreamFailed: Alibaba cannot read the source"


async def test_a_restarted_task_is_followed_under_its_new_id(bench: Bench) -> None:
    """Where the vendor moved it, the answered id is the one that is found, and the same task."""
    before = await bench.facts()
    bench.simulator.new_ids = True
    new = str((await bench.do(Verb.RESTART)).data["TaskId"])
    assert (await bench.facts()).state is TaskState.NOT_FOUND
    after = await bench.facts(new)
    assert (after.id, after.state, after.identity) == (new, TaskState.RUNNING, before.identity)


async def test_what_was_so_before_is_told_as_such(bench: Bench) -> None:
    """The second stop and the second delete are no failures."""
    said = []
    for verb in (Verb.STOP, Verb.DELETE):
        await bench.do(verb)
        with pytest.raises(AlreadySo) as caught:
            await bench.do(verb)
        said.append((caught.value.code, caught.value.state))
    assert said == [
        ("CodeTaskHasStopped", "was already stopped"),
        ("CodeTaskNotExist", "is not there"),
    ]


async def test_a_long_list_is_read_to_its_end(bench: Bench) -> None:
    """Over its pages, in the vendor's order, each task once, of this live center alone."""
    ids = [f"t{n}" for n in range(230)]
    for task_id in ids:
        bench.simulator.add_task(SimulatedTask(kind="relay", id=task_id, region="cn-shanghai"))
    bench.simulator.add_task(SimulatedTask(kind="relay", id="elsewhere", region="cn-beijing"))
    listing = await bench.listing()
    assert [task.id for task in listing.tasks] == [ID, *ids]
    assert listing.complete
    assert len(bench.simulator.requests) == 3
    assert "examplekey" not in repr(listing)


async def test_an_empty_list_is_no_fault(bench: Bench) -> None:
    """A live center without tasks."""
    assert await bench.listing("cn-beijing") == Listing(())


async def test_a_read_is_tried_three_times(bench: Bench) -> None:
    """What only reads may be sent again; a vendor that fails each time ends it as unknown."""
    bench.simulator.play(Incident.INTERNAL)
    with pytest.raises(Unknown):
        await bench.facts()
    assert len(bench.simulator.requests) == 3
    bench.simulator.clear()
    assert (await bench.facts()).state is TaskState.RUNNING


# Answers on which the vendor's own SDK loses the status, the code, or its head.

GATEWAY = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
XML = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>m</Message></Error>'
ODD: dict[str, tuple[bytes | None, type[CallError], str]] = {
    "a gateway's page": (http(GATEWAY, "503 X"), Unreadable, "HTTP 503"),
    "a gateway's XML": (http(XML, "500 X", "Content-Type: text/xml"), Unreadable, "HTTP 500"),
    "a dropped connection": (None, Unreadable, ""),
    "a throttle without a wait": (
        http(b'{"Code":"Throttling.User","RequestId":"r"}', "400 X"),
        Throttled,
        "Throttling.User",
    ),
    "an error at HTTP 200": (
        http(b'{"Code":"CodeTaskNotExist","RequestId":"r"}'),
        Refused,
        "CodeTaskNotExist",
    ),
    "an error under another content type": (
        http(b'{"Code":"Forbidden.RAM"}', "403 X", "Content-Type: text/plain; charset=utf-8"),
        Refused,
        "Forbidden.RAM",
    ),
    "a RetCode at HTTP 200": (
        http(b'{"RetCode":5,"Description":"busy","RequestId":"r"}'),
        Unknown,
        "RetCode 5",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "code"), ODD.values(), ids=ODD)
async def test_an_odd_answer_is_named_and_nothing_is_sent_again(
    answer: bytes | None, kind: type[CallError], code: str
) -> None:
    """By its class and code; a change goes out once, whatever comes back."""
    async with evil_vendor(answer) as vendor, client() as sender:
        with pytest.raises(kind) as caught:
            await send_in_turn(sender, _call(Verb.RESTART, vendor.url))
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert len(vendor.requests) == 1


async def test_the_vendors_wait_is_kept() -> None:
    """x-acs-retry-after is in milliseconds; without it the wait is a second."""
    waits = []
    for header in ("x-acs-retry-after: 2500", "x-other: 1"):
        answer = http(b'{"Code":"Throttling.User","RequestId":"r"}', "400 X", header)
        async with evil_vendor(answer) as vendor, client() as sender:
            with pytest.raises(Throttled) as caught:
                await send_in_turn(sender, _call(Verb.RESTART, vendor.url))
        waits.append(caught.value.wait)
    assert waits == [2.5, 1.0]


async def test_one_throttle_then_a_yes_restarts_once(bench: Bench) -> None:
    """What was throttled did nothing, and what comes after is one restart."""
    bench.simulator.play(Incident.THROTTLE, times=1)
    with pytest.raises(Throttled):
        await bench.do(Verb.RESTART)
    await bench.do(Verb.RESTART)
    assert [seen.verdict for seen in bench.simulator.requests] == ["Throttling.User", "ok"]
