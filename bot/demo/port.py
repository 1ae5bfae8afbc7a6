"""The port of the demo's page."""

from __future__ import annotations

import socket
from contextlib import closing

__all__ = ["USUAL", "PortError", "choose"]

USUAL = 8765
"""The same at every start, so that a bookmark and a browser's memory of the theme stay good."""


class PortError(Exception):
    """The port that was asked for cannot be had. The text says why."""


def choose(wanted: int | None) -> int:
    """The port that was asked for; without one the usual, or 0 (a free one) if that is taken.

    Raises PortError.
    """
    try:
        _try(wanted or USUAL)
    except OSError as error:
        if wanted:
            raise PortError(f"port {wanted} cannot be had: {error.strerror}") from None
        return 0
    return wanted or USUAL


def _try(port: int) -> None:
    with closing(socket.socket()) as probe:
        # As the server will: a port of which only old connections are left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
