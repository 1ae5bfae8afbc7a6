"""Acme's signature: HMAC-SHA256 over the method, the path, the time and the body.

Source: https://docs.acme.example/signing
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Generator

import httpx

from providers.account import Credentials
from providers.provider import Now

__all__ = ["AcmeAuth", "signature", "string_to_sign"]


def string_to_sign(method: str, path: str, timestamp: str, body: bytes) -> str:
    """Stage 1: what is signed. timestamp: whole seconds since the epoch, as they are sent."""
    return "\n".join((method, path, timestamp, hashlib.sha256(body).hexdigest()))


def signature(secret: str, to_sign: str) -> str:
    """Stage 2: 64 hexadecimal digits."""
    return hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex()


class AcmeAuth(httpx.Auth):
    """Signs one request, on the very bytes that are sent. `now` is asked at that moment."""

    requires_request_body = True

    def __init__(self, credentials: Credentials, now: Now) -> None:
        self._credentials = credentials
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the key, the time and the signature."""
        timestamp = str(int(self._now()))
        path = request.url.raw_path.decode("ascii")
        to_sign = string_to_sign(request.method, path, timestamp, request.content)
        request.headers["X-Acme-Key"] = self._credentials.access_key_id
        request.headers["X-Acme-Time"] = timestamp
        request.headers["Authorization"] = (
            f"ACME Signature={signature(self._credentials.access_key_secret, to_sign)}"
        )
        yield request
