"""Plays a vendor's example as far as the channel, for the tests of that vendor.

The pieces are the bot's own: grammar, client, runner, journal, reads, screens and blocks. Only the
vendor is not: it gives the answers that the example prints. The clock stands, and what would differ
each time (an operation's id, how long the call took) is set, so the lines are always the same.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.breaker import Breaker
from bot.command import ListCommand, TaskCommand, Vocabulary, parse
from bot.follower import Follower
from bot.journal import Journal, Origin, Record
from bot.looks import Looks
from bot.notices import Notices
from bot.policy import Person, Standing
from bot.reads import Reads
from bot.reply import Reply
from bot.runner import Runner
from bot.sandbox.screen import screen
from bot.screens import Screens
from bot.settings import Settings, load
from bot.slack.blocks import render
from providers.catalogue import Catalogue
from providers.client import Client
from providers.operation import Verb

__all__ = ["shown", "with_shows"]

NOW = 1_683_688_447.0  # 10 May 2023, 03:14:07 UTC, about when the vendors' samples are from
_WORD = re.compile(r"\w+")
_OPERATION = "4T7Q2"
_TOOK = 0.2  # seconds
_ORIGIN = Origin(
    request_key="rehearsal", requester="U123", requester_name="ann", team="T123", channel="C123"
)
_ENVIRON = {"KEY_ID": "AKIDEXAMPLE", "KEY": "examplesecret"}


async def shown(
    catalogue: Catalogue, example: Mapping[str, Any], scene: Mapping[str, Any] | None = None
) -> list[str]:
    """What a person reads in the channel, line by line, after ann typed the example's command.

    example: an example file as it was read. scene: where the vendor's answers are, if not in the
    example itself (its `refused`): `answer`, and in `also`, by action, those of the command's other
    calls. A change needs no yes here, and its message is the one of the vendor's answer, before the
    task is followed. Raises UsageError for a command that the grammar does not know.
    """
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(_recorded(scene or example))
        rehearsal = _Rehearsal(_settings(catalogue, example, url), catalogue)
        await rehearsal.set(stack)
        reply = await rehearsal.play(str(example["command"]).removeprefix("/stream "))
    return screen(render(reply)["blocks"], _Nobody()).splitlines()


def with_shows(
    text: str, before: Sequence[str], after: Sequence[str], *, refused: bool = False
) -> str:
    """An example file's text with other lines in `shows`, or in that of its `refused`; all else
    stays as it was written."""
    indent = "    " if refused else "  "
    return text.replace(_shows(before, indent), _shows(after, indent), 1)


def _shows(lines: Sequence[str], indent: str) -> str:
    told = ",\n".join(f"{indent}  {json.dumps(line, ensure_ascii=False)}" for line in lines)
    return f'\n{indent}"shows": [\n{told}\n{indent}]'


class _Rehearsal:
    """The pieces, put together as the bot does."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._vocabulary = Vocabulary(catalogue, settings.accounts, settings.targets)
        self._screens = Screens(settings, self._vocabulary)
        self._changed: list[Record] = []
        self._told: list[Reply] = []

    async def set(self, stack: AsyncExitStack) -> None:
        """Open the journal, in a folder of its own, and what stands on it."""
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self._journal = await Journal.open(f"sqlite:///{folder}/journal.db", now=lambda: NOW)
        stack.push_async_callback(self._journal.close)
        self._client = Client(self._catalogue)
        stack.push_async_callback(self._client.close)
        breaker = Breaker(
            self._settings, self._catalogue, self._client, self._journal, wake=lambda: None
        )
        stack.push_async_callback(breaker.stop)
        self._looks = Looks(
            self._settings, self._catalogue, self._client, breaker, self._journal.now
        )
        self._runner = self._runner_of(breaker)

    def _runner_of(self, breaker: Breaker) -> Runner:
        notices = Notices(self._settings, self._screens, self._journal.now)
        self._follower = Follower(
            self._settings,
            journal=self._journal,
            looks=self._looks,
            notices=notices,
            changed=self._changed.append,
        )
        return Runner(
            self._settings,
            self._catalogue,
            journal=self._journal,
            client=self._client,
            notices=notices,
            changed=self._changed.append,
            follower=self._follower,
            breaker=breaker,
        )

    async def play(self, text: str) -> Reply:
        """Carry out a command line, and return what the channel then shows."""
        command = parse(text, self._vocabulary)
        if isinstance(command, TaskCommand) and command.verb is not Verb.STATUS:
            return await self._change(command)
        if isinstance(command, TaskCommand | ListCommand):
            return await self._read(command)
        raise ValueError(f"no vendor's operation: {text}")

    async def _read(self, command: TaskCommand | ListCommand) -> Reply:
        reads = Reads(
            self._settings,
            self._catalogue,
            journal=self._journal,
            looks=self._looks,
            people=_OnlyAnn(),
            whisper=lambda _ear, reply: self._told.append(reply),
            link=lambda _record: None,
            show=lambda _origin, reply: self._told.append(reply),
        )
        await reads.answer(command, _ORIGIN)
        return self._told[-1]

    async def _change(self, command: TaskCommand) -> Reply:
        asked = await self._journal.ask(command, _ORIGIN)
        if asked is None:  # cannot be: the journal is new
            raise RuntimeError("the journal did not take the operation")
        approved = await self._journal.approve(asked, actor=_ORIGIN.requester, lasts=60.0)
        if approved is None:  # cannot be: nobody else decides
            raise RuntimeError("the operation was not approved")
        await self._runner.run(approved)
        await self._follower.stop()
        return self._screens.of(_always_the_same(self._changed[-1]))


def _always_the_same(record: Record) -> Record:
    outcome = record.outcome
    if outcome is not None and outcome.took is not None:
        outcome = outcome.model_copy(update={"took": _TOOK})
    return replace(record, id=_OPERATION, outcome=outcome)


def _settings(catalogue: Catalogue, example: Mapping[str, Any], url: str) -> Settings:
    """One account of the example's vendor, every service of it at `url`. Its region is the
    task's; ann may do all."""
    provider = catalogue.provider_of(catalogue.kind(str(example["where"])))
    hosts = "\n".join(f'{service} = "{url}"' for service in provider.account.hosts)
    text = f"""
[accounts.prod]
provider = "{provider.name}"
region = "{example["task"]["region"]}"
access_key_id = "env:KEY_ID"
access_key_secret = "env:KEY"
[accounts.prod.endpoints]
{hosts}
[[policy.allow]]
users = ["{_ORIGIN.requester}"]
"""
    return load(None, _ENVIRON, catalogue, text=text)


@asynccontextmanager
async def _recorded(scene: Mapping[str, Any]) -> AsyncIterator[str]:
    """A vendor on loopback that gives a scene's answers, signed or not; its address."""
    also: Mapping[str, Any] = scene.get("also", {})

    async def give(request: web.Request) -> web.Response:
        # Every vendor names the action in its address or in a header.
        head = _WORD.findall(" ".join((request.path_qs, *request.headers.values())))
        answer = next((also[word] for word in head if word in also), scene["answer"])
        return web.json_response(answer["body"], status=answer["status"])

    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", give)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


class _OnlyAnn:
    """Everybody is ann, a member."""

    async def person(self, user: str, team: str, *, fresh: bool) -> Person:  # noqa: ARG002  # the protocol's
        return Person(user, "ann", frozenset({team}), Standing.MEMBER, frozenset())


class _Nobody:
    """A workspace without names: what a message mentions is shown by its id."""

    def name_of_person(self, user_id: str) -> str | None:  # noqa: ARG002  # the protocol's
        return None

    def name_of_channel(self, channel_id: str) -> str | None:  # noqa: ARG002  # the protocol's
        return None

    def handle_of_group(self, group_id: str) -> str | None:  # noqa: ARG002  # the protocol's
        return None

    def link_to_name(self, sign: str, name: str) -> str | None:  # noqa: ARG002  # the protocol's
        return None
