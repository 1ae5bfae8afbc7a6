"""How Tencent Cloud's API 3.0 is written and read: JSON both ways, the action in the headers.

Source: https://www.tencentcloud.com/document/product/267/30763 ("Common Params"). Errors come
with HTTP 200, so the body alone decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx

from providers.account import Credentials
from providers.foreign import foreign
from providers.provider import Answer, Call, Now, UnreadableAnswerError
from providers.tencent.auth import TC3Auth

__all__ = ["TencentWire"]

_ENVELOPE = frozenset({"RequestId", "Error"})


class TencentWire:
    """Implements `providers.provider.Wire`."""

    def request(self, call: Call) -> httpx.Request:
        """POST / with a compact JSON body. Not signed."""
        return httpx.Request(
            "POST",
            call.account.base_url(call.kind.service) + "/",
            headers={
                "Content-Type": "application/json",  # signed; no charset, as in the vendor's SDKs
                "X-TC-Action": call.operation.action,
                "X-TC-Version": call.operation.version,
                "X-TC-Region": call.task.region,
                "X-TC-Language": "en-US",  # of the messages; Chinese where it is left out
            },
            content=json.dumps(dict(call.parameters), separators=(",", ":")).encode("ascii"),
        )

    def auth(self, call: Call, credentials: Credentials, now: Now) -> httpx.Auth:
        """TC3-HMAC-SHA256."""
        return TC3Auth(credentials, call.kind.service, now)

    def read(self, status: int, body: object) -> Answer:
        """The answer in `{"Response": {...}}`, or in the older `{"code": 4100, "codeDesc": ...}`.

        `data` is as the vendor sent it, not cleaned. Raises UnreadableAnswerError.
        """
        match body:
            case {"Response": dict(response)}:
                return _read_response(response)
            case {"code": int(number), "codeDesc": str(code), **rest} if number:
                return _no(code, rest.get("message"), rest.get("requestId"))
        raise UnreadableAnswerError(f"HTTP {status}: the body has no Response")

    def retry_after(self, headers: httpx.Headers) -> float | None:  # noqa: ARG002  # of Wire
        """Tencent does not say how long to wait."""
        return None


def _read_response(response: Mapping[str, object]) -> Answer:
    request_id = response.get("RequestId")
    error = response.get("Error")
    if error is None:
        data = {name: value for name, value in response.items() if name not in _ENVELOPE}
        return Answer(_text(request_id), data=data)
    match error:
        case {"Code": str(code), **rest}:
            return _no(code, rest.get("Message"), request_id)
    raise UnreadableAnswerError("an Error without a Code", _text(request_id))


def _no(code: str, message: object, request_id: object) -> Answer:
    cleaned = _text(code)
    if not cleaned:  # in an `Answer`, an empty code would be a yes
        raise UnreadableAnswerError("an empty error code", _text(request_id))
    return Answer(_text(request_id), cleaned, _text(message))


def _text(value: object) -> str:
    return foreign(value) if isinstance(value, str) else ""
