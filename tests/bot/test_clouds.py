"""The clouds' API over real sockets: what the vendors see, and incidents that can be played."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import httpx
import pytest
import pytest_asyncio

import bot.demo.clouds
from bot.demo.clouds import add_clouds
from bot.demo.clouds.words import MEANINGS, TITLES
from bot.demo.furniture import Scene
from bot.sandbox.page.guard import TOKEN_HEADER, Guard, new_token
from providers.catalogue import discover
from providers.simulator import Incident, Seen
from tests.bot.quick import QuickScene

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATIC = Path(bot.demo.clouds.__file__).parent / "static"
Json = dict[str, Any]

RESTART = "RestartLivePullStreamTask"


class Stand:
    """A demo with its clouds' API, and a browser that has the token."""

    def __init__(self, scene: Scene, guard: Guard, http: httpx.AsyncClient) -> None:
        self.scene = scene
        self.guard = guard
        self.http = http
        self._tasks = 0

    @property
    def url(self) -> str:
        return self.scene.workspace.url

    async def state(self, cloud: str = "tencent") -> Json:
        return of(await self.http.get("/clouds/state"), cloud)

    async def post(self, path: str, **body: object) -> httpx.Response:
        return await self.http.post(f"/clouds/{path}", json=body)

    async def new_task(self, **more: object) -> str:
        """A pull task of its own, so that tests do not meet."""
        self._tasks += 1
        task = f"9000{self._tasks}"
        answer = await self.post("tasks", cloud="tencent", kind="pull", id=task, **more)
        assert answer.status_code == 200, answer.text
        return task

    async def restart(self, task: str, word: str) -> str:
        """What the channel shows of a restart, once it shows this word."""
        slack = self.scene.workspace
        await slack.slash("ann", "#incidents", f"/stream restart tencent {task}")

        def shown() -> str | None:
            for message in slack.messages("#incidents"):
                if f"`{task}`" in message.screen and word in message.screen:
                    return message.screen
            return None

        found = await slack.wait_for(shown, seconds=20)
        assert found
        return found

    async def restarts_of(self, task: str) -> list[Json]:
        """The restarts of this task, oldest first. (The bot reads it as well, and goes on.)"""
        seen = [
            one for one in reversed((await self.state())["requests"]) if one["action"] == RESTART
        ]
        return [one for one in seen if one["parameters"].get("TaskId") == task]

    async def task(self, task: str) -> Json | None:
        tasks = (await self.state())["tasks"]
        return next((one for one in tasks if one["id"] == task), None)


def of(answer: httpx.Response, cloud: str) -> Json:
    """One vendor of an answer that tells the state."""
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json()["clouds"] if one["name"] == cloud)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)  # the command line does; slack_sdk would send loopback calls there
        # Streams come back as slowly as in the demo: "Accepted" stands long enough to be seen.
        database = tmp_path_factory.mktemp("clouds") / "demo.db"
        scene = QuickScene(database, recovery=4.0, vendor_seconds=2.0)
        guard = Guard(new_token())
        guard.watch(scene.workspace.web_app)
        add_clouds(scene.workspace.web_app, scene.clouds, guard)
        async with scene:
            headers = {TOKEN_HEADER: guard.token}
            async with httpx.AsyncClient(
                base_url=scene.workspace.url, headers=headers, trust_env=False
            ) as http:
                yield Stand(scene, guard, http)


@pytest_asyncio.fixture(loop_scope="module")
async def stand(shared_stand: Stand) -> AsyncIterator[Stand]:
    """The stand, calm before and after."""
    yield shared_stand
    for cloud in shared_stand.scene.clouds.values():
        cloud.clear()


# What is told


async def test_every_cloud_is_told_as_it_stands(stand: Stand) -> None:
    """Title, address, keys, quotas, tasks with their states, incidents: all vendors at once."""
    clouds = (await stand.http.get("/clouds/state")).json()["clouds"]
    assert {cloud["name"]: cloud["title"] for cloud in clouds} == {
        name: provider.title for name, provider in discover().providers.items()
    }
    tencent = await stand.state()
    assert tencent["url"] == stand.scene.clouds["tencent"].url
    assert tencent["keys"] == ["DEMO…"]
    changes = {
        "RestartLivePullStreamTask": 20,
        "ModifyLivePullStreamTask": 20,
        "DeleteLivePullStreamTask": 50,
        "StopStreamIngest": 20,
    }
    limits = {q["action"]: q["limit"] for q in tencent["quotas"]}
    assert limits.items() >= changes.items()
    assert all(name.startswith("Describe") for name in limits.keys() - changes.keys())
    assert await stand.task("1234") == {
        "kind": "ingest",
        "id": "1234",
        "region": "ap-singapore",
        "app": 1400000000,
        "name": "",
        "state": "InProgress",
        "means": "running",
    }
    assert tencent["incidents"] == {}


async def test_a_request_is_told_with_its_verdict(stand: Stand) -> None:
    """The book shows the same RequestId as the channel, who acted, the signature, the quota."""
    task = await stand.new_task()
    shown = await stand.restart(task, "Accepted")
    (request,) = await stand.restarts_of(task)
    assert f"RequestId `{request['request_id']}`" in shown
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", request.pop("at"))
    used = request.pop("used")
    assert 1 <= used <= 20
    assert request == {
        "action": "RestartLivePullStreamTask",
        "parameters": {"TaskId": task, "Operator": "slack:U123"},
        "request_id": request["request_id"],
        "key": "DEMO…",
        "signature": "ok",
        "verdict": "ok",
        "limit": 20,
        "answer": "sent",
    }


async def test_the_quota_is_that_of_the_last_second(stand: Stand) -> None:
    """The busiest key counts; older calls, and those that were not believed, do not."""
    cloud = stand.scene.clouds["volcengine"]
    calls = [(1.5, "A", 1), (0.5, "A", 1), (0.4, "B", 1), (0.3, "A", 2), (0.2, "A", 0)]
    now = time.monotonic()
    cloud.requests += [
        Seen(now - age, "StopPullRecordTask", {}, f"id-{age}", key, in_last_second=counted)
        for age, key, counted in calls
    ]
    try:
        quotas = (await stand.state("volcengine"))["quotas"]
        assert {"action": "StopPullRecordTask", "limit": 50, "used": 2} in quotas
        assert sum(quota["used"] for quota in quotas) == 2
    finally:
        del cloud.requests[-len(calls) :]


async def test_a_read_shows_its_quota_while_it_is_asked(stand: Stand) -> None:
    """Changes always, a read for a minute: the list stays short."""
    cloud = stand.scene.clouds["volcengine"]
    reads = [(61.0, "ListPullRecordTask"), (59.0, "GetPullRecordTask")]
    now = time.monotonic()
    cloud.requests += [Seen(now - age, action, {}, f"id-{age}") for age, action in reads]
    try:
        told = [quota["action"] for quota in (await stand.state("volcengine"))["quotas"]]
        assert told == [
            "StopPullRecordTask",
            "GetPullRecordTask",
            "StopPullToPushTask",
            "ContinuePullToPushTask",
            "DeletePullToPushTask",
        ]
    finally:
        del cloud.requests[-len(reads) :]


async def test_of_reads_that_are_alike_the_newest_is_told(stand: Stand) -> None:
    """What follows a task asks for ever the same, and would hide the change it is there for."""
    cloud = stand.scene.clouds["volcengine"]
    asked = [("StopPullRecordTask", "1")] * 2 + [("GetPullRecordTask", n) for n in "112"]
    cloud.requests += [
        Seen(time.monotonic(), action, {"TaskID": task}, f"id-{number}")
        for number, (action, task) in enumerate(asked)
    ]
    try:
        told = (await stand.state("volcengine"))["requests"]
        assert [one["request_id"] for one in told[:4]] == ["id-4", "id-3", "id-1", "id-0"]
    finally:
        del cloud.requests[-len(asked) :]


@pytest.mark.parametrize(
    ("authorization", "verdict"),
    [
        ("Basic x", "AuthFailure.InvalidAuthorization"),
        (
            f"TC3-HMAC-SHA256 Credential={'K' * 4000}/2025-01-01/live/tc3_request, "
            f"SignedHeaders=host, Signature={'0' * 64}",
            "AuthFailure.SecretIdNotFound",
        ),
    ],
)
async def test_junk_is_told_as_it_is_and_bounded(
    stand: Stand, authorization: str, verdict: str
) -> None:
    """A request that no vendor would take: not signed, cut short, and nothing breaks."""
    junk = {"X-TC-Action": "A" * 4000, "Authorization": authorization}
    body: Json = {f"{number}{'n' * 4000}": "v" * 4000 for number in range(20)} | {"deep": [[]]}
    await stand.http.post(stand.scene.clouds["tencent"].url, headers=junk, json=body)
    newest = (await stand.state())["requests"][0]
    assert (newest["signature"], newest["verdict"]) == ("refused", verdict)
    assert len(newest["action"]) <= 120
    assert len(newest["key"]) <= 5
    assert len(newest["parameters"]) <= 8
    assert all(len(name) + len(value) <= 240 for name, value in newest["parameters"].items())


async def test_no_secret_is_told(stand: Stand) -> None:
    """Not where it is kept, and not where somebody put it into a field of a request."""
    key, secret = "DEMOKEYID", "demo-key"
    cloud = stand.scene.clouds["tencent"]
    cloud.add_account("OTHERKEYID", "other-demo-secret", "other-demo-token")
    try:
        await stand.restart(secret, "Refused")
        told = [(await stand.http.get(f"/clouds/{path}")).text for path in ("state", "incidents")]
        async with stand_socket(stand) as socket:
            told.append((await heard(socket))[1])
    finally:
        del cloud.accounts["OTHERKEYID"]
    for text in told:
        for word in (key, secret, "OTHERKEYID", "other-demo-secret", "other-demo-token"):
            assert word not in text
    assert '"TaskId":"(hidden)"' in told[0]


async def test_an_address_in_a_request_is_hidden(stand: Stand) -> None:
    """A stream's address may carry its key."""
    parameters = {"ToUrl": "rtmp://push.example.com/live/streamkey", "Name": "x"}
    cloud = stand.scene.clouds["volcengine"]
    cloud.requests.append(Seen(time.monotonic(), "AnyAction", parameters, "id"))
    newest = (await stand.state("volcengine"))["requests"][0]
    del cloud.requests[-1]
    assert newest["parameters"] == {"ToUrl": "(hidden)", "Name": "x"}


# Incidents

LOST = ("hang", "drop", "gateway")


async def test_everything_can_be_played(stand: Stand) -> None:
    """Every incident of the simulators has a switch, with a title and a sentence."""
    playable = (await stand.http.get("/clouds/incidents")).json()["incidents"]
    assert {one["incident"] for one in playable} == set(Incident) == set(TITLES)
    assert all(one["title"] and one["about"] for one in playable)


@pytest.mark.parametrize(
    ("incident", "times", "word", "verdicts"),
    [
        ("throttle", 1, "Accepted", ["RequestLimitExceeded", "ok"]),
        ("arrears", None, "Refused", ["ResourceNotFound.StopService"]),
        ("permission", None, "Refused", ["UnauthorizedOperation"]),
        ("wrong-keys", None, "Refused", ["AuthFailure.SecretIdNotFound"]),
        ("clock", 1, "Accepted", ["AuthFailure.SignatureExpire", "ok"]),
        ("internal", None, "Unknown", ["InternalError"]),
        ("slow", 1, "Accepted", ["ok"]),
        ("hang", 1, "Unknown", ["ok"]),
        ("drop", 1, "Unknown", ["ok"]),
        ("gateway", 1, "Unknown", ["ok"]),
        ("not-back", 1, "Accepted", ["ok"]),
    ],
)
async def test_each_incident_is_seen_in_the_channel_and_in_the_book(
    stand: Stand, incident: str, times: int | None, word: str, verdicts: list[str]
) -> None:
    """A switch that is flipped here is an outcome there, and the vendor's book says why."""
    task = await stand.new_task()
    played = await stand.post("incident", cloud="tencent", incident=incident, times=times)
    assert of(played, "tencent")["incidents"] == {incident: times}
    shown = await stand.restart(task, word)
    requests = await stand.restarts_of(task)
    assert [request["verdict"] for request in requests] == verdicts
    assert requests[-1]["answer"] == (incident if incident in LOST else "sent")
    if verdicts[-1] != "ok":
        assert verdicts[-1] in shown
    believed = incident not in ("wrong-keys", "clock")
    assert (requests[0]["signature"] == "ok") is believed
    left = (await stand.state())["incidents"]
    assert left == ({} if times else {incident: None})


async def test_a_task_that_does_not_come_back_stays_away(stand: Stand) -> None:
    """Beside one that was restarted in peace and runs again."""
    lost, fine = await stand.new_task(), await stand.new_task()
    await stand.post("incident", cloud="tencent", incident="not-back", times=1)
    await stand.restart(lost, "Accepted")
    await stand.restart(fine, "Accepted")
    cloud = stand.scene.clouds["tencent"]
    cloud._now, real = lambda: real() + 60, cloud._now
    try:
        assert [cast("Json", await stand.task(t))["means"] for t in (lost, fine)] == [
            "no stream",
            "running",
        ]
    finally:
        cloud._now = real


async def test_incidents_are_played_where_they_are_asked_for(stand: Stand) -> None:
    """At one cloud or at all; ended one by one, by cloud, or all at once."""

    async def on() -> dict[str, list[str]]:
        clouds = (await stand.http.get("/clouds/state")).json()["clouds"]
        return {c["name"]: [*c["incidents"]] for c in clouds if c["incidents"]}

    await stand.post("incident", cloud=None, incident="slow")
    await stand.post("incident", cloud="tencent", incident="hang", times=7)
    assert await on() == {
        "alibaba": ["slow"],
        "tencent": ["slow", "hang"],
        "volcengine": ["slow"],
    }
    await stand.post("calm", cloud="tencent", incident="slow")
    await stand.post("calm", cloud="alibaba")
    assert await on() == {"tencent": ["hang"], "volcengine": ["slow"]}
    await stand.post("calm", cloud=None)
    assert await on() == {}


# Tasks


async def test_a_task_is_added_and_reset(stand: Stand) -> None:
    """It runs unless told otherwise; added once more, it is as new, and there is one of it."""
    task = await stand.new_task(name="stage two", region="ap-guangzhou", state="pause")
    assert await stand.task(task) == {
        "kind": "pull",
        "id": task,
        "region": "ap-guangzhou",
        "app": None,
        "name": "stage two",
        "state": "pause",
        "means": "stopped",
    }
    answer = await stand.post("tasks", cloud="tencent", kind="pull", id=task)
    same = [one for one in of(answer, "tencent")["tasks"] if one["id"] == task]
    assert [(one["state"], one["name"], one["region"]) for one in same] == [("active", "", "")]


async def test_a_task_ends_by_itself(stand: Stand) -> None:
    """`then` moves it on after its seconds, and the vendor answers accordingly."""
    then = {"state": "NotExist", "after": 0.05}
    fields = {"cloud": "tencent", "kind": "ingest", "id": "5005", "app": 1400000000}
    before = of(await stand.post("tasks", **fields, then=then), "tencent")
    assert next(t for t in before["tasks"] if t["id"] == "5005")["means"] == "running"
    async with stand_socket(stand) as socket:
        while True:
            clouds, _ = await heard(socket)
            tasks = [t for c in clouds if c["name"] == "tencent" for t in c["tasks"]]
            if any(t["id"] == "5005" and t["means"] == "not found" for t in tasks):
                return


async def test_every_state_of_the_demo_has_a_meaning(stand: Stand) -> None:
    """No seeded task is shown in the vendor's word alone."""
    clouds = (await stand.http.get("/clouds/state")).json()["clouds"]
    bare = [task for cloud in clouds for task in cloud["tasks"] if not task["means"]]
    assert not bare
    assert set(MEANINGS) <= {kind.where for kind in discover().kinds}


# What is refused


TASK: Json = {"cloud": "tencent", "kind": "pull", "id": "1"}
PLAY: Json = {"cloud": "tencent", "incident": "slow"}


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("incident", {"cloud": "tencent"}, 400, "incident: "),
        ("incident", {"incident": "slow"}, 400, "cloud: "),
        ("incident", {**PLAY, "cloud": "mars"}, 404, "alibaba, tencent, volcengine"),
        ("incident", {**PLAY, "cloud": ["tencent"]}, 400, "cloud: "),
        ("incident", {**PLAY, "incident": "fire"}, 400, "incident: "),
        ("incident", {**PLAY, "times": 0}, 400, "times: "),
        ("incident", {**PLAY, "times": 1001}, 400, "times: "),
        ("incident", {**PLAY, "times": "1"}, 400, "times: "),
        ("incident", {**PLAY, "times": True}, 400, "times: "),
        ("incident", {**PLAY, "more": 1}, 400, "more: "),
        ("calm", {"cloud": "mars"}, 404, "cloud: "),
        ("calm", {"cloud": None, "incident": "fire"}, 400, "incident: "),
        ("calm", {}, 400, "cloud: "),
        ("tasks", {**TASK, "cloud": "mars"}, 404, "cloud: "),
        ("tasks", {**TASK, "cloud": None}, 400, "cloud: "),
        ("tasks", {**TASK, "kind": "record"}, 400, "kind: tencent has pull, ingest"),
        ("tasks", {**TASK, "id": ""}, 400, "id: "),
        ("tasks", {**TASK, "id": "a b"}, 400, "id: "),
        ("tasks", {**TASK, "id": "1\n"}, 400, "id: "),
        ("tasks", {**TASK, "id": "１２３"}, 400, "id: "),
        ("tasks", {**TASK, "id": "1" * 201}, 400, "id: "),
        ("tasks", {**TASK, "name": "n" * 101}, 400, "name: "),
        ("tasks", {**TASK, "region": "ap guangzhou"}, 400, "region: "),
        ("tasks", {**TASK, "state": "lost"}, 400, "state: tencent:pull has active"),
        ("tasks", {**TASK, "app": 1400000000}, 400, "app: tencent:pull has none"),
        ("tasks", {**TASK, "kind": "ingest"}, 400, "app: tencent:ingest needs one"),
        ("tasks", {**TASK, "then": {"state": "active"}}, 400, "then.after: "),
        ("tasks", {**TASK, "then": {"state": "active", "after": -1}}, 400, "then.after: "),
        ("tasks", {**TASK, "then": {"state": "lost", "after": 1}}, 400, "state: "),
        ("tasks", {**TASK, "then": {"state": "", "after": 1}}, 400, "then.state: "),
        ("tasks", {**TASK, "more": {"a": 1}}, 400, "more: "),
    ],
)
async def test_a_request_that_is_not_in_form_changes_nothing(
    stand: Stand, path: str, body: Json, status: int, says: str
) -> None:
    """It is refused as a whole, and told which field is wrong and what would be right."""
    before = [(c.incidents.copy(), [*c.tasks]) for c in stand.scene.clouds.values()]
    answer = await stand.http.post(f"/clouds/{path}", json=body)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert before == [(c.incidents, c.tasks) for c in stand.scene.clouds.values()]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"cloud": NaN}', 400),
        (b'{"cloud": "tencent", "kind": "pull", "id": "1", "name": "\\ud800"}', 400),
        (b'{"a":' * 100_000, 400),
        (b" " * 1_100_000, 413),
    ],
)
async def test_bytes_that_are_no_request(stand: Stand, raw: bytes, status: int) -> None:
    """Broken, deep and endless bodies are refused, in the same form as everything else."""
    headers = {"Content-Type": "application/json"}
    answer = await stand.http.post("/clouds/tasks", content=raw, headers=headers)
    assert answer.status_code == status
    assert 0 < len(answer.json()["error"]) < 500


async def test_a_cloud_does_not_grow_without_end(stand: Stand) -> None:
    """At 500 tasks one more is refused; one that is there may still be reset."""
    cloud = stand.scene.clouds["volcengine"]
    kept = [*cloud.tasks]
    try:
        for number in range(500 - len(kept)):
            cloud.tasks.append(type(kept[0])(kind="record", id=f"full-{number}", state="停用"))
        one_more = await stand.post("tasks", cloud="volcengine", kind="record", id="one-more")
        assert one_more.status_code == 409
        again = await stand.post("tasks", cloud="volcengine", kind="record", id="full-1")
        assert again.status_code == 200
    finally:
        cloud.tasks[:] = kept


# Who may


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({TOKEN_HEADER: ""}, 401),
        ({TOKEN_HEADER: "guess"}, 401),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
async def test_another_page_drives_nothing(
    stand: Stand, headers: dict[str, str], status: int
) -> None:
    """Without the token, from another origin, under another name, or as a form would send it."""
    body = b'{"cloud": "tencent", "incident": "slow"}'
    sent = {"Content-Type": "application/json", **headers}
    answer = await stand.http.post("/clouds/incident", content=body, headers=sent)
    assert answer.status_code == status
    assert stand.scene.clouds["tencent"].incidents == {}
    if status != 415:
        read = await stand.http.get("/clouds/state", headers=headers)
        assert read.status_code == status
        assert "clouds" not in read.json()


# The socket


@asynccontextmanager
async def stand_socket(
    stand: Stand, token: str | None = None, **headers: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket that has said a token."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{stand.url}/clouds/socket", headers=headers) as socket,
    ):
        await socket.send_json({"token": stand.guard.token if token is None else token})
        yield socket


async def heard(socket: aiohttp.ClientWebSocketResponse) -> tuple[list[Json], str]:
    """The clouds of the next message, and the message itself."""
    text = await socket.receive_str(timeout=10)
    return json.loads(text)["clouds"], text


async def test_the_socket_tells_what_changes(stand: Stand) -> None:
    """All at first; then the cloud that has changed, and no other."""
    async with stand_socket(stand) as socket:
        first, _ = await heard(socket)
        assert [cloud["name"] for cloud in first] == [*stand.scene.clouds]
        await stand.post("incident", cloud="volcengine", incident="slow", times=2)
        names = {"tencent"}  # which the bot may still read, to follow a task
        while names == {"tencent"}:
            changed, _ = await heard(socket)
            names = {cloud["name"] for cloud in changed}
        assert names - {"tencent"} == {"volcengine"}
        told = next(cloud for cloud in changed if cloud["name"] == "volcengine")
        assert told["incidents"] == {"slow": 2}


async def test_a_restart_is_seen_to_go_and_come_back(stand: Stand) -> None:
    """Watched through the socket, a restarted task has no stream, and then runs again."""
    task = await stand.new_task()
    cloud = cast("Any", stand.scene.clouds["tencent"])
    cloud.recovery, usual = 0.6, cloud.recovery
    moves: list[str] = []
    try:
        async with stand_socket(stand) as socket, asyncio.timeout(15):
            await stand.restart(task, "Running again")
            while moves[-2:] != ["no stream", "running"]:
                for cloud_now in (await heard(socket))[0]:
                    moves += [t["means"] for t in cloud_now["tasks"] if t["id"] == task]
    finally:
        cloud.recovery = usual
    assert moves[0] in ("running", "no stream")


async def test_a_socket_without_the_token_hears_nothing(stand: Stand) -> None:
    """It is closed with a code that the page understands."""
    async with stand_socket(stand, token="guess") as socket:
        message = await socket.receive(timeout=5)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4401


async def test_a_socket_of_another_origin_is_not_opened(stand: Stand) -> None:
    """Even with the token."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with stand_socket(stand, Origin="http://evil.example"):
            pass
    assert refused.value.status == 403


# The page's files


async def test_the_page_is_served_with_its_policy(stand: Stand) -> None:
    """The page and all that it loads come from here, and the browser is told to allow no more."""
    page = await stand.http.get("/clouds/", headers={TOKEN_HEADER: ""})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    for path in re.findall(r'(?:src|href)="(/clouds/[^"]+)"', page.text):
        assert (await stand.http.get(path, headers={TOKEN_HEADER: ""})).status_code == 200


async def test_text_never_becomes_markup() -> None:
    """No file of the page writes markup from text, runs text, or holds code within the HTML."""
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|srcdoc")
    files = [*STATIC.glob("*.js"), *STATIC.glob("*.html")]
    assert len(files) > 5
    assert [file.name for file in files if forbidden.search(file.read_text())] == []
    html = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", html)
