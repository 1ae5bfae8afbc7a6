"""Vendors from other packages: an entry point of the group `stream_bot.providers`, whose object is
a `providers.provider.Provider`.

A plugin is loaded only where the configuration names it. From then on it runs with all of the bot's
rights: it sees every key, and nothing here can hold it back.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from providers.catalogue import Catalogue, CatalogueError
from providers.foreign import foreign
from providers.provider import Provider

__all__ = ["GROUP", "Plugin", "PluginError", "installed", "join"]

log = logging.getLogger(__name__)

GROUP = "stream_bot.providers"

_LEAVE_OUT = "its author mends the package; leave the plugin out until then"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One that was loaded. name: the entry point's, which the configuration names it by.

    distribution, version: of the package that it came with, as "acme-stream-bot", "1.2".
    """

    name: str
    provider: Provider
    distribution: str
    version: str


class PluginError(Exception):
    """A plugin cannot be used. wrong: all that is wrong with it. right: what would be right.

    provider: the name of its vendor, as far as it is known.
    """

    def __init__(self, wrong: tuple[str, ...], right: str, provider: str = "") -> None:
        super().__init__("; ".join(wrong))
        self.wrong = wrong
        self.right = right
        self.provider = provider


def installed() -> Collection[str]:
    """The names of all plugins that are there to be loaded. Loads none."""
    return sorted(entry_points(group=GROUP).names)


def join(catalogue: Catalogue, name: str) -> tuple[Catalogue, Plugin]:
    """Load an installed plugin: a catalogue that has its vendor too. Raises PluginError."""
    entry = _entry(name)
    provider = _loaded(entry)
    try:
        joined = Catalogue((*catalogue.providers.values(), provider))
    except CatalogueError as error:
        wrong = tuple(foreign(flaw) for flaw in error.flaws)
        raise PluginError(wrong, _LEAVE_OUT, str(provider.name)) from error
    except Exception as error:
        raise _broken(entry, "checked", error) from error
    return joined, Plugin(name, provider, *_package(entry))


def _entry(name: str) -> EntryPoint:
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        raise PluginError(("not installed",), f"a package with an entry point of {GROUP}")
    if len(found) > 1:
        packages = ", ".join(sorted(_package(entry)[0] for entry in found))
        raise PluginError((f"declared by several packages: {packages}",), "uninstall all but one")
    return found[0]


def _loaded(entry: EntryPoint) -> Provider:
    try:
        provider = entry.load()
    except (Exception, SystemExit) as error:
        raise _broken(entry, "loaded", error) from error
    if isinstance(provider, Provider):
        return provider
    raise PluginError(
        (f"its entry point is not a Provider but {foreign(type(provider).__name__, 60)}",),
        'a value of providers.provider.Provider, as "acme_stream_bot:PROVIDER"',
    )


def _broken(entry: EntryPoint, when: str, error: BaseException) -> PluginError:
    """Its own code raised. What an exception says may hold a value, so only its type is told."""
    kind = foreign(type(error).__name__, 60)
    package = " ".join(_package(entry))
    log.error("the plugin %s (%s) broke", entry.name, package, exc_info=error)
    wrong = f"{kind} when {package} was {when} (the log says where)"
    return PluginError((wrong,), _LEAVE_OUT)


def _package(entry: EntryPoint) -> tuple[str, str]:
    """The distribution's name and version; a broken one may have neither."""
    told = entry.dist.metadata if entry.dist else None
    name = told["Name"] if told and "Name" in told else "a package without a name"
    version = told["Version"] if told and "Version" in told else "?"
    return foreign(name, 80), foreign(version, 40)
