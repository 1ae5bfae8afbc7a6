"""Incidents and task states in plain English. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from providers.simulator import Incident

__all__ = ["MEANINGS", "TITLES"]

TITLES: Mapping[Incident, str] = {
    Incident.THROTTLE: "Throttled",
    Incident.ARREARS: "Account in arrears",
    Incident.PERMISSION: "Permission refused",
    Incident.WRONG_KEYS: "Wrong keys",
    Incident.CLOCK: "Clock off ten minutes",
    Incident.INTERNAL: "Internal error",
    Incident.SLOW: "Slow answers",
    Incident.HANG: "Hangs after accepting",
    Incident.DROP: "Drops the connection",
    Incident.GATEWAY: "Gateway HTML",
    Incident.NOT_BACK: "Stream stays down",
}
"""What the switches say; `bot.demo.words.INCIDENTS` has the sentence below each."""

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "tencent:pull": {"active": "running", "inactive": "not running", "pause": "stopped"},
    "tencent:ingest": {"InProgress": "running", "NotExist": "ended"},
    "alibaba:relay": {
        "0": "waiting to start",
        "1": "running",
        "2": "degraded",
        "3": "stopped",
        "-1": "ended",
    },
    "volcengine:record": {
        "未开始": "waiting to start",
        "生效中": "running",
        "停用": "stopped",
        "已结束": "ended",
    },
}
"""Kind -> the vendor's own word for a state -> what it means. A kind that is missing here is shown
in the vendor's words alone."""
