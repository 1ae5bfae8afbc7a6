"""The error codes that Volcengine's simulator answers, as the vendor writes them."""

from __future__ import annotations

from collections.abc import Mapping

from providers.simulator import Incident, SimulatorFault

__all__ = ["REFUSALS", "code_number", "fault"]

# Message, HTTP status and the vendor's number of a code, where it has published one.
_FAULTS: Mapping[str, tuple[str, int, int | None]] = {
    "AccessDenied": ("User is not authorized to perform this action.", 403, 100013),
    "AccountFlowLimitExceeded": (
        "Request speed exceeds the account flow control limit.",
        429,
        100027,
    ),
    "InternalError": (
        "an internal error occurred, please contact the administrator.",
        500,
        100014,
    ),
    "InvalidAccessKey": ("The access key is not valid.", 401, 100009),
    "InvalidActionOrVersion": ("Could not find operation for this action.", 404, 100008),
    "InvalidAuthorization": ("The Authorization header is malformed.", 400, None),
    "InvalidCredential": ("The credential scope is not valid.", 400, None),
    "InvalidParam": ("Request parameter error.", 400, None),
    "InvalidParam.BindError": (
        "Request parameter error, please check input data",
        400,
        None,
    ),
    "InvalidSecretToken": ("The security token is not valid.", 401, None),
    "InvalidTimestamp": ("The request time is out of range.", 400, 100006),
    "MethodNotAllowed": ("The method is not allowed.", 405, None),
    "MissingAuthenticationToken": ("The Authorization header is missing.", 401, 100003),
    "MissingParameter": ("The request is missing a required parameter.", 400, 100002),
    "RequestForbidden.BillingStatus": (
        "Billing status is not available for the AccountID, please activate the service or "
        "recharge.",
        403,
        None,
    ),
    "ResourceNotFound": ("The resource is not found.", 404, None),
    "SignatureDoesNotMatch": (
        "The request signature we calculated does not match the one you provided.",
        401,
        100010,
    ),
}

REFUSALS: Mapping[Incident, str] = {
    Incident.THROTTLE: "AccountFlowLimitExceeded",
    Incident.ARREARS: "RequestForbidden.BillingStatus",
    Incident.PERMISSION: "AccessDenied",
    Incident.WRONG_KEYS: "InvalidAccessKey",
    Incident.INTERNAL: "InternalError",
}


def fault(code: str) -> SimulatorFault:
    """The error with this code, in the vendor's words."""
    message, status, _ = _FAULTS[code]
    return SimulatorFault(code, message, status)


def code_number(code: str) -> int | None:
    """The vendor's CodeN of a code; None where it has published none."""
    return _FAULTS[code][2]
