"""A real PostgreSQL for the tests, on a free port of loopback, started once for each session.

A test module says `pytest_plugins = ["tests.postgres"]` and asks for `own_postgres_url` (an empty
database for this test), for `postgres_url` (one for the session) or for `postgres`, to stop, crash
and start the server. Where none is installed, those tests are skipped.

Root must not run the server, so as root it runs as another user. A guard stops it and removes its
files when the pipe to this process closes: also where the process was killed.

PYTEST_DONT_REWRITE: a benchmark or a test may have imported this module before it is a plugin.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psycopg
import pytest

__all__ = [
    "Postgres",
    "find_programs",
    "own_postgres_url",
    "postgres",
    "postgres_url",
    "running_postgres",
]

USER = "stream_bot"

# Reads the server's process id when it ends: a restart has changed it.
_GUARD = """
cat >/dev/null
if pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null); then
  kill -s QUIT "$pid"
  kill -s CONT "$pid"
  while kill -s 0 "$pid" 2>/dev/null; do sleep 0.02; done
fi
rm -rf "$1"
"""
_FAST = ("fsync=off", "full_page_writes=off")  # the files need not outlive the machine
_MODEST = ("max_connections=200", "shared_buffers=32MB", "unix_socket_directories=")


class Postgres:
    """A server. `url` is a database of it; `stop`, `start` and `restart` keep port and data.

    durable: as in production, each commit waits for the disk.
    """

    def __init__(self, programs: Path, folder: Path, *, durable: bool = False) -> None:
        self._programs = programs
        self._folder = folder
        self._settings = _MODEST if durable else (*_MODEST, *_FAST)
        self._numbers = itertools.count(1)
        self.port = 0

    @property
    def url(self) -> str:
        """The database that is always there."""
        return self._url("postgres")

    def new_database(self) -> str:
        """The URL of an empty database that nobody else has."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._url(name)

    def create(self) -> None:
        """Make the files and start, on a port that is free now and may be taken a moment later."""
        self._run("initdb", f"--username={USER}", "--auth=trust", "--encoding=UTF8", *_INIT)
        for chances in reversed(range(5)):
            self.port = _free_port()
            try:
                self.start()
            except RuntimeError:
                if not chances:
                    raise
            else:
                break

    def start(self) -> None:
        """Start and wait until it answers. RuntimeError with the log's end if it does not."""
        address = ("listen_addresses=127.0.0.1", f"port={self.port}")
        options = " ".join(f"-c {setting}" for setting in (*address, *self._settings))
        self._run("pg_ctl", "start", "--wait", f"--log={self._log}", f"--options={options}")

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop and wait. fast: connections are cut; immediate: as in a crash."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop and start again."""
        self.stop(mode)
        self.start()

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        data = str(self._folder / "data")
        command = [str(self._programs / program), "--pgdata", data, *arguments]
        done = subprocess.run(  # noqa: S603  # the installed server's own programs
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self._folder,
            **_identity(),
        )
        if done.returncode:
            log = self._log.read_text()[-2000:] if self._log.exists() else ""
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}{log}")


_INIT = ("--no-locale", "--no-sync", "--no-instructions")


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl, the newest where there are several."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found = sorted(debian, key=lambda bin_: float(bin_.parent.name), reverse=True)
    if on_path := shutil.which("pg_ctl"):
        found.insert(0, Path(on_path).parent)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


@contextmanager
def running_postgres(programs: Path, *, durable: bool = False) -> Iterator[Postgres]:
    """A server of one's own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="stream-bot-postgres-"))
    if identity := _identity():
        os.chown(folder, identity["user"], identity["group"])
    guard = subprocess.Popen(  # noqa: S603  # our own lines, on a folder of our own
        ["/bin/sh", "-c", _GUARD, "guard", folder],
        stdin=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is not for the guard
    )
    try:
        server = Postgres(programs, folder, durable=durable)
        server.create()
        yield server
    finally:
        guard.communicate(timeout=60)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole session. Whoever stops it starts it again."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (initdb and pg_ctl were not found)")
    with running_postgres(programs) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """The database that the whole session shares."""
    return postgres.url


@pytest.fixture
def own_postgres_url(postgres: Postgres) -> str:
    """An empty database, for one test."""
    return postgres.new_database()


def _identity() -> dict[str, Any]:
    """Who runs the server: we ourselves, or somebody harmless in place of root."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    somebody = known.get("postgres") or known["nobody"]
    return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
