"""What a vendor tells of a task, in one vocabulary for all vendors, beside the vendor's own words.

A vendor's kind says how its words are read (`Kind.states`); whatever it does not list is `UNKNOWN`,
and is shown in the vendor's word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Facts", "Listing", "TaskState", "fingerprint"]


class TaskState(StrEnum):
    """How a task stands. The values are the words that people read."""

    WAITING = "waiting to start"  # its start time has not come
    RUNNING = "running"
    DEGRADED = "degraded"  # runs badly; the vendor tries again by itself
    NO_STREAM = "no stream"  # switched on, and no video flows
    SWITCHED_ON = "switched on"  # whether video flows cannot be seen with this account
    STOPPED = "stopped"  # can be started again
    ENDED = "ended"  # for good
    NOT_FOUND = "not found"
    UNKNOWN = "unknown"  # a word that the vendor's pages do not explain

    @property
    def down(self) -> bool:
        """True where the stream certainly does not run as it should."""
        return self not in (TaskState.RUNNING, TaskState.SWITCHED_ON, TaskState.UNKNOWN)

    @property
    def over(self) -> bool:
        """True where nothing brings the task back."""
        return self in (TaskState.ENDED, TaskState.NOT_FOUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One task as the vendor tells of it, at one moment. All text is clean, bounded and masked.

    word: the vendor's own word for the state, as "active"; "" where it has none.
    why: what the vendor says about the state, as a short sentence ("PullStreamFailed: the source
        cannot be read"); "" where it says nothing.
    source, destination: host and the path's beginning only, as "pull.example.com/live/•••".
    starts_at, ends_at, changed_at: seconds since the epoch, None where the vendor tells none.
    changed_by: who changed it last, in the vendor's records.
    reported_at: when the vendor last saw its stream, by the vendor's clock.
    identity: a fingerprint of what makes it this task: name, source, destination. A yes that was
        given for one identity does not count for another. See `fingerprint`.
    settings: everything that the vendor told, with secrets masked, for the record.
    """

    id: str
    state: TaskState
    word: str = ""
    why: str = ""
    name: str = ""
    source: str = ""
    destination: str = ""
    starts_at: float | None = None
    ends_at: float | None = None
    changed_by: str = ""
    changed_at: float | None = None
    reported_at: float | None = None
    identity: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def not_found(cls, task_id: str, word: str = "") -> Facts:
        """There is no such task in this region and account."""
        return cls(id=task_id, state=TaskState.NOT_FOUND, word=word)


@dataclass(frozen=True, slots=True)
class Listing:
    """Tasks of one kind, account and region, in the vendor's order, each once.

    complete: False where the vendor has more than we read.
    """

    tasks: Sequence[Facts]
    complete: bool = True


def fingerprint(*parts: object) -> str:
    """A short digest of a vendor's own values, which may hold secrets and are not kept."""
    told = json.dumps(parts, sort_keys=True, default=str).encode("utf-8", "backslashreplace")
    return hashlib.sha256(told).hexdigest()[:16]
