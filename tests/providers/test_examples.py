"""Contract tests over everything registered: a new operation is tested before its author does."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from bot.command import ListCommand, TaskCommand, Vocabulary, parse
from providers.account import Account
from providers.catalogue import Catalogue, CatalogueClashError
from providers.client import Client
from providers.errors import CallError, FaultKind, Unknown
from providers.operation import Effect, Kind, Operation, Task, Verb
from providers.provider import Call
from providers.simulator import Incident, SimulatedTask, Simulator
from tests.providers.examples import CATALOGUE, CHANGES, EVERYTHING, example
from tests.providers.vendor import evil_vendor, http, send_in_turn

ENVIRON = {"ID": "AKIDEXAMPLE", "KEY": "examplesecret"}


def account(kind: Kind, url: str) -> Account:
    """An account of the example's vendor, with every service at one address."""
    model = CATALOGUE.providers[kind.provider].account
    return model.model_validate(
        {
            "name": "prod",
            "provider": kind.provider,
            "region": "cn-shanghai" if kind.provider == "alibaba" else "",
            "access_key_id": "env:ID",
            "access_key_secret": "env:KEY",
            "endpoints": dict.fromkeys(model.hosts, url),
        },
        context={"environ": ENVIRON},
    )


def call(kind: Kind, operation: Operation, url: str) -> Call:
    told = example(kind, operation)
    return Call(kind, operation, account(kind, url), Task(**told["task"]), told["operator"])


def simulator(kind: Kind, operation: Operation) -> Simulator:
    made = CATALOGUE.providers[kind.provider].simulator()
    made.add_account(ENVIRON["ID"], ENVIRON["KEY"])
    task = example(kind, operation)["task"]
    if task["id"]:  # a list names none
        made.add_task(SimulatedTask(kind=kind.name, **task))
    return made


@pytest.mark.parametrize(("kind", "operation"), EVERYTHING)
def test_the_examples_command_is_the_operation(kind: Kind, operation: Operation) -> None:
    """What the example types is read as this operation on this task."""
    told = example(kind, operation)
    vocabulary = Vocabulary(CATALOGUE, {"prod": account(kind, "http://127.0.0.1:1")}, {})
    command = parse(told["command"].removeprefix("/stream "), vocabulary)
    assert (kind.where, operation.verb) == (told["where"], told["verb"])
    if operation.verb is Verb.LIST:
        assert isinstance(command, ListCommand)
        assert (command.where, command.region) == (kind.where, told["task"]["region"])
        return
    assert isinstance(command, TaskCommand)
    assert (command.where, command.verb) == (kind.where, operation.verb)
    assert (command.task, command.app) == (told["task"]["id"], told["task"]["app"])


@pytest.mark.parametrize(("kind", "operation"), EVERYTHING)
def test_the_request_is_the_examples(kind: Kind, operation: Operation) -> None:
    """Method, action and parameters, by name and type."""
    told = example(kind, operation)["request"]
    made = call(kind, operation, "http://127.0.0.1:1")
    request = CATALOGUE.provider_of(kind).wire.request(made)
    parameters = dict(operation.parameters(made.task, made.operator))
    assert (request.method, operation.action) == (told["method"], told["action"])
    assert parameters == told["parameters"]
    for name, value in parameters.items():
        assert type(value) is type(told["parameters"][name])


@pytest.mark.parametrize(("kind", "operation"), EVERYTHING)
async def test_the_vendors_printed_answer_is_a_yes(kind: Kind, operation: Operation) -> None:
    """The answer of the vendor's page comes out with its RequestId."""
    told = example(kind, operation)
    body = json.dumps(told["answer"]["body"]).encode()
    client = Client(CATALOGUE)
    async with evil_vendor(http(body, f"{told['answer']['status']} X")) as vendor:
        answer = await send_in_turn(client, call(kind, operation, vendor.url))
    await client.close()
    assert answer.request_id == told["request_id"]


@pytest.mark.parametrize(("kind", "operation"), EVERYTHING)
async def test_the_simulator_takes_the_clients_call(kind: Kind, operation: Operation) -> None:
    """Signed, in time, within the quota, with the parameters that the vendor wants."""
    client = Client(CATALOGUE)
    async with simulator(kind, operation) as vendor:
        answer = await send_in_turn(client, call(kind, operation, vendor.url))
        (seen,) = vendor.requests
    await client.close()
    assert (seen.verdict, seen.action) == ("ok", operation.action)
    assert answer.request_id == seen.request_id


REFUSALS = {
    Incident.THROTTLE: {FaultKind.THROTTLED},
    Incident.ARREARS: {FaultKind.BILLING},
    Incident.PERMISSION: {FaultKind.PERMISSION},
    Incident.WRONG_KEYS: {FaultKind.WRONG_KEYS},
    Incident.INTERNAL: {FaultKind.INTERNAL},
    Incident.CLOCK: {FaultKind.CLOCK},
}


@pytest.mark.parametrize("incident", REFUSALS)
@pytest.mark.parametrize(("kind", "operation"), EVERYTHING)
async def test_each_incident_is_understood(
    kind: Kind, operation: Operation, incident: Incident
) -> None:
    """What a simulator plays, the client names by its kind."""

    client = Client(CATALOGUE)
    async with simulator(kind, operation) as vendor:
        # Counted, an incident spares the reads.
        vendor.play(incident, 1 if operation.effect.changes else None)
        made = call(kind, operation, vendor.url)
        with pytest.raises(CallError) as caught:
            await send_in_turn(client, made)
    await client.close()
    assert caught.value.fault.kind in REFUSALS[incident]
    assert caught.value.code
    assert caught.value.request_id


@pytest.mark.parametrize("incident", [Incident.DROP, Incident.GATEWAY, Incident.HANG])
@pytest.mark.parametrize(("kind", "operation"), CHANGES)
async def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(
    kind: Kind, operation: Operation, incident: Incident
) -> None:
    """The vendor acted, and nobody heard of it: a second request would act again."""
    client = Client(CATALOGUE, timeout=0.3)
    async with simulator(kind, operation) as vendor:
        vendor.play(incident, 1)
        with pytest.raises(Unknown):
            await send_in_turn(client, call(kind, operation, vendor.url))
        (seen,) = vendor.requests
    await client.close()
    assert (seen.verdict, seen.lost) == ("ok", incident)


@pytest.mark.parametrize(("kind", "operation"), EVERYTHING)
def test_an_operation_says_all_that_the_screens_need(kind: Kind, operation: Operation) -> None:
    """Help, cards and errors read these; none may be missing."""
    assert operation.does
    assert operation.page.startswith("https://")
    assert operation.quota > 0
    assert operation.permission
    assert operation.warning or not operation.effect.irreversible
    assert kind.console
    assert kind.noun


def every_fault() -> Iterator[Any]:
    for provider in CATALOGUE.providers.values():
        for service, table in provider.faults.items():
            for fault in (*table, table.unrecognised):
                yield pytest.param(fault, id=f"{provider.name} {service} {fault.code}")


PLACES = dict.fromkeys(
    ("account", "region", "task", "app", "verb", "permission", "host", "console", "why"), "x"
)


@pytest.mark.parametrize("fault", list(every_fault()))
def test_every_code_says_what_it_means_and_what_to_do(fault: Any) -> None:
    """No code is only an "error": a sentence, a next step, who does it."""
    assert len(fault.says.format_map(PLACES)) > 15
    assert fault.step.format_map(PLACES)
    assert fault.who or fault.kind is FaultKind.ALREADY
    assert "{" not in fault.says.format_map(PLACES) + fault.step.format_map(PLACES)


def test_two_vendors_with_the_same_word_do_not_start() -> None:
    """A clash is found at the start, not in an incident."""
    tencent = CATALOGUE.providers["tencent"]
    with pytest.raises(CatalogueClashError, match="tencent is there twice"):
        Catalogue([tencent, tencent])


def test_shared_code_names_no_vendor() -> None:
    """In providers/ a module is shared and a package is a vendor; bot/ knows neither by name."""
    root = Path(str(files("providers")))
    shared = [*root.glob("*.py"), *root.parent.joinpath("bot").glob("*.py")]
    shared += root.parent.joinpath("bot", "slack").glob("*.py")
    shared += root.parent.joinpath("bot", "journal").glob("*.py")
    for path in shared:
        for name in CATALOGUE.providers:
            lines = [
                line
                for line in path.read_text("utf-8").splitlines()
                if f"providers.{name}" in line and "import" in line
            ]
            assert lines == [], path


def test_what_is_final_is_declared_so() -> None:
    """The calls that nobody can take back ask first, whatever is added later."""
    final = {
        operation.action
        for _, operation in CATALOGUE.operations()
        if operation.effect in (Effect.ENDS, Effect.DELETES)
    }
    assert {"DeleteLivePullStreamTask", "StopStreamIngest", "StopPullRecordTask"} <= final
    assert not any("Restart" in action for action in final)
