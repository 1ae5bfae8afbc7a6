"""What the workspace's page is told about this scene: who is who, what to try, what to type. Pure.

The words come from the catalogue, the manual and the configuration, and from the tasks that the
clouds have now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.command import MANUAL, word_of
from bot.demo.furniture import CHANNELS, PEOPLE
from bot.sandbox.page import Extras, Link, Suggestion, Word
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.operation import Kind, Verb
from providers.simulator import SimulatedTask, Simulator

__all__ = ["extras"]

_TOUR = (
    Suggestion("/stream restart tencent 123", "runs at once, and comes back"),
    Suggestion("/stream restart tencent 789", "does not come back, told after 20 s"),
    Suggestion("/stream delete tencent 456", "asks first"),
    Suggestion("/stream restart main-feed", "needs a second person: then be bob"),
    Suggestion("/stream list tencent", "what is there, in what state"),
    Suggestion("/stream status main-feed", "how one task stands"),
    Suggestion(
        "/stream restart volcengine:relay 8fde6aa0281d9f6e15e6059a6e242365",
        "two steps: stop, then start",
    ),
)
_HERE = Word("--here", "the channel sees the answer")
_CHANGE = (
    Word("--reason", "why, for the record"),
    Word("--dry-run", "shows the request and sends nothing"),
)
_CANARY = Word("--canary", "the first one alone, until it is proved")
_SINCE = Word(
    "--since",
    "how far back",
    tuple(Word(text, about, (_HERE,)) for text, about in (("30m", "half an hour"), ("2d", "days"))),
)
_SECOND_TASKS = 5
_REASON = Word('"vendor outage"', "the reason: everybody reads it")


def extras(catalogue: Catalogue, clouds: Mapping[str, Simulator], settings: Settings) -> Extras:
    """For the page's composer and sidebar, as of now."""
    return Extras(
        title="Stream bot demo",
        about={who.id: who.part for who in PEOPLE} | {room.id: room.about for room in CHANNELS},
        links=(Link("Clouds", "/clouds/"),),
        tour=_TOUR,
        words={"/stream": tuple(_Words(catalogue, clouds, settings).all())},
    )


class _Words:
    """Every word that a command may begin with, each with what may follow it."""

    def __init__(
        self, catalogue: Catalogue, clouds: Mapping[str, Simulator], settings: Settings
    ) -> None:
        self._catalogue = catalogue
        self._clouds = clouds
        self._settings = settings

    def all(self) -> Iterator[Word]:
        verbs = [verb for verb in Verb if self._having(verb)]
        for verb in verbs:
            kinds = self._having(verb)
            yield Word(verb, ", ".join(map(word_of, kinds)), tuple(self._after(verb, kinds)))
        own = [name for name in MANUAL if name not in set(Verb)]
        after = {
            "history": (*self._past(), _SINCE, _HERE),
            "freeze": (_REASON, self._accounts(_REASON)),
            "thaw": (self._accounts(),),
            "help": tuple(Word(word) for word in (*verbs, *own, *self._catalogue.words)),
        }
        for name in own:
            yield Word(name, MANUAL[name].does, after.get(name, ()))

    def _having(self, verb: Verb) -> list[Kind]:
        return [kind for kind in self._catalogue.kinds if kind.operation(verb)]

    def _after(self, verb: Verb, kinds: Iterable[Kind]) -> Iterator[Word]:
        """The places where a verb is known, then the named targets at those."""
        if verb is Verb.LIST:
            yield from (Word(word_of(kind), kind.title, _listing(kind)) for kind in kinds)
            return
        options = (_HERE,) if verb is Verb.STATUS else _CHANGE
        several = (_HERE,) if verb is Verb.STATUS else (*_CHANGE, _CANARY)
        yield from (self._place(kind, options, several) for kind in kinds)
        yield from self._targets(kinds, options)

    def _past(self) -> Iterator[Word]:
        """Whose history there may be."""
        options = (_SINCE, _HERE)
        yield Word("here", "in this channel", options)
        yield from (self._place(kind, options) for kind in self._catalogue.kinds)
        yield from self._targets(self._catalogue.kinds, options)

    def _place(self, kind: Kind, options: tuple[Word, ...], several: tuple[Word, ...] = ()) -> Word:
        """A kind with its tasks. several: what follows a second task; empty where none may come."""
        tasks = self._clouds[kind.provider].kept(kind.name)
        second = tasks[:_SECOND_TASKS] if several else []
        words = []
        for task in tasks:
            others = (Word(o.id, _about(kind, o), several) for o in second if o is not task)
            words.append(Word(task.id, _about(kind, task), (*others, *options)))
        return Word(word_of(kind), kind.title, tuple(words))

    def _targets(self, kinds: Iterable[Kind], options: tuple[Word, ...]) -> Iterator[Word]:
        places = {kind.where for kind in kinds}
        for name, target in self._settings.targets.items():
            where = f"{self._settings.accounts[target.account].provider}:{target.kind}"
            if where in places:
                yield Word(name, f"{where} {target.task}", options)

    def _accounts(self, *then: Word) -> Word:
        named = self._settings.accounts.items()
        words = (Word(name, account.provider, then) for name, account in named)
        return Word("--account", "of one account only", tuple(words))


def _listing(kind: Kind) -> tuple[Word, ...]:
    """The options of a list, with the states that a task of this kind may be in."""
    states = dict.fromkeys(kind.states.values())
    words = (Word(state.replace(" ", "-"), "", (_HERE,)) for state in states)
    return (Word("--state", "only tasks in this state", tuple(words)), _HERE)


def _about(kind: Kind, task: SimulatedTask) -> str:
    """As "backup feed · running"."""
    return " · ".join(filter(None, (task.name, kind.states.get(task.state, task.state))))
