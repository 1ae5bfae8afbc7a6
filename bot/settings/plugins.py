"""`plugins = [...]`: vendors of other packages, joined to those that are built in."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.config import Fault, nearest, spoken
from providers.catalogue import Catalogue
from providers.plugins import GROUP, Plugin, PluginError, installed, join

__all__ = ["KEY", "Joined", "join_plugins"]

KEY = "plugins"

_NEAR = 0.8
"""How like a known word a slip is. "tencnt" is one, "tencent-live" is another vendor."""


@dataclass
class Joined:
    """The catalogue with every plugin of a file that could be loaded, and what is wrong with the
    others.

    lost: names under which a plugin that failed may be meant elsewhere in the file.
    """

    catalogue: Catalogue
    file: str
    plugins: list[Plugin] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    whole: bool = True

    def may_be_lost(self, word: str) -> bool:
        """Whether an unknown provider or "provider:kind" may be that of a plugin that failed, so
        that the plugin's own fault is enough said. A near miss of what is known is none."""
        provider = word.partition(":")[0]
        known = (*self.catalogue.providers, *self.catalogue.words)
        if self.whole or word in known:
            return False
        near = difflib.get_close_matches(provider[:100], known, n=1, cutoff=_NEAR)
        return provider in self.lost or not near

    def lose(self, key: str, name: str, error: PluginError) -> None:
        """A plugin cannot be used."""
        self.whole = False
        self.lost |= {name, error.provider or name}
        self.faults += [Fault(self.file, key, wrong, error.right) for wrong in error.wrong]


def join_plugins(
    document: Mapping[str, Any], file: str, catalogue: Catalogue, reserved: Collection[str]
) -> Joined:
    """Load what the file names, in its order. Raises nothing: the faults are in the answer.

    reserved: words that no vendor may take. What is no name is left to the model of the settings.
    """
    joined = Joined(catalogue, file)
    named = document.get(KEY, [])
    joined.whole = isinstance(named, list) and all(isinstance(name, str) for name in named)
    there = installed() if named else ()
    for place, name in _names(named):
        if name in named[:place]:
            joined.faults.append(Fault(file, spoken((KEY, place)), "named twice", "name it once"))
            continue
        try:
            _check_installed(name, there)
            more, plugin = join(joined.catalogue, name)
            _check_words(more, plugin, reserved)
        except PluginError as error:
            joined.lose(spoken((KEY, place)), name, error)
        else:
            joined.catalogue = more
            joined.plugins.append(plugin)
    return joined


def _names(named: object) -> Iterator[tuple[int, str]]:
    for place, name in enumerate(named if isinstance(named, list) else []):
        if isinstance(name, str):
            yield place, name


def _check_installed(name: str, there: Collection[str]) -> None:
    if name not in there:
        right = nearest(name, there) if there else f"no package here declares {GROUP}"
        raise PluginError(("not installed",), right)


def _check_words(catalogue: Catalogue, plugin: Plugin, reserved: Collection[str]) -> None:
    own = [word for word, kind in catalogue.words.items() if kind in plugin.provider.kinds]
    if taken := sorted({plugin.provider.name, *own}.intersection(reserved)):
        wrong = f"its word {', '.join(taken)} is a verb of the bot"
        raise PluginError((wrong,), "another name or alias in the package", plugin.provider.name)
