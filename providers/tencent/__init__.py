"""Tencent Cloud: live pull stream tasks (CSS) and TRTC stream ingest."""

from __future__ import annotations

from providers.provider import Provider
from providers.tencent.account import LIVE, TRTC, TencentAccount
from providers.tencent.errors import LIVE_FAULTS, TRTC_FAULTS
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PULL
from providers.tencent.pull_reading import LIST
from providers.tencent.simulator import TencentSimulator
from providers.tencent.wire import TencentWire

__all__ = ["PROVIDER"]

PROVIDER = Provider(
    name="tencent",
    title="Tencent",
    account=TencentAccount,
    kinds=(PULL, INGEST),
    wire=TencentWire(),
    faults={LIVE: LIVE_FAULTS, TRTC: TRTC_FAULTS},
    simulator=TencentSimulator,
    probe=LIST,
)
