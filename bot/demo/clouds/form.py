"""The JSON of the clouds' API: what it tells, and what it can be asked. Pure.

`bot.demo.clouds.api` says under which addresses. Every text that is told is bounded, and holds no
secret; whatever is asked is refused as a whole if one field is wrong or not known.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from providers.simulator import Incident

__all__ = [
    "AddTask",
    "Calm",
    "ChangeState",
    "CloudState",
    "Clouds",
    "Play",
    "PlayableIncident",
    "Quota",
    "RequestSeen",
    "TaskState",
    "mistakes",
]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Quota(_Told):
    """How much of an action's quota is used.

    limit: calls a second that the vendor allows one key; used: those of the busiest key in the
    last second, refused ones too.
    """

    action: str
    limit: int
    used: int


class TaskState(_Told):
    """A task as of now. state: the vendor's own word; means: the same in plain English, or ""."""

    kind: str
    id: str
    region: str
    app: int | None
    name: str
    state: str
    means: str


class RequestSeen(_Told):
    """One request in the vendor's book.

    at: UTC, to the millisecond. key: the beginning of the access key id. signature: "ok" once the
    key, the time and the signature were believed; "refused" if that was not reached. verdict: "ok",
    or the error code that was answered. used, limit: the action's calls in the second before,
    this one included, of how many. answer: "sent", or the incident that kept it from the caller.
    """

    at: str
    action: str
    parameters: dict[str, str]
    request_id: str
    key: str
    signature: Literal["ok", "refused"]
    verdict: str
    used: int
    limit: int
    answer: str


class CloudState(_Told):
    """One vendor. keys: the beginnings of the access key ids it accepts.

    quotas: of what changes tasks, and of the reads of the last minute. requests: newest first; of
    reads that are alike only the newest.
    incidents: what is played now, and how many times more; null: until it is calmed.
    """

    name: str
    title: str
    url: str
    keys: list[str]
    quotas: list[Quota]
    tasks: list[TaskState]
    requests: list[RequestSeen]
    incidents: dict[Incident, int | None]


class Clouds(_Told):
    """All vendors, or those that have changed."""

    clouds: list[CloudState]


class PlayableIncident(_Told):
    """What can be played. title: a few words; about: a sentence."""

    incident: Incident
    title: str
    about: str


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


# By its value, which is all that JSON can carry; strict mode would want the member itself.
_AnIncident = Annotated[Incident, Field(strict=False)]
_Region = Annotated[str, Field(pattern=r"\A[A-Za-z0-9-]{0,40}\z")]
_State = Annotated[str, Field(max_length=40)]


class Play(_Asked):
    """Play an incident at one cloud, or at all of them (null).

    times: at how many requests; null: until it is calmed.
    """

    cloud: str | None
    incident: _AnIncident
    times: int | None = Field(default=None, ge=1, le=1000)


class Calm(_Asked):
    """End one incident or all of them (null), at one cloud or at all of them (null)."""

    cloud: str | None
    incident: _AnIncident | None = None


class ChangeState(_Asked):
    """A state that a task comes to by itself, after so many seconds."""

    state: _State = Field(min_length=1)
    after: float = Field(ge=0, le=3600, allow_inf_nan=False)


class AddTask(_Asked):
    """A task to keep; one of the same kind and id makes room for it.

    region: "" for every region; app: for the kinds that have one; state: a word of the vendor,
    "" for running; then: what becomes of it.
    """

    cloud: str
    kind: str
    id: str = Field(pattern=r"\A[!-~]{1,200}\z")  # visible ASCII, without spaces
    region: _Region = ""
    app: int | None = Field(default=None, ge=1, lt=2**32)
    name: str = Field(default="", max_length=100)
    state: _State = ""
    then: ChangeState | None = None


def mistakes(error: ValidationError) -> str:
    """What is wrong with a request: field and reason of each fault, and never a value."""
    return "; ".join(
        f"{'.'.join(str(part)[:40] for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)[:10]
    )
