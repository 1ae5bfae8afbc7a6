"""What Slack sends the app: the payloads of commands, presses and events, field by field.

Source: docs.slack.dev/interactivity and docs.slack.dev/apis/events-api.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from bot.sandbox.conversation import Channel, Message
from bot.sandbox.model import Model
from bot.sandbox.people import Person

__all__ = ["app_mention", "block_actions", "event_callback", "message_payload", "slash_command"]

_TOKEN = "sandbox-verification"  # noqa: S105  # Slack's deprecated field; it proves nothing
_DOMAIN = "sandbox"


def slash_command(
    model: Model,
    person: Person,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger_id: str,
    response_url: str,
) -> dict[str, Any]:
    """A typed command. All values are strings, as in the form that HTTP carries."""
    return {
        "token": _TOKEN,
        "team_id": person.team_id,
        "team_domain": _DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.command_name,
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": model.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def block_actions(
    model: Model,
    person: Person,
    channel: Channel,
    message: Message,
    *,
    action: Mapping[str, Any],
    trigger_id: str,
    response_url: str,
) -> dict[str, Any]:
    """A press. An ephemeral message is named, but its content is not sent along."""
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "api_app_id": model.app.id,
        "token": _TOKEN,
        "container": _container(message),
        "trigger_id": trigger_id,
        "team": {"id": model.team_id, "domain": _DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": channel.command_name},
        "state": {"values": _chosen(action)},
        "response_url": response_url,
        "actions": [{**action, "action_ts": model.new_ts()}],
    }
    if message.only_for is None:
        payload["message"] = message_payload(model, message)
    return payload


def _chosen(action: Mapping[str, Any]) -> dict[str, Any]:
    """What the message's menus hold: the option that was just picked."""
    if "selected_option" not in action:
        return {}
    held = {"type": action["type"], "selected_option": action["selected_option"]}
    return {action["block_id"]: {action["action_id"]: held}}


def _container(message: Message) -> dict[str, Any]:
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel_id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return container


def app_mention(model: Model, person: Person, message: Message) -> dict[str, Any]:
    """The event of a message that names the bot; an edited one says so."""
    event: dict[str, Any] = {
        "type": "app_mention",
        "user": person.id,
        "text": message.text,
        "ts": message.ts,
        "team": person.team_id,
        "channel": message.channel_id,
        "event_ts": model.new_ts() if len(message.versions) > 1 else message.ts,
    }
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    if person.is_bot:
        event |= {"subtype": "bot_message", "bot_id": message.bot_id}
    if len(message.versions) > 1:
        event["edited"] = {"user": person.id, "ts": event["event_ts"]}
    return event


def event_callback(model: Model, event: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope of the Events API around one event."""
    return {
        "token": _TOKEN,
        "team_id": model.team_id,
        "api_app_id": model.app.id,
        "event": dict(event),
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(model.clock.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": model.team_id,
                "user_id": model.app.user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": secrets.token_hex(16),
    }


def message_payload(
    model: Model, message: Message, *, with_metadata: bool = False
) -> dict[str, Any]:
    """A message as the Web API and the payloads show it."""
    content = message.current.content
    payload: dict[str, Any] = {
        "type": "message",
        "user": message.author,
        "text": content.text,
        "ts": message.ts,
        "team": model.team_id,
    }
    if message.bot_id:
        payload |= {"bot_id": message.bot_id, "app_id": model.app.id}
    if content.blocks:
        payload["blocks"] = list(content.blocks)
    if content.attachments:
        payload["attachments"] = list(content.attachments)
    if message.thread_ts:
        payload["thread_ts"] = message.thread_ts
    if message.says_edited:
        payload["edited"] = {"user": message.author, "ts": f"{message.current.at:.6f}"}
    if with_metadata and content.metadata:
        payload["metadata"] = content.metadata
    return payload
