"""The help: what can be typed, on the whole, for one verb, or for one kind of task. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.command import MANUAL, word_of
from bot.policy import BRAKE_VERBS, Rights
from bot.reply import Bold, Code, Line, Reply
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.operation import Kind, Operation, Verb

__all__ = ["Help", "listed"]

EXAMPLE_APP = "1234567890"

_MOST_KINDS = 8
"""Fields that a message shows."""

_OWN = ("history", "show", *BRAKE_VERBS, "targets", "whoami")


class Help:
    """Written from the catalogue, so that what is added there is told here."""

    def __init__(self, settings: Settings, catalogue: Catalogue, name: str) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._name = name

    def whole(self, rights: Rights) -> Reply:
        """Everything that can be typed, and what this person may do here."""
        usage = f"{self._name} VERB WHERE TASK"
        options = '[--account A] [--region R] [--app N] [--reason "..."] [--dry-run]'
        own: Line = ("Also: ",)
        for verb in _OWN:
            own = (*own, Code(f"{self._name} {verb}"), " ")
        return Reply(
            text=f"Stream bot help: {usage}. Verbs you may use here: {listed(rights.verbs())}.",
            body=(
                (Code(f"{usage}... {options}"),),
                _lines(self._examples()),
                (self._asks_first(),),
                own,
            ),
            fields=self._places(),
            context=(
                (f"Here you may: {rights.told()} · in a thread: @stream VERB WHERE TASK",),
                (
                    "More: ",
                    Code(f"{self._name} help restart"),
                    " ",
                    Code(f"{self._name} help trtc"),
                ),
            ),
        )

    def _examples(self) -> Iterator[Line]:
        """One of each vendor, and a named target."""
        for name in sorted(self._settings.targets)[:1]:
            yield (Code(f"{self._name} status {name}"),)
        for kind in self._catalogue.kinds:
            changes = [o for o in kind.operations if o.effect.changes]
            known = kind.operation(Verb.RESTART) or next(iter(changes or kind.operations), None)
            if known and kind.aliases:
                yield (Code(self._example(kind, known)),)

    def _asks_first(self) -> str:
        """ "Asks first: delete; stop trtc; stop volcengine." """
        asks = []
        for verb in Verb:
            having = [kind for kind in self._catalogue.kinds if kind.operation(verb)]
            asking = [kind for kind in having if self._confirms(kind, verb) != "none"]
            whole = [str(verb)] if asking else []
            asks += whole if asking == having else [f"{verb} {word_of(kind)}" for kind in asking]
        protected = any(target.protected for target in self._settings.targets.values())
        also = " A protected target asks a second person for every change." if protected else ""
        return f"Asks first: {'; '.join(asks) or 'nothing'}.{also}"

    def _confirms(self, kind: Kind, verb: Verb) -> str:
        operation = kind.operation(verb)
        if operation is None:
            return "none"
        return self._settings.policy.confirm.for_effect(operation.effect)

    def _places(self) -> tuple[tuple[str, Line], ...]:
        """Every WHERE with its verbs. A catalogue with more than fit says which are left."""
        kinds = self._catalogue.kinds
        shown = kinds if len(kinds) <= _MOST_KINDS else kinds[: _MOST_KINDS - 1]
        fields = [(_names(kind), (_verbs(kind),)) for kind in shown]
        if rest := kinds[len(shown) :]:
            words = ", ".join(word_of(kind) for kind in rest)
            fields.append((f"{len(rest)} more", (f"{words}: {self._name} help WHERE",)))
        return tuple(fields)

    def on(self, topic: str) -> Reply:
        """Help on a word for a kind, or on a verb."""
        if topic in self._catalogue.words:
            return self._on_kind(self._catalogue.words[topic])
        return self._on_verb(topic)

    def _on_verb(self, verb: str) -> Reply:
        page = MANUAL[verb]
        having = [(kind, o) for kind, o in self._catalogue.operations() if o.verb == verb]
        when = f" {self._when(Verb(verb))}" if having else ""
        examples = [f"{self._name} {example}" for example in page.examples]
        examples += [self._example(kind, operation) for kind, operation in having]
        more = page.more
        if any(operation.effect.changes for _, operation in having):
            more = (
                *more,
                f"{self._settings.limits.batch_tasks} tasks are the most in one command.",
            )
        body = (
            (Code(f"{self._name} {page.usage}"),),
            _lines(self._by_kind(verb)),
            _lines((Code(example),) for example in examples),
            _lines((sentence,) for sentence in more),
        )
        quotas = ", ".join(f"{word_of(kind)} {o.quota}/s" for kind, o in having)
        return Reply(
            text=f"Help for {verb}: {page.does}.{when}",
            body=tuple(line for line in body if line),
            context=((f"Quota: {quotas}",),) if quotas else (),
        )

    def _when(self, verb: Verb) -> str:
        """When it runs: "Runs at once." or "Asks first at trtc; elsewhere it runs at once." """
        having = [kind for kind in self._catalogue.kinds if kind.operation(verb)]
        asking = [word_of(kind) for kind in having if self._confirms(kind, verb) != "none"]
        if not asking:
            return "Runs at once."
        if len(asking) == len(having):
            return "Asks first."
        return f"Asks first at {', '.join(asking)}; elsewhere it runs at once."

    def _by_kind(self, verb: str) -> Iterator[Line]:
        """What each kind says of a verb that vendors have."""
        for kind in self._catalogue.kinds if verb in set(Verb) else ():
            if operation := kind.operation(Verb(verb)):
                yield (Bold(word_of(kind)), f": {operation.does}.")
            elif gap := kind.gaps.get(Verb(verb)):
                yield (Bold(word_of(kind)), f": {gap.says} {gap.instead}")

    def _on_kind(self, kind: Kind) -> Reply:
        does = [
            (
                Bold(operation.verb),
                f": {operation.does}. ",
                Code(self._example(kind, operation)),
                f" · {operation.page}",
            )
            for operation in kind.operations
        ]
        gaps = [(Bold(verb), f": {gap.says} {gap.instead}") for verb, gap in kind.gaps.items()]
        return Reply(
            text=f"Help for {kind.where}, {kind.title}: {_verbs(kind)}.",
            body=tuple(line for line in (_lines(does), _lines(gaps)) if line),
        )

    def _example(self, kind: Kind, operation: Operation) -> str:
        typed = f"{self._name} {operation.verb} {word_of(kind)}"
        if operation.verb is not Verb.LIST:
            typed += f" {kind.example}"
        return typed + (f" --app {EXAMPLE_APP}" if kind.needs_app else "")


def _names(kind: Kind) -> str:
    return f"{', '.join((*kind.aliases, kind.where))}: {kind.title}"


def _verbs(kind: Kind) -> str:
    return " ".join(verb for verb in Verb if kind.operation(verb))


def _lines(lines: Iterable[Line]) -> Line:
    """Several lines as one, because a message shows few."""
    parts: Line = ()
    for line in lines:
        parts = (*parts, *(("\n",) if parts else ()), *line)
    return parts


def listed(names: Iterable[str]) -> str:
    """ "a, b", or "none"."""
    return ", ".join(names) or "none"
