"""What goes wrong on request, as Slack's own client sees it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import (
    Change,
    ChangeKind,
    Drop,
    Hold,
    Limits,
    ManualClock,
    RateLimit,
    Receipt,
    Refuse,
    Slow,
    Status,
    Workspace,
)

POST = "chat.postMessage"


@pytest.fixture
def client(client: AsyncWebClient) -> AsyncWebClient:
    """Without the SDK's own retry of a broken connection."""
    client.retry_handlers.clear()
    return client


def texts(workspace: Workspace) -> list[str]:
    return [message.text for message in workspace.messages("incidents")]


async def test_the_answer_is_lost(workspace: Workspace, client: AsyncWebClient) -> None:
    """The post is there although its caller sees a broken connection; once."""
    workspace.faults.play(Drop(), POST, times=1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="one")
    assert texts(workspace) == ["one"]
    assert workspace.calls_of(POST)[0].arguments["text"] == "one"


async def test_the_sdk_posts_twice(workspace: Workspace, client: AsyncWebClient) -> None:
    """The known fault of the SDK's default retry is reproduced: one call, two posts."""
    workspace.limits = Limits(post_burst=2)
    at_once = FixedValueRetryIntervalCalculator(fixed_internal=0)
    client.retry_handlers.append(
        AsyncConnectionErrorRetryHandler(max_retry_count=1, interval_calculator=at_once)
    )
    workspace.faults.play(Drop(), POST, times=1)
    await client.chat_postMessage(channel="C1", text="one")
    assert texts(workspace) == ["one", "one"]


async def test_lost_on_the_way(workspace: Workspace, client: AsyncWebClient) -> None:
    """A connection can break before Slack did anything; the request is recorded all the same."""
    workspace.faults.play(Drop(processed=False), POST, times=1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="one")
    assert texts(workspace) == []
    (call,) = workspace.calls_of(POST)
    assert (call.arguments["text"], call.answer) == ("one", None)


async def test_server_errors(workspace: Workspace, client: AsyncWebClient) -> None:
    """A status is played so many times, for its method only, and nothing is done."""
    workspace.faults.play(Status(500), POST, times=2)
    await client.users_info(user="U1")
    for _ in range(2):
        with pytest.raises(SlackApiError) as error:
            await client.chat_postMessage(channel="C1", text="one")
        assert error.value.response.status_code == 500
    await client.chat_postMessage(channel="C1", text="one")
    assert texts(workspace) == ["one"]


async def test_rate_limits(workspace: Workspace, client: AsyncWebClient) -> None:
    """A 429 carries Retry-After, as often as it is played, and nothing is done."""
    workspace.faults.play(RateLimit(retry_after=7), POST, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError, match="ratelimited") as error:
            await client.chat_postMessage(channel="C1", text="one")
        assert error.value.response.status_code == 429
        assert error.value.response.headers["Retry-After"] == "7"
    await client.chat_postMessage(channel="C1", text="one")
    assert texts(workspace) == ["one"]


async def test_a_refusal(workspace: Workspace, client: AsyncWebClient) -> None:
    """Any error name of Slack's can be answered, until it is cleared."""
    workspace.faults.play(Refuse("plan_upgrade_required"), "usergroups.list")
    for _ in range(2):
        with pytest.raises(SlackApiError, match="plan_upgrade_required"):
            await client.usergroups_list()
    workspace.faults.clear("usergroups.list")
    assert (await client.usergroups_list())["ok"]


async def test_slow(workspace: Workspace, client: AsyncWebClient, clock: ManualClock) -> None:
    """A slow call is done only when its time has come, on the workspace's clock."""
    workspace.faults.play(Slow(30), POST, times=1)
    post = asyncio.create_task(client.chat_postMessage(channel="C1", text="one"))
    await clock.asleep()
    await clock.advance(29)
    assert texts(workspace) == []
    await clock.advance(1)
    await post
    assert texts(workspace) == ["one"]


async def test_held(workspace: Workspace, client: AsyncWebClient) -> None:
    """A held call is done at once; its answer waits until it is let go."""
    hold = Hold()
    workspace.faults.play(hold, POST, times=1)
    post = asyncio.create_task(client.chat_postMessage(channel="C1", text="one"))
    await workspace.wait_for(lambda: texts(workspace) == ["one"])
    await client.auth_test()  # long enough for an answer to come
    assert not post.done()
    hold.release()
    assert (await post)["ok"]


async def test_away(workspace: Workspace, client: AsyncWebClient) -> None:
    """While Slack is away nothing is answered, sockets included; then it is back."""
    workspace.faults.away()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.auth_test()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.apps_connections_open(app_token=workspace.app.app_token)
    workspace.faults.back()
    assert (await client.auth_test())["ok"]


async def test_faults_in_turn(workspace: Workspace, client: AsyncWebClient) -> None:
    """Several faults for one method are played one after the other."""
    workspace.faults.play(Refuse("first"), POST, times=1)
    workspace.faults.play(Refuse("second"), POST, times=1)
    for error in ("first", "second"):
        with pytest.raises(SlackApiError, match=error):
            await client.chat_postMessage(channel="C1", text="x")


async def test_stopping_lets_go() -> None:
    """A workspace that stops does not wait for what it holds back."""
    async with Workspace() as workspace:
        workspace.faults.play(Hold(), "auth.test")
        client = AsyncWebClient(token=workspace.app.bot_token, base_url=workspace.api_url)
        call = asyncio.create_task(client.auth_test())
        await workspace.wait_for(lambda: workspace.calls and workspace.calls[0].answer)
    assert (await call)["ok"]


async def test_every_change_is_told(workspace: Workspace, client: AsyncWebClient) -> None:
    """A listener's queue has each change in its order, with its message."""
    with workspace.feed.queue() as changes:
        posted = await client.chat_postMessage(channel="C1", text="one")
        await client.chat_update(channel="C1", ts=posted["ts"], text="two")
        await client.chat_delete(channel="C1", ts=posted["ts"])
        await client.views_publish(user_id="U1", view={"type": "home", "blocks": []})
        workspace.add_person("zoe")
        workspace.invite("ops")
        seen = [changes.get_nowait() for _ in range(changes.qsize())]
    workspace.add_person("too late")
    assert changes.empty()
    assert [change.kind for change in seen if change.kind is not ChangeKind.CALLED] == [
        ChangeKind.POSTED,
        ChangeKind.EDITED,
        ChangeKind.DELETED,
        ChangeKind.VIEW,
        ChangeKind.PEOPLE,
        ChangeKind.CHANNELS,
    ]
    told = [change.message for change in seen if change.message]
    assert {message.ts for message in told} == {posted["ts"]}


async def test_a_delivery_is_told_with_its_outcome(workspace: Workspace) -> None:
    """Who hears of a delivery can read from it what the person saw."""
    heard: list[str] = []

    def listen(change: Change) -> None:
        if change.kind is ChangeKind.DELIVERED and isinstance(change.about, Receipt):
            heard.append(change.about.shown)

    workspace.feed.listen(listen)
    receipt = await workspace.slash("ann", "incidents", "/stream")
    assert heard == [receipt.shown] != [""]


async def test_waiting_in_vain(workspace: Workspace) -> None:
    """What never comes is a TimeoutError that shows what there is instead."""
    await workspace.say("ann", "incidents", "something else")
    with pytest.raises(TimeoutError, match=r"\[incidents\] something else"):
        await workspace.wait_for(lambda: workspace.messages("ops"), seconds=0.01)
