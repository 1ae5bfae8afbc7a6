"""How Acme's API is written and read: POST /v1/ACTION with JSON, both ways.

Source: https://docs.acme.example/requests
"""

from __future__ import annotations

import json

import httpx

from providers.account import Credentials
from providers.foreign import foreign
from providers.provider import Answer, Call, Now, UnreadableAnswerError

from .account import AcmeAccount
from .auth import AcmeAuth

__all__ = ["AcmeWire"]


class AcmeWire:
    """Implements `providers.provider.Wire`."""

    def request(self, call: Call) -> httpx.Request:
        """The parameters as the body, with the account's tenant if it has one. Not signed."""
        body: dict[str, object] = dict(call.parameters)
        if isinstance(call.account, AcmeAccount) and call.account.tenant:
            body["tenant"] = call.account.tenant
        operation = call.operation
        return httpx.Request(
            "POST",
            f"{call.account.base_url(call.kind.service)}/{operation.version}/{operation.action}",
            headers={"Content-Type": "application/json"},
            content=json.dumps(body, separators=(",", ":")).encode("ascii"),
        )

    def auth(self, call: Call, credentials: Credentials, now: Now) -> httpx.Auth:  # noqa: ARG002  # of Wire
        """HMAC-SHA256."""
        return AcmeAuth(credentials, now)

    def read(self, status: int, body: object) -> Answer:
        """`{"id": ..., "result": {...}}` is a yes, `{"id": ..., "error": {...}}` a no.

        Raises UnreadableAnswerError.
        """
        match body:
            case {"id": str(request_id), "error": {"code": str(code), **rest}} if code:
                return Answer(foreign(request_id), foreign(code), foreign(rest.get("message", "")))
            case {"id": str(request_id), "result": dict(result)}:
                return Answer(foreign(request_id), data=result)
        raise UnreadableAnswerError(f"HTTP {status}: neither a result nor an error")

    def retry_after(self, headers: httpx.Headers) -> float | None:
        """Acme says it in whole seconds."""
        told = headers.get("retry-after", "")
        return float(told) if told.isascii() and told.isdecimal() else None
