"""What is asked of the policy, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.policy.rules import BRAKE_VERBS, How
from providers.operation import Effect

__all__ = [
    "Allow",
    "Confirm",
    "Decision",
    "Deny",
    "DenyReason",
    "Person",
    "Place",
    "Standing",
    "Wish",
]


# What is asked


class Standing(StrEnum):
    """What somebody is in the workspaces that may use the bot."""

    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    STRANGER = "stranger"  # a member of another workspace
    UNKNOWN = "unknown"  # there is no such person, or the look-up failed


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as Slack knows them.

    team_ids: their teams and enterprise; `standing` was judged by these.
    groups: ids and handles of the groups they are in, among those that the policy names; None
        where these could not be read.
    """

    id: str
    name: str
    team_ids: frozenset[str]
    standing: Standing
    groups: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody asks. direct: a direct message, which no rule for channels matches."""

    channel: str
    direct: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """One operation on one task that somebody asks for, or a brake on all of them.

    where: "tencent:pull". target: the named target that the task is.
    account: for a brake on every account, "".
    perhaps: named targets that the task may be as well, as the same id in another region; what is
        denied for one of these is denied, and what is allowed for one of these is not allowed.
    """

    verb: str
    where: str
    provider: str
    account: str
    target: str | None
    effect: Effect
    protected: bool
    perhaps: frozenset[str] = frozenset()

    @classmethod
    def to_brake(cls, verb: str, account: str | None) -> Wish:
        """To freeze or thaw one account, or every account (None)."""
        return cls(
            verb=verb,
            where="",
            provider="",
            account=account or "",
            target=None,
            effect=Effect.INTERRUPTS,
            protected=False,
        )

    @property
    def is_brake(self) -> bool:
        """True for freeze and thaw, which are never asked about twice: a brake must be quick."""
        return self.verb in BRAKE_VERBS


# What is answered


class DenyReason(StrEnum):
    """Why not. Every standing but the member's is a reason of the same name."""

    RULE = "a rule forbids it"
    NO_RULE = "no rule allows it"
    GROUPS_UNREADABLE = "the user groups could not be read"
    GUEST = Standing.GUEST.value
    BOT = Standing.BOT.value
    DEACTIVATED = Standing.DEACTIVATED.value
    STRANGER = Standing.STRANGER.value
    UNKNOWN = Standing.UNKNOWN.value
    NOT_THE_REQUESTER = "only the requester says yes"
    IS_THE_REQUESTER = "somebody other than the requester says yes"


@dataclass(frozen=True, slots=True)
class Allow:
    """Yes. rule: which one, as "allow 1"."""

    rule: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """Yes, once somebody has said yes on a card."""

    how: How
    rule: str


@dataclass(frozen=True, slots=True)
class Deny:
    """No.

    rule: the one that forbids, or that hangs on groups which could not be read ("deny 1").
    who_may: who is allowed it, as `who_may` says; "" where that is not the point.
    groups: those that the answer hangs on and that could not be read.
    """

    reason: DenyReason
    rule: str | None = None
    who_may: str = ""
    groups: tuple[str, ...] = ()


Decision = Allow | Confirm | Deny
