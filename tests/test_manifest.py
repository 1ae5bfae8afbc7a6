"""The Slack app's manifest: valid, no more than the bot needs, and no less."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.check import wanted_scopes
from bot.command import Vocabulary
from providers.catalogue import discover

ROOT = Path(__file__).parents[1]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))

# Every Web API method that bot/slack calls, and the bot scope that it needs (None: any token will
# do). Source: the method's page under https://docs.slack.dev/reference/methods.
SCOPES = {
    "apps.connections.open": None,  # connections:write, of the app-level token
    "auth.test": None,
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
}

# What is delivered for each thing that the listeners register, and the scope that it needs.
# https://docs.slack.dev/reference/events/app_mention and .../scopes/commands
DELIVERED = {"command": "commands", "app_mention": "app_mentions:read"}

_METHOD = re.compile(r"[a-z]+(\.[a-zA-Z]+)+")


def trees() -> Iterator[ast.AST]:
    """Everything that talks to Slack."""
    for path in [*(ROOT / "bot" / "slack").glob("*.py"), ROOT / "bot" / "app.py"]:
        yield ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, list[ast.expr]]]:
    """The calls of methods: the method's name, and what is passed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node.args


def web_api_methods() -> set[str]:
    """The Web API methods that are called: by `call` and `read`, or as a method of the client."""
    found = set()
    for name, arguments in (call for tree in trees() for call in calls(tree)):
        first = arguments[0] if arguments else None
        if name in ("call", "read") and isinstance(first, ast.Constant):
            if isinstance(first.value, str) and _METHOD.fullmatch(first.value):
                found.add(first.value)
        elif name.replace("_", ".") in {method.replace("_", ".") for method in SCOPES}:
            found.add(name.replace("_", "."))
    return found


def events() -> set[str]:
    """The events that are listened to by their name."""
    named = (arguments[0] for tree in trees() for name, arguments in calls(tree) if name == "event")
    return {str(event.value) for event in named if isinstance(event, ast.Constant)}


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_slack_would_take_it(shared: Path, version: str) -> None:
    """The manifest is in the form that Slack publishes, in both of its versions."""
    schema = shared / "schemas" / f"slack-manifest.schema.{version}.json"
    jsonschema.validate(MANIFEST, json.loads(schema.read_text(encoding="utf-8")))


def test_the_scopes_are_the_fewest_that_do() -> None:
    """Each scope is needed by something that the bot calls or is sent; nothing lacks one."""
    needed = {SCOPES[method] for method in web_api_methods()} - {None}
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed | set(DELIVERED.values())
    assert list(MANIFEST["oauth_config"]["scopes"]) == ["bot"]


def test_every_method_has_its_scope_in_the_table() -> None:
    """A new call of the Web API must say which scope it needs; a call that is gone leaves none."""
    assert web_api_methods() == set(SCOPES)


def test_the_listeners_get_what_they_listen_to() -> None:
    """Events, buttons and the command are switched on; nothing else is sent."""
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == events()
    assert events() == {"app_mention"}
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    (command,) = MANIFEST["features"]["slash_commands"]
    assert command["command"] == Vocabulary(discover(), {}, {}).name
    assert command["should_escape"] is False  # the grammar reads what was typed, to the letter


def test_check_asks_for_the_same_scopes() -> None:
    """`stream-bot check` compares the token with this file."""
    assert wanted_scopes() == set(MANIFEST["oauth_config"]["scopes"]["bot"])


def test_the_command_prints_it(tmp_path: Path) -> None:
    """`stream-bot manifest` prints the file to the letter, wherever it is called."""
    printed = subprocess.run(
        [sys.executable, "-m", "bot", "manifest"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )
    assert printed.stdout == (ROOT / "manifest.yml").read_bytes()
    assert printed.stderr == b""
