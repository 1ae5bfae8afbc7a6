"""What a vendor of somebody else is tested with. Good to copy, without the conftest beside it.

The first half goes through every example and holds for any vendor. The second is Acme's own.
"""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.command import ListCommand, TaskCommand, Vocabulary, parse
from bot.rehearsal import shown, with_shows
from providers.account import Account
from providers.catalogue import Catalogue, discover
from providers.client import Client
from providers.contract import example_flaws, flaws
from providers.errors import CallError, FaultKind
from providers.facts import TaskState
from providers.operation import Kind, Operation, Task, Verb
from providers.plugins import join
from providers.provider import Call
from providers.reading import read
from providers.simulator import Incident, SimulatedTask, Simulator

PLUGIN = "acme"
EXAMPLES = sorted((Path(__file__).parent / "acme_stream_bot" / "examples").glob("*.json"))
ENVIRON = {"ID": "AKIDEXAMPLE", "KEY": "examplesecret"}

each_example = pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """All that is built in, and the plugin."""
    return join(discover(), PLUGIN)[0]


@pytest.fixture
async def client(catalogue: Catalogue) -> AsyncIterator[Client]:
    made = Client(catalogue, timeout=5)
    yield made
    await made.close()


class Example:
    """One file of the examples, and what it is about."""

    def __init__(self, catalogue: Catalogue, file: Path) -> None:
        self.told: dict[str, Any] = json.loads(file.read_text("utf-8"))
        self.kind: Kind = catalogue.kind(self.told["where"])
        operation = self.kind.operation(Verb(self.told["verb"]))
        assert operation is not None
        self.operation: Operation = operation
        self.provider = catalogue.provider_of(self.kind)
        self.task = Task(**self.told["task"])

    def account(self, url: str = "http://127.0.0.1:1") -> Account:
        model = self.provider.account
        table = {
            "name": "prod",
            "provider": self.provider.name,
            "access_key_id": "env:ID",
            "access_key_secret": "env:KEY",
            "endpoints": dict.fromkeys(model.hosts, url),
        }
        return model.model_validate(table, context={"environ": ENVIRON})

    def call(self, url: str = "http://127.0.0.1:1") -> Call:
        return Call(self.kind, self.operation, self.account(url), self.task, self.told["operator"])

    def simulator(self) -> Simulator:
        made = self.provider.simulator()
        made.add_account(ENVIRON["ID"], ENVIRON["KEY"])
        if self.task.id:  # a list names none
            made.add_task(SimulatedTask(kind=self.kind.name, **self.told["task"]))
        return made


# What holds for any vendor


def test_the_value_has_no_flaw(catalogue: Catalogue) -> None:
    """What the bot looks at when it starts."""
    assert list(flaws(catalogue.providers[PLUGIN])) == []


def test_every_operation_has_an_example(catalogue: Catalogue) -> None:
    """KIND.VERB.json, one each."""
    kinds = catalogue.providers[PLUGIN].kinds
    names = {f"{kind.name}.{one.verb}" for kind in kinds for one in kind.operations}
    assert {file.stem for file in EXAMPLES} == names


def test_every_example_is_whole(catalogue: Catalogue) -> None:
    """The command, the request, the answer and what the channel shows."""
    assert list(example_flaws(catalogue.providers[PLUGIN], EXAMPLES[0].parent)) == []


@each_example
def test_the_command_is_the_operation(catalogue: Catalogue, file: Path) -> None:
    """What the example types is read as this operation on this task."""
    example = Example(catalogue, file)
    vocabulary = Vocabulary(catalogue, {"prod": example.account()}, {})
    command = parse(example.told["command"].removeprefix("/stream "), vocabulary)
    if example.operation.verb is Verb.LIST:
        assert isinstance(command, ListCommand)
    else:
        assert isinstance(command, TaskCommand)
        assert (command.verb, command.task) == (example.operation.verb, example.task.id)
    assert (command.where, command.region) == (example.kind.where, example.task.region)


@each_example
def test_the_request_is_the_examples(catalogue: Catalogue, file: Path) -> None:
    """Method, action and parameters, by name and type."""
    example = Example(catalogue, file)
    call = example.call()
    request = example.provider.wire.request(call)
    assert example.told["request"] == {
        "method": request.method,
        "action": example.operation.action,
        "parameters": dict(call.parameters),
    }
    assert json.loads(request.content) == call.parameters


@each_example
def test_the_printed_answer_is_a_yes(catalogue: Catalogue, file: Path) -> None:
    """The answer of the vendor's page comes out with its RequestId."""
    example = Example(catalogue, file)
    told = example.told["answer"]
    answer = example.provider.wire.read(told["status"], told["body"])
    assert (answer.code, answer.request_id) == ("", example.told["request_id"])


@each_example
async def test_the_simulator_takes_the_call(
    catalogue: Catalogue, client: Client, file: Path
) -> None:
    """Signed, in time, within the quota, with the parameters that the vendor wants."""
    example = Example(catalogue, file)
    async with example.simulator() as vendor:
        call = example.call(vendor.url)
        answer = await client.send(call, await client.slot(call))
    (seen,) = vendor.requests
    assert (seen.verdict, seen.action) == ("ok", example.operation.action)
    assert answer.request_id == seen.request_id


@pytest.mark.parametrize(
    ("file", "refused"),
    [
        pytest.param(file, refused, id=f"{file.stem}{' refused' if refused else ''}")
        for file in EXAMPLES
        for refused in (False, True)
        if not refused or "refused" in json.loads(file.read_text("utf-8"))
    ],
)
async def test_the_channel_shows_the_examples_lines(
    catalogue: Catalogue, file: Path, refused: bool
) -> None:
    """From the command to the screen, with the vendor's printed answer; after a wanted change,
    STREAM_BOT_GOLDEN=write writes the lines."""
    told = Example(catalogue, file).told
    scene = told["refused"] if refused else told
    lines = await shown(catalogue, told, scene)
    if os.environ.get("STREAM_BOT_GOLDEN") == "write":
        text = with_shows(file.read_text("utf-8"), scene["shows"], lines, refused=refused)
        file.write_text(text, "utf-8")
    else:
        assert lines == scene["shows"]


@pytest.mark.parametrize(
    ("incident", "kind"),
    [
        (Incident.THROTTLE, FaultKind.THROTTLED),
        (Incident.ARREARS, FaultKind.BILLING),
        (Incident.PERMISSION, FaultKind.PERMISSION),
        (Incident.WRONG_KEYS, FaultKind.WRONG_KEYS),
        (Incident.INTERNAL, FaultKind.INTERNAL),
        (Incident.CLOCK, FaultKind.CLOCK),
    ],
)
@each_example
async def test_each_incident_is_understood(
    catalogue: Catalogue, client: Client, file: Path, incident: Incident, kind: FaultKind
) -> None:
    """What the simulator plays, the client names by its kind."""
    example = Example(catalogue, file)
    async with example.simulator() as vendor:
        vendor.play(incident)
        call = example.call(vendor.url)
        with pytest.raises(CallError) as caught:
            await client.send(call, await client.slot(call))
    assert caught.value.fault.kind is kind
    assert caught.value.code
    assert caught.value.request_id


# Acme's own


@pytest.fixture
async def acme(catalogue: Catalogue) -> AsyncIterator[Simulator]:
    """Acme on loopback with one feed."""
    vendor = Example(catalogue, EXAMPLES[0]).simulator()
    vendor.tasks = [SimulatedTask(kind="feed", id="1", state="live", name="main")]
    async with vendor:
        yield vendor


async def test_a_feed_is_read(catalogue: Catalogue, client: Client, acme: Simulator) -> None:
    """One vocabulary of states beside Acme's word; no stream key and no token in any field."""
    kind, account = catalogue.kind("acme"), Example(catalogue, EXAMPLES[0]).account(acme.url)
    assert kind.status
    facts = await read(client, kind, account, Task("1", "global"), kind.status(Task("1", "global")))
    assert (facts.id, facts.name, facts.state, facts.word) == (
        *("1", "main"),
        *(TaskState.RUNNING, "live"),
    )
    assert (facts.source, facts.destination) == (
        "pull.example.com/live/•••",
        "push.example.com/live/•••",
    )
    assert "examplekey" not in repr(facts)
    assert "examplestreamkey" not in repr(facts)


async def test_what_is_not_there_is_not_found(
    catalogue: Catalogue, client: Client, acme: Simulator
) -> None:
    """By Acme's own code, and by nothing else."""
    kind, account = catalogue.kind("acme"), Example(catalogue, EXAMPLES[0]).account(acme.url)
    assert kind.status
    facts = await read(client, kind, account, Task("2", "global"), kind.status(Task("2", "global")))
    assert (facts.state, facts.word) == (TaskState.NOT_FOUND, "feed_not_found")


async def test_every_page_is_read(catalogue: Catalogue, client: Client, acme: Simulator) -> None:
    """To the end, each feed once, in Acme's order."""
    acme.tasks = [SimulatedTask(kind="feed", id=str(n), state="live") for n in range(120)]
    kind, account = catalogue.kind("acme"), Example(catalogue, EXAMPLES[0]).account(acme.url)
    assert kind.tasks
    listing = await read(client, kind, account, Task("", "global"), kind.tasks(Task("", "global")))
    assert [facts.id for facts in listing.tasks] == [str(n) for n in range(120)]
    assert listing.complete


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("live", TaskState.RUNNING),
        ("starting", TaskState.DEGRADED),
        ("off", TaskState.STOPPED),
        ("melted", TaskState.UNKNOWN),
    ],
)
def test_each_state_has_our_word(catalogue: Catalogue, word: str, state: TaskState) -> None:
    """Every word of Acme's page; another one is unknown, and is told as it is."""
    kind = catalogue.kind("acme")
    assert kind.status
    reading = kind.status(Task("1", "global"))
    next(reading)
    with pytest.raises(StopIteration) as found:
        reading.send({"feed": "1", "state": word})
    assert (found.value.value.state, found.value.value.word) == (state, word)


@pytest.mark.parametrize("told", [{}, {"feed": "1"}, {"feed": 1, "state": "live"}, {"feed": "2"}])
def test_an_answer_that_does_not_tell_is_no_feed(
    catalogue: Catalogue, told: dict[str, object]
) -> None:
    """Never "not found": that is Acme's to say."""
    kind = catalogue.kind("acme")
    assert kind.status
    reading = kind.status(Task("1", "global"))
    next(reading)
    with pytest.raises(ValueError, match="feed"):
        reading.send(told)


def test_the_accounts_own_key_goes_along(catalogue: Catalogue) -> None:
    """`tenant` is Acme's; shared code does not know it."""
    example = Example(catalogue, EXAMPLES[0])
    account = example.account().model_copy(update={"tenant": "north"})
    request = example.provider.wire.request(replace(example.call(), account=account))
    assert json.loads(request.content)["tenant"] == "north"
