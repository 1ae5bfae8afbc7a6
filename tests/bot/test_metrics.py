"""Health: what the bot counts, from closed sets only, and when it is ready."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import httpx
import prometheus_client
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bot.command import TaskCommand, Vocabulary, parse
from bot.health import admin_endpoint
from bot.journal import Origin, Outcome, OutcomeWord, Record, State, Verdict
from bot.metrics import MeasuredClient, Metrics, Reading
from bot.metrics import metrics as metrics_module
from bot.metrics.labels import OTHER, result_of
from bot.slack.outage import Outage
from providers.catalogue import discover
from providers.errors import CallError, NotExecuted, NotSent, Refused, Unreadable
from providers.exchange import NO_ANSWER
from providers.operation import Verb
from providers.provider import Call
from tests.providers.vendor import (
    RESTARTED,
    evil_vendor,
    http,
    raw_server,
    restart_call,
)

PROVIDERS = ("alibaba", "tencent", "volcengine")

VERBS = "status list start stop restart delete history show freeze thaw help whoami targets"
OUTCOMES = (
    "accepted, already so, refused, not sent, unknown, waiting for quota, proved, running, "
    "not back, down, cannot tell, denied, declined, cancelled, expired, succeeded, failed, "
    "not understood, too fast, not taken, answered, dry run"
)
RESULTS = (
    "accepted, already so, refused, throttled, clock off, not sent, unreadable, unknown, cut off, "
    "ok, slowed, lost"
)
METHODS = "post edit private response_url people connect"
MAY_STAND_IN_A_LABEL = {
    "verb": {*VERBS.split(), "none", "other"},
    "provider": {*PROVIDERS, "none", "other"},
    "outcome": {*OUTCOMES.split(", "), "none", "other"},
    "result": {*RESULTS.split(", "), "none", "other"},
    "method": {*METHODS.split(), "other"},
}

Lines = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(PROVIDERS)


async def shown(metrics: Metrics) -> Lines:
    """What a scrape shows of the bot: (name, labels) and the number."""
    return lines_of((await metrics.scrape()).decode())


def lines_of(page: str) -> Lines:
    families = text_string_to_metric_families(page)
    return {
        (line.name, tuple(sorted(line.labels.items()))): line.value
        for family in families
        for line in family.samples
        if line.name.startswith("stream_bot_")
    }


def line(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return f"stream_bot_{name}", tuple(sorted(labels.items()))


def record(**changed: Any) -> Record:
    """A restart of task 123 that was just asked by ann; `changed` as in the journal."""
    command = TaskCommand(
        verb=Verb.RESTART, where="tencent:pull", account="prod", task="123", region="ap-guangzhou"
    )
    origin = Origin(
        request_key="command:1",
        requester="U123",
        requester_name="ann",
        team="T123",
        channel="C123",
    )
    nothing = (
        "owner due_at decider decider_name confirm rule ticket message_ts copy_ts outcome "
        "approved_at sent_at finished_at"
    )
    columns: dict[str, Any] = {
        **dict.fromkeys(nothing.split()),
        **{"id": "4T7Q2", "state": State.ASKED, "version": 0, "shown_version": 0, "attempt": 0},
        **{"command": command, "origin": origin, "posts": 0, "live_key": "", "asked_at": 1.8e9},
    }
    return Record(**(columns | changed))


def ended(word: OutcomeWord, state: State = State.SUCCEEDED, **changed: Any) -> Record:
    return record(state=state, outcome=Outcome(word=word), **changed)


# Counting


async def test_everything_is_counted_under_its_labels(metrics: Metrics) -> None:
    """One of each, and what a scrape shows of it; units are in the names."""
    metrics.command("restart", "tencent:pull", "proved")
    metrics.ack(0.004)
    metrics.vendor("tencent", "restart", 0.3, "accepted")
    metrics.slot("alibaba", "stop", 1.5)
    metrics.slack("chat.update", "slowed")
    metrics.slack("response_url", "ok")
    metrics.lease_lost()
    lines = await shown(metrics)
    call = {"provider": "tencent", "verb": "restart", "result": "accepted"}
    once = [
        line("commands_total", verb="restart", provider="tencent", outcome="proved"),
        line("ack_seconds_bucket", le="0.005"),
        line("vendor_seconds_bucket", le="0.5", **call),
        line("vendor_seconds_count", **call),
        line("slot_wait_seconds_count", provider="alibaba", verb="stop"),
        line("slack_calls_total", method="edit", result="slowed"),
        line("slack_calls_total", method="response_url", result="ok"),
        line("leases_lost_total"),
    ]
    assert {name: lines[name] for name in once} == dict.fromkeys(once, 1.0)
    assert lines[line("vendor_seconds_bucket", le="0.2", **call)] == 0.0
    assert lines[line("slot_wait_seconds_sum", provider="alibaba", verb="stop")] == 1.5


_TEXTS = st.one_of(st.text(), st.sampled_from(["tencent:pull", "restart", "chat.update", "ok"]))
_NUMBERS = st.floats()


@given(
    texts=st.tuples(_TEXTS, _TEXTS, _TEXTS),
    number=_NUMBERS,
    figures=st.dictionaries(
        st.sampled_from(["waiting_cards", "breakers_open", "4T7Q2"]),
        st.one_of(_NUMBERS, st.dictionaries(_TEXTS, _NUMBERS)),
    ),
)
def test_whatever_is_handed_in_no_other_label_appears(
    texts: tuple[str, str, str], number: float, figures: Reading
) -> None:
    """Nothing raises, names stay ours, and a label's value is one of its set."""
    metrics = Metrics(PROVIDERS)
    metrics.command(*texts)
    metrics.ack(number)
    metrics.vendor(texts[0], texts[1], number, texts[2])
    metrics.slot(texts[0], texts[1], number)
    metrics.slack(texts[0], texts[1])
    metrics.watch(telling(figures))
    lines = asyncio.run(shown(metrics))
    assert lines
    for name, labels in lines:
        assert "4T7Q2" not in name
        for label, value in labels:
            assert label == "le" or value in MAY_STAND_IN_A_LABEL[label]
    assert 0 <= lines[line("ack_seconds_sum")] <= 86_400


async def test_no_id_channel_or_person_is_shown(metrics: Metrics) -> None:
    """An operation that is full of them counts by its verb, provider and outcome."""
    metrics.told(ended(OutcomeWord.ACCEPTED, message_ts="1800000000.000100", decider="U456"))
    page = (await metrics.scrape()).decode()
    assert 'outcome="accepted",provider="tencent",verb="restart"' in page
    for secret in ("4T7Q2", "U123", "U456", "C123", "T123", "ann", '"123"', "prod", "guangzhou"):
        assert secret not in page


NEWS: list[tuple[str, list[Record], list[str]]] = [
    ("on its way", [record(), record(state=State.WAITING), record(state=State.SENDING)], []),
    ("accepted, and nothing to follow", [ended(OutcomeWord.ACCEPTED)], ["accepted"]),
    (
        "accepted, followed, seen down, proved",
        [
            ended(OutcomeWord.ACCEPTED, verdict=Verdict.FOLLOWING),
            ended(OutcomeWord.ACCEPTED, verdict=Verdict.FOLLOWING, version=1),
            ended(OutcomeWord.PROVED, verdict=Verdict.RECOVERED),
        ],
        ["proved"],
    ),
    ("told twice", [ended(OutcomeWord.REFUSED, State.FAILED)] * 2, ["refused"]),
    (
        "unknown, and nobody can tell",
        [ended(OutcomeWord.CANNOT_TELL, State.UNKNOWN, verdict=Verdict.CANNOT_TELL)],
        ["cannot tell"],
    ),
    ("expired with a reason", [ended(OutcomeWord.NOT_SENT, State.EXPIRED)], ["expired"]),
    (
        "two operations",
        [record(state=State.DENIED), record(id="9ZZZZ", state=State.CANCELLED)],
        ["cancelled", "denied"],
    ),
    ("a part of several tasks", [ended(OutcomeWord.ACCEPTED, batch="1AAAA")], []),
]


@pytest.mark.parametrize(("news", "outcomes"), [row[1:] for row in NEWS], ids=[r[0] for r in NEWS])
async def test_an_operation_counts_once_when_no_other_word_will_come(
    metrics: Metrics, news: list[Record], outcomes: list[str]
) -> None:
    """By its last word; several tasks of one command are one command."""
    for told in news:
        metrics.told(told)
    assert await counted(metrics) == [f"restart tencent {outcome}" for outcome in outcomes]


TYPED = [
    ("restart tencent 123", True, []),  # counts at its end
    ("restart tencent 123", False, ["restart tencent not taken"]),
    ("restart tencent 123 --dry-run", True, ["restart tencent dry run"]),
    ("status alibaba a1", True, ["status alibaba answered"]),
    ("list volcengine", True, ["list volcengine answered"]),
    ("history", True, ["history none answered"]),
    ("show 4T7Q2", True, ["show none answered"]),
    ("freeze vendor outage", True, ["freeze none answered"]),
    ("thaw", False, ["thaw none not taken"]),
    ("help restart", True, ["help none answered"]),
    ("whoami", True, ["whoami none answered"]),
    ("targets", True, ["targets none answered"]),
]


@pytest.mark.parametrize(("text", "taken", "counts"), TYPED)
async def test_what_is_no_operation_counts_when_it_is_typed(
    metrics: Metrics, text: str, taken: bool, counts: list[str]
) -> None:
    """By its verb, where it acts, and whether it was taken."""
    metrics.typed(parse(text, vocabulary()), taken=taken)
    assert await counted(metrics) == counts


def vocabulary() -> Vocabulary:
    keys = {"access_key_id": "env:KEY", "access_key_secret": "env:KEY", "region": "ap-guangzhou"}
    models = {name: provider.account for name, provider in discover().providers.items()}
    accounts = {
        {"tencent": "prod"}.get(name, name): model.model_validate(
            {"name": name, "provider": name, **keys}, context={"environ": {"KEY": "examplekey"}}
        )
        for name, model in models.items()
    }
    return Vocabulary(discover(), accounts, {})


async def counted(metrics: Metrics) -> list[str]:
    """The commands that were counted, as "verb provider outcome"."""
    lines = await shown(metrics)
    commands = [
        (dict(labels), number)
        for (name, labels), number in lines.items()
        if name == "stream_bot_commands_total"
    ]
    assert all(number == 1 for _, number in commands)
    return sorted(f"{it['verb']} {it['provider']} {it['outcome']}" for it, _ in commands)


async def test_two_bots_in_one_process_do_not_share_a_registry() -> None:
    """The library's global registry stays empty of us."""
    first, second = Metrics(PROVIDERS), Metrics(PROVIDERS)
    first.lease_lost()
    assert (await shown(first))[line("leases_lost_total")] == 1
    assert (await shown(second))[line("leases_lost_total")] == 0
    assert b"stream_bot_" not in prometheus_client.generate_latest()


# Calls to vendors


async def hang(*_: object) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def measured(metrics: Metrics, url: str) -> AsyncIterator[tuple[MeasuredClient, Call]]:
    client = MeasuredClient(metrics, discover(), timeout=5.0)
    try:
        yield client, restart_call(url)
    finally:
        await client.close()


REFUSED = b'{"Response":{"Error":{"Code":"InvalidParameter","Message":"no"},"RequestId":"r"}}'
ANSWERS = [
    (RESTARTED, None, "accepted"),
    (REFUSED, Refused, "refused"),
    (b"<html>", Unreadable, "unreadable"),
]


@pytest.mark.parametrize(("answer", "error", "result"), ANSWERS)
async def test_a_vendors_answer_is_counted(
    metrics: Metrics, answer: bytes, error: type[CallError] | None, result: str
) -> None:
    """Each call once, with its slot, by what it came to; its error goes on to the caller."""
    async with evil_vendor(http(answer)) as vendor, measured(metrics, vendor.url) as (client, call):
        with nullcontext() if error is None else pytest.raises(error):
            await client.send(call, await client.slot(call))
    assert await vendor_results(metrics) == {result: 1.0}
    slots = line("slot_wait_seconds_count", provider="tencent", verb="restart")
    assert (await shown(metrics))[slots] >= 1  # one that got late is thrown away


async def test_what_never_left_counts_as_not_sent(metrics: Metrics) -> None:
    """So that calls sent can be told from calls tried."""
    async with raw_server(hang) as address:
        pass  # nobody listens there any more
    async with measured(metrics, f"http://{address}") as (client, call):
        slot = await client.slot(call)
        with pytest.raises(NotSent):
            await client.send(call, slot)
    assert await vendor_results(metrics) == {"not sent": 1.0}


async def test_a_call_that_its_caller_gave_up_is_counted(metrics: Metrics) -> None:
    """A look at a task waits two seconds, and the call still was one."""
    arrived = asyncio.Event()

    async def take_and_hang(*_: object) -> None:
        arrived.set()
        await hang()

    async with (
        evil_vendor(None, after=take_and_hang) as vendor,
        measured(metrics, vendor.url) as (client, call),
    ):
        sending = asyncio.create_task(client.send(call, await client.slot(call)))
        await arrived.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert await vendor_results(metrics) == {"cut off": 1.0}


async def vendor_results(metrics: Metrics) -> dict[str, float]:
    return {
        dict(labels)["result"]: number
        for (name, labels), number in (await shown(metrics)).items()
        if name == "stream_bot_vendor_seconds_count"
    }


def _leaves(kind: type[CallError]) -> Iterator[type[CallError]]:
    subclasses = kind.__subclasses__()
    if kind not in (CallError, NotExecuted):
        yield kind
    for subclass in subclasses:
        yield from _leaves(subclass)


@pytest.mark.parametrize("kind", list(_leaves(CallError)), ids=lambda kind: kind.__name__)
def test_every_error_of_a_call_has_its_word(kind: type[CallError]) -> None:
    """A new one in the tree gets one too."""
    assert result_of(kind(NO_ANSWER)) != OTHER


# Figures


def telling(figures: Reading) -> Callable[[], Awaitable[Reading]]:
    async def tell() -> Reading:
        return figures

    return tell


async def test_figures_are_asked_for_at_each_scrape(metrics: Metrics) -> None:
    """They are true at that moment; those of each provider have its name."""
    now: dict[str, float | dict[str, float]] = {"waiting_cards": 2.0, "slack_reconnects": 1.0}
    metrics.watch(telling(now))
    metrics.watch(telling({"breakers_open": {"tencent": 1.0, "alibaba": 0.0}}))
    lines = await shown(metrics)
    assert lines[line("waiting_cards")] == 2
    assert lines[line("slack_reconnects_total")] == 1
    assert lines[line("breakers_open", provider="tencent")] == 1
    assert lines[line("breakers_open", provider="alibaba")] == 0
    now["waiting_cards"] = 3.0
    assert (await shown(metrics))[line("waiting_cards")] == 3


async def test_what_cannot_be_read_is_left_out(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that breaks or hangs takes none of the others along, and no old figure stays."""
    monkeypatch.setattr(metrics_module, "READ_SECONDS", 0.01)
    broken = False

    async def source() -> Reading:
        if broken:
            raise OSError
        return {"waiting_cards": 1.0}

    async def hangs() -> Reading:
        await hang()
        return {}

    for each in (source, hangs, telling({"owed_messages": 4.0})):
        metrics.watch(each)
    assert line("waiting_cards") in await shown(metrics)
    broken = True
    lines = await shown(metrics)
    assert line("waiting_cards") not in lines
    assert lines[line("owed_messages")] == 4


# The endpoint


@asynccontextmanager
async def served(
    metrics: Metrics | None = None, **checks: Callable[[], Awaitable[bool]]
) -> AsyncIterator[httpx.AsyncClient]:
    runner = web.AppRunner(admin_endpoint(checks, metrics))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}") as client:
            yield client
    finally:
        await runner.cleanup()


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def test_metrics_are_served_as_prometheus_reads_them(metrics: Metrics) -> None:
    """Plain text; beside ours what the library tells of the process."""
    metrics.ack(0.1)
    async with served(metrics) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "process_resident_memory_bytes" in answer.text
    assert lines_of(answer.text)[line("ack_seconds_count")] == 1
    assert "_created" not in answer.text


READINESS: list[tuple[dict[str, Callable[[], Awaitable[bool]]], float, tuple[int, str]]] = [
    ({"slack": yes, "journal": yes}, 0.0, (200, "ready")),
    ({"slack": yes, "journal": yes}, 120.0, (200, "ready")),
    ({"slack": yes, "journal": yes}, 120.1, (200, "degraded")),
    ({"slack": no, "journal": yes}, 0.0, (503, "not ready")),
    ({"slack": yes, "journal": no}, 500.0, (503, "not ready")),
]


@pytest.mark.parametrize(("checks", "oldest", "says"), READINESS)
async def test_readiness(
    metrics: Metrics,
    checks: dict[str, Callable[[], Awaitable[bool]]],
    oldest: float,
    says: tuple[int, str],
) -> None:
    """Every check by its name, and the figures. An old debt is told, and does not stop work."""
    metrics.watch(telling({"owed_messages": 1.0, "oldest_owed_seconds": oldest}))
    async with served(metrics, **checks) as client:
        answer = await client.get("/readyz")
    body = answer.json()
    assert (answer.status_code, body["status"]) == says
    assert {name: body[name] for name in checks} == {n: c is yes for n, c in checks.items()}
    assert (body["owed_messages"], body["oldest_owed_seconds"]) == (1.0, oldest)


async def test_without_metrics_there_is_readiness_all_the_same() -> None:
    """And no page for Prometheus."""
    async with served(slack=yes) as client:
        assert (await client.get("/readyz")).json() == {"status": "ready", "slack": True}
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/metrics")).status_code == 404


CALLS = [
    ("nothing was called", [], 0, True),
    ("answered", ["ok", "refused", "slowed"], 0, True),
    ("two lost", ["lost", "lost"], 0, True),
    ("three lost in a row", ["lost", "lost", "lost"], 0, False),
    ("lost for long", ["lost"] * 9, 60, False),
    ("nothing was asked for a minute", ["lost"] * 9, 61, True),
    ("a no is an answer", ["lost", "lost", "lost", "refused"], 0, True),
    ("never three in a row", ["lost", "lost", "ok", "lost", "lost"], 0, True),
]


@pytest.mark.parametrize(
    ("results", "later", "reachable"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS]
)
def test_an_outage_of_slacks_web_api(results: list[str], later: float, reachable: bool) -> None:
    """It is noticed by the bot's own calls, and forgotten where none is made any more."""
    now = 100.0
    outage = Outage(lambda: now)
    for result in results:
        outage.heard(result)
    now += later
    assert outage.reachable is reachable
