"""What Alibaba Cloud's error codes mean, as data.

Sources: the error lists on the operations' pages (see `page` of each operation) and the gateway's,
https://help.aliyun.com/en/document_detail/434846.html, which all products share in most parts.
A suffix that is not listed falls to its family, the part before the last dot.

Traps: an answer with an HTTP status of success can hold a `RetCode` that is not 0;
`InvalidAccessKeyId.NotFound` and `LiveServiceNotFound` are about the account, and a missing task is
`CodeTaskNotExist`.
"""

from __future__ import annotations

from providers.errors import Fault, FaultKind, FaultTable, Retry, rows

__all__ = ["LIVE_FAULTS"]

_REPORT = "reports it with the RequestId: a fault in the bot"
_READ_STATUS = (
    "read the task's status in {console}; if it stays, ask vendor support with the RequestId"
)

_NOT_EXECUTED = (
    *rows(
        "Throttling* ServiceUnavailableTemporary",
        kind=FaultKind.THROTTLED,
        label="throttled",
        says="Alibaba said slower and did nothing",
        step="try again in a minute; other tools share the same quota",
        who="you",
        retry=Retry.SAFE,
    ),
    *rows(
        "InvalidTimeStamp.Expired",
        kind=FaultKind.CLOCK,
        label="clock",
        says="The bot's clock is more than 15 min off, so Alibaba refused the signature",
        step="sets the clock (NTP)",
        who="bot operator",
        retry=Retry.AFTER,
    ),
    *rows(
        "InvalidTimeStamp InvalidTimeStamp.Format IllegalTimestamp",
        kind=FaultKind.CLOCK,
        label="clock",
        says="Alibaba does not accept the time in the bot's signature",
        step="sets the clock (NTP); if it is right, a fault in the bot",
        who="bot operator",
        retry=Retry.AFTER,
    ),
)

_KEYS_AND_RIGHTS = (
    *rows(
        "InvalidAccessKeyId InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive "
        "SignatureDoesNotMatch IncompleteSignature",
        kind=FaultKind.WRONG_KEYS,
        label="wrong keys",
        says="Alibaba does not accept the bot's key for account {account}",
        step="replaces it and runs stream-bot check",
        who="bot operator",
        retry=Retry.AFTER,
    ),
    *rows(
        "InvalidSecurityToken InvalidSecurityToken.Expired InvalidSecurityToken.Malformed "
        "InvalidSecurityToken.MismatchWithAccessKey MissingSecurityToken",
        kind=FaultKind.WRONG_KEYS,
        label="wrong keys",
        says="Alibaba does not accept the bot's session token for account {account}; it may have "
        "expired",
        step="replaces the key with its token and runs stream-bot check",
        who="bot operator",
        retry=Retry.AFTER,
    ),
    *rows(
        # One of the vendor's pages spells it Forbedden.
        "Forbidden Forbidden.RAM Forbidden.NotSupportRAM Forbedden NoPermission ActionUnauthorized "
        "IllegalOperation",
        kind=FaultKind.PERMISSION,
        label="permission",
        says="The bot's key may not do this",
        step="grants {permission} to the bot's key",
        who="account owner",
        retry=Retry.AFTER,
    ),
    *rows(
        "Forbidden.RiskControl",
        kind=FaultKind.PERMISSION,
        label="risk control",
        says="Alibaba's risk control stopped this call of account {account}",
        step="asks Alibaba support why",
        who="account owner",
        retry=Retry.AFTER,
    ),
)

_ACCOUNT = (
    *rows(
        "LiveServiceNotFound",
        kind=FaultKind.ACCOUNT,
        label="not activated",
        says="Account {account} has not activated ApsaraVideo Live",
        step="check --account; if it is right, the account owner activates Live",
        who="you",
        retry=Retry.AFTER,
    ),
    *rows(
        "CodeInvalidAliUid",
        kind=FaultKind.ACCOUNT,
        label="no live domain",
        says="Account {account} has no live domain",
        step="check --account; if it is right, the account owner adds a domain",
        who="you",
        retry=Retry.AFTER,
    ),
    *rows(
        "OperationDenied.Suspended InsufficientBalance",
        kind=FaultKind.BILLING,
        label="arrears",
        says="Account {account} owes Alibaba money",
        step="tops it up in the billing console",
        who="account owner",
        retry=Retry.AFTER,
    ),
    *rows(
        "OperationDenied",
        kind=FaultKind.ACCOUNT,
        label="account",
        says="Alibaba does not let account {account} do this in its present state",
        step="looks at the account in the Alibaba Cloud console",
        who="account owner",
        retry=Retry.AFTER,
    ),
    *rows(
        "Forbidden.UserVerification",
        kind=FaultKind.ACCOUNT,
        label="not verified",
        says="Alibaba has not verified the identity behind account {account}",
        step="completes the identity verification",
        who="account owner",
        retry=Retry.AFTER,
    ),
    *rows(
        "InvalidIdentity.ServiceDisabled",
        kind=FaultKind.ACCOUNT,
        label="switched off",
        says="The service is switched off for account {account}",
        step="switches it on in the Alibaba Cloud console",
        who="account owner",
        retry=Retry.AFTER,
    ),
)

_TASK = (
    *rows(
        "CodeTaskNotExist",
        kind=FaultKind.NOT_FOUND,
        label="task not found",
        says="There is no task {task} in the live center {region} on account {account}; Alibaba "
        "removes ended tasks",
        step="check --region first, then the id and --account",
        who="you",
        retry=Retry.NO,
    ),
    *rows(
        "CodeTaskHasStopped",
        kind=FaultKind.ALREADY,
        label="already stopped",
        says="The task was already stopped",
        step="need to do nothing",
        who="you",
        retry=Retry.NO_NEED,
    ),
    *rows(
        "InvalidParam.CodeIllegalDuration",
        kind=FaultKind.INVALID,
        label="illegal duration",
        says="The task's times do not allow it: its start must be before its end, and a task is "
        "not restarted before its start",
        step="look at start and end in {console}; correct them, or make a new task if the end has "
        "passed",
        who="you",
        retry=Retry.AFTER,
    ),
)

_MAY_HAVE_HAPPENED = (
    *rows(
        "InternalError",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="Alibaba's live server failed; it may have happened",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "ServiceUnavailable",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="Alibaba could not serve the request to its end; it may have happened",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "RetCode*",  # our name for an answer with a RetCode and no Code
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="Alibaba answered a number that its pages do not explain; it may have happened",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        # We never use a nonce twice, so something on the way sent our request again.
        "SignatureNonceUsed",
        kind=FaultKind.INTERNAL,
        label="repeated on the way",
        says="Alibaba got this request twice: something on the way repeated it, and the first may "
        "have been carried out",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
)

_INVALID = (
    *rows(
        "InvalidParameter InvalidParam",
        kind=FaultKind.INVALID,
        label="invalid parameter",
        says="Alibaba did not accept the id or region as sent: TaskId {task}, Region {region}",
        step="check the task id and the region, which is the live center of the task",
        who="you",
        retry=Retry.NO,
    ),
    *rows(
        "Missing* InvalidAction InvalidApi InvalidApi.NotFound InvalidProduct "
        "InvalidProduct.NotFound NoSuchVersion UnsupportedHTTPMethod UnsupportedParameter "
        "InvalidProtocol InvalidProtocol.NeedSsl",
        kind=FaultKind.INVALID,
        label="invalid request",
        says="Alibaba could not use the request",
        step=_REPORT,
        who="bot operator",
        retry=Retry.NO,
    ),
    *rows(
        "UnsupportedOperation",
        kind=FaultKind.INVALID,
        label="not supported",
        says="Alibaba does not support this for this task or account",
        step="look at the task in {console}",
        who="you",
        retry=Retry.NO,
    ),
)

_UNRECOGNISED = Fault(
    code="",
    kind=FaultKind.UNRECOGNISED,
    label="not known to us",
    says="Alibaba answered with a code I do not know; its words are below",
    step="reads the code at the vendor",
    who="bot operator",
    retry=Retry.NOT_KNOWN,
)

LIVE_FAULTS = FaultTable(
    (*_NOT_EXECUTED, *_KEYS_AND_RIGHTS, *_ACCOUNT, *_TASK, *_MAY_HAVE_HAPPENED, *_INVALID),
    unrecognised=_UNRECOGNISED,
)
