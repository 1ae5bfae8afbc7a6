"""The README's worked example of a policy, asked."""

from __future__ import annotations

from bot.command import TaskCommand, Vocabulary, parse
from bot.policy import (
    Allow,
    Confirm,
    Decision,
    Deny,
    Person,
    Place,
    Standing,
    Wish,
    decide,
)
from bot.settings import Settings
from tests.readme import CATALOGUE, example, part, rows

CHANNELS = {"#incidents": "C123", "#busy": "C999", "a direct message": "D1"}


def test_the_worked_example_is_so() -> None:
    """The rules of the example, asked, answer what the table beside them says."""
    settings = example()
    vocabulary = Vocabulary(CATALOGUE, settings.accounts, settings.targets)
    told = list(rows(part("## Who may act")))
    assert len(told) == 7
    for who, typed, where, comes_of_it in told:
        command = parse(typed.strip("`").removeprefix("/stream "), vocabulary)
        assert isinstance(command, TaskCommand)
        decision = decided(settings, command, who, CHANNELS[where])
        assert comes_of_it.startswith(in_words(decision)), (who, typed, where, decision)


def decided(settings: Settings, command: TaskCommand, who: str, channel: str) -> Decision:
    kind = CATALOGUE.kind(command.where)
    operation = kind.operation(command.verb)
    assert operation is not None
    wish = Wish(
        verb=command.verb,
        where=command.where,
        provider=kind.provider,
        account=command.account,
        target=command.target,
        effect=operation.effect,
        protected=settings.protects(command.where, command.account, command.task) is not None,
    )
    person = Person(
        id="U1",
        name="somebody",
        team_ids=frozenset({"T123"}),
        standing=Standing.GUEST if "guest" in who else Standing.MEMBER,
        groups=frozenset({who.rsplit(" ", 1)[-1]}),
    )
    return decide(settings.policy, wish, person, Place(channel, direct=channel.startswith("D")))


def in_words(decision: Decision) -> str:
    match decision:
        case Allow(rule):
            return f"runs at once ({rule})"
        case Confirm(how="self"):
            return "a card for the asker"
        case Confirm():
            return "a card"
        case Deny():
            return "not allowed"
