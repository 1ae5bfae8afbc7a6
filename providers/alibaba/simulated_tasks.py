"""What the simulator tells of its tasks, field by field as on the vendor's pages.

The addresses carry a key and a signature, so that whoever reads them shows that it hides them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from providers.simulator import SimulatedTask, SimulatorFault, page_of

__all__ = ["EXITED", "NOT_STARTED", "RUNNING", "STOPPED", "destination", "page", "told_of", "when"]

# The vendor's own words for a task's state (TaskStatus).
NOT_STARTED = "0"
RUNNING = "1"
STOPPED = "3"
EXITED = "-1"

_DAY = 86400.0
_SEARCHED = ("TaskId", "TaskName", "DstUrl")
"""Parameters of the list that find every task in which they occur, and fields of `TaskInfo`."""

_TOLD_ONLY = {STOPPED: ("TaskInvalidReason",), EXITED: ("TaskExitReason", "TaskExitTime")}
"""State -> what is told of a task in this state, and in no other."""


def told_of(task: SimulatedTask, now: float) -> dict[str, object]:
    """A task, in the list and alone."""
    usual = {
        "TaskId": task.id,
        "TaskStatus": int(task.state),
        "CurrentOffset": 0,
        "CurrentFileIndex": 0,
        "TaskInfo": _info(task, now),
    }
    only = _TOLD_ONLY.get(task.state, ())
    return task.told(usual) | {name: task.facts[name] for name in only if name in task.facts}


def page(
    tasks: Sequence[SimulatedTask], parameters: Mapping[str, object], now: float
) -> dict[str, object]:
    """A page of those tasks that are searched for. Raises SimulatorFault."""
    number = _number(parameters, "PageNumber", 1)
    size = _number(parameters, "PageSize", 10, most=100)
    wanted = [(name, str(parameters[name])) for name in _SEARCHED if name in parameters]
    found = [
        task for task in tasks if all(text in str(_info(task, now)[name]) for name, text in wanted)
    ]
    shown, _ = page_of(found, number, size)
    return {
        "PageNumber": number,
        "PageSize": size,
        "Total": len(found),
        "TaskList": [told_of(task, now) for task in shown],
    }


def when(task: SimulatedTask, name: str) -> float | None:
    """The task's own StartTime or EndTime in seconds since the epoch, if it has been given one."""
    try:
        return datetime.fromisoformat(str(task.facts.get(name))).timestamp()
    except ValueError:
        return None


def destination(task: SimulatedTask) -> str:
    """Where it pushes to, unless `facts` has another place."""
    return f"rtmp://push.example.com/live/{task.id}?txSecret=examplekey"


def _info(task: SimulatedTask, now: float) -> dict[str, object]:
    """How a task was set up; where it was not told otherwise, it runs for a week around today."""
    starts = (now // _DAY + (1 if task.state == NOT_STARTED else -1)) * _DAY
    return task.told(
        {
            "TaskId": task.id,
            "TaskName": task.name,
            "SourceType": "live",
            "SourceProtocol": "http-flv",
            "SourceUrls": ["https://pull.example.com/live/examplestream.flv?auth_key=examplekey"],
            "DstUrl": destination(task),
            "StartTime": _utc(starts),
            "EndTime": _utc(starts + 7 * _DAY),
            "RepeatNumber": 0,
            "RetryCount": 3,
            "RetryInterval": 60,
            "CallbackURL": "",
            "AuthKey": "examplekey",
        }
    )


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number(parameters: Mapping[str, object], name: str, usual: int, most: int = 2**31 - 1) -> int:
    """A parameter of the query that is a number. Raises SimulatorFault."""
    text = str(parameters.get(name, usual))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= most:
        raise SimulatorFault("InvalidParameter", f"The parameter {name} is not valid.", 400)
    return int(text)
