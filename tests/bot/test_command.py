"""Text -> Command, as tables: what is typed, and what it is read as or how it is answered."""

from __future__ import annotations

import string
import time
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bot.command import (
    Command,
    HelpCommand,
    TargetsCommand,
    TaskCommand,
    UsageError,
    Vocabulary,
    WhoamiCommand,
    parse,
)
from providers.account import Account
from providers.catalogue import discover
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


@pytest.mark.parametrize(("text", "expected"), OWN)
def test_the_bots_own_verbs(text: str, expected: Command) -> None:
    """Help in all its spellings, whoami and targets."""
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
    ("status", "status is not in this version.", "help"),
    ("history --since 2d", "history is not in this version.", "help"),
    ("whoami me", "whoami takes nothing after it.", "whoami"),
    ("targets --dry-run", "targets takes nothing after it.", "targets"),
    ("help freeze", "freeze is not in this version.", "help"),
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
    (
        "status tencent 1 --here",
        "tencent:pull has no status in this version. It has: restart, delete.",
        "",
    ),
    ("start main-feed", "tencent:pull has no start in this version. It has: restart, delete.", ""),
    # The task
    (
        "restart tencent",
        "which task?",
        "restart tencent 123. The ids are in the Tencent CSS console.",
    ),
    (
        "stop trtc",
        "which task?",
        "stop trtc 1234 --app 1234567890. The id was given when the task started.",
    ),
    (
        "restart tencent 123 456",
        "one task a command in this version; I read 2: 123, 456.",
        "restart tencent 123",
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
    assert verb.known == ("stop", "restart", "delete", "help", "whoami", "targets")
    where = mistake("restart tencet 123")
    assert set(where.known) == {"tencent", "trtc", "alibaba", "volcengine"}
    assert where.named == ("main-feed", "far-feed", "room")
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


def test_an_unquoted_reason_is_told_how_to_be_quoted() -> None:
    """`--reason wrong source` leaves a word over; it is not taken for a task in silence."""
    assert mistake("stop volc a --reason wrong source").hint == "put the whole reason in quotes"
    assert mistake("stop volc a b --reason 'wrong source'").hint == ""


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
pieces = r"""restart stop delete help ? whoami tencent trtc alibaba volcengine main-feed room 123 -x
    -- — -–x --region --app --reason --account --dry-run --help --foo --regoin= --reason=" “ ” „ « »
    " ' ` ``` <@U1> <@U1|a> <!channel> <https://a.b|c &lt;@U1&gt; = , \ ＂ ＝""".split()  # noqa: SIM905  # longer as a list
lines = st.lists(
    st.sampled_from([*pieces, "\u200b", "\u202e", "\ud800", "\ufdfa", "x" * 200]), max_size=20
).map(" ".join)
starts = st.sampled_from(["", "restart tencent 1 ", "stop room ", "delete tencent:pull "])
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
            assert read(command.typed()) == command


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
