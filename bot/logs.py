"""Logs: one line for each event, and no secret in any of them at any level.

Our own loggers are written with care. Those of the libraries are filtered, not trusted: at their
lower levels they print whole requests, with tokens, addresses that work as passwords, and bodies.

A line that is written inside `operation("4T7Q2")` carries that id, whoever writes it: our own code,
a vendor's client, a library. A task takes over the id of whoever starts it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

__all__ = ["configure", "current_operation", "operation"]

_OURS = ("bot", "providers")
_HIDDEN = "•••"

# What looks like a secret, wherever it comes from: Slack's tokens, addresses that need no other
# password, and the values of headers and parameters that sign or authorise.
_SECRETS = re.compile(
    r"""
      xox[a-z](?:\.xox[a-z])?-[\w-]+ | xapp-[\w-]+
    | https?://hooks\.slack[\w.-]*/\S+ | wss?://\S+ | https?://\S*[?&]\S*
    | (?i:authorization|x-tc-token|x-acs-security-token|x-security-token|signature|ticket|token
        |access_?key\w*|secret\w*|password|trigger_id|response_url)
      ["']?\s*[:=]\s*["']?[^\s,;"']+(?:\s+Credential=\S+)?
    """,
    re.VERBOSE,
)


_operation: ContextVar[str] = ContextVar("operation", default="")


@contextmanager
def operation(operation_id: str) -> Iterator[None]:
    """Lines that are written in here belong to this operation; to none where it is ""."""
    before = _operation.set(operation_id)
    try:
        yield
    finally:
        _operation.reset(before)


def current_operation() -> str:
    """Whose story this is, or ""."""
    return _operation.get()


class _Scrubber(logging.Filter):
    """Drops libraries' chatter and hides what looks like a secret, or is one that we know."""

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        super().__init__()
        self._known = known

    def filter(self, record: logging.LogRecord) -> bool:
        ours = record.name.partition(".")[0] in _OURS
        if not ours and record.levelno < logging.WARNING:
            return False
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001  # a library's broken log line must not break the library
            message = f"a log line of {record.name} that could not be written"
        if not ours:
            message = message.splitlines()[0][:200] if message else ""
        record.msg, record.args = self._scrubbed(message), ()
        if record.exc_info and record.exc_info[0] is not None:
            # Where it happened helps to mend it; what the exception says may hold a value.
            kind, _, trace = record.exc_info
            frames = "".join(traceback.format_tb(trace))
            record.exc_text = self._scrubbed(f"{kind.__name__}\n{frames}")
            record.exc_info = None
        return True

    def _scrubbed(self, text: str) -> str:
        for secret in self._known():
            if len(secret) >= 6:
                text = text.replace(secret, _HIDDEN)
        return _SECRETS.sub(_HIDDEN, text)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if op := current_operation():
            line["op"] = op
        if record.exc_text:
            line["trace"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        # Control characters would let a log line pretend to be two.
        message = "".join(c if c.isprintable() else "�" for c in _with_operation(record))
        line = f"{at} {record.levelname.lower():7} {message}"
        return f"{line}\n{record.exc_text}" if record.exc_text else line


def _with_operation(record: logging.LogRecord) -> str:
    """The message; many name their operation themselves, for whoever reads them."""
    op, message = current_operation(), record.getMessage()
    return f"op {op}: {message}" if op and f"op {op}" not in message else message


def configure(level: str, form: str, known_secrets: Callable[[], Iterable[str]]) -> None:
    """Log to standard error. `known_secrets` tells the values that must never appear."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    handler.addFilter(_Scrubber(known_secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
