"""TC3-HMAC-SHA256: Tencent Cloud's signature, in the stages of its specification.

Source: https://www.tencentcloud.com/document/product/647/34264 ("Signature v3"). Two headers are
signed, content-type and host. The time is bound through the string to sign; the action, the region
and the session token are not signed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Generator
from datetime import UTC, datetime

import httpx

from providers.account import Credentials
from providers.provider import Now

__all__ = [
    "TC3Auth",
    "authorization",
    "canonical_request",
    "credential_scope",
    "signature",
    "signing_key",
    "string_to_sign",
]

ALGORITHM = "TC3-HMAC-SHA256"
SIGNED_HEADERS = "content-type;host"


def canonical_request(method: str, query: str, content_type: str, host: str, body: bytes) -> str:
    """Stage 1: what is sent, in one text. `query` is the literal query string ("" for a POST)."""
    return "\n".join(
        (
            method,
            "/",  # the only path of API 3.0
            query,
            f"content-type:{content_type}",
            f"host:{host}",
            "",
            SIGNED_HEADERS,
            hashlib.sha256(body).hexdigest(),
        )
    )


def credential_scope(timestamp: int, service: str) -> str:
    """Where and on which day a signature is good. `timestamp`: the one of the header, in seconds
    since the epoch; a second look at the clock could fall on the next day."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}/{service}/tc3_request"


def string_to_sign(timestamp: int, scope: str, canonical: str) -> str:
    """Stage 2: the time, the scope and the digest of stage 1."""
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"


def signing_key(secret: str, scope: str) -> bytes:
    """Stage 3: the key for one day and one service, derived from the account's secret."""
    key = f"TC3{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, to_sign: str) -> str:
    """Stage 4: 64 hexadecimal digits."""
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def authorization(access_key_id: str, scope: str, signed: str) -> str:
    """Stage 5: the header's value."""
    return (
        f"{ALGORITHM} Credential={access_key_id}/{scope}, "
        f"SignedHeaders={SIGNED_HEADERS}, Signature={signed}"
    )


class TC3Auth(httpx.Auth):
    """Signs one request, on the very bytes that httpx sends. `now` is asked at that moment."""

    requires_request_body = True

    def __init__(self, credentials: Credentials, service: str, now: Now) -> None:
        self._credentials = credentials
        self._service = service
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set X-TC-Timestamp, X-TC-Token (with a session token) and Authorization."""
        timestamp = int(self._now())
        scope = credential_scope(timestamp, self._service)
        canonical = canonical_request(
            request.method,
            request.url.query.decode("ascii"),
            request.headers["Content-Type"],
            request.headers["Host"],
            request.content,
        )
        key = signing_key(self._credentials.access_key_secret, scope)
        signed = signature(key, string_to_sign(timestamp, scope, canonical))
        request.headers["X-TC-Timestamp"] = str(timestamp)
        if self._credentials.session_token:
            request.headers["X-TC-Token"] = self._credentials.session_token
        request.headers["Authorization"] = authorization(
            self._credentials.access_key_id, scope, signed
        )
        yield request
