"""`stream-bot check`: looks at everything that must be right, and names the fix of each fault.

Works beside a running bot: it takes no lock, writes nothing and changes nothing at a vendor.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml
from sqlalchemy import make_url

from bot.probes import Probes
from bot.settings import Loaded, Settings, Tokens
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError, SlackWeb, connected
from providers.account import Secret
from providers.catalogue import Catalogue
from providers.client import Client
from providers.plugins import Plugin

__all__ = ["Finding", "check", "manifest_text", "wanted_scopes"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. A fault says how to mend it."""

    ok: bool
    what: str
    says: str

    def __str__(self) -> str:
        return f"{'ok   ' if self.ok else 'FAULT'} {self.what}: {self.says}"


async def check(loaded: Loaded) -> list[Finding]:
    """Look at the plugins, Slack, every account, and the files."""
    return [
        *map(_plugin, loaded.plugins),
        *await _slack(loaded.settings, loaded.tokens),
        *await _accounts(loaded.settings, loaded.catalogue),
        *_files(loaded.settings),
    ]


def manifest_text() -> str:
    """The Slack app manifest, from a wheel or from a checkout."""
    inside = files("bot") / "manifest.yml"
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    return (Path(__file__).parents[1] / "manifest.yml").read_text(encoding="utf-8")


def wanted_scopes() -> frozenset[str]:
    """The bot scopes that the manifest asks for."""
    manifest = yaml.safe_load(manifest_text())
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def _plugin(plugin: Plugin) -> Finding:
    package = f"{plugin.distribution} {plugin.version}"
    return Finding(True, f"plugin {plugin.name}", f"{package}, runs with all of the bot's rights")


async def _slack(settings: Settings, tokens: Tokens) -> list[Finding]:
    async with connected(
        tokens.bot_token.get_secret_value(),
        settings.slack.api_url,
        proxy=settings.network.proxy,
        ca_file=settings.network.ca_file,
    ) as web:
        findings = [await _bot_token(web)]
        if tokens.app_token is not None:
            findings.append(await _app_token(web, tokens.app_token.get_secret_value()))
    return findings


async def _bot_token(web: SlackWeb) -> Finding:
    what = "SLACK_BOT_TOKEN"
    try:
        scopes = await web.scopes()
    except SlackNoError as no:
        return Finding(
            False,
            what,
            f"Slack says {no.error}. Copy the Bot User OAuth Token from OAuth & Permissions.",
        )
    except (SlackBusyError, SlackLostError) as error:
        return _away(what, error)
    missing = wanted_scopes() - scopes
    if scopes and missing:
        return Finding(
            False,
            what,
            f"the scopes {', '.join(sorted(missing))} are missing. Add them under OAuth & "
            "Permissions (or apply `stream-bot manifest`) and install the app again.",
        )
    return Finding(True, what, "accepted, with all scopes" if scopes else "accepted")


async def _app_token(web: SlackWeb, app_token: str) -> Finding:
    what = "SLACK_APP_TOKEN"
    try:
        await web.open_connection(app_token)
    except SlackNoError as no:
        return Finding(
            False,
            what,
            f"Slack says {no.error}. Make an app-level token with connections:write under Basic "
            "Information, and enable Socket Mode.",
        )
    except (SlackBusyError, SlackLostError) as error:
        return _away(what, error)
    return Finding(True, what, "accepted")


def _away(what: str, error: Exception) -> Finding:
    return Finding(
        False, what, f"Slack does not answer ({error}). Check the network, slack.api_url, proxy."
    )


async def _accounts(settings: Settings, catalogue: Catalogue) -> list[Finding]:
    if not settings.accounts:
        return [Finding(False, "accounts", "there are none. Add [accounts.NAME] to the file.")]
    client = Client(
        catalogue,
        timeout=settings.timeouts.vendor_seconds,
        proxy=settings.network.proxy,
        ca_file=settings.network.ca_file,
    )
    try:
        found = await Probes(settings, catalogue, client).look()
    finally:
        await client.close()
    return [Finding(not one.bad, f"account {one.account}", one.says) for one in found]


def _files(settings: Settings) -> Iterator[Finding]:
    url = make_url(settings.database.url.get_secret_value())
    if url.get_backend_name() != "sqlite":
        return
    path = Path(url.database or "").absolute()
    if not os.access(path.parent, os.W_OK | os.X_OK):
        yield Finding(False, "database", f"{path.parent} cannot be written. chown it to the bot.")
    elif path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(False, "database", f"others may read {path}. Run: chmod 600 {path}")
    else:
        yield Finding(True, "database", str(path))
    for secret in _secret_files(settings):
        if secret.exists() and secret.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding(False, "secret", f"others may read {secret}. Run: chmod 600 {secret}")


def _secret_files(settings: Settings) -> Iterator[Path]:
    for account in settings.accounts.values():
        for _, value in account:  # a vendor's own model may have further secrets
            if isinstance(value, Secret) and value.place.startswith("file:"):
                yield Path(value.place.removeprefix("file:"))
