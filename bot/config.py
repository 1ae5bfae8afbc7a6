"""What a configuration is made of, and its faults, said so that its owner can mend them.

One fault is one line: where, what is wrong, what would be right. No fault repeats a value of the
configuration, because any value may be a secret that was put in the wrong place; the key and its
place in the file are enough to find it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from providers.foreign import foreign

__all__ = ["ConfigError", "Fault", "Known", "Section", "faults_of", "mistake", "nearest", "spoken"]

Known = Mapping[str, Mapping[str, str]]
"""What a rule may name: the rule's key ("accounts") -> word -> what that word stands for."""

_MOST_LISTED = 12

# What pydantic found -> what is wrong, and what would be right. Names in braces are its own facts.
_IN_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("missing", ""),
    "string_type": ("not text", 'text in quotes, as "..."'),
    "int_type": ("not a whole number", "a whole number, without quotes"),
    "float_type": ("not a number", "a number, without quotes"),
    "finite_number": ("not a finite number", "a number, without quotes"),
    "bool_type": ("not true or false", "true or false, without quotes"),
    "tuple_type": ("not a list", 'a list, as ["..."], or tables, as [[...]]'),
    "dict_type": ("not a table", "a table of keys and values"),
    "mapping_type": ("not a table", "a table of keys and values"),
    "model_type": ("not a table", "a table of keys and values"),
    "literal_error": ("not one of its words", "{expected}"),
    "greater_than": ("too small", "more than {gt}"),
    "greater_than_equal": ("too small", "at least {ge}"),
    "less_than": ("too large", "less than {lt}"),
    "less_than_equal": ("too large", "at most {le}"),
}


class Section(BaseModel):
    """A table of the file: frozen, without unknown keys, silent about values that are wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. file: the file's path, or "environment"."""

    file: str
    key: str
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        return f"{place}: {self.wrong}; {self.right}" if self.right else f"{place}: {self.wrong}"


class ConfigError(Exception):
    """The configuration cannot be used. All of its faults at once; the text has a line for each."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def mistake(wrong: str, right: str = "") -> PydanticCustomError:
    """What a validator raises. Neither text may hold the value that was found."""
    # The texts are facts and not the template, where a brace in them would be read as a name.
    return PydanticCustomError("mistake", "{wrong}; {right}", {"wrong": wrong, "right": right})


def nearest(word: str, known: Iterable[str]) -> str:
    """What was probably meant, or else what there is."""
    words = list(known)
    if near := difflib.get_close_matches(word[:100], words, n=1):
        return f"did you mean {near[0]}?"
    if not words:
        return "there is none"
    more = ", ..." if len(words) > _MOST_LISTED else ""
    return f"known: {', '.join(words[:_MOST_LISTED])}{more}"


def faults_of(
    error: ValidationError, model: type[BaseModel], file: str, *, under: tuple[str, ...] = ()
) -> Iterator[Fault]:
    """The faults in a pydantic error. under: the keys above the validated table."""
    for found in error.errors(include_url=False, include_input=False):
        wrong, right = _in_words(found, model)
        yield Fault(file, spoken((*under, *found["loc"])), wrong, right)


def spoken(place: Iterable[str | int]) -> str:
    """A place in the file, as people count: ("policy", "allow", 0) is "policy.allow #1"."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f" #{part + 1}"
        else:
            text += f".{foreign(part, 60)}" if text else foreign(part, 60)
    return text


def _in_words(found: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    kind, facts = found["type"], found.get("ctx", {})
    if kind == "mistake":
        return facts["wrong"], facts["right"]
    if kind == "value_error":  # a validator of a vendor's account model; its text holds no value
        return str(facts["error"]), ""
    if kind == "extra_forbidden":
        *above, key = found["loc"]
        return "unknown key", nearest(str(key), _keys_at(model, above))
    wrong, right = _IN_WORDS.get(kind, (found["msg"], ""))
    return wrong, right.format_map(facts)


def _keys_at(model: type[BaseModel], place: Iterable[str | int]) -> list[str]:
    """The keys that the table at a place in the file may have."""
    kind: Any = model
    for part in place:
        if isinstance(part, str) and isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = _plain(kind.model_fields[part].annotation)
        else:  # an entry of a list or of a table of tables
            kind = _plain([argument for argument in get_args(kind) if argument is not ...][-1])
    return list(kind.model_fields)


def _plain(annotation: Any) -> Any:
    """A type without its `Annotated` and its `| None`."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _plain(next(kind for kind in get_args(annotation) if kind is not type(None)))
    return annotation
