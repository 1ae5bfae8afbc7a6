"""Incidents and task states in plain English. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from providers.catalogue import discover
from providers.simulator import Incident

__all__ = ["MEANINGS", "TITLES"]

TITLES: Mapping[Incident, str] = {
    Incident.THROTTLE: "Throttled",
    Incident.ARREARS: "Account in arrears",
    Incident.PERMISSION: "Permission refused",
    Incident.WRONG_KEYS: "Wrong keys",
    Incident.CLOCK: "Clock off ten minutes",
    Incident.INTERNAL: "Internal error",
    Incident.SLOW: "Slow answers",
    Incident.HANG: "Hangs after accepting",
    Incident.DROP: "Drops the connection",
    Incident.GATEWAY: "Gateway HTML",
    Incident.NOT_BACK: "Stream stays down",
}
"""What the switches say; `bot.demo.words.INCIDENTS` has the sentence below each."""

MEANINGS: Mapping[str, Mapping[str, str]] = {
    kind.where: {word: state.value for word, state in kind.states.items()}
    for kind in discover().kinds
}
"""Kind -> the vendor's own word for a state -> what it means."""
