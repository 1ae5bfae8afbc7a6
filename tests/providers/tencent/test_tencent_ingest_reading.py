"""How a TRTC stream ingest is read: one call, two documented words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from providers.errors import Refused
from providers.facts import Facts, TaskState
from providers.operation import Ask, Task
from providers.tencent.errors import TRTC_FAULTS
from providers.tencent.ingest import INGEST
from providers.tencent.ingest_reading import STATES, STATUS, status

if TYPE_CHECKING:
    from tests.providers.tencent.conftest import Vendor

TASK = Task("-gC+x", "ap-singapore", 14)


def _read(answer: Mapping[str, object] | Refused) -> Facts:
    reading = status(TASK)
    assert next(reading) == Ask(STATUS)
    send = reading.throw if isinstance(answer, Refused) else reading.send
    with pytest.raises(StopIteration) as found:
        send(answer)  # type: ignore[arg-type]  # each takes what the line above chose it for
    facts = found.value.value
    assert isinstance(facts, Facts)
    return facts


def _refused(code: str) -> Refused:
    return Refused(TRTC_FAULTS.lookup(code), code=code)


WORDS = {
    "InProgress": TaskState.RUNNING,
    "NotExist": TaskState.NOT_FOUND,
    "Paused": TaskState.UNKNOWN,
}


@pytest.mark.parametrize("word", WORDS)
def test_a_state_is_the_vendors_word(word: str) -> None:
    """Each documented word has its state; another one is unknown and shown as it is."""
    facts = _read({"Status": word})
    assert (facts.id, facts.state, facts.word) == ("-gC+x", WORDS[word], word)
    assert facts.settings == {"Status": word}


def test_every_documented_word_has_a_row() -> None:
    """The vendor's page has two."""
    assert INGEST.states == STATES == {word: WORDS[word] for word in ("InProgress", "NotExist")}


@pytest.mark.parametrize("told", [{}, {"Status": None}, {"Status": 1}, {"Status": " "}])
def test_an_answer_without_a_word_is_not_a_state(told: dict[str, object]) -> None:
    """Never "not found": a ValueError."""
    with pytest.raises(ValueError, match="the answer has no Status"):
        _read(told)


@pytest.mark.parametrize("code", ["FailedOperation.TaskNotExist", "ResourceNotFound.TaskNotFound"])
def test_a_code_of_not_found_means_not_found(code: str) -> None:
    """Where the vendor says so by a code instead of its word."""
    assert _read(_refused(code)) == Facts.not_found("-gC+x")


@pytest.mark.parametrize("code", ["InvalidParameter.TaskId", "UnauthorizedOperation"])
def test_any_other_refusal_is_told(code: str) -> None:
    """An id that TRTC does not take is not a task that has ended."""
    with pytest.raises(Refused, match=code):
        _read(_refused(code))


async def test_a_stop_is_seen(vendor: Vendor) -> None:
    """Through the client: in progress, and after the stop not there."""
    assert (await vendor.status(INGEST, TASK)).state is TaskState.RUNNING
    parameters = {"SdkAppId": 14, "TaskId": "-gC+x"}
    assert await vendor.code("StopStreamIngest", parameters, service="trtc") == ""
    ended = await vendor.status(INGEST, TASK)
    assert (ended.state, ended.word) == (TaskState.NOT_FOUND, "NotExist")


@pytest.mark.parametrize(
    "task",
    [
        Task("-gC+y", "ap-singapore", 14),
        Task("-gC+x", "ap-singapore", 15),
        Task("-gC+x", "ap-mumbai", 14),
    ],
)
async def test_another_task_is_not_found(vendor: Vendor, task: Task) -> None:
    """Id, app and region name a task together; TRTC says NotExist for any that is not there."""
    assert (await vendor.status(INGEST, task)).word == "NotExist"
