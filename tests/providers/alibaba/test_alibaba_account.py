"""Alibaba's account table, and what the kind declares."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from providers.alibaba import PROVIDER
from providers.alibaba.account import AlibabaAccount
from providers.alibaba.relay import RELAY
from providers.catalogue import Catalogue
from providers.operation import Effect, Verb

KEY = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "examplesecret",
}
TOKEN = {"ALIBABA_CLOUD_SECURITY_TOKEN": "tok"}
OTHER = {"OTHER_ID": "other", "OTHER_TOKEN": "other-tok"}


def _account(environ: dict[str, str], **settings: object) -> AlibabaAccount:
    table = {"name": "prod", "provider": "alibaba", **settings}
    return AlibabaAccount.model_validate(table, context={"environ": environ})


def test_the_key_is_in_the_usual_variables() -> None:
    """Without a word about keys, the variables of the vendor's own tools are read."""
    key = _account(KEY).credentials()
    assert (key.access_key_id, key.access_key_secret) == ("AKIDEXAMPLE", "examplesecret")
    assert key.session_token is None


@pytest.mark.parametrize(
    ("environ", "settings", "token"),
    [
        (TOKEN, {}, "tok"),
        ({"ALIBABA_CLOUD_SECURITY_TOKEN": ""}, {}, None),
        (TOKEN, {"access_key_id": "env:ALIBABA_CLOUD_ACCESS_KEY_ID"}, "tok"),
        (TOKEN, {"access_key_id": "env:OTHER_ID"}, None),
        (TOKEN, {"access_key_id": "env:OTHER_ID", "session_token": "env:OTHER_TOKEN"}, "other-tok"),
        (TOKEN, {"session_token": "env:OTHER_TOKEN"}, "other-tok"),
    ],
)
def test_the_usual_token_goes_with_the_usual_key(
    environ: dict[str, str], settings: dict[str, object], token: str | None
) -> None:
    """The third variable is used where it is set and the key is the usual one; never with another
    key, which it does not belong to. A configured token always wins."""
    account = _account(KEY | OTHER | environ, **settings)
    assert account.credentials().session_token == token


def test_a_token_is_no_literal() -> None:
    """A secret that is written into the file is refused and not repeated."""
    with pytest.raises(ValidationError) as caught:
        _account(KEY, session_token="examplesecret")
    assert "examplesecret" not in str(caught.value)


def test_there_is_no_default_region() -> None:
    """A live center is configured or typed, never guessed."""
    assert _account(KEY).region_for("live") == ""
    assert _account(KEY, region="cn-beijing").region_for("live") == "cn-beijing"
    regions = {"live": "cn-shanghai"}
    assert _account(KEY, region="cn-beijing", regions=regions).region_for("live") == "cn-shanghai"


def test_the_host_is_the_vendors() -> None:
    """Calls go to the vendor's own host unless another is configured."""
    assert _account(KEY).base_url("live") == "https://live.aliyuncs.com"


@pytest.mark.parametrize("settings", [{"sdk_app_id": 1}, {"endpoints": {"trtc": "https://h"}}])
def test_another_vendors_settings_are_refused(settings: dict[str, object]) -> None:
    """A key that this vendor does not know is a fault, not silence."""
    with pytest.raises(ValidationError):
        _account(KEY, **settings)


@pytest.mark.parametrize("word", ["alibaba", "aliyun", "alibaba:relay"])
def test_the_words_name_the_relay(word: str) -> None:
    """What people may type for it."""
    assert Catalogue([PROVIDER]).kind(word) is RELAY


def test_the_restart_is_as_the_vendors_page_says() -> None:
    """Ten a second, and it interrupts the stream."""
    restart = RELAY.operation(Verb.RESTART)
    assert restart
    assert (restart.action, restart.quota) == ("RestartLivePullToPush", 10)
    assert restart.effect is Effect.INTERRUPTS
