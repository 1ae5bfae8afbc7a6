"""What the demo prints on."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TextIO

__all__ = ["Paper"]


class Paper:
    """Text below text. A prompt that stands there makes room for what arrives meanwhile."""

    def __init__(self, out: TextIO, *, terminal: bool) -> None:
        self._out = out
        self._terminal = terminal
        self._prompt = ""

    @property
    def colours(self) -> bool:
        """Whether it can show them."""
        return self._terminal

    @property
    def width(self) -> int | None:
        """Characters of a line; None for a pipe or a file, which take any."""
        return shutil.get_terminal_size().columns if self._terminal else None

    def print(self, text: str) -> None:
        """Print lines; the prompt, if there is one, stands below them again."""
        clear = "\r\x1b[K" if self._prompt and self._terminal else ""
        self._write(f"{clear}{text}\n{self._prompt}")

    def prompt(self, text: str) -> None:
        """Ask for a line."""
        self._prompt = text
        self._write(text)

    def entered(self) -> None:
        """A line was typed, and the terminal has shown it."""
        self._prompt = ""

    def leave(self) -> None:
        """No line will be typed any more."""
        if self._prompt:
            self._write("\n")
        self._prompt = ""

    def _write(self, text: str) -> None:
        with suppress(BrokenPipeError):  # nobody reads it any more; the demo ends with its input
            self._out.write(text)
            self._out.flush()
