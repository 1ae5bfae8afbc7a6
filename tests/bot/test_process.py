"""The real process: started, killed, stopped, misconfigured. As an operator meets it."""

import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.sandbox import UPGRADE, Hold, Status
from bot.sandbox.socket_mode import Connection
from bot.screens import CONFIRM
from providers.simulator import Incident
from tests.bot.stage import ENVIRON, Stage, furnish

DELETE = "DeleteLivePullStreamTask"
RESTART = "RestartLivePullStreamTask"

LOG = '[log]\nlevel = "debug"\nformat = "text"\n'


class Process:
    """One run of `stream-bot`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []
        self._reading = [
            asyncio.create_task(self._read(stream))
            for stream in (process.stdout, process.stderr)
            if stream is not None
        ]

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.lines.append(line.decode())

    @property
    def output(self) -> str:
        return "".join(self.lines)

    async def ended(self) -> int:
        """Its exit status."""
        async with asyncio.timeout(20):
            status = await self._process.wait()
            await asyncio.gather(*self._reading)
        return status

    async def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send it a signal and wait."""
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.ended()


class Running(Stage):
    """A stage whose bot is a process of its own."""

    process: Process

    async def command(self, name: str, **environ: str) -> Process:
        """`stream-bot NAME --config ...` in a clean environment."""
        config = self.folder / "stream-bot.toml"
        config.write_text(self.config())
        app = self.slack.app
        clean = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_APP_TOKEN": app.app_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            **ENVIRON,
            **environ,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", name, "--config", str(config)),
            cwd=self.folder,
            env=clean,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return Process(process)

    async def run_bot(self, **environ: str) -> Process:
        """Start it and wait until Slack has its connection."""
        self.process = await self.command("run", **environ)
        try:
            await self.slack.wait_for(lambda: self.slack.sockets.connections, seconds=15)
        except TimeoutError:
            pytest.fail(self.process.output)
        return self.process


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Running]:
    built = Running(tmp_path, "socket", LOG)
    async with AsyncExitStack() as stack:
        for part in (built.slack, built.tencent, built.alibaba, built.volcengine):
            await stack.enter_async_context(part)
        furnish(built)
        yield built
        if hasattr(built, "process"):
            await built.process.end()


async def kept_in_the_journal(stage: Stage) -> None:
    """Until the bot has written down which message is whose."""
    async with asyncio.timeout(5):
        while True:
            journal = sqlite3.connect(f"file:{stage.folder}/stream-bot.db?mode=ro", uri=True)
            try:
                (owed,) = journal.execute(
                    "SELECT count(*) FROM operation WHERE message_ts IS NULL"
                ).fetchone()
            finally:
                journal.close()
            if not owed:
                return
            await asyncio.sleep(0.01)  # another process writes it; there is nothing to wait on


async def test_a_card_survives_a_kill(stage: Running) -> None:
    """Killed while a card waits: after the restart it still works, once."""
    bot = await stage.run_bot()
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    await kept_in_the_journal(stage)
    await bot.end(signal.SIGKILL)
    await stage.slack.wait_for(lambda: not stage.slack.sockets.connections)
    await stage.run_bot()
    await asyncio.gather(*(stage.slack.press("ann", card, CONFIRM, force=True) for _ in range(5)))
    message = await stage.message("Accepted:")
    assert message.ts == card.ts
    assert stage.calls(stage.tencent, DELETE) == 1


async def test_a_card_whose_post_was_not_yet_written_down_survives_a_kill(stage: Running) -> None:
    """It is posted again, marked as a repeat; either copy decides, once, and both end the same."""
    bot = await stage.run_bot()
    stage.slack.faults.play(Hold(), on="chat.postMessage", times=1)
    await stage.ann("delete tencent 456")
    first = await stage.message("Waiting for a yes:")
    await bot.end(signal.SIGKILL)
    await stage.slack.wait_for(lambda: not stage.slack.sockets.connections)
    await stage.run_bot()
    await stage.slack.wait_for(lambda: len(stage.slack.messages("#incidents")) == 2)
    second = stage.slack.messages("#incidents")[-1]
    assert "Repeat:" in second.screen
    await stage.slack.press("ann", first, CONFIRM)
    await stage.slack.wait_for(lambda: "Accepted" in first.text and "Accepted" in second.text)
    await stage.slack.press("ann", second, CONFIRM, force=True)
    await stage.hears("ann", "You said yes first")
    assert stage.calls(stage.tencent, DELETE) == 1


async def test_a_call_that_was_under_way_at_a_kill_is_unknown_and_not_repeated(
    stage: Running,
) -> None:
    """The channel's message is edited to the truth; the vendor is not called again."""
    bot = await stage.run_bot()
    stage.tencent.play(Incident.HANG, 1)
    await stage.ann("restart tencent 123")
    sending = await stage.message("Sending:")
    await kept_in_the_journal(stage)
    assert stage.calls(stage.tencent, RESTART) == 1
    await bot.end(signal.SIGKILL)
    await stage.slack.wait_for(lambda: not stage.slack.sockets.connections)
    await stage.run_bot()
    message = await stage.message("Unknown:")
    assert message.ts == sending.ts
    assert "bot stopped" in message.text
    assert await stage.slack.wait_for(lambda: stage.slack.thread(message))
    assert stage.calls(stage.tencent, RESTART) == 1
    assert len(stage.slack.messages("#incidents")) == 1


async def test_sigterm_finishes_what_is_under_way(stage: Running) -> None:
    """The call ends, the channel is told, then the process exits with 0."""
    bot = await stage.run_bot()
    stage.tencent.delay = 0.5
    stage.tencent.play(Incident.SLOW, 1)
    await stage.ann("restart tencent 123")
    await stage.message("Sending:")
    assert await bot.end(signal.SIGTERM) == 0
    (message,) = stage.slack.messages("#incidents")
    assert message.text.startswith("Accepted:")


async def test_no_secret_is_in_any_log(stage: Running) -> None:
    """At level debug, through a restart, a card, a refusal and a lost socket."""
    bot = await stage.run_bot()
    receipt = await stage.ann("restart tencent 123")
    await stage.message("Accepted:")
    await stage.ann("delete tencent 456")
    card = await stage.message("Waiting for a yes:")
    pressed = await stage.slack.press("ann", card, CONFIRM)
    await stage.slack.wait_for(lambda: card.text.startswith("Accepted:"))
    await bot.end(signal.SIGTERM)
    app = stage.slack.app
    secrets = [app.bot_token, app.app_token, app.signing_secret, *ENVIRON.values()]
    secrets += [receipt.trigger_id, receipt.response_url, pressed.response_url]
    for secret in secrets:
        assert secret not in bot.output
    assert not re.search(r"Signature=|ticket=|Authorization", bot.output)
    assert "request id" in bot.output, "it did log"


async def test_a_second_process_on_the_same_journal_is_refused(stage: Running) -> None:
    """One process at a time; the second says so and ends."""
    await stage.run_bot()
    second = await stage.command("run")
    assert await second.ended() == 1
    assert "in use by another stream-bot" in second.output


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("token", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_wrong_slack_token_is_named(stage: Running, command: str, token: str) -> None:
    """Which token, what Slack says, where to get the right one; a status that is not 0."""
    wrong = "xoxb-wrong" if token == "SLACK_BOT_TOKEN" else "xapp-wrong"
    process = await stage.command(command, **{token: wrong})
    assert await process.ended() == 1
    assert token in process.output
    assert "invalid_auth" in process.output
    assert wrong not in process.output


async def test_check_is_well(stage: Running) -> None:
    """With everything right, also beside a running bot."""
    await stage.run_bot()
    process = await stage.command("check")
    assert await process.ended() == 0, process.output
    assert "all is well" in process.output


async def test_a_wrong_vendor_key_is_named_and_the_others_serve_on(stage: Running) -> None:
    """`check` exits with 1 and names the account; `run` warns."""
    process = await stage.command("check", TENCENT_KEY="examplesecret-wrong")
    assert await process.ended() == 1, process.output
    assert re.search(r"FAULT account prod: .*AuthFailure.SignatureFailure", process.output)
    assert "ok    account ali" in process.output
    bot = await stage.run_bot(TENCENT_KEY="examplesecret-wrong")
    await stage.ann("restart alibaba 6f869419-0692-4fd5-8cf0-66cab6590001")
    await stage.message("Accepted:")
    await stage.ann("restart tencent 123")
    refused = await stage.message("Refused:")
    assert "AuthFailure.SignatureFailure" in refused.text
    await bot.end(signal.SIGTERM)
    assert "account prod" in bot.output


async def test_a_missing_scope_is_named(stage: Running) -> None:
    """`check` compares the token's scopes with the manifest's."""
    stage.slack.app.scopes.discard("usergroups:read")
    process = await stage.command("check")
    assert await process.ended() == 1
    assert "usergroups:read" in process.output


async def test_a_refused_upgrade_does_not_make_it_deaf(stage: Running) -> None:
    """Two refused upgrades with single-use tickets: a new ticket each time, and it is back."""
    await stage.run_bot()
    stage.slack.faults.play(Status(404), on=UPGRADE, times=2)
    await stage.slack.sockets.disconnect("refresh_requested")
    before = len(stage.slack.calls_of("apps.connections.open"))
    await stage.slack.wait_for(
        lambda: (
            len(stage.slack.calls_of("apps.connections.open")) >= before + 3
            and stage.slack.sockets.connections
        ),
        seconds=25,
    )
    await stage.ann("restart tencent 123")
    await stage.message("Accepted:")


async def test_a_dropped_socket_is_replaced(stage: Running) -> None:
    """The connection breaks; commands after it are taken."""
    await stage.run_bot()
    sockets = stage.slack.sockets
    for _ in range(3):
        dropped = list(sockets.connections)
        sockets.drop()

        def replaced(dropped: list[Connection] = dropped) -> bool:
            return bool(sockets.connections) and not set(sockets.connections) & set(dropped)

        await stage.slack.wait_for(replaced, seconds=20)
    await stage.ann("restart tencent 123")
    await stage.message("Accepted:")
