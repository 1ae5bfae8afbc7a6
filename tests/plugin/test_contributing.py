"""CONTRIBUTING.md shows the example package, and shows it as it is."""

import re
from pathlib import Path

import pytest

from tests.plugin.installing import HERE

CONTRIBUTING = (HERE.parents[1] / "CONTRIBUTING.md").read_text("utf-8")
PART = CONTRIBUTING.partition("## A provider of your own")[2].partition("\n## ")[0]
CODE = re.findall(r"^```(?:py|toml)\n(.*?)^```", PART, re.MULTILINE | re.DOTALL)
SHOWN = [block for block in CODE if not block.startswith("plugins =")]


def text_of(files: list[Path]) -> str:
    return "\n".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.splitlines()[0])
def test_what_is_shown_is_in_the_package(block: str) -> None:
    """Each piece of code is in a file, to the letter."""
    assert len(SHOWN) == 6
    files = [HERE / "pyproject.toml", *(HERE / "acme_stream_bot").glob("*.py")]
    assert block in text_of(files)


def test_every_file_is_named() -> None:
    """The map has the whole folder."""
    (tree,) = re.findall(r"^```text\n(tests/plugin/\n.*?)^```", PART, re.MULTILINE | re.DOTALL)
    package = HERE / "acme_stream_bot"
    files = {file.name for file in (*package.glob("*.py"), *package.glob("examples/*"))}
    assert files | {"pyproject.toml", "test_acme.py"} <= set(re.findall(r"[\w.]+", tree))
