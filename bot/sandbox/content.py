"""What an app sends as a message, checked as Slack checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.block_kit import characters, problems_of
from bot.sandbox.conversation import Content
from bot.sandbox.errors import SlackError

__all__ = ["checked_blocks", "read_content"]

_TEXT_KEPT = 40_000
"""Characters. Slack cuts longer texts of new messages."""
_TEXT_OF_AN_EDIT = 4_000
"""Characters. chat.update refuses longer texts with msg_too_long."""
_BLOCK_CHARACTERS = 13_200
"""Near this sum Slack answers msg_blocks_too_long. Not documented; measured in bolt-js#2509."""
_MOST_ATTACHMENTS = 100


def read_content(said: Mapping[str, Any], *, edits: Content | None = None) -> Content:
    """The content of a new message, or of the message that said `edits` before.

    An edit with a text and no blocks drops the blocks; one with blocks and no text keeps the text.
    Raises SlackError: no_text, msg_too_long, invalid_blocks, msg_blocks_too_long, ...
    """
    text = said.get("text")
    blocks = checked_blocks(said.get("blocks", ()))
    attachments = _attachments(said.get("attachments", ()))
    if not (text or blocks or attachments):
        raise SlackError("no_text")
    kept = str(text or "")
    if edits is not None and len(kept) > _TEXT_OF_AN_EDIT:
        raise SlackError("msg_too_long")
    return Content(
        text=kept[:_TEXT_KEPT] if text is not None or edits is None else edits.text,
        blocks=blocks,
        attachments=attachments,
        metadata=_metadata(said.get("metadata"), edits),
    )


def checked_blocks(blocks: object) -> tuple[dict[str, Any], ...]:
    """The blocks of a message. Raises SlackError with Slack's reasons."""
    if not isinstance(blocks, list | tuple):
        raise SlackError("invalid_blocks_format")
    if problems := problems_of(list(blocks)):
        raise SlackError(
            "invalid_blocks",
            errors=[line.removeprefix("[ERROR] ") for line in problems],
            response_metadata={"messages": problems},
        )
    if characters(blocks) > _BLOCK_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return tuple(blocks)


def _attachments(attachments: object) -> tuple[dict[str, Any], ...]:
    if not isinstance(attachments, list | tuple):
        raise SlackError("invalid_attachments")
    if len(attachments) > _MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for attachment in attachments:
        if not isinstance(attachment, dict):
            raise SlackError("invalid_attachments")
        checked_blocks(attachment.get("blocks", ()))
    return tuple(attachments)


def _metadata(metadata: object, edits: Content | None) -> dict[str, Any] | None:
    """Left out of an edit, the old stays; an empty object removes it."""
    if metadata is None:
        return edits.metadata if edits else None
    if metadata == {}:
        return None
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("event_type"), str)
        or not isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_format")
    return metadata
