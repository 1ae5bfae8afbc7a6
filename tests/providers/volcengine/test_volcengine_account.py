"""Volcengine's account table, and what the kind declares."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from providers.catalogue import Catalogue
from providers.operation import Effect, Verb
from providers.volcengine import PROVIDER
from providers.volcengine.account import VolcengineAccount
from providers.volcengine.record import RECORD

USUAL = {"VOLC_ACCESSKEY": "AKIDEXAMPLE", "VOLC_SECRETKEY": "examplesecret"}


def _account(**settings: object) -> VolcengineAccount:
    table = {"name": "prod", "provider": "volcengine", **settings}
    return VolcengineAccount.model_validate(table, context={"environ": USUAL})


def test_the_key_is_in_the_usual_variables() -> None:
    """Without a word about keys, the variables of the vendor's own tools are read."""
    key = _account().credentials()
    assert (key.access_key_id, key.access_key_secret) == ("AKIDEXAMPLE", "examplesecret")
    assert key.session_token is None


def test_the_region_is_the_vendors_only_one_unless_another_is_set() -> None:
    """Live video has one region; BytePlus has its own, which is configured."""
    assert _account().region_for("live") == "cn-north-1"
    assert _account(region="ap-singapore-1").region_for("live") == "ap-singapore-1"


def test_the_host_is_the_vendors() -> None:
    """Calls go to the vendor's own host unless another is configured."""
    assert _account().base_url("live") == "https://live.volcengineapi.com"


@pytest.mark.parametrize("settings", [{"sdk_app_id": 1}, {"endpoints": {"trtc": "https://h"}}])
def test_another_vendors_settings_are_refused(settings: dict[str, object]) -> None:
    """A key that this vendor does not know is a fault, not silence."""
    with pytest.raises(ValidationError):
        _account(**settings)


@pytest.mark.parametrize("word", ["volcengine", "volc", "volcengine:record"])
def test_the_words_name_the_recording(word: str) -> None:
    """What people may type for it."""
    assert Catalogue([PROVIDER]).kind(word) is RECORD


def test_the_stop_is_as_the_vendors_page_says() -> None:
    """Fifty a second, and it cannot be taken back, which the card says."""
    stop = RECORD.operation(Verb.STOP)
    assert stop
    assert (stop.action, stop.quota) == ("StopPullRecordTask", 50)
    assert stop.effect is Effect.ENDS
    assert "cannot be continued" in stop.warning


@pytest.mark.parametrize(
    ("verb", "says", "nearest"),
    [
        (Verb.RESTART, "A recording cannot be restarted. stop ends it and keeps the file.", "stop"),
        (Verb.START, "A recording cannot be started again: stop ends it for good.", None),
        (Verb.DELETE, "No delete for recordings; stop ends one.", "stop"),
    ],
)
def test_a_verb_that_is_not_there_is_explained(verb: Verb, says: str, nearest: str | None) -> None:
    """The vendor does not have it: why, and the nearest one that it has."""
    assert RECORD.operation(verb) is None
    gap = RECORD.gaps[verb]
    assert (gap.says, gap.nearest) == (says, nearest)
    assert gap.instead
