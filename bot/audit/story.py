"""What a trail tells of its operation, against what the operation says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Text, cast

from bot.audit.chain import Entry
from bot.audit.reader import strict_json
from bot.journal.record import State, Verdict
from bot.journal.schema import operation
from providers.foreign import foreign

__all__ = ["OPERATION", "Story"]

_COLUMNS = (
    operation.c.id,
    operation.c.state,
    operation.c.verdict,
    operation.c.attempt,
    operation.c.requester,
    operation.c.decider,
    operation.c.asked_at,
    operation.c.verb,
    operation.c.place,
    operation.c.account,
    operation.c.task,
    cast(operation.c.command, Text).label("command"),
    cast(operation.c.outcome, Text).label("outcome"),
)

_DECIDED = frozenset({State.APPROVED, State.DECLINED, State.CANCELLED})

OPERATION = tuple(column.label(f"op_{column.name}") for column in _COLUMNS)
"""What `Story.disagreements` needs of a row. All of it is None where there is no operation."""


class Story:
    """Goes along one trail."""

    def __init__(self) -> None:
        self._first: Entry | None = None
        self._state = ""
        self._verdict: str | None = None
        self._requests = 0
        self._deciders: set[str] = set()
        self._request_ids: set[str] = set()

    def goes_on(self, entry: Entry) -> None:
        """The next entry."""
        self._first = self._first or entry
        self._request_ids.add(entry.request_id)
        if entry.to_state in _DECIDED and entry.from_state != entry.to_state:
            self._deciders.add(entry.actor)
        if entry.to_state in set(State):
            self._requests += entry.to_state == State.SENDING != entry.from_state
            self._state = entry.to_state
        elif entry.to_state in set(Verdict):
            self._verdict = entry.to_state

    def disagreements(self, row: Row[Any]) -> Iterator[str]:
        """What the operation says otherwise. row: with OPERATION."""
        if row.op_id is None:
            yield "this trail's operation is missing"
            return
        if row.op_state != self._state:
            yield (
                f"the trail ends with {foreign(self._state, 20)}, the operation is "
                f"{foreign(row.op_state, 20)}: the end of the trail is missing, or the operation "
                "was changed"
            )
        if self._verdict != (None if row.op_verdict == Verdict.FOLLOWING else row.op_verdict):
            yield (
                f"the trail's verdict is {foreign(self._verdict, 20)}, the operation's "
                f"{foreign(row.op_verdict, 20)}"
            )
        if row.op_attempt != self._requests:
            yield (
                f"requests by the trail: {self._requests}, by the operation: "
                f"{foreign(row.op_attempt, 20)}"
            )
        if row.op_decider is not None and row.op_decider not in self._deciders:
            yield f"by the trail it was not {foreign(row.op_decider, 40)} who decided"
        if (request_id := _request_id(row.op_outcome)) and request_id not in self._request_ids:
            yield f"the trail does not know the operation's RequestId, {foreign(request_id, 40)}"
        if changed := ", ".join(self._changed(row)):
            yield f"the operation says another {changed} than was asked"

    def _changed(self, row: Row[Any]) -> Iterator[str]:
        """The columns that are not what the first entry says was asked."""
        first = self._first
        if first is None or first.to_state != State.ASKED:
            return
        if row.op_requester != first.actor:
            yield "requester"
        if row.op_asked_at != first.at:
            yield "time"
        asked = first.detail.get("command") if isinstance(first.detail, dict) else None
        if not isinstance(asked, dict):  # from before: the trail did not repeat it
            return
        if strict_json(row.op_command) != asked:
            yield "command"
        for column, name in (("verb",) * 2, ("place", "where"), ("account",) * 2, ("task",) * 2):
            if getattr(row, f"op_{column}") != asked.get(name):
                yield column


def _request_id(outcome: object) -> str:
    """As the trail keeps it: the first characters of a long one."""
    told = strict_json(outcome)
    return str(told.get("request_id") or "")[:128] if isinstance(told, dict) else ""
