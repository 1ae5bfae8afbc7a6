"""The arguments of a call, in each of the ways that Slack's clients send them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.errors import SlackError, invalid_arguments

__all__ = ["flag", "read_arguments", "required"]

_JSON_FIELDS = ("blocks", "attachments", "metadata", "view")


async def read_arguments(request: web.Request) -> dict[str, Any]:
    """From the query, a form or a JSON body; structured form fields are JSON themselves.

    Raises SlackError: invalid_json, json_not_object, invalid_blocks_format, ...
    """
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        arguments |= await _json_body(request)
    elif request.method == "POST":
        arguments |= {name: str(value) for name, value in (await request.post()).items()}
    for name in _JSON_FIELDS:
        if isinstance(arguments.get(name), str):
            arguments[name] = _decoded(name, arguments[name])
    return arguments


async def _json_body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text() or "{}")
    except (ValueError, RecursionError) as broken:
        raise SlackError("invalid_json") from broken
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def _decoded(name: str, value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as broken:
        raise SlackError(f"invalid_{name}_format") from broken


def required(arguments: Mapping[str, Any], name: str) -> str:
    """An argument that must be there. Raises SlackError invalid_arguments."""
    value = arguments.get(name)
    if value in (None, ""):
        raise invalid_arguments(f"[ERROR] missing required field: {name}")
    return str(value)


def flag(arguments: Mapping[str, Any], name: str) -> bool:
    """A yes or no, in any of the spellings that clients use."""
    return str(arguments.get(name, "")).lower() in ("1", "true")
