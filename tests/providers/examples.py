"""The example files of all that is registered."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from providers.catalogue import discover
from providers.operation import Kind, Operation

CATALOGUE = discover()
OPERATIONS = list(CATALOGUE.operations())
EVERYTHING = [
    pytest.param(kind, operation, id=f"{kind.where} {operation.verb}")
    for kind, operation in OPERATIONS
]
CHANGES = [
    pytest.param(kind, operation, id=f"{kind.where} {operation.verb}")
    for kind, operation in OPERATIONS
    if operation.effect.changes
]


def folder_of(provider: str) -> Path:
    return Path(str(files(f"providers.{provider}"))) / "examples"


def file_of(kind: Kind, operation: Operation) -> Path:
    return folder_of(kind.provider) / f"{kind.name}.{operation.verb}.json"


def example(kind: Kind, operation: Operation) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file_of(kind, operation).read_text("utf-8"))
    return loaded
