"""Stories: what on-call people type, and what the channel shows. Each runs on both transports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.stage import ALIBABA_TASK, RECORDING, TRTC_TASK, Stage, playing


@pytest.fixture(params=["socket", "http"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing(tmp_path, request.param) as built:
        yield built


async def test_restart_ends_with_the_request_id(stage: Stage) -> None:
    """`/stream restart tencent 123`: acked at once, one message, which ends with the RequestId."""
    receipt = await stage.ann("restart tencent 123")
    assert receipt.acked
    assert receipt.shown == ""
    assert receipt.milliseconds < 1000
    message = await stage.message("Accepted:")
    assert "@ann" in message.text
    (seen,) = [s for s in stage.tencent.requests if s.action == "RestartLivePullStreamTask"]
    assert seen.parameters == {"TaskId": "123", "Operator": "slack:U123"}
    assert message.text.endswith(f"RequestId {seen.request_id}")
    assert len(stage.slack.messages("#incidents")) == 1
