"""Small rules that make up the tables of what Slack accepts.

A rule looks at a value and yields the problems it finds, in Slack's words and with Slack's pointer:
"[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/1/text/text]".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "Rule",
    "anything",
    "at_least_one_of",
    "boolean",
    "choice",
    "items",
    "number",
    "problem",
    "record",
    "string",
    "variant",
]

Rule = Callable[[object, str], Iterator[str]]


def problem(words: str, pointer: str) -> str:
    """One problem as Slack words it."""
    return f"[ERROR] {words} [json-pointer:{pointer}]"


def anything(_value: object, _pointer: str) -> Iterator[str]:
    """Whatever it is, it is right."""
    yield from ()


def boolean(value: object, pointer: str) -> Iterator[str]:
    """True or false, and no words for them."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", pointer)


def number(value: object, pointer: str) -> Iterator[str]:
    """A number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield problem("must be a number", pointer)


def string(most: int, least: int = 1) -> Rule:
    """A text of so many characters."""

    def rule(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", pointer)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", pointer)

    return rule


def choice(*words: str) -> Rule:
    """One of these words."""

    def rule(value: object, pointer: str) -> Iterator[str]:
        if value not in words:
            yield problem(f"must be one of: {', '.join(words)}", pointer)

    return rule


def items(item: Rule, most: int, least: int = 1) -> Rule:
    """A list of so many, each of which keeps `item`."""

    def rule(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", pointer)
            return
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", pointer)
        for index, element in enumerate(value):
            yield from item(element, f"{pointer}/{index}")

    return rule


def record(
    required: Mapping[str, Rule] | None = None,
    optional: Mapping[str, Rule] | None = None,
    also: Rule = anything,
) -> Rule:
    """An object with these keys and no other ("type" is always known); then `also` on the whole."""
    must = required or {}
    known = {"type": anything, **must, **(optional or {})}

    def rule(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", pointer)
            return
        for key in (key for key in must if key not in value):
            yield problem(f"missing required field: {key}", pointer)
        for key, inside in value.items():
            if key in known:
                yield from known[key](inside, f"{pointer}/{key}")
            else:
                yield problem(f"invalid additional property: {key}", pointer)
        yield from also(value, pointer)

    return rule


def variant(kinds: Mapping[str, Rule]) -> Rule:
    """An object whose "type" says which rule it keeps."""

    def rule(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", pointer)
        elif (kind := value.get("type")) is None:
            yield problem("missing required field: type", pointer)
        elif not isinstance(kind, str) or kind not in kinds:
            yield problem(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from kinds[kind](value, pointer)

    return rule


def at_least_one_of(*keys: str) -> Rule:
    """For `also`: one of these keys must be there."""

    def rule(value: object, pointer: str) -> Iterator[str]:
        if isinstance(value, dict) and not any(key in value for key in keys):
            yield problem(f"must define either `{'` or `'.join(keys)}`", pointer)

    return rule
