"""Volcengine's account table, and what the kind declares."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from providers.catalogue import Catalogue
from providers.operation import Effect, Kind, Verb
from providers.volcengine import PROVIDER
from providers.volcengine.account import VolcengineAccount
from providers.volcengine.record import RECORD
from providers.volcengine.relay import RELAY

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


def test_a_group_is_named_only_where_the_account_needs_one() -> None:
    """The key of a sub-account needs it for relays; others leave it out."""
    assert _account().group_name == ""
    assert _account(group_name="直播").group_name == "直播"


@pytest.mark.parametrize(
    "settings",
    [
        {"sdk_app_id": 1},
        {"endpoints": {"trtc": "https://h"}},
        {"group_name": 7},
        {"group_name": "g" * 65},
    ],
)
def test_another_vendors_settings_are_refused(settings: dict[str, object]) -> None:
    """A key that this vendor does not know is a fault, not silence."""
    with pytest.raises(ValidationError):
        _account(**settings)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("volcengine", RECORD),
        ("volc", RECORD),
        ("volcengine:record", RECORD),
        ("volcengine:relay", RELAY),
    ],
)
def test_the_words_name_the_kind(word: str, kind: Kind) -> None:
    """What people may type for it; the vendor's name alone is the recordings."""
    assert Catalogue([PROVIDER]).kind(word) is kind


# Kind, verb -> the vendor's action, its calls a second, what it does to the stream.
DECLARED = {
    ("record", Verb.STOP): ("StopPullRecordTask", 50, Effect.ENDS),
    ("record", Verb.STATUS): ("GetPullRecordTask", 10, Effect.READS),
    ("record", Verb.LIST): ("ListPullRecordTask", 50, Effect.READS),
    ("relay", Verb.RESTART): ("StopPullToPushTask", 10, Effect.INTERRUPTS),
    ("relay", Verb.STOP): ("StopPullToPushTask", 10, Effect.INTERRUPTS),
    ("relay", Verb.START): ("ContinuePullToPushTask", 10, Effect.INTERRUPTS),
    ("relay", Verb.DELETE): ("DeletePullToPushTask", 10, Effect.DELETES),
    ("relay", Verb.STATUS): ("ListPullToPushTaskV2", 15, Effect.READS),
    ("relay", Verb.LIST): ("ListPullToPushTaskV2", 15, Effect.READS),
}


def test_every_operation_is_as_the_vendors_pages_say() -> None:
    """Action, quota and effect of each verb; and no verb but these."""
    assert {
        (kind.name, one.verb): (one.action, one.quota, one.effect)
        for kind in PROVIDER.kinds
        for one in kind.operations
    } == DECLARED


def test_a_relays_restart_is_a_stop_and_then_a_start() -> None:
    """The vendor has no call for it; both calls are declared, and the help says that it is two."""
    restart, start = RELAY.operation(Verb.RESTART), RELAY.operation(Verb.START)
    assert restart
    assert restart.then is start
    assert restart.does.startswith("a stop, then a start")
    assert [one.verb for one in RELAY.operations if one.then] == [Verb.RESTART]


@pytest.mark.parametrize("kind", PROVIDER.kinds, ids=lambda kind: kind.name)
def test_a_verb_is_an_operation_or_a_gap(kind: Kind) -> None:
    """Whatever is typed has an answer."""
    assert {one.verb for one in kind.operations} | set(kind.gaps) == set(Verb)


def test_a_key_is_looked_at_with_a_read() -> None:
    """The provider's probe changes nothing, and is a call that the first kind has."""
    assert PROVIDER.probe is PROVIDER.kinds[0].operation(Verb.LIST)
    assert PROVIDER.probe.effect is Effect.READS


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
