"""TC3-HMAC-SHA256 against published answers and against what the vendor's SDK signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.account import Credentials
from providers.tencent.auth import (
    TC3Auth,
    authorization,
    canonical_request,
    credential_scope,
    signature,
    signing_key,
    string_to_sign,
)

Vector = dict[str, Any]

ROOT = Path(__file__).parents[3]
VECTORS: dict[str, list[Vector]] = json.loads((ROOT / "tests/vectors/tencent.json").read_text())
ALL = [*VECTORS["published_known_answers"], *VECTORS["vectors"]]


def _canonical(vector: Vector) -> tuple[str, str]:
    got = canonical_request(
        vector["method"],
        vector["query_string"],
        vector["headers"]["Content-Type"],
        vector["headers"]["Host"],
        vector["body"].encode(),
    )
    return got, vector["canonical_request"]


def _to_sign(vector: Vector) -> tuple[str, str]:
    scope = credential_scope(vector["timestamp"], vector["service"])
    got = string_to_sign(vector["timestamp"], scope, vector["canonical_request"])
    return got, vector["string_to_sign"]


def _signature(vector: Vector) -> tuple[str, str]:
    scope = vector["string_to_sign"].split("\n")[2]
    got = signature(signing_key(vector["secret_key"], scope), vector["string_to_sign"])
    return got, vector["authorization"].rpartition("=")[2]


def _authorization(vector: Vector) -> tuple[str, str]:
    scope = vector["string_to_sign"].split("\n")[2]
    signed = vector["authorization"].rpartition("=")[2]
    return authorization(vector["access_key"], scope, signed), vector["authorization"]


# Each stage starts from the vector's own result of the stage before, so that one fault fails one
# stage.
STAGES: dict[str, Callable[[Vector], tuple[str, str]]] = {
    "canonical-request": _canonical,
    "string-to-sign": _to_sign,
    "signature": _signature,
    "authorization": _authorization,
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector["name"])
def test_each_stage_reproduces_the_vector(vector: Vector, stage: str) -> None:
    """Every stage gives what the vendor gives; the failing test's name says which one does not."""
    got, expected = STAGES[stage](vector)
    assert got == expected


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector["name"])
def test_the_auth_class_sets_the_vectors_headers(vector: Vector) -> None:
    """The whole class, on a request of httpx, sets exactly the SDK's signature headers."""
    token = vector.get("session_token")
    request = httpx.Request(
        "POST",
        f"https://{vector['host']}/",
        headers={"Content-Type": vector["headers"]["Content-Type"]},
        content=vector["body"].encode(),
    )
    key = Credentials(vector["access_key"], vector["secret_key"], token)
    before = set(request.headers)
    flow = TC3Auth(key, vector["service"], lambda: vector["timestamp"] + 0.9).sync_auth_flow(
        request
    )
    signed = next(flow)
    assert signed.headers["Authorization"] == vector["authorization"]
    assert signed.headers["X-TC-Timestamp"] == str(vector["timestamp"])
    assert signed.headers.get("X-TC-Token") == token
    added = {"authorization", "x-tc-timestamp"} | ({"x-tc-token"} if token else set())
    assert set(signed.headers) - before == added


def test_the_scopes_day_is_that_of_the_timestamp_in_utc() -> None:
    """One second before and at midnight UTC are two days, whatever the local zone is."""
    assert credential_scope(1709251199, "live") == "2024-02-29/live/tc3_request"
    assert credential_scope(1709251200, "live") == "2024-03-01/live/tc3_request"


def test_signing_again_takes_the_time_again() -> None:
    """A repeated request is signed anew, so that a retry never carries an old time."""
    times = iter([1735689600.0, 1735689700.0])
    auth = TC3Auth(Credentials("AKIDEXAMPLE", "examplesecret"), "live", lambda: next(times))
    request = httpx.Request(
        "POST", "https://h/", headers={"Content-Type": "application/json"}, content=b"{}"
    )
    first = next(auth.sync_auth_flow(request)).headers["Authorization"]
    second = next(auth.sync_auth_flow(request)).headers["Authorization"]
    assert first != second
    assert request.headers.get_list("X-TC-Timestamp") == ["1735689700"]


def test_the_key_is_in_no_repr() -> None:
    """Whatever prints the auth object prints no secret."""
    auth = TC3Auth(Credentials("AKIDEXAMPLE", "examplesecret", "tok"), "live", lambda: 0.0)
    assert "examplesecret" not in repr(auth) + repr(vars(auth))
    assert "tok" not in repr(vars(auth)["_credentials"])


def test_the_vectors_are_the_shared_ones() -> None:
    """The project's copy says what the file it was taken from says."""
    source = ROOT.parent / "shared/vectors/signing.json"
    if not source.exists():
        pytest.skip("the folder with the original vectors is not there")
    shared = json.loads(source.read_text())
    for part in ("published_known_answers", "vectors"):
        assert VECTORS[part] == [v for v in shared[part] if v["vendor"] == "tencent"]
