"""How Alibaba Cloud's RPC style is written and read: all parameters in the query, flat JSON back.

Source: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from providers.account import Credentials
from providers.alibaba.auth import Acs3Auth, canonical_query
from providers.foreign import foreign
from providers.provider import Answer, Call, Now, UnreadableAnswerError

__all__ = ["AlibabaWire"]

# Milliseconds, up to almost three hours. Whatever is longer than that is no wait but garbage.
_MILLISECONDS = re.compile(r"[1-9][0-9]{0,6}")

_YES_CODES = frozenset({"OK", "200"})

_ENVELOPE = frozenset({"Code", "Message", "HostId", "RequestId"})


class AlibabaWire:
    """Implements `providers.provider.Wire`."""

    def request(self, call: Call) -> httpx.Request:
        """GET /?... with an empty body. Not signed."""
        query = canonical_query((name, str(value)) for name, value in call.parameters.items())
        return httpx.Request(
            "GET",
            f"{call.account.base_url(call.kind.service)}/?{query}",
            headers={
                "x-acs-action": call.operation.action,
                "x-acs-version": call.operation.version,
            },
        )

    def auth(self, call: Call, credentials: Credentials, now: Now) -> httpx.Auth:  # noqa: ARG002  # of Wire
        """ACS3-HMAC-SHA256."""
        return Acs3Auth(credentials, now)

    def read(self, status: int, body: object) -> Answer:
        """The answer in `{"RequestId": ..., ...}`; its data are all other fields, as they came.

        An error is a `Code`, or a `RetCode` that is not 0, whatever the HTTP status. A yes needs a
        sign of its own: a TaskId, a RetCode of 0, or a RequestId under a status that is no error.
        Raises UnreadableAnswerError.
        """
        if not isinstance(body, dict):
            raise UnreadableAnswerError(f"HTTP {status}: the body is no object")
        request_id = _text(body.get("RequestId"))
        if (code := _error_code(body)) is not None:
            if not code:  # in an `Answer`, an empty code would be a yes
                raise UnreadableAnswerError("an error without a code", request_id)
            message = _text(body.get("Message")) or _text(body.get("Description"))
            return Answer(request_id, code, message)
        if (
            _text(body.get("TaskId"))
            or body.get("RetCode") is not None
            or (request_id and status < 400)
        ):
            data = {name: value for name, value in body.items() if name not in _ENVELOPE}
            return Answer(request_id, data=data)
        raise UnreadableAnswerError(f"HTTP {status}: neither a yes nor a no")

    def retry_after(self, headers: httpx.Headers) -> float | None:
        """`x-acs-retry-after` is in milliseconds; anything but a positive integer is ignored."""
        milliseconds = headers.get("x-acs-retry-after", "").strip()
        return int(milliseconds) / 1000 if _MILLISECONDS.fullmatch(milliseconds) else None


def _error_code(body: Mapping[str, object]) -> str | None:
    """The error's code; None where the body tells of no error."""
    code = body.get("Code")
    if code is not None and str(code).strip().upper() not in _YES_CODES:
        return _text(code)
    ret_code = body.get("RetCode")
    if ret_code is not None and str(ret_code).strip() != "0":
        return f"RetCode {foreign(ret_code, 40)}"
    return None


def _text(value: object) -> str:
    return foreign(value) if isinstance(value, str) else ""
