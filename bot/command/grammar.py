"""Text -> Command, and the answer to what cannot be read.

The first flaw is told, beside a command that has none. That example is made by mending the flaw in
what was typed and reading it again, until nothing is left to mend: it can always be run as it is.
"""

from __future__ import annotations

from bot.command.draft import Draft, Flaw, drafted
from bot.command.markup import holds_slack_markup
from bot.command.model import (
    Command,
    FreezeCommand,
    HelpCommand,
    HistoryCommand,
    ListCommand,
    ShowCommand,
    TargetsCommand,
    TaskCommand,
    ThawCommand,
    WhoamiCommand,
)
from bot.command.reader import Reader
from bot.command.vocabulary import UsageError, Vocabulary
from bot.command.words import UncuttableError, cut, fold
from providers.foreign import foreign

__all__ = ["parse"]

MAX_READ = 10
"""Tasks and options that an answer repeats."""

_PARTS = {
    "list": ("where", "text"),
    "history": ("about",),
    "show": ("operation",),
    "freeze": ("reason",),
    "thaw": ("reason",),
}
"""What the words after these verbs are; the last name is for all that are left."""

_MOST_MENDED = 200  # each mending takes one flaw away; the bound only makes sure that it ends


def parse(text: str, vocabulary: Vocabulary, *, escaped: bool = False) -> Command:
    """Read one command line: what stands after "/stream", or after the mention of the bot.

    escaped: the text is from a message, where Slack writes &amp; &lt; &gt; for & < >.
    Raises UsageError.
    """
    try:
        draft = _drafted(text, vocabulary.name, escaped=escaped)
    except UncuttableError as error:
        example = _example(_recut(error.mended, vocabulary), vocabulary)
        raise UsageError(error.says, example=example, hint=error.hint) from None
    try:
        return _command(draft, vocabulary)
    except Flaw as flaw:
        raise _usage_error(flaw, draft, vocabulary) from None


def _drafted(text: str, name: str, *, escaped: bool = False) -> Draft:
    """The words in their places. Raises UncuttableError."""
    draft = drafted(cut(text, escaped=escaped), name)
    if draft.words and fold(draft.words[0]) == "history":
        named = drafted(cut(text, escaped=escaped, names=True), name)
        return named.with_word(0, "history")
    return draft


def _command(draft: Draft, vocabulary: Vocabulary) -> Command:
    """The command, which can be typed again to the letter. Raises Flaw."""
    command = Reader(draft, vocabulary).command()
    if holds_slack_markup(_typed(command, vocabulary.name)):
        raise Flaw("together the words read as a link or a name in Slack.", Draft(("help",)))
    return command


def _usage_error(flaw: Flaw, draft: Draft, vocabulary: Vocabulary) -> UsageError:
    example = _example(flaw.mended, vocabulary)
    tries = f" Try: {example}{flaw.tail}" if flaw.tries and example else ""
    return UsageError(
        f"Not run: {flaw.says}{tries}",
        nearest=flaw.nearest,
        example=example,
        read=_read(draft, vocabulary),
        wrong=flaw.wrong,
        known=flaw.known,
        named=flaw.named,
        hint=flaw.hint,
    )


def _example(draft: Draft | None, vocabulary: Vocabulary) -> str | None:
    """The draft as a command, mended until it can be read; None where no typing can mend it."""
    for _ in range(_MOST_MENDED):
        if draft is None:
            return None
        try:
            return _typed(_command(draft, vocabulary), vocabulary.name)
        except Flaw as flaw:
            draft = flaw.mended
    return None


def _recut(text: str | None, vocabulary: Vocabulary) -> Draft:
    """The draft of a text that should be fit now, or the one of `help`."""
    if text is not None:
        try:
            return _drafted(text, vocabulary.name)
        except UncuttableError:
            pass
    return Draft(("help",))


def _typed(command: Command, name: str) -> str:
    match command:
        case TaskCommand() | ListCommand() | HistoryCommand():
            return command.typed()
        case ShowCommand() | FreezeCommand() | ThawCommand():
            return command.typed(name)
        case HelpCommand(topic):
            return f"{name} help {topic}" if topic else f"{name} help"
        case WhoamiCommand():
            return f"{name} whoami"
        case TargetsCommand():
            return f"{name} targets"


def _read(draft: Draft, vocabulary: Vocabulary) -> tuple[tuple[str, str], ...]:
    """What was understood, part by part."""
    verb, *rest = draft.words or ("",)
    parts = [("verb", verb)] if draft.words else []
    names = _PARTS.get(fold(verb), ("where", "task"))
    parts += list(zip(names[:-1], rest, strict=False))
    if len(parts) > 1 and (kind := vocabulary.catalogue.words.get(fold(rest[0]))):
        parts[1] = ("where", kind.where)
    if more := rest[len(names) - 1 :]:
        parts.append((names[-1], " ".join(more[:MAX_READ])))
    parts += [(name, value or "") for name, value in draft.options[:MAX_READ]]
    return tuple((foreign(part, 60), foreign(value, 150)) for part, value in parts)
