"""The head: one signed line over all operations, to be kept where the journal's owner cannot write.

It holds how many operations and entries there were, those that retention has removed included, and
the sum of a keyed hash of every chain's end: a set hash (Clarke and others, 2003, MSet-Add-Hash)
that needs no order, so that what is removed by rule can be added up once and for all. Pure.
"""

from __future__ import annotations

import hmac
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from bot.audit.chain import CHAINS, sign

__all__ = ["NOTHING", "Head", "Sums", "Tally", "heads_in", "sum_of"]

_MODULUS = 1 << 256

_HEAD = re.compile(
    r"stream-bot head at=(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) "
    r"operations=(?P<operations>\d{1,18}) entries=(?P<entries>\d{1,18}) upto=(?P<upto>\d{1,18}) "
    r"digest=(?P<digest>[0-9a-f]{64}) mac=(?P<mac>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Sums:
    """What a head counts. digest: the sum over the ends of all chains."""

    operations: int
    entries: int
    digest: int

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.operations + other.operations,
            self.entries + other.entries,
            (self.digest + other.digest) % _MODULUS,
        )

    def __neg__(self) -> Sums:
        return Sums(-self.operations, -self.entries, -self.digest % _MODULUS)

    @property
    def hex(self) -> str:
        """The digest, as it is written."""
        return f"{self.digest:064x}"


NOTHING = Sums(0, 0, 0)


def sum_of(key: bytes, operation: str, entries: int, last: str) -> Sums:
    """What one chain adds to a head. last: the hash of its last entry."""
    digest = int(sign(key, "end", [operation, last]), 16)
    return Sums(int(operation not in CHAINS), entries, digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """at: when, in whole seconds since the epoch. upto: the last entry's `seq` that it covers."""

    at: int
    upto: int
    sums: Sums
    mac: str

    @classmethod
    def signed(cls, key: bytes, *, at: float, upto: int, sums: Sums) -> Self:
        """A new head."""
        bare = cls(at=int(at), upto=upto, sums=sums, mac="")
        return cls(at=bare.at, upto=upto, sums=sums, mac=sign(key, "head", bare._claim))

    def fits(self, key: bytes) -> bool:
        """Whether it was made with this key, and not changed."""
        return hmac.compare_digest(sign(key, "head", self._claim), self.mac)

    @property
    def _claim(self) -> str:
        time = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            f"stream-bot head at={time} operations={self.sums.operations} "
            f"entries={self.sums.entries} upto={self.upto} digest={self.sums.hex}"
        )

    def __str__(self) -> str:
        return f"{self._claim} mac={self.mac}"


def heads_in(text: str) -> Iterator[Head]:
    """Every head in a text, as a line copied from the audit channel, or a log."""
    for found in _HEAD.finditer(text):
        try:
            at = datetime.strptime(found["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:  # the 31st of February
            continue
        sums = Sums(int(found["operations"]), int(found["entries"]), int(found["digest"], 16))
        yield Head(at=int(at.timestamp()), upto=int(found["upto"]), sums=sums, mac=found["mac"])


class Tally:
    """Adds up, in one pass, what the journal came to at each of several `seq`."""

    def __init__(self, key: bytes, upto: Sequence[int]) -> None:
        self._key = key
        self._marks = sorted(set(upto))
        self._steps = [NOTHING] * (len(self._marks) + 1)

    def add(self, operation: str, hashes: Sequence[tuple[int, str]]) -> None:
        """One chain: the `seq` and hash of each entry, in order."""
        for place, (seq, last) in enumerate(hashes):
            begin = bisect_left(self._marks, seq)
            following = hashes[place + 1][0] if place + 1 < len(hashes) else None
            end = len(self._marks) if following is None else bisect_left(self._marks, following)
            if begin < end:  # at these marks, this entry was the chain's last
                sums = sum_of(self._key, operation, place + 1, last)
                self._steps[begin] += sums
                self._steps[end] += -sums

    def at(self) -> dict[int, Sums]:
        """seq -> the sums."""
        sums, all_of_it = NOTHING, {}
        for mark, step in zip(self._marks, self._steps, strict=False):
            sums += step
            all_of_it[mark] = sums
        return all_of_it
