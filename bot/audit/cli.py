"""`stream-bot audit`: verify, export, head. Works beside a running bot, and writes nothing."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sqlalchemy import URL

from bot.audit.chain import Fault
from bot.audit.export import iso, write
from bot.audit.heads import Head, heads_in
from bot.audit.key import key_file
from bot.audit.key_rules import AuditKeyError
from bot.audit.reader import find_key, reading
from bot.audit.upkeep import take_head
from bot.audit.verify import Report, verify
from bot.config import ConfigError
from bot.journal.store import JournalError
from bot.settings import Settings
from providers.foreign import foreign

__all__ = ["run"]

MOST_FAULTS = 100
"""Lines; what comes after them is counted."""


class _CannotLook(Exception):
    """The text is one line for the operator."""


@dataclass(frozen=True, slots=True)
class _Journal:
    """Which one. configured: the key that the configuration names, if it names one."""

    url: str | URL
    configured: bytes | None

    @property
    def key(self) -> bytes:

        return find_key(self.url, self.configured)


def run(options: argparse.Namespace, load: Callable[[], Settings], out: TextIO) -> int:
    """0: done, unbroken. 1: something was changed. 2: it could not be looked at.

    load: the settings, where they are needed; may raise ConfigError.
    """

    work = {"verify": _verify, "export": _export, "head": _head}[options.audit]
    try:
        status = work(options, _journal(options.database, load), out)
        out.flush()
    except (AuditKeyError, JournalError, _CannotLook) as error:
        sys.stderr.write(f"stream-bot: {error}\n")
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
    except BrokenPipeError:  # whoever reads has seen enough, as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        return status
    return 2


def _journal(database: Path | None, load: Callable[[], Settings]) -> _Journal:

    if database is None:
        settings = load()
        return _Journal(settings.database.url.get_secret_value(), settings.audit.read())
    if not database.is_file():
        raise _CannotLook(f"there is no journal at {database}")
    url = URL.create("sqlite", database=str(database))
    return _Journal(url, None if key_file(url).exists() else load().audit.read())


def _verify(options: argparse.Namespace, journal: _Journal, out: TextIO) -> int:

    heads, key = _heads(options.head) if options.head else [], journal.key
    with reading(journal.url) as connection:
        report = verify(connection, key, heads)
    for fault in report.faults[:MOST_FAULTS]:
        print(_line(fault), file=out)
    if (more := len(report.faults) - MOST_FAULTS) > 0:
        print(f"and {more} more", file=out)
    if report.faults:
        print(f"BROKEN: {_many(len(report.faults), 'fault')}", file=out)
        return 1
    print(f"unbroken: {'; '.join(_summary(report))}", file=out)
    return 0


def _export(options: argparse.Namespace, journal: _Journal, out: TextIO) -> int:

    span = {"since": options.since, "until": options.until}
    with reading(journal.url) as connection:
        if options.output is None:
            write(connection, out, options.form, **span)
            return 0
        try:
            # Line ends are the format's own.
            with options.output.open("w", encoding="utf-8", newline="") as file:
                count = write(connection, file, options.form, **span)
        except OSError as error:
            raise _CannotLook(f"{options.output} cannot be written: {error.strerror}") from error
    print(f"{_many(count, 'entry')} written to {options.output}", file=out)
    return 0


def _head(_options: argparse.Namespace, journal: _Journal, out: TextIO) -> int:

    key = journal.key
    with reading(journal.url, still=True) as connection:
        print(take_head(connection, key, time.time()), file=out)
    return 0


def _heads(given: str) -> list[Head]:
    """The heads in a text, or in the file that it names."""

    if heads := list(heads_in(given)):
        return heads
    try:
        heads = list(heads_in(Path(given).read_text(encoding="utf-8", errors="replace")))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise _CannotLook(f"--head is neither a head nor a file of heads ({why})") from error
    if not heads:
        raise _CannotLook("--head: there is no head in that file")
    return heads


# What is said


def _line(fault: Fault) -> str:

    number = f" entry {fault.number}" if fault.number else ""
    at = f", {iso(fault.at)}" if fault.at is not None else ""
    return f"{foreign(fault.operation, 40)}{number}{at}: {fault.says}"


def _summary(report: Report) -> list[str]:

    last = f", the last of {iso(report.last)}" if report.entries else ""
    operations = _many(report.operations, "operation")
    said = [f"{operations}, {_many(report.entries, 'entry')}{last}"]
    if report.heads:
        fit = "heads fit" if report.heads > 1 else "head fits"
        said.append(f"{report.heads} {fit}")
    if report.head_at is None:
        said.append("the journal has kept no head yet")
    if report.overtaken:
        said.append(f"{_many(report.overtaken, 'head')} older than what retention removed since")
    if report.removed:
        said.append(f"{_many(report.removed, 'operation')} removed by retention")
    if report.before:
        said.append(f"{_many(report.before, 'entry')} from before the chain")
    return said


def _many(count: int, what: str) -> str:
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{count} {what if count == 1 else plural}"
