"""The README says what is so: its commands, its configuration, its transcript."""

from __future__ import annotations

import configparser
import io
import os
import re
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from bot.command import Command, TaskCommand, UsageError, Vocabulary, parse
from bot.demo.furniture import Scene
from bot.demo.paper import Paper
from bot.demo.terminal import Terminal
from bot.policy import (
    Allow,
    Confirm,
    ConfirmRules,
    Decision,
    Deny,
    Person,
    Place,
    Rule,
    Standing,
    Wish,
    decide,
)
from bot.reply import Mark
from bot.settings import Settings, Target, load
from providers.catalogue import discover
from providers.operation import Operation

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CATALOGUE = discover()

SLIP = "/stream restrat tencent 123"
"""Typed wrong on purpose, to show what is said then."""


def blocks(language: str, text: str = README) -> list[str]:
    """The fenced blocks of one language, without the indent of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def part(heading: str) -> str:
    """What stands under a heading, up to the next one."""
    _, _, rest = README.partition(f"\n{heading}\n")
    assert rest, f"README has no {heading}"
    return re.split(r"\n#+ ", rest)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.split("\n") if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def example() -> Settings:
    """README's configuration: its TOML blocks are one file."""
    return load(None, {}, CATALOGUE, text="\n".join(blocks("toml")))


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes them away; slack_sdk would send loopback calls there."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


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


@pytest.mark.usefixtures("_no_proxy")
async def test_every_command_is_understood(tmp_path: Path) -> None:
    """What the README tells people to type is a command, with the demo's words."""
    vocabulary = await demo_vocabulary(tmp_path)
    commands: list[Command] = [parse(text, vocabulary) for text in typed_commands()]
    asked = {(c.where, c.verb) for c in commands if isinstance(c, TaskCommand)}
    assert asked == {(kind.where, operation.verb) for kind, operation in CATALOGUE.operations()}
    with pytest.raises(UsageError):
        parse(SLIP.removeprefix("/stream "), vocabulary)


def test_what_asks_first_is_told_right() -> None:
    """The first table says "yes" where the policy's defaults ask, and "no" where they do not."""
    settings = example()
    vocabulary = Vocabulary(CATALOGUE, settings.accounts, settings.targets)
    told = {}
    for _, typed, asks in rows(part("## At 3 am")):
        if asks in ("yes", "no"):
            command = parse(typed.strip("`").removeprefix("/stream "), vocabulary)
            assert isinstance(command, TaskCommand)
            operation = CATALOGUE.kind(command.where).operation(command.verb)
            assert operation is not None
            told[typed] = (asks, ConfirmRules().for_effect(operation.effect))
    assert len(told) == 5
    assert set(told.values()) == {("yes", "self"), ("no", "none")}


# The transcript


@pytest.mark.usefixtures("_no_proxy")
async def test_the_transcript_is_what_the_demo_prints(tmp_path: Path) -> None:
    """The typed lines, typed again, print the same; times and ids aside."""
    (transcript,) = [block for block in blocks("text") if "@#" in block]
    typed = re.findall(r"^\w+@#\w+> (.+)$", transcript, re.MULTILINE)

    async def typing() -> AsyncIterator[str]:
        for line in typed:
            yield line

    out = io.StringIO()
    async with Scene(tmp_path / "demo.db") as scene:
        await Terminal(scene, Paper(out, terminal=False), echo=True).play(typing())
    assert comparable(out.getvalue()) == comparable(transcript)


def comparable(printed: str) -> list[str]:
    """Without what differs from run to run: times, ids, and whether "Sending" was ever seen."""
    text = re.sub(r"stream · .*\n  ⏳ .*\n.*\n", "", printed.strip())
    text = re.sub(r"\d\d:\d\d:\d\d UTC", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "REQUEST", text)
    text = re.sub(r"op \w{5}\b", "op ID", text)
    return re.sub(r"took \d+\.\d s", "took TIME", text).split("\n")


# The configuration


def models() -> Mapping[str, tuple[type[BaseModel], ...]]:
    """README's heading -> the models whose keys are told there."""
    sections: dict[str, tuple[type[BaseModel], ...]] = {
        f"### `[{name}]`": (field.annotation,)
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    return sections | {
        "### `[accounts.NAME]`": tuple(v.account for v in CATALOGUE.providers.values()),
        "### `[targets.NAME]`": (Target,),
        "### `[[policy.allow]]` and `[[policy.deny]]`": (Rule,),
        "### `[policy.confirm]`": (ConfirmRules,),
    }


def test_every_key_is_told_and_no_other() -> None:
    """Each table of the reference has the keys that the settings have."""
    assert set(Settings.model_fields) - {"accounts", "targets"} == {
        heading.strip("#` []") for heading in models() if re.fullmatch(r"### `\[\w+\]`", heading)
    }
    for heading, own in models().items():
        keys = {key.strip("`") for key, *_ in rows(part(heading))}
        assert keys == {name for model in own for name in model.model_fields} - {"name"}, heading


WORDS = ("none", "required", "vendor's", "the account's", "any", "")
"""What stands in the place of a default that is no value."""


def test_every_default_is_told_right() -> None:
    """A default in the reference is what an empty file gives."""
    for heading, own in models().items():
        for key, default, *_ in rows(part(heading)):
            if default in WORDS:
                continue
            told = tomllib.loads(f"told = {default.strip('`')}")["told"]
            fields = [model.model_fields[key.strip("`")] for model in own]
            assert [plain(f.get_default(call_default_factory=True)) for f in fields] == (
                [told] * len(own)
            ), f"{heading} {key}"


def plain(value: Any) -> Any:
    """As TOML writes it."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case tuple() if hasattr(value, "port"):
            return str(value)
        case tuple():
            return list(value)
    return value


def test_the_permissions_are_told() -> None:
    """Whoever makes the keys finds every action there that the bot calls, the probe's too."""
    said = part("## Security")
    for kind, operation in CATALOGUE.operations():
        assert f"`{operation.permission}`" in said, kind.where
    for vendor in CATALOGUE.providers.values():
        assert f"`{vendor.probe.permission}`" in said, vendor.name


def test_the_words_are_explained() -> None:
    """Every state word that a message can begin with is in the table of words."""
    explained = set(re.findall(r"\*\*([\w ]+)\*\*", part("### What the words mean")))
    assert explained == {mark.word for mark in Mark} - {Mark.DRY_RUN.word}


# The policy's worked example

CHANNELS = {"#incidents": "C123", "#busy": "C999", "a direct message": "D1"}


def test_the_worked_example_is_so() -> None:
    """The rules of the example, asked, answer what the table beside them says."""
    settings = example()
    vocabulary = Vocabulary(CATALOGUE, settings.accounts, settings.targets)
    told = list(rows(part("## Who may act")))
    assert len(told) == 7
    for who, typed, where, comes_of_it in told:
        command = parse(typed.strip("`").removeprefix("/stream "), vocabulary)
        assert isinstance(command, TaskCommand)
        decision = decided(settings, command, who, CHANNELS[where])
        assert comes_of_it.startswith(in_words(decision)), (who, typed, where, decision)


def decided(settings: Settings, command: TaskCommand, who: str, channel: str) -> Decision:
    kind = CATALOGUE.kind(command.where)
    operation = kind.operation(command.verb)
    assert operation is not None
    wish = Wish(
        verb=command.verb,
        where=command.where,
        provider=kind.provider,
        account=command.account,
        target=command.target,
        effect=operation.effect,
        protected=settings.protects(command.where, command.account, command.task) is not None,
    )
    person = Person(
        id="U1",
        name="somebody",
        team_ids=frozenset({"T123"}),
        standing=Standing.GUEST if "guest" in who else Standing.MEMBER,
        groups=frozenset({who.rsplit(" ", 1)[-1]}),
    )
    return decide(settings.policy, wish, person, Place(channel, direct=channel.startswith("D")))


def in_words(decision: Decision) -> str:
    match decision:
        case Allow(rule):
            return f"runs at once ({rule})"
        case Confirm(how="self"):
            return "a card for the asker"
        case Confirm():
            return "a card"
        case Deny():
            return "not allowed"


# The other blocks


def test_the_unit_and_the_manifests_can_be_read() -> None:
    """The YAML blocks are YAML with one replica that is recreated; the unit is a unit."""
    (kubernetes,) = blocks("yaml")
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
