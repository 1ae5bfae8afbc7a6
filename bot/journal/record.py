"""What the journal keeps, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.command import TaskCommand
from providers.facts import Facts
from providers.operation import Verb

__all__ = [
    "Followed",
    "Look",
    "Neighbour",
    "Notice",
    "Origin",
    "Outcome",
    "OutcomeWord",
    "Record",
    "State",
    "TrailEntry",
    "Verdict",
]


class State(StrEnum):
    """Where an operation stands.

    asked ──denied
      └─ waiting ── declined | expired | cancelled
           └─ approved ── sending ── succeeded | failed | unknown
                 │  ▲        │
                 │  └────────┘ provably not executed: attempt + 1
                 └ expired (not sent in time)
    """

    ASKED = "asked"
    DENIED = "denied"
    WAITING = "waiting"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    APPROVED = "approved"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """True where nothing more will happen by itself."""
        return self not in (State.ASKED, State.WAITING, State.APPROVED, State.SENDING)


class Verdict(StrEnum):
    """What following an accepted or unknown change came to."""

    FOLLOWING = "following"
    RECOVERED = "recovered"
    NOT_RECOVERED = "not recovered"
    CANNOT_TELL = "cannot tell"


class OutcomeWord(StrEnum):
    """The word that the channel reads first. See SCREENS' glossary."""

    ACCEPTED = "accepted"
    ALREADY_SO = "already so"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"
    WAITING_FOR_QUOTA = "waiting for quota"  # on the way, not an end: nothing was done yet
    PROVED = "proved"  # the vendor's own status shows it: running again, stopped, deleted, ...
    RUNNING = "running"  # it runs, and was not seen to stop
    NOT_BACK = "not back"
    DOWN = "down"  # half done: stopped and not started
    CANNOT_TELL = "cannot tell"


class Outcome(BaseModel):
    """What came of a call, in words that are ready to be shown. All of it is clean, bounded text.

    says, step, who, retry: what it means, what to do next, who can do it, whether a second try can
        help. took: seconds of the call itself. task: the id that the vendor answered, where it is
        another one than was asked for.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    word: OutcomeWord
    request_id: str = ""
    code: str = ""
    label: str = ""
    vendor_says: str = ""
    says: str = ""
    step: str = ""
    who: str = ""
    retry: str = ""
    took: float | None = None
    task: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked, where, and how to answer there.

    request_key: names this delivery, so that a repeated one acts once.
    response_url: Slack's way to answer in a channel that the bot is not in (5 uses, 30 minutes).
        url_edits: it came from a button, and edits the message of that button.
    """

    request_key: str
    requester: str
    requester_name: str
    team: str
    channel: str
    direct: bool = False
    thread_ts: str | None = None
    response_url: str | None = None
    url_edits: bool = False

    @property
    def pressed(self) -> bool:
        """True where a button under an earlier end asked for it, after a question of its own."""
        return self.request_key.startswith("press:")


@dataclass(frozen=True, slots=True)
class Look:
    """What the vendor told of a task. at: when, in seconds since the epoch.

    unseen: why it could not be read, as a sentence; the facts are only what was typed then.
    """

    at: float
    facts: Facts
    unseen: str = ""

    def differs_from(self, other: Look) -> bool:
        """Whether a yes that was given for `other` does not count for this: another state, or
        another task under the same id. What was not read cannot differ."""
        if self.unseen or other.unseen:
            return False
        mine, theirs = self.facts, other.facts
        return (mine.state, mine.identity) != (theirs.state, theirs.identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A change of the same task a short while ago.

    at: when it was sent. sure: False where its answer was lost. watched_until: how long it is still
    followed, if it is. asks: it is so fresh that the next change of the task asks for a yes.
    """

    operation: str
    verb: Verb
    by: str
    by_name: str
    channel: str
    direct: bool
    at: float
    sure: bool = True
    watched_until: float | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What following has seen so far.

    last: the newest look. down_at: when the stream was first seen not to run after the request.
    task: the id it is followed under, where the vendor gave it another one.
    """

    last: Look | None = None
    down_at: float | None = None
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One operation as the journal holds it. Times are in seconds since the epoch.

    message_ts: its message in Slack; copy_ts: a second copy, where one was found. posts: how many
        copies may stand there. live_key: what two live changes of one task would share.
    facts: the task as its card shows it, or as it was last read before the request.
    verdict, follow_until, followed: see `Verdict`; None where nothing is followed.
    step: which of the verb's steps is the next one or under way; first_step: what came of the first
        where there are two.
    batch: the operation that this one is a part of. button: the ticket of the buttons at its end.
    neighbour: who changed the same task shortly before. look_again: what changed since the card
        was first shown.
    """

    id: str
    state: State
    version: int
    shown_version: int
    attempt: int
    owner: str | None
    due_at: float | None
    command: TaskCommand
    origin: Origin
    decider: str | None
    decider_name: str | None
    confirm: str | None
    rule: str | None
    ticket: str | None
    message_ts: str | None
    copy_ts: str | None
    posts: int
    live_key: str
    outcome: Outcome | None
    asked_at: float
    approved_at: float | None
    sent_at: float | None
    finished_at: float | None
    facts: Look | None = None
    verdict: Verdict | None = None
    follow_until: float | None = None
    followed: Followed | None = None
    step: int = 1
    first_step: Outcome | None = None
    batch: str | None = None
    button: str | None = None
    neighbour: Neighbour | None = None
    look_again: str = ""

    @property
    def settled(self) -> bool:
        """True where no other word will come by itself."""
        return self.state.final and self.verdict is not Verdict.FOLLOWING

    @property
    def has_lost_posts(self) -> bool:
        """True if a copy of its message may stand in the channel that we do not know."""
        return self.posts > (self.message_ts is not None)


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence that is owed once, beside the operation's own message. id: 0 until kept.

    channel: where it is said, for one that belongs to no operation.
    """

    operation: str
    kind: str
    text: str
    id: int = 0
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """One row of the trail."""

    at: float
    actor: str
    from_state: str
    to_state: str
    request_id: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
