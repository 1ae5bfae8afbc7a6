"""What can go wrong with a call to a vendor, split by what the caller may do next.

CallError
├── NotExecuted        the vendor did nothing: it may be sent again by itself, bounded
│   ├── NotSent        nothing reached the vendor (no connection, no key, no certificate)
│   ├── Throttled      the vendor says slower
│   └── ClockOff       the vendor's clock and ours disagree; signed anew with the vendor's time
├── Refused            the vendor said no and did nothing: the same call gets the same answer
│   └── AlreadySo      refused, because it was so before: ended, stopped, not there
└── Unknown            it left, and whether it happened is not known: never sent again by itself
    └── Unreadable     something answered, but not in the vendor's words

What a vendor's code means is data in the vendor's folder: a `Fault` for each code or family, found
by the longest match. Every error carries the `Fault` (for people) beside the vendor's own code and
words (for the vendor's support).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "AlreadySo",
    "CallError",
    "ClockOff",
    "Fault",
    "FaultKind",
    "FaultTable",
    "NotExecuted",
    "NotSent",
    "Refused",
    "Retry",
    "Throttled",
    "Unknown",
    "Unreadable",
    "rows",
]


class FaultKind(StrEnum):
    """What a code is about. Decides which `CallError` it becomes; see `FaultTable`."""

    THROTTLED = "throttled"
    CLOCK = "clock"
    WRONG_KEYS = "wrong keys"
    PERMISSION = "permission"
    BILLING = "arrears"
    ACCOUNT = "account"
    NOT_FOUND = "not found"
    ALREADY = "already so"
    CONFLICT = "conflict"
    QUOTA = "quota"
    INVALID = "invalid"
    INTERNAL = "vendor internal"  # it answered, but it may have acted
    UNRECOGNISED = "not known to us"


class Retry(StrEnum):
    """Whether a person's second try can help. The bot itself repeats none of these."""

    NO = "does not help until one of them changes"
    AFTER = "helps after that"
    SAFE = "safe"
    LOOK_FIRST = "look first"
    NO_NEED = "no need"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What one vendor code, or one family of codes, means to a person.

    code: the vendor's code to the letter; "Name*" stands for everything that begins so.
    label: the kind in two or three words, as "task not found".
    says: one sentence in plain English. May use {account}, {region}, {task}, {app}, {verb},
        {permission}, {host}, {console} and {why}.
    step: what to do next; same placeholders.
    who: who can do it: "you", "account owner", "bot operator", "vendor support".
    """

    code: str
    kind: FaultKind
    label: str
    says: str
    step: str
    who: str
    retry: Retry

    @property
    def ambiguous(self) -> bool:
        """True where the answer does not say whether the call was carried out."""
        return self.kind is FaultKind.INTERNAL


def rows(
    codes: str, *, kind: FaultKind, label: str, says: str, step: str, who: str, retry: Retry
) -> tuple[Fault, ...]:
    """One meaning for several codes, which are separated by spaces."""
    return tuple(
        Fault(code=code, kind=kind, label=label, says=says, step=step, who=who, retry=retry)
        for code in codes.split()
    )


class FaultTable:
    """All codes of one vendor (or of one of its services), found by the longest match.

    "A.B.C" is looked for as itself, then under the longest entry "A.B*", then as "A.B", then as
    "A". A code that is in no family is `unrecognised`, and keeps the vendor's own words.
    """

    def __init__(self, faults: Iterable[Fault], *, unrecognised: Fault) -> None:
        self._exact: dict[str, Fault] = {}
        self._prefixes: dict[str, Fault] = {}
        self.unrecognised = unrecognised
        for fault in faults:
            table = self._prefixes if fault.code.endswith("*") else self._exact
            key = fault.code.removesuffix("*")
            if key in table:
                raise ValueError(f"the code {fault.code} is in the table twice")
            table[key] = fault

    def __iter__(self) -> Iterator[Fault]:
        yield from self._exact.values()
        yield from self._prefixes.values()

    def lookup(self, code: str) -> Fault:
        """The meaning of a vendor's code. Never fails: there is always `unrecognised`."""
        family = code
        while family:
            if family in self._exact:
                return self._exact[family]
            if prefix := self._longest_prefix(family):
                return self._prefixes[prefix]
            family = family.rpartition(".")[0]
        return self.unrecognised

    def _longest_prefix(self, code: str) -> str:
        return max((p for p in self._prefixes if code.startswith(p)), key=len, default="")


class CallError(Exception):
    """A call that did not end in the vendor's yes.

    fault: what it means to a person.
    code, vendor_says, request_id: the vendor's, cleaned; empty where there are none.
    why: what happened on our side of the line, in a few words of our own.
    """

    def __init__(
        self,
        fault: Fault,
        *,
        code: str = "",
        vendor_says: str = "",
        request_id: str = "",
        why: str = "",
    ) -> None:
        super().__init__(f"{type(self).__name__}: {code or why or fault.label}")
        self.fault = fault
        self.code = code
        self.vendor_says = vendor_says
        self.request_id = request_id
        self.why = why


class NotExecuted(CallError):
    """The vendor did nothing; the same call may be sent again, signed anew."""


class NotSent(NotExecuted):
    """Nothing reached the vendor."""


class Throttled(NotExecuted):
    """The vendor says slower. `wait` is how long at least, in seconds."""

    wait: float = 1.0


class ClockOff(NotExecuted):
    """The vendor refused the signature's time. `offset` is vendor's time minus ours, in seconds."""

    offset: float | None = None


class Refused(CallError):
    """The vendor said no and did nothing."""


class AlreadySo(Refused):
    """It was so before we asked. `state` says how, as "had already ended"."""

    state: str = ""


class Unknown(CallError):
    """The request left; whether it was carried out is not known."""


class Unreadable(Unknown):
    """Something answered, but not in the vendor's words."""
