"""What Slack itself tells a person when the app does not answer as it should."""

from __future__ import annotations

from bot.sandbox.delivery import Attempt

__all__ = ["command_failed", "press_failed"]

_NO_RESPONSE = (
    "failed because the app did not respond. Please try again or contact the app developer."
)


def command_failed(command: str, error: str) -> str:
    """For a slash command; `error` is Slack's name of the failure."""
    if error == "operation_timeout":
        return f"{command} {_NO_RESPONSE}"
    return f'{command} failed with the error "{error}"'


def press_failed(attempt: Attempt) -> str:
    """For a button; Slack says it beside the button, not as a message."""
    if attempt.timed_out:
        return "Operation timed out. Apps need to respond within 3 seconds."
    if attempt.status is not None:
        return f"This app responded with Status Code {attempt.status}"
    return "Something went wrong. Please try again."
