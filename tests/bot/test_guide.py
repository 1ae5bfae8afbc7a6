"""Help, whoami and targets: what one person reads, from the catalogue and the configuration."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.command import (
    MANUAL,
    HelpCommand,
    TargetsCommand,
    TaskCommand,
    Vocabulary,
    WhoamiCommand,
    parse,
)
from bot.contact import Ear
from bot.guide import Guide
from bot.journal import Origin
from bot.policy import Person, Standing
from bot.reply import Code, Line, Reply
from bot.settings import Settings, load
from bot.slack.blocks import render
from providers.catalogue import discover
from providers.operation import Kind, Verb

CATALOGUE = discover()
KEYS = """
access_key_id = "env:ID"
access_key_secret = "env:KEY"
"""
ACCOUNTS = f"""
[accounts.prod]
provider = "tencent"
region = "ap-guangzhou"
sdk_app_id = 1400000000
{KEYS}
[accounts.test]
provider = "tencent"
region = "ap-singapore"
{KEYS}
[accounts.ali]
provider = "alibaba"
region = "cn-shanghai"
{KEYS}
[accounts.volc]
provider = "volcengine"
{KEYS}
"""
TARGETS = """
[targets.spare-feed]
account = "test"
kind = "pull"
task = "456"
[targets.main-feed]
account = "prod"
kind = "pull"
task = "123"
protected = true
[targets.room]
account = "prod"
kind = "ingest"
task = "-gCTF"
region = "ap-singapore"
"""
ANN = Person("U123", "ann", frozenset({"T1"}), Standing.MEMBER, frozenset())
ORIGIN = Origin(
    request_key="trigger:1", requester="U123", requester_name="ann", team="T1", channel="C123"
)


def settings(policy: str = "", targets: str = TARGETS) -> Settings:
    text = f"{ACCOUNTS}{targets}{policy}"
    return load(None, {"ID": "AKIDEXAMPLE", "KEY": "examplesecret"}, CATALOGUE, text=text)


class Door:
    """One person asks, and hears."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.heard: list[Reply] = []

    async def person(self, user: str, team: str, *, fresh: bool) -> Person:
        assert (user, team, fresh) == ("U123", "T1", False)
        return self._person

    def whisper(self, ear: Ear, reply: Reply) -> None:
        assert ear.user == "U123"
        self.heard.append(reply)


def ask(
    text: str,
    policy: str = "",
    *,
    person: Person = ANN,
    targets: str = TARGETS,
    direct: bool = False,
) -> Reply:
    """What is heard after `/stream TEXT`."""
    configured = settings(policy, targets)
    command = parse(text, vocabulary(configured))
    assert isinstance(command, HelpCommand | WhoamiCommand | TargetsCommand)
    door = Door(person)
    guide = Guide(configured, CATALOGUE, people=door, whisper=door.whisper)
    asyncio.run(guide.answer(command, replace(ORIGIN, direct=direct)))
    (reply,) = door.heard
    return reply


def vocabulary(configured: Settings) -> Vocabulary:
    return Vocabulary(CATALOGUE, configured.accounts, configured.targets)


def lines_of(reply: Reply) -> list[Line]:
    rows = reply.table.rows if reply.table else ()
    cells = [cell for row in rows for cell in row]
    return [reply.head, *reply.body, *reply.context, *(value for _, value in reply.fields), *cells]


def shown(reply: Reply) -> str:
    """All that is read of a reply, without its marks."""
    names = [name for name, _ in reply.fields]
    return "\n".join([reply.text, *names, *("".join(map(str, line)) for line in lines_of(reply))])


ALLOW_ALL = '[policy]\n[[policy.allow]]\nusers = ["U123"]\n'

# Help


def test_help_names_every_verb_place_and_example() -> None:
    """Screen 1: how it is typed, one field per WHERE, and the bot's own verbs."""
    said = shown(ask("help", ALLOW_ALL))
    assert said.startswith("Stream bot help: /stream VERB WHERE TASK. Verbs you may use here: ")
    for kind in CATALOGUE.kinds:
        assert kind.where in said
    for verb in ("history", "show", "freeze", "thaw", "targets", "whoami"):
        assert f"/stream {verb}" in said
    assert "/stream status main-feed" in said


def test_help_says_what_asks_first() -> None:
    """By the policy's own words: a verb that asks everywhere, and the places where others do."""
    assert "Asks first: stop trtc; stop volcengine; delete." in shown(ask("help"))
    protected = " A protected target asks a second person for every change."
    assert protected in shown(ask("help"))
    assert protected not in shown(ask("help", targets=""))
    none = '[policy.confirm]\ninterrupts = "self"\nends = "none"\ndeletes = "none"\n'
    assert "Asks first: start; stop tencent" not in shown(ask("help", none))
    assert "Asks first: start; stop alibaba; stop tencent; " in shown(ask("help", none))
    quiet = '[policy.confirm]\nends = "none"\ndeletes = "none"\n'
    assert "Asks first: nothing." in shown(ask("help", quiet, targets=""))


RIGHTS = [
    ("", "status, list, history, show", "nothing that changes a stream"),
    (
        '[[policy.allow]]\nverbs = ["restart"]\nwhere = ["tencent:pull"]\naccounts = ["prod"]\n',
        "restart, status, list, history, show",
        "restart tencent:pull on prod (rule allow 1)",
    ),
    (
        '[[policy.allow]]\nverbs = ["freeze", "thaw"]\n',
        "status, list, history, show, freeze, thaw",
        "freeze, thaw every account (rule allow 1)",
    ),
    (
        '[[policy.allow]]\nverbs = ["freeze"]\naccounts = ["ali"]\n',
        "status, list, history, show, freeze",
        "freeze ali (rule allow 1)",
    ),
    (
        '[[policy.allow]]\nverbs = ["stop"]\nwhere = ["tencent"]\naccounts = ["prod"]\n',
        "stop, status, list, history, show",
        "stop tencent:pull; stop tencent:ingest on prod (rule allow 1)",
    ),
    (
        '[[policy.allow]]\nverbs = ["restart"]\ntargets = ["main-feed", "spare-feed"]\n',
        "restart, status, list, history, show",
        "restart main-feed (rule allow 1); restart spare-feed (rule allow 1)",
    ),
    (
        '[[policy.allow]]\nchannels = ["C999"]\n',
        "status, list, history, show",
        "nothing that changes a stream",
    ),
    (
        '[[policy.deny]]\nverbs = ["list"]\n',
        "status, history, show",
        "nothing that changes a stream",
    ),
]


@pytest.mark.parametrize(("policy", "verbs", "may"), RIGHTS)
def test_help_and_whoami_say_what_one_person_may_do_here(policy: str, verbs: str, may: str) -> None:
    """The verbs that are of use, and what may be changed by which rule."""
    helped, who = ask("help", policy), ask("whoami", policy)
    assert helped.text.endswith(f"Verbs you may use here: {verbs}.")
    assert f"Here you may: {may}" in shown(helped)
    assert who.text == f"You are @ann (U123), member. Here you may: {may}."


def test_a_guest_is_told_that_nothing_is_open_to_them() -> None:
    """Whatever the rules say of them."""
    guest = replace(ANN, standing=Standing.GUEST)
    assert ask("help", ALLOW_ALL, person=guest).text.endswith("use here: none.")
    assert "nothing that changes a stream" in ask("whoami", ALLOW_ALL, person=guest).text


def test_whoami_tells_groups_that_could_not_be_read_and_a_direct_message() -> None:
    """Both change what is allowed, so both are told."""
    said = shown(ask("whoami", person=replace(ANN, groups=None), direct=True))
    assert "could not be read" in said
    assert "a direct message" in said


# Help on one thing


@pytest.mark.parametrize("verb", list(MANUAL))
def test_every_verb_has_a_page(verb: str) -> None:
    """How it is typed, what it does, and something to copy."""
    reply = ask(f"help {verb}")
    page = MANUAL[verb]
    assert reply.text.startswith(f"Help for {verb}: {page.does}.")
    assert page.usage in shown(reply)
    assert any(isinstance(part, Code) for line in reply.body[1:] for part in line)


def test_a_page_for_every_verb_there_is() -> None:
    """What can be typed as a verb can be asked about, and what can be asked about has a page."""
    configured = vocabulary(settings())
    assert set(Verb) <= set(MANUAL)
    for verb in MANUAL:
        assert parse(f"help {verb}", configured) == HelpCommand(verb)


HELP_ON = [
    ("restart", "Runs at once.", ("--canary", "--dry-run", "50 tasks are the most")),
    ("delete", "Asks first.", ("Several tasks", "--reason")),
    ("stop", "Asks first at trtc, volcengine; elsewhere it runs at once.", ("[--app N]",)),
    ("list", "Runs at once.", ("--state", "no-stream", "--page", "--here", "[TEXT]")),
    ("status", "Runs at once.", ("--here", "Several tasks")),
    ("history", "", ("--since", "400 days", "[@person]", "[#channel | here]")),
    ("show", "", ("as op 4T7Q2",)),
    ("freeze", "", ("--account", "Reads go on.")),
]


@pytest.mark.parametrize(("verb", "when", "told"), HELP_ON)
def test_the_help_for_a_verb_tells_what_it_takes(
    verb: str, when: str, told: tuple[str, ...]
) -> None:
    """Screen 2: when it runs, its options, several tasks."""
    reply = ask(f"help {verb}")
    assert reply.text.endswith(when)
    for part in told:
        assert part in shown(reply)


def test_the_help_for_a_verb_tells_each_vendors_own() -> None:
    """What it does at each, what is nearest where there is none, and the quotas."""
    said = shown(ask("help restart"))
    for kind in CATALOGUE.kinds:
        operation = kind.operation(Verb.RESTART)
        assert (operation.does if operation else kind.gaps[Verb.RESTART].says) in said
    assert "Quota: " in said
    assert "tencent 20/s" in said


@pytest.mark.parametrize("kind", CATALOGUE.kinds, ids=lambda kind: str(kind.where))
def test_the_help_for_a_place_has_all_of_its_verbs(kind: Kind) -> None:
    """Each verb with the vendor's page, and each that it lacks with what to do instead."""
    said = shown(ask(f"help {kind.where}"))
    for operation in kind.operations:
        assert operation.does in said
        assert operation.page in said
    for gap in kind.gaps.values():
        assert gap.instead in said


TOPICS = [*MANUAL, *(kind.where for kind in CATALOGUE.kinds)]


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_what_the_help_gives_to_copy_can_be_read(topic: str) -> None:
    """Every line in code font that is a whole command is one."""
    configured = vocabulary(settings())
    codes = [
        part for line in lines_of(ask(f"help {topic}")) for part in line if isinstance(part, Code)
    ]
    commands = [code for code in codes if not {"[", "VERB", "WHERE", "OP"} & set(code.split())]
    whole = [code for code in commands if "[" not in code and code.startswith("/stream ")]
    own = {f"/stream {verb}" for verb in ("show", "freeze")}  # names of verbs, in the list of them
    assert whole
    for command in set(whole) - own:
        parse(command, configured)


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_the_help_fits_in_one_message(topic: str) -> None:
    """Nothing of it is left out or cut for want of room."""
    said = str(render(ask(f"help {topic}", ALLOW_ALL)))
    assert "left out" not in said
    assert "…" not in said


# Targets


def test_targets_are_shown_with_what_they_stand_for() -> None:
    """Sorted by name: kind, task, region, account, and whether they are protected."""
    reply = ask("targets")
    assert reply.text == "Named targets: main-feed (protected), room, spare-feed."
    assert reply.table is not None
    rows = [["".join(map(str, cell)) for cell in row] for row in reply.table.rows]
    assert rows == [
        ["main-feed", "tencent:pull", "123", "ap-guangzhou", "prod", "protected"],
        ["room", "tencent:ingest", "-gCTF", "ap-singapore", "prod", ""],
        ["spare-feed", "tencent:pull", "456", "ap-singapore", "test", ""],
    ]


def test_without_targets_the_bot_operators_step_is_told() -> None:
    """An empty table would tell nobody what to do."""
    assert "[targets.main-feed]" in ask("targets", targets="").text


def test_the_examples_of_the_manual_are_commands() -> None:
    """Whatever is configured, they can be typed."""
    configured = Vocabulary(CATALOGUE, settings().accounts, {})
    for page in MANUAL.values():
        for example in page.examples:
            assert not isinstance(parse(example, configured), TaskCommand)
