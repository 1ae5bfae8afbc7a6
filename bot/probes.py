"""A harmless read at every account, to see whether the vendor takes its key."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from bot.settings import Settings
from providers.account import Account
from providers.catalogue import Catalogue
from providers.client import Client
from providers.errors import CallError, FaultKind, NotSent
from providers.operation import Task
from providers.provider import Call

__all__ = ["Finding", "Probes"]

log = logging.getLogger(__name__)

CLOCK_SECONDS = 60.0
"""A clock that is further off than this is told; vendors refuse at five to fifteen minutes."""

_KEY_FAULTS = frozenset(
    {FaultKind.WRONG_KEYS, FaultKind.PERMISSION, FaultKind.BILLING, FaultKind.ACCOUNT}
)


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
        provider = self._catalogue.providers[account.provider]
        kind = provider.kinds[0]
        region = account.region_for(kind.service)
        call = Call(kind, provider.probe, account, Task("", region), operator="stream-bot")
        where = f"{provider.title}, {account.base_url(kind.service).partition('//')[2]}"
        try:
            await self._client.slot(call)
            await self._client.send(call)
        except CallError as error:
            return Finding(account.name, *self._fault(error, where))
        offset = self._client.clock_seen(call)
        if abs(offset) > CLOCK_SECONDS:
            return Finding(account.name, True, f"{_clock(offset)} The key is accepted ({where}).")
        return Finding(account.name, False, f"the key is accepted ({where})")

    @staticmethod
    def _fault(error: CallError, where: str) -> tuple[bool, str]:
        said = f"{error.code}: {error.vendor_says}".strip(": ")
        if isinstance(error, NotSent):
            return (
                True,
                f"nothing reached {where}: {error.why}. Check the key's place, the network.",
            )
        if error.fault.kind is FaultKind.CLOCK:
            return True, f"{where} refused the time of the signature ({said}). Set the clock (NTP)."
        if error.fault.kind in _KEY_FAULTS:
            return True, f"{where} refused: {error.fault.label} ({said}). {error.fault.step}"
        said = said or error.why
        return False, f"{where} answered, but not to the question: {said}. The key is not proved"


def _clock(offset: float) -> str:
    direction = "slow" if offset > 0 else "fast"
    return f"This machine's clock is {abs(offset):.0f} s {direction}: set it (NTP)."
