"""Alibaba Cloud: live pull-to-push relays (ApsaraVideo Live)."""

from __future__ import annotations

from providers.alibaba.account import LIVE, AlibabaAccount
from providers.alibaba.errors import LIVE_FAULTS
from providers.alibaba.relay import RELAY
from providers.alibaba.relay_reading import LIST
from providers.alibaba.simulator import AlibabaSimulator
from providers.alibaba.wire import AlibabaWire
from providers.provider import Provider

__all__ = ["PROVIDER"]

PROVIDER = Provider(
    name="alibaba",
    title="Alibaba",
    account=AlibabaAccount,
    kinds=(RELAY,),
    wire=AlibabaWire(),
    faults={LIVE: LIVE_FAULTS},
    simulator=AlibabaSimulator,
    probe=LIST,
)
