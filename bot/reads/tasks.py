"""The list of a kind's tasks: which are asked for, the troubled first, in pages. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.command import ListCommand
from bot.looks import UnseenError
from bot.reads.unread import unreadable
from bot.reads.words import cell, code_cell, host_cell, in_place, until_cell
from bot.reply import Bold, Button, Code, Line, Mark, Menu, Reply, Table, clock
from providers.facts import Facts, Listing, TaskState
from providers.operation import Kind

__all__ = [
    "LIST_ROWS",
    "Page",
    "counted",
    "elsewhere",
    "fits",
    "in_order",
    "page_of",
    "task_row",
    "tasks",
    "unread",
]

LIST_ROWS = 25

_IN_TROUBLE = 3
"""Ranks up to this one are named in the first sentence."""

_RANKS: Mapping[TaskState, int] = {
    TaskState.NO_STREAM: 1,
    TaskState.DEGRADED: 2,
    TaskState.UNKNOWN: 3,
    TaskState.RUNNING: 4,
    TaskState.SWITCHED_ON: 4,
    TaskState.WAITING: 5,
    TaskState.STOPPED: 6,
    TaskState.ENDED: 7,
    TaskState.NOT_FOUND: 8,
}


_NOT_IN_THE_LIST = frozenset({TaskState.RUNNING, TaskState.NO_STREAM})
"""States that only the status tells, of a task that the list calls switched on."""


def _rank(facts: Facts) -> int:
    """Where a task stands in a list; what an error stopped comes first."""
    if facts.state is TaskState.STOPPED and facts.why:
        return 0
    return _RANKS[facts.state]


def in_order(tasks: Iterable[Facts]) -> list[Facts]:
    """The troubled first; equals in the vendor's order."""
    return sorted(tasks, key=_rank)


def fits(facts: Facts, command: ListCommand) -> bool:
    """Whether a task is asked for: its state, and the text in any case in its id, name, source or
    destination."""
    if command.state is not None and facts.state is not command.state:
        return False
    text = command.text.casefold()
    return any(
        text in told.casefold() for told in (facts.id, facts.name, facts.source, facts.destination)
    )


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the tasks that are asked for.

    fitting: all of these, in order. first: the number of the first row, from 0. page: from 1; the
    last one where a later one was asked for. listed: how many the vendor told of. switched_on: for
    some of these the list does not tell whether video flows. complete: False where the vendor has
    more than we read.
    """

    rows: Sequence[Facts]
    fitting: Sequence[Facts]
    first: int
    page: int
    listed: int
    switched_on: bool
    complete: bool

    @property
    def has_more(self) -> bool:
        """True if there is a page after this one."""
        return self.first + len(self.rows) < len(self.fitting)


def page_of(command: ListCommand, listing: Listing) -> Page:
    """The page that is asked for."""
    fitting = in_order(facts for facts in listing.tasks if fits(facts, command))
    page = max(1, min(command.page, -(-len(fitting) // LIST_ROWS)))
    first = (page - 1) * LIST_ROWS
    rows = fitting[first : first + LIST_ROWS]
    switched_on = any(facts.state is TaskState.SWITCHED_ON for facts in listing.tasks)
    return Page(rows, fitting, first, page, len(listing.tasks), switched_on, listing.complete)


def counted(tasks: Iterable[Facts]) -> str:
    """As "1 stopped, 1 degraded, 10 running", the troubled first."""
    counts = Counter(facts.state for facts in in_order(tasks))
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def tasks(
    command: ListCommand,
    page: Page,
    kind: Kind,
    *,
    now: float,
    elsewhere: str,
    menus: tuple[Menu, ...] = (),
    buttons: tuple[Button, ...] = (),
) -> Reply:
    """One page of the list. elsewhere: where else to look, if there is nothing."""
    if not page.fitting:
        return _empty(command, page, kind, elsewhere, now)
    place = f"{command.where} · {in_place(command)}"
    number = _number(command, page)
    return Reply(
        text=f"{command.where}, {in_place(command)}: {number}; {counted(page.fitting)}."
        f"{_first_trouble(page)}{_cut_text(command, page)}",
        mark=Mark.TASKS,
        head=(f"{place} · {number}",),
        table=Table(
            ("State", "Task", "Name", "From", "To", "Until"),
            tuple(task_row(facts) for facts in page.rows),
        ),
        context=tuple(_context(command, page, now, by_button=bool(buttons))),
        menus=menus,
        buttons=buttons,
    )


def task_row(facts: Facts) -> tuple[Line, ...]:
    """State, id, name, hosts, end."""
    state = f"{facts.state}, {facts.why}" if facts.why else str(facts.state)
    if facts.state is TaskState.UNKNOWN and facts.word:
        state = f"unknown: {facts.word}"
    return (
        cell(state),
        code_cell(facts.id),
        cell(facts.name),
        host_cell(facts.source),
        host_cell(facts.destination),
        until_cell(facts),
    )


def _tasks(count: int) -> str:
    return f"{count:,} task{'' if count == 1 else 's'}"


def _first_trouble(page: Page) -> str:
    first = page.fitting[0]
    if _rank(first) > _IN_TROUBLE:
        return ""
    why = f", {first.why}" if first.why else ""
    return f" First: {first.id} {first.state}{why}."


def _number(command: ListCommand, page: Page) -> str:
    """As "12 tasks", or "2 of 12 tasks (stopped, "feed")" where it is filtered."""
    asked = [str(command.state)] if command.state else []
    asked += [f'"{command.text}"'] if command.text else []
    if not asked:
        return _tasks(len(page.fitting))
    return f"{len(page.fitting):,} of {_tasks(page.listed)} ({', '.join(asked)})"


def _shown(page: Page) -> str:
    total = f"{len(page.fitting):,}"
    if page.first == 0:
        return f"{len(page.rows)} of {total}"
    return f"{page.first + 1} to {page.first + len(page.rows)} of {total}"


def _cut_text(command: ListCommand, page: Page) -> str:
    if page.has_more:
        return f" {_shown(page)} shown; the next: {command.typed(page.page + 1)}"
    return f" {_shown(page)} shown." if page.first else ""


def _context(command: ListCommand, page: Page, now: float, *, by_button: bool) -> Iterable[Line]:
    more: Line = ()
    if page.has_more:
        more = (" · next: ", Code(command.typed(page.page + 1)), " or More" if by_button else "")
    yield (f"Shown {_shown(page)} · read {clock(now)}", *more)
    if not page.complete:
        yield (f"The vendor has more than the {_tasks(page.listed)} that were read.",)
    if page.switched_on:
        yield ("Switched on: whether video flows is in the status, not in the list.",)


def _empty(command: ListCommand, page: Page, kind: Kind, elsewhere: str, now: float) -> Reply:
    place = f"{command.region} on account {command.account}" if command.region else command.account
    if page.listed:
        bare = replace(command, state=None, text="", page=1).typed()
        says = f"None of the {_tasks(page.listed)} in {place} {_wanted(command)}."
        if page.switched_on and command.state in _NOT_IN_THE_LIST:
            says += " The list does not tell whether video flows; the status does."
        step: tuple[str, ...] = ("all of them: ", Code(bare))
    else:
        says = f"No {kind.noun}s in {place}."
        step = (elsewhere,)
    return Reply(
        text=f"{says} Next: {''.join(step)}",
        mark=Mark.TASKS,
        head=(f"{command.where} · {in_place(command)}",),
        body=((f"{says} ", Bold("Next:"), " ", *step),),
        context=((f"read {clock(now)}",),),
    )


def _wanted(command: ListCommand) -> str:
    """As 'is stopped and holds "feed"'."""
    wanted = [f"is {command.state}"] if command.state else []
    wanted += [f'holds "{command.text}"'] if command.text else []
    return " and ".join(wanted)


def unread(command: ListCommand, unseen: UnseenError, now: float) -> Reply:
    """The list could not be read; that it is empty is not said."""
    what = f"the tasks of {command.where} ({in_place(command)})"
    return unreadable(what, (f"list · {command.where}",), unseen, now)


def elsewhere(command: ListCommand, regions: Iterable[str], accounts: Iterable[str]) -> str:
    """Where else the tasks may be: another region, another account of the vendor. The likeliest
    first."""
    other = next((region for region in regions if region not in ("", command.region)), "")
    tries = [f"--region {other}"] if other else []
    tries += [f"--account {name}" for name in accounts if name != command.account][:1]
    return f"try {' or '.join(tries)}" if tries else "look in the vendor's console"
