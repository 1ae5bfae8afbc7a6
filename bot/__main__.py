"""The stream-bot command.

What a command does is imported when it is typed: `--help` and `--version` need not wait for it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from bot import logs
from bot.audit.options import add_commands
from bot.settings import (
    ConfigError,
    Loaded,
    Settings,
    find_config,
    load,
    load_all,
    take_environment,
)
from providers.account import Secret, SecretMissingError
from providers.catalogue import discover

__all__ = ["main"]

log = logging.getLogger("bot")  # also where this module is run as __main__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit status."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # every file that we make is ours alone
    environ = take_environment()
    command: Callable[[argparse.Namespace, Mapping[str, str]], int] = options.command
    try:
        return command(options, environ)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stream-bot",
        description="A Slack bot for on-call engineers who run live-stream tasks.",
    )
    parser.add_argument(
        "--version", action="version", version=f"stream-bot {version('stream-bot')}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument(
        "--config",
        metavar="PATH",
        help="the configuration (default: $STREAM_BOT_CONFIG, then stream-bot.toml)",
    )
    for name, command, parents, text in (
        ("demo", _demo, [], "everything on this machine, no accounts needed: try it out"),
        ("run", _run, [config], "connect to Slack and serve"),
        ("check", _check, [config], "look at tokens, scopes, keys, clock and files; exit 1 if bad"),
        ("manifest", _manifest, [], "print the Slack app manifest"),
        ("audit", _audit, [], "the trail of all that was done: verify it, write it out"),
    ):
        one = commands.add_parser(name, parents=parents, help=text, description=text)
        one.set_defaults(command=command)
    _add_demo_options(commands.choices["demo"])
    add_commands(commands.choices["audit"], config)
    return parser


def _add_demo_options(demo: argparse.ArgumentParser) -> None:
    demo.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help="of the page (default: 8765, or a free one if that is taken)",
    )
    demo.add_argument(
        "--database",
        type=Path,
        metavar="PATH",
        help="keep the bot's journal in this file, and what was said beside it, over the starts",
    )
    demo.add_argument(
        "--no-page", dest="page", action="store_false", help="in this terminal, without a browser"
    )
    demo.add_argument(
        "--script",
        metavar="FILE",
        help="play an incident and exit: 0 if all was seen, 1 if not, 2 if it cannot be played; "
        "a TOML file, or one that comes along: arrears, lost-answer, not-back, recovered",
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from bot.app import serve  # noqa: PLC0415  # when it is typed

    loaded = _load(options, environ)
    settings = loaded.settings
    logs.configure(settings.log.level, settings.log.format, lambda: _secrets(loaded))
    for plugin in loaded.plugins:
        log.info("plugin %s: %s %s", plugin.name, plugin.distribution, plugin.version)
    return serve(settings, loaded.tokens, loaded.catalogue)


def _check(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from bot.check import check  # noqa: PLC0415  # when it is typed

    loaded = _load(options, environ)
    logs.configure("error", "text", lambda: _secrets(loaded))
    findings = asyncio.run(check(loaded))
    for finding in findings:
        print(finding)
    faults = sum(not finding.ok for finding in findings)
    print(f"{faults} fault{'' if faults == 1 else 's'}" if faults else "all is well")
    return 1 if faults else 0


def _manifest(_options: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    from bot.check import manifest_text  # noqa: PLC0415  # when it is typed

    print(manifest_text(), end="")
    return 0


def _audit(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Without Slack's tokens: it is also for whoever looks at a backup, elsewhere."""
    from bot.audit.cli import run  # noqa: PLC0415  # when it is typed

    logs.configure("error", "text", tuple)

    def settings() -> Settings:
        return load(find_config(options.config, environ), environ, discover())

    return run(options, settings, sys.stdout)


def _demo(options: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    from bot.demo.command import play  # noqa: PLC0415  # when it is typed

    return play(
        port=options.port, database=options.database, page=options.page, script=options.script
    )


def _load(options: argparse.Namespace, environ: Mapping[str, str]) -> Loaded:
    logs.configure("error", "text", tuple)  # until the file says how: a plugin may break
    return load_all(find_config(options.config, environ), environ, discover())


def _secrets(loaded: Loaded) -> Iterator[str]:
    """Every secret that we know, as it is now: none of them may appear in a log."""
    tokens = loaded.tokens
    for token in (tokens.bot_token, tokens.app_token, tokens.signing_secret):
        if token is not None:
            yield token.get_secret_value()
    for account in loaded.settings.accounts.values():
        for _, value in account:  # a vendor's own model may have further secrets
            with suppress(SecretMissingError):
                yield value.reveal() if isinstance(value, Secret) else ""


if __name__ == "__main__":
    sys.exit(main())
