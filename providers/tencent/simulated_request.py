"""What a request to the simulator has to be: headers, and parameters by name and JSON type.

Written down apart from what the client sends, because this is what checks it. Names and types as
on the vendor's pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from providers.operation import Kind, Operation
from providers.simulator import Request, SimulatorFault
from providers.tencent.ingest import INGEST
from providers.tencent.pull import PULL

__all__ = ["API", "api", "check", "missing", "number", "parameters_of"]

API: Mapping[str, tuple[Kind, Operation]] = {
    operation.action: (kind, operation) for kind in (PULL, INGEST) for operation in kind.operations
}

_TASK_AND_OPERATOR = {"TaskId": str, "Operator": str}
_APP_AND_TASK = {"SdkAppId": int, "TaskId": str}
_REQUIRED: Mapping[str, Mapping[str, type]] = {
    "DescribeLivePullStreamTasks": {},
    "DescribeLivePullStreamTaskStatus": {"TaskId": str},
    "RestartLivePullStreamTask": _TASK_AND_OPERATOR,
    "ModifyLivePullStreamTask": _TASK_AND_OPERATOR,
    "DeleteLivePullStreamTask": _TASK_AND_OPERATOR,
    "DescribeStreamIngest": _APP_AND_TASK,
    "StopStreamIngest": _APP_AND_TASK,
}
_OPTIONAL: Mapping[str, Mapping[str, type]] = {
    "DescribeLivePullStreamTasks": {
        "TaskId": str,
        "SpecifyTaskId": str,
        "PageNum": int,
        "PageSize": int,
    },
    "DeleteLivePullStreamTask": {"SpecifyTaskId": str},
    "ModifyLivePullStreamTask": {
        **dict.fromkeys(("SourceUrls", "CallbackEvents", "WatermarkList"), list),
        **dict.fromkeys(("VodLoopTimes", "FileIndex", "OffsetTime", "VodLocalMode"), int),
        **dict.fromkeys(("StartTime", "EndTime", "Status", "Comment", "SpecifyTaskId"), str),
        **dict.fromkeys(("ToUrl", "BackupToUrl", "CallbackUrl", "BackupVodUrl"), str),
        **dict.fromkeys(("BackupSourceType", "BackupSourceUrl", "VodRefreshType"), str),
    },
}


def api(request: Request, *, without: str = "") -> tuple[Kind, Operation]:
    """The API that the request names. Raises SimulatorFault, also for the one left out."""
    action = request.headers.get("x-tc-action", "")
    if action not in API or action == without:
        raise SimulatorFault("InvalidAction", f"The request action=`{action}` is invalid.")
    return API[action]


def parameters_of(request: Request) -> dict[str, object] | None:
    """The body's JSON object; None where it is not one."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def check(request: Request, kind: Kind, operation: Operation) -> None:
    """Raises SimulatorFault."""
    _check_headers(request, operation)
    parameters = parameters_of(request)
    if parameters is None:
        code = "InvalidParameter" if kind is PULL else "InvalidParameter.BodyParamsError"
        raise SimulatorFault(code, "Failed to parse body parameters.")
    required = _REQUIRED[operation.action]
    known = {**required, **_OPTIONAL.get(operation.action, {})}
    for name in required:
        if name not in parameters:
            raise missing(name, operation.action)
    for name, value in parameters.items():
        if name not in known:
            raise SimulatorFault("UnknownParameter", f"The parameter `{name}` is not recognized.")
        if type(value) is not known[name]:  # to the letter: true is no integer, "1" neither
            raise SimulatorFault("InvalidParameter", f"The type of `{name}` is not valid.")


def _check_headers(request: Request, operation: Operation) -> None:
    if request.method != "POST" or request.path != "/":
        raise SimulatorFault("UnsupportedProtocol", "Only POST to / is simulated.")
    if request.headers["content-type"] != "application/json":
        raise SimulatorFault("InvalidRequest", "The content-type is not application/json.")
    if request.headers.get("x-tc-version") != operation.version:
        raise SimulatorFault("NoSuchVersion", "The API version does not exist.")
    if not request.headers.get("x-tc-region"):
        raise missing("Region")


def number(parameters: Mapping[str, object], name: str, usual: int, most: int = 2**31 - 1) -> int:
    """A page's number or size. Raises SimulatorFault."""
    value = parameters.get(name, usual)
    if not isinstance(value, int) or not 1 <= value <= most:
        raise SimulatorFault("InvalidParameterValue", f"The value of `{name}` is not valid.")
    return value


def missing(name: str, action: str = "") -> SimulatorFault:
    """The status of an ingest has a code of its own for each parameter."""
    code = f"MissingParameter.{name}" if action == "DescribeStreamIngest" else "MissingParameter"
    return SimulatorFault(code, f"The request is missing a required parameter `{name}`.")
