"""What Volcengine's error codes mean, as data.

Sources: the error lists on the operations' pages (see `page` of each operation), live video's
common list (https://www.volcengine.com/docs/6469/1126806) and the platform's. A suffix that is not
listed falls to its family, the part before the last dot.

Traps: `CommonErr` comes with HTTP 200; `ResourceNotFound` is the missing task, while
`ServiceNotFound` and `InvalidActionOrVersion` are a fault of the bot or of its configuration.
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
        "FlowLimitExceeded* AccountFlowLimitExceeded RequestLimitExceeded",
        kind=FaultKind.THROTTLED,
        label="throttled",
        says="Volcengine said slower and did nothing",
        step="try again in a minute; other tools share the same quota",
        who="you",
        retry=Retry.SAFE,
    ),
    *rows(
        "InvalidTimestamp",
        kind=FaultKind.CLOCK,
        label="clock",
        says="The bot's clock is more than 15 min off, so Volcengine refused the signature",
        step="sets the clock (NTP)",
        who="bot operator",
        retry=Retry.AFTER,
    ),
)

_KEYS_AND_RIGHTS = (
    *rows(
        "InvalidAccessKey InvalidClientTokenId SignatureDoesNotMatch InvalidAuthorization "
        "InvalidCredential MissingAuthenticationToken MissingSignature",
        kind=FaultKind.WRONG_KEYS,
        label="wrong keys",
        says="Volcengine does not accept the bot's key for account {account}",
        step="replaces it and runs stream-bot check",
        who="bot operator",
        retry=Retry.AFTER,
    ),
    *rows(
        "InvalidSecretToken",
        kind=FaultKind.WRONG_KEYS,
        label="wrong keys",
        says="Volcengine does not accept the bot's session token for account {account}; it may "
        "have expired",
        step="replaces the key with its token and runs stream-bot check",
        who="bot operator",
        retry=Retry.AFTER,
    ),
    *rows(
        "AccessDenied LackPolicy LackProjectPolicy",
        kind=FaultKind.PERMISSION,
        label="permission",
        says="The bot's key may not do this",
        step="grants {permission} to the bot's key",
        who="account owner",
        retry=Retry.AFTER,
    ),
    *rows(
        "RequestForbidden",
        kind=FaultKind.PERMISSION,
        label="forbidden",
        says="Volcengine refused: account {account} does not have what was asked for (domain "
        "space, domain, app, template or certificate)",
        step="check --account and the task id; if both are right, ask the account owner",
        who="you",
        retry=Retry.AFTER,
    ),
    *rows(
        "RequestForbidden.AccountIDNotAllow",
        kind=FaultKind.PERMISSION,
        label="not this account's",
        says="Volcengine refused: account {account} may not reach that resource; it is not under "
        "this account",
        step="check --account and the task id; if both are right, ask the account owner",
        who="you",
        retry=Retry.AFTER,
    ),
    *rows(
        "RequestForbidden.BillingStatus",
        kind=FaultKind.BILLING,
        label="arrears",
        says="Live video is not activated on account {account}, or the account owes money",
        step="checks the activation, then the balance",
        who="account owner",
        retry=Retry.AFTER,
    ),
)

_TASK = rows(
    "ResourceNotFound",
    kind=FaultKind.NOT_FOUND,
    label="not found",
    says="Volcengine did not find what was asked for, most likely the task {task} (its page "
    "names domains, apps, templates and certificates)",
    step="check the id and --account in {console}; if both are right, try once more, then ask "
    "vendor support",
    who="you",
    retry=Retry.SAFE,
)

_MAY_HAVE_HAPPENED = (
    *rows(
        "CommonErr",
        kind=FaultKind.INTERNAL,
        label="unclassified",
        says="An error that Volcengine does not classify; it may have happened",
        step="read the task's status in {console}; a second stop does no harm; if it stays, ask "
        "vendor support with the RequestId",
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "InternalError UndefinedError",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="Volcengine had an internal error; it may have happened",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "InternalServiceError FailToConnect",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="An error between two services inside Volcengine; it may have happened",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "InternalServiceError.BadResponse",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="One service inside Volcengine gave another a bad answer; it may have happened",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
    *rows(
        "InternalServiceTimeout ServiceUnavailableTemp",
        kind=FaultKind.INTERNAL,
        label="vendor internal",
        says="A service inside Volcengine did not answer in time; it may have happened",
        step=_READ_STATUS,
        who="you",
        retry=Retry.LOOK_FIRST,
    ),
)

_INVALID = (
    *rows(
        "InvalidParam",
        kind=FaultKind.INVALID,
        label="invalid parameter",
        says="Volcengine did not accept a value as sent: TaskId {task}",
        step="check the task id; for a relay with a sub-account's key, the bot operator also sets "
        "group_name in the account's table",
        who="you",
        retry=Retry.NO,
    ),
    *rows(
        "InvalidParam.BindError MissingParameter MissingRequestInfo MethodNotAllowed",
        kind=FaultKind.INVALID,
        label="invalid request",
        says="Volcengine could not use the request: something is missing or has the wrong type",
        step=_REPORT,
        who="bot operator",
        retry=Retry.NO,
    ),
    *rows(
        "ServiceNotFound InvalidActionOrVersion",
        kind=FaultKind.INVALID,
        label="unknown API",
        says="Volcengine does not know this API at {host}",
        step="checks the account's endpoint; if it is right, a fault in the bot",
        who="bot operator",
        retry=Retry.NO,
    ),
)

_UNRECOGNISED = Fault(
    code="",
    kind=FaultKind.UNRECOGNISED,
    label="not known to us",
    says="Volcengine answered with a code I do not know; its words are below",
    step="reads the code at the vendor",
    who="bot operator",
    retry=Retry.NOT_KNOWN,
)

LIVE_FAULTS = FaultTable(
    (*_NOT_EXECUTED, *_KEYS_AND_RIGHTS, *_TASK, *_MAY_HAVE_HAPPENED, *_INVALID),
    unrecognised=_UNRECOGNISED,
)
