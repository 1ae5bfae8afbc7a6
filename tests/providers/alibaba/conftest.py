"""ApsaraVideo Live on loopback, with a clock that the test moves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from darabonba.core import DaraCore

from providers.account import Credentials
from providers.alibaba.auth import Acs3Auth, canonical_query
from providers.alibaba.simulator import AlibabaSimulator
from providers.simulator import SimulatedTask

KEY = Credentials("AKIDEXAMPLE", "examplesecret")
TASK = {"Region": "cn-shanghai", "TaskId": "6f869419-0001"}


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

    simulator: AlibabaSimulator
    client: httpx.AsyncClient
    clock: Clock
    key: Credentials = KEY
    signed_at: Clock = field(default_factory=Clock)
    tamper: Callable[[httpx.Request], None] = lambda _: None

    async def ask(
        self,
        parameters: Mapping[str, str] = TASK,
        *,
        action: str = "RestartLivePullToPush",
        version: str = "2016-11-01",
        method: str = "GET",
        path: str = "/",
        **auth: Any,
    ) -> tuple[int, dict[str, Any]]:
        """HTTP status and body of the answer to one signed call."""
        url = f"{self.simulator.url}{path}?{canonical_query(parameters.items())}"
        headers = {"x-acs-action": action, "x-acs-version": version}
        request = httpx.Request(method, url, headers=headers)
        signed = next(Acs3Auth(self.key, self.signed_at, **auth).sync_auth_flow(request))
        self.tamper(signed)
        answer = await self.client.send(signed)
        body = answer.json()
        assert isinstance(body, dict)
        return answer.status_code, body

    async def code(self, parameters: Mapping[str, str] = TASK, **how: Any) -> str:
        """The error's code and HTTP status, as "CodeTaskNotExist 400"; "" for a yes."""
        status, body = await self.ask(parameters, **how)
        return f"{body['Code']} {status}" if "Code" in body else ""

    async def items(self, **parameters: str) -> list[dict[str, Any]]:
        """The tasks on a page of Shanghai's list."""
        action = "DescribeLivePullToPushList"
        _, body = await self.ask({"Region": "cn-shanghai", **parameters}, action=action)
        found: list[dict[str, Any]] = body["TaskList"]
        return found

    def state(self, task_id: str = TASK["TaskId"]) -> str:
        """The task's state as of now, in the vendor's word; "gone" where there is none."""
        task = self.simulator.task("relay", task_id)
        return task.state if task else "gone"


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    clock = Clock()
    simulator = AlibabaSimulator(now=clock)
    simulator.add_account(KEY.access_key_id, KEY.access_key_secret)
    simulator.add_task(SimulatedTask(kind="relay", id="6f869419-0001", region="cn-shanghai"))
    async with simulator, httpx.AsyncClient(trust_env=False) as client:
        yield Vendor(simulator, client, clock)


@pytest.fixture
def real_time(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The SDK signs with the machine's clock, takes proxies from the environment, and keeps its
    sessions for as long as the process lives."""
    vendor.clock.time = time.time()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield
    for session in DaraCore._sessions.values():
        session.close()
    DaraCore._sessions.clear()
