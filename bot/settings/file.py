"""Finding the config file, and reading it as tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.config import ConfigError, Fault
from providers.foreign import foreign

__all__ = ["DEFAULT_NAME", "find_config", "tables"]

DEFAULT_NAME = "stream-bot.toml"
MAX_BYTES = 1024 * 1024


def find_config(option: str | None, environ: Mapping[str, str]) -> Path | None:
    """The file to read: --config, else STREAM_BOT_CONFIG, else ./stream-bot.toml if it is there."""
    if named := option or environ.get("STREAM_BOT_CONFIG"):
        return Path(named)
    default = Path(DEFAULT_NAME)
    return default if default.exists() else None


def tables(path: Path) -> dict[str, Any]:
    """The file's content. Raises ConfigError."""
    return parsed(_text(path), str(path))


def parsed(text: str, file: str) -> dict[str, Any]:
    """TOML as tables. Raises ConfigError, which names line and column, and no value."""
    try:
        # A last line that ends lets the parser say where it is, also when it stops there.
        return tomllib.loads(f"{text}\n")
    except tomllib.TOMLDecodeError as error:
        the_end = f"at line {text.count(chr(10)) + 1}, the end of the file"
        wrong = foreign(str(error).replace("at end of document", the_end))
    except RecursionError:
        wrong = "nested too deeply"
    except ValueError:  # of int(): more digits than it takes
        wrong = "a number is too long"
    raise ConfigError([Fault(file, "", "not TOML", wrong)])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError([Fault(str(path), "", "too large", "at most 1 MiB")])
        return content.decode("utf-8-sig")
    except OSError as error:
        wrong = f"cannot be read ({error.strerror})"
        right = "--config PATH or STREAM_BOT_CONFIG names another file"
    except UnicodeDecodeError as error:
        wrong = f"not text in UTF-8 (line {content.count(bytes([10]), 0, error.start) + 1})"
        right = "save it as UTF-8"
    except ValueError:  # a NUL in the path
        wrong, right = "not a path", "--config PATH names a file"
    raise ConfigError([Fault(str(path), "", wrong, right)])
