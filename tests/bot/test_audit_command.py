"""`stream-bot audit`, as an operator types it."""

import csv
import io
import json
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.audit.key_rules import AuditKeyError
from bot.demo.furniture import Scene
from tests.bot.audited import DAY, START, Audited, tamper

CONFIG = '[database]\nurl = "sqlite:///{}"\n'


@pytest.fixture
async def audited(tmp_path: Path) -> AsyncIterator[Audited]:
    """A running bot's journal, with one operation in it; a configuration without Slack's tokens."""
    path = tmp_path / "journal.db"
    (tmp_path / "stream-bot.toml").write_text(CONFIG.format(path))
    async with Audited(f"sqlite:///{path}") as audited:
        await audited.done()
        yield audited


@pytest.fixture
async def closed(tmp_path: Path) -> Audited:
    """A journal whose bot has ended."""
    async with Audited(f"sqlite:///{tmp_path}/journal.db") as audited:
        await audited.done()
    return audited


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> "Typed":
    """Runs a command where the configuration is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "umask", lambda mask: mask)
    monkeypatch.setattr("bot.logs.configure", lambda *_: None)  # it is the whole process's
    return Typed(capsys)


class Typed:
    """`typed("audit verify")`: its status, what it printed, and what it said against it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, line: str, *more: str) -> tuple[int, str, str]:
        status = main([*line.split(), *more])
        return (status, *self._capsys.readouterr())


async def test_an_unbroken_trail_is_one_line(audited: Audited, typed: Typed) -> None:
    """Beside the running bot, without Slack's tokens; exit 0."""
    assert typed("audit verify") == (
        0,
        "unbroken: 1 operation, 6 entries, the last of 2023-11-14T08:00:05.000000Z; "
        "the journal has kept no head yet\n",
        "",
    )


async def test_a_broken_trail_says_where_and_when(audited: Audited, typed: Typed) -> None:
    """Operation, entry, time and what; exit 1."""
    tamper(audited.url, "UPDATE trail SET actor = 'U999' WHERE number = 3")
    status, said, against = typed("audit verify")
    where, end = said.splitlines()
    assert status == 1
    assert where.endswith(
        " entry 3, 2023-11-14T08:00:03.000000Z: this entry was changed after it was written"
    )
    assert (end, against) == ("BROKEN: 1 fault", "")


async def test_verify_takes_no_lock_and_changes_nothing(audited: Audited, typed: Typed) -> None:
    """It reads also while the bot is in the middle of a transaction."""
    path = audited.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as bot:
        bot.execute("BEGIN IMMEDIATE")
        assert typed("audit verify")[0] == 0
        bot.execute("ROLLBACK")
    assert await audited.journal.writable()


@pytest.mark.parametrize("kept", ["text", "file"])
async def test_a_kept_head_tells_what_is_gone(
    audited: Audited, typed: Typed, tmp_path: Path, kept: str
) -> None:
    """`audit head` prints one; it is given back as a text, or as a file that has it somewhere."""
    _, head, _ = typed("audit head")
    file = tmp_path / "heads.txt"
    file.write_text(f"from the audit channel, 16:40\n> {head}\n")
    given = head.strip() if kept == "text" else str(file)
    assert typed("audit verify --head", given)[:2] == (
        0,
        "unbroken: 1 operation, 6 entries, the last of 2023-11-14T08:00:05.000000Z; 1 head fits; "
        "the journal has kept no head yet\n",
    )
    tamper(audited.url, "DELETE FROM trail WHERE seq > 1", "DELETE FROM operation")
    status, said, _ = typed("audit verify --head", given)
    assert status == 1
    assert said.startswith("head, 2")
    assert "counts 1 operations and 6 entries; of these, 0 and 1 are there" in said


@pytest.mark.parametrize("given", ["nonsense", "stream-bot.toml"])
async def test_what_is_no_head_is_told(audited: Audited, typed: Typed, given: str) -> None:
    """Neither a head nor a file with one: exit 2, for nothing was compared."""
    status, said, against = typed("audit verify --head", given)
    assert (status, said) == (2, "")
    assert against.startswith("stream-bot: --head")


async def test_the_key_is_ours_alone(audited: Audited, tmp_path: Path) -> None:
    """Made beside the database, 0600, 32 random bytes."""
    file = tmp_path / "journal.db.audit-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(bytes.fromhex(file.read_text())) == 32


async def test_a_lost_key_is_missed(closed: Audited, typed: Typed, tmp_path: Path) -> None:
    """No second one is made, neither to verify nor to go on: the trail is sealed with the first."""
    (tmp_path / "journal.db.audit-key").unlink()
    status, said, against = typed("audit verify --database journal.db")
    assert (status, said) == (2, "")
    assert "there is no audit key" in against
    with pytest.raises(AuditKeyError, match="the audit key is gone"):
        await closed.__aenter__()
    assert not (tmp_path / "journal.db.audit-key").exists()


async def test_another_key_is_refused_at_the_start(closed: Audited) -> None:
    """A bot that would go on with a key that does not fit does not start."""
    other = Audited(closed.url, b"another key, of 32 characters or more")
    with pytest.raises(AuditKeyError, match="the audit key does not fit the journal"):
        await other.__aenter__()


async def test_a_configured_key_is_used(tmp_path: Path, typed: Typed) -> None:
    """From its file; then none is made beside the database. One that is too short is refused."""
    path, file = tmp_path / "journal.db", tmp_path / "audit.key"
    file.write_text("k" * 32)
    file.chmod(0o600)
    config = CONFIG.format(path) + '[audit]\nkey = "file:audit.key"\n'
    (tmp_path / "stream-bot.toml").write_text(config)
    async with Audited(f"sqlite:///{path}", b"k" * 32) as audited:
        await audited.done()
    assert typed("audit verify")[0] == 0
    assert not (tmp_path / "journal.db.audit-key").exists()
    file.write_text("k" * 31)
    status, _, against = typed("audit verify")
    assert status == 2
    assert "too short for an audit key" in against
    assert "k" * 31 not in against


def test_postgresql_that_is_away_is_told(tmp_path: Path, typed: Typed) -> None:
    """Its key is in it, where none is configured; exit 2, for nothing was looked at."""
    config = '[database]\nurl = "postgresql://nobody@127.0.0.1:9/none"\n'
    (tmp_path / "stream-bot.toml").write_text(config)
    status, _, against = typed("audit verify")
    assert status == 2
    assert "postgresql+psycopg://nobody@127.0.0.1:9/none cannot be reached" in against


async def test_another_journal_needs_no_configuration(
    audited: Audited, typed: Typed, tmp_path: Path
) -> None:
    """A backup, wherever it is, with its key beside it."""
    (tmp_path / "stream-bot.toml").unlink()
    path = audited.url.removeprefix("sqlite:///")
    assert typed("audit verify --database", path)[0] == 0
    status, _, against = typed("audit verify --database", str(tmp_path / "none.db"))
    assert (status, against) == (2, f"stream-bot: there is no journal at {tmp_path}/none.db\n")
    assert not (tmp_path / "none.db").exists()


async def test_what_is_no_journal_is_told(tmp_path: Path, typed: Typed) -> None:
    """A file of something else: one line, exit 2."""
    (tmp_path / "journal.db").write_text("shopping list")
    (tmp_path / "journal.db.audit-key").write_text("0" * 64)
    status, _, against = typed("audit verify --database journal.db")
    assert status == 2
    assert "cannot be read as a journal" in against


async def test_the_demos_journal_can_be_verified(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it plays, and afterwards, where it was kept."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)  # the command line takes them away
    async with Scene(tmp_path / "demo.db") as scene:
        await scene.workspace.slash("ann", "#incidents", "/stream delete tencent 456")
        await scene.workspace.wait_for(lambda: scene.workspace.messages("#incidents"))
        playing = typed("audit verify --database demo.db")
    ended = typed("audit verify --database demo.db")
    for status, said, _ in (playing, ended):
        assert (status, said.split(",")[0]) == (0, "unbroken: 1 operation")


# Export


async def test_jsonl_is_to_the_letter(audited: Audited, typed: Typed) -> None:
    """One object a line, from which each entry's own hash can be made again."""
    _, said, _ = typed("audit export")
    begun, *entries = map(json.loads, said.splitlines())
    assert (begun["operation"], begun["to_state"]) == ("head", "begun")
    assert [entry["number"] for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry["to_state"] for entry in entries] == [
        *("asked", "approved", "sending", "succeeded", "recovered"),
    ]
    sending = entries[2]
    assert (sending["at"], sending["epoch"]) == ("2023-11-14T08:00:03.000000Z", START + 3)
    assert (sending["actor"], sending["detail"]) == ("bot", {"attempt": 1})
    assert len(sending["hash"]) == 64


NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", 'a "quoted", word\nand a line', "停流"]


@pytest.mark.parametrize("text", NASTY)
async def test_a_formula_is_no_formula_in_csv(audited: Audited, typed: Typed, text: str) -> None:
    """An apostrophe stands before what a spreadsheet would calculate. JSONL has it as it was."""
    record = await audited.asked("2")
    await audited.journal.note_in_trail(record, text, {"says": text})
    file = Path("trail.csv")
    assert typed("audit export --format csv --output trail.csv")[1] == (
        "8 entries written to trail.csv\n"
    )
    *_, cells = csv.DictReader(io.StringIO(file.read_bytes().decode(), newline=""))
    assert cells["actor"] == (text if text[0] in "a停" else f"'{text}")
    assert json.loads(cells["detail"]) == {"says": text}
    *_, line = typed("audit export")[1].splitlines()
    assert json.loads(line)["actor"] == text


@pytest.mark.parametrize(
    ("span", "tasks"),
    [
        ("", ["1", "2", "3"]),
        ("--since 2023-11-15", ["2", "3"]),
        ("--until 2023-11-14", ["1"]),
        ("--since 2023-11-15 --until 2023-11-15", ["2"]),
        ("--since 2023-11-16T00:00", ["3"]),
        ("--since 2023-11-16T09:00+01:00", ["3"]),
        ("--since 2h", []),
        ("--until 2h", ["1", "2", "3"]),
    ],
)
async def test_a_span_of_time(audited: Audited, typed: Typed, span: str, tasks: list[str]) -> None:
    """From --since on; a date as --until counts as a whole day."""
    for task in ("2", "3"):
        audited.clock.at += DAY
        await audited.asked(task)
    said = typed(f"audit export {span}")[1].splitlines()
    commands = [json.loads(line)["detail"].get("command") for line in said]
    assert [command["task"] for command in commands if command] == tasks


@pytest.mark.parametrize("when", ["yesterday", "2027-02-31", "99999999d", "2 d"])
def test_what_is_no_time_is_told(typed: Typed, when: str) -> None:
    """Before anything is read, with what it may be."""
    with pytest.raises(SystemExit) as ended:
        typed("audit export --since", when)
    assert ended.value.code == 2


async def test_a_file_that_cannot_be_written_is_told(audited: Audited, typed: Typed) -> None:
    """One line, exit 2."""
    status, _, against = typed("audit export --output missing/trail.csv")
    assert (status, against) == (
        2,
        "stream-bot: missing/trail.csv cannot be written: No such file or directory\n",
    )
