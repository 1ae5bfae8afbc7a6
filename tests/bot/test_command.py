"""Text -> Command, as tables: what is typed, and what it is read as or how it is answered."""

from __future__ import annotations

import string
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bot.command import (
    Command,
    FreezeCommand,
    HelpCommand,
    HistoryCommand,
    ListCommand,
    ShowCommand,
    TargetsCommand,
    TaskCommand,
    ThawCommand,
    UsageError,
    Vocabulary,
    WhoamiCommand,
    parse,
)
from providers.account import Account
from providers.catalogue import Catalogue, discover
from providers.facts import TaskState
from providers.operation import Verb


@dataclass(frozen=True)
class NamedTarget:
    """A target of the configuration, as the grammar sees it."""

    account: str
    kind: str
    task: str
    region: str | None = None
    app: int | None = None


def account(name: str, provider: str, **values: object) -> Account:
    """An account as the configuration would hold it; its keys are never read here."""
    keys = {"access_key_id": "env:ID", "access_key_secret": "env:KEY"}
    model = discover().providers[provider].account
    table = {"name": name, "provider": provider, **keys, **values}
    return model.model_validate(table, context={"environ": {}})


ACCOUNTS = {
    "prod": account("prod", "tencent", region="ap-guangzhou", regions={"trtc": "ap-singapore"}),
    "backup": account("backup", "tencent", region="ap-singapore", sdk_app_id=1400000001),
    "relay": account("relay", "alibaba"),
    "tape": account("tape", "volcengine"),
}
TARGETS: Mapping[str, NamedTarget] = {
    "main-feed": NamedTarget("prod", "pull", "123"),
    "far-feed": NamedTarget("prod", "tencent:pull", "456", region="ap-mumbai"),
    "room": NamedTarget("prod", "ingest", "-gCTF+x", app=1400000000),
    "spare-feed": NamedTarget("prod", "pull", "789"),
    "twin-feed": NamedTarget("prod", "pull", "123"),
}
WORDS = Vocabulary(discover(), ACCOUNTS, TARGETS)


def read(text: str, *, escaped: bool = False) -> Command:
    return parse(text, WORDS, escaped=escaped)


def read_task(text: str, *, escaped: bool = False) -> TaskCommand:
    command = read(text, escaped=escaped)
    assert isinstance(command, TaskCommand)
    return command


def mistake(text: str, vocabulary: Vocabulary = WORDS) -> UsageError:
    with pytest.raises(UsageError) as raised:
        parse(text, vocabulary)
    return raised.value


def without_notes(command: Command) -> Command:
    """What the asker was told is not typed again."""
    return command.model_copy(update={"notes": ()}) if isinstance(command, TaskCommand) else command


PULL = {"verb": "restart", "where": "tencent:pull", "account": "prod", "region": "ap-guangzhou"}
RESTART = {**PULL, "task": "123", "app": None, "reason": "", "dry_run": False, "target": None}
DELETE = {**RESTART, "verb": "delete"}
STOP_ROOM = {
    **{"verb": "stop", "where": "tencent:ingest", "account": "prod", "region": "ap-singapore"},
    **{"task": "-gCTF+x..", "app": 1400000000},
}

READ_AS = [
    # The five calls
    ("restart tencent 123", RESTART),
    ("delete tencent 123", DELETE),
    ("restart alibaba a-b --region cn-shanghai", {"where": "alibaba:relay", "task": "a-b"}),
    ("stop trtc -gCTF+x.. --app 1400000000", STOP_ROOM),
    ("stop volcengine f83", {"where": "volcengine:record", "region": "cn-north-1"}),
    # Words for a place
    ("restart tencent:pull 123", RESTART),
    ("restart aliyun a --region cn-beijing", {"where": "alibaba:relay", "account": "relay"}),
    ("stop volc a", {"where": "volcengine:record", "account": "tape"}),
    # Options, anywhere and in both forms
    ("restart tencent 123 --region ap-mumbai", {**RESTART, "region": "ap-mumbai"}),
    ("--region=ap-mumbai restart tencent 123", {**RESTART, "region": "ap-mumbai"}),
    ("restart --account backup tencent 123", {"account": "backup", "region": "ap-singapore"}),
    ("stop trtc 1 --account backup", {"app": 1400000001, "task": "1"}),
    ("restart tencent 123 --dry-run", {**RESTART, "dry_run": True}),
    ('restart tencent 123 --reason "wrong source"', {**RESTART, "reason": "wrong source"}),
    ('restart tencent 123 --reason="wrong source"', {**RESTART, "reason": "wrong source"}),
    ("restart tencent 123 --reason 'it isn't so'", {"reason": "it isn't so"}),
    ("restart tencent 123 --reason don't", {"reason": "don't"}),
    ('restart tencent 123 --reason "--dry-run"', {"reason": "--dry-run", "dry_run": False}),
    ("restart tencent 123 --reason -x", {"reason": "-x"}),
    # Named targets
    ("restart main-feed", {**RESTART, "target": "main-feed"}),
    ("delete far-feed", {"task": "456", "region": "ap-mumbai", "target": "far-feed"}),
    ("stop room", {**STOP_ROOM, "task": "-gCTF+x", "target": "room"}),
    ("restart main-feed --account prod --region ap-guangzhou", {**RESTART, "target": "main-feed"}),
    ("stop room --app 1400000000", {"app": 1400000000, "target": "room"}),
    # Several tasks
    ("restart tencent 123 456 789", {**RESTART, "others": ("456", "789")}),
    ("delete tencent 123 --region ap-mumbai 456", {"region": "ap-mumbai", "others": ("456",)}),
    ("restart tencent 1 2 --canary", {"task": "1", "others": ("2",), "canary": True}),
    ("stop trtc -a -b --app 5", {"task": "-a", "others": ("-b",), "app": 5}),
    ("restart tencent 1 -- --2 --dry-run", {"others": ("--2", "--dry-run"), "dry_run": False}),
    # Reads
    ("status tencent 123", {**RESTART, "verb": "status", "here": False}),
    ("status tencent 123 456 --here", {"others": ("456",), "here": True}),
    ("status main-feed", {**RESTART, "verb": "status", "target": "main-feed"}),
    ("status trtc -gCTF --account backup", {"task": "-gCTF", "app": 1400000001}),
    # A reason that ends where everybody sees it
    ("restart tencent 123 --reason source", {**RESTART, "reason": "source"}),
    ("restart tencent --reason 'wrong source' 123", {**RESTART, "reason": "wrong source"}),
    ("restart tencent --reason=“wrong source” 123", {**RESTART, "reason": "wrong source"}),
    ("restart tencent --reason source -- 123", {**RESTART, "reason": "source"}),
    # Ids that look like options
    ("restart tencent -- --123", {"task": "--123"}),
    ("restart tencent — --dry-run", {"task": "--dry-run", "dry_run": False}),
    ('restart -- tencent --a="b"', {"task": '--a="b"'}),
    ("restart tencent -", {"task": "-"}),
    ("restart tencent -h", {"task": "-h"}),
    # What phones and keyboards make of it
    ("ReStArT TENCENT 123", RESTART),
    ("ｒｅｓｔａｒｔ ｔｅｎｃｅｎｔ：ｐｕｌｌ 123", RESTART),
    ("delete tencent 123 —region ap-mumbai", {**DELETE, "region": "ap-mumbai"}),
    *((f"restart tencent 123 {dash}dry-run", {**RESTART, "dry_run": True}) for dash in "—–−‒―"),
    ("restart tencent 123 －－ｄｒｙ－ｒｕｎ", {**RESTART, "dry_run": True}),
    ("restart tencent 123 ——REGION＝ap-mumbai", {**RESTART, "region": "ap-mumbai"}),
    ("restart tencent 123 --dry‑run", {**RESTART, "dry_run": True}),
    ("restart tencent “123” --reason “wrong source”", {**RESTART, "reason": "wrong source"}),
    ("restart tencent 123 --reason „wrong source“", {**RESTART, "reason": "wrong source"}),
    ("restart tencent 123 --reason «wrong source»", {**RESTART, "reason": "wrong source"}),
    ("restart tencent 123 --reason ‘wrong source’", {**RESTART, "reason": "wrong source"}),
    ('restart tencent 123 --reason “wrong source"', {**RESTART, "reason": "wrong source"}),
    ('restart tencent 1 --reason “say "no" to it”', {"reason": 'say "no" to it'}),
    ("`restart` 'tencent' `123` `--dry-run`", {**RESTART, "dry_run": True}),
    ("`restart tencent 123`", RESTART),
    ("```\nrestart tencent 123\n```", RESTART),
    ("  restart\u00a0tencent\u3000\t123\u2003\n", RESTART),
    ("/stream restart tencent 123", RESTART),
    ("/stream /stream restart tencent 123", RESTART),
    # What Slack makes of it
    ("<https://restart|restart> <#C1|tencent> <http://1.23|1.23>", {**RESTART, "task": "1.23"}),
    ("<@U1|restart> <@U2|tencent> <tel:123|123>", RESTART),
    ("restart tencent <https://a.example/x>", {"task": "https://a.example/x"}),
    ("restart tencent 1 --reason '<@U1|ann> <!subteam^S1|@on>'", {"reason": "@ann @on"}),
    ("restart tencent a&amp;b", {"task": "a&amp;b"}),
    ("restart tencent 1 --reason <<<https://a|h>ttps://b|h>ttps://c>", {"reason": "https://c"}),
    # A reason is foreign text
    ("restart tencent 1 --reason “a\u202e b\x00\nc”", {"reason": "a b c"}),
    (f"restart tencent 1 --reason {'x' * 400}", {"reason": "x" * 299 + "…"}),
]


@pytest.mark.parametrize(("text", "expected"), READ_AS, ids=[text for text, _ in READ_AS])
def test_what_is_typed_is_read(text: str, expected: dict[str, object]) -> None:
    """Each row of the table is read as the fields it names."""
    command = read_task(text).model_dump()
    assert {name: command[name] for name in expected} == expected
    assert command["notes"] == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("restart tencent a&lt;b&gt;&amp;amp;", "a<b>&amp;"),
        ("restart tencent <https://x.example/a?b&amp;c|x.example/a?b&amp;c>", "x.example/a?b&c"),
    ],
)
def test_entities_are_undone_once_and_only_in_messages(text: str, expected: str) -> None:
    """Slack escapes & < > in messages; undoing it never makes markup, and happens only there."""
    assert read_task(text, escaped=True).task == expected
    assert read_task("restart tencent &lt;").task == "&lt;"


def test_an_id_may_not_become_markup() -> None:
    """A Slack form that only appears once the entities are undone is no id."""
    with pytest.raises(UsageError, match="a link or a name in Slack"):
        read("restart tencent &lt;@U1&gt;", escaped=True)


OWN = [
    ("", HelpCommand()),
    (" \u00a0 ", HelpCommand()),
    ("/stream", HelpCommand()),
    *((word, HelpCommand()) for word in ("help", "HELP", "?", "？", "-h", "--help", "—help")),
    ("help restart", HelpCommand("restart")),
    ("? Tencent", HelpCommand("tencent")),
    ("help tencent:pull", HelpCommand("tencent:pull")),
    ("help trtc", HelpCommand("trtc")),
    ("help whoami", HelpCommand("whoami")),
    ("restart tencent 123 --help", HelpCommand("restart")),
    ("frobnicate --help", HelpCommand()),
    ("whoami", WhoamiCommand()),
    ("`WhoAmI`", WhoamiCommand()),
    ("targets", TargetsCommand()),
]


LISTED = ListCommand("tencent:pull", "prod", "ap-guangzhou")
FOLLOWED = HistoryCommand(where="tencent:pull", task="123", target="main-feed")

OWN += [
    # Lists
    ("list tencent", LISTED),
    ("list tencent:pull --here", replace(LISTED, here=True)),
    ("list tencent --account backup", replace(LISTED, account="backup", region="ap-singapore")),
    ("LIST aliyun --region cn-beijing", ListCommand("alibaba:relay", "relay", "cn-beijing")),
    ("list tencent main stage --page 2", replace(LISTED, text="main stage", page=2)),
    ("list tencent “main  stage”", replace(LISTED, text="main stage")),
    ("list tencent -- --main", replace(LISTED, text="--main")),
    *(
        (f"list tencent --state {typed}", replace(LISTED, state=TaskState.NO_STREAM))
        for typed in ("no-stream", "NO_STREAM", "'no stream'", "No‑Stream")
    ),
    *((f"list tencent --state {s.replace(' ', '-')}", replace(LISTED, state=s)) for s in TaskState),
    # History
    ("history", HistoryCommand()),
    ("history tencent", HistoryCommand(where="tencent:pull")),
    ("history volc f83", HistoryCommand(where="volcengine:record", task="f83")),
    ("history trtc -- --gCTF", HistoryCommand(where="tencent:ingest", task="--gCTF")),
    ("history main-feed", FOLLOWED),
    ("history here @ann main-feed", replace(FOLLOWED, person="ann", channel="here")),
    ("history <@U123|ann>", HistoryCommand(person="U123")),
    ("history <@U123|Ann Smith> tencent", HistoryCommand(where="tencent:pull", person="U123")),
    ("history <@U123>", HistoryCommand(person="U123")),
    ("history U123", HistoryCommand(person="U123")),
    ("history @U123", HistoryCommand(person="U123")),
    ("history @ann", HistoryCommand(person="ann")),
    ("history '@Ann Smith'", HistoryCommand(person="Ann Smith")),
    ("history <#C123|ops>", HistoryCommand(channel="C123")),
    ("history <#C123|>", HistoryCommand(channel="C123")),
    ("history C123 --here", HistoryCommand(channel="C123", here=True)),
    ("history --since 30m", HistoryCommand(since=1_800)),
    ("history --since 2H", HistoryCommand(since=7_200)),
    ("history —since=2d --page 3", HistoryCommand(since=172_800, page=3)),
    ("history --since 1w", HistoryCommand(since=604_800)),
    ("history --since 400d", HistoryCommand(since=34_560_000)),
    # Show
    ("show 4T7Q2", ShowCommand("4T7Q2")),
    ("show op 4t7q2", ShowCommand("4T7Q2")),
    ("show oil7q", ShowCommand("0117Q")),
    # The brake
    ('freeze "vendor outage"', FreezeCommand(None, "vendor outage")),
    ("freeze vendor outage", FreezeCommand(None, "vendor outage")),
    ("freeze --account prod it isn't ours", FreezeCommand("prod", "it isn't ours")),
    ("freeze --account prod --reason outage", FreezeCommand("prod", "outage")),
    ("freeze 'tencent is down'", FreezeCommand(None, "tencent is down")),
    ("thaw", ThawCommand(None)),
    ("thaw --account prod all good", ThawCommand("prod", "all good")),
    # Help on all of these
    *((f"help {verb}", HelpCommand(verb)) for verb in ("list", "history", "show", "freeze")),
    ("thaw --help", HelpCommand("thaw")),
]


@pytest.mark.parametrize(("text", "expected"), OWN)
def test_the_bots_own_verbs(text: str, expected: Command) -> None:
    """Help in all its spellings, whoami and targets; lists, the past, and the brake."""
    assert read(text) == expected


# What is typed, what is said, and the command after "Try: /stream " ("" for no such words). The
# screens' words to the letter where they give them.
MISTAKES = [
    (
        "restrat tencent 123",
        "I do not know the verb 'restrat'. Nearest: restart.",
        "restart tencent 123",
    ),
    ("frobnicate", "I do not know the verb 'frobnicate'.", "help"),
    ("tencent restart 123", "the verb comes first.", "restart tencent 123"),
    ("main-feed restart", "the verb comes first.", "restart main-feed"),
    ("trtc", "the verb comes first.", "help trtc"),
    ("--dry-run", "there are options, but no verb.", "help"),
    ("status", "status what?", "status tencent 123"),
    ("whoami me", "whoami takes nothing after it.", "whoami"),
    ("targets --dry-run", "targets takes nothing after it.", "targets"),
    (
        "frieze outage",
        "I do not know the verb 'frieze'. Nearest: freeze.",
        'freeze --reason "outage"',
    ),
    ("help restrat", "there is no help for 'restrat'. Nearest: restart.", "help restart"),
    ("help restart tencent", "help takes one topic.", "help restart"),
    # The place
    ("restart", "restart what?", "restart tencent 123"),
    ("restart tencet 123", "I do not know 'tencet'. Nearest: tencent.", "restart tencent 123"),
    ("restart Main-Feed", "I do not know 'Main-Feed'. Nearest: main-feed.", "restart main-feed"),
    ("restart zzz 5", "I do not know 'zzz'.", "restart tencent 5"),
    (
        "restart trtc 1234",
        "TRTC stream ingest has no restart. Nearest: stop, which ends this task for good.",
        "",
    ),
    ("list trtc", "TRTC has no list; status needs the id.", ""),
    # The task
    (
        "restart tencent",
        "which task?",
        "restart tencent 123. To see the ids: /stream list tencent",
    ),
    (
        "stop trtc",
        "which task?",
        "stop trtc 1234 --app 1234567890. The id was given when the task started.",
    ),
    (
        "restart tencent 123 12\u200b3 456",
        "a task id is plain ASCII, kept to the letter, and its character 3 is ZERO WIDTH SPACE "
        "(U+200B).",
        "restart tencent 123 456",
    ),
    (
        f"restart tencent {' '.join(map(str, range(1, 54)))}",
        "I read 53 tasks; 50 is the most in one command.",
        "",
    ),
    (
        "restart tencent 1 1 --canary",
        "--canary needs several tasks: the first alone, then the rest.",
        "restart tencent 1",
    ),
    (
        "restart tencent <@U1>",
        "'<@U1>' is a link or a name in Slack, not a task id.",
        "restart tencent 123",
    ),
    (
        "restart tencent <@U1|ann>",
        "'@ann' is a link or a name in Slack, not a task id.",
        "restart tencent 123",
    ),
    (
        f"restart tencent {'x' * 129}",
        "the task id has 129 characters; 128 is the most.",
        "restart tencent 123",
    ),
    ('restart tencent ""', "the task id is empty.", "restart tencent 123"),
    # Options
    ("restart tencent 123 --regoin ap-singapore", "I do not know --regoin. Nearest: --region.", ""),
    ("stop trtc --gCTF --app 1", "I do not know --gctf.", ""),
    (
        "restart tencent 1 --region a --region b",
        "--region is there twice.",
        "restart tencent 1 --region a",
    ),
    ("restart tencent 1 --region", "--region needs a value.", "restart tencent 1"),
    (
        "restart tencent 1 --region --dry-run",
        "--region needs a value.",
        "restart tencent 1 --dry-run",
    ),
    ('restart tencent 1 --reason ""', "--reason needs a value.", "restart tencent 1"),
    ("restart tencent 1 --dry-run=yes", "--dry-run takes no value.", "restart tencent 1 --dry-run"),
    (
        "restart tencent 1 --state stopped",
        "--state means nothing for restart.",
        "restart tencent 1",
    ),
    ("restart tencent 1 --here", "--here means nothing for restart.", "restart tencent 1"),
    *(
        (
            f"status tencent 1 2 {option}",
            f"{option} means nothing for status.",
            "status tencent 1 2",
        )
        for option in ("--dry-run", "--canary")
    ),
    ("status tencent 1 --reason x", "--reason means nothing for status.", "status tencent 1"),
    ("restart tencent 1 --app 5", "--app means nothing for tencent:pull.", "restart tencent 1"),
    (
        "stop trtc 1234",
        "TRTC needs the SDKAppId.",
        "stop trtc 1234 --app 1234567890, or set sdk_app_id (bot operator).",
    ),
    *(
        (
            f"stop trtc 1 --app {app}",
            "--app is a whole number above 0, in digits.",
            "stop trtc 1 --app 1234567890",
        )
        for app in ("0", "-5", "1.5", "１４", "x", "9007199254740993", "1" * 200)
    ),
    (
        "restart tencent 1 --account prd",
        "I do not know the account 'prd'. Nearest: prod.",
        "restart tencent 1",
    ),
    (
        "restart tencent 1 --account relay",
        "account relay is no account of Tencent.",
        "restart tencent 1",
    ),
    (
        "restart alibaba 1",
        "which region? Account relay sets none, so it is typed with --region.",
        "restart alibaba 1 --region ap-southeast-1, "
        "or set region for account relay (bot operator).",
    ),
    (
        "restart tencent 1 --region ap_mumbai",
        "a region is letters, digits and '-', at most 40. Nearest: ap-mumbai.",
        "restart tencent 1 --region ap-mumbai",
    ),
    (
        f"restart tencent 1 --region {'z' * 41}",
        "a region is letters, digits and '-', at most 40.",
        "restart tencent 1",
    ),
    # Beside a named target
    (
        "restart main-feed 5",
        "main-feed stands for tencent:pull 123, so no task follows it.",
        "restart main-feed",
    ),
    (
        "restart main-feed --account backup",
        "main-feed has account prod, and --account 'backup' contradicts it.",
        "restart main-feed",
    ),
    (
        "restart far-feed --region ap-guangzhou",
        "far-feed has region ap-mumbai, and --region 'ap-guangzhou' contradicts it.",
        "restart far-feed",
    ),
    ("stop room --app 5", "room has app 1400000000, and --app '5' contradicts it.", "stop room"),
    ("restart main-feed --app 5", "--app means nothing for tencent:pull.", "restart main-feed"),
    (
        "restart main-feed spar-feed",
        "I do not know 'spar-feed'. Nearest: spare-feed.",
        "restart tencent 123 789",
    ),
    (
        "restart main-feed far-feed",
        "main-feed and far-feed differ in region (ap-guangzhou, ap-mumbai).",
        "restart main-feed",
    ),
    (
        "stop spare-feed room main-feed",
        "spare-feed and room differ in kind (tencent:pull, tencent:ingest), "
        "region (ap-guangzhou, ap-singapore), app (None, 1400000000).",
        "stop tencent 789 123",
    ),
    (
        "restart main-feed spare-feed --region ap-mumbai",
        "main-feed has region ap-guangzhou, and --region 'ap-mumbai' contradicts it.",
        "restart tencent 123 789",
    ),
    # Lists
    ("list", "list what?", "list tencent"),
    ("list tencet", "I do not know 'tencet'. Nearest: tencent.", "list tencent"),
    (
        "list main-feed",
        "main-feed is one task; list takes tencent or another kind.",
        "list tencent",
    ),
    (
        "list tencent --state sotpped",
        "I do not know the state 'sotpped'. Nearest: stopped.",
        "list tencent --state stopped",
    ),
    (
        "list tencent --state no stream main",
        "I do not know the state 'no'. Nearest: no-stream.",
        "list tencent main --state no-stream",
    ),
    ("list tencent --state xyz", "I do not know the state 'xyz'.", "list tencent"),
    *(
        (
            f"list tencent --page {page}",
            "--page is a whole number from 1 to 9999, in digits.",
            "list tencent",
        )
        for page in ("0", "-1", "1.5", "２", "x", "10000", "1" * 200)
    ),
    (
        f"list tencent ab {'x' * 78}",
        "the text to look for has more than 80 characters.",
        "list tencent ab",
    ),
    ("list tencent --dry-run", "--dry-run means nothing for list.", "list tencent"),
    # The past
    ("history tencet", "I do not know 'tencet'. Nearest: tencent.", "history tencent"),
    ("history main-fed", "I do not know 'main-fed'. Nearest: main-feed.", "history main-feed"),
    ("history 123", "I do not know '123'.", "history"),
    ("history tencent 1 2", "history takes one task.", "history tencent 1"),
    ("history main-feed 5", "main-feed is one task, so no task follows it.", "history main-feed"),
    (
        "history tencent main-feed",
        "main-feed stands for a task and its place, so it stands alone.",
        "history main-feed",
    ),
    ("history @ann <@U123>", "history takes one person.", "history @ann"),
    ("history here C123", "history takes one channel.", "history here"),
    ("history @", "there is no name after the @.", "history"),
    ("history #ops", "Slack did not say which channel '#ops' is.", "history here"),
    *(
        (
            f"history --since {since}",
            f"--since is a number and m, h, d or w; I read '{since}'.",
            "history --since 2d",
        )
        for since in ("2", "d", "0d", "2y", "1.5h", "-2d")
    ),
    (
        "history --since 58w",
        "--since goes back 400 days at most; '58w' is more.",
        "history --since 400d",
    ),
    ("history --account prod", "--account means nothing for history.", "history"),
    ("show", "which operation?", "show 4T7Q2. The id is in the operation's message, as op 4T7Q2."),
    (
        "show op",
        "which operation?",
        "show 4T7Q2. The id is in the operation's message, as op 4T7Q2.",
    ),
    ("show 9KD3M 4T7Q2", "show takes one operation.", "show 9KD3M"),
    (
        "show 4U7Q2",
        "'4U7Q2' is no operation's id: letters and digits without U, as 4T7Q2.",
        "show 4T7Q2",
    ),
    # The brake
    ("freeze", "freeze needs a reason: everybody reads it.", 'freeze "vendor outage"'),
    (
        "freeze --account prod",
        "freeze needs a reason: everybody reads it.",
        'freeze --account prod "vendor outage"',
    ),
    (
        "freeze --account prd outage now",
        "I do not know the account 'prd'. Nearest: prod.",
        'freeze --account prod "outage now"',
    ),
    ("freeze outage --reason outage", "the reason is there twice.", 'freeze --reason "outage"'),
    (
        "freeze backup is down",
        "freeze is for every account, or for one with --account; I read 'backup' first.",
        'freeze --account backup "is down"',
    ),
    (
        "thaw alibaba",
        "thaw is for every account, or for one with --account; I read 'alibaba' first.",
        "thaw --account relay",
    ),
    ("freeze outage --dry-run", "--dry-run means nothing for freeze.", 'freeze --reason "outage"'),
    # The text as a whole
    (
        'restart tencent 1 --reason "wrong source',
        "the quote \" before 'wrong source' is not closed.",
        "",
    ),
    ("restart tencent 1" + " x" * 100, "the command has more than 100 words.", ""),
    ("x" * 10_000, "the command has 10,000 characters; 3,000 is the most.", ""),
]


@pytest.mark.parametrize(("text", "problem", "tries"), MISTAKES, ids=[m[0][:60] for m in MISTAKES])
def test_a_mistake_is_answered_in_the_screens_words(text: str, problem: str, tries: str) -> None:
    """Each row is answered with its sentence, and with an example that can be read."""
    error = mistake(text)
    assert error.says == f"Not run: {problem}" + (f" Try: /stream {tries}" if tries else "")
    assert error.example is not None
    read(error.example)


ODD_LETTERS = [
    ("restart tencent 12\u200b3", "its character 3 is ZERO WIDTH SPACE (U+200B)"),
    ("restart tencent \u202e123", "its character 1 is RIGHT-TO-LEFT OVERRIDE (U+202E)"),
    ("restart tencent `1234`\ufeff", "its character 1 is ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
    ("restart tencent 1а", "its character 2 is CYRILLIC SMALL LETTER A (U+0430)"),
    ("restart tencent １23", "its character 1 is FULLWIDTH DIGIT ONE (U+FF11)"),
    ("stop trtc ‐gCTF --app 1", "its character 1 is HYPHEN (U+2010)"),
    ("restart tencent 'a b'", "its character 2 is SPACE (U+0020)"),
    ("restart tencent a\x00", "its character 2 is a character without a name (U+0000)"),
    ("restart tencent \ud800", "its character 1 is a character without a name (U+D800)"),
    ("restart tencent 1 --region аp-mumbai", "its character 1 is CYRILLIC SMALL LETTER A (U+0430)"),
    ("restart tencent 1 --account prоd", "its character 3 is CYRILLIC SMALL LETTER O (U+043E)"),
    ("show 4T7Q２", "its character 5 is FULLWIDTH DIGIT TWO (U+FF12)"),
    ("history tencent 1а", "its character 2 is CYRILLIC SMALL LETTER A (U+0430)"),
    ("freeze --account prоd down", "its character 3 is CYRILLIC SMALL LETTER O (U+043E)"),
    ("restart main‑feed", "its character 5 is NON-BREAKING HYPHEN (U+2011)"),
    ("restart ｍain-feed", "its character 1 is FULLWIDTH LATIN SMALL LETTER M (U+FF4D)"),
    ("rеstart tencent 1", "its character 2 is CYRILLIC SMALL LETTER IE (U+0435)"),
    ("restart tencent\u200b 1", "its character 8 is ZERO WIDTH SPACE (U+200B)"),
]


@pytest.mark.parametrize(("text", "names"), ODD_LETTERS)
def test_what_the_eye_cannot_tell_apart_is_named_with_its_place(text: str, names: str) -> None:
    """Ids, regions and names are kept to the letter: nothing is normalised into one."""
    assert names in mistake(text).says


def test_a_mistake_shows_what_was_understood() -> None:
    """Screens 3, 4 and 6: the parts, the wrong one, the nearest word, and the known ones."""
    verb = mistake("restrat tencent 123")
    assert verb.read == (("verb", "restrat"), ("where", "tencent:pull"), ("task", "123"))
    assert (verb.wrong, verb.nearest) == ("verb", "restart")
    own = ("history", "show", "freeze", "thaw", "targets", "whoami", "help")
    assert verb.known == (*Verb, *own)
    where = mistake("restart tencet 123")
    assert {"tencent", "trtc", "alibaba", "volcengine"} <= set(where.known)
    assert where.named == tuple(TARGETS)
    option = mistake("restart tencent 123 --regoin ap-mumbai")
    assert option.read[-1] == ("--regoin", "ap-mumbai")
    assert (option.wrong, option.nearest) == ("--regoin", "--region")
    assert option.example == "/stream restart tencent 123 --region ap-mumbai"


def test_a_gap_gives_the_next_step_and_no_final_command_to_copy() -> None:
    """Screen 7: what can be done instead; an irreversible verb is named, not put in the hand."""
    error = mistake("restart trtc 1234")
    assert error.nearest == "stop"
    assert error.hint.startswith("A stopped ingest cannot be started again")
    assert error.example == "/stream help trtc"


def test_several_flaws_are_all_mended_in_the_example() -> None:
    """The first flaw is told; the example has none of them."""
    error = mistake("restrat tencet 123 --regoin ap-mumbai --foo --account prd")
    assert "verb 'restrat'" in error.says
    assert error.example == "/stream restart tencent 123 --region ap-mumbai"


LOOSE = [
    ("stop volc a --reason wrong source", 'stop volcengine a --reason "wrong source"'),
    ("stop volc a b --reason=wrong source now", 'stop volcengine a b --reason "wrong source now"'),
    ("delete tencent --reason wrong source 123", 'delete tencent 123 --reason "wrong source"'),
    ("delete --reason wrong source main-feed", 'delete main-feed --reason "wrong source"'),
    ("delete main-feed --reason wrong source", 'delete main-feed --reason "wrong source"'),
    ("--reason wrong source delete tencent 123", 'delete tencent 123 --reason "wrong source"'),
    ("delete tencent 123 --reson wrong source", 'delete tencent 123 --reason "wrong source"'),
    ("delete tencent 123 --reason wrong --app source", 'delete tencent 123 --reason "wrong"'),
    (
        "delete tencent 1 --reason wrong --dry-run source",
        'delete tencent 1 --reason "wrong source" --dry-run',
    ),
    ("restart tencent --reason source 123", 'restart tencent 123 --reason "source"'),
    ("freeze --reason wrong source", 'freeze "wrong source"'),
    ("thaw --reason all good", 'thaw "all good"'),
    ("list tencent --reason wrong source", "list tencent source"),
]


@pytest.mark.parametrize(("text", "instead"), LOOSE)
def test_a_reason_without_quotes_makes_no_tasks(text: str, instead: str) -> None:
    """`--reason wrong source` leaves a word over; it is not taken for a task in silence."""
    assert mistake(text).example == f"/stream {instead}"


def test_an_unquoted_reason_is_told_how_to_be_quoted() -> None:
    """The words that are left over are named, and what to do about them."""
    error = mistake("stop volc a --reason wrong source")
    assert "more follow 'wrong': source." in error.says
    assert (error.wrong, error.hint) == ("--reason", "put the whole reason in quotes")


NOTED = [
    ("restart tencent 123 123 456", "123 was typed twice; it is restarted once."),
    ("delete tencent 1 1 1", "1 was typed 3 times; it is deleted once."),
    ("status tencent 7 7", "7 was typed twice; it is read once."),
    ("restart tencent 1 2 3 4 1 2 3 4", "4 were typed more than once; each is restarted once."),
    ("restart main-feed main-feed", "main-feed was typed twice; it is restarted once."),
    ("restart main-feed spare-feed", "main-feed is 123, spare-feed is 789."),
    ("restart main-feed twin-feed", "main-feed is 123, twin-feed is 123."),
]


@pytest.mark.parametrize(("text", "note"), NOTED)
def test_a_task_is_in_a_command_once(text: str, note: str) -> None:
    """What was typed twice runs once, and that is told; so is what several targets stand for."""
    command = read_task(text)
    assert command.notes == (note,)
    assert len(set(command.tasks)) == len(command.tasks)


def test_several_targets_of_one_place_are_their_tasks() -> None:
    """A target stands for one task, so a command on several has none."""
    command = read_task("restart main-feed spare-feed")
    assert (command.target, command.tasks) == (None, ("123", "789"))
    assert command.typed() == "/stream restart tencent 123 789"
    same = read_task("restart main-feed main-feed")
    assert (same.target, same.tasks) == ("main-feed", ("123",))


def test_the_most_tasks_are_the_vocabularys() -> None:
    """One more is refused with both numbers; the example has as many as may be."""
    few = Vocabulary(discover(), ACCOUNTS, TARGETS, most_tasks=2)
    error = mistake("restart tencent 1 2 3 1", few)
    assert error.says == "Not run: I read 3 tasks; 2 is the most in one command."
    assert error.example == "/stream restart tencent 1 2"
    command = parse("restart tencent 1 2 1 2", few)
    assert isinstance(command, TaskCommand)
    assert command.tasks == ("1", "2")
    assert mistake("restart main-feed spare-feed twin-feed far-feed", few).example is not None


ALONE = [
    ("restart tencent 1 2 --canary", "restart tencent 2"),
    (
        "restart tencent 1 2 --account backup --dry-run",
        "restart tencent 2 --account backup --dry-run",
    ),
    ("delete tencent 1 -- --x 2", "delete tencent 2"),
    ("stop trtc 1 2 --app 5 --reason 'a b'", 'stop trtc 2 --app 5 --reason "a b"'),
]


@pytest.mark.parametrize(("text", "alone"), ALONE)
def test_a_command_on_several_tasks_is_one_on_each(text: str, alone: str) -> None:
    """Everything else stays, but for the canary, and it can be typed again."""
    several = read_task(text)
    one = several.alone("2")
    assert one.typed() == f"/stream {alone}"
    assert read_task(one.typed()) == one
    assert several.alone("1").tasks == ("1",)
    with pytest.raises(ValueError, match="not on this task"):
        several.alone("3")


def test_a_task_is_never_twice_in_a_command() -> None:
    """Not even where a program makes the command."""
    with pytest.raises(ValueError, match="a task is there twice"):
        TaskCommand(
            verb=Verb.RESTART, where="a:b", account="a", region="r", task="1", others=("2", "1")
        )


def test_a_target_alone_stays_a_target() -> None:
    """What was typed for it is what is shown for it."""
    assert read_task("restart main-feed").alone("123") == read_task("restart main-feed")


def test_a_verb_that_a_kind_lacks_without_a_word_about_it() -> None:
    """A vendor of somebody else may have few verbs; what it has is told."""
    vendor = discover().providers["tencent"]
    pull = vendor.kinds[0]
    few = replace(pull, operations=pull.operations[:1], gaps={})
    own = Vocabulary(Catalogue([replace(vendor, kinds=(few,))]), ACCOUNTS, {})
    (only,) = few.operations
    absent = next(verb for verb in Verb if verb is not only.verb and verb is not Verb.LIST)
    error = mistake(f"{absent} tencent 1", own)
    assert error.says == (
        f"Not run: tencent:pull has no {absent} in this version. It has: {only.verb}."
    )
    assert mistake("list tencent", own).says.startswith("Not run: tencent:pull has no list")
    assert (
        mistake(f"help {absent}", own).says
        == f"Not run: {absent} is not in this version. Try: /stream help"
    )
    assert "not in this version" in mistake(str(absent), own).says


def test_a_vendor_without_an_account_is_the_bot_operators_step() -> None:
    """Typing cannot mend what the configuration lacks, so there is no example."""
    error = mistake("restart alibaba 1", Vocabulary(discover(), {}, {}))
    assert error.says == "Not run: no account of Alibaba is set up."
    assert error.hint.startswith("bot operator adds")
    assert error.example is None


def test_the_example_uses_a_vendor_that_has_an_account() -> None:
    """Where the place is missing, the example names one that works here."""
    only = Vocabulary(discover(), {"tape": ACCOUNTS["tape"]}, {})
    assert mistake("stop", only).example.startswith("/stream stop volcengine ")  # type: ignore[union-attr]  # fails if None


def test_a_region_outside_the_published_list_runs_with_a_note() -> None:
    """Screen 6b: vendors' lists drift, so it is told and not refused."""
    command = read_task("restart tencent 123 --region ap-osaka")
    assert command.region == "ap-osaka"
    assert command.notes == ("ap-osaka is not in Tencent's published list; sent as typed.",)
    configured = {"prod": account("prod", "tencent", region="ap-osaka")}
    for text in ("restart tencent 1", "restart tencent 1 --region ap-osaka"):
        trusted = parse(text, Vocabulary(discover(), configured, {}))
        assert isinstance(trusted, TaskCommand)
        assert trusted.notes == ()


TYPED = [
    ("restart tencent:pull 123 --account prod --region ap-guangzhou", "restart tencent 123"),
    ("restart TENCENT 123 --account backup", "restart tencent 123 --account backup"),
    ("stop trtc 1 --app 5 --region ap-mumbai", "stop trtc 1 --region ap-mumbai --app 5"),
    ("stop trtc 1 --account backup --app 1400000001", "stop trtc 1 --account backup"),
    ("restart tencent -- --1", "restart tencent -- --1"),
    ("delete far-feed --region ap-mumbai", "delete far-feed"),
    (
        "delete tencent 1 --dry-run --reason 'a \"b\" c'",
        "delete tencent 1 --reason 'a \"b\" c' --dry-run",
    ),
]


@pytest.mark.parametrize(("text", "typed"), TYPED)
def test_the_command_that_does_the_same_again_is_short(text: str, typed: str) -> None:
    """The word people know, and only the options that differ from what stands without them."""
    assert read_task(text).typed() == f"/stream {typed}"


PAGED = [
    ("list tencent", "list tencent --page 2"),
    ("list tencent:pull a b --here", "list tencent a b --page 2 --here"),
    (
        "list aliyun --region cn-beijing --state No-Stream --page 7",
        "list alibaba --region cn-beijing --state no-stream --page 2",
    ),
    ("list tencent -- --x", "list tencent --page 2 -- --x"),
    ("history", "history --page 2"),
    (
        "history <@U123|ann> tencent:pull 5 <#C123|ops> --since 14d",
        "history tencent 5 @U123 #C123 --since 2w --page 2",
    ),
    ("history here '@Ann Smith' main-feed", 'history main-feed "@Ann Smith" here --page 2'),
]


@pytest.mark.parametrize(("text", "second"), PAGED)
def test_the_next_page_is_a_command(text: str, second: str) -> None:
    """What answers in pages says how the next one is typed."""
    command = read(text)
    assert isinstance(command, ListCommand | HistoryCommand)
    assert command.typed(2) == f"/stream {second}"
    assert read(command.typed(2)) == replace(command, page=2)
    assert read(command.typed()) == command


def test_a_command_that_was_not_typed_is_spelled_out() -> None:
    """Without `parse` nobody knows the defaults, so nothing is left out."""
    command = TaskCommand(
        verb=Verb.RESTART, where="tencent:pull", account="prod", task="1", region="ap-mumbai"
    )
    assert command.typed() == "/stream restart tencent:pull 1 --account prod --region ap-mumbai"
    assert read_task(command.typed()).typed() == "/stream restart tencent 1 --region ap-mumbai"


def test_the_name_of_the_command_is_the_vocabularys() -> None:
    """A second bot beside this one has another command, and shows it in what it says."""
    other = Vocabulary(discover(), ACCOUNTS, TARGETS, name="/rehearse")
    assert mistake("restrat main-feed", other).example == "/rehearse restart main-feed"
    command = parse("/rehearse restart main-feed", other)
    assert isinstance(command, TaskCommand)
    assert command.typed() == "/rehearse restart main-feed"


# Whatever is typed

ids = st.text(
    string.digits + string.ascii_letters + string.punctuation, min_size=1, max_size=128
).filter(lambda task: not task.startswith(("@", "#")))  # a person's or a channel's name
pieces = r"""restart stop delete status list history show freeze thaw help ? whoami tencent trtc
    alibaba volcengine main-feed spare-feed room here 123 -x 4T7Q2 2d no-stream U12 @ann -- — -–x
    --region --app --reason --account --state --since --page --dry-run --canary --here --help --foo
    --regoin= --reason=" “ ” „ « » " ' ` ``` <@U1> <@U1|a> <@U12|a b> <#C12|a> <!channel>
    <https://a.b|c &lt;@U1&gt; = , \ ＂ ＝""".split()  # noqa: SIM905  # longer as a list
lines = st.lists(
    st.sampled_from([*pieces, "\u200b", "\u202e", "\ud800", "\ufdfa", "x" * 200]), max_size=20
).map(" ".join)
starts = st.sampled_from(
    ["restart tencent 1 ", "stop room ", "delete tencent:pull ", "status main-feed ", ""]
    + [f"{verb} " for verb in ("list tencent", "history", "history tencent", "freeze", "thaw")]
)
typing = st.builds(str.__add__, starts, st.text(max_size=300) | lines)
reasons = st.text(st.characters() | st.sampled_from("\"'`“”„«»‘’ \u200b<>|@!"), max_size=400)


def outcome(text: str, *, escaped: bool = False) -> Command | UsageError:
    try:
        return read(text, escaped=escaped)
    except UsageError as error:
        return error


@given(typing, st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_anything_is_a_command_or_a_usage_error(text: str, escaped: bool) -> None:
    """Nothing else is raised, and neither is ever silent about what the other would have said."""
    match outcome(text, escaped=escaped):
        case UsageError() as error:
            check_answer(error)
        case TaskCommand() as command:
            assert TaskCommand.model_validate_json(command.model_dump_json()) == command
            assert without_notes(read(command.typed())) == without_notes(command)
            assert all(read(command.alone(task).typed()) for task in command.tasks)
        case HelpCommand() | WhoamiCommand() | TargetsCommand():
            pass
        case other:
            assert read(other.typed()) == other


def check_answer(error: UsageError) -> None:
    """One bounded clean line, and an example that can be read."""
    assert error.says.startswith("Not run: ")
    assert len(error.says) < 2_000
    assert error.says.isprintable()
    assert all(part.isprintable() and value.isprintable() for part, value in error.read)
    assert error.example is not None
    read(error.example)


@given(ids, st.sampled_from(["{}", '"{}"', "`{}`", "“{}”"]))
@example("--dry-run", "{}")
@example('"', '"{}"')
@example("`a", "{}")
def test_an_id_survives_to_the_letter(task: str, wrapping: str) -> None:
    """Printable ASCII goes to the vendor as it was typed, however it was wrapped."""
    assume("<" not in task)  # Slack's own forms are rows of the tables above
    assume(wrapping != "{}" or task[0] not in "\"'`")
    command = read_task("restart tencent --reason x -- " + wrapping.format(task))
    assert command.task == task
    assert read_task(command.typed()) == command


@given(reasons, st.sampled_from(['""', "''", "“”", "„“", "«»", "``"]))
def test_a_reason_survives_being_typed_again(reason: str, quotes: str) -> None:
    """Whatever reason was read, the shown command gives the same one."""
    assume(reason.strip())
    command = outcome(f"restart tencent 1 --reason {quotes[0]}{reason}{quotes[1]}")
    assume(isinstance(command, TaskCommand))
    assert isinstance(command, TaskCommand)
    assert read(command.typed()) == command


@pytest.mark.parametrize(
    "text",
    [
        "x" * 40_000,
        "<@" * 20_000,
        '"' * 3_000,
        "\"'" * 1_500,
        '"a' * 1_500,
        '“a" ' * 600,
        "--x " * 100,
        "--" * 1_500,
        "<https://" * 330,
        "<<https://a|h>ttp://a|" * 130,
        "\ufdfa" * 3_000,
        "restart tencent " + "\u200b" * 2_900,
        "restart tencent 1 --reason " + "<" * 1_400 + ">" * 1_400,
    ],
    ids=lambda text: text[:20].encode("unicode_escape").decode(),
)
def test_no_text_takes_long(text: str) -> None:
    """The bound is before the work, so no text costs more than a twentieth of Slack's 3 seconds."""
    began = time.process_time()
    outcome(text)
    assert time.process_time() - began < 0.15
