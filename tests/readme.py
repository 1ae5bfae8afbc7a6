"""Reads README and CONTRIBUTING, for the tests that hold them to what is so.

A test module that starts the demo says `pytest_plugins = ["tests.readme"]`, for `no_proxy`.

PYTEST_DONT_REWRITE: other test modules import this one before it is a plugin.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings, load
from providers.catalogue import discover

__all__ = ["CATALOGUE", "CONTRIBUTING", "README", "ROOT", "blocks", "example", "part", "rows"]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CATALOGUE = discover()


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
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes them away; slack_sdk would send loopback calls there."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
