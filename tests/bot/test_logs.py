"""Logs: one line for each event, and no secret in any of them at any level."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs

KNOWN = "examplesecret-known"


@pytest.fixture(params=["json", "text"])
def output(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure("debug", request.param, lambda: [KNOWN])
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


SECRETS = [
    f"key {KNOWN} in the middle",
    "token xoxb-1234-5678-abcdef",
    "token xoxe.xoxb-1-Mi0yLTEyMzQ1",
    "app xapp-1-A0-123-abc",
    "Authorization: TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2026-01-01/live/tc3_request, X",
    "posting to https://hooks.slack.com/commands/T1/2/3abc",
    "wss://wss-primary.slack.com/link/?ticket=abcdef&app_id=1",
    "GET https://live.aliyuncs.com/?TaskId=1&Signature=abc",
    "'trigger_id': '13345224609.738474920.8088930838d88f008e0'",
    '"response_url": "https://slack.example/commands/1/2"',
    "X-TC-Token=abcdefgh",
]
WORDS = (
    *(KNOWN, "xoxb-1234", "xoxe.xoxb", "xapp-1", "AKIDEXAMPLE", "3abc", "abcdef", "Signature=abc"),
    *("13345224609", "commands/1", "abcdefgh"),
)


@pytest.mark.parametrize("logger", ["bot.app", "slack_bolt.AsyncApp", "httpx"])
@pytest.mark.parametrize("message", SECRETS)
def test_what_looks_like_a_secret_is_hidden(output: io.StringIO, logger: str, message: str) -> None:
    """In our own lines and in the libraries', as text and as an argument."""
    logging.getLogger(logger).error(message)
    logging.getLogger(logger).error("said: %s", message)
    written = output.getvalue()
    assert written.count("\n") == 2
    assert not [word for word in WORDS if word in written]


@pytest.mark.parametrize("logger", ["httpx", "slack_sdk.web", "slack_bolt.App", "aiohttp.server"])
def test_the_chatter_of_libraries_is_dropped(output: io.StringIO, logger: str) -> None:
    """At info and debug they print whole requests; none of it is ours to keep."""
    logging.getLogger(logger).info("HTTP Request: GET https://x.example")
    logging.getLogger(logger).debug("body: payload")
    assert output.getvalue() == ""


def test_an_exceptions_text_is_not_logged_but_its_place_is(output: io.StringIO) -> None:
    """The traceback helps to mend it; the message may hold a value."""

    value = " ".join(["a", "value", "from", "outside"])

    def broken() -> None:
        raise ValueError(value)

    try:
        broken()
    except ValueError:
        logging.getLogger("bot.test").exception("it broke")
    written = output.getvalue()
    assert value not in written
    assert "ValueError" in written
    assert "in broken" in written


def test_one_event_is_one_line(output: io.StringIO) -> None:
    """A message with line breaks or terminal codes cannot pretend to be two."""
    logging.getLogger("bot.test").warning("one\ntwo\x1b[31m\r three")
    assert output.getvalue().count("\n") == 1
    assert "\x1b" not in output.getvalue()


def test_json_lines_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """For machines: time, level, logger, message."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logs.configure("info", "json", list)
        logging.getLogger("bot.test").info('with "quotes" and é')
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.captureWarnings(capture=False)
    line = json.loads(stream.getvalue())
    assert (line["level"], line["logger"]) == ("info", "bot.test")
    assert line["message"] == 'with "quotes" and é'


def test_a_line_inside_an_operation_carries_its_id(output: io.StringIO) -> None:
    """Whoever writes it, and no line before or after."""
    logging.getLogger("bot.test").info("before")
    with logs.operation("4T7Q2"):
        logging.getLogger("bot.runner").info("inside")
        logging.getLogger("httpx").warning("inside too")
        with logs.operation("9ZZZZ"):
            logging.getLogger("bot.outbox").info("another")
        logging.getLogger("bot.runner").info("inside again")
    logging.getLogger("bot.test").info("after")
    ids = ["", "4T7Q2", "4T7Q2", "9ZZZZ", "4T7Q2", ""]
    assert [op_of(line) for line in output.getvalue().splitlines()] == ids


async def test_a_task_keeps_the_id_of_whoever_started_it(output: io.StringIO) -> None:
    """Two stories at once do not mix, and the id ends with its story."""
    both_are_on = asyncio.Barrier(2)

    async def told(words: str) -> None:
        await both_are_on.wait()
        logging.getLogger("bot.test").info(words)

    with logs.operation("4T7Q2"):
        first = asyncio.create_task(told("the first story"))
    with logs.operation("9ZZZZ"):
        second = asyncio.create_task(told("the second story"))
    assert logs.current_operation() == ""
    await asyncio.gather(first, second)
    lines = output.getvalue().splitlines()
    assert {op_of(line): line.partition("the ")[2][:6].strip() for line in lines} == {
        "4T7Q2": "first",
        "9ZZZZ": "second",
    }


def test_a_line_that_names_its_operation_does_not_name_it_twice(output: io.StringIO) -> None:
    """In the text format, which people read; JSON has a field for it in any case."""
    with logs.operation("4T7Q2"):
        logging.getLogger("bot.test").info("op %s: expired", "4T7Q2")
    line = output.getvalue()
    assert op_of(line) == "4T7Q2"
    assert line.count("op 4T7Q2") == 1


def op_of(line: str) -> str:
    """The operation that a line belongs to, in either format."""
    if line.startswith("{"):
        return str(json.loads(line).get("op", ""))
    _, found, rest = line.partition(" op ")
    return rest.partition(":")[0] if found else ""
