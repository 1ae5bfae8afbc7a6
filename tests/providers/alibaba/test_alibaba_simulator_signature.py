"""The simulator believes a V3 signature only where all of it is right."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from providers.alibaba import auth
from providers.alibaba.simulator import AlibabaSimulator
from providers.simulator import Incident, Request, SimulatedAccount, SimulatorFault

if TYPE_CHECKING:
    from tests.providers.alibaba.conftest import Vendor

ACCOUNT = SimulatedAccount("AKIDEXAMPLE", "examplesecret")


async def test_a_nonce_works_once(vendor: Vendor) -> None:
    """The same nonce again is refused, also under a new time; another one is taken."""
    assert await vendor.code(nonce=lambda: "a") == ""
    vendor.signed_at.time += 1
    assert await vendor.code(nonce=lambda: "a") == "SignatureNonceUsed 400"
    assert await vendor.code(nonce=lambda: "b") == ""


async def test_a_refused_signature_uses_up_no_nonce(vendor: Vendor) -> None:
    """Nobody without the key can spoil a nonce for its owner."""
    right, vendor.key = vendor.key, replace(vendor.key, access_key_secret="wrong")
    assert await vendor.code(nonce=lambda: "a") == "SignatureDoesNotMatch 400"
    vendor.key = right
    assert await vendor.code(nonce=lambda: "a") == ""


@pytest.mark.parametrize(
    ("off", "code"),
    [
        (900, ""),
        (-900, ""),
        (901, "InvalidTimeStamp.Expired 400"),
        (-901, "InvalidTimeStamp.Expired 400"),
    ],
)
async def test_a_signature_is_good_for_fifteen_minutes(vendor: Vendor, off: int, code: str) -> None:
    """In both directions, on the vendor's clock."""
    vendor.signed_at.time += off
    assert await vendor.code() == code


async def test_the_clock_incident_is_beyond_what_is_allowed(vendor: Vendor) -> None:
    """A right clock is refused while the vendor's own is off, and a client can mend it by Date."""
    vendor.simulator.play(Incident.CLOCK)
    assert await vendor.code() == "InvalidTimeStamp.Expired 400"
    vendor.signed_at.time = vendor.simulator.now()
    assert await vendor.code() == ""


async def test_a_session_token_must_be_the_keys_own(vendor: Vendor) -> None:
    """Missing, wrong, or there although the key has none: refused."""
    refused = "InvalidSecurityToken.MismatchWithAccessKey 400"
    vendor.key = replace(vendor.key, session_token="tok")
    assert await vendor.code() == refused
    vendor.simulator.add_account("AKIDEXAMPLE", "examplesecret", "tok")
    assert await vendor.code() == ""
    vendor.key = replace(vendor.key, session_token="other")
    assert await vendor.code() == refused
    vendor.key = replace(vendor.key, session_token=None)
    assert await vendor.code() == refused


async def test_an_unknown_key_is_not_found(vendor: Vendor) -> None:
    """Before anything of the signature is looked at."""
    vendor.key = replace(vendor.key, access_key_id="AKIDOTHER")
    assert await vendor.code() == "InvalidAccessKeyId.NotFound 404"


def _set(**headers: str) -> Callable[[httpx.Request], None]:
    new = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return lambda request: request.headers.update(new)


def _drop(name: str) -> Callable[[httpx.Request], None]:
    return lambda request: request.headers.__delitem__(name)


def _replace(old: str, new: str) -> Callable[[httpx.Request], None]:
    def tamper(request: httpx.Request) -> None:
        value = request.headers["Authorization"]
        assert old in value
        request.headers["Authorization"] = value.replace(old, new)

    return tamper


def _url(old: bytes, new: bytes) -> Callable[[httpx.Request], None]:
    def tamper(request: httpx.Request) -> None:
        request.url = request.url.copy_with(raw_path=request.url.raw_path.replace(old, new))

    return tamper


TAMPERED: dict[str, tuple[Callable[[httpx.Request], None], str]] = {
    "query": (_url(b"0001", b"0002"), "SignatureDoesNotMatch 400"),
    "added parameter": (_url(b"?", b"?A=1&"), "SignatureDoesNotMatch 400"),
    "path": (_url(b"/?", b"/x?"), "SignatureDoesNotMatch 400"),
    "host": (_set(host="live.aliyuncs.com"), "SignatureDoesNotMatch 400"),
    "action": (_set(x_acs_action="DeleteLivePullToPush"), "SignatureDoesNotMatch 400"),
    "version": (_set(x_acs_version="2016-11-02"), "SignatureDoesNotMatch 400"),
    "date": (_set(x_acs_date="2025-01-01T00:00:01Z"), "SignatureDoesNotMatch 400"),
    "nonce": (_set(x_acs_signature_nonce="other"), "SignatureDoesNotMatch 400"),
    "body digest": (_set(x_acs_content_sha256="0" * 64), "SignatureDoesNotMatch 400"),
    "date's form": (_set(x_acs_date="1735689600"), "InvalidTimeStamp.Format 400"),
    "header that is not covered": (_set(x_acs_new="1"), "IncompleteSignature 400"),
    "content type that is not covered": (_set(content_type="a/b"), "IncompleteSignature 400"),
    "no nonce": (_drop("x-acs-signature-nonce"), "IncompleteSignature 400"),
    "no date": (_drop("x-acs-date"), "IncompleteSignature 400"),
    "no signature": (_drop("Authorization"), "IncompleteSignature 400"),
    "host not covered": (_replace("host;", ""), "IncompleteSignature 400"),
    "header twice": (_replace("host;", "host;host;"), "IncompleteSignature 400"),
    "header that is not there": (_replace("host;", "host;x-a;"), "IncompleteSignature 400"),
    "other algorithm": (_replace("SHA256", "SM3"), "IncompleteSignature 400"),
}


@pytest.mark.parametrize(("tamper", "code"), TAMPERED.values(), ids=TAMPERED)
async def test_a_tampered_request_is_refused(
    vendor: Vendor, tamper: Callable[[httpx.Request], None], code: str
) -> None:
    """One thing changed after signing: refused, and nothing happens."""
    vendor.tamper = tamper
    assert await vendor.code() == code
    assert vendor.state() == "1"


@pytest.mark.parametrize("part", ["header", "query"])
async def test_bytes_that_are_no_text_are_refused(vendor: Vendor, part: str) -> None:
    """They reach us as lone surrogates, which no signature is over; that is no crash."""
    caught: list[httpx.Request] = []
    vendor.tamper = caught.append
    await vendor.ask()
    headers = dict(caught[0].headers)
    path = caught[0].url.raw_path.decode()
    if part == "header":
        headers["x-acs-signature-nonce"] = "\udcc3"
    else:
        path += "\udcc3"
    with pytest.raises(SimulatorFault, match="IncompleteSignature"):
        vendor.simulator.check_signature(Request("GET", path, headers, b""), ACCOUNT)


def test_a_digest_that_is_not_the_bodys_is_refused() -> None:
    """Also where whoever signed it signed the wrong header as well."""
    hashed = auth.payload_hash(b"")
    for told, refused in ((hashed, False), ("0" * 64, True)):
        headers = {
            "host": "h",
            "x-acs-action": "RestartLivePullToPush",
            "x-acs-content-sha256": told,
            "x-acs-date": "2025-01-01T00:00:00Z",
            "x-acs-signature-nonce": "a",
            "x-acs-version": "2016-11-01",
        }
        canonical = auth.canonical_request("GET", "/", "", headers, hashed)
        signed = auth.signature("examplesecret", auth.string_to_sign(canonical))
        headers["authorization"] = auth.authorization("AKIDEXAMPLE", headers, signed)
        simulator = AlibabaSimulator(now=lambda: 1735689600.0)
        with pytest.raises(SimulatorFault) if refused else nullcontext():
            simulator.check_signature(Request("GET", "/", headers, b""), ACCOUNT)


async def test_a_body_that_was_slipped_in_is_refused(vendor: Vendor) -> None:
    """The digest is taken from the bytes that came, not from the header."""
    caught: list[httpx.Request] = []
    vendor.tamper = caught.append
    await vendor.ask()
    signed = caught[0]
    answer = await vendor.client.request(
        signed.method, signed.url, headers=signed.headers, content=b"x"
    )
    assert answer.json()["Code"] == "SignatureDoesNotMatch"
