"""Lines of standard input, read beside everything else: from a terminal, a pipe or a file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator

__all__ = ["lines"]

_CHUNK = 65_536


async def lines(source: int) -> AsyncGenerator[str, None]:
    """Every line of a file descriptor, without its end, until the input ends.

    No thread waits in a read, so that a demo that is told to stop can stop at once.
    """
    unfinished = b""
    while chunk := await _read(source):
        *whole, unfinished = (unfinished + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")
    if unfinished:
        yield unfinished.decode("utf-8", "replace")


async def _read(source: int) -> bytes:
    """What is there, as soon as there is something; nothing at the end."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    try:
        loop.add_reader(source, readable.set)
    except PermissionError:  # a plain file; it never has to be waited for
        return os.read(source, _CHUNK)
    try:
        await readable.wait()
        return os.read(source, _CHUNK)
    except OSError:  # the terminal was closed
        return b""
    finally:
        loop.remove_reader(source)
