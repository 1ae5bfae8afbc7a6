"""What the demo itself says. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.demo.furniture import CHANNELS, PEOPLE
from providers.simulator import Incident

__all__ = ["GOODBYE", "GOODBYE_KEPT", "INCIDENTS", "WELCOME", "help_text"]

WELCOME = """\
Stream bot demo: a Slack workspace, the vendors' clouds and the real bot, all on this machine.
You are ann, who is on call, in #incidents. Some commands to try:

  /stream restart tencent 123     runs at once, and comes back
  /stream restart tencent 789     does not come back, told after 20 s
  /stream delete tencent 456      asks first: type 1 to press the first button
  /stream restart main-feed       is protected: /as bob, then 1, for the second person's yes
  /stream list tencent            what is there: type a number to pick a task

/help shows what else can be typed here; /quit, Ctrl-D or Ctrl-C ends it.
"""

GOODBYE = "The demo has ended. Nothing of it is kept."
GOODBYE_KEPT = "The demo has ended. Its history is kept."

INCIDENTS: Mapping[Incident, str] = {
    Incident.THROTTLE: "the vendor says slower, and does nothing",
    Incident.ARREARS: "the account owes money",
    Incident.PERMISSION: "the key may not do this",
    Incident.WRONG_KEYS: "the key is not known",
    Incident.CLOCK: "our clock is minutes off, as the vendor sees it",
    Incident.INTERNAL: "the vendor acts, then says that it had an internal error",
    Incident.SLOW: "the answer takes a second",
    Incident.HANG: "the vendor acts and never answers",
    Incident.DROP: "the vendor acts and drops the connection",
    Incident.GATEWAY: "the vendor acts, and a gateway's error page answers",
    Incident.NOT_BACK: "a restarted task does not come back",
}

_HELP = """\
/stream ...     what you would type in Slack; /stream help tells all of it
@stream ...     the same as a message, answered in its thread
1, 2, ...       press that button of the newest card, or pick that line of its menu
/as NAME        be somebody else:
{people}
/in #CHANNEL    go to another channel:
{channels}
/play INCIDENT [VENDOR]   from now on, at one vendor or at all:
{incidents}
/calm           end every incident
/quit           end the demo"""


def help_text() -> str:
    """Everything that can be typed."""
    return _HELP.format(
        people=_table({who.name: who.part for who in PEOPLE}),
        channels=_table({f"#{room.name}": room.about for room in CHANNELS}),
        incidents=_table(INCIDENTS),
    )


def _table(rows: Mapping[str, str] | Mapping[Incident, str]) -> str:
    return "\n".join(f"    {name:<12}{about}" for name, about in rows.items())
