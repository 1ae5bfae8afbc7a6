"""How often the app may call: exact, on a clock that stands still."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import SLACK_TIERS, Limits, ManualClock, Workspace
from bot.sandbox.errors import RateLimited
from bot.sandbox.limits import RateMeter


def test_one_post_a_second() -> None:
    """One post a second in each channel; the next is told how long to wait."""
    meter = RateMeter(Limits())
    meter.count_post("C1", 0.0)
    meter.count_post("C2", 0.0)
    with pytest.raises(RateLimited) as limited:
        meter.count_post("C1", 0.9)
    assert limited.value.retry_after == 1
    meter.count_post("C1", 0.96)  # a caller who paces exactly arrives a little early at times
    meter.count_post("C1", 2.0)
    with pytest.raises(RateLimited):
        meter.count_post("C1", 2.5)


def test_a_burst() -> None:
    """A burst may be allowed; what it took comes back at the same rate."""
    meter = RateMeter(Limits(post_burst=3))
    for _ in range(3):
        meter.count_post("C1", 0.0)
    with pytest.raises(RateLimited):
        meter.count_post("C1", 0.5)
    meter.count_post("C1", 1.0)
    with pytest.raises(RateLimited):
        meter.count_post("C1", 1.5)


def test_so_many_a_minute() -> None:
    """Fifty updates in any sliding minute; refused calls cost nothing."""
    meter = RateMeter(Limits())
    for second in range(50):
        meter.count_call("chat.update", float(second))
    for _ in range(3):
        with pytest.raises(RateLimited) as limited:
            meter.count_call("chat.update", 49.5)
        assert limited.value.retry_after == 11
    meter.count_call("chat.update", 60.0)
    with pytest.raises(RateLimited):
        meter.count_call("chat.update", 60.5)
    meter.count_call("users.info", 60.5)


async def test_on_the_wire(
    workspace: Workspace, client: AsyncWebClient, clock: ManualClock
) -> None:
    """Too many is HTTP 429 with Retry-After, nothing is posted, and after it all is well."""
    await client.chat_postMessage(channel="C1", text="one")
    with pytest.raises(SlackApiError) as error:
        await client.chat_postMessage(channel="C1", text="two")
    response = error.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert response.headers["Retry-After"] == "1"
    assert [m.text for m in workspace.messages("incidents")] == ["one"]
    assert workspace.calls[-1].error == "ratelimited"
    await clock.advance(1)
    await client.chat_postMessage(channel="C1", text="two")


async def test_all_tiers(client: AsyncWebClient, workspace: Workspace) -> None:
    """Slack's published tiers can be switched on for every method."""
    workspace.limits = Limits(per_minute=SLACK_TIERS)
    for _ in range(20):
        await client.usergroups_list()
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.usergroups_list()
