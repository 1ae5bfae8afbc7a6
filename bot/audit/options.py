"""What may follow `stream-bot audit`. Apart from what it does: --help need not wait for that."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

__all__ = ["add_commands"]

_AGO = re.compile(r"([0-9]{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_commands(audit: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    """The subcommands. config: the parser with --config."""
    config = argparse.ArgumentParser(add_help=False, parents=[config])
    config.add_argument(
        "--database",
        metavar="PATH",
        type=Path,
        help="the file of another journal, as a backup or the demo's, sealed with the key beside "
        "it, else with the configured one",
    )
    commands = audit.add_subparsers(required=True, metavar="COMMAND", dest="audit")
    text = "find what was changed in the trail, and where; exit 1 if anything was"
    verify = commands.add_parser("verify", parents=[config], help=text, description=text)
    verify.add_argument(
        "--head",
        metavar="TEXT|FILE",
        help="a head that was kept elsewhere, as the line in the audit channel; or a file of them",
    )
    text = "write the trail out"
    export = commands.add_parser("export", parents=[config], help=text, description=text)
    when = "a date or time in UTC (2026-11-21, 2026-11-21T15:00), or how long ago (2d, 12h)"
    export.add_argument("--since", metavar="WHEN", type=_since, help=f"from then on: {when}")
    export.add_argument("--until", metavar="WHEN", type=_until, help="a date counts as a whole day")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", dest="form")
    export.add_argument("--output", metavar="FILE", type=Path, help="default: standard output")
    text = "print a signed head over all operations, to be kept elsewhere"
    commands.add_parser("head", parents=[config], help=text, description=text)


# When


def _since(text: str) -> float:
    return _moment(text).timestamp()


def _until(text: str) -> float:
    whole_day = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    return (_moment(text) + timedelta(days=1 if whole_day else 0)).timestamp()


def _moment(text: str) -> datetime:
    try:
        if found := _AGO.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            "a date or time in UTC, as 2026-11-21 or 2026-11-21T15:00, or how long ago, as 2d"
        ) from None
