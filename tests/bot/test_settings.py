"""The configuration: what a file may say, and what is said of every fault in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.policy import ConfirmRules, Rule
from bot.settings import (
    Address,
    ConfigError,
    Fault,
    Settings,
    find_config,
    load,
    load_all,
    load_tokens,
    take_environment,
)
from providers.catalogue import discover
from tests.plugin.installing import install_acme, install_module, on_the_path

CATALOGUE = discover()
PASSWORD = "hunter2"

EVERYTHING = """
[slack]
mode = "http"
api_url = "http://127.0.0.1:4000/api"
teams = ["T123", "E123"]
[http]
listen = "0.0.0.0:3000"
admin = "[::1]:0"
[database]
url = "postgresql://bot@db/stream"
[log]
level = "debug"
format = "text"
[network]
proxy = "http://proxy:3128"
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
regions = { trtc = "ap-singapore" }
sdk_app_id = 1400000000
access_key_id = "env:TENCENTCLOUD_SECRET_ID"
access_key_secret = "file:keys/tencent"
session_token = "env:TENCENTCLOUD_SESSION_TOKEN"
endpoints = { live = "https://live.tencentcloudapi.com" }
quota_share = 0.5
[accounts.ali]
provider = "alibaba"
region = "cn-shanghai"
[accounts.volc]
provider = "volcengine"
[targets.main-feed]
account = "prod"
kind = "pull"
task = "123"
protected = true
[targets.ingest-1]
account = "prod"
kind = "tencent:ingest"
task = "-gCTF+x.."
[timeouts]
vendor_seconds = 5
confirm_seconds = 0.5
approved_seconds = 30
verify_seconds = 60
drain_seconds = 25
[limits]
commands_per_minute = 10
open_cards = 1
batch_tasks = 20
blast_radius = 3
cool_down_seconds = 0
pause_after = 4
pause_seconds = 12.5
[policy]
audit_channel = "C777"
[[policy.allow]]
verbs = ["restart", "stop"]
where = ["tencent:pull"]
accounts = ["prod"]
targets = ["main-feed"]
users = ["U123"]
groups = ["S123"]
channels = ["C123"]
[[policy.deny]]
verbs = ["delete"]
channels = ["C999"]
[policy.confirm]
interrupts = "self"
ends = "second-person"
deletes = "none"
"""

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUOynLa8VzOsXY/sFNOn8nfCGoyYcwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjEwNzA5MjZaGA8yMTI2MTAyODA3MDky
NlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDmU
zp28XI9uj+uU+Ql7L9lPGRb2O3GxhaJ0AaS2xAyK0IklvBjt9QZjMFLJIAAysiw/
O5M98o8x2nZYnHdAdDijUzBRMB0GA1UdDgQWBBTWGPP4LuBKVDVFNyl8P6xKoat0
KDAfBgNVHSMEGDAWgBTWGPP4LuBKVDVFNyl8P6xKoat0KDAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIGgkgYtgt+ihjlmWkwp7+j5bVVNRdt18sYvy
/w0BLKhIAiEAsvTwG6XYDzctpNggisnTAhtLMFjnpdEiv/IUgt7vRW4=
-----END CERTIFICATE-----
"""  # nobody's: its key was thrown away

TWO_ACCOUNTS = """
[accounts.prod]
provider = "tencent"
[accounts.ali]
provider = "alibaba"
"""


def read(text: str, environ: Mapping[str, str] | None = None) -> Settings:
    return load(None, environ or {}, CATALOGUE, text=text)


def faults(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """What is said of a text, line by line, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        read(text, environ)
    lines = str(caught.value).split("\n")
    assert lines == [str(fault) for fault in caught.value.faults]
    return [line.removeprefix("stream-bot.toml: ") for line in lines]


# A good file


def test_every_key_of_the_contract_is_read() -> None:
    """Each key ends where the rest of the bot looks for it."""
    settings = read(EVERYTHING)
    assert settings.slack.mode == "http"
    assert settings.slack.api_url == "http://127.0.0.1:4000/api/"
    assert settings.slack.teams == ("T123", "E123")
    assert settings.http.listen == Address("0.0.0.0", 3000)  # noqa: S104  # read, not listened on
    assert settings.http.admin == Address("::1", 0)
    assert settings.database.url.get_secret_value() == "postgresql://bot@db/stream"
    assert (settings.log.level, settings.log.format) == ("debug", "text")
    assert settings.network.proxy == "http://proxy:3128"
    assert list(settings.accounts) == ["prod", "ali", "volc"]
    prod = settings.accounts["prod"]
    assert (prod.name, prod.app_for("trtc"), prod.quota_share) == ("prod", 1400000000, 0.5)
    assert settings.timeouts.model_dump() == {
        "vendor_seconds": 5,
        "confirm_seconds": 0.5,
        "approved_seconds": 30,
        "verify_seconds": 60,
        "drain_seconds": 25,
    }
    assert settings.limits.model_dump() == {
        "commands_per_minute": 10,
        "open_cards": 1,
        "batch_tasks": 20,
        "blast_radius": 3,
        "cool_down_seconds": 0,
        "pause_after": 4,
        "pause_seconds": 12.5,
    }
    (warning,) = settings.warnings
    assert warning.startswith("no [audit] key")


def test_every_key_of_the_policy_is_read() -> None:
    """A rule holds what its table says, and nothing more."""
    policy = read(EVERYTHING).policy
    assert policy.audit_channel == "C777"
    assert policy.allow == (
        Rule(
            verbs=("restart", "stop"),
            where=("tencent:pull",),
            accounts=("prod",),
            targets=("main-feed",),
            users=("U123",),
            groups=("S123",),
            channels=("C123",),
        ),
    )
    assert policy.deny == (Rule(verbs=("delete",), channels=("C999",)),)
    assert policy.confirm == ConfirmRules(interrupts="self", ends="second-person", deletes="none")


def test_an_empty_file_is_the_defaults() -> None:
    """So is no file; what is hardly meant is a warning."""
    settings = read("")
    assert settings == load(None, {}, CATALOGUE) == Settings()
    assert settings.slack.api_url == "https://slack.com/api/"
    assert str(settings.http.listen) == "127.0.0.1:3000"
    assert str(settings.http.admin) == "127.0.0.1:3001"
    assert settings.database.url.get_secret_value() == "sqlite:///stream-bot.db"
    assert [warning.split()[1] for warning in settings.warnings] == ["accounts", "[[policy.allow]]"]


def test_a_target_is_completed_by_its_account() -> None:
    """Region and app stand in the target, whoever named them; the kind is told by its own name."""
    targets = read(EVERYTHING).targets
    main, ingest = targets["main-feed"], targets["ingest-1"]
    assert (main.kind, main.region, main.app, main.protected) == (
        "pull",
        "ap-guangzhou",
        None,
        True,
    )
    assert (ingest.kind, ingest.region, ingest.app) == ("ingest", "ap-singapore", 1400000000)


def test_secrets_are_found_from_the_files_folder(tmp_path: Path) -> None:
    """A relative file:PATH begins at the configuration; env:NAME is the environment we got."""
    (tmp_path / "key").write_text("one\n")
    path = tmp_path / "bot.toml"
    path.write_text(
        '[database]\nurl = "env:DATABASE_URL"\n[accounts.prod]\nprovider = "tencent"\n'
        'access_key_id = "env:ID"\naccess_key_secret = "file:key"\n'
    )
    environ = {"ID": "two", "DATABASE_URL": f"postgresql://bot:{PASSWORD}@db/stream"}
    settings = load(path, environ, CATALOGUE)
    credentials = settings.accounts["prod"].credentials()
    assert (credentials.access_key_id, credentials.access_key_secret) == ("two", "one")
    assert settings.database.url.get_secret_value() == environ["DATABASE_URL"]
    assert PASSWORD not in f"{settings!r} {settings}"


def test_a_certificate_file_is_found_and_looked_into(tmp_path: Path) -> None:
    """A bundle that cannot be used is told at the start, not at the first call."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(CERTIFICATE)
    path = tmp_path / "bot.toml"
    path.write_text('[network]\nca_file = "bundle.pem"\n')
    assert load(path, {}, CATALOGUE).network.ca_file == bundle
    bundle.write_text("nothing")
    with pytest.raises(ConfigError, match=r"network\.ca_file: cannot be read"):
        load(path, {}, CATALOGUE)


def test_words_of_the_grammar_are_understood_in_rules() -> None:
    """An alias is its kind; a vendor's name is the whole vendor."""
    text = TWO_ACCOUNTS + '[[policy.allow]]\nwhere = ["trtc", "aliyun", "tencent", "alibaba"]\n'
    where = ("tencent:ingest", "alibaba:relay", "tencent", "alibaba")
    assert read(text).policy.allow[0].where == where


def test_settings_cannot_be_changed() -> None:
    """One frozen model travels through the bot."""
    settings = read(EVERYTHING)
    with pytest.raises(ValidationError):
        settings.log.level = "info"
    with pytest.raises(ValidationError):
        settings.slack = settings.slack


# Faults


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[polcy]", "polcy: unknown key; did you mean policy?"),
        ('[slack]\nmod = "http"', "slack.mod: unknown key; did you mean mode?"),
        ('[slack]\nmode = "sockt"', "slack.mode: not one of its words; 'socket' or 'http'"),
        (
            '[slack]\napi_url = "http://slack.com/api/"',
            "slack.api_url: https only; plain http is for loopback (127.0.0.1, ::1, localhost)",
        ),
        (
            '[slack]\nteams = ["acme"]',
            'slack.teams #1: not a team or enterprise id; an id, as "T123" or "E123"',
        ),
        ("slack = 3", "slack: not a table; a table of keys and values"),
        (
            '[http]\nlisten = "127.0.0.1:4000"\nadmin = "127.0.0.1:4000"',
            "http: listen and admin are the same address; two ports",
        ),
        ("[log]\nformat = 3", "log.format: not one of its words; 'json' or 'text'"),
        ("[timeouts]\nvendor_seconds = 0", "timeouts.vendor_seconds: too small; more than 0.0"),
        ("[timeouts]\nvendor_seconds = 61", "timeouts.vendor_seconds: too large; at most 60.0"),
        (
            "[timeouts]\nconfirm_seconds = nan",
            "timeouts.confirm_seconds: not a finite number; a number, without quotes",
        ),
        (
            '[timeouts]\nverify_seconds = "120"',
            "timeouts.verify_seconds: not a number; a number, without quotes",
        ),
        ("[limits]\nopen_cards = 0", "limits.open_cards: too small; at least 1"),
        (
            "[limits]\nopen_cards = true",
            "limits.open_cards: not a whole number; a whole number, without quotes",
        ),
        ("accounts = 3", "accounts: not a table; a table [accounts.NAME] for each account"),
        ("[accounts]\nprod = 3", "accounts.prod: not a table; a table with the account's provider"),
        ("[accounts.prod]", "accounts.prod.provider: missing; known: alibaba, tencent, volcengine"),
        (
            '[accounts.prod]\nprovider = "tencent"\nregoin = "x"',
            "accounts.prod.regoin: unknown key; did you mean region?",
        ),
        (
            '[accounts.prod]\nprovider = "tencent"\nname = "x"',
            "accounts.prod.name: unknown key; its name is in [accounts.prod]",
        ),
        (
            '[accounts."a b"]\nprovider = "tencent"',
            'accounts.a b: not a name; up to 40 of A-Z a-z 0-9 "_" "-"',
        ),
        ("[targets]\nmain = 3", "targets.main: not a table; a table of keys and values"),
        (
            '[policy]\naudit_channel = "#ops"',
            'policy.audit_channel: not a channel id; an id, as "C123" (not a name)',
        ),
        (
            "[policy]\nallow = 3",
            'policy.allow: not a list; a list, as ["..."], or tables, as [[...]]',
        ),
        (
            '[[policy.allow]]\n[[policy.allow]]\nverb = ["stop"]',
            "policy.allow #2.verb: unknown key; did you mean verbs?",
        ),
        (
            '[policy.confirm]\nends = "nobody"',
            "policy.confirm.ends: not one of its words; 'none', 'self' or 'second-person'",
        ),
    ],
)
def test_a_fault_says_where_what_and_what_would_be_right(text: str, said: str) -> None:
    """One line: the key, what is wrong, what would be right."""
    assert faults(text) == [said]


@pytest.mark.parametrize(
    "address",
    [
        "3000",
        "localhost",
        "::1:3000",
        "[::1]x:1",
        "a b:1",
        "1.2.3:80",
        "h:65536",
        "[::g]:1",
        "h:１",
    ],
)
def test_an_address_is_host_and_port(address: str) -> None:
    """IPv6 in brackets, a port that exists."""
    (said,) = faults(f'[http]\nadmin = "{address}"')
    assert said.startswith("http.admin: not an address; ")


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("stream-bot.db", "not a database that is known"),
        ("postgres://db/stream", "not a database that is known"),
        ("sqlite://", "not a database URL"),
        ("sqlite:///", "not a database URL"),
        ("sqlite:///folder/", "not a database URL"),
        ("sqlite://stream-bot.db", "not a database URL"),
        ("sqlite:///a.db?mode=ro", "not a database URL"),
        ("sqlite:///file:a.db", "not a database URL"),
        ("sqlite:///:memory:", "would be lost with the process"),
        ("postgresql://[/x", "not a database URL"),
        (f"postgresql://bot:{PASSWORD}@db/stream", "holds a password (not repeated here)"),
        (f"postgresql://db/stream?password={PASSWORD}", "holds a password (not repeated here)"),
        ("env:DATABASE_URL", "env:DATABASE_URL is not set"),
        ("env:not a name", "not a reference"),
        ("file:nowhere", "file:nowhere cannot be read"),
        ("file:\\u0000", "file:\0 cannot be read"),
    ],
)
def test_a_database_is_a_file_or_postgresql(url: str, wrong: str) -> None:
    """A password is kept elsewhere, and what is kept elsewhere is there."""
    (said,) = faults(f'[database]\nurl = "{url}"')
    assert said.startswith(f"database.url: {wrong}")
    assert PASSWORD not in said


@pytest.mark.parametrize(
    "url",
    [
        "proxy:3128",
        "https://proxy:3128",
        "http://proxy",
        f"http://me:{PASSWORD}@proxy:3128",
        "http://proxy:3128/path",
        "http://proxy:3128?x",
        "http://proxy:99999",
        "http://[x:1",
    ],
)
def test_a_proxy_is_scheme_host_and_port(url: str) -> None:
    """No user part: it would end up in logs."""
    (said,) = faults(f'[network]\nproxy = "{url}"')
    assert said.startswith("network.proxy: not a proxy; ")
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (f'access_key_id = "{PASSWORD}"', "access_key_id"),
        (f'access_key_secret = "{PASSWORD}"', "access_key_secret"),
        (f'session_token = ["{PASSWORD}"]', "session_token"),
        (f'endpoints = {{ live = "https://me:{PASSWORD}@host" }}', "endpoints.live"),
        (f'endpoints = {{ live = "https://me:{PASSWORD}@ho℀st" }}', "endpoints.live"),
        (f'access_key_id = "file:~{PASSWORD}/key"', "access_key_id"),
        (f'region = ["{PASSWORD}"]', "region"),
        (f'quota_share = "{PASSWORD}"', "quota_share"),
    ],
)
@pytest.mark.parametrize("provider", ["tencent", "alibaba", "volcengine"])
def test_no_fault_repeats_a_value(provider: str, line: str, key: str) -> None:
    """Any value may be a secret in the wrong place."""
    text = f'[accounts.prod]\nprovider = "{provider}"\n{line}\n'
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert [fault.key for fault in caught.value.faults] == [f"accounts.prod.{key}"]
    assert PASSWORD not in f"{caught.value} {caught.value!r}"
    assert caught.value.__cause__ is None


def test_all_faults_are_told_at_once() -> None:
    """An unknown provider hides no misspelled key, and no section hides another."""
    said = faults(
        f"""
        [slack]
        mode = "sockt"
        [accounts.prod]
        provider = "tencet"
        regoin = "x"
        sdk_app_id = 1
        access_key_id = "{PASSWORD}"
        [accounts.ali]
        provider = "alibaba"
        quota_share = 2
        [targets.main]
        account = "prod"
        kind = "pull"
        task = "1"
        [targets.stop]
        account = "nowhere"
        kind = "pull"
        task = "1 2"
        [[policy.deny]]
        verbs = ["restrat", "stop"]
        accounts = ["prdo", "prod", "ali"]
        """
    )
    assert [line.split(";")[0] for line in said] == [
        "accounts.prod.provider: unknown provider",
        "accounts.prod.access_key_id: a secret is kept outside of this file: write env:NAME or "
        "file:PATH (the value is not repeated here)",
        "accounts.prod.regoin: unknown key",
        "accounts.ali.quota_share: too large",
        "targets.stop: a verb cannot name a target",
        "slack.mode: not one of its words",
        "targets.stop.account: unknown account",
        "targets.stop.task: not a task id",
        "policy.deny #1.verbs #1: unknown verb",
        "policy.deny #1.accounts #1: unknown account",
    ]


@pytest.mark.parametrize("side", ["allow", "deny"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('verbs = ["restrat"]', "verbs #1: unknown verb; did you mean restart?"),
        ('verbs = ["help"]', "verbs #1: unknown verb; known: *, status"),
        (
            'where = ["tencent:pul"]',
            "where #1: unknown provider or kind; did you mean tencent:pull?",
        ),
        ('accounts = ["prod", "prdo"]', "accounts #2: unknown account; did you mean prod?"),
        ('targets = ["main"]', "targets #1: unknown target; there is none"),
        ("users = []", "users: an empty list matches nobody; leave the key out for any"),
        ('channels = "C1"', "channels: not a list; "),
        ("groups = [3]", "groups #1: not text; "),
    ],
)
def test_a_slip_in_a_rule_is_a_fault(side: str, line: str, said: str) -> None:
    """A deny that matches nothing would allow, in silence."""
    (found,) = faults(f"{TWO_ACCOUNTS}\n[[policy.{side}]]\n{line}\n")
    assert found.startswith(f"policy.{side} #1.{said}")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("restart", "a verb cannot name a target"),
        ("help", "a verb cannot name a target"),
        ("thaw", "a verb cannot name a target"),
        ("trtc", "a provider cannot name a target"),
        ("volcengine", "a provider cannot name a target"),
        ("tencent:pull", "a provider cannot name a target"),
        ("Main", "not a name"),
        ("-main", "not a name"),
        ("main feed", "not a name"),
        ("mаin", "not a name"),  # with a Cyrillic letter
    ],
)
def test_a_target_has_a_name_of_its_own(name: str, wrong: str) -> None:
    """a-z, 0-9 and "-", and no word that the grammar has."""
    text = f'{TWO_ACCOUNTS}[targets."{name}"]\naccount = "prod"\nkind = "pull"\ntask = "1"\n'
    (said,) = faults(text)
    assert said.startswith(f"targets.{name}: {wrong}; ")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('account = "prdo"\nkind = "pull"', "account: unknown account; did you mean prod?"),
        ('account = "prod"\nkind = "pul"', "kind: not a kind of tencent; did you mean pull?"),
        ('account = "ali"\nkind = "tencent:pull"', "kind: not a kind of alibaba; known: relay"),
        (
            'account = "prod"\nkind = "pull"\napp = 3',
            "app: tencent:pull has no app; leave the key out",
        ),
        (
            'account = "prod"\nkind = "ingest"\nregion = "ap-singapore"',
            "app: missing; set it here, or a default in [accounts.prod]",
        ),
        (
            'account = "prod"\nkind = "ingest"\napp = 0\nregion = "ap-singapore"',
            "app: too small; more than 0",
        ),
        ('account = "ali"\nkind = "relay"', "region: missing; set it here or in [accounts.ali]"),
        (
            'account = "ali"\nkind = "relay"\nregion = "cn shanghai"',
            'region: not a region; letters, digits and "-", as "ap-guangzhou"',
        ),
        (
            'account = "prod"\nkind = "pull"\nprotected = 1',
            "protected: not true or false; true or false, without quotes",
        ),
        (
            'account = "prod"\nkind = "pull"\nprotcted = true',
            "protcted: unknown key; did you mean protected?",
        ),
        ('kind = "pull"', "account: missing"),
    ],
)
def test_a_target_is_one_whole_task(lines: str, said: str) -> None:
    """Account, kind, id, and what its vendor needs besides."""
    assert faults(f'{TWO_ACCOUNTS}[targets.main]\ntask = "1"\n{lines}\n') == [
        f"targets.main.{said}"
    ]


@pytest.mark.parametrize("task", ["", "1 2", "1" * 129, "tаsk", "1\\u200b", "1\\n"])
def test_a_targets_task_is_an_id_to_the_letter(task: str) -> None:
    """Printable ASCII without spaces, at most 128 characters."""
    text = f'{TWO_ACCOUNTS}[targets.main]\naccount = "prod"\nkind = "pull"\ntask = "{task}"\n'
    (said,) = faults(text)
    assert said.startswith("targets.main.task: not a task id; ")


# Files


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"a = {PASSWORD}", "(at line 1, column 5)"),
        (f"a = 1\na = {PASSWORD!r}", "(at line 2, column 14)"),
        (f"a = [\n{PASSWORD!r},", "(at line 2, the end of the file)"),
        ("a = " + "[" * 200_000, "nested too deeply"),
        ("a = " + "9" * 5_000, "a number is too long"),
    ],
)
def test_what_is_not_toml_is_told_with_its_place(text: str, said: str) -> None:
    """Line and column, and nothing of the line itself."""
    (found,) = faults(text)
    assert found.startswith("not TOML; ")
    assert found.endswith(said)
    assert PASSWORD not in found


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    """Missing, a folder, no path, no text, too large: each says so in one line."""
    (tmp_path / "large").write_bytes(b"#" * (1024 * 1024 + 1))
    (tmp_path / "latin").write_bytes(b"\n# \xe9\n")
    said = {}
    for name in ("missing", ".", "large", "latin", "\0"):
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / name, {}, CATALOGUE)
        (fault,) = caught.value.faults
        said[name] = fault.wrong
    assert said == {
        "missing": "cannot be read (No such file or directory)",
        ".": "cannot be read (Is a directory)",
        "large": "too large",
        "latin": "not text in UTF-8 (line 2)",
        "\0": "not a path",
    }


def test_a_file_from_another_system_is_read(tmp_path: Path) -> None:
    """A byte order mark and other line ends are no fault."""
    path = tmp_path / "bot.toml"
    path.write_bytes(b'\xef\xbb\xbf[log]\r\nlevel = "error"\r\n')
    assert load(path, {}, CATALOGUE).log.level == "error"


def test_the_file_is_found_by_option_variable_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order; no file is no fault, but a file that was named must be there."""
    monkeypatch.chdir(tmp_path)
    environ = {"STREAM_BOT_CONFIG": "b.toml"}
    assert find_config("a.toml", environ) == Path("a.toml")
    assert find_config(None, environ) == Path("b.toml")
    assert find_config(None, {"STREAM_BOT_CONFIG": ""}) is None
    Path("stream-bot.toml").touch()
    assert find_config(None, {}) == Path("stream-bot.toml")


@given(st.text() | st.text(alphabet='[]{}=."\n#abc019-_'))
def test_any_text_is_settings_or_faults(text: str) -> None:
    """Whatever is in the file, the start ends in one of two ways."""
    with suppress(ConfigError):
        read(text)


# Protection

SHARED = """
[accounts.prod]
provider = "tencent"
access_key_id = "env:ONE"
[accounts.again]
provider = "tencent"
access_key_id = "env:TWO"
[accounts.other]
provider = "tencent"
access_key_id = "env:OTHER"
[accounts.ali]
provider = "alibaba"
region = "cn-shanghai"
access_key_id = "env:ONE"
[targets.plain]
account = "prod"
kind = "pull"
task = "1"
[targets.main]
account = "prod"
kind = "pull"
task = "1"
region = "ap-singapore"
protected = true
"""


@pytest.mark.parametrize(
    ("where", "account", "task", "expected"),
    [
        ("tencent:pull", "prod", "1", "main"),
        ("tencent:pull", "prod", "2", None),
        ("tencent:ingest", "prod", "1", None),
        ("tencent:pull", "again", "1", "main"),
        ("tencent:pull", "other", "1", None),
        ("alibaba:relay", "ali", "1", None),
    ],
)
def test_a_protected_task_is_protected_however_it_is_typed(
    where: str, account: str, task: str, expected: str | None
) -> None:
    """By its id, in any region, and under another name for the same access key."""
    environ = {"ONE": "AKID1", "TWO": "AKID1", "OTHER": "AKID2"}
    settings = read(SHARED, environ)
    assert settings.protects(where, account, task) == expected


@pytest.mark.parametrize("environ", [{"ONE": "AKID1"}, {"TWO": "AKID2"}, {}])
def test_a_key_that_cannot_be_read_may_be_the_same(environ: dict[str, str]) -> None:
    """What cannot be read counts against the wish, so that a lost key is no way round."""
    assert read(SHARED, environ).protects("tencent:pull", "again", "1") == "main"


def test_a_task_that_is_not_protected_has_names_too() -> None:
    """Rules for targets hold for it as well: exactly, or for all that it may be."""
    settings = read(SHARED, {"ONE": "AKID1", "OTHER": "AKID2"})
    assert settings.targets_like("tencent:pull", "prod", "1") == ("plain", "main")
    named = settings.target_named
    assert named("tencent:pull", "prod", "1", "ap-guangzhou", None) == "plain"
    assert named("tencent:pull", "prod", "1", "ap-singapore", None) == "main"
    assert named("tencent:pull", "prod", "1", "ap-tokyo", None) is None
    assert named("tencent:pull", "other", "1", "ap-guangzhou", None) is None


# Tokens and the environment

ANOTHER = "holds another token, the"
BOT, APP, SIGNING = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"
GOOD = {BOT: "xoxb-1", APP: "xapp-1", SIGNING: "abc"}


def test_each_mode_has_its_tokens() -> None:
    """Socket Mode takes the app-level token, HTTP the signing secret; none of it is shown."""
    socket = load_tokens(read(""), {**GOOD, APP: " xapp-1\n"})
    assert socket.app_token is not None
    assert socket.app_token.get_secret_value() == "xapp-1"
    assert socket.signing_secret is None
    http = load_tokens(read('[slack]\nmode = "http"'), GOOD)
    assert http.signing_secret is not None
    assert http.app_token is None
    shown = f"{socket} {socket!r} {http!r}"
    assert not any(value in shown for value in GOOD.values())


@pytest.mark.parametrize(
    ("mode", "environ", "said"),
    [
        ("socket", {}, [f"{BOT}: not set", f"{APP}: not set"]),
        ("http", {}, [f"{BOT}: not set", f"{SIGNING}: not set"]),
        (
            "socket",
            {BOT: "xapp-1", APP: "xoxb-1"},
            [
                f'{BOT}: {ANOTHER} app-level token, which begins with "xapp-"',
                f'{APP}: {ANOTHER} bot token, which begins with "xoxb-"',
            ],
        ),
        ("socket", {BOT: "hunter2", APP: "xapp-1"}, [f"{BOT}: does not look like one"]),
        (
            "http",
            {BOT: "xoxb-1", SIGNING: "xoxb-1"},
            [f'{SIGNING}: {ANOTHER} bot token, which begins with "xoxb-"'],
        ),
        (
            "http",
            {BOT: "xoxb-1", SIGNING: "a b"},
            [f"{SIGNING}: holds characters that no token has"],
        ),
    ],
)
def test_a_wrong_token_is_told_and_not_repeated(
    mode: str, environ: dict[str, str], said: list[str]
) -> None:
    """Every variable that is wrong, what is wrong with it, and what belongs there."""
    settings = read(f'[slack]\nmode = "{mode}"')
    with pytest.raises(ConfigError) as caught:
        load_tokens(settings, environ)
    lines = str(caught.value).split("\n")
    assert [line.partition("; ")[0] for line in lines] == [f"environment: {line}" for line in said]
    assert all("; the " in line for line in lines)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("x = 1", ["x", BOT, APP]),
        ('x = 1\n[slack]\nmode = "http"', ["x", BOT, SIGNING]),
        ('[slack]\nmode = "smoke"', ["slack.mode", BOT]),
        ("slack = []", ["slack", BOT]),
        ("x", ["", BOT]),
        ("", [BOT, APP]),
    ],
)
def test_file_and_tokens_are_told_together(text: str, keys: list[str]) -> None:
    """All faults at once, as far as the mode is known."""
    with pytest.raises(ConfigError) as caught:
        load_all(None, {}, CATALOGUE, text=text)
    assert [fault.key for fault in caught.value.faults] == keys


def test_all_is_loaded_together() -> None:
    """The way in that the command line uses."""
    loaded = load_all(None, GOOD, CATALOGUE, text='[log]\nlevel = "error"')
    assert loaded.settings.log.level == "error"
    assert loaded.tokens.bot_token.get_secret_value() == "xoxb-1"
    assert (loaded.catalogue, loaded.plugins) == (CATALOGUE, ())


def test_libraries_find_nothing_in_the_environment() -> None:
    """What they would read behind our back is taken out; we keep it, and leave the rest alone."""
    hidden = {
        "HTTPS_PROXY": "1",
        "http_proxy": "2",
        "No_Proxy": "3",
        "all_proxy": "4",
        "SLACK_CLIENT_ID": "5",
        BOT: "6",
        "NETRC": "7",
        "SSLKEYLOGFILE": "8",
    }
    kept = {"PATH": "/bin", "SSL_CERT_FILE": "/certs", "PROXY": "x", "TENCENTCLOUD_SECRET_ID": "y"}
    environ = {**hidden, **kept}
    assert take_environment(environ) == {**hidden, **kept}
    assert environ == kept


@pytest.fixture
def real_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_it_is_the_process_environment_that_is_emptied(
    real_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default, so that child libraries and C code find nothing either."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    taken = take_environment()
    assert taken["HTTPS_PROXY"] == "http://proxy:1"
    assert os.getenv("HTTPS_PROXY") is None


def test_a_fault_is_one_line() -> None:
    """File, key, wrong, right; what is not there leaves no gap."""
    assert str(Fault("f", "k", "bad", "good")) == "f: k: bad; good"
    assert str(Fault("f", "", "bad")) == "f: bad"


# Vendors of other packages

ACME = """
plugins = ["acme"]
[accounts.edge]
provider = "acme"
tenant = "north"
access_key_id = "env:ID"
access_key_secret = "env:SECRET"
[targets.side-feed]
account = "edge"
kind = "feed"
task = "1"
[[policy.allow]]
where = ["acme", "acme:feed"]
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder whose packages are installed."""
    with on_the_path(tmp_path):
        yield tmp_path


def test_a_plugin_is_a_vendor_like_any_other(site: Path) -> None:
    """Its own keys in accounts, its kinds in targets and rules, its words in the catalogue."""
    install_acme(site)
    loaded = load_all(None, GOOD, CATALOGUE, text=ACME)
    assert loaded.settings.plugins == ("acme",)
    assert [(plugin.name, plugin.version) for plugin in loaded.plugins] == [("acme", "1.2")]
    assert loaded.settings.accounts["edge"].model_dump()["tenant"] == "north"
    assert loaded.settings.targets["side-feed"].region == "global"
    assert loaded.settings.policy.allow == (Rule(where=("acme", "acme:feed")),)
    assert loaded.catalogue.kind("acme").where == "acme:feed"
    assert list(read(ACME).accounts) == ["edge"]


def test_a_plugin_that_nobody_names_is_no_vendor(site: Path) -> None:
    """To be installed is not enough."""
    install_acme(site)
    first, *_ = faults(ACME.replace('plugins = ["acme"]', ""))
    assert first == (
        "accounts.edge.provider: unknown provider; known: alibaba, tencent, volcengine"
    )


def test_a_plugins_fault_is_the_only_one(site: Path) -> None:
    """What the rest of the file says of its vendor is not held against it."""
    install_module(site, "acme", "raise RuntimeError('hunter2')")
    assert faults(ACME) == [
        "plugins #1: RuntimeError when acme-stream-bot 0.1 was loaded (the log says where); its "
        "author mends the package; leave the plugin out until then"
    ]


def test_a_plugins_fault_hides_no_other(site: Path) -> None:
    """All at once, as far as they can be known: shared keys, slips, and other plugins."""
    install_acme(site)
    text = """
    plugins = ["acne", "none-like-it", "acme", "acme"]
    [accounts.edge]
    provider = "none-like-it"
    access_key_id = "hunter2"
    wattage = 7
    [accounts.prod]
    provider = "tencnt"
    [[policy.deny]]
    where = ["none-like-it:feed", "tencnt:pull", "acme"]
    verbs = ["delte"]
    """
    literal = "a secret is kept outside of this file: write env:NAME or file:PATH"
    assert faults(text) == [
        "plugins #1: not installed; did you mean acme?",
        "plugins #2: not installed; known: acme",
        "plugins #4: named twice; name it once",
        f"accounts.edge.access_key_id: {literal} (the value is not repeated here)",
        "accounts.prod.provider: unknown provider; did you mean tencent?",
        "policy.deny #1.verbs #1: unknown verb; did you mean delete?",
        "policy.deny #1.where #2: unknown provider or kind; did you mean tencent:pull?",
    ]


@pytest.mark.parametrize(
    ("plugins", "said"),
    [
        ('"acme"', ['plugins: not a list; a list, as ["..."], or tables, as [[...]]']),
        ("[7]", ['plugins #1: not text; text in quotes, as "..."']),
        ("[[]]", ['plugins #1: not text; text in quotes, as "..."']),
        (
            '["hunter2"]',
            ["plugins #1: not installed; no package here declares stream_bot.providers"],
        ),
    ],
)
def test_what_names_no_plugin(plugins: str, said: list[str]) -> None:
    """A list of names of packages that are there; a wrong one is not repeated."""
    assert faults(f"plugins = {plugins}") == said


def test_a_plugin_takes_no_word_of_the_bots(site: Path) -> None:
    """`help history` would mean two things."""
    code = """
from dataclasses import replace
from providers.volcengine import PROVIDER as VENDOR
KIND = replace(VENDOR.kinds[0], provider="tape", aliases=("history", "tapes"))
PROVIDER = replace(VENDOR, name="tape", kinds=(KIND,))
"""
    install_module(site, "tape", code)
    assert faults('plugins = ["tape"]') == [
        "plugins #1: its word history is a verb of the bot; another name or alias in the package"
    ]


def test_every_fault_of_a_plugin_is_a_line(site: Path) -> None:
    """As with the rest of the file."""
    code = """
from dataclasses import replace
from providers.volcengine import PROVIDER as VENDOR
PROVIDER = replace(VENDOR, name="tape", kinds=(), title="")
"""
    install_module(site, "tape", code)
    mend = "its author mends the package; leave the plugin out until then"
    assert faults('plugins = ["tape"]\n[accounts.a]\nprovider = "tape"') == [
        f"plugins #1: provider tape: no title; {mend}",
        f"plugins #1: provider tape: no kinds; {mend}",
    ]


def test_a_plugin_that_is_named_twice_hides_nothing(site: Path) -> None:
    """It is there all the same, so what is not known is not its own."""
    install_acme(site)
    assert faults('plugins = ["acme", "acme"]\n[accounts.a]\nprovider = "zebra"') == [
        "plugins #2: named twice; name it once",
        "accounts.a.provider: unknown provider; known: alibaba, tencent, volcengine, acme",
    ]
