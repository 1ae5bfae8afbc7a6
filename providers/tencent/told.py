"""What the simulator tells of a pull task, field by field as on the vendor's pages.

The addresses carry a key and a signature, so that whoever reads them shows that it hides them.
"""

from __future__ import annotations

from datetime import UTC, datetime

from providers.simulator import SimulatedTask

__all__ = ["SEEN_AT", "info_of", "recent_pull_of", "status_of", "updated", "utc"]

SEEN_AT = "seen_at"
"""Fact of a task that does not run: when it was last seen, in seconds since the epoch."""

_MADE = "2025-01-01T00:00:00Z"
_SIGNED = "txSecret=examplekey&txTime=7FFFFFFF"


def utc(seconds: float) -> str:
    """A time as the vendor writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def updated(task: SimulatedTask) -> str:
    """When somebody changed it last; what the list is sorted by."""
    return str(task.facts.get("UpdateTime", _MADE))


def info_of(task: SimulatedTask) -> dict[str, object]:
    """A task as it is listed. Whether it runs is not in the list, only whether it is paused."""
    return task.told(
        {
            "TaskId": task.id,
            "SourceType": "PullLivePushLive",
            "SourceUrls": [f"https://pull.example.com/live/examplekey.flv?{_SIGNED}"],
            "DomainName": "push.example.com",
            "AppName": "live",
            "StreamName": f"{task.id}-examplekey",
            "PushArgs": _SIGNED,
            "StartTime": _MADE,
            "EndTime": "2025-01-07T00:00:00Z",
            "Region": task.region,
            "VodLoopTimes": 0,
            "VodRefreshType": "",
            "CreateTime": _MADE,
            "UpdateTime": _MADE,
            "CreateBy": "admin",
            "UpdateBy": "admin",
            "CallbackUrl": "",
            "CallbackEvents": [],
            "Status": "pause" if task.state == "pause" else "enable",
            "Comment": task.name,
            "BackupSourceType": "",
            "BackupSourceUrl": "",
            "BackupToUrl": "",
            "VodLocalMode": 0,
        }
    )


def recent_pull_of(task: SimulatedTask, now: float) -> dict[str, object]:
    """What it pulled last; told only of a single task."""
    usual = {"FileUrl": _source(task), "OffsetTime": 0, "LoopedTimes": 0}
    return task.told({"RecentPullInfo": {**usual, "ReportTime": _reported(task, now)}})


def status_of(task: SimulatedTask, now: float) -> dict[str, object]:
    """Whether it runs. A paused task does not; it has no word of its own here."""
    return task.told(
        {
            "FileUrl": _source(task),
            "LoopedTimes": 0,
            "OffsetTime": 0,
            "ReportTime": _reported(task, now),
            "RunStatus": "active" if task.state == "active" else "inactive",
            "FileDuration": 0,
            "NextFileUrl": "",
        }
    )


def _source(task: SimulatedTask) -> object:
    addresses = info_of(task)["SourceUrls"]
    return addresses[0] if isinstance(addresses, list) and addresses else ""


def _reported(task: SimulatedTask, now: float) -> str:
    """A running task reports all the time; one that does not run, when it last did."""
    seen_at = now if task.state == "active" else task.facts.get(SEEN_AT)
    return utc(seen_at) if isinstance(seen_at, int | float) else ""
