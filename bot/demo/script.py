"""An incident as a script: who types what, which incident is played, what must be seen. TOML:

    title = "The account is in arrears"

    [[step]]
    play = "arrears"                # an incident (see /help in the terminal)
    cloud = "tencent"               # at this vendor; left out: at all
    times = 1                       # for so many requests; left out: until it is calm

    [[step]]
    who = "ann"                     # holds for the steps below as well; the first is ann
    channel = "incidents"           # likewise
    type = "/stream restart tencent 123"
    see = ["Refused", "ResourceNotFound.StopService"]   # one message that shows all of these
    within = 10                     # seconds; left out: 10

    [[step]]
    calm = true                     # ends every incident; with `cloud`: those of this vendor

    [[step]]
    who = "bob"
    press = "Restart task 777"      # a button of the newest card, by its label
    see = "Accepted"

    [[step]]                        # nothing is done here, it only looks: at what came since then,
    task = { cloud = "tencent", kind = "pull", id = "777", state = "running" }   # or at a task

A step does one thing at most (`play`, `type`, `press` or `calm`) and then waits until all of its
`see` and `task` are true. `see` is compared with what the terminal would show, to the letter, of
everything that was posted or edited since something was last done. A task's `state` is the vendor's
word or its meaning, or "gone". The script ends at the first step that does not come true.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from bot.demo.furniture import CHANNELS, PEOPLE
from providers.catalogue import discover
from providers.simulator import Incident

__all__ = ["Script", "ScriptError", "Step", "TaskSeen", "find_script", "read_script", "shipped"]

_SHIPPED = Path(__file__).parent / "scripts"
_LINE = Field(min_length=1, max_length=40_000)


class ScriptError(Exception):
    """A script that cannot be played. The text has one line for each fault."""


def _one_of(*known: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value not in known:
            raise ValueError(f"there are {', '.join(known)}")
        return value

    return BeforeValidator(check)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


_Cloud = Annotated[str, _one_of(*discover().providers)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TaskSeen(_Form):
    """A task that has to be in a state."""

    cloud: _Cloud
    kind: str
    id: str
    state: str


class Step(_Form):
    """Something that is done, then what has to be seen. within: seconds."""

    who: Annotated[str, _one_of(*(who.name for who in PEOPLE))] | None = None
    channel: Annotated[str, _one_of(*(room.name for room in CHANNELS))] | None = None
    play: Annotated[Incident, _one_of(*Incident)] | None = None
    cloud: _Cloud | None = None
    times: int | None = Field(default=None, ge=1)
    typed: Annotated[str, _LINE] | None = Field(default=None, alias="type")
    press: Annotated[str, _LINE] | None = None
    calm: Literal[True] | None = None
    see: Annotated[list[Annotated[str, _LINE]], BeforeValidator(_listed)] = []
    task: TaskSeen | None = None
    within: float = Field(default=10.0, gt=0, le=600)

    @property
    def acts(self) -> bool:
        """False for a step that only looks."""
        return any((self.play, self.typed, self.press, self.calm))

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(map(bool, (self.play, self.typed, self.press, self.calm))) > 1:
            raise ValueError("one step does one thing: play, type, press or calm")
        if not (self.acts or self.see or self.task):
            raise ValueError("nothing is done and nothing has to be seen")
        if self.cloud and not (self.play or self.calm):
            raise ValueError("cloud belongs to play or calm")
        if self.times and not self.play:
            raise ValueError("times belongs to play")
        return self


class Script(_Form):
    """A whole incident."""

    title: str = Field(min_length=1, max_length=200)
    step: list[Step] = Field(min_length=1)


def shipped() -> dict[str, Path]:
    """The scripts that come with the demo, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.toml"))}


def find_script(name: str) -> Path:
    """A file, or one of the scripts that come with the demo by its name."""
    path = Path(name)
    return path if path.exists() else shipped().get(name, path)


def read_script(path: Path) -> Script:
    """Raises ScriptError."""
    try:
        return Script.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScriptError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise ScriptError(
            "\n".join(f"{path}: {_told(f['loc'], f['msg'])}" for f in faults)
        ) from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise ScriptError(f"{path} is not TOML: {error}") from None


def _told(place: tuple[str | int, ...], says: str) -> str:
    """A fault with its place as people count: "step 2, press"."""
    says = says.removeprefix("Value error, ")
    match place:
        case ("step", int(index), *rest):
            place = (f"step {index + 1}", *rest)
    where = ", ".join(str(part) for part in place)
    return f"{where}: {says}" if where else says
