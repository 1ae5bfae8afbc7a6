"""Text -> words: what phones, keyboards and Slack make of a typed line is undone here.

Nothing is decided here but where a word begins and ends, what wraps it, and whether it is an
option. What is inside a word stays as it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.command.markup import unwrapped
from providers.foreign import foreign

__all__ = [
    "END_OF_OPTIONS",
    "UncuttableError",
    "Word",
    "cut",
    "fold",
    "looks_like_option",
    "odd_character",
    "quoted",
    "spelled",
]

MAX_TEXT = 3_000
"""Characters. Nothing longer is looked into."""

MAX_WORDS = 100

END_OF_OPTIONS = "--"

_SHORT_DASHES = "-－‐‑﹣"
_LONG_DASHES = "—–−‒―"  # phones write one of these for "--"
_DASHES = _SHORT_DASHES + _LONG_DASHES
_PLAIN_DASHES = str.maketrans(dict.fromkeys(_DASHES, "-"))
_OPTION = re.compile(rf"(?P<dashes>[{_DASHES}]+)(?P<name>[^\s=＝]*)(?P<equals>[=＝]?)")

# What may close a quote. The exact mates come first; where there is none, any of the family will
# do, because keyboards mix them: “wrong source"
_DOUBLE = '"“”„«»＂'
_SINGLE = "'‘’‚＇"
_MATES = {
    **{'"': '"', "'": "'", "`": "`"},
    **{"“": "”", "”": "”", "„": "“”", "«": "»", "»": "«»", "＂": "＂"},
    **{"‘": "’", "’": "’", "‚": "‘’", "＇": "＇"},
}
_OPENERS = frozenset(_MATES)
_FENCED = re.compile(r"```(.+)```", re.DOTALL)  # a code block, as people copy it


@dataclass(frozen=True, slots=True)
class Word:
    """One word without its wrapping.

    text: to the letter.
    option: "--region", or "--" alone, in plain letters and dashes; empty for any other word.
    attached: what stands after an option's "="; None where there is no "=".
    quoted: the word was in quotes. wrapped: what is attached was.
    """

    text: str
    option: str = ""
    attached: str | None = None
    quoted: bool = False
    wrapped: bool = False


class UncuttableError(ValueError):
    """The text has no words. `mended` is one that has, with Slack's markup already undone; None
    where none is near."""

    def __init__(self, says: str, hint: str, mended: str | None = None) -> None:
        super().__init__(says)
        self.says = says
        self.hint = hint
        self.mended = mended


def cut(text: str, *, escaped: bool = False, names: bool = False) -> tuple[Word, ...]:
    """The words of a line. Raises UncuttableError.

    escaped: Slack has written &amp; &lt; &gt; for & < >, as it does in messages.
    names: people and channels stay as Slack's ids: <@U1>, <#C1>.
    """
    if len(text) > MAX_TEXT:
        raise UncuttableError(
            f"Not run: the command has {len(text):,} characters; {MAX_TEXT:,} is the most.",
            "type it shorter",
        )
    words = _words(_without_fence(unwrapped(text, escaped=escaped, names=names)))
    if len(words) == 1 and words[0].quoted:
        return _words(words[0].text)  # the whole command was in backticks or quotes
    return words


def fold(word: str) -> str:
    """A word of the fixed vocabulary in plain letters: any case, full-width, any dash, "@" of a
    name that Slack made of it. Never for an id."""
    plain = unicodedata.normalize("NFKC", word.translate(_PLAIN_DASHES))
    return plain.lower().lstrip("@#")


def odd_character(text: str) -> str | None:
    """The first character that is not printable ASCII, by its place and Unicode name.

    >>> odd_character("12\\u200b3")
    'character 3 is ZERO WIDTH SPACE (U+200B)'
    """
    for place, character in enumerate(text, 1):
        if not "!" <= character <= "~":
            name = unicodedata.name(character, "a character without a name")
            return f"character {place} is {name} (U+{ord(character):04X})"
    return None


def quoted(text: str) -> str:
    """The text in quotes that `cut` takes off again, to the letter.

    There is always a pair for what `cut` itself took out of quotes.
    """
    fitting = (
        (opener, mates[-1])
        for opener, mates in _MATES.items()
        if not any(f"{mate} " in text for mate in mates)
    )
    opener, mate = next(fitting, ('"', '"'))
    return f"{opener}{text}{mate}"


def spelled(word: str) -> str:
    """A word without spaces as `cut` reads it to the letter, where no option can stand."""
    return quoted(word) if word[:1] in _OPENERS else word


def looks_like_option(word: str) -> bool:
    """True where a word is read as an option unless a bare -- stands before it."""
    return _option(word, 0) is not None


def _without_fence(text: str) -> str:
    fenced = _FENCED.fullmatch(text.strip())
    return fenced[1] if fenced else text


def _words(text: str) -> tuple[Word, ...]:
    words: list[Word] = []
    at = 0
    options = True
    while (at := _skip_spaces(text, at)) < len(text):
        if len(words) == MAX_WORDS:
            raise UncuttableError(
                f"Not run: the command has more than {MAX_WORDS} words.", "type it shorter"
            )
        word, at = _word(text, at, options=options)
        options = options and word.option != END_OF_OPTIONS
        words.append(word)
    return tuple(words)


def _skip_spaces(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _word(text: str, at: int, *, options: bool) -> tuple[Word, int]:
    """The word that begins at `at`, and where it ends."""
    if text[at] in _MATES:
        content, end = _value(text, at)
        return _quoted_word(content, options=options), end
    option = _option(text, at) if options else None
    if option is None:
        value, end = _value(text, at)
        return Word(value), end
    if not option["equals"]:
        return Word(option[0], _plain(option)), option.end()
    value, end = _value(text, option.end())
    wrapped = text[option.end() : option.end() + 1] in _OPENERS
    return Word(text[at:end], _plain(option), value, wrapped=wrapped), end


def _quoted_word(content: str, *, options: bool) -> Word:
    option = _option(content, 0) if options else None
    if option is None or not (option["equals"] or option.end() == len(content)):
        return Word(content, quoted=True)
    attached = content[option.end() :] if option["equals"] else None
    return Word(content, _plain(option), attached, quoted=True, wrapped=True)


def _option(text: str, at: int) -> re.Match[str] | None:
    """The option that begins at `at`. One short dash begins none: "-x" is a task."""
    found = _OPTION.match(text, at)
    return None if found is None or found["dashes"] in tuple(_SHORT_DASHES) else found


def _plain(option: re.Match[str]) -> str:
    return END_OF_OPTIONS + fold(option["name"])


def _value(text: str, at: int) -> tuple[str, int]:
    """The text at `at` without its quotes, and where the word ends."""
    if at < len(text) and text[at] in _MATES:
        closing = _closing(text, at)
        return text[at + 1 : closing], closing + 1
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[at:end], end


def _closing(text: str, opening: int) -> int:
    """The place of the quote that closes the one at `opening`. Raises UncuttableError.

    A quote closes only where the word ends, so that apostrophes need no care.
    """
    opener = text[opening]
    family = next((f for f in (_DOUBLE, _SINGLE) if opener in f), opener)
    for mates in (_MATES[opener], family):
        for at in range(opening + 1, len(text)):
            if text[at] in mates and _word_ends(text, at + 1):
                return at
    raise UncuttableError(
        f"Not run: the quote {opener} before '{foreign(text[opening + 1 :], 40)}' is not closed.",
        "close the quote at the end of a word, or leave it out",
        mended=text + _MATES[opener][-1],
    )


def _word_ends(text: str, at: int) -> bool:
    """True at the end, at a space, and at what `foreign` drops (a reason is cleaned later, and must
    not then hold a quote that would have closed it)."""
    return at == len(text) or not foreign(text[at])
