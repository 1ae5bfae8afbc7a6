"""A task's facts as the fields of a message. Pure."""

from __future__ import annotations

from bot.command import TaskCommand
from bot.journal.record import Look
from bot.reply import Code, Line, day_and_clock
from bot.screens.words import state_line

__all__ = ["Fields", "facts_fields"]

Fields = tuple[tuple[str, Line], ...]

MOST_FIELDS = 8


def facts_fields(command: TaskCommand, look: Look | None) -> Fields:
    """At most eight, the most telling first; what was typed is always among them."""
    typed = _typed(command)
    told = _told(look) if look is not None and not look.unseen else ()
    has_name = any(name == "Name" for name, _ in told)
    named: Fields = (("Name", (Code(command.target),)),) if command.target and not has_name else ()
    return (*named, *told[: MOST_FIELDS - len(typed) - len(named)], *typed)


def _typed(command: TaskCommand) -> Fields:
    app: Fields = (("App", (Code(str(command.app)),)),) if command.app is not None else ()
    return (*app, ("Region", (Code(command.region),)), ("Account", (Code(command.account),)))


def _told(look: Look) -> Fields:
    facts = look.facts
    fields: list[tuple[str, Line]] = []
    if facts.name:
        fields.append(("Name", (facts.name,)))
    fields.append(("Now", state_line(facts)))
    if facts.source:
        fields.append(("From", (Code(facts.source),)))
    if facts.destination:
        fields.append(("To", (Code(facts.destination),)))
    if facts.starts_at and facts.starts_at > look.at:
        fields.append(("Starts", (day_and_clock(facts.starts_at),)))
    if facts.ends_at:
        fields.append(("Runs until", (day_and_clock(facts.ends_at),)))
    if facts.changed_at:
        by: Line = (Code(facts.changed_by), ", ") if facts.changed_by else ()
        fields.append(("Last changed", (*by, day_and_clock(facts.changed_at))))
    return tuple(fields)
