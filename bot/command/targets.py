"""Named targets in a command: what stands for a kind, a task and its place together."""

from __future__ import annotations

from collections.abc import Sequence

from bot.command.draft import Draft, Flaw, near_word, nearest, quote
from bot.command.model import TaskCommand
from bot.command.place import Place
from bot.command.task import TaskReader, once, once_notes
from bot.command.vocabulary import Vocabulary
from providers.operation import Kind, Verb

__all__ = ["kind_of", "on_targets"]


def kind_of(name: str, vocabulary: Vocabulary) -> Kind:
    """The kind of task that a named target is."""
    target = vocabulary.targets[name]
    provider = vocabulary.accounts[target.account].provider
    return vocabulary.catalogue.kind(f"{provider}:{target.kind.rpartition(':')[2]}")


def on_targets(draft: Draft, vocabulary: Vocabulary, verb: Verb) -> TaskCommand:
    """The command on the named targets that were typed: one, or several of one kind and place.

    Several become their ids, because the command is then on tasks that share a place. Raises Flaw.
    """
    first = draft.words[1]
    reader = TaskReader(draft, vocabulary, kind_of(first, vocabulary), verb)
    reader.check()
    _only_targets(draft, vocabulary)
    names = once(draft.words[1:])
    places = [_place(name, vocabulary) for name in names]
    _must_agree(draft, vocabulary, names, places)
    for name, place in zip(names, places, strict=True):
        _must_repeat(draft, name, place)
    notes = once_notes(draft.words[1:], verb)
    tasks = once([vocabulary.targets[name].task for name in names])
    if len(names) == 1:
        return reader.on(places[0], tasks, notes, target=first)
    return reader.on(places[0], tasks, (*notes, _are(names, vocabulary)))


def _are(names: Sequence[str], vocabulary: Vocabulary) -> str:
    """ "main-feed is 123, backup-feed is 456." """
    return ", ".join(f"{name} is {vocabulary.targets[name].task}" for name in names) + "."


def _only_targets(draft: Draft, vocabulary: Vocabulary) -> None:
    """A target stands for its task, so nothing but further targets follows it."""
    first = draft.words[1]
    for at, word in enumerate(draft.words[2:], 2):
        if word in vocabulary.targets:
            continue
        if near := nearest(word, vocabulary.targets):
            says = f"I do not know {quote(word)}.{near_word(near)}"
            raise Flaw(says, draft.with_word(at, near), wrong="task", nearest=near)
        where, task = kind_of(first, vocabulary).where, vocabulary.targets[first].task
        says = f"{first} stands for {where} {task}, so no task follows it."
        raise Flaw(says, draft.without_word(at), wrong="task")


def _place(name: str, vocabulary: Vocabulary) -> Place:
    target, kind = vocabulary.targets[name], kind_of(name, vocabulary)
    account = vocabulary.accounts[target.account]
    region = target.region or account.region_for(kind.service)
    if not region:
        step = f"bot operator sets region in [targets.{name}]"
        raise Flaw(f"{name} has no region.", None, wrong="where", hint=step)
    app = target.app if target.app is not None else account.app_for(kind.service)
    return Place(target.account, region, app if kind.needs_app else None)


def _must_agree(
    draft: Draft, vocabulary: Vocabulary, names: Sequence[str], places: Sequence[Place]
) -> None:
    """Several targets are one command where they are of one kind and live in one place."""
    for name, place in zip(names[1:], places[1:], strict=True):
        pairs = {
            "kind": (kind_of(names[0], vocabulary).where, kind_of(name, vocabulary).where),
            "account": (places[0].account, place.account),
            "region": (places[0].region, place.region),
            "app": (places[0].app, place.app),
        }
        if differs := [f"{key} ({a}, {b})" for key, (a, b) in pairs.items() if a != b]:
            says = f"{names[0]} and {name} differ in {', '.join(differs)}."
            hint = "give each its own command"
            mended = draft.up_to(1, *(word for word in draft.words[1:] if word != name))
            raise Flaw(says, mended, wrong="task", hint=hint)


def _must_repeat(draft: Draft, name: str, place: Place) -> None:
    """What is typed beside a target's name may repeat what it stands for, not change it."""
    fixed = {"account": place.account, "region": place.region, "app": str(place.app)}
    for key, value in fixed.items():
        typed = draft.value(f"--{key}")
        if typed is not None and typed != value:
            says = f"{name} has {key} {value}, and --{key} {quote(typed)} contradicts it."
            raise Flaw(says, draft.without(f"--{key}"), wrong=f"--{key}")
