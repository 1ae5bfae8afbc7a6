"""One draft -> one ListCommand, once the kind of task is known."""

from __future__ import annotations

from bot.command.draft import Draft, Flaw, near_word, nearest, quote
from bot.command.model import ListCommand
from bot.command.options import check_options, page_of, steady
from bot.command.place import PlaceReader, needed_operation, word_of
from bot.command.vocabulary import Vocabulary
from bot.command.words import fold
from providers.facts import TaskState
from providers.operation import Kind, Verb

__all__ = ["listed", "no_target_listed"]

MAX_TEXT = 80

_OPTIONS = ("--account", "--region", "--state", "--page", "--here")

_STATES = {state.value: state for state in TaskState}
_TYPED_STATES = tuple(word.replace(" ", "-") for word in _STATES)


def listed(draft: Draft, vocabulary: Vocabulary, kind: Kind) -> ListCommand:
    """The command that lists tasks of this kind. Raises Flaw."""
    needed_operation(kind, Verb.LIST)
    allowed = (*_OPTIONS, "--app") if kind.needs_app else _OPTIONS
    check_options(draft, allowed, Verb.LIST, {"--app": kind.where})
    state = _state(draft)
    text = _text(draft)
    page = page_of(draft)
    places = PlaceReader(draft, vocabulary, kind)
    place = places.place()
    return ListCommand(
        where=kind.where,
        account=place.account,
        region=place.region,
        app=place.app,
        state=state,
        text=text,
        page=page,
        here=draft.has("--here"),
        wording=places.wording(place),
    )


def no_target_listed(draft: Draft, name: str, kind: Kind) -> Flaw:
    """A target is one task; what is listed is a kind of task."""
    says = f"{name} is one task; list takes {word_of(kind)} or another kind."
    return Flaw(says, draft.with_word(1, word_of(kind)), wrong="where")


def _state(draft: Draft) -> TaskState | None:
    typed = draft.value("--state")
    if typed is None:
        return None
    if state := _STATES.get(_plain(typed)):
        return state
    near, mended = _meant(draft, typed)
    raise Flaw(
        f"I do not know the state {quote(typed)}.{near_word(near)}",
        mended.with_option("--state", near) if near else mended.without("--state"),
        wrong="--state",
        nearest=near,
        known=_TYPED_STATES,
    )


def _meant(draft: Draft, typed: str) -> tuple[str | None, Draft]:
    """The state that a wrong word may stand for: `--state no stream` has left its second word among
    the others."""
    rest = draft.words[2:]
    for count in range(1, min(len(rest), 2) + 1):
        whole = _plain(" ".join((typed, *rest[:count])))
        if whole in _STATES:
            return whole.replace(" ", "-"), draft.up_to(2, *rest[count:])
    return nearest(_plain(typed).replace(" ", "-"), _TYPED_STATES), draft


def _plain(typed: str) -> str:
    return " ".join(fold(typed).replace("-", " ").replace("_", " ").split())


def _text(draft: Draft) -> str:
    """What the rows must hold, as one clean line."""
    words = draft.words[2:]
    text = steady(" ".join(words), 2 * MAX_TEXT)
    if len(text) <= MAX_TEXT:
        return text
    says = f"the text to look for has more than {MAX_TEXT} characters."
    raise Flaw(says, draft.up_to(2, *text[:MAX_TEXT].split()[:-1]), wrong="text")
