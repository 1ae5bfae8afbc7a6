"""How Volcengine's API is written and read: Action and Version in the query, JSON both ways.

Source: https://www.volcengine.com/docs/6469/1126803 ("common parameters") and the pages of the
operations. `CommonErr` comes with HTTP 200, so the body alone decides.
"""

from __future__ import annotations

import json

import httpx

from providers.account import Credentials
from providers.foreign import foreign
from providers.provider import Answer, Call, Now, UnreadableAnswerError
from providers.volcengine.account import VolcengineAccount
from providers.volcengine.auth import V4Auth, canonical_query
from providers.volcengine.relay import GROUPED

__all__ = ["VolcengineWire"]


class VolcengineWire:
    """Implements `providers.provider.Wire`."""

    def request(self, call: Call) -> httpx.Request:
        """POST /?Action=...&Version=... with a compact JSON body. Not signed."""
        operation = call.operation
        query = canonical_query((("Action", operation.action), ("Version", operation.version)))
        return httpx.Request(
            "POST",
            f"{call.account.base_url(call.kind.service)}/?{query}",
            headers={"Content-Type": "application/json"},  # signed
            content=json.dumps(_body(call), separators=(",", ":")).encode("ascii"),
        )

    def auth(self, call: Call, credentials: Credentials, now: Now) -> httpx.Auth:
        """HMAC-SHA256 (V4). The region is a part of the signature and of nothing else."""
        return V4Auth(credentials, call.task.region, call.kind.service, now)

    def read(self, status: int, body: object) -> Answer:
        """The answer in `{"ResponseMetadata": {...}, "Result": {...}}`: an error if, and only if,
        the metadata have an `Error`. The data are the `Result`; changes have none.

        Raises UnreadableAnswerError.
        """
        match body:
            case {"ResponseMetadata": dict(metadata), **rest} if metadata:
                return _read_metadata(metadata, rest.get("Result"))
        raise UnreadableAnswerError(f"HTTP {status}: the body has no ResponseMetadata")

    def retry_after(self, headers: httpx.Headers) -> float | None:  # noqa: ARG002  # of Wire
        """Volcengine does not say how long to wait."""
        return None


def _body(call: Call) -> dict[str, object]:
    """The parameters, and the account's group where the action takes one and one is set."""
    body: dict[str, object] = dict(call.parameters)
    account = call.account
    if call.operation.action in GROUPED and isinstance(account, VolcengineAccount):
        body |= {"GroupName": account.group_name} if account.group_name else {}
    return body


def _read_metadata(metadata: dict[str, object], result: object) -> Answer:
    request_id = _text(metadata.get("RequestId"))
    error = metadata.get("Error")
    if error is None:
        return Answer(request_id, data=result if isinstance(result, dict) else {})
    if not isinstance(error, dict) or not (code := _text(error.get("Code"))):
        # In an `Answer`, an empty code would be a yes.
        raise UnreadableAnswerError("an Error without a Code", request_id)
    return Answer(request_id, code, _text(error.get("Message")))


def _text(value: object) -> str:
    return foreign(value) if isinstance(value, str) else ""
