"""The card that asks for a yes to several tasks, and its ends without anything sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.journal.record import Record, State
from bot.reply import Bold, Button, Code, Line, Mark, Reply, Table, clock
from bot.screens.batch.frame import BatchFrame
from bot.screens.words import (
    CANCEL,
    CONFIRM,
    DECLINE,
    WITHDRAW,
    WORDS,
    person,
    span,
    state_line,
)
from bot.settings import Settings
from providers.facts import Facts, TaskState
from providers.operation import Effect, Operation, Verb

__all__ = ["BatchCard"]

Children = Sequence[Record]


class BatchCard:
    """Messages of several tasks that wait for a yes, or did not get one."""

    def __init__(self, settings: Settings, frame: BatchFrame) -> None:
        self._settings = settings
        self._frame = frame

    def card(self, parent: Record, children: Children) -> Reply:
        """Which tasks, how each stands, who decides and until when."""
        operation = self._frame.names.operation(parent)
        asker = person(parent.origin.requester_name)
        second = parent.confirm == "second-person"
        mark = Mark.WAITING_FOR_SECOND if second else Mark.WAITING
        who = f"Somebody allowed other than {asker} decides" if second else f"{asker} decides"
        until = clock(parent.due_at or 0)
        place = self._frame.place(parent)
        return Reply(
            text=f"{self._asks(parent, mark)}{_how_they_stand(children)} {who} until {until}.",
            mark=mark,
            head=self._frame.head(parent),
            body=_warnings(parent, children, operation),
            table=_table(children),
            context=(
                (f"{who} · until {until} · {place} · op {parent.id}",),
                *self._why_a_second(parent),
                *((note,) for note in parent.command.notes),
            ),
            buttons=self._buttons(parent, operation, second=second),
        )

    def _asks(self, parent: Record, mark: Mark) -> str:
        what = self._frame.what(parent)
        if parent.look_again:
            return (
                f"Look again: {what}: some changed since the card was shown "
                f"({parent.look_again}). Nothing was sent."
            )
        asker = person(parent.origin.requester_name)
        return f"{mark.word}: {asker} wants to {WORDS[parent.command.verb].base} {what}."

    def _why_a_second(self, parent: Record) -> tuple[Line, ...]:
        most = self._settings.limits.blast_radius
        if parent.confirm != "second-person" or len(parent.command.tasks) <= most:
            return ()
        return ((f"more than {most} tasks: a second person decides",),)

    def _buttons(self, parent: Record, operation: Operation, *, second: bool) -> tuple[Button, ...]:
        ticket = parent.ticket or ""
        act = "End" if operation.effect is Effect.ENDS else operation.verb.capitalize()
        yes = Button(
            action=CONFIRM,
            label=f"{act} {self._frame.tasks(parent)}"[:30],
            described=f"{act} {self._frame.tasks(parent)} on {parent.command.where}"[:75],
            ticket=ticket,
            style="danger" if operation.effect.irreversible else "primary",
        )
        if not second:
            return (yes, Button(action=CANCEL, label="Cancel", ticket=ticket))
        return (
            yes,
            Button(action=DECLINE, label="Decline", ticket=ticket),
            Button(action=WITHDRAW, label="Withdraw", ticket=ticket),
        )

    # Ends without anything sent

    def ended(self, parent: Record) -> Reply:
        """Declined, cancelled, or nobody said yes in time."""
        words = WORDS[parent.command.verb]
        decider, asker = person(parent.decider_name), person(parent.origin.requester_name)
        what = self._frame.what(parent)
        match parent.state:
            case State.DECLINED:
                said_no = f"{decider} said no to {words.ing} {what}, asked by {asker}"
                return self._unsent(parent, Mark.DECLINED, said_no)
            case State.CANCELLED:
                withdrew = f"{decider} withdrew the {words.noun} of {what}"
                return self._unsent(parent, Mark.CANCELLED, withdrew)
        again = parent.command.typed()
        return self._unsent(parent, Mark.EXPIRED, self._why_expired(parent), again)

    def _unsent(self, parent: Record, mark: Mark, why: str, again: str = "") -> Reply:
        step: Line = (" ", Bold("Next:"), " to ask again: ", Code(again)) if again else ()
        return Reply(
            text=f"{mark.word}: {why}. Nothing was sent.{again and f' To ask again: {again}'}",
            mark=mark,
            head=self._frame.head(parent),
            body=((f"{why}. Nothing was sent.", *step),),
            context=self._frame.context(parent),
        )

    def _why_expired(self, parent: Record) -> str:
        ing, what = WORDS[parent.command.verb].ing, self._frame.what(parent)
        if parent.outcome is not None:
            return f"{ing} {what}: {parent.outcome.says.rstrip('.')}"
        if parent.ticket is None:
            return f"{ing} {what} was not decided in time"
        within = span(self._settings.timeouts.confirm_seconds)
        return f"nobody confirmed {ing} {what} within {within}"


def _warnings(parent: Record, children: Children, operation: Operation) -> tuple[Line, ...]:
    lines: list[Line] = []
    if parent.look_again:
        lines.append((Bold("Changed since the card was shown: "), parent.look_again))
    warning: Line = (Bold(operation.warning or f"It {operation.does}."),)
    if operation.verb is Verb.DELETE:
        warning = (*warning, " Their settings are kept in the record.")
    if parent.command.reason:
        warning = (*warning, f' Reason: "{parent.command.reason}".')
    lines.append(warning)
    if parent.command.canary:
        first = Code(parent.command.task)
        lines.append(("First ", first, " alone; the others when it is proved, or not at all."))
    unread = sum(not _is_read(child) for child in children)
    if unread:
        lines.append((f"{unread} of {len(children)} could not be read in time.",))
    return tuple(lines)


def _is_read(child: Record) -> bool:
    return child.facts is not None and not child.facts.unseen


def _how_they_stand(children: Children) -> str:
    """What a yes would break, and what is not there: " 1 is running." """
    seen = [child.facts.facts.state for child in children if child.facts and _is_read(child)]
    running, missing = seen.count(TaskState.RUNNING), seen.count(TaskState.NOT_FOUND)
    said = f" {running} {_is_or_are(running)} running." if running else ""
    return f"{said} {missing} {_is_or_are(missing)} not found." if missing else said


def _is_or_are(count: int) -> str:
    return "is" if count == 1 else "are"


def _table(children: Children) -> Table:
    rows = [
        (
            (Code(child.command.task),),
            (child.facts.facts.name or "–",) if child.facts and _is_read(child) else ("–",),
            _now(child.facts.facts) if child.facts and _is_read(child) else ("not read",),
        )
        for child in children
    ]
    return Table(("Task", "Name", "Now"), tuple(rows))


def _now(facts: Facts) -> Line:
    """Without the mark: Slack shows its name in a table."""
    return (str(facts.state), *state_line(facts)[1:])
