"""Volcengine: recordings of pulled live streams, and relays that push them elsewhere."""

from __future__ import annotations

from providers.provider import Provider
from providers.volcengine.account import LIVE, VolcengineAccount
from providers.volcengine.errors import LIVE_FAULTS
from providers.volcengine.record import RECORD
from providers.volcengine.record_reading import LIST
from providers.volcengine.relay import RELAY
from providers.volcengine.simulator import VolcengineSimulator
from providers.volcengine.wire import VolcengineWire

__all__ = ["PROVIDER"]

PROVIDER = Provider(
    name="volcengine",
    title="Volcengine",
    account=VolcengineAccount,
    kinds=(RECORD, RELAY),
    wire=VolcengineWire(),
    faults={LIVE: LIVE_FAULTS},
    simulator=VolcengineSimulator,
    probe=LIST,
)
