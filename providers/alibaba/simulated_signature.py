"""ACS3-HMAC-SHA256 as the simulator checks it, on the bytes of the wire.

The query as it came is decoded and made canonical again, so that the vendor's SDKs, which write it
in another way than we do, are understood as well.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import parse_qsl

from providers.alibaba import auth
from providers.simulator import Request, SimulatedAccount, SimulatorFault

__all__ = ["Claim", "check_claim", "query_of"]

_AUTHORIZATION = re.compile(
    rf"{auth.ALGORITHM} Credential=(?P<key>[^,\s]+),SignedHeaders=(?P<headers>[a-z0-9;-]+),"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header says."""

    key: str
    headers: str
    signature: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises SimulatorFault."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise _incomplete()
        return cls(**found.groupdict())


def check_claim(
    request: Request, account: SimulatedAccount, in_time: Callable[[float], bool]
) -> tuple[str, str]:
    """Its time, its token, what it covers, and itself. The key and the nonce, which the caller
    looks up. Raises SimulatorFault."""
    claim = Claim.of(request)
    headers = _covered(request, claim)
    if not in_time(_time(headers["x-acs-date"])):
        raise SimulatorFault(
            "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400
        )
    if headers.get("x-acs-security-token") != account.session_token:
        raise SimulatorFault(
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
            400,
        )
    if not hmac.compare_digest(claim.signature, _signature(request, headers, account)):
        raise SimulatorFault(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation.",
            400,
        )
    return claim.key, headers["x-acs-signature-nonce"]


def _time(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise SimulatorFault(
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.",
            400,
        ) from None


def query_of(request: Request) -> list[tuple[str, str]]:
    """The parameters, decoded, in the order of the wire."""
    return parse_qsl(request.path.partition("?")[2], keep_blank_values=True)


def _covered(request: Request, claim: Claim) -> dict[str, str]:
    """The headers that the signature covers. Raises SimulatorFault where one is missing."""
    names = claim.headers.split(";")
    must = {"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}
    must |= {"x-acs-content-sha256", *auth.signed_headers(request.headers)}
    if names != sorted(set(names)) or not must <= set(names) <= set(request.headers):
        raise _incomplete()
    headers = {name: request.headers[name].strip() for name in names}
    if not "".join((request.path, *headers.values())).isascii():
        raise _incomplete()
    return headers


def _signature(request: Request, headers: Mapping[str, str], account: SimulatedAccount) -> str:
    """What the signature of this request should be. The digest of the body is taken afresh."""
    hashed = auth.payload_hash(request.body)
    if headers["x-acs-content-sha256"] != hashed:
        return ""
    path = request.path.partition("?")[0]
    query = auth.canonical_query(query_of(request))
    canonical = auth.canonical_request(request.method, path, query, headers, hashed)
    return auth.signature(account.access_key_secret, auth.string_to_sign(canonical))


def _incomplete() -> SimulatorFault:
    return SimulatorFault(
        "IncompleteSignature", "The request signature does not conform to Aliyun standards.", 400
    )
