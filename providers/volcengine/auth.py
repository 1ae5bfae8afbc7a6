"""HMAC-SHA256 (V4): Volcengine's signature, in the stages of its specification.

Source: https://www.volcengine.com/docs/6369/67270

Signed are `host`, `content-type` and `content-md5` where they are there, and every `x-` header.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Generator, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from providers.account import Credentials
from providers.provider import Now

__all__ = [
    "ALGORITHM",
    "V4Auth",
    "authorization",
    "canonical_query",
    "canonical_request",
    "credential_scope",
    "payload_hash",
    "signature",
    "signed_headers",
    "signing_key",
    "string_to_sign",
    "x_date",
]

ALGORITHM = "HMAC-SHA256"

_DEFAULT_PORT = re.compile(r":(80|443)\Z")


def x_date(timestamp: float) -> str:
    """Seconds since the epoch as `X-Date` has them: "20250101T000000Z"."""
    return f"{datetime.fromtimestamp(int(timestamp), UTC):%Y%m%dT%H%M%SZ}"


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """The query, sorted by name and in RFC 3986's escapes. What is sent is this very text."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters)
    )


def payload_hash(body: bytes) -> str:
    """Stage 1: the digest of the body. Sent as X-Content-Sha256."""
    return hashlib.sha256(body).hexdigest()


def signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Stage 2: the headers that are signed, in lower case and in order, with trimmed values.

    The vendor drops a port of 80 or 443 from the host before it signs; other ports stay.
    """
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    lowered["host"] = _DEFAULT_PORT.sub("", lowered.get("host", ""))
    return {
        name: lowered[name]
        for name in sorted(lowered)
        if name in ("host", "content-type", "content-md5") or name.startswith("x-")
    }


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], hashed: str
) -> str:
    """Stage 3: what is sent, in one text. `headers`: of stage 2; `hashed`: of stage 1."""
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return "\n".join((method, path, query, lines, ";".join(headers), hashed))


def credential_scope(date: str, region: str, service: str) -> str:
    """Stage 4: where and on which day a signature is good. `date`: the whole X-Date; a second look
    at the clock could fall on the next day."""
    return f"{date[:8]}/{region}/{service}/request"


def string_to_sign(date: str, scope: str, canonical: str) -> str:
    """Stage 5: the time, the scope and the digest of stage 3."""
    return f"{ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def signing_key(secret: str, scope: str) -> bytes:
    """Stage 6: the key for one day, region and service, derived from the account's secret."""
    key = secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, to_sign: str) -> str:
    """Stage 7: 64 hexadecimal digits."""
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def authorization(access_key_id: str, scope: str, headers: Mapping[str, str], signed: str) -> str:
    """Stage 8: the header's value."""
    return (
        f"{ALGORITHM} Credential={access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(headers)}, Signature={signed}"
    )


class V4Auth(httpx.Auth):
    """Signs one request, on the very bytes that httpx sends. `now` is asked at that moment."""

    requires_request_body = True

    def __init__(self, credentials: Credentials, region: str, service: str, now: Now) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the X- headers that belong to a signature, and Authorization."""
        date = x_date(self._now())
        hashed = payload_hash(request.content)
        request.headers["X-Date"] = date
        request.headers["X-Content-Sha256"] = hashed
        if self._credentials.session_token:
            request.headers["X-Security-Token"] = self._credentials.session_token
        headers = signed_headers(request.headers)
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        canonical = canonical_request(request.method, path, query, headers, hashed)
        scope = credential_scope(date, self._region, self._service)
        key = signing_key(self._credentials.access_key_secret, scope)
        signed = signature(key, string_to_sign(date, scope, canonical))
        request.headers["Authorization"] = authorization(
            self._credentials.access_key_id, scope, headers, signed
        )
        yield request
