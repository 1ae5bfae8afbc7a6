"""A harmless read at every account, to see whether the vendor takes its key."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from bot import outcome
from bot.settings import Settings
from providers.account import Account
from providers.catalogue import Catalogue
from providers.client import Client
from providers.errors import CallError, ClockOff, FaultKind, NotSent, Unreadable
from providers.operation import Task
from providers.provider import Call

__all__ = ["Finding", "Probes"]

log = logging.getLogger(__name__)

CLOCK_SECONDS = 60.0
"""A clock that is further off than this is told; vendors refuse at five to fifteen minutes."""

_ACCOUNT_FAULTS = frozenset(
    {
        FaultKind.WRONG_KEYS,
        FaultKind.PERMISSION,
        FaultKind.BILLING,
        FaultKind.ACCOUNT,
        FaultKind.CLOCK,  # where the answer does not tell how far the clock is off
    }
)
"""What nobody can use an account with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at one account came to. `bad` is a fault; otherwise it is only told."""

    account: str
    bad: bool
    says: str


class Probes:
    """Looks at accounts; never more than one harmless read each."""

    def __init__(self, settings: Settings, catalogue: Catalogue, client: Client) -> None:
        self._accounts = settings.accounts
        self._catalogue = catalogue
        self._client = client

    async def warn(self) -> None:
        """One loud line in the log for each account that does not work; the others serve on."""
        for finding in await self.look():
            if finding.bad:
                log.warning("account %s: %s", finding.account, finding.says)

    async def look(self) -> list[Finding]:
        """Every account, all at once."""
        return list(await asyncio.gather(*map(self._look_at, self._accounts.values())))

    async def _look_at(self, account: Account) -> Finding:
        call = self._call(account)
        where = self._where(call)
        try:
            await self._client.send(call, await self._client.slot(call))
        except CallError as error:
            return Finding(account.name, *_fault(call, error, where))
        offset = self._client.clock_seen(call)
        if abs(offset) > CLOCK_SECONDS:
            return Finding(account.name, True, f"{_clock(offset)} The key is accepted ({where}).")
        return Finding(account.name, False, f"the key is accepted ({where})")

    def _call(self, account: Account) -> Call:
        """The vendor's probe. Any region will do where the account has none: only the key counts,
        and a vendor that wants a region wants one that exists."""
        provider = self._catalogue.providers[account.provider]
        kind = provider.kinds[0]
        region = account.region_for(kind.service) or next(iter(kind.regions), "")
        return Call(kind, provider.probe, account, Task("", region), operator="stream-bot")

    def _where(self, call: Call) -> str:
        host = call.account.base_url(call.kind.service).partition("//")[2]
        return f"{self._catalogue.provider_of(call.kind).title}, {host}"


def _fault(call: Call, error: CallError, where: str) -> tuple[bool, str]:
    """Whether the account does not work, and what to do about it."""
    _, told = outcome.ended(call, error)
    said = ": ".join(filter(None, (error.code, error.vendor_says))).rstrip(".")
    next_step = f"Next: {told.who} {told.step}."
    match error:
        case NotSent() if error.fault.kind is FaultKind.WRONG_KEYS:
            return True, f"there is no key: {error.why}. {next_step}"
        case NotSent():
            return True, (
                f"nothing reached {where}: {error.why}. Next: check the account's endpoints, the "
                "network and network.proxy."
            )
        case Unreadable():
            return True, (
                f"no readable answer from {where}: {error.why}. Next: check the account's "
                "endpoints and network.proxy; if they are right, run stream-bot check in a minute."
            )
        case ClockOff(offset=float(offset)):
            return True, f"{where} refused the time of the signature ({said}). {_clock(offset)}"
    if error.fault.kind in _ACCOUNT_FAULTS:
        return True, f"{where} refused ({said}). {told.says} {next_step}"
    return False, (
        f"{where} answered, but not to the question ({said}), so the key is not proved. Next: "
        "run stream-bot check in a minute; if it stays, check the account's region and endpoints."
    )


def _clock(offset: float) -> str:
    direction = "slow" if offset > 0 else "fast"
    return f"This machine's clock is {abs(offset):.0f} s {direction}: set it (NTP)."
