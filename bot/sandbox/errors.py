"""Slack's refusals.

SlackError           the Web API answers ok:false at HTTP 200
└── RateLimited      HTTP 429 with Retry-After
"""

from __future__ import annotations

from typing import Any

__all__ = ["RateLimited", "SlackError", "invalid_arguments"]


class SlackError(Exception):
    """A call is refused with one of Slack's error names; `detail` is answered beside it."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class RateLimited(SlackError):
    """Too many calls; the next may come in `retry_after` whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


def invalid_arguments(*messages: str) -> SlackError:
    """The error for arguments that no more special error is for."""
    return SlackError("invalid_arguments", response_metadata={"messages": list(messages)})
