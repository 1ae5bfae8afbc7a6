"""One draft -> one Command: the verb and the place. The modules beside it read what follows."""

from __future__ import annotations

from bot.command.brake import BRAKES, braked
from bot.command.draft import OPTIONS, Draft, Flaw, near_word, nearest, quote
from bot.command.listing import listed, no_target_listed
from bot.command.model import (
    Command,
    HelpCommand,
    ListCommand,
    TargetsCommand,
    TaskCommand,
    WhoamiCommand,
)
from bot.command.past import HistoryReader, shown
from bot.command.place import word_of
from bot.command.targets import kind_of, on_targets
from bot.command.task import TaskReader
from bot.command.vocabulary import Vocabulary
from bot.command.words import fold
from providers.foreign import foreign
from providers.operation import Kind, Verb

__all__ = ["Reader"]

HELP_WORDS = frozenset({"help", "?", "-h"})
ALONE = ("targets", "whoami")
OWN_VERBS = ("history", "show", *BRAKES, *ALONE, "help")

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
        if self._draft.reason_ends is not None:
            raise self._no_end_of_reason(self._draft.reason_ends)
        first = fold(words[0])
        if first in HELP_WORDS:
            return self._help()
        if first in OWN_VERBS:
            return self._own(first)
        return self._on_task(self._verb())

    def _no_end_of_reason(self, at: int) -> Flaw:
        """`--reason wrong source 123`: the rest of the reason would be a task."""
        before, after = self._draft.words[:at], self._draft.words[at:]
        missing = min(max(0, self._length(before, after) - at), len(after))
        rest, kept = after[: len(after) - missing], after[len(after) - missing :]
        names = (name for name, _ in self._draft.options)
        option = next(name for name in names if nearest(name, OPTIONS) == "--reason")
        reason = self._draft.value(option) or ""
        whole = " ".join((reason, *rest)).strip()
        return Flaw(
            f"--reason takes one word without quotes; more follow {quote(reason)}: "
            f"{foreign(' '.join(after), 60)}.",
            self._draft.without(option).with_reason((*before, *kept), whole),
            wrong="--reason",
            hint="put the whole reason in quotes",
        )

    def _length(self, before: tuple[str, ...], after: tuple[str, ...]) -> int:
        """How many words the command has without its reason, at least."""
        if before and fold(before[0]) in BRAKES:
            return 1
        named = before[1] if len(before) > 1 else after[-1]
        return 2 if named in self._vocabulary.targets else 3

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
        if fold(word) in set(Verb):
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
        if verb == "history":
            return HistoryReader(self._draft, self._vocabulary).command()
        if verb == "show":
            return shown(self._draft)
        if verb in BRAKES:
            return braked(self._draft, self._vocabulary, verb)
        if len(self._draft.words) > 1 or self._draft.options:
            raise Flaw(f"{verb} takes nothing after it.", Draft((verb,)))
        return WhoamiCommand() if verb == "whoami" else TargetsCommand()

    # The verb and the place of a task

    def _verb(self) -> Verb:
        word = self._draft.words[0]
        plain = fold(word)
        if plain in set(Verb):
            return Verb(plain)
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

    def _on_task(self, verb: Verb) -> TaskCommand | ListCommand:
        if len(self._draft.words) < 2:
            raise self._no_place(verb)
        word = self._draft.words[1]
        if word in self._vocabulary.targets:
            if verb is Verb.LIST:
                raise no_target_listed(self._draft, word, kind_of(word, self._vocabulary))
            return on_targets(self._draft, self._vocabulary, verb)
        kind = self._catalogue.words.get(fold(word))
        if kind is None:
            raise self._unknown_place(verb, word)
        if verb is Verb.LIST:
            return listed(self._draft, self._vocabulary, kind)
        return TaskReader(self._draft, self._vocabulary, kind, verb).command()

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
