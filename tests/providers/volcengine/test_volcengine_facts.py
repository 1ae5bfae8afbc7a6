"""What the rows of the vendor's answers tell: states, facts, no secrets, and no type trusted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.facts import Facts, TaskState
from providers.operation import Kind
from providers.volcengine import record_reading, relay_reading
from providers.volcengine.record import RECORD
from providers.volcengine.relay import RELAY
from providers.volcengine.rows import epoch

Told = Mapping[str, object]

ID = "5b903f78c7f5aeaaaabbbb01f6fe2eea"
OCTOBER = 1696864575.0  # 2023-10-09T15:16:15Z
RECORDING: dict[str, object] = {
    "TaskId": ID,
    "StartTime": "2023-10-09T15:16:15Z",
    "EndTime": "2023-10-09T15:18:28Z",
    "Vhost": "push.example.com",
    "Domain": "pull.example.com",
    "App": "live",
    "Stream": "example_stream",
    "Status": "生效中",
}
RELAYED: dict[str, object] = {
    "Title": "task001",
    "TaskId": ID,
    "StartTime": "2023-10-09T23:16:15+08:00",
    "EndTime": "2023-10-09T23:18:28+08:00",
    "CallbackURL": "https://example.com/live/callback?token=examplekey",
    "Type": 0,
    "DstAddr": "rtmp://push.example.com/live/examplestreamkey?volcSecret=examplekey&volcTime=1",
    "SrcAddr": "https://user:examplekey@pull.example.com/live/a.flv?auth_key=examplekey",
    "Status": "生效中",
    "GroupName": "default",
}


# States

WORDS = {
    "未开始": TaskState.WAITING,
    "生效中": TaskState.RUNNING,
    "停用": TaskState.STOPPED,
    "已结束": TaskState.ENDED,
    "暂停": TaskState.UNKNOWN,
    "running": TaskState.UNKNOWN,
}


@pytest.mark.parametrize(("word", "state"), WORDS.items())
@pytest.mark.parametrize("facts_of", [record_reading.facts_of, relay_reading.facts_of])
def test_every_word_of_the_vendor_has_our_state(
    facts_of: Callable[[Told], Facts], word: str, state: TaskState
) -> None:
    """Beside the vendor's own word; one that its pages do not have is unknown."""
    facts = facts_of({"TaskId": ID, "Status": word})
    assert (facts.state, facts.word) == (state, word)


@pytest.mark.parametrize("kind", [RECORD, RELAY], ids=lambda kind: kind.name)
def test_the_kind_declares_its_states(kind: Kind) -> None:
    """What the help and the contract tests read is what the reading uses."""
    assert kind.states == {
        word: state for word, state in WORDS.items() if state is not TaskState.UNKNOWN
    }


# Facts


def test_the_facts_of_a_recording() -> None:
    """Its stream's name, where it comes from without the stream, and its times."""
    facts = record_reading.facts_of(RECORDING)
    assert (facts.id, facts.name, facts.source) == (
        ID,
        "example_stream",
        "pull.example.com/live/•••",
    )
    assert (facts.destination, facts.why, facts.changed_by) == ("", "", "")
    assert (facts.starts_at, facts.ends_at) == (OCTOBER, OCTOBER + 133)
    assert facts.settings["App"] == "live"


def test_the_facts_of_a_relay() -> None:
    """Its title, both addresses without what is secret in them, and its times in our clock."""
    facts = relay_reading.facts_of(RELAYED)
    assert (facts.id, facts.name) == (ID, "task001")
    assert facts.source == "pull.example.com/live/•••"
    assert facts.destination == "push.example.com/live/•••"
    assert (facts.starts_at, facts.ends_at) == (OCTOBER, OCTOBER + 133)
    assert facts.settings["GroupName"] == "default"


@pytest.mark.parametrize(
    "sources",
    [
        {"SrcAddr": "", "SrcAddrS": ["https://vod.example.com/a/examplekey.mp4", "https://b/c"]},
        {"SrcAddr": None, "VodSrcAddrs": [{"SrcAddr": "https://vod.example.com/a/examplekey.mp4"}]},
        {"SrcAddr": 7, "SrcAddrS": [None, "", "https://vod.example.com/a/examplekey.mp4"]},
    ],
    ids=str,
)
def test_a_relay_of_files_shows_the_first(sources: dict[str, object]) -> None:
    """Files are in one of two lists, by how the task was made."""
    facts = relay_reading.facts_of({**RELAYED, **sources})
    assert facts.source == "vod.example.com/a/•••"


SECRETS = ("examplekey", "examplestreamkey", "volcSecret", "auth_key", "callback", "user")
HIDING = [
    {},
    {"DstAddr": "push.example.com/live/examplestreamkey"},  # without a scheme
    {"SrcAddrS": ["pull.example.com/live/examplestreamkey"]},
    {"VodSrcAddrs": [{"SrcAddr": "pull.example.com/live/examplestreamkey", "StartOffset": 0}]},
    {"VodSrcAddrs": [[[["rtmp://h/live/examplestreamkey"]]]]},
    {"Title": "rtmp://h/live/examplestreamkey"},
    {"PushArgs": "examplekey", "Nested": {"AccessToken": "examplekey"}},
]


@pytest.mark.parametrize("more", HIDING, ids=str)
def test_no_secret_comes_out_of_a_relay(more: dict[str, object]) -> None:
    """Not in any field, whatever of it is set."""
    facts = relay_reading.facts_of({**RELAYED, **more})
    for secret in SECRETS:
        assert secret not in str(facts), secret


def test_no_secret_comes_out_of_a_recording() -> None:
    """Also where somebody took a whole address for the stream's name."""
    more = {"Stream": "a?volcSecret=examplekey", "StreamURL": "h/live/examplestreamkey"}
    facts = record_reading.facts_of({**RECORDING, **more})
    assert facts.name == "a"
    for secret in SECRETS:
        assert secret not in str(facts), secret


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"Status": "停用", "EndTime": "2030-01-01T00:00:00Z", "GroupName": "g"}, True),
        ({"Title": "task002"}, False),
        ({"SrcAddr": "https://user:examplekey@pull.example.com/live/b.flv"}, False),
        ({"SrcAddrS": ["https://h/x.mp4"]}, False),
        ({"DstAddr": "rtmp://push.example.com/live/otherstreamkey"}, False),
    ],
    ids=str,
)
def test_a_relays_identity_is_its_name_and_addresses(change: dict[str, object], same: bool) -> None:
    """To the last letter of the stream key, which is not told; its state is not a part of it."""
    before, after = relay_reading.facts_of(RELAYED), relay_reading.facts_of({**RELAYED, **change})
    assert (before.identity == after.identity) is same


@pytest.mark.parametrize(
    ("change", "same"),
    [({"Status": "停用"}, True), ({"Stream": "b"}, False), ({"App": "b"}, False)],
)
def test_a_recordings_identity_is_its_stream(change: dict[str, object], same: bool) -> None:
    """Domain, application and stream."""
    before = record_reading.facts_of(RECORDING)
    after = record_reading.facts_of({**RECORDING, **change})
    assert (before.identity == after.identity) is same


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = sorted({*RECORDING, *RELAYED, "SrcAddrS", "VodSrcAddrs"})


@pytest.mark.parametrize("facts_of", [record_reading.facts_of, relay_reading.facts_of])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(info=st.dictionaries(st.sampled_from(FIELDS), JUNK))
def test_no_type_is_trusted(facts_of: Callable[[Told], Facts], info: dict[str, object]) -> None:
    """Whatever a field holds, there are facts, and they can be stored."""
    facts = facts_of(info)
    json.dumps([facts.name, facts.source, facts.settings]).encode("ascii")
    for shown in (facts.id, facts.word, facts.name, facts.source, facts.destination):
        assert shown == " ".join(shown.split())
        assert len(shown) <= 400


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2023-10-09T15:16:15Z", OCTOBER),
        ("2023-10-09T23:16:15+08:00", OCTOBER),
        ("2023-10-09T15:16:15", OCTOBER),
        (1696864575, OCTOBER),
        ("", None),
        ("tomorrow", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+08:00", None),
        ("9999-12-31T23:59:59-08:00", None),
        (0, None),
        (True, None),
        (float("nan"), None),
        (10**400, None),
        (None, None),
        (["2023-10-09T15:16:15Z"], None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_time_is_seconds_since_the_epoch(value: object, seconds: float | None) -> None:
    """RFC 3339 with any offset, or seconds; what is no time is none."""
    assert epoch(value) == seconds
