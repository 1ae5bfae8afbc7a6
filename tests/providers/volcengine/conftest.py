"""Volcengine's live video on loopback, with a clock that the test moves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from providers.account import Credentials
from providers.catalogue import Catalogue
from providers.client import Client
from providers.simulator import SimulatedTask
from providers.volcengine import PROVIDER
from providers.volcengine.account import VolcengineAccount
from providers.volcengine.auth import V4Auth
from providers.volcengine.simulator import VolcengineSimulator

KEY = Credentials("AKIDEXAMPLE", "examplesecret")
TASK = {"TaskId": "f831f3b0aaaabbbb1aa4dcf7621"}
LIST = "Action=ListPullRecordTask&Version=2023-01-01"


@dataclass
class Clock:
    """Seconds since the epoch, as the test says."""

    time: float = 1735689600.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Vendor:
    """The simulator and a client that signs whatever it is told to send.

    tamper: changes a request after it was signed.
    """

    simulator: VolcengineSimulator
    client: httpx.AsyncClient
    clock: Clock
    key: Credentials = KEY
    signed_at: Clock = field(default_factory=Clock)
    tamper: Callable[[httpx.Request], None] = lambda _: None

    async def answer(
        self,
        parameters: object = TASK,
        *,
        query: str = "Action=StopPullRecordTask&Version=2023-01-01",
        method: str = "POST",
        content_type: str = "application/json",
        region: str = "cn-north-1",
        service: str = "live",
    ) -> tuple[int, dict[str, Any]]:
        """HTTP status and body of the answer to one signed call."""
        content = parameters if isinstance(parameters, bytes) else json.dumps(parameters).encode()
        request = httpx.Request(
            method,
            f"{self.simulator.url}/?{query}",
            headers={"Content-Type": content_type},
            content=content,
        )
        auth = V4Auth(self.key, region, service, self.signed_at)
        signed = next(auth.sync_auth_flow(request))
        self.tamper(signed)
        answer = await self.client.send(signed)
        body = answer.json()
        assert isinstance(body, dict)
        return answer.status_code, body

    async def ask(self, parameters: object = TASK, **how: Any) -> tuple[int, dict[str, Any]]:
        """HTTP status and ResponseMetadata of an answer that has no Result."""
        status, body = await self.answer(parameters, **how)
        assert set(body) == {"ResponseMetadata"}
        metadata = body["ResponseMetadata"]
        assert isinstance(metadata, dict)
        return status, metadata

    async def page(self, **parameters: object) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """List and Pagination of one page of the recordings."""
        wanted = {"PageNum": 1, "PageSize": 500, **parameters}
        status, body = await self.answer(wanted, query=LIST)
        assert (status, set(body)) == (200, {"ResponseMetadata", "Result"})
        assert set(body["Result"]) == {"List", "Pagination"}
        return body["Result"]["List"], body["Result"]["Pagination"]

    async def code(self, parameters: object = TASK, **how: Any) -> str:
        """The error's code and HTTP status, as "ResourceNotFound 404"; "" for a yes."""
        status, metadata = await self.ask(parameters, **how)
        return f"{metadata['Error']['Code']} {status}" if "Error" in metadata else ""


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    clock = Clock()
    simulator = VolcengineSimulator(now=clock)
    simulator.add_account(KEY.access_key_id, KEY.access_key_secret)
    simulator.add_task(SimulatedTask(kind="record", id=TASK["TaskId"]))
    async with simulator, httpx.AsyncClient(trust_env=False) as client:
        yield Vendor(simulator, client, clock)


AccountAt = Callable[[str], VolcengineAccount]


@pytest.fixture
def account_at() -> AccountAt:
    """An account whose service listens at this URL."""

    def made(url: str) -> VolcengineAccount:
        table = {
            "name": "prod",
            "provider": "volcengine",
            "access_key_id": "env:ID",
            "access_key_secret": "env:KEY",
            "endpoints": {"live": url},
        }
        environ = {"ID": KEY.access_key_id, "KEY": KEY.access_key_secret}
        return VolcengineAccount.model_validate(table, context={"environ": environ})

    return made


@pytest.fixture
async def ours() -> AsyncIterator[Client]:
    """The bot's own client, with this vendor only."""
    client = Client(Catalogue([PROVIDER]), timeout=5)
    yield client
    await client.close()


@pytest.fixture
async def simulator() -> AsyncIterator[VolcengineSimulator]:
    """The simulator by the machine's clock, without tasks."""
    async with VolcengineSimulator() as made:
        made.add_account(KEY.access_key_id, KEY.access_key_secret)
        yield made
