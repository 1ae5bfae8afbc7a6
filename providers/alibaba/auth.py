"""ACS3-HMAC-SHA256: Alibaba Cloud's V3 signature, in the stages of its specification.

Source: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature

Signed are `host`, `content-type` where there is one, and every `x-acs-` header. The vendor's SDKs
sign `accept` and `user-agent` as well, which breaks behind a proxy that rewrites them.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from providers.account import Credentials
from providers.provider import Now

__all__ = [
    "ALGORITHM",
    "Acs3Auth",
    "acs_date",
    "authorization",
    "canonical_query",
    "canonical_request",
    "payload_hash",
    "signature",
    "signed_headers",
    "string_to_sign",
]

ALGORITHM = "ACS3-HMAC-SHA256"


def acs_date(timestamp: float) -> str:
    """Seconds since the epoch as `x-acs-date` has them: "2025-01-01T00:00:00Z"."""
    return f"{datetime.fromtimestamp(int(timestamp), UTC):%Y-%m-%dT%H:%M:%SZ}"


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """The query, sorted by name and in RFC 3986's escapes. What is sent is this very text."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters)
    )


def payload_hash(body: bytes) -> str:
    """Stage 1: the digest of the body, which is empty in a GET. Sent as x-acs-content-sha256."""
    return hashlib.sha256(body).hexdigest()


def signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Stage 2: the headers that are signed, in lower case and in order, with trimmed values."""
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    return {
        name: lowered[name]
        for name in sorted(lowered)
        if name in ("host", "content-type") or name.startswith("x-acs-")
    }


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], hashed: str
) -> str:
    """Stage 3: what is sent, in one text. `headers`: of stage 2; `hashed`: of stage 1."""
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return "\n".join((method, path, query, lines, ";".join(headers), hashed))


def string_to_sign(canonical: str) -> str:
    """Stage 4: the digest of stage 3. The time and the nonce are bound through the headers."""
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def signature(secret: str, to_sign: str) -> str:
    """Stage 5: 64 hexadecimal digits. The secret itself is the key."""
    return hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex()


def authorization(access_key_id: str, headers: Mapping[str, str], signed: str) -> str:
    """Stage 6: the header's value."""
    names = ";".join(headers)
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={names},Signature={signed}"


def _new_nonce() -> str:
    return uuid.uuid4().hex


class Acs3Auth(httpx.Auth):
    """Signs one request, on the very bytes that httpx sends.

    now, nonce: asked at that moment; a nonce is never used twice.
    """

    requires_request_body = True

    def __init__(
        self, credentials: Credentials, now: Now, nonce: Callable[[], str] = _new_nonce
    ) -> None:
        self._credentials = credentials
        self._now = now
        self._nonce = nonce

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the x-acs- headers that belong to a signature, and Authorization."""
        hashed = payload_hash(request.content)
        request.headers["x-acs-date"] = acs_date(self._now())
        request.headers["x-acs-signature-nonce"] = self._nonce()
        request.headers["x-acs-content-sha256"] = hashed
        if self._credentials.session_token:
            request.headers["x-acs-security-token"] = self._credentials.session_token
        headers = signed_headers(request.headers)
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        canonical = canonical_request(request.method, path, query, headers, hashed)
        signed = signature(self._credentials.access_key_secret, string_to_sign(canonical))
        request.headers["Authorization"] = authorization(
            self._credentials.access_key_id, headers, signed
        )
        yield request
