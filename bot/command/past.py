"""One draft -> what was done before: `history` and `show`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.command.draft import Draft, Flaw, near_word, nearest, quote
from bot.command.model import HistoryCommand, ShowCommand
from bot.command.options import check_options, page_of
from bot.command.place import word_of
from bot.command.targets import kind_of
from bot.command.task import why_no_id
from bot.command.vocabulary import Vocabulary
from bot.command.wording import UNITS, Wording
from bot.command.words import fold, odd_character
from providers.foreign import foreign

__all__ = ["HistoryReader", "shown"]

MAX_SINCE = 400 * UNITS["d"]
MAX_PERSON = 80

EXAMPLE_SINCE = "2d"
EXAMPLE_OPERATION = "4T7Q2"

_SINCE = re.compile(r"([0-9]{1,6})([mhdw])")

# <@U1> is Slack's own; an id that somebody typed has a digit, and is short.
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)>|@?([UW](?=[A-Z]*[0-9])[A-Z0-9]{2,11})")
_CHANNEL = re.compile(r"<#([CGD][A-Z0-9]+)\|?>|#?([CGD](?=[A-Z]*[0-9])[A-Z0-9]{2,11})")

# Crockford's base 32: letters that look like digits are read as these, and there is no U.
_LOOK_ALIKE = str.maketrans("OIL", "011")
_OPERATION = re.compile(r"[0-9A-HJKMNP-TV-Z]{4,12}")


class HistoryReader:
    """Reads the words of `history`, in any order. Every method may raise Flaw."""

    def __init__(self, draft: Draft, vocabulary: Vocabulary) -> None:
        self._draft = draft
        self._vocabulary = vocabulary
        self._found = HistoryCommand(wording=Wording(vocabulary.name))

    def command(self) -> HistoryCommand:
        """The command."""
        check_options(self._draft, ("--since", "--page", "--here"), "history")
        for at, word in enumerate(self._draft.words[1:], 1):
            self._found = self._with(word, at)
        return replace(
            self._found,
            since=_since(self._draft),
            page=page_of(self._draft),
            here=self._draft.has("--here"),
        )

    def _with(self, word: str, at: int) -> HistoryCommand:
        """What was found, and what this word adds."""
        readings: tuple[Callable[[str, int], HistoryCommand | None], ...] = (
            self._person,
            self._channel,
            self._place,
            self._task,
        )
        for reading in readings:
            if found := reading(word, at):
                return found
        raise self._unknown(word, at)

    def _person(self, word: str, at: int) -> HistoryCommand | None:
        if found := _PERSON.fullmatch(word):
            person = found[1] or found[2]
        elif word.startswith("@"):
            person = foreign(word.lstrip("@"), MAX_PERSON)
        else:
            return None
        if not person:
            raise Flaw("there is no name after the @.", self._draft.without_word(at), wrong="about")
        self._only_one("person", self._found.person, at)
        return replace(self._found, person=person)

    def _channel(self, word: str, at: int) -> HistoryCommand | None:
        if found := _CHANNEL.fullmatch(word):
            channel = found[1] or found[2]
        elif fold(word) == "here":
            channel = "here"
        elif word.startswith("#"):
            raise self._no_channel_id(word, at)
        else:
            return None
        self._only_one("channel", self._found.channel, at)
        return replace(self._found, channel=channel)

    def _no_channel_id(self, word: str, at: int) -> Flaw:
        return Flaw(
            f"Slack did not say which channel {quote(word)} is.",
            self._draft.with_word(at, "here"),
            wrong="about",
            hint="write the channel's id (C123), or `here` for this channel",
        )

    def _place(self, word: str, _at: int) -> HistoryCommand | None:
        if self._found.where:
            return None
        if word in self._vocabulary.targets:
            kind, task = kind_of(word, self._vocabulary), self._vocabulary.targets[word].task
            return replace(self._found, where=kind.where, task=task, target=word)
        if known := self._vocabulary.catalogue.words.get(fold(word)):
            wording = Wording(self._vocabulary.name, word_of(known))
            return replace(self._found, where=known.where, wording=wording)
        return None

    def _task(self, word: str, at: int) -> HistoryCommand | None:
        if self._found.where is None:
            return None
        without = self._draft.without_word(at)
        if self._found.target:
            says = f"{self._found.target} is one task, so no task follows it."
            raise Flaw(says, without, wrong="about")
        if word in self._vocabulary.targets:
            says = f"{word} stands for a task and its place, so it stands alone."
            raise Flaw(says, self._draft.up_to(1, word), wrong="about")
        if says := why_no_id(word):
            raise Flaw(says, without, wrong="about")
        self._only_one("task", self._found.task, at)
        return replace(self._found, task=word)

    def _only_one(self, noun: str, found: str | None, at: int) -> None:
        if found is not None:
            says = f"history takes one {noun}."
            raise Flaw(says, self._draft.without_word(at), wrong="about")

    def _unknown(self, word: str, at: int) -> Flaw:
        targets = self._vocabulary.targets
        near = nearest(word, (*self._vocabulary.catalogue.words, *targets, "here"))
        mended = self._draft.with_word(at, near) if near else self._draft.without_word(at)
        return Flaw(
            f"I do not know {quote(word)}.{near_word(near)}",
            mended,
            wrong="about",
            nearest=near,
            known=(*map(word_of, self._vocabulary.catalogue.kinds), "@person", "#channel", "here"),
            named=list(targets)[:20],
        )


def _since(draft: Draft) -> float | None:
    """Seconds back."""
    typed = draft.value("--since")
    if typed is None:
        return None
    mended = draft.with_option("--since", EXAMPLE_SINCE)
    found = _SINCE.fullmatch(fold(typed))
    if not found or not int(found[1]):
        says = f"--since is a number and m, h, d or w; I read {quote(typed)}."
        raise Flaw(says, mended, wrong="--since")
    seconds = int(found[1]) * UNITS[found[2]]
    if seconds > MAX_SINCE:
        says = f"--since goes back 400 days at most; {quote(typed)} is more."
        raise Flaw(says, draft.with_option("--since", "400d"), wrong="--since")
    return float(seconds)


def shown(draft: Draft) -> ShowCommand:
    """The command that shows one operation. Raises Flaw."""
    check_options(draft, (), "show")
    words = draft.words[1:]
    if words and fold(words[0]) == "op":
        words = words[1:]
    mended = Draft(("show", words[0] if len(words) > 1 else EXAMPLE_OPERATION), draft.options)
    if not words:
        tail = ". The id is in the operation's message, as op 4T7Q2."
        raise Flaw("which operation?", mended, tail=tail, wrong="operation")
    if len(words) > 1:
        raise Flaw("show takes one operation.", mended, wrong="operation")
    if odd := odd_character(words[0]):
        says = f"an operation's id is plain letters and digits, and its {odd}."
        raise Flaw(says, mended, wrong="operation")
    operation = words[0].upper().translate(_LOOK_ALIKE)
    if not _OPERATION.fullmatch(operation):
        says = f"{quote(words[0])} is no operation's id: letters and digits without U, as 4T7Q2."
        raise Flaw(says, mended, wrong="operation")
    return ShowCommand(operation)
