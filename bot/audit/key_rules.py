"""What may be a key of the chain. Apart from the keys themselves: the settings look at it too, and
need no database for that."""

from __future__ import annotations

__all__ = ["AuditKeyError", "checked"]

SHORTEST = 32
"""Characters. `openssl rand -hex 32` prints 64."""


class AuditKeyError(Exception):
    """There is no key that can be used. The text is one line for the operator."""


def checked(text: str, place: str) -> bytes:
    """A key from what its place holds. Raises AuditKeyError, which does not repeat it."""
    if len(text) < SHORTEST:
        raise AuditKeyError(
            f"{place} is too short for an audit key: it needs {SHORTEST} characters or more, as "
            "`openssl rand -hex 32` prints them"
        )
    return text.encode()
