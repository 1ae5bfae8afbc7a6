"""One draft -> one TaskCommand, once the verb and the kind of task are known."""

from __future__ import annotations

import re

from bot.command.draft import OPTIONS, Draft, Flaw, near_word, nearest, quote
from bot.command.model import TaskCommand, Vocabulary
from bot.command.words import holds_slack_markup, odd_character, unwrapped
from providers.account import Account
from providers.foreign import foreign
from providers.operation import Kind, Verb

__all__ = ["TaskReader", "word_of"]

MAX_ID = 128
MAX_REASON = 300
MAX_APP = 2**53
"""JSON numbers are exact up to here."""

MAX_LISTED = 10
"""Tasks that an answer repeats."""

EXAMPLE_APP = "1234567890"

_REGION = re.compile(r"[A-Za-z0-9-]{1,40}")
_APP = re.compile(r"[0-9]{1,16}")


def word_of(kind: Kind) -> str:
    """The word that people type for a kind."""
    return kind.aliases[0] if kind.aliases else kind.where


class TaskReader:
    """Reads what follows the verb and the place. Every method may raise Flaw."""

    def __init__(self, draft: Draft, vocabulary: Vocabulary, kind: Kind) -> None:
        self._draft = draft
        self._vocabulary = vocabulary
        self._kind = kind
        self._vendor = vocabulary.catalogue.provider_of(kind).title
        self._accounts = {
            name: account
            for name, account in vocabulary.accounts.items()
            if account.provider == kind.provider
        }

    @classmethod
    def of_target(cls, draft: Draft, vocabulary: Vocabulary, name: str) -> TaskReader:
        """The reader for the kind that a named target is of."""
        target = vocabulary.targets[name]
        provider = vocabulary.accounts[target.account].provider
        where = f"{provider}:{target.kind.rpartition(':')[2]}"
        return cls(draft, vocabulary, vocabulary.catalogue.kind(where))

    def command(self, verb: Verb) -> TaskCommand:
        """The command on a task that is typed by its id."""
        self._check(verb)
        task = self._task()
        name, account = self._account()
        region, notes = self._region(account)
        command = TaskCommand(
            verb=verb,
            where=self._kind.where,
            account=name,
            task=task,
            region=region,
            app=self._app(account),
            reason=self._reason(),
            dry_run=self._draft.has("--dry-run"),
            notes=notes,
        )
        return self._with_again(command, self._differing(command, account))

    def on_target(self, verb: Verb, name: str) -> TaskCommand:
        """The command on a named target."""
        self._check(verb)
        target = self._vocabulary.targets[name]
        account = self._accounts[target.account]
        service = self._kind.service
        app = target.app if target.app is not None else account.app_for(service)
        command = TaskCommand(
            verb=verb,
            where=self._kind.where,
            account=target.account,
            task=target.task,
            region=target.region or account.region_for(service),
            app=app if self._kind.needs_app else None,
            reason=self._reason(),
            dry_run=self._draft.has("--dry-run"),
            target=name,
        )
        self._must_agree(command)
        return self._with_again(command, ())

    def _with_again(self, command: TaskCommand, options: tuple[str, ...]) -> TaskCommand:
        again = command.spelled(self._vocabulary.name, word_of(self._kind), options)
        return command.model_copy(update={"again": again})

    def _differing(self, command: TaskCommand, account: Account) -> tuple[str, ...]:
        """What of the command is not what stands for it when it is left out."""
        service = self._kind.service
        differs = {
            "account": command.account != next(iter(self._accounts)),
            "region": command.region != account.region_for(service),
            "app": command.app is not None and command.app != account.app_for(service),
        }
        return tuple(option for option, needed in differs.items() if needed)

    # What the kind has

    def _check(self, verb: Verb) -> None:
        if not self._kind.operation(verb):
            raise self._no_operation(verb)
        seen: set[str] = set()
        for option, value in self._draft.options:
            self._check_option(option, value)
            if option in seen:
                first = self._draft.with_option(option, self._draft.value(option))
                raise Flaw(f"{option} is there twice.", first, wrong=option)
            seen.add(option)

    def _no_operation(self, verb: Verb) -> Flaw:
        mended = Draft(("help", word_of(self._kind)))
        if gap := self._kind.gaps.get(verb):
            near = gap.nearest if gap.nearest and self._kind.operation(gap.nearest) else None
            return Flaw(gap.says, mended, tries=False, wrong="verb", nearest=near, hint=gap.instead)
        has = ", ".join(operation.verb for operation in self._kind.operations)
        says = f"{self._kind.where} has no {verb} in this version. It has: {has}."
        return Flaw(says, mended, tries=False, wrong="verb")

    def _check_option(self, option: str, value: str | None) -> None:
        """It is known, has what it takes, and means something here."""
        if option not in OPTIONS:
            raise self._unknown_option(option, value)
        without = self._draft.without(option)
        if OPTIONS[option] and not foreign(value or ""):
            raise Flaw(f"{option} needs a value.", without, wrong=option)
        if not OPTIONS[option] and value is not None:
            bare = self._draft.with_option(option, None)
            raise Flaw(f"{option} takes no value.", bare, wrong=option)
        if option == "--app" and not self._kind.needs_app:
            raise Flaw(f"{option} means nothing for {self._kind.where}.", without, wrong=option)

    def _unknown_option(self, option: str, value: str | None) -> Flaw:
        near = nearest(option, OPTIONS)
        mended = self._draft.without(option)
        return Flaw(
            f"I do not know {foreign(option, 60)}.{near_word(near)}",
            mended.with_option(near, value) if near and not mended.has(near) else mended,
            tries=False,
            wrong=foreign(option, 60),
            nearest=near,
            known=OPTIONS,
            hint="" if near else 'an id that begins with "--" stands after a bare --',
        )

    # A task that is typed by its id

    def _task(self) -> str:
        tasks = self._draft.words[2:]
        mended = self._draft.up_to(2, self._kind.example)
        if not tasks:
            tail = f". {self._where_ids_are()}"
            raise Flaw(f"which {self._kind.noun}?", mended, tail=tail, wrong="task")
        for task in tasks:
            if says := _why_no_id(task):
                raise Flaw(says, mended, wrong="task")
        if len(tasks) > 1:
            raise self._one_task(tasks)
        return tasks[0]

    def _one_task(self, tasks: tuple[str, ...]) -> Flaw:
        shown = [foreign(task, 40) for task in tasks[:MAX_LISTED]]
        more = ["…"] if len(tasks) > MAX_LISTED else []
        listed = ", ".join(shown + more)
        reason = self._draft.value("--reason")
        return Flaw(
            f"one task a command in this version; I read {len(tasks)}: {listed}.",
            self._draft.up_to(3),
            wrong="task",
            hint="put the whole reason in quotes" if reason and " " not in reason else "",
        )

    def _where_ids_are(self) -> str:
        if self._kind.operation(Verb.LIST):
            return f"To see the ids: {self._vocabulary.name} list {word_of(self._kind)}"
        gap = self._kind.gaps.get(Verb.LIST)
        return gap.instead if gap else f"The ids are in {self._kind.console}."

    def _account(self) -> tuple[str, Account]:
        if not self._accounts:
            provider = self._kind.provider
            step = f'bot operator adds an [accounts.NAME] table with provider = "{provider}"'
            raise Flaw(f"no account of {self._vendor} is set up.", None, hint=step)
        typed = self._draft.value("--account")
        if typed is None:
            return next(iter(self._accounts.items()))
        if typed not in self._accounts:
            raise self._wrong_account(typed)
        return typed, self._accounts[typed]

    def _wrong_account(self, typed: str) -> Flaw:
        mended = self._draft.without("--account")
        if typed in self._vocabulary.accounts:
            says = f"account {typed} is no account of {self._vendor}."
            return Flaw(says, mended, wrong="--account", known=self._accounts)
        near = nearest(typed, self._accounts)
        return Flaw(
            f"I do not know the account {quote(typed)}.{near_word(near)}",
            mended.with_option("--account", near) if near else mended,
            wrong="--account",
            nearest=near,
            known=self._accounts,
        )

    def _region(self, account: Account) -> tuple[str, tuple[str, ...]]:
        """The region, and what is to be noted about it."""
        default = account.region_for(self._kind.service)
        typed = self._draft.value("--region") or default
        if not typed:
            raise self._no_region(account)
        if not _REGION.fullmatch(typed):
            raise self._no_region_id(typed)
        # What the operator has configured needs no note.
        if typed == default or not self._kind.regions or typed in self._kind.regions:
            return typed, ()
        return typed, (f"{typed} is not in {self._vendor}'s published list; sent as typed.",)

    def _no_region_id(self, typed: str) -> Flaw:
        odd = odd_character(typed)
        its = f"; its {odd}" if odd else ""
        near = nearest(typed, self._kind.regions)
        mended = self._draft.without("--region")
        return Flaw(
            f"a region is letters, digits and '-', at most 40{its}.{near_word(near)}",
            mended.with_option("--region", near) if near else mended,
            wrong="--region",
            nearest=near,
            known=self._kind.regions,
        )

    def _no_region(self, account: Account) -> Flaw:
        regions = self._kind.regions
        return Flaw(
            f"which region? Account {account.name} sets none, so it is typed with --region.",
            self._draft.with_option("--region", regions[0]) if regions else None,
            tail=f", or set region for account {account.name} (bot operator).",
            wrong="--region",
            known=regions,
        )

    def _app(self, account: Account) -> int | None:
        if not self._kind.needs_app:
            return None
        mended = self._draft.with_option("--app", EXAMPLE_APP)
        typed = self._draft.value("--app")
        if typed is None:
            if default := account.app_for(self._kind.service):
                return default
            says = f"{_short_title(self._kind)} needs the SDKAppId."
            raise Flaw(says, mended, tail=", or set sdk_app_id (bot operator).", wrong="--app")
        if not _APP.fullmatch(typed) or not 0 < int(typed) <= MAX_APP:
            raise Flaw("--app is a whole number above 0, in digits.", mended, wrong="--app")
        return int(typed)

    def _reason(self) -> str:
        reason = foreign(self._draft.value("--reason") or "", MAX_REASON)
        # What Slack's markup leaves may be markup again; typed once more, it would be unwrapped.
        while (plain := foreign(unwrapped(reason), MAX_REASON)) != reason:
            reason = plain
        return reason

    # A named target

    def _must_agree(self, command: TaskCommand) -> None:
        """What is typed beside a target's name may repeat what it stands for, not change it."""
        name = command.target
        if len(self._draft.words) > 2:
            says = f"{name} stands for {command.where} {command.task}, so no task follows it."
            raise Flaw(says, self._draft.up_to(2), wrong="task")
        if not command.region:
            step = f"bot operator sets region in [targets.{name}]"
            raise Flaw(f"{name} has no region.", None, wrong="where", hint=step)
        fixed = {"account": command.account, "region": command.region, "app": str(command.app)}
        for key, value in fixed.items():
            typed = self._draft.value(f"--{key}")
            if typed is not None and typed != value:
                says = f"{name} has {key} {value}, and --{key} {quote(typed)} contradicts it."
                raise Flaw(says, self._draft.without(f"--{key}"), wrong=f"--{key}")


def _short_title(kind: Kind) -> str:
    """ "TRTC" of "TRTC stream ingest": the alias as the title writes it."""
    return next((word for word in kind.title.split() if word.lower() in kind.aliases), kind.title)


_NAME_SIGNS = ("@", "#")
"""What <@U1|ann> and <#C1|ops> read as. No vendor's id begins so."""


def _why_no_id(task: str) -> str:
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
