"""The Web API, called with Slack's own client and in each argument style."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Limits, ManualClock, Workspace

SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}
NO_LIMITS = Limits(posts_per_second=1000, post_burst=1000, per_minute={})


@pytest.fixture
async def workspace(workspace: Workspace) -> Workspace:
    """Without limits: they have their own tests."""
    workspace.limits = NO_LIMITS
    return workspace


async def refused(call: Any) -> Any:
    """The body of a refusal at HTTP 200."""
    with pytest.raises(SlackApiError) as error:
        await call
    assert error.value.response.status_code == 200
    return error.value.response.data


async def test_auth_test(workspace: Workspace, client: AsyncWebClient) -> None:
    """auth.test names team, user and bot, and the scopes in a header."""
    answer = await client.auth_test()
    assert answer["team_id"] == workspace.model.team_id
    assert (answer["user_id"], answer["bot_id"]) == (workspace.app.user_id, workspace.app.bot_id)
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", "not_authed"),
        ("xoxb-other", "invalid_auth"),
        ("xapp-sandbox", "not_allowed_token_type"),
    ],
)
async def test_tokens(workspace: Workspace, token: str, error: str) -> None:
    """A missing, a wrong and the other kind of token are told apart."""
    client = AsyncWebClient(token=token, base_url=workspace.api_url)
    assert (await refused(client.auth_test()))["error"] == error


async def test_the_app_token_opens_connections_only(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    """apps.connections.open takes the app's token and no bot token."""
    right = await client.apps_connections_open(app_token=workspace.app.app_token)
    assert right["url"].startswith("ws://127.0.0.1:")
    wrong = client.apps_connections_open(app_token=workspace.app.bot_token)
    assert (await refused(wrong))["error"] == "not_allowed_token_type"


ARGUMENTS = {"channel": "C1", "text": "a & b", "blocks": [SECTION]}
FLAT = {**ARGUMENTS, "blocks": json.dumps([SECTION])}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("query", "body", "content_type"),
    [
        ({}, json.dumps(ARGUMENTS), "application/json;charset=utf-8"),
        ({}, urlencode(FLAT), FORM),
        (FLAT, "", FORM),
    ],
    ids=["json", "form", "query with an empty body"],
)
async def test_argument_styles(
    workspace: Workspace,
    session: aiohttp.ClientSession,
    query: dict[str, str],
    body: str,
    content_type: str,
) -> None:
    """JSON, form and query say the same; the call is recorded without its token."""
    headers = {"Authorization": "Bearer xoxb-sandbox", "Content-Type": content_type}
    url = f"{workspace.api_url}chat.postMessage"
    async with session.post(url, params=query, data=body, headers=headers) as response:
        assert (await response.json())["ok"] is True
    (call,) = workspace.calls_of("chat.postMessage")
    assert call.arguments == ARGUMENTS
    assert workspace.messages("incidents")[0].text == "a & b"


async def test_a_token_among_the_arguments(
    workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    """The old way to send a token works, and the record does not keep it."""
    params = {"token": "xoxb-sandbox", "user": "U1"}
    async with session.get(f"{workspace.api_url}users.info", params=params) as response:
        assert (await response.json())["user"]["id"] == "U1"
    assert workspace.calls[0].arguments == {"user": "U1"}


@pytest.mark.parametrize(
    ("body", "error"),
    [("{", "invalid_json"), ("[" * 100_000, "invalid_json"), ("[]", "json_not_object")],
    ids=["cut", "deep", "array"],
)
async def test_broken_json(
    workspace: Workspace, session: aiohttp.ClientSession, body: str, error: str
) -> None:
    """A body that is no JSON object is refused, and recorded all the same."""
    headers = {"Content-Type": "application/json"}
    url = f"{workspace.api_url}chat.postMessage"
    async with session.post(url, data=body, headers=headers) as response:
        assert (await response.json())["error"] == error
    assert workspace.calls[0].error == error


async def test_where_the_bot_may_post(workspace: Workspace, client: AsyncWebClient) -> None:
    """Members only; a public channel says so, and a private one or a DM of others is not there."""
    workspace.add_channel("open", id="C3", with_bot=False)
    theirs = workspace.direct_messages("ann", "bob").id
    for channel, error in [
        ("C3", "not_in_channel"),
        ("C2", "channel_not_found"),
        (theirs, "channel_not_found"),
        ("C404", "channel_not_found"),
    ]:
        data = await refused(client.chat_postMessage(channel=channel, text="x"))
        assert (channel, data["error"]) == (channel, error)
    workspace.app.scopes.add("chat:write.public")
    assert (await client.chat_postMessage(channel="#open", text="x"))["channel"] == "C3"
    workspace.invite("ops")
    assert (await client.chat_postMessage(channel="C2", text="x"))["ok"]
    workspace.remove("ops")
    assert (await refused(client.chat_postMessage(channel="C2", text="x")))["error"]
    workspace.model.channel("open").archived = True
    assert (await refused(client.chat_postMessage(channel="C3", text="x")))["error"] == (
        "is_archived"
    )


async def test_direct_messages(workspace: Workspace, client: AsyncWebClient) -> None:
    """A DM is opened once, and a person's id is another way to name it."""
    opened = (await client.conversations_open(users="U1"))["channel"]["id"]
    again = (await client.conversations_open(users=["U1"]))["channel"]["id"]
    posted = await client.chat_postMessage(channel="U1", text="For you")
    assert opened == again == posted["channel"]
    assert workspace.messages(opened)[0].text == "For you"
    for users, error in [("U404", "user_not_found"), ("", "not_enough_users")]:
        assert (await refused(client.conversations_open(users=users)))["error"] == error
    bot = client.conversations_open(users=workspace.app.user_id)
    assert (await refused(bot))["error"] == "cannot_dm_bot"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({}, "no_text"),
        ({"text": "x", "blocks": [{"type": "nothing"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": "x"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        (
            {"blocks": [{**SECTION, "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5},
            "msg_blocks_too_long",
        ),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x", "attachments": [{"blocks": [{}]}]}, "invalid_blocks"),
        ({"text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    ],
)
async def test_content_that_slack_refuses(
    workspace: Workspace, client: AsyncWebClient, content: dict[str, Any], error: str
) -> None:
    """What cannot be a message is refused by name, and nothing is posted."""
    arguments = {"channel": "C1", **content}
    data = await refused(client.api_call("chat.postMessage", json=arguments))
    assert data["error"] == error
    if error == "invalid_blocks":
        assert data["response_metadata"]["messages"][0].startswith("[ERROR] ")
    assert workspace.messages("incidents") == []


async def test_long_texts(workspace: Workspace, client: AsyncWebClient) -> None:
    """A new message is cut at 40,000 characters; an edit may have 4,000."""
    posted = await client.chat_postMessage(channel="C1", text="x" * 40_001)
    assert len(workspace.messages("incidents")[0].text) == 40_000
    ts = posted["ts"]
    await client.chat_update(channel="C1", ts=ts, text="x" * 4_000)
    data = await refused(client.chat_update(channel="C1", ts=ts, text="x" * 4_001))
    assert data["error"] == "msg_too_long"


async def test_updates(workspace: Workspace, client: AsyncWebClient, clock: ManualClock) -> None:
    """Each version is kept with its time; a text drops the blocks, blocks alone keep the text."""
    metadata = {"event_type": "op", "event_payload": {"id": "1"}}
    posted = await client.chat_postMessage(
        channel="C1", text="one", blocks=[SECTION], metadata=metadata
    )
    ts = posted["ts"]
    await clock.advance(5)
    await client.api_call(
        "chat.update", json={"channel": "C1", "ts": ts, "blocks": [SECTION, {"type": "divider"}]}
    )
    (message,) = workspace.messages("incidents")
    assert (message.text, len(message.blocks), message.says_edited) == ("one", 2, False)
    assert message.versions[1].at - message.versions[0].at == 5
    await client.chat_update(channel="C1", ts=ts, text="two")
    assert (message.blocks, message.says_edited) == ((), True)
    assert [v.content.text for v in message.versions] == ["one", "one", "two"]
    assert message.metadata == metadata
    await client.chat_update(channel="C1", ts=ts, text="three", metadata={})
    assert message.metadata is None


async def test_what_cannot_be_updated(workspace: Workspace, client: AsyncWebClient) -> None:
    """Only the bot's own, visible messages can be changed or deleted."""
    said = await workspace.say("ann", "incidents", "mine")
    assert said.message is not None
    ephemeral = await client.chat_postEphemeral(channel="C1", user="U1", text="secret")
    for ts, error in [
        (said.message.ts, "cant_update_message"),
        (ephemeral["message_ts"], "message_not_found"),
        ("1.000001", "message_not_found"),
    ]:
        data = await refused(client.chat_update(channel="C1", ts=ts, text="x"))
        assert (ts, data["error"]) == (ts, error)
    data = await refused(client.chat_delete(channel="C1", ts=said.message.ts))
    assert data["error"] == "cant_delete_message"
    posted = await client.chat_postMessage(channel="C1", text="gone soon")
    await client.chat_delete(channel="C1", ts=posted["ts"])
    assert [m.text for m in workspace.messages("incidents")] == ["mine"]
    data = await refused(client.chat_update(channel="C1", ts=posted["ts"], text="x"))
    assert data["error"] == "message_not_found"


async def test_ephemerals(workspace: Workspace, client: AsyncWebClient) -> None:
    """An ephemeral message is for one member of the channel, and for nobody else."""
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst")
    assert [m.text for m in workspace.ephemerals("ann", "incidents")] == ["psst"]
    assert workspace.ephemerals("bob", "incidents") == []
    workspace.remove("incidents", "bob")
    data = await refused(client.chat_postEphemeral(channel="C1", user="U2", text="psst"))
    assert data["error"] == "user_not_in_channel"


async def test_threads(workspace: Workspace, client: AsyncWebClient) -> None:
    """A reply is in its thread, also when it names another reply; a broadcast is in both."""
    parent = (await client.chat_postMessage(channel="C1", text="parent"))["ts"]
    reply = await client.chat_postMessage(channel="C1", text="reply", thread_ts=parent)
    await client.chat_postMessage(channel="C1", text="second", thread_ts=reply["ts"])
    await client.chat_postMessage(channel="C1", text="loud", thread_ts=parent, reply_broadcast=True)
    assert [m.text for m in workspace.messages("incidents")] == ["parent", "loud"]
    first = workspace.messages("incidents")[0]
    assert [m.text for m in workspace.thread(first)] == ["reply", "second", "loud"]


async def test_permalinks(workspace: Workspace, client: AsyncWebClient) -> None:
    """A permalink names channel and message, and for a reply its thread."""
    parent = (await client.chat_postMessage(channel="C1", text="parent"))["ts"]
    reply = (await client.chat_postMessage(channel="C1", text="x", thread_ts=parent))["ts"]
    link = (await client.chat_getPermalink(channel="C1", message_ts=parent))["permalink"]
    assert link == f"{workspace.url}/archives/C1/p{parent.replace('.', '')}"
    link = (await client.chat_getPermalink(channel="C1", message_ts=reply))["permalink"]
    assert link.endswith(f"?thread_ts={parent}&cid=C1")
    data = await refused(client.chat_getPermalink(channel="C1", message_ts="1.1"))
    assert data["error"] == "message_not_found"


async def test_people(workspace: Workspace, client: AsyncWebClient) -> None:
    """users.info tells guests, bots, deactivated people and strangers apart."""
    workspace.add_person("guest", id="U5", is_restricted=True)
    workspace.add_person("one", id="U6", is_ultra_restricted=True)
    workspace.add_person("gone", id="U7", deleted=True)
    facts = ("is_restricted", "is_ultra_restricted", "deleted", "is_bot", "is_stranger")
    for user, expected in {
        "U1": (),
        "U3": ("is_stranger",),
        "U5": ("is_restricted",),
        "U6": ("is_restricted", "is_ultra_restricted"),
        "U7": ("deleted",),
        workspace.app.user_id: ("is_bot",),
    }.items():
        person = (await client.users_info(user=user))["user"]
        assert tuple(fact for fact in facts if person[fact]) == expected
    assert (await client.users_info(user="U3"))["user"]["team_id"] == "T9"
    assert (await refused(client.users_info(user="U404")))["error"] == "user_not_found"


async def test_user_groups(workspace: Workspace, client: AsyncWebClient) -> None:
    """Groups come with handle and, if asked for, members; a disabled one is left out."""
    group = workspace.add_group("oncall", ["ann", "bob"], id="S1")
    (plain,) = (await client.usergroups_list())["usergroups"]
    (full,) = (await client.usergroups_list(include_users=True))["usergroups"]
    assert ("users" in plain, full["users"], full["handle"]) == (False, ["U1", "U2"], "oncall")
    group.members.remove("U2")
    assert (await client.usergroups_users_list(usergroup="S1"))["users"] == ["U1"]
    data = await refused(client.usergroups_users_list(usergroup="S9"))
    assert data["error"] == "no_such_subteam"
    group.disabled = True
    assert (await client.usergroups_list())["usergroups"] == []


async def test_scopes(workspace: Workspace, client: AsyncWebClient) -> None:
    """A call without its scope says what is needed, and works once it is granted."""
    calls = [
        ("channels:history", "conversations.history"),
        ("channels:read", "conversations.info"),
    ]
    for scope, method in calls:
        arguments = {"channel": "C1"}
        data = await refused(client.api_call(method, params=arguments))
        assert (data["error"], data["needed"]) == ("missing_scope", scope)
        assert "chat:write" in data["provided"].split(",")
        workspace.app.scopes.add(scope)
        assert (await client.api_call(method, params=arguments))["ok"]
    workspace.app.scopes.clear()
    data = await refused(client.users_info(user="U1"))
    assert data["needed"] == "users:read"


async def test_history(workspace: Workspace, client: AsyncWebClient) -> None:
    """History is newest first, without ephemerals, with metadata only if asked for."""
    workspace.app.scopes.add("channels:history")
    metadata = {"event_type": "op", "event_payload": {"id": "1"}}
    first = (await client.chat_postMessage(channel="C1", text="a", metadata=metadata))["ts"]
    await client.chat_postMessage(channel="C1", text="b")
    await client.chat_postEphemeral(channel="C1", user="U1", text="c")
    await client.chat_postMessage(channel="C1", text="reply", thread_ts=first)

    history = await client.conversations_history(channel="C1", include_all_metadata=True)
    assert [m["text"] for m in history["messages"]] == ["b", "a"]
    assert history["messages"][1]["metadata"] == metadata
    page = await client.conversations_history(channel="C1", limit=1)
    assert ([m["text"] for m in page["messages"]], page["has_more"]) == (["b"], True)
    later = await client.conversations_history(channel="C1", oldest=first)
    assert [m["text"] for m in later["messages"]] == ["b"]
    both = await client.conversations_history(channel="C1", oldest=first, inclusive=True)
    assert [m["text"] for m in both["messages"]] == ["b", "a"]
    assert "metadata" not in both["messages"][1]
    replies = await client.conversations_replies(channel="C1", ts=first)
    assert [m["text"] for m in replies["messages"]] == ["a", "reply"]


async def test_history_is_for_members(workspace: Workspace, client: AsyncWebClient) -> None:
    """A public channel's messages are read by members only."""
    workspace.app.scopes.add("channels:history")
    workspace.remove("incidents")
    assert (await refused(client.conversations_history(channel="C1")))["error"] == "not_in_channel"


async def test_channel_facts(workspace: Workspace, client: AsyncWebClient) -> None:
    """conversations.info knows kinds and membership, and hides what the bot cannot see."""
    workspace.app.scopes |= {"channels:read", "im:read"}
    channel = (await client.conversations_info(channel="C1"))["channel"]
    assert (channel["name"], channel["is_member"], channel["is_private"]) == (
        "incidents",
        True,
        False,
    )
    dm = workspace.direct_messages("ann", with_bot=True)
    assert (await client.conversations_info(channel=dm.id))["channel"]["user"] == "U1"
    assert (await refused(client.conversations_info(channel="C2")))["error"] == (
        "channel_not_found"
    )


async def test_views(workspace: Workspace, client: AsyncWebClient, clock: ManualClock) -> None:
    """A Home tab is kept per person; a modal needs a fresh trigger_id, once."""
    await client.views_publish(user_id="U1", view={"type": "home", "blocks": [SECTION]})
    assert workspace.model.homes["U1"].view["blocks"] == [SECTION]
    bad = client.views_publish(user_id="U1", view={"type": "home", "blocks": [{"type": "x"}]})
    data = await refused(bad)
    assert data["error"] == "invalid_arguments"
    assert "/view/blocks/0/type" in data["response_metadata"]["messages"][0]
    old = client.views_publish(user_id="U1", hash="0", view={"type": "home", "blocks": []})
    assert (await refused(old))["error"] == "hash_conflict"

    other = client.views_publish(user_id="U1", view={"type": "modal", "blocks": []})
    assert "/view/type" in (await refused(other))["response_metadata"]["messages"][0]

    title = {"type": "plain_text", "text": "Title"}
    modal = {"type": "modal", "title": title, "blocks": [SECTION]}
    trigger = (await workspace.slash("ann", "ops", "/x")).trigger_id
    await client.views_open(trigger_id=trigger, view=modal)
    assert workspace.model.modals[0].user_id == "U1"
    late = (await workspace.slash("ann", "ops", "/x")).trigger_id
    await clock.advance(3.1)
    for trigger_id, error in [
        (trigger, "exchanged_trigger_id"),
        (late, "expired_trigger_id"),
        ("made up", "invalid_arguments"),
    ]:
        data = await refused(client.views_open(trigger_id=trigger_id, view=modal))
        assert data["error"] == error


async def test_unknown_methods(client: AsyncWebClient) -> None:
    """A method that is not there says so."""
    assert (await refused(client.api_call("stream.restart")))["error"] == "unknown_method"


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list", "chat.getPermalink"])
async def test_missing_arguments(client: AsyncWebClient, method: str) -> None:
    """A call without what it needs is refused, whatever it needs."""
    data = await refused(client.api_call(method, params={"channel": "C1"}))
    assert data["error"] == "invalid_arguments"
