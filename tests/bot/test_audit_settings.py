"""[audit] and keep_days: what may stand there, and what is said against the rest."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.settings import ConfigError, Settings, load
from providers.catalogue import discover

KEY = "0123456789abcdef" * 4


def read(text: str, environ: Mapping[str, str], folder: Path = Path()) -> Settings:
    return load(folder / "stream-bot.toml", environ, discover(), text=text)


def test_the_key_may_be_in_the_environment() -> None:
    """And without one, the key beside the database is meant."""
    assert read('[audit]\nkey = "env:KEY"', {"KEY": KEY}).audit.read() == KEY.encode()
    assert read("", {}).audit.read() is None


def test_the_key_may_be_in_a_file(tmp_path: Path) -> None:
    """Beside the configuration; the end of the line is not part of it."""
    file = tmp_path / "audit.key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    assert read('[audit]\nkey = "file:audit.key"', {}, tmp_path).audit.read() == KEY.encode()


@pytest.mark.parametrize(
    ("text", "environ", "says"),
    [
        ('[audit]\nkey = "env:KEY"', {"KEY": "short"}, "KEY is too short for an audit key"),
        ('[audit]\nkey = "env:KEY"', {}, "KEY is not set"),
        (f'[audit]\nkey = "{KEY}"', {}, "not a reference; env:NAME or file:PATH"),
        ("[audit]\nkey = 7", {}, "not a reference; env:NAME or file:PATH"),
        ("[database]\nkeep_days = -1", {}, "database.keep_days"),
        ('[database]\nkeep_days = "400"', {}, "database.keep_days"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, environ: dict[str, str], says: str) -> None:
    """At the start, in one line, without the key itself."""
    with pytest.raises(ConfigError) as error:
        read(text, environ)
    assert says in str(error.value)
    assert KEY not in str(error.value)
    assert "short" not in str(error.value).replace("too short", "")


def test_four_hundred_days_are_kept() -> None:
    """Unless the configuration says otherwise; 0 is for ever."""
    assert read("", {}).database.keep_days == 400
    assert read("[database]\nkeep_days = 0", {}).database.keep_days == 0
