"""The message of several tasks under one command. Pure: a parent and its children in, a reply out.

What became of each task is counted in `tally.py`; whatever is shown adds up to all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.command import Vocabulary
from bot.journal.batches import stopped
from bot.journal.record import Record, State
from bot.reply import Code, Mark, Reply, Table
from bot.screens.batch.card import BatchCard
from bot.screens.batch.frame import BatchFrame
from bot.screens.batch.parts import (
    and_then,
    bar,
    canary,
    halt,
    line_of,
    one_by_one,
    request_ids,
    status,
    stopped_early,
    why_stopped,
)
from bot.screens.batch.tally import End, Sent, count_ends, count_sent, end_of, took
from bot.screens.frame import Frame
from bot.screens.words import WORDS, person
from bot.settings import Settings
from providers.operation import Effect, Verb

__all__ = ["BatchScreens", "troubled"]

MOST_ROWS = 100
MOST_IDS = 3
"""Tasks of one end that the summary names by their ids."""

Children = Sequence[Record]

_PROVED: Mapping[Verb, Mark] = {
    Verb.RESTART: Mark.RUNNING_AGAIN,
    Verb.START: Mark.STARTED,
    Verb.STOP: Mark.STOPPED_NOW,
    Verb.DELETE: Mark.DELETED,
}
_NOT_PROVED: Mapping[Verb, Mark] = {
    Verb.STOP: Mark.NOT_STOPPED,
    Verb.DELETE: Mark.NOT_DELETED,
}
_MARKS: Mapping[End, Mark] = {
    # The worst first: it marks the whole message.
    End.DOWN: Mark.DOWN,
    End.NOT_BACK: Mark.NOT_BACK,
    End.UNKNOWN: Mark.UNKNOWN,
    End.REFUSED: Mark.REFUSED,
    End.NOT_SENT: Mark.NOT_SENT,
    End.CANNOT_TELL: Mark.CANNOT_TELL,
    End.TO_GO: Mark.SENDING,
    End.WATCHED: Mark.ACCEPTED,
    End.RUNNING: Mark.TASK_RUNNING,
    End.PROVED: Mark.ACCEPTED,
    End.ALREADY_SO: Mark.ALREADY_SO,
}
_TROUBLE = (End.DOWN, End.NOT_BACK, End.UNKNOWN, End.REFUSED, End.NOT_SENT, End.CANNOT_TELL)


def troubled(children: Children) -> Children:
    """The tasks that somebody must look at, the worst first; not those that were merely stopped
    with the rest."""
    ends = count_ends(children)
    found = [child for end in _TROUBLE for child in ends.get(end, ())]
    return [child for child in found if child.outcome is None or not stopped(child)]


class BatchScreens:
    """Knows the vendors' names and the configuration, so that the records are all it needs."""

    def __init__(self, settings: Settings, vocabulary: Vocabulary) -> None:
        self._frame = BatchFrame(Frame(settings, vocabulary))
        self._card = BatchCard(settings, self._frame)

    def of(self, parent: Record, children: Children = ()) -> Reply:
        """What the channel must see now. Ends without anything sent need no children; of what was
        sent, less can be told without them."""
        match parent.state:
            case State.APPROVED | State.SUCCEEDED if not children:
                return self._without_counts(parent)
            case State.WAITING:
                return self._card.card(parent, children)
            case State.APPROVED:
                return self.progress(parent, children)
            case State.SUCCEEDED:
                return self.summary(parent, children)
        return self._card.ended(parent)

    def _without_counts(self, parent: Record) -> Reply:
        words = WORDS[parent.command.verb]
        by = person(parent.origin.requester_name)
        what = self._frame.what(parent)
        over = parent.state is State.SUCCEEDED
        said = f"Over: the {words.noun} of {what}" if over else f"{words.ing.capitalize()} {what}"
        return Reply(
            text=f"{said} by {by}.{and_then(why_stopped(parent))}",
            mark=Mark.ACCEPTED if over else Mark.SENDING,
            head=self._frame.head(parent),
            body=line_of(why_stopped(parent)),
            context=self._frame.context(parent),
        )

    # On the way

    def progress(self, parent: Record, children: Children) -> Reply:
        """How far it is."""
        counted = count_sent(children)
        by = person(parent.origin.requester_name)
        ing = WORDS[parent.command.verb].ing.capitalize()
        told = ", ".join(f"{n} {sent}" for sent, n in counted.items() if n)
        on = f"{self._frame.tasks(parent)} on {parent.command.where} by {by}"
        quota = self._frame.names.operation(parent).quota
        pace = f"{quota}/s, {self._frame.names.vendor(parent)}'s limit"
        return Reply(
            text=f"{ing} {on}: {told}.{and_then(why_stopped(parent))}",
            mark=Mark.SENDING,
            head=self._frame.head(parent),
            body=(bar(counted), *canary(parent, children), *line_of(why_stopped(parent))),
            context=((pace,), *self._frame.context(parent)),
            buttons=halt(parent, counted[Sent.TO_GO]),
        )

    # Afterwards

    def summary(self, parent: Record, children: Children) -> Reply:
        """What became of all of them; those in trouble one by one."""
        ends = count_ends(children)
        worst = next((end for end in _MARKS if end in ends), End.NOT_SENT)
        hurt = troubled(children)
        watched = len(ends.get(End.WATCHED, ()))
        watching = f"{watched} still watched, until the vendor's status proves them."
        return Reply(
            text=self.sentence(parent, children),
            mark=self._mark(parent, worst),
            head=self._frame.head(parent, part=len(ends.get(worst, ()))),
            body=(
                (f"{self._add_up(parent, ends)}.",),
                *line_of(stopped_early(parent, children)),
                *one_by_one(hurt, parent),
                *line_of(watching if watched else ""),
            ),
            context=self._frame.context(parent),
            buttons=status(parent, hurt, children),
        )

    def sentence(self, parent: Record, children: Children) -> str:
        """The whole end in one or two sentences."""
        past = WORDS[parent.command.verb].past.capitalize()
        happened = sum(took(child) for child in children)
        by = person(parent.origin.requester_name)
        on = f"{happened} of {len(children)} on {parent.command.where} by {by}"
        added = self._add_up(parent, count_ends(children))
        return f"{past} {on}: {added}.{and_then(stopped_early(parent, children))}"

    def table(self, parent: Record, children: Children) -> Reply:
        """All tasks with their ends and RequestIds, for the thread."""
        rows = [
            (
                (Code(child.command.task),),
                (child.facts.facts.name or "–" if child.facts else "–",),
                (self._word(parent, end_of(child)),),
                (Code(child.outcome.code),) if child.outcome and child.outcome.code else ("–",),
                (request_ids(child),),
            )
            for child in children[:MOST_ROWS]
        ]
        return Reply(
            text=f"All {len(children)} tasks of op {parent.id}, with their RequestIds.",
            body=((f"All {len(children)} tasks of op ", Code(parent.id), ":"),),
            table=Table(("Task", "Name", "End", "Code", "RequestId"), tuple(rows)),
        )

    def _add_up(self, parent: Record, ends: Mapping[End, Children]) -> str:
        """As "47 running again, 1 not back (456), 2 not sent"."""
        said = []
        for end, found in ends.items():
            ids = ", ".join(child.command.task for child in found)
            named = end in _TROUBLE and end is not End.NOT_SENT and len(found) <= MOST_IDS
            said.append(f"{len(found)} {self._word(parent, end)}{f' ({ids})' if named else ''}")
        return ", ".join(said)

    def _word(self, parent: Record, end: End) -> str:
        """As people read it: what "proved" and "not back" are called depends on the verb."""
        verb = parent.command.verb
        match end:
            case End.PROVED:
                ends = self._frame.names.operation(parent).effect is Effect.ENDS
                return "ended" if ends else _PROVED[verb].word.lower()
            case End.NOT_BACK:
                return _NOT_PROVED.get(verb, Mark.NOT_BACK).word.lower()
            case End.RUNNING:
                return "running, not seen to stop"
            case End.WATCHED:
                return "accepted and watched"
            case End.DOWN:
                return Mark.DOWN.word
        return end.value

    @staticmethod
    def _mark(parent: Record, worst: End) -> Mark:
        verb = parent.command.verb
        if worst is End.PROVED:
            return _PROVED[verb]
        return _NOT_PROVED.get(verb, Mark.NOT_BACK) if worst is End.NOT_BACK else _MARKS[worst]
