"""tencent:ingest: TRTC stream ingest, an online stream that is played into a room.

A task id is opaque: about 100 characters, which may begin with "-" and hold "+".
"""

from __future__ import annotations

from providers.operation import Effect, Gap, Kind, Operation, Verb
from providers.tencent.account import TRTC
from providers.tencent.ingest_reading import STATES, STATUS, VERSION, app_and_task, status

__all__ = ["INGEST"]

_STOP = Operation(
    verb=Verb.STOP,
    action="StopStreamIngest",
    version=VERSION,
    effect=Effect.ENDS,
    quota=20,
    parameters=app_and_task,
    page="https://www.tencentcloud.com/document/product/647/57834",
    does="ends the task for good; a new ingest has a new task id",
    warning="It ends for good: this task id cannot be used again.",
    permission="trtc:StopStreamIngest",
    already={"FailedOperation.TaskFinished": "had already ended"},
)

INGEST = Kind(
    provider="tencent",
    name="ingest",
    service=TRTC,
    aliases=("trtc",),
    title="TRTC stream ingest",
    noun="task",
    example="1234",
    console="the Tencent TRTC console",
    operations=(STATUS, _STOP),
    regions=("ap-bangkok", "ap-jakarta", "ap-mumbai", "ap-singapore"),
    needs_app=True,
    gaps={
        Verb.RESTART: Gap(
            "TRTC stream ingest has no restart. Nearest: stop, which ends this task for good.",
            "A stopped ingest cannot be started again: a new one has a new task id and needs a "
            "UserSig.",
            Verb.STOP,
        ),
        Verb.START: Gap(
            "TRTC stream ingest has no start here: a new ingest needs a UserSig, which this bot "
            "does not hold.",
            "Whoever runs the room starts a new one; it has a new task id.",
        ),
        Verb.DELETE: Gap(
            "TRTC stream ingest has no delete. Nearest: stop, which ends this task for good.",
            "An ended task needs no delete.",
            Verb.STOP,
        ),
        Verb.LIST: Gap(
            "TRTC has no list; status needs the id.",
            "The id was given when the task started.",
            Verb.STATUS,
        ),
    },
    states=STATES,
    status=status,
)
