"""How Volcengine's simulator checks a signature: on the bytes of the wire.

The query as it came is decoded and made canonical again, so that the vendor's SDKs, which write it
in another way than we do, are understood as well.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import parse_qsl

from providers.simulator import Request, SimulatedAccount
from providers.volcengine import auth
from providers.volcengine.account import LIVE
from providers.volcengine.simulated_faults import fault

__all__ = ["Claim", "query_of"]

_AUTHORIZATION = re.compile(
    rf"{auth.ALGORITHM} Credential=(?P<key>[^/,\s]+)/(?P<scope>(?P<date>[0-9]{{8}})"
    r"/[A-Za-z0-9-]+/(?P<service>[A-Za-z0-9_-]+)/request), SignedHeaders=(?P<headers>[a-z0-9;-]+), "
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header says."""

    key: str
    scope: str
    date: str
    service: str
    headers: str
    signature: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises SimulatorFault."""
        header = request.headers.get("authorization")
        if header is None:
            raise fault("MissingAuthenticationToken")
        found = _AUTHORIZATION.fullmatch(header)
        if found is None:
            raise fault("InvalidAuthorization")
        return cls(**found.groupdict())

    def covered(self, request: Request) -> dict[str, str]:
        """The headers that the signature covers. Raises SimulatorFault where one is missing."""
        names = self.headers.split(";")
        present = auth.signed_headers(request.headers)
        must = {"host", "x-date"} | ({"x-content-sha256", "x-security-token"} & set(present))
        if names != sorted(set(names)) or not must <= set(names) <= set(present):
            raise fault("InvalidAuthorization")
        headers = {name: present[name] for name in names}
        if not "".join((request.path, *headers.values())).isascii():
            raise fault("InvalidAuthorization")
        return headers

    def signed_at(self, headers: Mapping[str, str]) -> float:
        """Seconds since the epoch. Raises SimulatorFault."""
        try:
            at = datetime.strptime(headers["x-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise fault("InvalidTimestamp") from None
        return at.timestamp()

    def check(
        self, request: Request, headers: Mapping[str, str], account: SimulatedAccount
    ) -> None:
        """Its scope, its token and itself. Raises SimulatorFault."""
        # Live video belongs to no region, so the scope may name any; but not another service.
        if self.service != LIVE or self.date != headers["x-date"][:8]:
            raise fault("InvalidCredential")
        if headers.get("x-security-token") != account.session_token:
            raise fault("InvalidSecretToken")
        if not hmac.compare_digest(self.signature, self._right(request, headers, account)):
            raise fault("SignatureDoesNotMatch")

    def _right(
        self, request: Request, headers: Mapping[str, str], account: SimulatedAccount
    ) -> str:
        """What the signature should be. The digest of the body is taken afresh."""
        hashed = auth.payload_hash(request.body)
        if request.headers.get("x-content-sha256", hashed) != hashed:
            return ""
        path = request.path.partition("?")[0]
        query = auth.canonical_query(query_of(request))
        canonical = auth.canonical_request(request.method, path, query, headers, hashed)
        to_sign = auth.string_to_sign(headers["x-date"], self.scope, canonical)
        return auth.signature(auth.signing_key(account.access_key_secret, self.scope), to_sign)


def query_of(request: Request) -> list[tuple[str, str]]:
    """The query's names and values, decoded."""
    return parse_qsl(request.path.partition("?")[2], keep_blank_values=True)
