"""What is frozen: no change of it is sent until somebody thaws it.

One freeze holds everything, or one account under every name that its key has. It is one row for
each name, so that a claim asks the database by the name in its own record and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select

from bot.journal.database import Database
from bot.journal.record import Notice, Origin, Record
from bot.journal.rows import write_notice, write_trail
from bot.journal.schema import brake as brake_table
from bot.journal.schema import trail
from bot.journal.worker import Urgency

__all__ = ["BRAKE", "EVERYTHING", "Brake", "Brakes", "Tell", "Turn", "frozen", "names_of"]

BRAKE = "brake"
"""What stands in the trail and in notices where an operation's id would."""

EVERYTHING = "*"
"""The scope that stands for every account."""

FROZEN = "frozen"
THAWED = "thawed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """One freeze. at: since when, in seconds since the epoch. channel: where it was typed.

    accounts: the names of the account that it holds; empty where it holds everything.
    """

    accounts: tuple[str, ...]
    by: str
    by_name: str
    reason: str
    channel: str
    at: float

    @property
    def everything(self) -> bool:
        """True where it holds every account."""
        return not self.accounts

    @property
    def scopes(self) -> tuple[str, ...]:
        """The names of its rows."""
        return self.accounts or (EVERYTHING,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a freeze or a thaw came to.

    brake: the one that was put on or taken off; or, if nothing changed, the one that was there.
    others: what is frozen beside it.
    """

    brake: Brake
    changed: bool
    others: tuple[Brake, ...] = ()


Tell = Callable[[Turn], Sequence[Notice]]
"""What is owed to Slack for a change; pure, for it is called inside the transaction."""


def frozen(*accounts: str) -> ColumnElement[bool]:
    """Whether everything or one of these names is frozen, as a condition in SQL."""
    return exists(select(brake_table.c.scope).where(brake_table.c.scope.in_(_scopes(accounts))))


def names_of(record: Record) -> tuple[str, ...]:
    """The names under which a record's account may be frozen: the typed one, and the one that
    stands for its key in `live_key`."""
    principal = record.live_key.split("|")[1]
    return tuple(dict.fromkeys((record.command.account, principal)))


class Brakes:
    """`journal.brakes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Brake]:
        """Everything that is frozen, the oldest first."""
        return await self._database.commit(_all)

    async def on(self, *accounts: str) -> Brake | None:
        """What holds one of these names; a freeze of everything comes first."""
        held = await self.all()
        holding = [brake for brake in held if set(brake.scopes) & set(_scopes(accounts))]
        return min(holding, key=lambda brake: not brake.everything, default=None)

    async def freeze(
        self, accounts: tuple[str, ...], origin: Origin, reason: str, tell: Tell, *, name: str = ""
    ) -> Turn | None:
        """Freeze everything, or an account under all its names, the typed one first.

        name: who asks, for people. Returns None if this delivery was acted on before; a turn that
        changed nothing if it is frozen already.
        """
        wanted = Brake(
            accounts=accounts,
            by=origin.requester,
            by_name=name or origin.requester_name,
            reason=reason,
            channel=origin.channel,
            at=self._database.now(),
        )

        def work(connection: Connection) -> Turn | None:
            if _acted_on(connection, origin):
                return None
            before = _all(connection)
            holder = next((one for one in before if wanted.scopes[0] in one.scopes), None)
            others = tuple(one for one in before if one is not holder)
            turn = Turn(brake=holder or wanted, changed=holder is None, others=others)
            if turn.changed:
                _put_on(connection, wanted, before)
            self._keep(connection, turn, FROZEN, origin=origin, reason=reason, tell=tell)
            return turn

        return await self._database.commit(work, Urgency.CLAIM)  # before what is yet to be claimed

    async def thaw(self, brake: Brake, origin: Origin, reason: str, tell: Tell) -> Turn | None:
        """Take a freeze off. None if this delivery was acted on before; a turn that changed nothing
        if it is off already."""

        def work(connection: Connection) -> Turn | None:
            if _acted_on(connection, origin):
                return None
            rows = brake_table.c
            mine = (rows.scope.in_(brake.scopes), rows.at == brake.at, rows.by == brake.by)
            taken = connection.execute(delete(brake_table).where(*mine)).rowcount
            turn = Turn(brake=brake, changed=taken > 0, others=tuple(_all(connection)))
            self._keep(connection, turn, THAWED, origin=origin, reason=reason, tell=tell)
            return turn

        return await self._database.commit(work)

    def _keep(
        self,
        connection: Connection,
        turn: Turn,
        to: str,
        *,
        origin: Origin,
        reason: str,
        tell: Tell,
    ) -> None:
        """The row in the trail, also of an act that changed nothing, and what Slack is owed."""
        now = self._database.now()
        states = ({FROZEN: THAWED, THAWED: FROZEN}[to] if turn.changed else to, to)
        detail = {
            "delivery": origin.request_key,
            "scope": list(turn.brake.scopes),
            "reason": reason,
            "channel": origin.channel,
        }
        write_trail(connection, BRAKE, now, actor=origin.requester, states=states, detail=detail)
        for owed in tell(turn) if turn.changed else ():
            write_notice(connection, owed, now)


def _scopes(accounts: Sequence[str]) -> tuple[str, ...]:
    return (EVERYTHING, *accounts)


def _all(connection: Connection) -> list[Brake]:
    rows = connection.execute(select(brake_table).order_by(brake_table.c.at, brake_table.c.scope))
    held: defaultdict[tuple[Brake, bool], list[str]] = defaultdict(list)
    for row in rows:
        one = Brake(
            accounts=(),
            by=row.by,
            by_name=row.by_name,
            reason=row.reason,
            channel=row.channel,
            at=row.at,
        )
        held[one, row.scope == EVERYTHING].append(row.scope)
    return [
        one if everything else replace(one, accounts=tuple(scopes))
        for (one, everything), scopes in held.items()
    ]


def _put_on(connection: Connection, wanted: Brake, before: Sequence[Brake]) -> None:
    taken = {scope for one in before for scope in one.scopes}
    rows = [
        {
            "scope": scope,
            "by": wanted.by,
            "by_name": wanted.by_name,
            "reason": wanted.reason,
            "channel": wanted.channel,
            "at": wanted.at,
        }
        for scope in wanted.scopes
        if scope not in taken  # another name of the key that was frozen for itself
    ]
    connection.execute(insert(brake_table), rows)


def _acted_on(connection: Connection, origin: Origin) -> bool:
    """Whether this delivery has its row in the trail."""
    same = trail.c.detail["delivery"].as_string() == origin.request_key
    return connection.execute(select(exists().where(trail.c.operation == BRAKE, same))).scalar_one()
