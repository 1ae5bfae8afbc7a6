"""One draft -> one Command: the verb and the place. What follows them is read in `task.py`."""

from __future__ import annotations

from bot.command.draft import Draft, Flaw, near_word, nearest, quote
from bot.command.model import (
    Command,
    HelpCommand,
    TargetsCommand,
    TaskCommand,
    Vocabulary,
    WhoamiCommand,
)
from bot.command.task import TaskReader, word_of
from bot.command.words import fold
from providers.operation import Kind, Verb

__all__ = ["Reader"]

HELP_WORDS = frozenset({"help", "?", "-h"})
OWN_VERBS = ("help", "whoami", "targets")
LATER_VERBS = frozenset({"history", "show", "freeze", "thaw"})

MAX_NAMED = 20
"""Names of targets that an answer lists."""

_HELP = Draft(("help",))


class Reader:
    """Reads one draft from left to right; the first flaw ends it. Every method may raise Flaw."""

    def __init__(self, draft: Draft, vocabulary: Vocabulary) -> None:
        self._draft = draft
        self._vocabulary = vocabulary
        self._catalogue = vocabulary.catalogue

    def command(self) -> Command:
        """The command. Raises Flaw."""
        words = self._draft.words
        if self._draft.has("--help"):
            return HelpCommand(self._topic(words[0]) if words else None)
        if not words:
            return self._nothing()
        first = fold(words[0])
        if first in HELP_WORDS:
            return self._help()
        if first in OWN_VERBS:
            return self._own(first)
        return self._on_task(self._verb())

    # The bot's own verbs

    def _nothing(self) -> Command:
        if self._draft.options:
            raise Flaw("there are options, but no verb.", _HELP, wrong="verb")
        return HelpCommand(None)

    def _help(self) -> Command:
        _, *topics = self._draft.words
        if len(topics) > 1 or self._draft.options:
            raise Flaw("help takes one topic.", Draft(self._draft.words[:2]))
        if not topics:
            return HelpCommand(None)
        if topic := self._topic(topics[0]):
            return HelpCommand(topic)
        raise self._no_topic(topics[0])

    def _no_topic(self, word: str) -> Flaw:
        if fold(word) in {*Verb, *LATER_VERBS}:
            return Flaw(f"{fold(word)} is not in this version.", _HELP, wrong="where")
        near = nearest(word, self._topics())
        return Flaw(
            f"there is no help for {quote(word)}.{near_word(near)}",
            Draft(("help", near)) if near else _HELP,
            wrong="where",
            nearest=near,
            known=self._topics(),
        )

    def _topic(self, word: str) -> str | None:
        return fold(word) if fold(word) in self._topics() else None

    def _topics(self) -> tuple[str, ...]:
        return (*self._verbs(), *OWN_VERBS, *self._catalogue.words)

    def _verbs(self) -> tuple[str, ...]:
        """The verbs that at least one kind has."""
        return tuple(verb.value for verb in Verb if self._kind_with(verb))

    def _own(self, verb: str) -> Command:
        if len(self._draft.words) > 1 or self._draft.options:
            raise Flaw(f"{verb} takes nothing after it.", Draft((verb,)))
        return WhoamiCommand() if verb == "whoami" else TargetsCommand()

    # The verb and the place of a task

    def _verb(self) -> Verb:
        word = self._draft.words[0]
        plain = fold(word)
        if plain in set(Verb):
            return Verb(plain)
        if plain in LATER_VERBS:
            raise Flaw(f"{plain} is not in this version.", _HELP, wrong="verb")
        if plain in self._catalogue.words or word in self._vocabulary.targets:
            raise Flaw("the verb comes first.", self._verb_first(), wrong="verb")
        known = (*self._verbs(), *OWN_VERBS)
        near = nearest(word, known)
        raise Flaw(
            f"I do not know the verb {quote(word)}.{near_word(near)}",
            self._draft.with_word(0, near) if near else _HELP,
            wrong="verb",
            nearest=near,
            known=known,
        )

    def _verb_first(self) -> Draft:
        """ "tencent restart 123" in the right order."""
        where, *rest = self._draft.words
        if rest and fold(rest[0]) in set(Verb):
            return self._draft.up_to(0, rest[0], where, *rest[1:])
        return Draft(("help", where)) if self._topic(where) else _HELP

    def _on_task(self, verb: Verb) -> TaskCommand:
        if len(self._draft.words) < 2:
            raise self._no_place(verb)
        word = self._draft.words[1]
        if word in self._vocabulary.targets:
            return TaskReader.of_target(self._draft, self._vocabulary, word).on_target(verb, word)
        if kind := self._catalogue.words.get(fold(word)):
            return TaskReader(self._draft, self._vocabulary, kind).command(verb)
        raise self._unknown_place(verb, word)

    def _no_place(self, verb: Verb) -> Flaw:
        if kind := self._kind_with(verb):
            return Flaw(f"{verb} what?", self._draft.up_to(1, word_of(kind)), wrong="where")
        return Flaw(f"{verb} is not in this version.", _HELP, wrong="verb")

    def _unknown_place(self, verb: Verb, word: str) -> Flaw:
        targets = self._vocabulary.targets
        near = nearest(word, (*self._catalogue.words, *targets))
        kind = self._kind_with(verb)
        instead = near or (word_of(kind) if kind else None)
        return Flaw(
            f"I do not know {quote(word)}.{near_word(near)}",
            self._draft.with_word(1, instead) if instead else _HELP,
            wrong="where",
            nearest=near,
            known=map(word_of, self._catalogue.kinds),
            named=list(targets)[:MAX_NAMED],
        )

    def _kind_with(self, verb: Verb) -> Kind | None:
        """A kind that has the verb, of the first account that has such a kind: for the example."""
        having = [kind for kind in self._catalogue.kinds if kind.operation(verb)]
        providers = [account.provider for account in self._vocabulary.accounts.values()]
        usable = (k for provider in providers for k in having if k.provider == provider)
        return next(usable, having[0] if having else None)
