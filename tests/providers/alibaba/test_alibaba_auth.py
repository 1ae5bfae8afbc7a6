"""ACS3-HMAC-SHA256 against the published answer and against what the vendor's SDK signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.account import Credentials
from providers.alibaba.auth import (
    Acs3Auth,
    acs_date,
    authorization,
    canonical_query,
    canonical_request,
    payload_hash,
    signature,
    signed_headers,
    string_to_sign,
)

Vector = dict[str, Any]

ROOT = Path(__file__).parents[3]
VECTORS: dict[str, list[Vector]] = json.loads((ROOT / "tests/vectors/alibaba.json").read_text())
ALL = [*VECTORS["published_known_answers"], *VECTORS["vectors"]]


def _query(vector: Vector) -> tuple[str, str]:
    expected = vector["canonical_request"].split("\n")[2]
    return canonical_query(vector["query"].items()), expected


def _headers(vector: Vector) -> tuple[str, str]:
    unsigned = {"Accept": "application/json", "User-Agent": "x", "X-Other": "y"}
    return ";".join(signed_headers(vector["headers"] | unsigned)), vector["signed_headers"]


def _canonical(vector: Vector) -> tuple[str, str]:
    got = canonical_request(
        vector["method"],
        vector["path"],
        vector["canonical_request"].split("\n")[2],
        {name: vector["headers"][name] for name in vector["signed_headers"].split(";")},
        vector["body_sha256"],
    )
    return got, vector["canonical_request"]


def _authorization(vector: Vector) -> tuple[str, str]:
    headers = dict.fromkeys(vector["signed_headers"].split(";"), "")
    signed = vector["authorization"].rpartition("=")[2]
    return authorization(vector["access_key"], headers, signed), vector["authorization"]


# Each stage starts from the vector's own result of the stage before, so that one fault fails one
# stage.
STAGES: dict[str, Callable[[Vector], tuple[str, str]]] = {
    "canonical-query": _query,
    "payload-hash": lambda v: (payload_hash(v["body"].encode()), v["body_sha256"]),
    "signed-headers": _headers,
    "canonical-request": _canonical,
    "string-to-sign": lambda v: (string_to_sign(v["canonical_request"]), v["string_to_sign"]),
    "signature": lambda v: (
        signature(v["secret_key"], v["string_to_sign"]),
        v["authorization"].rpartition("=")[2],
    ),
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
    """The whole class, on a request of httpx, sets exactly the vendor's headers."""
    headers = vector["headers"]
    names = ("x-acs-action", "x-acs-version")
    request = httpx.Request(
        vector["method"],
        f"https://{vector['host']}/?{canonical_query(vector['query'].items())}",
        headers={name: headers[name] for name in names},
    )
    before = set(request.headers)
    key = Credentials(vector["access_key"], vector["secret_key"], vector.get("session_token"))
    timestamp = datetime.fromisoformat(headers["x-acs-date"]).timestamp()
    auth = Acs3Auth(key, lambda: timestamp + 0.9, lambda: headers["x-acs-signature-nonce"])
    signed = next(auth.sync_auth_flow(request))
    assert signed.headers["Authorization"] == vector["authorization"]
    assert {name: signed.headers[name] for name in headers} == headers
    assert set(signed.headers) == before | set(headers) | {"authorization"}


def test_the_date_is_utc_and_whole_seconds() -> None:
    """Midnight UTC falls between two seconds, whatever the local zone is."""
    assert acs_date(1709251199.99) == "2024-02-29T23:59:59Z"
    assert acs_date(1709251200) == "2024-03-01T00:00:00Z"


def test_signing_again_takes_a_new_time_and_a_new_nonce() -> None:
    """A repeated request is signed anew: an old nonce would be refused."""
    times = iter([1735689600.0, 1735689700.0])
    auth = Acs3Auth(Credentials("AKIDEXAMPLE", "examplesecret"), lambda: next(times))
    request = httpx.Request("GET", "https://h/?a=b")
    first = next(auth.sync_auth_flow(request)).headers.copy()
    second = next(auth.sync_auth_flow(request)).headers
    for name in ("x-acs-date", "x-acs-signature-nonce", "authorization"):
        assert first[name] != second[name]
        assert len(second.get_list(name)) == 1


def test_no_nonce_comes_twice() -> None:
    """Nonces that were given to nobody else, also within one second."""
    auth = Acs3Auth(Credentials("AKIDEXAMPLE", "examplesecret"), lambda: 0.0)
    requests = [httpx.Request("GET", "https://h/") for _ in range(1000)]
    nonces = {
        next(auth.sync_auth_flow(request)).headers["x-acs-signature-nonce"] for request in requests
    }
    assert len(nonces) == 1000


def test_a_content_type_and_a_body_are_signed() -> None:
    """Where there is a body, its digest and its type are bound."""
    request = httpx.Request(
        "POST",
        "https://h/",
        headers={"Content-Type": "application/json"},
        content=iter([b"{", b"}"]),  # a stream, which must be read before it is signed
    )
    auth = Acs3Auth(Credentials("AKIDEXAMPLE", "examplesecret"), lambda: 0.0)
    headers = next(auth.sync_auth_flow(request)).headers
    assert headers["x-acs-content-sha256"] == payload_hash(b"{}")
    assert "SignedHeaders=content-type;host;x-acs-" in headers["Authorization"]


def test_the_key_is_in_no_repr() -> None:
    """Whatever prints the auth object prints no secret."""
    auth = Acs3Auth(Credentials("AKIDEXAMPLE", "examplesecret", "tok"), lambda: 0.0)
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
        assert VECTORS[part] == [v for v in shared[part] if v["vendor"] == "alibaba"]
