"""HMAC-SHA256 (V4) against what the vendor's two SDKs signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.account import Credentials
from providers.volcengine.auth import (
    V4Auth,
    authorization,
    canonical_query,
    canonical_request,
    credential_scope,
    payload_hash,
    signature,
    signed_headers,
    signing_key,
    string_to_sign,
    x_date,
)

Vector = dict[str, Any]

ROOT = Path(__file__).parents[3]
VECTORS: dict[str, list[Vector]] = json.loads((ROOT / "tests/vectors/volcengine.json").read_text())
ALL = [*VECTORS["published_known_answers"], *VECTORS["vectors"]]


def _scope(vector: Vector) -> str:
    scope = vector["string_to_sign"].split("\n")[2]
    assert isinstance(scope, str)
    return scope


def _query(vector: Vector) -> tuple[str, str]:
    expected = vector["canonical_request"].split("\n")[2]
    return canonical_query(vector["query"].items()), expected


def _canonical(vector: Vector) -> tuple[str, str]:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    got = canonical_request(
        vector["method"],
        vector["path"],
        vector["canonical_request"].split("\n")[2],
        {name: headers[name] for name in vector["signed_headers"].split(";")},
        vector["body_sha256"],
    )
    return got, vector["canonical_request"]


def _to_sign(vector: Vector) -> tuple[str, str]:
    date, canonical = vector["timestamp_header"], vector["canonical_request"]
    return string_to_sign(date, _scope(vector), canonical), vector["string_to_sign"]


def _signature(vector: Vector) -> tuple[str, str]:
    key = signing_key(vector["secret_key"], _scope(vector))
    return signature(key, vector["string_to_sign"]), vector["authorization"].rpartition("=")[2]


def _authorization(vector: Vector) -> tuple[str, str]:
    headers = dict.fromkeys(vector["signed_headers"].split(";"), "")
    signed = vector["authorization"].rpartition("=")[2]
    got = authorization(vector["access_key"], _scope(vector), headers, signed)
    return got, vector["authorization"]


# Each stage starts from the vector's own result of the stage before, so that one fault fails one
# stage.
STAGES: dict[str, Callable[[Vector], tuple[str, str]]] = {
    "date": lambda v: (x_date(v["timestamp"]), v["timestamp_header"]),
    "canonical-query": _query,
    "payload-hash": lambda v: (payload_hash(v["body"].encode()), v["body_sha256"]),
    "signed-headers": lambda v: (";".join(signed_headers(v["headers"])), v["signed_headers"]),
    "canonical-request": _canonical,
    "scope": lambda v: (
        credential_scope(v["timestamp_header"], v["region"], v["service"]),
        _scope(v),
    ),
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
    given = {"Content-Type": "application/json"} if vector["body"] else {}
    request = httpx.Request(
        vector["method"],
        f"https://{vector['host']}/?{canonical_query(vector['query'].items())}",
        headers=given,
        content=vector["body"].encode(),
    )
    before = set(request.headers)
    token = vector["session_token"]
    key = Credentials(vector["access_key"], vector["secret_key"], token)
    auth = V4Auth(key, vector["region"], vector["service"], lambda: vector["timestamp"] + 0.9)
    signed = next(auth.sync_auth_flow(request))
    assert signed.headers["Authorization"] == vector["authorization"]
    added = {"authorization", "x-date", "x-content-sha256"}
    added |= {"x-security-token"} if token else set()
    assert set(signed.headers) == before | added
    for name in added - {"authorization"}:
        theirs = {key.lower(): value for key, value in vector["headers"].items()}
        assert signed.headers[name] == theirs[name]


@pytest.mark.parametrize(
    ("host", "signed"),
    [
        ("live.volcengineapi.com", "live.volcengineapi.com"),
        ("live.volcengineapi.com:443", "live.volcengineapi.com"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("[::1]:443", "[::1]"),
        ("h:4430", "h:4430"),
    ],
)
def test_the_host_is_signed_without_a_default_port(host: str, signed: str) -> None:
    """The vendor drops :80 and :443 and nothing else before it signs."""
    assert signed_headers({"Host": host})["host"] == signed


def test_only_what_belongs_to_the_request_is_signed() -> None:
    """What a proxy may rewrite stays out of the signature."""
    headers = {"Host": "h", "X-Date": " d ", "Accept": "a", "User-Agent": "u", "Content-MD5": "m"}
    assert signed_headers(headers) == {"content-md5": "m", "host": "h", "x-date": "d"}


def test_a_stream_is_read_before_it_is_signed() -> None:
    """The digest is that of the bytes that are sent."""
    key = Credentials("AKIDEXAMPLE", "examplesecret")
    request = httpx.Request("POST", "https://h/", content=iter([b"{", b"}"]))
    auth = V4Auth(key, "cn-north-1", "live", lambda: 0.0)
    headers = next(auth.sync_auth_flow(request)).headers
    assert headers["X-Content-Sha256"] == payload_hash(b"{}")


def test_the_scopes_day_is_that_of_the_date_in_utc() -> None:
    """One second before and at midnight UTC are two days, whatever the local zone is."""
    scopes = [credential_scope(x_date(at), "r", "s") for at in (1709251199.99, 1709251200)]
    assert scopes == ["20240229/r/s/request", "20240301/r/s/request"]


def test_signing_again_takes_the_time_again() -> None:
    """A repeated request is signed anew, so that a retry never carries an old time."""
    times = iter([1735689600.0, 1735689700.0])
    key = Credentials("AKIDEXAMPLE", "examplesecret")
    auth = V4Auth(key, "cn-north-1", "live", lambda: next(times))
    request = httpx.Request("POST", "https://h/?a=b", content=b"{}")
    first = next(auth.sync_auth_flow(request)).headers["Authorization"]
    second = next(auth.sync_auth_flow(request)).headers["Authorization"]
    assert first != second
    assert request.headers.get_list("X-Date") == ["20250101T000140Z"]


def test_the_key_is_in_no_repr() -> None:
    """Whatever prints the auth object prints no secret."""
    key = Credentials("AKIDEXAMPLE", "examplesecret", "tok")
    auth = V4Auth(key, "cn-north-1", "live", lambda: 0.0)
    shown = repr(auth) + repr(vars(auth))
    assert "examplesecret" not in shown
    assert "tok'" not in shown


def test_the_vectors_are_the_shared_ones() -> None:
    """The project's copy says what the file it was taken from says."""
    source = ROOT.parent / "shared/vectors/signing.json"
    if not source.exists():
        pytest.skip("the folder with the original vectors is not there")
    shared = json.loads(source.read_text())
    for part in ("published_known_answers", "vectors"):
        assert VECTORS[part] == [v for v in shared[part] if v["vendor"] == "volcengine"]
