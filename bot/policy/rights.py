"""What somebody may do somewhere, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.policy.decision import decide
from bot.policy.rules import BRAKE_VERBS, Policy
from bot.policy.terms import Allow, Confirm, Person, Place, Standing, Wish
from providers.catalogue import Catalogue
from providers.operation import Kind, Operation, Verb

__all__ = ["Rights"]

_READS = ("history", "show")
"""The bot's own reads, which every member may use."""


@dataclass(frozen=True)
class Rights:
    """Asks the policy about everything that one person could wish for in one place.

    accounts: name -> provider. targets: name -> kind ("tencent:pull") and account.
    """

    policy: Policy
    catalogue: Catalogue
    accounts: Mapping[str, str]
    targets: Mapping[str, tuple[str, str]]
    person: Person
    place: Place

    def verbs(self) -> tuple[str, ...]:
        """The verbs that are of use here at all, each once."""
        reads = _READS if self.person.standing is Standing.MEMBER else ()
        tasks = (operation.verb for _, _, operation, _ in self._on_tasks(changes=False))
        changes = (operation.verb for _, _, operation, _ in self._on_tasks(changes=True))
        named = (verb for verb, _, _ in self._on_targets())
        brakes = (verb for verb, _, _ in self._brakes())
        return tuple(dict.fromkeys(map(str, (*changes, *named, *tasks, *reads, *brakes))))

    def told(self) -> str:
        """What may be changed, and by which rule: "restart, stop tencent:pull on prod (rule
        allow 1)"."""
        by_kind: dict[tuple[str, str, str], list[str]] = {}
        for account, kind, operation, rule in self._on_tasks(changes=True):
            by_kind.setdefault((account, rule, kind.where), []).append(operation.verb)
        by_place: dict[tuple[str, str], list[str]] = {}
        for (account, rule, where), verbs in by_kind.items():
            by_place.setdefault((f"on {account}", rule), []).append(f"{', '.join(verbs)} {where}")
        for verb, target, rule in self._on_targets():
            by_place.setdefault((target, rule), []).append(verb)
        for verb, braked, rule in self._brakes():
            by_place.setdefault((braked or "every account", rule), []).append(verb)
        said = [
            f"{_joined(parts)} {where} (rule {rule})" for (where, rule), parts in by_place.items()
        ]
        return "; ".join(said) or "nothing that changes a stream"

    def _on_tasks(self, *, changes: bool) -> Iterator[tuple[str, Kind, Operation, str]]:
        """What is allowed on tasks whatever their names."""
        for account, provider in self.accounts.items():
            for kind in self.catalogue.providers[provider].kinds:
                for operation in _in_order(kind):
                    rule = self._rule(_wish(kind, operation, account))
                    if rule and operation.effect.changes is changes:
                        yield account, kind, operation, rule

    def _on_targets(self) -> Iterator[tuple[str, str, str]]:
        """What is allowed on a named target, and not on its kind as a whole."""
        for name, (where, account) in self.targets.items():
            kind = self.catalogue.kind(where)
            for operation in _in_order(kind):
                rule = self._rule(_wish(kind, operation, account, name))
                if rule and not self._rule(_wish(kind, operation, account)):
                    yield operation.verb, name, rule

    def _brakes(self) -> Iterator[tuple[str, str | None, str]]:
        """Verb and account; None for every account, which holds each of them."""
        for verb in BRAKE_VERBS:
            if rule := self._rule(Wish.to_brake(verb, None)):
                yield verb, None, rule
                continue
            for account in self.accounts:
                if rule := self._rule(Wish.to_brake(verb, account)):
                    yield verb, account, rule

    def _rule(self, wish: Wish) -> str:
        """The rule that allows a wish, with or without a yes; "" for no such rule."""
        decision = decide(self.policy, wish, self.person, self.place)
        return decision.rule if isinstance(decision, Allow | Confirm) else ""


def _in_order(kind: Kind) -> list[Operation]:
    """Every vendor's verbs in one order."""
    return [operation for verb in Verb if (operation := kind.operation(verb))]


def _wish(kind: Kind, operation: Operation, account: str, target: str | None = None) -> Wish:
    return Wish(
        verb=operation.verb,
        where=kind.where,
        provider=kind.provider,
        account=account,
        target=target,
        effect=operation.effect,
        protected=False,
    )


def _joined(parts: list[str]) -> str:
    """Verbs with a comma, verbs with their kinds with a semicolon."""
    return ("; " if any(" " in part for part in parts) else ", ").join(parts)
