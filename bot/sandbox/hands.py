"""What a person's hands find on the screen: the button to press, the option to pick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.conversation import Message

__all__ = ["Control", "NotOnScreen", "control_in"]

_PICKED = ("static_select", "external_select", "overflow", "radio_buttons")
_LISTED = ("static_select", "external_select")


class NotOnScreen(LookupError):
    """A person cannot do that: it is not there to be done."""


@dataclass(frozen=True, slots=True)
class Control:
    """A button or menu in a block."""

    block_id: str
    element: Mapping[str, Any]

    def used(self, option: str | None) -> dict[str, Any]:
        """The entry of `actions` in the payload; `option` is the value or label to pick."""
        kind = self.element["type"]
        action: dict[str, Any] = {
            "type": kind,
            "block_id": self.block_id,
            "action_id": self.element.get("action_id", ""),
        }
        if kind == "button":
            kept = ("text", "value", "style", "url")
            return action | {key: self.element[key] for key in kept if key in self.element}
        if kind in _PICKED:
            chosen = self._option(option)
            shown = {"placeholder": self.element["placeholder"]} if self._has_placeholder else {}
            return action | shown | {"selected_option": chosen}
        raise NotOnScreen(f"a {kind} is neither a button nor a menu to pick from")

    @property
    def _has_placeholder(self) -> bool:
        return self.element["type"] in _LISTED and "placeholder" in self.element

    def _option(self, wanted: str | None) -> Mapping[str, Any]:
        for option in _options(self.element):
            if wanted in (option["value"], option["text"]["text"]):
                return dict(option)
        raise NotOnScreen(
            f"no option {wanted!r} among {[o['value'] for o in _options(self.element)]}"
        )


def control_in(
    message: Message, action_id: str, *, value: str | None, label: str | None, force: bool
) -> Control:
    """The control with this action_id that is in the message now.

    `value` and `label` are the button's, or those of an option of the menu. With `force` also one
    of an earlier version of the message, or one that never was. Raises NotOnScreen.
    """
    versions = reversed(message.versions) if force else [message.current]
    for version in versions:
        for control in _controls(version.content.blocks):
            if _is_meant(control.element, action_id, value, label):
                return control
    if force:
        return _made_up(action_id, value, label)
    there = [c.element.get("action_id") for c in _controls(message.blocks)]
    raise NotOnScreen(f"no {action_id!r} in this message, only {there}: {message.shown!r}")


def _is_meant(
    element: Mapping[str, Any], action_id: str, value: str | None, label: str | None
) -> bool:
    return element.get("action_id") == action_id and any(
        value in (None, one.get("value")) and label in (None, one.get("text", {}).get("text"))
        for one in (element, *_options(element))
    )


def _options(element: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(o for group in groups for o in group["options"])]


def _controls(blocks: Iterable[Mapping[str, Any]]) -> Iterator[Control]:
    for block in blocks:
        inside = block.get("elements", ()) if block["type"] == "actions" else ()
        beside = [block["accessory"]] if "accessory" in block else []
        for element in (*inside, *beside):
            yield Control(block.get("block_id", ""), element)


def _made_up(action_id: str, value: str | None, label: str | None) -> Control:
    text = {"type": "plain_text", "text": label or action_id, "emoji": True}
    button = {"type": "button", "action_id": action_id, "text": text}
    return Control("forged", button if value is None else {**button, "value": value})
