"""One draft -> one TaskCommand, once the verb and the kind of task are known."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.command.draft import Draft, Flaw
from bot.command.markup import holds_slack_markup
from bot.command.model import TaskCommand
from bot.command.options import check_options, reason_of
from bot.command.place import Place, PlaceReader, needed_operation, word_of
from bot.command.vocabulary import Vocabulary
from bot.command.words import odd_character
from providers.foreign import foreign
from providers.operation import Kind, Operation, Verb

__all__ = ["TaskReader", "once", "once_notes", "why_no_id"]

MAX_ID = 128

MAX_NOTED = 3
"""Repeated words that are told one by one."""

_DONE = {
    Verb.RESTART: "restarted",
    Verb.STOP: "stopped",
    Verb.START: "started",
    Verb.DELETE: "deleted",
}


class TaskReader:
    """Reads what follows the verb and the place. Every method may raise Flaw."""

    def __init__(self, draft: Draft, vocabulary: Vocabulary, kind: Kind, verb: Verb) -> None:
        self._draft = draft
        self._vocabulary = vocabulary
        self._kind = kind
        self._verb = verb
        self._places = PlaceReader(draft, vocabulary, kind)

    def command(self) -> TaskCommand:
        """The command on tasks that are typed by their ids."""
        self.check()
        typed = self._tasks()
        place = self._places.place()
        notes = (*once_notes(typed, self._verb), *place.notes)
        return self.on(place, once(typed), notes)

    def on(
        self, place: Place, tasks: Sequence[str], notes: tuple[str, ...], target: str | None = None
    ) -> TaskCommand:
        """The command on these tasks, as people would type it."""
        self._check_number(tasks)
        command = TaskCommand(
            verb=self._verb,
            where=self._kind.where,
            account=place.account,
            task=tasks[0],
            others=tuple(tasks[1:]),
            region=place.region,
            app=place.app,
            reason=reason_of(self._draft.value("--reason")),
            dry_run=self._draft.has("--dry-run"),
            canary=self._draft.has("--canary"),
            here=self._draft.has("--here"),
            target=target,
            notes=notes,
        )
        return command.worded(self._places.wording(place))

    def check(self) -> None:
        """The kind has the verb, and every option means something here."""
        operation = needed_operation(self._kind, self._verb)
        of = {"--app": self._kind.where}
        check_options(self._draft, _options(self._kind, operation), self._verb, of)

    def _tasks(self) -> tuple[str, ...]:
        """The ids, as they were typed."""
        tasks = self._draft.words[2:]
        example = self._draft.up_to(2, self._kind.example)
        if not tasks:
            tail = f". {self._where_ids_are()}"
            raise Flaw(f"which {self._kind.noun}?", example, tail=tail, wrong="task")
        good = [task for task in tasks if not why_no_id(task)]
        for task in tasks:
            if says := why_no_id(task):
                mended = self._draft.up_to(2, *good) if good else example
                raise Flaw(says, mended, wrong="task")
        return tasks

    def _check_number(self, tasks: Sequence[str]) -> None:
        most = self._vocabulary.most_tasks
        if len(tasks) > most:
            says = f"I read {len(tasks)} tasks; {most} is the most in one command."
            hint = "type the rest in another command"
            begins = 1 if self._draft.words[1] in self._vocabulary.targets else 2
            fitting = self._draft.up_to(begins, *once(self._draft.words[begins:])[:most])
            raise Flaw(says, fitting, wrong="task", tries=False, hint=hint)
        if len(tasks) == 1 and self._draft.has("--canary"):
            says = "--canary needs several tasks: the first alone, then the rest."
            raise Flaw(says, self._draft.without("--canary"), wrong="--canary")

    def _where_ids_are(self) -> str:
        if self._kind.operation(Verb.LIST):
            return f"To see the ids: {self._vocabulary.name} list {word_of(self._kind)}"
        gap = self._kind.gaps.get(Verb.LIST)
        return gap.instead if gap else f"The ids are in {self._kind.console}."


def _options(kind: Kind, operation: Operation) -> Collection[str]:
    """What means something beside this operation."""
    own = ("--reason", "--dry-run", "--canary") if operation.effect.changes else ("--here",)
    return {"--account", "--region", *own, *(("--app",) if kind.needs_app else ())}


def once(words: Sequence[str]) -> tuple[str, ...]:
    """Each word once, in the order of typing."""
    return tuple(dict.fromkeys(words))


def once_notes(words: Sequence[str], verb: Verb) -> tuple[str, ...]:
    """What is told of words that were typed more than once."""
    done = _DONE.get(verb, "read")
    again = {word: words.count(word) for word in once(words) if words.count(word) > 1}
    if len(again) > MAX_NOTED:
        return (f"{len(again)} were typed more than once; each is {done} once.",)
    return tuple(
        f"{foreign(word, 60)} was typed {'twice' if times == 2 else f'{times} times'}; "
        f"it is {done} once."
        for word, times in again.items()
    )


_NAME_SIGNS = ("@", "#")
"""What <@U1|ann> and <#C1|ops> read as. No vendor's id begins so."""


def why_no_id(task: str) -> str:
    """What keeps a word from being a task id, as a sentence; "" for an id."""
    if not task:
        return "the task id is empty."
    if odd := odd_character(task):
        return f"a task id is plain ASCII, kept to the letter, and its {odd}."
    if len(task) > MAX_ID:
        return f"the task id has {len(task):,} characters; {MAX_ID} is the most."
    if holds_slack_markup(task) or task.startswith(_NAME_SIGNS):
        return f"'{foreign(task, 60)}' is a link or a name in Slack, not a task id."
    return ""
