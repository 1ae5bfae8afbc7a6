"""Acme: feeds. The smallest vendor that has everything; Acme and its API are made up."""

from __future__ import annotations

from providers.provider import Provider

from .account import FEEDS, AcmeAccount
from .errors import FAULTS
from .feed import FEED, LIST
from .simulator import AcmeSimulator
from .wire import AcmeWire

__all__ = ["PROVIDER"]

PROVIDER = Provider(
    name="acme",
    title="Acme",
    account=AcmeAccount,
    kinds=(FEED,),
    wire=AcmeWire(),
    faults={FEEDS: FAULTS},
    simulator=AcmeSimulator,
    probe=LIST,
)
