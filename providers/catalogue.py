"""Knows every vendor's operations, and refuses to start where two of them clash."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

import providers
from providers.contract import flaws
from providers.operation import Kind, Operation, Verb
from providers.provider import Provider

__all__ = [
    "Catalogue",
    "CatalogueClashError",
    "CatalogueError",
    "ProviderFlawError",
    "discover",
]


class CatalogueError(Exception):
    """What is known cannot be used, or not together. flaws: all that is wrong, each in a line."""

    def __init__(self, *flaws: str) -> None:
        super().__init__("; ".join(flaws))
        self.flaws = flaws


class CatalogueClashError(CatalogueError):
    """Two vendors claim the same word, or an operation is declared twice."""


class ProviderFlawError(CatalogueError):
    """A vendor's value breaks its contract; see `providers.contract`."""


class Catalogue:
    """Everything that can be done, by the words that people type. Raises CatalogueError."""

    def __init__(self, known: Iterable[Provider]) -> None:
        self.providers: dict[str, Provider] = {}
        self.words: dict[str, Kind] = {}
        for provider in known:
            if provider.name in self.providers:
                raise CatalogueClashError(f"the provider {provider.name} is there twice")
            if found := tuple(flaws(provider)):
                raise ProviderFlawError(*found)
            self.providers[provider.name] = provider
            for kind in provider.kinds:
                self._add(kind)
        self._check_names()

    def _add(self, kind: Kind) -> None:
        for word in (kind.where, *kind.aliases):
            if word in self.words:
                raise CatalogueClashError(f"{word} names {self.words[word].where} and {kind.where}")
            if word in set(Verb):
                raise CatalogueClashError(f"{word} of {kind.where} is a verb")
            self.words[word] = kind
        verbs = [operation.verb for operation in kind.operations]
        if doubled := {verb for verb in verbs if verbs.count(verb) > 1 or verb in kind.gaps}:
            raise CatalogueClashError(f"{kind.where} declares {', '.join(sorted(doubled))} twice")

    def _check_names(self) -> None:
        """A rule for a vendor must not mean what people type for another's tasks."""
        for name in self.providers:
            kind = self.words.get(name)
            if kind and kind.provider != name:
                raise CatalogueClashError(f"{name} names the provider {name} and {kind.where}")
            if name in set(Verb):
                raise CatalogueClashError(f"the provider's name {name} is a verb")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every kind once, in the order of declaration."""
        return tuple(kind for provider in self.providers.values() for kind in provider.kinds)

    def kind(self, where: str) -> Kind:
        """The kind behind a word ("tencent", "tencent:pull"). Raises KeyError."""
        return self.words[where]

    def provider_of(self, kind: Kind) -> Provider:
        """The vendor that a kind belongs to."""
        return self.providers[kind.provider]

    def operations(self) -> Iterator[tuple[Kind, Operation]]:
        """Every operation with its kind."""
        return ((kind, operation) for kind in self.kinds for operation in kind.operations)


@cache
def discover() -> Catalogue:
    """The catalogue of every vendor package in this folder. `providers.plugins` adds others."""
    packages = sorted(
        found.name for found in pkgutil.iter_modules(providers.__path__) if found.ispkg
    )
    return Catalogue(import_module(f"providers.{name}").PROVIDER for name in packages)
