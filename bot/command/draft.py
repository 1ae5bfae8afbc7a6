"""What was typed, in its places, before anybody asks whether it makes sense; and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.command.words import END_OF_OPTIONS, Word, fold, odd_character
from providers.foreign import foreign

__all__ = ["OPTIONS", "Draft", "Flaw", "drafted", "near_word", "nearest", "quote"]

OPTIONS: Mapping[str, bool] = {  # name -> takes a value
    "--account": True,
    "--region": True,
    "--app": True,
    "--reason": True,
    "--state": True,
    "--since": True,
    "--page": True,
    "--dry-run": False,
    "--canary": False,
    "--here": False,
    "--help": False,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """Words that stand for themselves, and options with their values, in the order of typing.

    reason_ends: how many words stand before an unquoted reason that more words follow. Its end is
        then a guess; None where it is known.
    """

    words: tuple[str, ...]
    options: tuple[tuple[str, str | None], ...] = ()
    reason_ends: int | None = None

    def value(self, option: str) -> str | None:
        """What was typed for an option."""
        return next((value for name, value in self.options if name == option), None)

    def has(self, option: str) -> bool:
        """True where the option was typed."""
        return any(name == option for name, _ in self.options)

    def with_word(self, place: int, word: str) -> Draft:
        """Another word in one place."""
        return replace(self, words=(*self.words[:place], word, *self.words[place + 1 :]))

    def up_to(self, place: int, *words: str) -> Draft:
        """These words from one place on."""
        return replace(self, words=(*self.words[:place], *words))

    def without_word(self, place: int) -> Draft:
        """One word less."""
        return replace(self, words=(*self.words[:place], *self.words[place + 1 :]))

    def without(self, option: str) -> Draft:
        """No option of this name."""
        return replace(self, options=tuple(pair for pair in self.options if pair[0] != option))

    def with_option(self, option: str, value: str | None) -> Draft:
        """The option once, with this value."""
        return replace(self, options=(*self.without(option).options, (option, value)))

    def with_reason(self, words: tuple[str, ...], reason: str) -> Draft:
        """These words, and a reason whose end is known."""
        named = replace(self.with_option("--reason", reason), reason_ends=None)
        return replace(named, words=words)


class Flaw(Exception):
    """One thing that is wrong with a draft.

    says: a sentence without "Not run: ".
    mended: the draft without this flaw, for the example; None where no typing can mend it.
    tries: the example is told in the sentence; `tail` follows it.
    wrong, nearest, known, named, hint: see UsageError.
    """

    def __init__(
        self,
        says: str,
        mended: Draft | None,
        *,
        tries: bool = True,
        tail: str = "",
        wrong: str = "",
        nearest: str | None = None,
        known: Iterable[str] = (),
        named: Iterable[str] = (),
        hint: str = "",
    ) -> None:
        super().__init__(says)
        self.says = says
        self.mended = mended
        self.tries = tries
        self.tail = tail
        self.wrong = wrong
        self.nearest = nearest
        self.known = tuple(known)
        self.named = tuple(named)
        self.hint = hint


def drafted(words: Iterable[Word], name: str) -> Draft:
    """The words in their places. `name` ("/stream") is dropped where it was typed once more."""
    plain: list[str] = []
    options: list[tuple[str, str | None]] = []
    after_reason: int | None = None
    reason_ends: int | None = None
    rest = list(reversed(tuple(words)))
    while rest:
        word = rest.pop()
        if not word.option:
            if plain or not _is_name(word.text, name):
                plain.append(word.text)
                reason_ends = after_reason if reason_ends is None else reason_ends
        elif word.option == END_OF_OPTIONS:
            after_reason = None
        else:
            value, open_ended = _value_of(word, rest)
            options.append((word.option, value))
            if open_ended and after_reason is None:
                after_reason = len(plain)
    return Draft(tuple(plain), tuple(options), reason_ends)


def _value_of(word: Word, rest: list[Word]) -> tuple[str | None, bool]:
    """An option's value, which may be the next word; and whether it is a reason whose end nobody
    knows, because it has no quotes."""
    value, wrapped = word.attached, word.wrapped
    if value is None and _takes_value(word.option) and rest and _is_value(rest[-1]):
        taken = rest.pop()
        value, wrapped = taken.text, taken.quoted
    is_reason = nearest(word.option, OPTIONS) == "--reason"
    return value, is_reason and value is not None and not wrapped


def _is_name(word: str, name: str) -> bool:
    return fold(word).lstrip("/") == fold(name).lstrip("/")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one may have been meant for."""
    found = difflib.get_close_matches(fold(word[:64]), list(known), n=1)
    return found[0] if found else None


def near_word(word: str | None) -> str:
    """ " Nearest: restart.", to follow a sentence; "" for nothing near."""
    return f" Nearest: {word}." if word else ""


def quote(word: str) -> str:
    """A typed word for a sentence, with what the eye cannot see in it:
    "'tеncent' (its character 2 is CYRILLIC SMALL LETTER IE (U+0435))"."""
    odd = odd_character(word)
    return f"'{foreign(word, 60)}'" + (f" (its {odd})" if odd else "")


def _takes_value(option: str) -> bool:
    """Also for a misspelled option, so that its value is not taken for a task."""
    known = nearest(option, OPTIONS)
    return known is not None and OPTIONS[known]


def _is_value(word: Word) -> bool:
    return word.quoted or not word.option
