"""What Tencent's codes mean: every code of the pages and lists, and every trap."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from tencentcloud.live.v20180801 import errorcodes as live_codes
from tencentcloud.trtc.v20190722 import errorcodes as trtc_codes

from providers.errors import FaultKind, FaultTable, Retry
from providers.tencent import PROVIDER
from providers.tencent.errors import LIVE_FAULTS, TRTC_FAULTS

BOTH = (LIVE_FAULTS, TRTC_FAULTS)
LIVE = (LIVE_FAULTS,)
TRTC = (TRTC_FAULTS,)

# kind -> codes of each service. The codes are those of the operations' pages, of the vendor's
# common list, and of the SDKs' comments on these operations.
MEANINGS: list[tuple[tuple[FaultTable, ...], FaultKind, str]] = [
    (
        BOTH,
        FaultKind.THROTTLED,
        "RequestLimitExceeded RequestLimitExceeded.GlobalRegionUinLimitExceeded "
        "RequestLimitExceeded.IPLimitExceeded RequestLimitExceeded.UinLimitExceeded",
    ),
    (LIVE, FaultKind.THROTTLED, "LimitExceeded.RateLimitExceeded"),
    (
        TRTC,
        FaultKind.THROTTLED,
        "FailedOperation.RestrictedFrequency OperationDenied.FreqOverLimit",
    ),
    (BOTH, FaultKind.CLOCK, "AuthFailure.SignatureExpire"),
    (
        BOTH,
        FaultKind.WRONG_KEYS,
        "AuthFailure AuthFailure.InvalidAuthorization AuthFailure.InvalidSecretId "
        "AuthFailure.MFAFailure AuthFailure.SecretIdNotFound AuthFailure.SignatureFailure "
        "AuthFailure.TokenFailure AuthFailure.SomethingNew",
    ),
    (
        BOTH,
        FaultKind.PERMISSION,
        "AuthFailure.UnauthorizedOperation UnauthorizedOperation UnauthorizedOperation.SdkAppId "
        "FailedOperation.AuthError FailedOperation.NoProjectPermission "
        "InternalError.NotPermmitOperat InvalidParameter.ToUrlNoPermission IpInBlacklist "
        "IpNotInWhitelist",
    ),
    (LIVE, FaultKind.BILLING, "ResourceNotFound.StopService ResourceNotFound.NotBindPackage"),
    (
        BOTH,
        FaultKind.BILLING,
        "FailedOperation.JiFeiNoEnoughFund FailedOperation.OutOfService "
        "FailedOperation.SdkNoPackage InternalError.JiFeiOtherError",
    ),
    (TRTC, FaultKind.BILLING, "FailedOperation.NotAbility"),
    (
        LIVE,
        FaultKind.ACCOUNT,
        "ResourceNotFound ResourceNotFound.ForbidService ResourceNotFound.FreezeService "
        "ResourceNotFound.UserDisableService ResourceNotFound.UserNotExist "
        "ResourceNotFound.UserNotFount ResourceNotFound.InvalidUser ResourceNotFound.SomethingNew",
    ),
    (
        BOTH,
        FaultKind.ACCOUNT,
        "InvalidParameter.NotAllowUseLVB FailedOperation.NoRealNameAuth "
        "AuthFailure.UnRealNameAuthenticated",
    ),
    (
        BOTH,
        FaultKind.NOT_FOUND,
        "InvalidParameter.TaskNotExist ResourceNotFound.TaskId ResourceNotFound.TaskNotFound "
        "FailedOperation.NotFound InternalError.NotFound",
    ),
    (TRTC, FaultKind.NOT_FOUND, "FailedOperation.TaskNotExist ResourceNotFound"),
    (TRTC, FaultKind.ALREADY, "FailedOperation.TaskFinished"),
    (
        BOTH,
        FaultKind.CONFLICT,
        "FailedOperation.ConflictAction FailedOperation.AlterTaskState FailedOperation.TaskExist "
        "ResourceInUse",
    ),
    (
        BOTH,
        FaultKind.QUOTA,
        "LimitExceeded LimitExceeded.MaximumRunningTask LimitExceeded.MaximumTask "
        "LimitExceeded.ConcurrencyLimit InvalidParameter.TaskNumMoreThanLimit "
        "FailedOperation.RestrictedConcurrency UnsupportedOperation.TaskLimit",
    ),
    (
        BOTH,
        FaultKind.INTERNAL,
        "InternalError InternalError.SystemError InternalError.NetworkError InternalError.DBError "
        "InternalError.ConnectDbError InternalError.CallOtherSvrError InternalError.InternalError "
        "InternalError.HttpParseFailed InternalError.HttpParaseFalied InternalError.SomethingNew "
        "FailedOperation FailedOperation.CallOtherSvrFailed FailedOperation.CallOtherSvrError "
        "FailedOperation.DatabaseNotAccessible FailedOperation.RelateServerNotAccessible "
        "FailedOperation.QueryTaskInfoFailed FailedOperation.SomethingNew ServiceUnavailable "
        "ResourceInsufficient ResourceInsufficient.RequestRejection ResourceUnavailable "
        "FailedOperation.NotAllowed",
    ),
    (
        BOTH,
        FaultKind.INVALID,
        "InvalidParameter InvalidParameter.InvalidBackupToUrl InvalidParameter.InvalidCallbackUrl "
        "InvalidParameter.InvalidSourceUrl InvalidParameter.InvalidTaskTime "
        "InvalidParameter.InvalidToUrl InvalidParameter.InvalidWatermark "
        "InvalidParameter.InvalidMixInputParam InvalidParameter.InvalidOutputParam "
        "InvalidParameter.StreamUrl InvalidParameter.RoomId InvalidParameter.StrRoomId "
        "InvalidParameter.UserSig InvalidParameterValue MissingParameter "
        "MissingParameter.RoomId MissingParameter.SdkAppId MissingParameter.TaskId "
        "UnknownParameter InvalidAction NoSuchVersion NoSuchProduct InvalidRequest "
        "UnsupportedRegion UnsupportedProtocol UnsupportedOperation "
        "UnsupportedOperation.SomethingNew InternalError.InvalidInput "
        "FailedOperation.InvalidParam ActionOffline RequestSizeLimitExceeded "
        "ResponseSizeLimitExceeded DryRunOperation",
    ),
    (
        TRTC,
        FaultKind.INVALID,
        "InvalidParameter.BodyParamsError InvalidParameter.SdkAppId InvalidParameter.TaskId",
    ),
]
ROWS = [
    (table, code, kind)
    for tables, kind, codes in MEANINGS
    for table in tables
    for code in codes.split()
]


_ACCOUNT = " ".join(
    f"ResourceNotFound.{state}Service" for state in ("Forbid", "Freeze", "Stop", "UserDisable")
)
# Operation -> the codes that the vendor lists for it.
LISTED: dict[str, str] = {
    "tencent:pull restart": f"FailedOperation InternalError InvalidParameter "
    f"InvalidParameter.TaskNotExist {_ACCOUNT}",
    "tencent:pull delete": "FailedOperation FailedOperation.CallOtherSvrFailed InternalError "
    "InternalError.InvalidInput InvalidParameter.TaskNotExist ResourceNotFound.UserNotExist "
    + _ACCOUNT,
    "tencent:pull list": "FailedOperation FailedOperation.CallOtherSvrFailed InternalError "
    f"ResourceNotFound.UserNotExist {_ACCOUNT}",
    "tencent:pull status": f"ResourceNotFound.UserNotExist {_ACCOUNT}",
    **dict.fromkeys(
        ("tencent:pull start", "tencent:pull stop"),
        "FailedOperation FailedOperation.CallOtherSvrFailed InvalidParameter "
        "InvalidParameter.InvalidBackupToUrl InvalidParameter.InvalidCallbackUrl "
        "InvalidParameter.InvalidSourceUrl InvalidParameter.InvalidTaskTime "
        "InvalidParameter.InvalidToUrl InvalidParameter.InvalidWatermark "
        "InvalidParameter.TaskNotExist InvalidParameter.ToUrlNoPermission MissingParameter "
        f"ResourceNotFound.UserNotExist {_ACCOUNT}",
    ),
    "tencent:ingest status": "FailedOperation.QueryTaskInfoFailed InternalError.DBError "
    "InvalidParameter.TaskId MissingParameter.SdkAppId MissingParameter.TaskId",
    "tencent:ingest stop": "FailedOperation.TaskFinished InvalidParameter.BodyParamsError "
    "InvalidParameter.SdkAppId InvalidParameter.TaskId",
}
OPERATIONS = {
    f"{kind.where} {operation.verb}": (kind, operation)
    for kind in PROVIDER.kinds
    for operation in kind.operations
}


def test_the_codes_of_every_operation_are_listed() -> None:
    """An operation without its codes would be untested."""
    assert set(LISTED) == set(OPERATIONS)


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_code_has_its_own_row(name: str) -> None:
    """What the vendor lists for an operation is explained by itself, not by its family, and is
    spelled as in the vendor's SDK."""
    kind, _ = OPERATIONS[name]
    spelled = vars(live_codes if kind.service == "live" else trtc_codes).values()
    for code in LISTED[name].split():
        assert PROVIDER.faults[kind.service].lookup(code).code == code
        assert code in spelled


def _name(value: object) -> str:
    return {id(LIVE_FAULTS): "live", id(TRTC_FAULTS): "trtc"}.get(id(value), str(value))


@pytest.mark.parametrize(("table", "code", "kind"), ROWS, ids=_name)
def test_a_code_is_what_the_vendor_means(table: FaultTable, code: str, kind: FaultKind) -> None:
    """Each documented code has its kind, by itself or by its family."""
    assert table.lookup(code).kind is kind


# Section "every error code of the pages": code, who acts, whether a second try helps.
PAGES: list[tuple[FaultTable, str, str, Retry]] = [
    (LIVE_FAULTS, "FailedOperation", "you", Retry.LOOK_FIRST),
    (LIVE_FAULTS, "FailedOperation.CallOtherSvrFailed", "you", Retry.LOOK_FIRST),
    (LIVE_FAULTS, "InternalError", "you", Retry.LOOK_FIRST),
    (LIVE_FAULTS, "InternalError.InvalidInput", "you", Retry.NO),
    (LIVE_FAULTS, "InvalidParameter", "you", Retry.NO),
    (LIVE_FAULTS, "InvalidParameter.TaskNotExist", "you", Retry.NO),
    (LIVE_FAULTS, "ResourceNotFound.ForbidService", "account owner", Retry.AFTER),
    (LIVE_FAULTS, "ResourceNotFound.FreezeService", "account owner", Retry.AFTER),
    (LIVE_FAULTS, "ResourceNotFound.StopService", "account owner", Retry.AFTER),
    (LIVE_FAULTS, "ResourceNotFound.UserDisableService", "account owner", Retry.AFTER),
    (LIVE_FAULTS, "ResourceNotFound.UserNotExist", "you", Retry.AFTER),
    (TRTC_FAULTS, "FailedOperation.TaskFinished", "you", Retry.NO_NEED),
    (TRTC_FAULTS, "InvalidParameter.BodyParamsError", "bot operator", Retry.NO),
    (TRTC_FAULTS, "InvalidParameter.SdkAppId", "you", Retry.AFTER),
    (TRTC_FAULTS, "InvalidParameter.TaskId", "you", Retry.AFTER),
]


@pytest.mark.parametrize(("table", "code", "who", "retry"), PAGES, ids=_name)
def test_a_code_of_the_pages_has_its_own_row(
    table: FaultTable, code: str, who: str, retry: Retry
) -> None:
    """A code on an operation's page is explained by itself, not by its family."""
    fault = table.lookup(code)
    assert (fault.code, fault.who, fault.retry) == (code, who, retry)


def test_the_pages_have_no_code_that_is_not_here() -> None:
    """The vendor's pages list exactly the codes of the table above."""
    seeds = Path(__file__).parents[4] / "shared/seeds"
    if not seeds.exists():
        pytest.skip("the folder with the vendor's pages is not there")
    known: dict[str, set[str]] = {"live": set(), "trtc": set()}
    for table, code, *_ in PAGES:
        known[_name(table)].add(code)
    found: dict[str, set[str]] = {"live": set(), "trtc": set()}
    for page in seeds.glob("*.txt"):
        text = page.read_text()
        service = re.search(r"(live|trtc)\.tencentcloudapi\.com", text)
        if service:
            listed = text.partition("other error codes, see Common Error Codes.")[2]
            codes = re.findall(r"^([A-Z]\w+(?:\.\w+)?)(?: \|)? [A-Z]", listed, re.MULTILINE)
            found[service[1]] |= set(codes) - {"Error"}
    assert found == known


@pytest.mark.parametrize(
    ("table", "module"), [(LIVE_FAULTS, live_codes), (TRTC_FAULTS, trtc_codes)], ids=_name
)
def test_no_code_of_the_sdk_is_unknown(table: FaultTable, module: object) -> None:
    """Every code that the vendor's SDK lists for the service falls at least to a family."""
    codes = [value for name, value in vars(module).items() if name.isupper()]
    assert len(codes) > 100
    assert [code for code in codes if table.lookup(code) is table.unrecognised] == []


@pytest.mark.parametrize("table", BOTH, ids=_name)
@pytest.mark.parametrize("code", ["", "Nonsense", "nonsense.InternalError", "InternalErrors", "."])
def test_a_code_of_no_family_is_not_guessed(table: FaultTable, code: str) -> None:
    """What resembles a known code is not taken for it."""
    assert table.lookup(code).kind is FaultKind.UNRECOGNISED


@pytest.mark.parametrize("table", BOTH, ids=_name)
def test_only_what_the_vendor_left_open_is_ambiguous(table: FaultTable) -> None:
    """A code to "look first" at says that it may have happened, and no other code says so."""
    for fault in table:
        assert fault.ambiguous == (fault.retry is Retry.LOOK_FIRST), fault.code
        says_so = re.search("may have (happened|begun)", fault.says) is not None
        assert fault.ambiguous == says_so, fault.code


KNOWN_PLACES = {"account", "region", "task", "app", "verb", "permission", "host", "console", "why"}


@pytest.mark.parametrize("table", BOTH, ids=_name)
def test_words_can_be_filled_in_and_shown(table: FaultTable) -> None:
    """Each row says what it means and who does what next, in the house's tone."""
    for fault in [*table, table.unrecognised]:
        for text in (fault.says, fault.step):
            places = {place for _, place, _, _ in Formatter().parse(text) if place is not None}
            assert places <= KNOWN_PLACES, fault.code
            assert text == text.strip(), fault.code
            assert not text.endswith("."), fault.code
            assert not re.search(r"[!`]|please|oops|successful", text.lower()), fault.code
        assert fault.says[0].isupper(), fault.code
        assert fault.who in {"you", "account owner", "bot operator", "vendor support"}
        assert re.fullmatch(r"[a-z].+", fault.step), fault.code


def test_what_was_already_so_is_in_the_table() -> None:
    """The codes that an operation takes for "already so" are known ones."""
    for kind in PROVIDER.kinds:
        for operation in kind.operations:
            for code in operation.already:
                found = PROVIDER.faults[kind.service].lookup(code)
                assert found.kind in (FaultKind.ALREADY, FaultKind.NOT_FOUND)
