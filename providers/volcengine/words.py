"""Volcengine's words for the state of a task, which are the same for recordings and relays.

Sources: the field `Status` at https://www.volcengine.com/docs/6469/1169938 and
https://www.volcengine.com/docs/6469/1327383
"""

from __future__ import annotations

from collections.abc import Mapping

from providers.facts import TaskState

__all__ = ["ENDED", "NOT_STARTED", "RUNNING", "STATES", "STOPPED"]

NOT_STARTED = "未开始"
RUNNING = "生效中"
STOPPED = "停用"
ENDED = "已结束"

STATES: Mapping[str, TaskState] = {
    NOT_STARTED: TaskState.WAITING,
    RUNNING: TaskState.RUNNING,
    STOPPED: TaskState.STOPPED,
    ENDED: TaskState.ENDED,
}
