"""views.*: Home tabs and modals, kept to be looked at; nobody can fill them in yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from bot.sandbox.block_kit import problems_of
from bot.sandbox.errors import SlackError, invalid_arguments
from bot.sandbox.interactions import Triggers
from bot.sandbox.model import Model, View
from bot.sandbox.web_api.arguments import required

__all__ = ["Views"]

Arguments = Mapping[str, Any]


class Views:
    """The methods of the views family. Each raises SlackError."""

    def __init__(self, model: Model, triggers: Triggers) -> None:
        self._model = model
        self._triggers = triggers

    def publish(self, arguments: Arguments) -> dict[str, Any]:
        """views.publish: the Home tab of one person."""
        user_id = required(arguments, "user_id")
        if user_id not in self._model.people:
            raise invalid_arguments("user_not_found")
        before = self._model.homes.get(user_id)
        if arguments.get("hash") and (before is None or before.hash != arguments["hash"]):
            raise SlackError("hash_conflict")
        view = _checked(arguments, "home")
        return self._answer(self._model.publish(user_id, view))

    def open(self, arguments: Arguments) -> dict[str, Any]:
        """views.open: a modal for the person whose trigger_id it is."""
        view = _checked(arguments, "modal")
        user_id = self._triggers.exchange(required(arguments, "trigger_id"))
        return self._answer(self._model.open_modal(user_id, view))

    def _answer(self, view: View) -> dict[str, Any]:
        app = self._model.app
        ids = {"id": view.id, "hash": view.hash, "team_id": self._model.team_id}
        return {"view": {**view.view, **ids, "app_id": app.id, "bot_id": app.bot_id}}


def _checked(arguments: Arguments, surface: Literal["modal", "home"]) -> dict[str, Any]:
    view = arguments.get("view")
    if not isinstance(view, dict):
        raise invalid_arguments("[ERROR] missing required field: view")
    if view.get("type") != surface:
        raise invalid_arguments(f"[ERROR] must be {surface} [json-pointer:/view/type]")
    if problems := problems_of(view.get("blocks"), surface):
        raise invalid_arguments(*(line.replace(":/blocks", ":/view/blocks") for line in problems))
    return view
