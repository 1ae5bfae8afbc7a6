"""TC3-HMAC-SHA256 as the simulator checks it, from the specification.

Nothing is shared with `auth.py`, so that a fault in one of them is seen by the other.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from providers.simulator import Request, SimulatedAccount, SimulatorFault

__all__ = ["Claim", "check_claim", "signature"]

_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{4}-\d\d-\d\d)/(?P<service>[a-z]+)"
    r"/tc3_request, SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header says."""

    key: str
    date: str
    service: str
    headers: str
    signature: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises SimulatorFault."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise SimulatorFault(
                "AuthFailure.InvalidAuthorization",
                "The `Authorization` in request header is invalid.",
            )
        return cls(**found.groupdict())


def check_claim(request: Request, account: SimulatedAccount, service: str, timestamp: int) -> None:
    """Token, service, day, signed headers and signature. Raises SimulatorFault."""
    if request.headers.get("x-tc-token") != account.session_token:
        raise SimulatorFault("AuthFailure.TokenFailure", "Token verification failed.")
    claim = Claim.of(request)
    right = (
        claim.service == service
        and claim.date == f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
        and {"content-type", "host"} <= set(claim.headers.split(";")) <= set(request.headers)
        and hmac.compare_digest(claim.signature, signature(request, claim, account))
    )
    if not right:
        raise SimulatorFault(
            "AuthFailure.SignatureFailure",
            "The provided credentials could not be validated. Please check your signature "
            "is correct.",
        )


def signature(request: Request, claim: Claim, account: SimulatedAccount) -> str:
    """What the signature of this request should be."""

    def keyed(key: bytes, text: str) -> bytes:
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    names = claim.headers.split(";")
    lines = [request.method, "/", request.path.partition("?")[2]]
    lines += [f"{name}:{request.headers[name]}" for name in names]
    lines += ["", claim.headers, hashlib.sha256(request.body).hexdigest()]
    canonical = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    day = keyed(b"TC3" + account.access_key_secret.encode(), claim.date)
    key = keyed(keyed(day, claim.service), "tc3_request")
    scope = f"{claim.date}/{claim.service}/tc3_request"
    timestamp = request.headers["x-tc-timestamp"]
    return keyed(key, f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{canonical}").hex()
