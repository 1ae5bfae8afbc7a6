"""A look at an account ends in one finding: bad or not, and what to do about it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.probes import Finding, Probes
from bot.settings import Settings, load
from providers.catalogue import discover
from providers.client import Client
from providers.provider import Provider
from providers.simulator import Incident, SimulatedTask, Simulator
from tests.providers.vendor import evil_vendor, http

CATALOGUE = discover()
PROVIDERS = CATALOGUE.providers
KEYS = {"KEY_ID": "AKIDEXAMPLE", "KEY": "examplesecret"}
NOW = 1735689600.0


def _settings(
    urls: Mapping[str, str], environ: Mapping[str, str] = KEYS, region: str = ""
) -> Settings:
    """One account for each vendor, with all its services at one address."""
    tables = []
    for name, url in urls.items():
        hosts = ", ".join(f'{service} = "{url}"' for service in PROVIDERS[name].account.hosts)
        tables.append(
            f'[accounts.{name}-prod]\nprovider = "{name}"\nregion = "{region}"\n'
            f'access_key_id = "env:KEY_ID"\naccess_key_secret = "env:KEY"\n'
            f"endpoints = {{ {hosts} }}\n"
        )
    return load(None, environ, CATALOGUE, text="\n".join(tables))


@asynccontextmanager
async def _probes(
    settings: Settings, now: Callable[[], float] = lambda: NOW
) -> AsyncIterator[Probes]:
    client = Client(CATALOGUE, timeout=5.0, now=now)
    try:
        yield Probes(settings, CATALOGUE, client)
    finally:
        await client.close()


@dataclass
class Stand:
    """One vendor on loopback, and a look at the account that is there.

    ahead: what the bot's clock is ahead of the vendor's, in seconds.
    """

    provider: Provider
    simulator: Simulator
    environ: dict[str, str] = field(default_factory=lambda: dict(KEYS))
    region: str = ""
    ahead: float = 0.0

    async def look(self) -> Finding:
        """The one finding of one look."""
        settings = _settings({self.provider.name: self.simulator.url}, self.environ, self.region)
        async with _probes(settings, lambda: NOW + self.ahead) as probes:
            (finding,) = await probes.look()
        assert finding.account == f"{self.provider.name}-prod"
        assert KEYS["KEY"] not in finding.says
        return finding

    @property
    def where(self) -> str:
        """The vendor's name and host, as a finding has them."""
        return f"{self.provider.title}, {self.simulator.url.removeprefix('http://')}"


@pytest.fixture(params=sorted(PROVIDERS))
async def stand(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """Each vendor in turn, with a task and a key that it knows."""
    async with _standing(request.param) as stand:
        yield stand


@asynccontextmanager
async def _standing(name: str) -> AsyncIterator[Stand]:
    provider = PROVIDERS[name]
    simulator = provider.simulator()
    simulator._now = lambda: NOW
    simulator.add_account(KEYS["KEY_ID"], KEYS["KEY"])
    simulator.add_task(SimulatedTask(kind=provider.kinds[0].name, id="1"))
    async with simulator:
        yield Stand(provider, simulator)


async def test_a_key_that_is_accepted(stand: Stand) -> None:
    """By one harmless read, which the vendor carries out."""
    assert await stand.look() == Finding(
        f"{stand.provider.name}-prod", False, f"the key is accepted ({stand.where})"
    )
    (seen,) = stand.simulator.requests
    assert (seen.action, seen.verdict) == (stand.provider.probe.action, "ok")


@pytest.mark.parametrize(
    ("region", "asked"), [("", "ap-southeast-1"), ("cn-beijing", "cn-beijing")]
)
async def test_an_account_without_a_region_is_looked_at_in_a_real_one(
    region: str, asked: str
) -> None:
    """Alibaba has no default: the first that it has published, where the account names none."""
    async with _standing("alibaba") as stand:
        stand.region = region
        assert not (await stand.look()).bad
        assert stand.simulator.requests[0].parameters["Region"] == asked


REFUSED_BY_CODE = {
    "tencent": "AuthFailure.SecretIdNotFound",
    "alibaba": "InvalidAccessKeyId.NotFound",
    "volcengine": "InvalidAccessKey",
}


async def test_a_key_that_the_vendor_does_not_know(stand: Stand) -> None:
    """The vendor's own code, whose key it is, and who replaces it."""
    stand.environ["KEY_ID"] = "AKIDOTHER"
    finding = await stand.look()
    assert finding.bad
    assert finding.says.startswith(
        f"{stand.where} refused ({REFUSED_BY_CODE[stand.provider.name]}: "
    )
    assert f"key for account {stand.provider.name}-prod" in finding.says
    assert finding.says.endswith("Next: bot operator replaces it and runs stream-bot check.")


async def test_a_secret_that_is_not_the_keys(stand: Stand) -> None:
    """Half a key is no key."""
    stand.environ["KEY"] = "othersecret"
    finding = await stand.look()
    assert finding.bad
    assert finding.says.endswith("Next: bot operator replaces it and runs stream-bot check.")


@pytest.mark.parametrize("missing", ["KEY_ID", "KEY"])
async def test_a_key_that_is_not_there(stand: Stand, missing: str) -> None:
    """The place where it was looked for; the vendor is not asked."""
    del stand.environ[missing]
    finding = await stand.look()
    assert finding == Finding(
        f"{stand.provider.name}-prod",
        True,
        f"there is no key: env:{missing} is not set. "
        "Next: bot operator sets the key and runs stream-bot check.",
    )
    assert stand.simulator.requests == []


async def test_a_key_without_the_permission(stand: Stand) -> None:
    """The permission is named as the vendor calls it."""
    stand.simulator.play(Incident.PERMISSION)
    finding = await stand.look()
    assert finding.bad
    assert f"grants {stand.provider.probe.permission} to the bot's key." in finding.says


async def test_an_account_in_arrears(stand: Stand) -> None:
    """The account's owner is sent for, not the bot's operator."""
    stand.simulator.play(Incident.ARREARS)
    finding = await stand.look()
    assert finding.bad
    assert "Next: account owner " in finding.says


@pytest.mark.parametrize(("ahead", "direction"), [(-600.0, "slow"), (600.0, "fast")])
async def test_a_clock_that_is_ten_minutes_off(stand: Stand, ahead: float, direction: str) -> None:
    """Told with its direction, whether the vendor refused for it (beyond five minutes, Tencent) or
    still took it (up to fifteen, the others)."""
    stand.ahead = ahead
    finding = await stand.look()
    assert finding.bad
    assert f"This machine's clock is 600 s {direction}: set it (NTP)." in finding.says
    refused = stand.simulator.requests[0].verdict != "ok"
    assert refused is (stand.simulator.clock_skew < 600)
    assert ("refused the time" in finding.says) is refused
    assert ("The key is accepted" in finding.says) is not refused


async def test_a_clock_that_is_a_little_off_is_nobodys_business(stand: Stand) -> None:
    """Vendors allow minutes."""
    stand.ahead = 30.0
    assert not (await stand.look()).bad


async def test_a_vendor_that_refuses_the_connection(stand: Stand) -> None:
    """What can be wrong on our side of the line."""
    await stand.simulator.stop()
    finding = await stand.look()
    assert finding == Finding(
        f"{stand.provider.name}-prod",
        True,
        f"nothing reached {stand.where}: the connection was refused or could not be made. "
        "Next: check the account's endpoints, the network and network.proxy.",
    )


async def test_a_page_of_html(stand: Stand) -> None:
    """Something is there that is not the vendor: a gateway, or a wrong address."""
    stand.simulator.play(Incident.GATEWAY)
    finding = await stand.look()
    assert finding == Finding(
        f"{stand.provider.name}-prod",
        True,
        f"no readable answer from {stand.where}: HTTP 502, not in the vendor's form. "
        "Next: check the account's endpoints and network.proxy; if they are right, run stream-bot "
        "check in a minute.",
    )


@pytest.mark.parametrize("incident", [Incident.THROTTLE, Incident.INTERNAL])
async def test_an_answer_to_another_question_is_no_fault(stand: Stand, incident: Incident) -> None:
    """A busy or ill vendor says nothing of the key; that is told, and nobody is sent to mend it."""
    stand.simulator.play(incident)
    finding = await stand.look()
    assert not finding.bad
    assert f"({stand.simulator.requests[0].verdict}: " in finding.says
    assert "the key is not proved. Next: run stream-bot check in a minute" in finding.says


async def test_a_clock_that_the_vendor_refuses_without_telling_its_own() -> None:
    """Without a Date there is no number; the next step is the same."""
    error = b'{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"late"}}}'
    async with (
        evil_vendor(http(error)) as vendor,
        _probes(_settings({"tencent": vendor.url})) as probes,
    ):
        (finding,) = await probes.look()
    assert finding.bad
    assert finding.says.endswith("Next: bot operator sets the clock (NTP).")


async def test_a_fault_of_one_account_is_logged_and_the_others_are_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At the start of the bot: one line for each account that does not work, none for the rest."""
    async with _standing("alibaba") as stand:
        urls = dict.fromkeys(("alibaba", "tencent"), stand.simulator.url)  # no Tencent is there
        with caplog.at_level(logging.WARNING, logger="bot.probes"):
            async with _probes(_settings(urls)) as probes:
                await probes.warn()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("account tencent-prod: no readable answer from Tencent, ")
