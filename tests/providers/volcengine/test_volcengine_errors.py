"""What Volcengine's codes mean: every code of the pages and lists, and every trap."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from providers.errors import FaultKind, Retry
from providers.volcengine import PROVIDER
from providers.volcengine.errors import LIVE_FAULTS

# Codes of the operations' pages, of live video's common list and of the platform's.
MEANINGS: dict[FaultKind, str] = {
    FaultKind.THROTTLED: "FlowLimitExceeded FlowLimitExceeded.Account AccountFlowLimitExceeded "
    "RequestLimitExceeded",
    FaultKind.CLOCK: "InvalidTimestamp",
    FaultKind.WRONG_KEYS: "InvalidAccessKey InvalidClientTokenId SignatureDoesNotMatch "
    "InvalidAuthorization InvalidCredential InvalidSecretToken MissingAuthenticationToken "
    "MissingSignature",
    FaultKind.PERMISSION: "AccessDenied LackPolicy LackProjectPolicy RequestForbidden "
    "RequestForbidden.AccountIDNotAllow RequestForbidden.SomethingNew",
    FaultKind.BILLING: "RequestForbidden.BillingStatus",
    FaultKind.NOT_FOUND: "ResourceNotFound ResourceNotFound.SomethingNew",
    FaultKind.INVALID: "InvalidParam InvalidParam.BindError InvalidParam.SomethingNew "
    "MissingParameter MissingRequestInfo MethodNotAllowed ServiceNotFound InvalidActionOrVersion",
    FaultKind.INTERNAL: "InternalError InternalServiceError InternalServiceError.BadResponse "
    "InternalServiceError.SomethingNew InternalServiceTimeout ServiceUnavailableTemp FailToConnect "
    "UndefinedError CommonErr",
}
ROWS = [(code, kind) for kind, codes in MEANINGS.items() for code in codes.split()]


@pytest.mark.parametrize(("code", "kind"), ROWS)
def test_a_code_has_its_meaning(code: str, kind: FaultKind) -> None:
    """Every code is of the kind that decides rightly what may be done next."""
    fault = LIVE_FAULTS.lookup(code)
    assert fault.kind is kind
    assert fault.ambiguous is (kind is FaultKind.INTERNAL)


# code -> words that the person must read, and who can do something.
WORDS: dict[str, tuple[str, str, Retry]] = {
    "CommonErr": ("does not classify; it may have happened", "you", Retry.LOOK_FIRST),
    "InvalidParam": ("did not accept a value", "you", Retry.NO),
    "InvalidParam.BindError": ("wrong type", "bot operator", Retry.NO),
    "RequestForbidden": ("does not have what was asked for", "you", Retry.AFTER),
    "RequestForbidden.AccountIDNotAllow": ("not under this account", "you", Retry.AFTER),
    "RequestForbidden.BillingStatus": (
        "not activated on account {account}, or the account owes money",
        "account owner",
        Retry.AFTER,
    ),
    "ResourceNotFound": ("did not find what was asked for", "you", Retry.SAFE),
    "InternalError": ("internal error; it may have happened", "you", Retry.LOOK_FIRST),
    "InternalServiceError": ("between two services", "you", Retry.LOOK_FIRST),
    "InternalServiceError.BadResponse": ("a bad answer", "you", Retry.LOOK_FIRST),
    "InternalServiceTimeout": ("did not answer in time", "you", Retry.LOOK_FIRST),
    "AccessDenied": ("may not do this", "account owner", Retry.AFTER),
    "InvalidAccessKey": ("does not accept the bot's key", "bot operator", Retry.AFTER),
    "InvalidTimestamp": ("clock is more than 15 min off", "bot operator", Retry.AFTER),
    "AccountFlowLimitExceeded": ("said slower and did nothing", "you", Retry.SAFE),
}


@pytest.mark.parametrize("code", WORDS)
def test_a_code_is_told_in_plain_words(code: str) -> None:
    """What it means, who can do something about it, and whether a second try helps."""
    fault = LIVE_FAULTS.lookup(code)
    words, who, retry = WORDS[code]
    assert words in fault.says
    assert (fault.who, fault.retry) == (who, retry)


def test_every_code_of_the_vendors_page_is_a_row_of_its_own() -> None:
    """No code of the operation's page falls to a family or to nothing."""
    page = Path(__file__).parents[4] / "shared/seeds/004_f90f87f5e365c1a6.txt"
    if not page.exists():
        pytest.skip("the folder with the vendors' pages is not there")
    codes = re.findall(r"^[245]\d\d \| (\S+) \|", page.read_text(), re.MULTILINE)
    assert len(codes) == 11
    for code in codes:
        assert LIVE_FAULTS.lookup(code).code == code


@pytest.mark.parametrize("code", ["", "Brand.New", "internalerror", "TaskNotExist"])
def test_an_unknown_code_is_said_to_be_unknown(code: str) -> None:
    """Nothing is guessed from a code that is in no family."""
    assert LIVE_FAULTS.lookup(code) is LIVE_FAULTS.unrecognised


def test_the_words_are_whole_and_hold_only_known_placeholders() -> None:
    """Every row can be shown: a sentence without a full stop, a step, somebody who can do it."""
    known = {"account", "region", "task", "app", "verb", "permission", "host", "console", "why"}
    for fault in (*LIVE_FAULTS, LIVE_FAULTS.unrecognised):
        for text in (fault.says, fault.step, fault.label):
            assert text
            assert not text.endswith((".", "!"))
            assert {name for _, name, _, _ in Formatter().parse(text) if name} <= known
        assert fault.who in {"you", "account owner", "bot operator", "vendor support"}


def test_every_already_code_is_known() -> None:
    """What an operation takes for "already so" is a code of the table."""
    codes = {code for kind in PROVIDER.kinds for one in kind.operations for code in one.already}
    assert codes == {"ResourceNotFound"}
    for code in codes:
        assert LIVE_FAULTS.lookup(code).code == code
