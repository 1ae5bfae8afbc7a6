"""Finds every vendor's operations, and refuses to start where two of them clash."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

import providers
from providers.operation import Kind, Operation, Verb
from providers.provider import Provider

__all__ = ["Catalogue", "CatalogueClashError", "discover"]


class CatalogueClashError(Exception):
    """Two vendors claim the same word, or an operation is declared twice."""


class Catalogue:
    """Everything that can be done, by the words that people type."""

    def __init__(self, known: Iterable[Provider]) -> None:
        self.providers: dict[str, Provider] = {}
        self.words: dict[str, Kind] = {}
        for provider in known:
            if provider.name in self.providers:
                raise CatalogueClashError(f"the provider {provider.name} is there twice")
            self.providers[provider.name] = provider
            for kind in provider.kinds:
                self._add(provider, kind)

    def _add(self, provider: Provider, kind: Kind) -> None:
        if kind.provider != provider.name:
            raise CatalogueClashError(f"{kind.where} is declared by {provider.name}")
        if kind.service not in provider.account.hosts or kind.service not in provider.faults:
            raise CatalogueClashError(f"{kind.where} has no host or no fault table")
        for word in (kind.where, *kind.aliases):
            if word in self.words:
                raise CatalogueClashError(f"{word} names {self.words[word].where} and {kind.where}")
            if word in set(Verb):
                raise CatalogueClashError(f"{word} of {kind.where} is a verb")
            self.words[word] = kind
        verbs = [operation.verb for operation in kind.operations]
        if doubled := {verb for verb in verbs if verbs.count(verb) > 1 or verb in kind.gaps}:
            raise CatalogueClashError(f"{kind.where} declares {', '.join(sorted(doubled))} twice")

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
    """The catalogue of every vendor package in this folder."""
    packages = sorted(
        found.name for found in pkgutil.iter_modules(providers.__path__) if found.ispkg
    )
    return Catalogue(import_module(f"providers.{name}").PROVIDER for name in packages)
