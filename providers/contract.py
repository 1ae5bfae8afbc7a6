"""What a vendor's value must hold before the bot works with it.

A type checker sees none of this, and whoever meets it in an incident cannot mend it, so it is
looked at when the bot starts. A vendor's own tests may ask the same: `list(flaws(PROVIDER))` is
empty, and so is `list(example_flaws(PROVIDER, folder))`, which only tests need.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable
from string import Formatter

from providers.account import Account
from providers.errors import Fault, FaultTable
from providers.facts import TaskState
from providers.foreign import foreign
from providers.operation import Effect, Kind, Operation, Verb
from providers.provider import Provider

__all__ = ["PLACES", "example_flaws", "flaws"]

PLACES = frozenset(
    {"account", "app", "console", "host", "permission", "region", "task", "verb", "why"}
)
"""What the texts of a `Fault` may have in braces."""

_WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TASK_ID = re.compile(r"(?![@#]|--)[!-~]{1,128}")
_REGION = re.compile(r"[A-Za-z0-9-]{1,40}")
_TOLD = {
    "command": str,
    "task": dict,
    "operator": str,
    "where": str,
    "verb": str,
    "request": dict,
    "answer": dict,
    "request_id": str,
}
"""What an example file must have, beside `shows`."""

_WIRE = ("request", "auth", "read", "retry_after")

_READING = {Verb.STATUS: "status", Verb.LIST: "tasks"}
"""Verbs that only read -> the kind's reading that carries them out."""

Checks = Iterable[tuple[object, str]]
"""What must be true, and what is said where it is not."""


def flaws(provider: Provider) -> Iterator[str]:
    """What is wrong with a vendor's value, each as "acme:feed restart: no quota (...)".

    May raise anything where a field has a wrong type.
    """
    found = list(_said(f"provider {foreign(provider.name, 60)}", _of_provider(provider)))
    yield from found
    if found:  # what follows builds on it
        return
    for kind in provider.kinds:
        where = foreign(kind.where, 80)
        yield from _said(where, _of_kind(provider, kind))
        for operation in kind.operations:
            yield from _said(f"{where} {operation.verb}", _of_operation(kind, operation))
    for service, table in provider.faults.items():
        for fault in (*table, table.unrecognised):
            yield from _said(f"{service} {foreign(fault.code, 60)}".strip(), _of_fault(fault))


def example_flaws(provider: Provider, folder: Traversable) -> Iterator[str]:
    """What is wrong with a vendor's example files, KIND.VERB.json in `folder`, each as
    "feed.restart.json: no shows (...)"."""
    for kind in provider.kinds:
        for operation in kind.operations:
            name = f"{kind.name}.{operation.verb}.json"
            yield from _said(name, _of_example(folder / name))


def _said(where: str, checks: Checks) -> Iterator[str]:
    return (f"{where}: {says}" for holds, says in checks if not holds)


def _of_provider(provider: Provider) -> Checks:
    model: object = provider.account
    probe = provider.probe
    return (
        (_is(_WORD, provider.name), "its name is not a word (a-z 0-9 -)"),
        (provider.title, "no title"),
        (provider.kinds, "no kinds"),
        (isinstance(model, type) and issubclass(model, Account), "account is no model of Account"),
        (all(callable(getattr(provider.wire, name, None)) for name in _WIRE), "wire is no Wire"),
        (_all_are(FaultTable, provider.faults.values()), "faults are not FaultTables"),
        (callable(provider.simulator), "no simulator"),
        (probe.effect is Effect.READS and _is_quota(probe.quota), "probe is no read with a quota"),
    )


def _of_kind(provider: Provider, kind: Kind) -> Checks:
    service = kind.service
    verbs = {operation.verb for operation in kind.operations}
    nearest = {gap.nearest for gap in kind.gaps.values() if gap.nearest}
    return (
        (kind.provider == provider.name, f"declared by {foreign(provider.name, 60)}"),
        (_is(_WORD, kind.name), "its name is not a word (a-z 0-9 -)"),
        (all(_is(_WORD, word) for word in kind.aliases), "an alias is not a word (a-z 0-9 -)"),
        (service in provider.account.hosts, "its service has no host in the account's hosts"),
        (service in provider.faults, "its service has no fault table"),
        (kind.title and kind.noun and kind.console, "no title, no noun or no console"),
        (_is(_TASK_ID, kind.example), "its example is not a task id"),
        (all(_is(_REGION, region) for region in kind.regions), "a region is not a region id"),
        (kind.operations, "no operations"),
        (nearest <= verbs, "a gap names a verb as nearest that the kind does not have"),
        (_all_are(TaskState, kind.states.values()), "states do not map to TaskState"),
    )


def _of_operation(kind: Kind, operation: Operation) -> Checks:
    verb, effect, then = operation.verb, operation.effect, operation.then
    reading = _READING.get(verb)
    return (
        (isinstance(verb, Verb), "its verb is no Verb"),
        (operation.action, "no action"),
        (_is_quota(operation.quota), "no quota (calls a second, a whole number from 1)"),
        (callable(operation.parameters), "parameters cannot be called"),
        (operation.page.startswith("https://"), "no page (the vendor's, https)"),
        (operation.does, "no text in does"),
        (operation.permission, "no permission"),
        (effect.changes is (reading is None), "status and list read, and all other verbs change"),
        (reading is None or getattr(kind, reading), f"the kind has no reading in {reading}"),
        (operation.warning or not effect.irreversible, "cannot be taken back and has no warning"),
        (operation.hindered is None or kind.status, "hindered needs the kind's status"),
        (then is None or then in kind.operations, "then is not an operation of its kind"),
        (then is None or (effect.changes and then.effect.changes), "then is for changes only"),
        (then is None or then.then is None, "then is followed by another then"),
    )


def _of_example(file: Traversable) -> Checks:
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return ((False, "cannot be read as JSON, or is not there"),)
    if not isinstance(told, dict):
        return ((False, "is no object"),)
    checks = [(isinstance(told.get(key), of), f"no {key}") for key, of in _TOLD.items()]
    checks.append((_are_lines(told.get("shows")), "no shows (the lines that the channel shows)"))
    if "refused" in told:
        refused = told["refused"]
        whole = isinstance(refused, dict) and "answer" in refused
        whole = whole and _are_lines(refused.get("shows"))
        checks.append((whole, "its refused has no answer or no shows"))
    return checks


def _of_fault(fault: Fault) -> Checks:
    return (
        (fault.label and fault.says and fault.step, "no label, no says or no step"),
        (
            _placed(fault.says) and _placed(fault.step),
            f"its texts may have in braces only {', '.join(sorted(PLACES))}",
        ),
    )


def _placed(text: str) -> bool:
    """Whether `format_map` can fill the text in."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:  # a brace that is not closed
        return False
    return all(
        name is None or (name in PLACES and not spec and not conversion)
        for _, name, spec, conversion in parts
    )


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _are_lines(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(line, str) for line in value)


def _is_quota(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _all_are(kind: type, values: Iterable[object]) -> bool:
    return all(isinstance(value, kind) for value in values)
