"""Volcengine: recordings of pulled live streams."""

from __future__ import annotations

from providers.provider import Provider
from providers.volcengine.account import LIVE, VolcengineAccount
from providers.volcengine.errors import LIVE_FAULTS
from providers.volcengine.record import PROBE, RECORD
from providers.volcengine.simulator import VolcengineSimulator
from providers.volcengine.wire import VolcengineWire

__all__ = ["PROVIDER"]

PROVIDER = Provider(
    name="volcengine",
    title="Volcengine",
    account=VolcengineAccount,
    kinds=(RECORD,),
    wire=VolcengineWire(),
    faults={LIVE: LIVE_FAULTS},
    simulator=VolcengineSimulator,
    probe=PROBE,
)
