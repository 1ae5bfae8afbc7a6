"""What Alibaba Cloud's codes mean: every code of the pages and lists, and every trap."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from providers.alibaba import PROVIDER
from providers.alibaba.errors import LIVE_FAULTS
from providers.errors import FaultKind, Retry

# Codes of the operations' pages and of the lists that all products share.
MEANINGS: dict[FaultKind, str] = {
    FaultKind.THROTTLED: "Throttling Throttling.User Throttling.Api Throttling.Other "
    "ThrottlingException ServiceUnavailableTemporary",
    FaultKind.CLOCK: "InvalidTimeStamp.Expired InvalidTimeStamp.Format IllegalTimestamp",
    FaultKind.WRONG_KEYS: "InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive "
    "InvalidAccessKeyId.SomethingNew SignatureDoesNotMatch IncompleteSignature "
    "InvalidSecurityToken.Expired InvalidSecurityToken.Malformed "
    "InvalidSecurityToken.MismatchWithAccessKey MissingSecurityToken",
    FaultKind.PERMISSION: "Forbidden Forbidden.RAM Forbidden.NotSupportRAM Forbidden.SomethingNew "
    "Forbedden.NotSupportRAM NoPermission ActionUnauthorized Forbidden.RiskControl "
    "IllegalOperation",
    FaultKind.ACCOUNT: "LiveServiceNotFound CodeInvalidAliUid OperationDenied "
    "OperationDenied.SomethingNew Forbidden.UserVerification InvalidIdentity.ServiceDisabled",
    FaultKind.BILLING: "OperationDenied.Suspended InsufficientBalance",
    FaultKind.NOT_FOUND: "CodeTaskNotExist",
    FaultKind.ALREADY: "CodeTaskHasStopped",
    FaultKind.INVALID: "InvalidParameter InvalidParameter.Format InvalidParam.CodeIllegalDuration "
    "InvalidParam.SomethingNew MissingParameter MissingRegion MissingTaskId InvalidAction "
    "InvalidApi.NotFound InvalidProduct.NotFound NoSuchVersion UnsupportedHTTPMethod "
    "UnsupportedParameter UnsupportedOperation InvalidProtocol.NeedSsl",
    FaultKind.INTERNAL: "InternalError InternalError.SomethingNew ServiceUnavailable "
    "SignatureNonceUsed",
}
ROWS = [(code, kind) for kind, codes in MEANINGS.items() for code in codes.split()]


@pytest.mark.parametrize(("code", "kind"), ROWS)
def test_a_code_has_its_meaning(code: str, kind: FaultKind) -> None:
    """Every code is of the kind that decides rightly what may be done next."""
    assert LIVE_FAULTS.lookup(code).kind is kind


# code -> words that the person must read, and who can do something.
WORDS: dict[str, tuple[str, str, Retry]] = {
    "InvalidParameter": ("did not accept", "you", Retry.NO),
    "LiveServiceNotFound": ("has not activated", "you", Retry.AFTER),
    "InvalidParam.CodeIllegalDuration": ("start must be before its end", "you", Retry.AFTER),
    "CodeInvalidAliUid": ("no live domain", "you", Retry.AFTER),
    "CodeTaskNotExist": ("removes ended tasks", "you", Retry.NO),
    "InternalError": ("live server failed; it may have happened", "you", Retry.LOOK_FIRST),
    "Forbidden.RAM": ("may not do this", "account owner", Retry.AFTER),
    "SignatureDoesNotMatch": ("does not accept the bot's key", "bot operator", Retry.AFTER),
    "InvalidTimeStamp.Expired": ("clock is more than 15 min off", "bot operator", Retry.AFTER),
    "Throttling.User": ("said slower and did nothing", "you", Retry.SAFE),
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
    page = Path(__file__).parents[4] / "shared/seeds/001_ba74bf9a06e26c55.txt"
    if not page.exists():
        pytest.skip("the folder with the vendors' pages is not there")
    codes = re.findall(r"^[45]\d\d \| (\S+) \|", page.read_text(), re.MULTILINE)
    assert len(codes) == 6
    for code in codes:
        assert LIVE_FAULTS.lookup(code).code == code


@pytest.mark.parametrize(
    "code", ["SignatureNonceUsed", "InternalError", "ServiceUnavailable", "RetCode 5", "RetCode -1"]
)
def test_what_may_have_happened_is_ambiguous(code: str) -> None:
    """Never told as refused, and never sent again by itself. A used nonce is among them: we use
    none twice, so something repeated our request, and the first may have been carried out."""
    assert LIVE_FAULTS.lookup(code).ambiguous


def test_a_missing_token_is_a_matter_of_keys() -> None:
    """The longer match wins over the family of missing parameters."""
    assert LIVE_FAULTS.lookup("MissingSecurityToken").kind is FaultKind.WRONG_KEYS
    assert LIVE_FAULTS.lookup("MissingSomethingElse").kind is FaultKind.INVALID


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
    for operation in PROVIDER.kinds[0].operations:
        for code in operation.already:
            assert LIVE_FAULTS.lookup(code).code == code
