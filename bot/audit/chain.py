"""The chain of one operation's trail. Pure.

Each entry carries HMAC-SHA256(key, its columns + the hash before it); the first one hangs on the
operation's id. Who has no key can then neither change, remove nor add an entry unseen, except at
the end: what the end must be, the operation and the heads say.

Entries from before there was a chain carry no hash. They are hashed in passing, and the first entry
after them that carries one, or the next head, holds them from then on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

__all__ = ["BRAKE", "CHAINS", "HEAD", "RETENTION", "Entry", "Fault", "Walk", "link", "sign"]

HEAD = "head"
RETENTION = "removal"
BRAKE = "brake"

CHAINS = frozenset({BRAKE, HEAD, RETENTION})
"""What stands where an operation's id would, in chains that belong to none: up to 8 letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the trail. at: in seconds since the epoch. detail: as JSON has it.

    number: its place in its chain, from 1; it and `hash` are None in entries from before.
    """

    seq: int
    operation: str
    number: int | None
    at: float
    actor: str
    from_state: str
    to_state: str
    request_id: str
    detail: object
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written. at: of the entry, as far as it can be read."""

    operation: str
    number: int
    at: object
    says: str


def link(key: bytes, previous: str, entry: Entry) -> str:
    """The hash of an entry. previous: the hash before it, or the operation's id.

    Raises TypeError, ValueError or RecursionError for columns that no entry has.
    """
    columns = {
        "seq": entry.seq,
        "operation": entry.operation,
        "number": entry.number,
        "at": float(entry.at),
        "actor": entry.actor,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "request_id": entry.request_id,
        "detail": entry.detail,
    }
    return sign(key, "entry", [previous, columns])


def sign(key: bytes, purpose: str, value: object) -> str:
    """HMAC-SHA256 over canonical JSON, in hex. What is signed for one purpose fits no other."""
    text = json.dumps([purpose, value], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hmac.new(key, text.encode("ascii"), hashlib.sha256).hexdigest()


_MOST_ENDS = 8
"""That the next entry may hang on, after a fault."""


class Walk:
    """Follows one chain from its beginning.

    bare_until: the last `seq` that may stand without a hash; None where that is not known.
    Afterwards `number` is that of the last entry, `bare` how many had no hash, `broken` how many
    had a hash that does not fit.
    """

    def __init__(self, key: bytes, operation: str, bare_until: int | None = None) -> None:
        self._key = key
        self._bare_until = bare_until
        self._before: tuple[str, ...] = (operation,)  # what the next entry may hang on
        self.number = 0
        self.bare = 0
        self.broken = 0

    @property
    def last(self) -> str:
        """The hash of the last entry."""
        return self._before[0]

    def step(self, entry: Entry) -> Fault | None:
        """Go on to the next entry. A fault is told once: what comes after it is followed on."""
        number = self.number + 1
        if entry.hash is None:
            return self._bare(entry)
        if not isinstance(entry.number, int) or entry.number < number:
            self.broken += 1
            self._before = (*self._before, entry.hash)[:_MOST_ENDS]
            place = entry.number if isinstance(entry.number, int) else number
            return _fault(entry, place, "this entry stands out of order, or was added")
        self.number = entry.number
        if entry.number > number:
            self._before = (entry.hash,)
            return _fault(entry, number, _missing(number, entry.number - 1))
        hashes = self._hashes(entry)
        if any(hmac.compare_digest(one, str(entry.hash).encode()) for one in hashes):
            self._before = (entry.hash,)
            return None
        # Where only the hash was changed, the next entry still fits the right one; where two were
        # exchanged, that of the other.
        ends = (entry.hash, *(one.decode() for one in hashes), *self._before)
        self._before = ends[:_MOST_ENDS]
        self.broken += 1
        return _fault(entry, number, "this entry was changed after it was written")

    def _bare(self, entry: Entry) -> Fault | None:
        number, hashes = self.number + 1, self._hashes(entry)
        late = self._bare_until is not None and entry.seq > self._bare_until
        if late or self.number > self.bare or entry.number is not None or not hashes:
            if entry.number == number:  # only its hash is gone
                self.number = number
                self._before = tuple(one.decode() for one in hashes) or self._before
            self.broken += 1
            return _fault(entry, number, "this entry has lost its hash, or was added")
        self.number = number
        self.bare += 1
        self._before = (hashes[0].decode(),)
        return None

    def _hashes(self, entry: Entry) -> list[bytes]:
        """What its hash may be; nothing for columns that no entry has."""
        try:
            return [link(self._key, before, entry).encode() for before in self._before]
        except (TypeError, ValueError, RecursionError, OverflowError):
            return []


def _missing(first: int, last: int) -> str:
    return "this entry is missing" if first == last else f"entries {first} to {last} are missing"


def _fault(entry: Entry, number: int, says: str) -> Fault:
    return Fault(entry.operation, number, entry.at, says)
