"""The README's tables of keys, permissions, words and metrics have what there is, and no more."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel, SecretStr

from bot.metrics import FIGURES, Metrics, Reading
from bot.metrics.labels import OUTCOMES
from bot.policy import ConfirmRules, Rule
from bot.reply import Mark
from bot.settings import Settings, Target
from tests.readme import CATALOGUE, blocks, part, rows

# The configuration


def models() -> Mapping[str, tuple[type[BaseModel], ...]]:
    """README's heading -> the models whose keys are told there."""
    sections: dict[str, tuple[type[BaseModel], ...]] = {
        f"### `[{name}]`": (field.annotation,)
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    return sections | {
        TOP: (Settings,),
        "### `[accounts.NAME]`": tuple(v.account for v in CATALOGUE.providers.values()),
        "### `[targets.NAME]`": (Target,),
        "### `[[policy.allow]]` and `[[policy.deny]]`": (Rule,),
        "### `[policy.confirm]`": (ConfirmRules,),
    }


TOP = "### Above the first table"


def test_every_key_is_told_and_no_other() -> None:
    """Each table of the reference has the keys that the settings have."""
    tables = {heading.strip("#` []").partition(".")[0] for heading in models()} & set(
        Settings.model_fields
    )
    for heading, own in models().items():
        keys = {key.strip("`") for key, *_ in rows(part(heading))}
        fields = {name for model in own for name in model.model_fields} - {"name"}
        assert keys == (fields - tables if heading == TOP else fields), heading


WORDS = ("none", "required", "vendor's", "the account's", "any", "")
"""What stands in the place of a default that is no value."""


def test_every_default_is_told_right() -> None:
    """A default in the reference is what an empty file gives."""
    for heading, own in models().items():
        for key, default, *_ in rows(part(heading)):
            if default in WORDS:
                continue
            told = tomllib.loads(f"told = {default.strip('`')}")["told"]
            having = [model for model in own if key.strip("`") in model.model_fields]
            fields = [model.model_fields[key.strip("`")] for model in having]
            assert [plain(f.get_default(call_default_factory=True)) for f in fields] == (
                [told] * len(having)
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
    """Whoever makes the keys finds every action there that the bot calls, and no other: reads in
    one column, changes in the other, each vendor in its row."""
    told = {
        vendor.split()[0].lower(): (set(named(reads)), set(named(changes)))
        for vendor, reads, changes in rows(part("## Security"))
    }
    called: dict[str, tuple[set[str], set[str]]] = {name: (set(), set()) for name in told}
    for kind, first in CATALOGUE.operations():
        for operation in filter(None, (first, first.then)):
            called[kind.provider][operation.effect.changes].add(operation.permission)
    for vendor in CATALOGUE.providers.values():
        called[vendor.name][0].add(vendor.probe.permission)
    assert told == called


def named(cell: str) -> list[str]:
    return re.findall(r"`(\w+:\w+)`", cell)


TITLES = {Mark.DRY_RUN, Mark.HISTORY, Mark.TASKS}
"""They name an answer, and say of no operation or task how it is."""


def test_the_words_are_explained() -> None:
    """Every state word that a message can begin with is in the tables of words, and no other."""
    tables = [first for first, *_ in rows(part("### What the words mean"))]
    explained = set(re.findall(r"\*\*([\w ]+)\*\*", "\n".join(tables)))
    assert explained == {mark.word for mark in Mark if mark not in TITLES}


# The metrics


async def test_every_metric_is_told() -> None:
    """The table has the metrics that are told, and the alerts ask for these."""
    metrics = Metrics(["tencent"])

    async def everything() -> Reading:
        return dict.fromkeys(FIGURES, 1.0)

    metrics.watch(everything)
    exposed = (await metrics.scrape()).decode()
    told = {name.strip("`") for name, _ in rows(part("### Metrics"))}
    assert told == set(re.findall(r"^# TYPE (stream_bot_\w+) ", exposed, re.MULTILINE))
    rules = [rule["expr"] for rule in yaml.safe_load(blocks("yaml")[-1])["groups"][0]["rules"]]
    assert rules
    for rule in rules:
        assert set(re.findall(r"stream_bot_\w+", rule)) <= told
        assert set(re.findall(r'outcome="([^"]+)"', rule)) <= OUTCOMES
