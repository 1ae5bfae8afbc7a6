"""What every vendor's simulator does, shown with Tencent's."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from email.utils import parsedate_to_datetime

import httpx
import pytest

from providers.account import Credentials
from providers.catalogue import discover
from providers.simulator import Incident, SimulatedTask, page_of
from providers.tencent.auth import TC3Auth
from providers.tencent.simulator import TencentSimulator


class Line:
    """A connection to the simulator that signs and sends restarts."""

    def __init__(self, simulator: TencentSimulator, client: httpx.AsyncClient) -> None:
        self.simulator = simulator
        self.client = client

    async def restart(self, clock: Callable[[], float] = time.time) -> httpx.Response:
        """One signed restart of task 123."""
        request = self.client.build_request(
            "POST",
            self.simulator.url + "/",
            headers={
                "Content-Type": "application/json",
                "X-TC-Action": "RestartLivePullStreamTask",
                "X-TC-Version": "2018-08-01",
                "X-TC-Region": "ap-guangzhou",
            },
            content=json.dumps({"TaskId": "123", "Operator": "slack:U123"}).encode(),
        )
        key = Credentials("AKIDEXAMPLE", "examplesecret")
        return await self.client.send(request, auth=TC3Auth(key, "live", clock))

    def acted(self) -> bool:
        """True when the restart was carried out."""
        task = self.simulator.task("pull", "123")
        return task is not None and task.state == "inactive"


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    simulator = TencentSimulator(delay=0.0)
    simulator.add_account("AKIDEXAMPLE", "examplesecret")
    simulator.add_task(SimulatedTask(kind="pull", id="123"))
    async with simulator, httpx.AsyncClient(trust_env=False) as client:
        yield Line(simulator, client)


async def test_an_answer_carries_the_vendors_time(line: Line) -> None:
    """With the clock incident on, the Date header is ten minutes ahead, so that a client can set
    its own clock by it."""
    line.simulator.play(Incident.CLOCK)
    answer = await line.restart()
    theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert theirs == pytest.approx(time.time() + 600, abs=3)


async def test_the_content_type_has_no_charset(line: Line) -> None:
    """Tencent's own SDK takes an error for a success under any other content type."""
    assert (await line.restart()).headers["Content-Type"] == "application/json"


async def test_hang_acts_and_never_answers(line: Line) -> None:
    """The request is carried out, and no answer comes; the simulator still stops at once."""
    line.simulator.play(Incident.HANG)
    call = asyncio.create_task(line.restart())
    async with asyncio.timeout(5):
        while not line.acted():  # noqa: ASYNC110  # a product has no event for its tests
            await asyncio.sleep(0)
    done, _ = await asyncio.wait([call], timeout=0.05)
    assert not done
    call.cancel()


async def test_drop_acts_and_breaks_the_connection(line: Line) -> None:
    """The request is carried out; the connection ends without a byte of an answer."""
    line.simulator.play(Incident.DROP)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await line.restart()
    assert line.acted()


async def test_a_gateways_page_hides_that_the_vendor_acted(line: Line) -> None:
    """502 with HTML says nothing of what happened behind it."""
    line.simulator.play(Incident.GATEWAY)
    answer = await line.restart()
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (
        502,
        "text/html",
    )
    assert line.acted()


async def test_an_incident_ends_after_its_times(line: Line) -> None:
    """Played twice is twice, then all is well again."""
    line.simulator.play(Incident.THROTTLE, times=2)
    answers = [await line.restart() for _ in range(3)]
    assert ["Error" in answer.json()["Response"] for answer in answers] == [True, True, False]


def _refused(answer: httpx.Response) -> bool:
    return "Error" in answer.json()["Response"]


async def test_the_clock_incident_ends_after_its_times(line: Line) -> None:
    """It is counted by the requests that it refused, and a signature that agrees with the wrong
    clock is none of them."""
    line.simulator.play(Incident.CLOCK, times=2)
    refused = [_refused(await line.restart())]
    refused += [_refused(await line.restart(line.simulator.now))]
    refused += [_refused(await line.restart()) for _ in range(2)]
    assert refused == [True, False, True, False]


@pytest.mark.parametrize("times", [1, 2, None])
async def test_who_follows_the_date_of_a_refusal_is_accepted(line: Line, times: int | None) -> None:
    """However often the clock incident is played: the answer that refuses has the time by which
    the next request is judged."""
    line.simulator.play(Incident.CLOCK, times=times)
    refusal = await line.restart()
    theirs = parsedate_to_datetime(refusal.headers["Date"]).timestamp()
    assert (_refused(refusal), _refused(await line.restart(lambda: theirs))) == (True, False)


def test_a_page_is_cut_from_a_list() -> None:
    """Counted from 1; the last one may be short, and there is nothing behind it."""
    tasks = [SimulatedTask(kind="pull", id=str(n)) for n in range(5)]
    pages = [page_of(tasks, number, 2) for number in (1, 3, 4)]
    assert [[task.id for task in page] for page, _ in pages] == [["0", "1"], ["4"], []]
    assert {count for _, count in pages} == {3}
    assert page_of([], 1, 2) == ([], 0)


def test_settle_brings_every_state_up_to_now() -> None:
    """Whoever shows the tasks without asking for one calls it first; where nothing moves with the
    clock it does nothing."""
    for provider in discover().providers.values():
        simulator = provider.simulator()
        simulator.add_task(SimulatedTask(kind=provider.kinds[0].name, id="1"))
        before = simulator.tasks[0].state
        simulator.settle()
        assert simulator.tasks[0].state == before


async def test_the_book_keeps_every_request(line: Line) -> None:
    """Each request is written down with its action, key, parameters, RequestId and verdict."""
    line.simulator.play(Incident.PERMISSION, times=1)
    refused = (await line.restart()).json()["Response"]
    taken = (await line.restart()).json()["Response"]
    first, second = line.simulator.requests
    assert (first.verdict, second.verdict) == ("UnauthorizedOperation", "ok")
    assert (first.request_id, second.request_id) == (refused["RequestId"], taken["RequestId"])
    assert second.access_key_id == "AKIDEXAMPLE"
    assert second.parameters == {"TaskId": "123", "Operator": "slack:U123"}
    assert (first.in_last_second, second.in_last_second) == (1, 2)


async def test_no_secret_is_in_the_book_or_in_a_repr(line: Line) -> None:
    """What is shown on a page or printed holds no secret."""
    await line.restart()
    shown = repr(line.simulator.requests) + repr(line.simulator.accounts)
    assert "examplesecret" not in shown
