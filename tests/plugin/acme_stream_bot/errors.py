"""What Acme's error codes mean, as data. Source: https://docs.acme.example/errors"""

from __future__ import annotations

from providers.errors import Fault, FaultKind, FaultTable, Retry, rows

__all__ = ["FAULTS"]

_REFUSED = (
    *rows(
        "too_many_requests",
        kind=FaultKind.THROTTLED,
        label="throttled",
        says="Acme said slower and did nothing",
        step="try again in a minute; other tools share the same quota",
        who="you",
        retry=Retry.SAFE,
    ),
    *rows(
        "feed_not_found",
        kind=FaultKind.NOT_FOUND,
        label="feed not found",
        says="Acme has no feed {task} on account {account}",
        step="check the id in {console}",
        who="you",
        retry=Retry.NO,
    ),
    *rows(
        "bad_signature",
        kind=FaultKind.WRONG_KEYS,
        label="wrong keys",
        says="Acme does not accept the bot's key for account {account}",
        step="replaces it and runs stream-bot check",
        who="bot operator",
        retry=Retry.AFTER,
    ),
    *rows(
        "clock_skew",
        kind=FaultKind.CLOCK,
        label="clock",
        says="The bot's clock is more than 5 min off, so Acme refused the signature",
        step="sets the clock (NTP)",
        who="bot operator",
        retry=Retry.AFTER,
    ),
    *rows(
        "forbidden",
        kind=FaultKind.PERMISSION,
        label="permission",
        says="The bot's key may not do this",
        step="grants {permission} to the bot's key",
        who="account owner",
        retry=Retry.AFTER,
    ),
    *rows(
        "unpaid",
        kind=FaultKind.BILLING,
        label="arrears",
        says="Account {account} owes Acme money",
        step="pays the open bill",
        who="account owner",
        retry=Retry.AFTER,
    ),
)

_MAY_HAVE_HAPPENED = rows(
    "internal",
    kind=FaultKind.INTERNAL,
    label="vendor internal",
    says="Acme had an internal error; it may have happened",
    step="look at the feed in {console}",
    who="you",
    retry=Retry.LOOK_FIRST,
)

FAULTS = FaultTable(
    (*_REFUSED, *_MAY_HAVE_HAPPENED),
    unrecognised=Fault(
        code="",
        kind=FaultKind.UNRECOGNISED,
        label="not known to us",
        says="Acme answered with a code I do not know; its words are below",
        step="reads the code at Acme",
        who="bot operator",
        retry=Retry.NOT_KNOWN,
    ),
)
