"""What Tencent's error codes mean, as data: one table for each service.

Source: the error lists on the operations' pages (see `page` of each operation), the common list
(https://www.tencentcloud.com/document/api/647/34270) and the lists in the vendor's SDKs. The
vendor misspells some codes; they stand here as it writes them. Suffixes that are not listed fall to
their family, the part before the first dot.

Traps: in live, `ResourceNotFound.*` is about the account, and a missing task is
`InvalidParameter.TaskNotExist`; `InternalError.InvalidInput` is the caller's fault.
"""

from __future__ import annotations

from providers.errors import Fault, FaultKind, FaultTable, Retry, rows

__all__ = ["LIVE_FAULTS", "TRTC_FAULTS"]

_TRY_LATER = "try again in a minute; other tools share the same quota"
_REPORT = "reports it with the RequestId: a fault in the bot"
_READ_STATUS = (
    "read the task's status in {console}; if it stays, ask vendor support with the RequestId"
)

_NOT_EXECUTED = (
    *rows(
        "RequestLimitExceeded",
        kind=FaultKind.THROTTLED,
        label="throttled",
        says="Tencent said slower and did nothing",
        who="you",
        step=_TRY_LATER,
        retry=Retry.SAFE,
    ),
    *rows(
        "AuthFailure.SignatureExpire",
        kind=FaultKind.CLOCK,
        label="clock",
        says="The bot's clock is off, so Tencent refused the signature, twice",
        who="bot operator",
        step="sets the clock (NTP)",
        retry=Retry.AFTER,
    ),
)

_KEYS_AND_RIGHTS = (
    *rows(
        "AuthFailure AuthFailure.InvalidAuthorization AuthFailure.InvalidSecretId "
        "AuthFailure.MFAFailure AuthFailure.SecretIdNotFound AuthFailure.SignatureFailure",
        kind=FaultKind.WRONG_KEYS,
        label="wrong keys",
        says="Tencent does not accept the bot's key for account {account}",
        who="bot operator",
        step="replaces it and runs stream-bot check",
        retry=Retry.AFTER,
    ),
    *rows(
        "AuthFailure.TokenFailure",
        kind=FaultKind.WRONG_KEYS,
        label="wrong keys",
        says="Tencent does not accept the bot's session token for account {account}; it may have "
        "expired",
        who="bot operator",
        step="replaces the key with its token and runs stream-bot check",
        retry=Retry.AFTER,
    ),
    *rows(
        "UnauthorizedOperation AuthFailure.UnauthorizedOperation FailedOperation.AuthError "
        "FailedOperation.NoProjectPermission InternalError.NotPermmitOperat "
        "InvalidParameter.ToUrlNoPermission",
        kind=FaultKind.PERMISSION,
        label="permission",
        says="The bot's key may not do this",
        who="account owner",
        step="grants {permission} to the bot's key",
        retry=Retry.AFTER,
    ),
    *rows(
        "IpInBlacklist IpNotInWhitelist",
        kind=FaultKind.PERMISSION,
        label="permission",
        says="Account {account} does not take calls from the bot's network address",
        who="account owner",
        step="allows the bot's address",
        retry=Retry.AFTER,
    ),
)

_ACCOUNT = (
    *rows(
        "FailedOperation.JiFeiNoEnoughFund FailedOperation.OutOfService "
        "FailedOperation.SdkNoPackage InternalError.JiFeiOtherError",
        kind=FaultKind.BILLING,
        label="arrears",
        says="Account {account} is out of money or out of its package at Tencent",
        who="account owner",
        step="settles it in the billing console",
        retry=Retry.AFTER,
    ),
    *rows(
        "FailedOperation.NoRealNameAuth AuthFailure.UnRealNameAuthenticated "
        "InvalidParameter.NotAllowUseLVB",
        kind=FaultKind.ACCOUNT,
        label="account",
        says="Tencent does not let account {account} use this service as it is set up",
        who="account owner",
        step="checks identity verification and activation in the Tencent console",
        retry=Retry.AFTER,
    ),
    *rows(
        "LimitExceeded FailedOperation.RestrictedConcurrency "
        "InvalidParameter.TaskNumMoreThanLimit UnsupportedOperation.TaskLimit",
        kind=FaultKind.QUOTA,
        label="limit",
        says="Account {account} has reached a limit at Tencent",
        who="account owner",
        step="ends what is not needed, or asks Tencent to raise the limit",
        retry=Retry.AFTER,
    ),
)

_TASK = (
    *rows(
        "InvalidParameter.TaskNotExist ResourceNotFound.TaskId ResourceNotFound.TaskNotFound "
        "FailedOperation.NotFound InternalError.NotFound FailedOperation.TaskNotExist",
        kind=FaultKind.NOT_FOUND,
        label="task not found",
        says="There is no task {task} in {region} on account {account}",
        who="you",
        step="check the id, region and account: --region, --account, and the list in {console}",
        retry=Retry.NO,
    ),
    *rows(
        "ResourceInUse FailedOperation.ConflictAction FailedOperation.AlterTaskState "
        "FailedOperation.TaskExist",
        kind=FaultKind.CONFLICT,
        label="conflict",
        says="The task's state does not allow this now, or somebody else is changing it",
        who="you",
        step="look at the task in {console}, then decide",
        retry=Retry.AFTER,
    ),
)

_MAY_HAVE_HAPPENED = (
    *rows(
        "InternalError InternalError.DBError ServiceUnavailable ResourceInsufficient "
        "ResourceUnavailable",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="Tencent had an internal error; it may have happened",
        who="you",
        step=_READ_STATUS,
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "FailedOperation",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="Tencent could not carry it out and does not say why; it may have begun",
        who="you",
        step=_READ_STATUS,
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "FailedOperation.CallOtherSvrFailed FailedOperation.CallOtherSvrError "
        "FailedOperation.DatabaseNotAccessible FailedOperation.RelateServerNotAccessible "
        "FailedOperation.QueryTaskInfoFailed",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="A service inside Tencent did not answer; the {verb} may have happened",
        who="you",
        step="read the task's status in {console}, and {verb} again only if it did not happen",
        retry=Retry.LOOK_FIRST,
    ),
)

_INVALID = (
    *rows(
        "InvalidParameter InvalidParameterValue FailedOperation.InvalidParam",
        kind=FaultKind.INVALID,
        label="invalid parameter",
        says="Tencent did not accept the id or region as sent: TaskId {task}, {region}",
        who="you",
        step="check both; same values again: the bot operator with the RequestId",
        retry=Retry.NO,
    ),
    *rows(
        "InternalError.InvalidInput",
        kind=FaultKind.INVALID,
        label="invalid parameter",
        says="Despite its name: Tencent did not accept the values sent (TaskId {task}, {region})",
        who="you",
        step="check the task id and region; unchanged: the bot operator reports it",
        retry=Retry.NO,
    ),
    *rows(
        "UnsupportedRegion",
        kind=FaultKind.INVALID,
        label="region",
        says="Tencent does not offer this in {region}",
        who="you",
        step="check --region",
        retry=Retry.NO,
    ),
    *rows(
        "UnsupportedOperation",
        kind=FaultKind.INVALID,
        label="not supported",
        says="Tencent does not support this for this task or account",
        who="you",
        step="look at the task in {console}",
        retry=Retry.NO,
    ),
    *rows(
        "ActionOffline",
        kind=FaultKind.INVALID,
        label="API switched off",
        says="Tencent has taken this API out of service",
        who="bot operator",
        step="asks vendor support with the RequestId",
        retry=Retry.NO,
    ),
    *rows(
        "DryRunOperation",
        kind=FaultKind.INVALID,
        label="trial run",
        says="Tencent took the request for a trial run and did nothing",
        who="bot operator",
        step=_REPORT,
        retry=Retry.NO,
    ),
    *rows(
        "MissingParameter MissingParameter.SdkAppId MissingParameter.TaskId UnknownParameter "
        "InvalidAction InvalidRequest NoSuchVersion "
        "NoSuchProduct UnsupportedProtocol RequestSizeLimitExceeded ResponseSizeLimitExceeded",
        kind=FaultKind.INVALID,
        label="invalid request",
        says="Tencent could not use the request",
        who="bot operator",
        step=_REPORT,
        retry=Retry.NO,
    ),
)

_COMMON = (
    *_NOT_EXECUTED,
    *_KEYS_AND_RIGHTS,
    *_ACCOUNT,
    *_TASK,
    *_MAY_HAVE_HAPPENED,
    *_INVALID,
)

_LIVE = (
    *rows(
        "InvalidParameter.InvalidTaskTime",
        kind=FaultKind.INVALID,
        label="task times",
        says="Tencent does not take the times of task {task}; its end may be over",
        who="you",
        step="look at its start and end in {console}, and give it a later end",
        retry=Retry.AFTER,
    ),
    *rows(
        "InvalidParameter.InvalidBackupToUrl InvalidParameter.InvalidCallbackUrl "
        "InvalidParameter.InvalidSourceUrl InvalidParameter.InvalidToUrl "
        "InvalidParameter.InvalidWatermark",
        kind=FaultKind.INVALID,
        label="task settings",
        says="Tencent does not take a setting of task {task}: its source, destination, callback "
        "address or watermark",
        who="you",
        step="mend it in {console}; the code names the setting",
        retry=Retry.AFTER,
    ),
    *rows(
        "LimitExceeded.RateLimitExceeded",
        kind=FaultKind.THROTTLED,
        label="throttled",
        says="Tencent said slower and did nothing",
        who="you",
        step=_TRY_LATER,
        retry=Retry.SAFE,
    ),
    *rows(
        "ResourceNotFound.StopService",
        kind=FaultKind.BILLING,
        label="arrears",
        says="Tencent has suspended live streaming on account {account}: the account owes money. "
        "Every task on it is affected",
        who="account owner",
        step="tops it up to a positive balance in the billing console",
        retry=Retry.AFTER,
    ),
    *rows(
        "ResourceNotFound.NotBindPackage",
        kind=FaultKind.BILLING,
        label="arrears",
        says="Account {account} is prepaid and has no package for live streaming",
        who="account owner",
        step="buys or binds a package in the CSS console",
        retry=Retry.AFTER,
    ),
    *rows(
        "ResourceNotFound.FreezeService",
        kind=FaultKind.ACCOUNT,
        label="frozen",
        says="Tencent has suspended the live service of account {account}",
        who="account owner",
        step="asks Tencent support why",
        retry=Retry.AFTER,
    ),
    *rows(
        "ResourceNotFound.UserDisableService",
        kind=FaultKind.ACCOUNT,
        label="switched off",
        says="Somebody on your side switched off live streaming for account {account}",
        who="account owner",
        step="switches it on in the CSS console",
        retry=Retry.AFTER,
    ),
    *rows(
        "ResourceNotFound.ForbidService",
        kind=FaultKind.ACCOUNT,
        label="blocked",
        says="Tencent has blocked account {account} from live streaming; the task is not the "
        "problem",
        who="account owner",
        step="asks Tencent support why",
        retry=Retry.AFTER,
    ),
    *rows(
        "ResourceNotFound.UserNotExist ResourceNotFound.UserNotFount ResourceNotFound.InvalidUser",
        kind=FaultKind.ACCOUNT,
        label="not activated",
        says="Account {account} has never activated live streaming",
        who="you",
        step="check --account; if it is right, the account owner activates live streaming",
        retry=Retry.AFTER,
    ),
    *rows(
        "ResourceNotFound",
        kind=FaultKind.ACCOUNT,
        label="account",
        says="Tencent did not find something that account {account} needs for this (not the task)",
        who="account owner",
        step="looks at the live service in the CSS console",
        retry=Retry.AFTER,
    ),
)

_TRTC = (
    *rows(
        "FailedOperation.RestrictedFrequency OperationDenied.FreqOverLimit",
        kind=FaultKind.THROTTLED,
        label="throttled",
        says="TRTC said slower and did nothing",
        who="you",
        step=_TRY_LATER,
        retry=Retry.SAFE,
    ),
    *rows(
        "FailedOperation.NotAbility",
        kind=FaultKind.BILLING,
        label="not in the package",
        says="The TRTC package of account {account} does not cover this",
        who="account owner",
        step="unlocks it in the TRTC console",
        retry=Retry.AFTER,
    ),
    *rows(
        "FailedOperation.TaskFinished",
        kind=FaultKind.ALREADY,
        label="already ended",
        says="The task had already ended",
        who="you",
        step="need to do nothing",
        retry=Retry.NO_NEED,
    ),
    *rows(
        "InvalidParameter.BodyParamsError",
        kind=FaultKind.INVALID,
        label="invalid request",
        says="TRTC could not read the request",
        who="bot operator",
        step=_REPORT,
        retry=Retry.NO,
    ),
    *rows(
        "InvalidParameter.SdkAppId",
        kind=FaultKind.INVALID,
        label="wrong app",
        says="The SDKAppId {app} is not right for account {account}",
        who="you",
        step="check --app: it is the one of the task's room",
        retry=Retry.AFTER,
    ),
    *rows(
        "InvalidParameter.TaskId",
        kind=FaultKind.INVALID,
        label="wrong task id",
        says="TRTC does not accept the task id {task}",
        who="you",
        step="compare it letter by letter; it may begin with - and hold +",
        retry=Retry.AFTER,
    ),
    *rows(
        "ResourceNotFound",
        kind=FaultKind.NOT_FOUND,
        label="not found",
        says="TRTC did not find task {task} or its app {app} in {region} on account {account}",
        who="you",
        step="check the id, --app, --region and --account",
        retry=Retry.NO,
    ),
)

_UNRECOGNISED = Fault(
    code="",
    kind=FaultKind.UNRECOGNISED,
    label="not known to us",
    says="Tencent answered with a code I do not know; its words are below",
    step="reads the code at the vendor",
    who="bot operator",
    retry=Retry.NOT_KNOWN,
)

LIVE_FAULTS = FaultTable((*_COMMON, *_LIVE), unrecognised=_UNRECOGNISED)
TRTC_FAULTS = FaultTable((*_COMMON, *_TRTC), unrecognised=_UNRECOGNISED)
