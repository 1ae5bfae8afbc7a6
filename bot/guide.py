"""Answers about the bot itself: help, whoami, targets. Read from the catalogue and the policy."""

from __future__ import annotations

from collections.abc import Iterable

from bot.command import HelpCommand, TargetsCommand, WhoamiCommand
from bot.contact import People, Whisper, ear_of
from bot.journal import Origin
from bot.policy import Deny, Person, Place, Wish, decide
from bot.reply import Code, Line, Reply
from bot.settings import Settings
from providers.catalogue import Catalogue
from providers.operation import Kind, Operation, Verb

__all__ = ["Guide"]


class Guide:
    """Writes the answers; each is for one person, and says what this person may do here."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        people: People,
        whisper: Whisper,
        name: str = "/stream",
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._people = people
        self._whisper = whisper
        self._name = name

    async def answer(
        self, command: HelpCommand | WhoamiCommand | TargetsCommand, origin: Origin
    ) -> None:
        """Answer privately."""
        person = await self._people.person(origin.requester, origin.team, fresh=False)
        place = Place(channel=origin.channel, direct=origin.direct)
        match command:
            case HelpCommand(topic=None):
                reply = self._help(person, place)
            case HelpCommand(topic=topic):
                reply = self._help_on(str(topic))
            case WhoamiCommand():
                reply = self._whoami(person, place)
            case TargetsCommand():
                reply = self._targets()
        self._whisper(ear_of(origin), reply)

    # Help

    def _help(self, person: Person, place: Place) -> Reply:
        usage = f"{self._name} VERB WHERE TASK"
        options = '[--account A] [--region R] [--app N] [--reason "..."] [--dry-run]'
        examples: Line = ()
        for kind in self._catalogue.kinds:
            examples = (*examples, Code(self._example(kind, kind.operations[0])), "\n")
        asks = [
            f"{operation.verb} {kind.aliases[0] if kind.aliases else kind.where}"
            for kind, operation in self._catalogue.operations()
            if operation.effect.irreversible
        ]
        may = self._may(person, place)
        return Reply(
            text=f"Stream bot help: {usage}. Verbs you may use here: {may}.",
            body=(
                (Code(f"{usage} {options}"),),
                examples,
                (f"Asks first: {'; '.join(asks)}.",),
                ("About me: ", Code(f"{self._name} whoami"), ", ", Code(f"{self._name} targets")),
            ),
            fields=tuple(
                (self._names(kind), (self._verbs(kind),)) for kind in self._catalogue.kinds
            ),
            context=(
                (f"Here you may: {may} · in a thread: @stream VERB WHERE TASK",),
                (
                    "More: ",
                    Code(f"{self._name} help restart"),
                    ", ",
                    Code(f"{self._name} help trtc"),
                ),
            ),
        )

    def _help_on(self, topic: str) -> Reply:
        if topic in self._catalogue.words:
            return self._help_on_kind(self._catalogue.words[topic])
        return self._help_on_verb(topic)

    def _help_on_verb(self, verb: str) -> Reply:
        body: list[Line] = []
        for kind, operation in self._catalogue.operations():
            if operation.verb == verb:
                asks = " Asks first." if operation.effect.irreversible else " Runs at once."
                body.append(
                    (
                        f"{kind.where}: {operation.does}.{asks} {operation.quota}/s. ",
                        Code(self._example(kind, operation)),
                    )
                )
            elif gap := kind.gaps.get(Verb(verb)) if verb in set(Verb) else None:
                body.append((f"{kind.where}: {gap.says} {gap.instead}",))
        if not body:
            body.append((Code(f"{self._name} {verb}"),))
        does = next((o.does for _, o in self._catalogue.operations() if o.verb == verb), "")
        return Reply(text=f"Help for {verb}{': ' if does else ''}{does}.", body=tuple(body))

    def _help_on_kind(self, kind: Kind) -> Reply:
        lines: list[Line] = [
            (
                f"{operation.verb}: {operation.does}. ",
                Code(self._example(kind, operation)),
                f" · {operation.page}",
            )
            for operation in kind.operations
        ]
        lines += [(f"{verb}: {gap.says} {gap.instead}",) for verb, gap in kind.gaps.items()]
        return Reply(
            text=f"Help for {kind.where}, {kind.title}: {self._verbs(kind)}.", body=tuple(lines)
        )

    def _example(self, kind: Kind, operation: Operation) -> str:
        where = kind.aliases[0] if kind.aliases else kind.where
        app = " --app 1400000000" if kind.needs_app else ""
        return f"{self._name} {operation.verb} {where} {kind.example}{app}"

    @staticmethod
    def _names(kind: Kind) -> str:
        return f"{', '.join((*kind.aliases, kind.where))}: {kind.title}"

    @staticmethod
    def _verbs(kind: Kind) -> str:
        return " ".join(operation.verb for operation in kind.operations)

    # Who may what

    def _whoami(self, person: Person, place: Place) -> Reply:
        groups = "could not be read" if person.groups is None else _list(sorted(person.groups))
        where = "a direct message" if place.direct else place.channel
        return Reply(
            text=f"You are @{person.name} ({person.id}), {person.standing.value}. "
            f"Here you may: {self._may(person, place)}.",
            fields=(
                ("You", (f"@{person.name} ", Code(person.id))),
                ("Standing", (person.standing.value,)),
                ("Groups that rules name", (groups,)),
                ("Here", (Code(where),)),
            ),
            body=((f"Here you may: {self._may(person, place)}.",),),
        )

    def _may(self, person: Person, place: Place) -> str:
        """What this person may change here, as "restart, stop on prod (allow 1)"."""
        allowed = []
        for account in self._settings.accounts.values():
            for kind in self._catalogue.providers[account.provider].kinds:
                verbs = [
                    operation.verb.value
                    for operation in kind.operations
                    if self._allowed(person, place, kind, operation, account.name)
                ]
                if verbs:
                    allowed.append(f"{', '.join(verbs)} {kind.where} on {account.name}")
        return "; ".join(allowed) or "nothing that changes a stream"

    def _allowed(
        self, person: Person, place: Place, kind: Kind, operation: Operation, account: str
    ) -> bool:
        wish = Wish(
            verb=operation.verb,
            where=kind.where,
            provider=kind.provider,
            account=account,
            target=None,
            effect=operation.effect,
            protected=False,
        )
        return not isinstance(decide(self._settings.policy, wish, person, place), Deny)

    def _targets(self) -> Reply:
        lines: list[Line] = []
        for name, target in self._settings.targets.items():
            provider = self._settings.accounts[target.account].provider
            where = target.kind if ":" in target.kind else f"{provider}:{target.kind}"
            protected = " · protected: a second person decides" if target.protected else ""
            lines.append(
                (Code(name), f" · {where} ", Code(target.task), f" · {target.account}{protected}")
            )
        if not lines:
            return Reply(
                text="No named targets. The bot operator adds them to the configuration, as "
                "[targets.main-feed]."
            )
        names = _list(self._settings.targets)
        joined: list[Line] = [tuple(part for line in lines for part in (*line, "\n"))]
        return Reply(text=f"Named targets: {names}.", body=tuple(joined))


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
