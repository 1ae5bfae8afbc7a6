"""What the channel shows for every example, and that every example is whole."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.rehearsal import shown, with_shows
from providers.contract import example_flaws
from providers.operation import Kind, Operation
from providers.provider import Provider
from tests.providers.examples import (
    CATALOGUE,
    CHANGES,
    EVERYTHING,
    example,
    file_of,
    folder_of,
)


@pytest.mark.parametrize("provider", CATALOGUE.providers.values(), ids=lambda one: one.name)
def test_every_operation_has_a_whole_example(provider: Provider) -> None:
    """One file each, and in it the command, the request, the answer and what the channel shows."""
    assert list(example_flaws(provider, folder_of(provider.name))) == []


@pytest.mark.parametrize(("kind", "operation"), EVERYTHING)
async def test_the_channel_shows_the_examples_lines(kind: Kind, operation: Operation) -> None:
    """From the command, through the real pieces and the vendor's printed answer, to the screen."""
    await compare(kind, operation, refused=False)


@pytest.mark.parametrize(("kind", "operation"), CHANGES)
async def test_the_channel_shows_the_examples_refusal(kind: Kind, operation: Operation) -> None:
    """The same, where the vendor says no."""
    await compare(kind, operation, refused=True)


async def compare(kind: Kind, operation: Operation, *, refused: bool) -> None:
    """After a wanted change, write the lines with STREAM_BOT_GOLDEN=write and read the
    difference."""
    told = example(kind, operation)
    scene = told["refused"] if refused else told
    lines = await shown(CATALOGUE, told, scene)
    if os.environ.get("STREAM_BOT_GOLDEN") == "write":
        file = file_of(kind, operation)
        text = with_shows(file.read_text("utf-8"), scene["shows"], lines, refused=refused)
        file.write_text(text, "utf-8")
    else:
        assert lines == scene["shows"]


REFUSED = {"answer": {"status": 200, "body": {}}, "shows": ["x"]}
SPOILT: list[tuple[dict[str, Any], str]] = [
    ({"shows": None}, "no shows (the lines that the channel shows)"),
    ({"shows": []}, "no shows (the lines that the channel shows)"),
    ({"shows": ["x", 1]}, "no shows (the lines that the channel shows)"),
    ({"answer": None}, "no answer"),
    ({"command": 1}, "no command"),
    ({"request_id": None}, "no request_id"),
    ({"refused": REFUSED | {"shows": []}}, "its refused has no answer or no shows"),
    ({"refused": {"shows": ["x"]}}, "its refused has no answer or no shows"),
    ({"refused": "x"}, "its refused has no answer or no shows"),
]


@pytest.mark.parametrize(("spoilt", "says"), SPOILT, ids=str)
def test_an_example_that_is_not_whole_is_named(
    tmp_path: Path, spoilt: dict[str, Any], says: str
) -> None:
    """With its file, and what it does not have."""
    provider = next(iter(CATALOGUE.providers.values()))
    kind = provider.kinds[0]
    file = file_of(kind, kind.operations[0])
    shutil.copytree(folder_of(provider.name), tmp_path, dirs_exist_ok=True)
    told = json.loads(file.read_text("utf-8")) | spoilt
    (tmp_path / file.name).write_text(json.dumps(told), "utf-8")
    assert list(example_flaws(provider, tmp_path)) == [f"{file.name}: {says}"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read as JSON, or is not there"),
        ("{", "cannot be read as JSON, or is not there"),
        ("[]", "is no object"),
    ],
)
def test_an_example_that_is_none_is_named(tmp_path: Path, text: str | None, says: str) -> None:
    """Every operation needs one."""
    provider = next(iter(CATALOGUE.providers.values()))
    kind = provider.kinds[0]
    file = tmp_path / file_of(kind, kind.operations[0]).name
    shutil.copytree(folder_of(provider.name), tmp_path, dirs_exist_ok=True)
    file.unlink()
    if text is not None:
        file.write_text(text, "utf-8")
    assert list(example_flaws(provider, tmp_path)) == [f"{file.name}: {says}"]


def test_only_the_shown_lines_are_written() -> None:
    """Those of the file or those of its `refused`, and all else stays to the letter."""
    text = """{
  "task": {"id": "1", "app": null},
  "shows": [
    "a"
  ],
  "refused": {
    "shows": [
      "a"
    ]
  }
}
"""
    told = with_shows(text, ["a"], ["b", 'ö "c"'])
    assert told == text.replace('\n    "a"\n', '\n    "b",\n    "ö \\"c\\""\n', 1)
    told = with_shows(text, ["a"], ["b"], refused=True)
    assert json.loads(told) == json.loads(text) | {"refused": {"shows": ["b"]}}
