"""What the bot takes from the environment, and what it hides there from its libraries."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass

from pydantic import SecretStr

from bot.config import ConfigError, Fault
from bot.settings.model import Settings
from bot.settings.sections import Mode

__all__ = ["Tokens", "load_tokens", "take_environment", "token_faults"]

_BOT_TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105  # the name of a variable
_APP_TOKEN = "SLACK_APP_TOKEN"  # noqa: S105  # the name of a variable
_SIGNING_SECRET = "SLACK_SIGNING_SECRET"  # noqa: S105  # the name of a variable

_SHAPES: Mapping[str, tuple[str, str]] = {  # variable -> how it begins, what it is
    _BOT_TOKEN: ("xoxb-", 'the bot token, which begins with "xoxb-"'),
    _APP_TOKEN: ("xapp-", 'the app-level token, which begins with "xapp-"'),
    _SIGNING_SECRET: ("", "the signing secret, from the app's Basic Information page"),
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Slack knows us by. app_token: Socket Mode only. signing_secret: HTTP mode only."""

    bot_token: SecretStr
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None


def take_environment(environ: MutableMapping[str, str] = os.environ) -> dict[str, str]:
    """A copy of the environment; what libraries would read behind our back is then taken out of it.

    Called once, by the command line, before anything else looks. Slack's libraries would take
    tokens and OAuth settings, every HTTP library a proxy and the netrc file, and Python's TLS a
    file to write its session keys to. `SSL_CERT_FILE` stays: it says where this machine keeps its
    certificates.
    """
    taken = dict(environ)
    for name in taken:
        plain = name.upper()
        hidden = plain in ("NETRC", "SSLKEYLOGFILE")
        if hidden or plain.endswith("_PROXY") or plain.startswith("SLACK_"):
            del environ[name]
    return taken


def load_tokens(settings: Settings, environ: Mapping[str, str]) -> Tokens:
    """Slack's tokens for the configured mode. Raises ConfigError with every fault."""
    if faults := list(token_faults(settings.slack.mode, environ)):
        raise ConfigError(faults)
    bot_token = SecretStr(environ[_BOT_TOKEN].strip())
    if settings.slack.mode == "socket":
        return Tokens(bot_token, app_token=SecretStr(environ[_APP_TOKEN].strip()))
    return Tokens(bot_token, signing_secret=SecretStr(environ[_SIGNING_SECRET].strip()))


def token_faults(mode: Mode | None, environ: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with the tokens. mode: None where it is not known, as the file has faults."""
    needed = [_BOT_TOKEN]
    if mode is not None:
        needed.append(_APP_TOKEN if mode == "socket" else _SIGNING_SECRET)
    for name in needed:
        if wrong := _wrong_with(name, environ.get(name, "").strip()):
            yield Fault("environment", name, wrong, _SHAPES[name][1])


def _wrong_with(name: str, value: str) -> str:
    """What is wrong with a token's shape, without the token; "" if nothing is."""
    if not value:
        return "not set"
    if not value.isascii() or not value.isprintable() or " " in value:
        return "holds characters that no token has"
    for other, (beginning, what) in _SHAPES.items():
        if other != name and beginning and value.startswith(beginning):
            return f"holds another token, {what}"
    return "" if value.startswith(_SHAPES[name][0]) else "does not look like one"
