"""What the workspace's page is told about this scene: who is who, what to try, what to type. Pure.

The words come from the catalogue and from the tasks that the clouds have now.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.demo.furniture import CHANNELS, PEOPLE
from bot.sandbox.page import Extras, Link, Suggestion, Word
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.operation import Kind, Verb
from providers.simulator import Simulator

__all__ = ["extras"]

_TOUR = (
    Suggestion("/stream restart tencent 123", "runs at once"),
    Suggestion("/stream delete tencent 456", "asks first"),
    Suggestion("/stream restart main-feed", "needs a second person: then be bob"),
)
_OPTIONS = (
    Word("--reason", "why, for the record"),
    Word("--dry-run", "shows the request and sends nothing"),
)
_OWN_VERBS = {
    "help": "what can be typed",
    "whoami": "who the bot takes you for, and what you may do",
    "targets": "the tasks that have a name",
}


def extras(catalogue: Catalogue, clouds: Mapping[str, Simulator], settings: Settings) -> Extras:
    """For the page's composer and sidebar, as of now."""
    verbs = [verb for verb in Verb if any(o.verb is verb for _, o in catalogue.operations())]
    words = [_verb(verb, catalogue, clouds, settings) for verb in verbs]
    topics = tuple(Word(word) for word in (*verbs, *(_name(kind) for kind in catalogue.kinds)))
    own = [Word(v, about, topics if v == "help" else ()) for v, about in _OWN_VERBS.items()]
    return Extras(
        title="Stream bot demo",
        about={who.id: who.part for who in PEOPLE} | {room.id: room.about for room in CHANNELS},
        links=(Link("Clouds", "/clouds/"),),
        tour=_TOUR,
        words={"/stream": (*words, *own)},
    )


def _verb(
    verb: Verb, catalogue: Catalogue, clouds: Mapping[str, Simulator], settings: Settings
) -> Word:
    """A verb with the places it is known at, and the named targets of those."""
    kinds = [kind for kind, o in catalogue.operations() if o.verb is verb]
    places = [_place(kind, clouds) for kind in kinds]
    targets = [
        Word(name, f"{where} {target.task}", _OPTIONS)
        for name, target in settings.targets.items()
        if (where := f"{settings.accounts[target.account].provider}:{target.kind}")
        in {kind.where for kind in kinds}
    ]
    return Word(verb, ", ".join(_name(kind) for kind in kinds), (*places, *targets))


def _place(kind: Kind, clouds: Mapping[str, Simulator]) -> Word:
    tasks = clouds[kind.provider].kept(kind.name)
    words = (
        Word(task.id, " · ".join(filter(None, (task.name, task.state))), _OPTIONS) for task in tasks
    )
    return Word(_name(kind), kind.title, tuple(words))


def _name(kind: Kind) -> str:
    return kind.aliases[0] if kind.aliases else kind.where
