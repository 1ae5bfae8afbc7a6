"""Tencent's account table, and what the two kinds declare."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from providers.catalogue import Catalogue
from providers.operation import Effect, Kind, Task, Verb
from providers.tencent import PROVIDER
from providers.tencent.account import TencentAccount
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PULL

USUAL = {
    "TENCENTCLOUD_SECRET_ID": "AKIDEXAMPLE",
    "TENCENTCLOUD_SECRET_KEY": "examplesecret",
    "TENCENTCLOUD_SESSION_TOKEN": "left-over",
}


def _account(**settings: object) -> TencentAccount:
    table = {"name": "prod", "provider": "tencent", **settings}
    return TencentAccount.model_validate(table, context={"environ": USUAL})


def test_the_key_is_in_the_usual_variables() -> None:
    """Without a word about keys, the variables of the vendor's own tools are read."""
    key = _account().credentials()
    assert (key.access_key_id, key.access_key_secret) == ("AKIDEXAMPLE", "examplesecret")


def test_a_session_token_is_used_only_where_it_is_configured() -> None:
    """A token that is left over in the environment does not spoil a permanent key."""
    assert _account().credentials().session_token is None
    configured = _account(session_token="env:TENCENTCLOUD_SESSION_TOKEN")
    assert configured.credentials().session_token == "left-over"


@pytest.mark.parametrize(
    ("settings", "live", "trtc"),
    [
        ({}, "ap-guangzhou", ""),
        ({"region": "ap-singapore"}, "ap-singapore", "ap-singapore"),
        ({"region": "ap-tokyo", "regions": {"trtc": "ap-mumbai"}}, "ap-tokyo", "ap-mumbai"),
        ({"regions": {"trtc": "ap-mumbai"}}, "ap-guangzhou", "ap-mumbai"),
    ],
)
def test_a_region_is_the_operators(settings: dict[str, object], live: str, trtc: str) -> None:
    """Per service, then per account; only live has a default, and TRTC's is never guessed."""
    account = _account(**settings)
    assert (account.region_for("live"), account.region_for("trtc")) == (live, trtc)


def test_the_app_is_trtcs_alone() -> None:
    """sdk_app_id is the default of `--app` for stream ingest and for nothing else."""
    account = _account(sdk_app_id=1400000000)
    assert (account.app_for("trtc"), account.app_for("live")) == (1400000000, None)
    assert _account().app_for("trtc") is None


@pytest.mark.parametrize("app", ["1400000000", 14.5, True, 0, -1])
def test_an_app_that_is_no_positive_integer_is_a_fault(app: object) -> None:
    """A string would reach the vendor as a number that nobody typed; it is refused at the start."""
    with pytest.raises(ValidationError, match="sdk_app_id"):
        _account(sdk_app_id=app)


def test_the_provider_is_fit_for_the_catalogue() -> None:
    """No word of Tencent's clashes, every kind has a host and faults, and aliases are found."""
    catalogue = Catalogue([PROVIDER])
    assert catalogue.kind("tencent") is PULL
    assert catalogue.kind("trtc") is INGEST
    assert catalogue.provider_of(INGEST) is PROVIDER


@pytest.mark.parametrize(
    ("kind", "verb", "effect", "quota"),
    [
        (PULL, Verb.STATUS, Effect.READS, 20),
        (PULL, Verb.LIST, Effect.READS, 30),
        (PULL, Verb.START, Effect.INTERRUPTS, 20),
        (PULL, Verb.STOP, Effect.INTERRUPTS, 20),
        (PULL, Verb.RESTART, Effect.INTERRUPTS, 20),
        (PULL, Verb.DELETE, Effect.DELETES, 50),
        (INGEST, Verb.STATUS, Effect.READS, 20),
        (INGEST, Verb.STOP, Effect.ENDS, 20),
    ],
)
def test_effects_and_quotas_are_the_vendors(
    kind: Kind, verb: Verb, effect: Effect, quota: int
) -> None:
    """What asks before it runs, and how often it may run, follow the vendor's page."""
    operation = kind.operation(verb)
    assert operation
    assert (operation.effect, operation.quota) == (effect, quota)


def test_every_verb_is_there_or_explained() -> None:
    """Live pull has all six verbs; each verb that TRTC has not got is a gap."""
    assert {operation.verb for operation in PULL.operations} == set(Verb)
    assert {operation.verb for operation in INGEST.operations} | set(INGEST.gaps) == set(Verb)


def test_the_key_is_tried_with_a_first_page_of_the_list() -> None:
    """The probe is the list itself, whose own parameters are a whole call."""
    assert PROVIDER.probe is PULL.operation(Verb.LIST)
    assert PROVIDER.probe.parameters(Task("", "ap-tokyo"), "x") == {"PageNum": 1, "PageSize": 20}


def test_trtc_says_why_it_lacks_a_verb() -> None:
    """Each verb that TRTC has not got is answered, and names one that it has, or none."""
    assert set(INGEST.gaps) == {Verb.RESTART, Verb.START, Verb.DELETE, Verb.LIST}
    assert INGEST.gaps[Verb.RESTART].nearest is Verb.STOP
    assert "has no restart" in INGEST.gaps[Verb.RESTART].says
    assert INGEST.gaps[Verb.START].nearest is None
