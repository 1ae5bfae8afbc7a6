"""The config file -> settings, or every fault in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.config import ConfigError, Fault, Known, faults_of, nearest, spoken
from bot.settings.environment import Tokens, load_tokens, token_faults
from bot.settings.file import DEFAULT_NAME, parsed, tables
from bot.settings.model import Settings
from bot.settings.plugins import join_plugins
from bot.settings.sections import Mode
from providers.account import Account
from providers.catalogue import Catalogue
from providers.operation import Verb
from providers.plugins import Plugin

__all__ = ["Loaded", "load", "load_all"]

_OWN_VERBS = ("help", "whoami", "targets", "history", "show", "freeze", "thaw")

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that a start needs. catalogue: what is built in, and the vendors of the plugins."""

    settings: Settings
    tokens: Tokens
    catalogue: Catalogue
    plugins: tuple[Plugin, ...] = ()


def load(
    path: Path | None,
    environ: Mapping[str, str],
    catalogue: Catalogue,
    *,
    text: str | None = None,
) -> Settings:
    """The settings in a file; without a file, the defaults.

    environ: where env:NAME is looked up. catalogue: what is built in; `load_all` gives the one with
    the plugins' vendors. text: taken instead of the file's content; `path` still says where
    relative paths begin. Raises ConfigError with every fault.
    """
    return _Reading(_document(path, text), path, environ, catalogue).settings()


def load_all(
    path: Path | None,
    environ: Mapping[str, str],
    catalogue: Catalogue,
    *,
    text: str | None = None,
) -> Loaded:
    """The settings, Slack's tokens and the plugins. Raises ConfigError with the faults of all."""
    mode: Mode | None = None
    try:
        document = _document(path, text)
        mode = _mode(document)
        reading = _Reading(document, path, environ, catalogue)
        settings = reading.settings()
    except ConfigError as error:
        raise ConfigError((*error.faults, *token_faults(mode, environ))) from None
    tokens = load_tokens(settings, environ)
    return Loaded(settings, tokens, reading.catalogue, reading.plugins)


def _document(path: Path | None, text: str | None) -> dict[str, Any]:
    if text is not None:
        return parsed(text, str(path or DEFAULT_NAME))
    return tables(path) if path else {}


def _mode(document: Table) -> Mode | None:
    """How to talk to Slack, as far as a document with faults tells."""
    slack = document.get("slack", {})
    mode = slack.get("mode", "socket") if isinstance(slack, dict) else None
    return mode if mode in ("socket", "http") else None


class _Reading:
    """One reading of one document: gathers faults as it goes."""

    def __init__(
        self,
        document: dict[str, Any],
        path: Path | None,
        environ: Mapping[str, str],
        catalogue: Catalogue,
    ) -> None:
        self._document = document
        self._file = str(path or DEFAULT_NAME)
        self._base = path.parent if path else Path()
        self._environ = environ
        self._joined = join_plugins(document, self._file, catalogue, _OWN_VERBS)
        self._faults = self._joined.faults
        self.catalogue = self._joined.catalogue
        self.plugins = tuple(self._joined.plugins)

    def settings(self) -> Settings:
        """The settings. Raises ConfigError."""
        accounts = self._accounts()
        self._check_target_names()
        usable = {name: account for name, account in accounts.items() if account}
        context = {
            "environ": self._environ,
            "base": self._base,
            "catalogue": self.catalogue,
            "accounts": accounts,
            "vendors": {name: self._provider_of(name) for name in accounts},
            "known": self._known(accounts),
        }
        try:
            settings = Settings.model_validate(
                {**self._document, "accounts": usable}, context=context
            )
        except ValidationError as error:
            self._faults += faults_of(error, Settings, self._file)
        if self._faults:
            raise ConfigError(self._faults)
        return settings

    def _known(self, accounts: Mapping[str, Account | None]) -> Known:
        # A vendor's name is the vendor, also where the grammar takes it for one of its kinds.
        where = {word: kind.where for word, kind in self.catalogue.words.items()}
        where |= {name: name for name in self.catalogue.providers}
        where |= {word: word for word in _texts(self._tables("policy")) if self._lost(word)}
        return {
            "where": where,
            "accounts": {name: name for name in accounts},
            "targets": {name: name for name in self._tables("targets")},
        }

    def _tables(self, key: str) -> Table:
        found = self._document.get(key, {})
        return found if isinstance(found, dict) else {}

    def _fault(self, key: str, wrong: str, right: str = "") -> None:
        self._faults.append(Fault(self._file, key, wrong, right))

    # Accounts

    def _provider_of(self, name: str) -> str | None:
        """The provider that an account names, if there is such a one."""
        table = self._tables("accounts").get(name)
        named = table.get("provider") if isinstance(table, dict) else None
        known = isinstance(named, str) and named in self.catalogue.providers
        return named if known else None

    def _lost(self, word: object) -> bool:
        """Whether a provider is not known because its plugin has a fault of its own."""
        return isinstance(word, str) and self._joined.may_be_lost(word)

    def _accounts(self) -> dict[str, Account | None]:
        """Every account by its name; None for one with faults."""
        if not isinstance(self._document.get("accounts", {}), dict):
            self._fault("accounts", "not a table", "a table [accounts.NAME] for each account")
        return {
            name: self._account(name, entry) for name, entry in self._tables("accounts").items()
        }

    def _account(self, name: str, entry: object) -> Account | None:
        key = spoken(("accounts", name))
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
            self._fault(key, "not a name", 'up to 40 of A-Z a-z 0-9 "_" "-"')
        if not isinstance(entry, dict):
            self._fault(key, "not a table", "a table with the account's provider")
            return None
        if "name" in entry:  # a field of the model, but not a key of the file
            self._fault(f"{key}.name", "unknown key", f"its name is in [{key}]")
        entry = {**entry, "name": name}
        provider = self._provider_of(name)
        if provider is None:
            self._faults += self._faults_of_unknown_vendor(name, entry)
            return None
        model = self.catalogue.providers[provider].account
        context = {"environ": self._environ, "base": self._base}
        try:
            return model.model_validate(entry, context=context)
        except ValidationError as error:
            self._faults += faults_of(error, model, self._file, under=("accounts", name))
            return None

    def _faults_of_unknown_vendor(self, name: str, entry: Table) -> Iterator[Fault]:
        """What is wrong with an account, whoever its vendor is."""
        vendors = self.catalogue.providers
        wrong = "unknown provider" if "provider" in entry else "missing"
        place = spoken(("accounts", name, "provider"))
        others = {key for vendor in vendors.values() for key in vendor.account.model_fields}
        if self._lost(entry.get("provider")):
            others |= entry.keys()
        else:
            yield Fault(self._file, place, wrong, nearest(str(entry.get("provider", "")), vendors))
        others -= Account.model_fields.keys() - {"endpoints", "regions"}  # its services are unknown
        shared = {key: value for key, value in entry.items() if key not in others}
        somewhere = {"access_key_id": "env:ID", "access_key_secret": "env:SECRET"}
        try:
            Account.model_validate({**somewhere, **shared, "provider": ""})
        except ValidationError as error:
            yield from faults_of(error, Account, self._file, under=("accounts", name))

    # Targets

    def _check_target_names(self) -> None:
        taken = dict.fromkeys((*Verb, *_OWN_VERBS), "a verb")
        taken |= dict.fromkeys((*self.catalogue.words, *self.catalogue.providers), "a provider")
        for name in self._tables("targets"):
            key = spoken(("targets", name))
            if name in taken:
                self._fault(key, f"{taken[name]} cannot name a target", "another name")
            elif not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
                self._fault(key, "not a name", 'up to 40 of a-z 0-9 "-", no "-" at the start')


def _texts(value: object) -> Iterator[str]:
    """Every text in a table, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inside in value.values() if isinstance(value, dict) else value:
            yield from _texts(inside)
