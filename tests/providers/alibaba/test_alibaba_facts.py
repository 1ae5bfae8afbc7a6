"""What a relay's fields mean: states, reasons, times, masks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.alibaba.relay import RELAY
from providers.alibaba.relay_reading import facts_of
from providers.facts import TaskState

ID = "6f869419-0001"
KEY = "SECRETKEY"  # in no field of what is told

STATES = [
    ("0", TaskState.WAITING),
    ("1", TaskState.RUNNING),
    ("2", TaskState.DEGRADED),
    ("3", TaskState.STOPPED),
    ("-1", TaskState.ENDED),
]


@pytest.mark.parametrize(("word", "state"), STATES)
def test_a_documented_state_is_ours(word: str, state: TaskState) -> None:
    """Each number of the vendor's page has its state, as an integer and as a text."""
    for told in (int(word), word):
        facts = facts_of({"TaskStatus": told})
        assert (facts.state, facts.word) == (state, word)
    assert RELAY.states[word] is state


def test_no_state_is_without_a_row() -> None:
    """The rows above are all that the kind knows."""
    assert dict(RELAY.states) == dict(STATES)


@pytest.mark.parametrize(("told", "word"), [(4, "4"), (-2, "-2"), ("Idle", "Idle"), ("01", "01")])
def test_an_undocumented_state_keeps_the_vendors_word(told: object, word: str) -> None:
    """Shown as it is, and unknown."""
    facts = facts_of({"TaskStatus": told})
    assert (facts.state, facts.word) == (TaskState.UNKNOWN, word)


@pytest.mark.parametrize("told", [None, True, 1.0, [1], {}, ""])
def test_what_is_no_state_is_no_word(told: object) -> None:
    """A field of another type says nothing; true is not 1."""
    facts = facts_of({"TaskStatus": told})
    assert (facts.state, facts.word) == (TaskState.UNKNOWN, "")


@pytest.mark.parametrize(
    ("status", "stopped", "ended", "why"),
    [
        (3, "PullStreamFailed", "", "PullStreamFailed: Alibaba cannot read the source"),
        (3, "PushStreamFailed", "", "PushStreamFailed: Alibaba cannot push to the destination"),
        (3, "UnknownError", "", "UnknownError: Alibaba does not know why"),
        (3, "TriggerByUser", "", "TriggerByUser: somebody stopped it"),
        (3, "RetryTimesOffline", "", "RetryTimesOffline"),
        (3, "", "OverEndTime", ""),
        (2, "PullStreamFailed", "", "PullStreamFailed: Alibaba cannot read the source"),
        (-1, "", "OverEndTime", "OverEndTime: its end time has passed"),
        (-1, "PullStreamFailed", "TriggerByUser", "TriggerByUser: somebody ended it"),
        (-1, "PullStreamFailed", "", ""),
        (1, "PullStreamFailed", "OverEndTime", ""),
        (0, "PullStreamFailed", "OverEndTime", ""),
    ],
)
def test_the_reason_is_that_of_the_state(status: int, stopped: str, ended: str, why: str) -> None:
    """In the vendor's word and plain English; a reason that is left from before is not told."""
    told = {"TaskStatus": status, "TaskInvalidReason": stopped, "TaskExitReason": ended}
    assert facts_of(told).why == why


def _info(**setup: object) -> dict[str, Any]:
    """A running task with all that the vendor tells, keys and all."""
    usual = {
        "TaskId": ID,
        "TaskName": "main feed",
        "SourceUrls": [f"https://u:{KEY}@pull.example.com:8443/live/{KEY}.flv?auth_key={KEY}"],
        "DstUrl": f"rtmp://push.example.com/live/{KEY}?txSecret={KEY}",
        "StartTime": "2016-06-29T10:20:00Z",
        "EndTime": "2016-06-30T10:20:00Z",
        "CallbackURL": f"https://callback.example.com/a/b?token={KEY}",
        "AuthKey": KEY,
        "ReqAuth": KEY,
    }
    return {"TaskId": ID, "TaskStatus": 1, "TaskInfo": {**usual, **setup}}


def test_a_task_is_told_with_all_that_a_card_shows() -> None:
    """Its id, name, state, source, destination and times."""
    facts = facts_of(_info())
    assert (facts.id, facts.name, facts.state, facts.word) == (ID, "main feed", "running", "1")
    assert facts.source == "pull.example.com:8443/live/•••"
    assert facts.destination == "push.example.com/live/•••"
    assert (facts.starts_at, facts.ends_at) == (1467195600.0, 1467282000.0)


def test_an_ended_task_ended_when_the_vendor_says() -> None:
    """The moment of its end takes the place of the one that was planned; only once it has ended."""
    assert facts_of(_info() | {"TaskStatus": -1, "TaskExitTime": 1467200000}).ends_at == 1467200000
    assert facts_of(_info() | {"TaskStatus": 1, "TaskExitTime": 1467200000}).ends_at == 1467282000


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2016-06-29T10:20:00Z", 1467195600.0),
        ("2016-06-29T18:20:00+08:00", 1467195600.0),
        ("2016-06-29T10:20:00", 1467195600.0),
        (1467195600, 1467195600.0),
        ("1467195600", 1467195600.0),
        ("soon", None),
        ("", None),
        ("0001-01-01T00:00:00Z", None),
        (0, None),
        (-1, None),
        (10**400, None),
        ("9" * 5000, None),
        ("²", None),
        (True, None),
        (1.5, None),
        (None, None),
        ([], None),
    ],
    ids=lambda value: str(type(value)) if isinstance(value, int) else str(value)[:30],
)
def test_times_are_read_or_left_out(told: object, seconds: float | None) -> None:
    """UTC texts and Unix seconds; whatever else there is, is no time."""
    assert facts_of(_info(StartTime=told)).starts_at == seconds


@pytest.mark.parametrize(
    "setup",
    [
        {},
        {"TaskName": f"rtmp://push.example.com/live/{KEY}"},
        {"TaskName": f"main auth_key={KEY}"},
        {"SourceUrls": f'["rtmp://pull.example.com/live/{KEY}"]'},
        {"SourceUrls": [[f"rtmp://pull.example.com/live/{KEY}"]]},
        {"SourceUrls": [f"pull.example.com/live/{KEY}"], "DstUrl": f"push.example.com/live/{KEY}"},
        {"DstUrl": f"srt://push.example.com:1105?streamid=#!::r=live/{KEY},m=publish"},
        {"DstUrl": {"url": f"rtmp://push.example.com/live/{KEY}"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [1, 3, -1])
def test_no_key_comes_out_in_any_field(setup: dict[str, object], status: int) -> None:
    """Of addresses in any form host and path start only; fields named as secrets not at all."""
    reason = f"rtmp://push.example.com/live/{KEY}"
    told = _info(**setup) | {"TaskInvalidReason": reason, "TaskExitReason": reason}
    assert KEY not in repr(facts_of(told | {"TaskStatus": status}))


def test_the_settings_are_kept_for_the_record() -> None:
    """All fields, and what is no secret as it was."""
    settings = facts_of(_info())
    setup = settings.settings["TaskInfo"]
    assert isinstance(setup, Mapping)
    assert set(setup) == set(_info()["TaskInfo"])
    assert setup["StartTime"] == "2016-06-29T10:20:00Z"
    assert setup["SourceUrls"] == ["pull.example.com:8443/live/•••"]
    assert setup["AuthKey"] == "•••"


@pytest.mark.parametrize(
    "other", [{"TaskName": "b"}, {"SourceUrls": ["rtmp://a/b/c"]}, {"DstUrl": "rtmp://a/b/c"}]
)
def test_the_identity_is_name_source_and_destination(other: dict[str, object]) -> None:
    """It changes with each of them, also in the part that is masked, and with nothing else."""
    same = facts_of(_info(EndTime="2020-01-01T00:00:00Z") | {"TaskStatus": 3})
    assert facts_of(_info()).identity == same.identity
    assert facts_of(_info(**other)).identity != same.identity


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from([*_info(), *_info()["TaskInfo"], "TaskInvalidReason", "TaskExitTime"])


@given(st.dictionaries(NAMES, JSON), st.dictionaries(NAMES, JSON) | JSON)
def test_no_answer_breaks_the_reading(told: dict[str, object], setup: object) -> None:
    """Whatever types come, there are facts: storable, on one line, bounded."""
    facts = facts_of(told | {"TaskInfo": setup})
    for text in (facts.id, facts.word, facts.why, facts.name, facts.source, facts.destination):
        text.encode()
        assert text == " ".join(text.split())
        assert len(text) <= 400
    assert json.dumps(facts.settings)
