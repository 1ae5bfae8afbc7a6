"""What the README tells people to type is so, in Slack and at a shell; and what it points to."""

from __future__ import annotations

import argparse
import configparser
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from bot.__main__ import _parser
from bot.command import MANUAL, TaskCommand, UsageError, Vocabulary, parse
from bot.command.draft import OPTIONS
from bot.demo.furniture import Scene
from bot.policy import ConfirmRules
from providers.facts import TaskState
from providers.operation import Kind, Operation, Verb
from tests.readme import CATALOGUE, CONTRIBUTING, README, ROOT, blocks, example, part, rows

pytest_plugins = ["tests.readme"]

SLIP = "/stream restrat tencent 123"
"""Typed wrong on purpose, to show what is said then."""


# The commands


def typed_commands() -> list[str]:
    """Every complete command in the README, in tables and in the transcript."""
    tables = re.findall(r"`(?:/stream|@stream) ([^`]+)`", README)
    transcript = re.findall(r"^\w+@#\w+> /stream (.+)$", README, re.MULTILINE)
    return [*tables, *(line for line in transcript if f"/stream {line}" != SLIP)]


async def demo_vocabulary(tmp_path: Path) -> Vocabulary:
    """The words of the demo."""
    async with Scene(tmp_path / "demo.db") as scene:
        settings = scene.settings()
    return Vocabulary(CATALOGUE, settings.accounts, settings.targets)


@pytest.mark.usefixtures("no_proxy")
async def test_every_command_is_understood(tmp_path: Path) -> None:
    """What the README tells people to type is a command, with the demo's words; and it tells every
    verb, and every option that a verb takes."""
    vocabulary = await demo_vocabulary(tmp_path)
    typed = typed_commands()
    for text in typed:
        parse(text, vocabulary)
    assert {text.split()[0] for text in typed} == set(MANUAL)
    named = {option for text in typed for option in re.findall(r"(?<!\S)--[a-z-]+", text)}
    assert named | {"--region"} == set(OPTIONS)
    assert "`--region R`" in part("### Everything that can be typed")
    with pytest.raises(UsageError):
        parse(SLIP.removeprefix("/stream "), vocabulary)


@pytest.mark.usefixtures("no_proxy")
async def test_every_task_that_is_typed_is_in_the_demo(tmp_path: Path) -> None:
    """Who tries a command of the README in the demo finds its task there."""
    async with Scene(tmp_path / "demo.db") as scene:
        settings = scene.settings()
        vocabulary = Vocabulary(CATALOGUE, settings.accounts, settings.targets)
        commands = [parse(text, vocabulary) for text in typed_commands()]
        typed = {
            (c.where, task) for c in commands if isinstance(c, TaskCommand) for task in c.tasks
        }
        assert typed == {(where, task) for where, task in typed if in_demo(scene, where, task)}


def in_demo(scene: Scene, where: str, task: str) -> bool:
    """Whether a cloud of the demo has this task."""
    cloud, _, kind = where.partition(":")
    return scene.clouds[cloud].task(kind, task) is not None


def test_what_asks_first_is_told_right() -> None:
    """The first table says "yes" where the policy's defaults ask, and "no" where they do not."""
    settings = example()
    vocabulary = Vocabulary(CATALOGUE, settings.accounts, settings.targets)
    told = {}
    for _, cell, asks in rows(part("## At 3 am")):
        for typed in re.findall(r"`/stream ([^`]+)`", cell):
            command = parse(typed, vocabulary)
            if asks in ("yes", "no") and isinstance(command, TaskCommand):
                operation = CATALOGUE.kind(command.where).operation(command.verb)
                assert operation is not None
                told[typed] = (asks, ConfirmRules().for_effect(operation.effect))
    assert set(told.values()) == {("yes", "self"), ("no", "none")}


ASKS = {"none": "at once", "self": "asks"}


def test_what_each_service_has_is_told_right() -> None:
    """The table of services says of every verb whether it is there, and what asks first."""
    (head, *_) = part("### What each service has").strip().split("\n")
    kinds = [CATALOGUE.words[word] for word in re.findall(r"`([\w:]+)`", head)]
    assert {kind.where for kind in kinds} == {kind.where for kind in CATALOGUE.kinds}
    _, *verbs = rows(part("### What each service has"))
    assert {verb for verb, *_ in verbs} == set(Verb)
    for verb, *cells in verbs:
        for kind, cell in zip(kinds, cells, strict=True):
            assert re.split("[,:]", cell)[0] == has(kind, Verb(verb)), f"{verb} {kind.where}"


def has(kind: Kind, verb: Verb) -> str:
    operation = kind.operation(verb)
    if operation is None:
        return "–"
    if not operation.effect.changes:
        return "yes"
    return ASKS[ConfirmRules().for_effect(operation.effect)]


def test_the_states_of_a_list_are_told() -> None:
    """Every word that --state takes is in the README."""
    said = part("### Everything that can be typed")
    for state in set(TaskState) - {TaskState.NOT_FOUND}:
        assert f"`{state.replace(' ', '-')}`" in said


def test_every_command_of_the_program_is_told() -> None:
    """The table has the commands that the command line has, and no other."""
    told = {command for command, _ in rows(part("## Commands of the program"))}
    assert told == {f"`stream-bot {command}`" for command in program(_parser())}


def program(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every command, with its subcommands: "audit verify"."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                own = list(program(below))
                yield from (f"{name} {one}" for one in own) if own else (name,)


def test_what_is_typed_at_a_shell_is_a_command() -> None:
    """Every stream-bot line in a shell block is one that the command line takes."""
    lines = re.findall(r"(?:^|/)stream-bot ([^#\n]+)", "\n".join(blocks("sh")), re.MULTILINE)
    typed = [line.split() for line in lines if not line.startswith(("-v", "."))]
    assert any(words[0] == "audit" for words in typed)
    for words in typed:
        _parser().parse_args(words)


# The other blocks


def test_the_unit_and_the_manifests_can_be_read() -> None:
    """The YAML blocks are YAML with one replica that is recreated; the unit is a unit."""
    kubernetes, _ = blocks("yaml")
    deployment, claim = yaml.safe_load_all(kubernetes)
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (
        1,
        {"type": "Recreate"},
    )
    volumes = deployment["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    (unit,) = blocks("ini")
    parser = configparser.ConfigParser(strict=True)
    parser.read_string(unit)
    assert parser["Service"]["ExecStart"].split()[:2] == ["/opt/stream-bot/bin/stream-bot", "run"]


def test_the_modules_to_run_are_there() -> None:
    """Every `python -m` that README and CONTRIBUTING name can be run."""
    modules = set(re.findall(r"python -m (tests[\w.]*)", README + CONTRIBUTING))
    assert "tests.bench" in modules
    for module in modules:
        found = find_spec(module)
        assert found, module
        assert not found.submodule_search_locations or find_spec(f"{module}.__main__"), module


def test_the_sample_of_an_operation_is_a_real_one() -> None:
    """What CONTRIBUTING gives to copy is Python, and has no field that an operation has not."""
    (sample,) = blocks("python", CONTRIBUTING)
    compile(sample, "CONTRIBUTING.md", "exec")
    fields = set(re.findall(r"^    (\w+)=", sample, re.MULTILINE))
    assert fields <= set(Operation.__dataclass_fields__)


def test_what_the_documents_point_to_is_there() -> None:
    """Files and folders that README and CONTRIBUTING name exist."""
    for text in (README, CONTRIBUTING):
        named = re.findall(r"`((?:bot|providers|tests)/[\w./]*)`", text)
        named += re.findall(r"\]\((\w+\.md)\)", text)
        real = [path for path in named if "VENDOR" not in path]
        assert [path for path in real if not (ROOT / path).exists()] == []
    house = next(block for block in blocks("text") if block.startswith("bot/"))
    assert named_in_the_map(house) - there() == set()


def named_in_the_map(house: str) -> set[str]:
    """The modules and packages of the map."""
    return set(re.findall(r"(?<!\S)(\w+\.py|\w+/)(?!\S)", house))


def there() -> set[str]:
    """What is in the two houses, and the houses themselves."""
    inside = [path for house in ("bot", "providers") for path in (ROOT / house).iterdir()]
    return {"bot/", "providers/", "tests/"} | {
        f"{path.name}/" if path.is_dir() else path.name for path in inside
    }
