"""What Volcengine's simulator tells of its tasks: rows with the fields of the vendor's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from providers.simulator import SimulatedTask, page_of
from providers.volcengine.simulated_faults import fault

__all__ = ["NAMED_FILTERS", "number_in", "paged", "recording", "recordings", "relay", "relays"]

Row = dict[str, object]
Tasks = Sequence[SimulatedTask]

NAMED_FILTERS = ("Vhost", "Domain", "App", "Stream")
"""Optional parameters of the recordings' list, and fields of what is listed."""


def recording(task: SimulatedTask) -> Row:
    """A recording, in its list and alone."""
    return task.told(
        {
            "TaskId": task.id,
            "StartTime": "2025-01-01T00:00:00Z",
            "EndTime": "2025-01-07T00:00:00Z",
            "Vhost": "push.example.com",
            "Domain": "push.example.com",
            "App": "live",
            "Stream": task.name or task.id,
            "Status": task.state,
        }
    )


def relay(task: SimulatedTask) -> Row:
    """A relay of a live stream, as it is listed."""
    return task.told(
        {
            "Title": task.name,
            "TaskId": task.id,
            "StartTime": "2025-01-01T08:00:00+08:00",
            "EndTime": "2025-01-07T08:00:00+08:00",
            "CallbackURL": "",
            "Type": 0,
            "CycleMode": 0,
            "PlayTimes": 0,
            "DstAddr": "rtmp://push.example.com/live/examplestreamkey?volcSecret=examplekey",
            "SrcAddr": "https://pull.example.com/live/source.flv?auth_key=examplekey",
            "SrcAddrS": [],
            "VodSrcAddrs": [],
            "Status": task.state,
            "DstAddrType": 2,
            "PreDownload": 0,
            "ContinueStrategy": 0,
            "GroupName": "default",  # of a relay that was made without one
        }
    )


def recordings(kept: Tasks, parameters: Mapping[str, object]) -> Tasks:
    """Those that the filters let through, each to the letter; an empty filter lets all."""
    wanted = {name: parameters[name] for name in NAMED_FILTERS if parameters.get(name)}
    return [task for task in kept if wanted.items() <= recording(task).items()]


def relays(kept: Tasks, parameters: Mapping[str, object]) -> Tasks:
    """Those whose title has the wanted words in it, in any case, and whose group is wanted."""
    title = str(parameters.get("Title", "")).casefold()
    groups = parameters.get("GroupNames")
    return [
        task
        for task in kept
        if title in str(relay(task)["Title"]).casefold()
        and (not isinstance(groups, list) or not groups or relay(task)["GroupName"] in groups)
    ]


def paged(
    found: Tasks, told: Callable[[SimulatedTask], Row], number: int, size: int
) -> dict[str, object]:
    """One page, each task as `told`, and its Pagination."""
    shown, pages = page_of(found, number, size)
    return {
        "List": [told(task) for task in shown],
        "Pagination": {
            "PageCur": number,
            "PageSize": size,
            "PageTotal": pages,
            "TotalCount": len(found),
        },
    }


def number_in(
    parameters: Mapping[str, object], name: str, usual: int, most: int = 2**31 - 1
) -> int:
    """A parameter that counts, from 1 to `most`. Raises SimulatorFault."""
    value = parameters.get(name, usual)
    if not isinstance(value, int) or not 1 <= value <= most:
        raise fault("InvalidParam")
    return value
