"""Tencent on loopback, with a clock that the test moves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from providers.account import Credentials
from providers.catalogue import Catalogue
from providers.client import Client
from providers.facts import Facts, Listing
from providers.operation import Kind, Task
from providers.reading import read
from providers.simulator import SimulatedTask
from providers.tencent import PROVIDER
from providers.tencent.account import TencentAccount
from providers.tencent.auth import TC3Auth
from providers.tencent.simulator import TencentSimulator

KEY = Credentials("AKIDEXAMPLE", "examplesecret")
HEADERS: Mapping[str, Mapping[str, str]] = {
    "live": {"X-TC-Version": "2018-08-01", "X-TC-Region": "ap-guangzhou"},
    "trtc": {"X-TC-Version": "2019-07-22", "X-TC-Region": "ap-singapore"},
}


@dataclass
class Clock:
    """Seconds since the epoch, as the test says."""

    time: float = 1735689600.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Vendor:
    """The simulator and a client that signs whatever it is told to send."""

    simulator: TencentSimulator
    client: httpx.AsyncClient
    clock: Clock
    bot: Client
    key: Credentials = KEY
    signed_at: Clock = field(default_factory=Clock)

    async def ask(
        self,
        action: str,
        parameters: object,
        *,
        service: str = "live",
        headers: Mapping[str, str] | None = None,
        without: str = "",
    ) -> dict[str, object]:
        """The Response to one signed call; `without` leaves a header out."""
        content = parameters if isinstance(parameters, bytes) else json.dumps(parameters).encode()
        sent = {
            "Content-Type": "application/json",
            "X-TC-Action": action,
            **HEADERS[service],
            **(headers or {}),
        }
        sent.pop(without, None)
        request = httpx.Request("POST", self.simulator.url + "/", headers=sent, content=content)
        auth = TC3Auth(self.key, service, self.signed_at)
        answer = await self.client.send(request, auth=auth)
        assert answer.status_code == 200
        body = answer.json()
        assert set(body) == {"Response"}
        response = body["Response"]
        assert isinstance(response, dict)
        return response

    async def code(self, action: str, parameters: object, **how: object) -> str:
        """The error code, "" for a yes."""
        error = (await self.ask(action, parameters, **how)).get("Error")  # type: ignore[arg-type]  # passed on as it is
        return str(error["Code"]) if isinstance(error, dict) else ""

    async def status(self, kind: Kind, task: Task) -> Facts:
        """What our own client reads of one task."""
        assert kind.status
        return await read(self.bot, kind, self.account, task, kind.status(task))

    async def listed(self, kind: Kind, region: str = "ap-guangzhou") -> Listing:
        """What our own client reads of all."""
        assert kind.tasks
        task = Task("", region)
        return await read(self.bot, kind, self.account, task, kind.tasks(task))

    @property
    def account(self) -> TencentAccount:
        """The bot's account, with both services at the simulator."""
        return account_at(self.simulator.url)


def account_at(url: str) -> TencentAccount:
    """An account whose key is KEY, with both services at one address."""
    environ = {"ID": KEY.access_key_id, "KEY": KEY.access_key_secret}
    table = {
        "name": "prod",
        "provider": "tencent",
        "access_key_id": "env:ID",
        "access_key_secret": "env:KEY",
        "endpoints": {"live": url, "trtc": url},
    }
    return TencentAccount.model_validate(table, context={"environ": environ})


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    clock = Clock()
    simulator = TencentSimulator(now=clock)
    simulator.add_account(KEY.access_key_id, KEY.access_key_secret)
    simulator.add_task(SimulatedTask(kind="pull", id="123", region="ap-guangzhou"))
    simulator.add_task(SimulatedTask(kind="ingest", id="-gC+x", region="ap-singapore", app=14))
    bot = Client(Catalogue([PROVIDER]), now=clock)
    async with simulator, httpx.AsyncClient(trust_env=False) as client:
        yield Vendor(simulator, client, clock, bot)
    await bot.close()
