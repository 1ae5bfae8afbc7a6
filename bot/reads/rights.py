"""What the policy says of a read, and of the verbs that an answer offers. Pure."""

from __future__ import annotations

from bot.command import HistoryCommand, ListCommand, ShowCommand, TaskCommand
from bot.journal import Record
from bot.policy import Decision, Deny, DenyReason, Person, Place, Wish, decide
from bot.reply import Bold, Mark, Reply
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.operation import Effect, Verb

__all__ = ["ReadCommand", "Rights", "denied", "verb_of"]

ReadCommand = TaskCommand | ListCommand | HistoryCommand | ShowCommand


class Rights:
    """Asks the policy."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue

    def to_read(self, command: ReadCommand, person: Person, place: Place) -> Decision:
        """May they read this? Of several tasks each is judged."""
        wishes = [self._read_wish(command, task) for task in _tasks_of(command)]
        decisions = [decide(self._settings.policy, wish, person, place) for wish in wishes]
        return next((no for no in decisions if isinstance(no, Deny)), decisions[0])

    def to_see(self, record: Record, person: Person, place: Place) -> Decision:
        """May they read what was done in this operation? Its account may be gone by now."""
        command = record.command
        wish = Wish(
            verb="show",
            where=command.where,
            provider=command.where.partition(":")[0],
            account=command.account,
            target=command.target,
            effect=Effect.READS,
            protected=False,
        )
        return decide(self._settings.policy, wish, person, place)

    def to_do(self, verb: Verb, command: TaskCommand, person: Person, place: Place) -> Decision:
        """May they do this with a task that they read?"""
        kind = self._catalogue.kind(command.where)
        operation = kind.operation(verb)
        if operation is None:
            raise KeyError(f"{command.where} has no {verb}")
        wish = self._task_wish(command, command.task, verb, operation.effect)
        return decide(self._settings.policy, wish, person, place)

    def name_of(self, command: TaskCommand, task: str) -> str | None:
        """The named target that a task is."""
        place = (command.where, command.account, task, command.region, command.app)
        return command.target or self._settings.target_named(*place)

    def _read_wish(self, command: ReadCommand, task: str) -> Wish:
        match command:
            case TaskCommand():
                return self._task_wish(command, task, Verb.STATUS, Effect.READS)
            case ListCommand():
                where, account = command.where, command.account
            case HistoryCommand():
                where, account = self._place_of(command)
            case ShowCommand():
                where, account = "", ""
        return Wish(
            verb=verb_of(command),
            where=where,
            provider=where.partition(":")[0],
            account=account,
            target=command.target if isinstance(command, HistoryCommand) else None,
            effect=Effect.READS,
            protected=False,
        )

    def _place_of(self, command: HistoryCommand) -> tuple[str, str]:
        target = self._settings.targets.get(command.target or "")
        if target is not None:
            return self._settings.where_of(target), target.account
        return command.where or "", ""

    def _task_wish(self, command: TaskCommand, task: str, verb: Verb, effect: Effect) -> Wish:
        settings = self._settings
        it = (command.where, command.account, task)
        return Wish(
            verb=verb,
            where=command.where,
            provider=command.where.partition(":")[0],
            account=command.account,
            target=self.name_of(command, task),
            effect=effect,
            protected=settings.protects(*it) is not None,
            perhaps=frozenset(settings.targets_like(*it)),
        )


def verb_of(command: ReadCommand) -> str:
    """The verb as it was typed."""
    match command:
        case TaskCommand():
            return Verb.STATUS
        case ListCommand():
            return Verb.LIST
        case HistoryCommand():
            return "history"
        case ShowCommand():
            return "show"


def _tasks_of(command: ReadCommand) -> tuple[str, ...]:
    return command.tasks if isinstance(command, TaskCommand) else ("",)


def denied(verb: str, decision: Deny) -> Reply:
    """The policy says no to a read."""
    says, step = _why(verb, decision)
    return Reply(
        text=f"Not allowed: {verb}. {says} {step}",
        mark=Mark.NOT_ALLOWED,
        head=(verb,),
        body=((f"{says} ", Bold("Next:"), f" {step}"),),
    )


def _why(verb: str, decision: Deny) -> tuple[str, str]:
    match decision.reason:
        case DenyReason.RULE:
            return (
                f"Rule {decision.rule} forbids {verb} here.",
                "Ask in another channel, or the bot operator changes the rule.",
            )
        case DenyReason.GUEST | DenyReason.STRANGER:
            return (
                "Guests and members of other workspaces do not read what the bot knows.",
                "Ask somebody on call.",
            )
        case DenyReason.GROUPS_UNREADABLE:
            groups = ", ".join(decision.groups) or "the user groups"
            return (f"I could not read {groups} from Slack, so the answer is no.", _AGAIN)
        case DenyReason.UNKNOWN:
            return ("I could not read from Slack who you are, so the answer is no.", _AGAIN)
    return (
        "Only people who are active members read what the bot knows.",
        "Ask somebody on call.",
    )


_AGAIN = "Try again in a minute. If it stays: bot operator, stream-bot check."
