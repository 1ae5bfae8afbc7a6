"""The message of several tasks under one command. Pure: a parent and its children in, a reply out.

What became of each task is counted in `batch_tally`; whatever is shown adds up to all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.command import Vocabulary
from bot.journal.batches import stopped
from bot.journal.record import Record, State, Verdict
from bot.reply import Button, Code, Line, Mark, Reply, Table
from bot.screens.batch.card import BatchCard
from bot.screens.batch.frame import BatchFrame
from bot.screens.batch.tally import End, Sent, count_ends, count_sent, end_of, took
from bot.screens.frame import Frame, next_step
from bot.screens.words import HALT, STATUS, WORDS, person
from bot.settings import Settings
from providers.operation import Effect, Verb

__all__ = ["BatchScreens", "troubled"]

BAR_CELLS = 20
MOST_TROUBLED = 10
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
_ALWAYS_COUNTED = (Sent.ACCEPTED, Sent.REFUSED, Sent.UNKNOWN, Sent.NOT_SENT, Sent.TO_GO)


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
            text=f"{said} by {by}.{_and(_why_stopped(parent))}",
            mark=Mark.ACCEPTED if over else Mark.SENDING,
            head=self._frame.head(parent),
            body=_line(_why_stopped(parent)),
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
            text=f"{ing} {on}: {told}.{_and(_why_stopped(parent))}",
            mark=Mark.SENDING,
            head=self._frame.head(parent),
            body=(_bar(counted), *_canary(parent, children), *_line(_why_stopped(parent))),
            context=((pace,), *self._frame.context(parent)),
            buttons=_halt(parent, counted[Sent.TO_GO]),
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
                *_line(_stopped_early(parent, children)),
                *_one_by_one(hurt, parent),
                *_line(watching if watched else ""),
            ),
            context=self._frame.context(parent),
            buttons=_status(parent, hurt, children),
        )

    def sentence(self, parent: Record, children: Children) -> str:
        """The whole end in one or two sentences."""
        past = WORDS[parent.command.verb].past.capitalize()
        happened = sum(took(child) for child in children)
        by = person(parent.origin.requester_name)
        on = f"{happened} of {len(children)} on {parent.command.where} by {by}"
        added = self._add_up(parent, count_ends(children))
        return f"{past} {on}: {added}.{_and(_stopped_early(parent, children))}"

    def table(self, parent: Record, children: Children) -> Reply:
        """All tasks with their ends and RequestIds, for the thread."""
        rows = [
            (
                (Code(child.command.task),),
                (child.facts.facts.name or "–" if child.facts else "–",),
                (self._word(parent, end_of(child)),),
                (Code(child.outcome.code),) if child.outcome and child.outcome.code else ("–",),
                (_request_ids(child),),
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


# Parts


def _bar(counted: Mapping[Sent, int]) -> Line:
    total = sum(counted.values())
    done = total - counted[Sent.TO_GO]
    filled = BAR_CELLS * done // total if total else 0
    shown = [f"{sent} {n}" for sent, n in counted.items() if n or sent in _ALWAYS_COUNTED]
    bar = "█" * filled + "░" * (BAR_CELLS - filled)
    return (Code(bar), f" {' · '.join([f'{done} of {total}', *shown])}")


def _canary(parent: Record, children: Children) -> tuple[Line, ...]:
    """What the others wait for."""
    waiting = sum(child.state is State.ASKED for child in children)
    if not parent.command.canary or not waiting or not children:
        return ()
    first = children[0]
    following = first.verdict is Verdict.FOLLOWING
    now = "following" if following else "proved" if first.settled else "sending"
    return (
        (
            "First task ",
            Code(first.command.task),
            f": {now}. The other {waiting} wait until it is proved.",
        ),
    )


def _halt(parent: Record, to_go: int) -> tuple[Button, ...]:
    if not to_go or stopped(parent):
        return ()
    described = "Send no more. What was sent stays sent."
    ticket = parent.ticket or ""
    return (Button(action=HALT, label="Send no more", described=described, ticket=ticket),)


def _status(parent: Record, hurt: Children, children: Children) -> tuple[Button, ...]:
    """A look at those in trouble, once nothing changes by itself any more."""
    if not hurt or parent.button is None or not all(child.settled for child in children):
        return ()
    return (Button(action=STATUS, label="Status of troubled", ticket=parent.button),)


def _why_stopped(parent: Record) -> str:
    return parent.outcome.says if parent.outcome and stopped(parent) else ""


def _stopped_early(parent: Record, children: Children) -> str:
    """As "@bob stopped the rest: 30 were sent, 20 were not."."""
    why = _why_stopped(parent)
    if not why:
        return ""
    rest = count_sent(children)[Sent.NOT_SENT]
    left = len(children) - rest
    return f"{why.rstrip('.')}: {left} {_were(left)} sent, {rest} {_were(rest)} not."


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _one_by_one(hurt: Children, parent: Record) -> tuple[Line, ...]:
    """Code, meaning and next step of each, in one line of the message's body."""
    if not hurt:
        return ()
    lines = [_trouble(child) for child in hurt[:MOST_TROUBLED]]
    if len(hurt) > MOST_TROUBLED:
        more = f"and {len(hurt) - MOST_TROUBLED} more: "
        lines.append((more, Code(f"/stream show {parent.id}")))
    return (tuple(part for line in lines for part in (*line, "\n"))[:-1],)


def _trouble(child: Record) -> Line:
    """As "456 not back: The usual cause is a source that does not play. Next: ..."."""
    outcome = child.outcome
    start: Line = (Code(child.command.task), f" {end_of(child).value}: ")
    if outcome is None:
        return (*start, f"{child.state}.")
    code: Line = (Code(outcome.code), " ") if outcome.code else ()
    return (*start, *code, f"{outcome.says} ", *next_step(outcome))


def _request_ids(child: Record) -> str | Code:
    found = [outcome.request_id for outcome in (child.first_step, child.outcome) if outcome]
    return Code(", ".join(one for one in found if one) or "none")


def _line(text: str) -> tuple[Line, ...]:
    return ((text,),) if text else ()


def _and(text: str) -> str:
    return f" {text}" if text else ""
