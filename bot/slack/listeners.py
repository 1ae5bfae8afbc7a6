"""What Slack sends us, and the ack that it wants at once.

A listener checks, hands over and acks; nothing slow happens before the ack. Whatever comes in is
answered: a catch-all stands behind every surface.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import answers
from bot.brakes import BrakeDesk
from bot.command import (
    Command,
    FreezeCommand,
    HistoryCommand,
    ListCommand,
    ShowCommand,
    TaskCommand,
    ThawCommand,
    UsageError,
    Vocabulary,
    parse,
)
from bot.contact import Ear, Press
from bot.desk import STALE_SECONDS, Desk
from bot.guide import Guide, GuideCommand
from bot.journal import Origin
from bot.metrics import Metrics
from bot.presses import Presses
from bot.reads import Reads
from bot.reply import Reply
from bot.slack.blocks import render
from bot.slack.outbox import Outbox
from bot.slack.web import SlackWeb
from bot.supervisor import Supervisor
from providers.foreign import foreign
from providers.operation import Verb

__all__ = ["Identity", "Listeners", "answered", "bolt_app"]

log = logging.getLogger(__name__)

_ANYTHING = re.compile(r".*", re.DOTALL)
_REPEATED = re.compile(r":[0-9]+\Z")
"""What the renderer adds to an action that is there twice in one message."""


_rendered = lru_cache(maxsize=256)(render)
"""For what goes into an ack, which is much the same each time, and which nobody changes."""


class Identity:
    """Who we are in Slack, as auth.test says."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.user_id = str(answer.get("user_id", ""))
        self.bot_id = str(answer.get("bot_id", ""))
        self.team_id = str(answer.get("team_id", ""))
        self.enterprise_id = answer.get("enterprise_id")
        self.url = str(answer.get("url", "https://slack.com/")).rstrip("/")


def bolt_app(web: SlackWeb, identity: Identity) -> AsyncApp:
    """Bolt's app, without what we do ourselves: signatures, retries, looking ourselves up."""
    client = web.client

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=identity.enterprise_id,
            team_id=identity.team_id,
            bot_user_id=identity.user_id,
            bot_id=identity.bot_id,
            bot_token=client.token,
        )

    # Without a token, or Bolt warns at every start that it leaves it to `authorize`.
    bare = AsyncWebClient(
        base_url=client.base_url,
        session=client.session,
        proxy=client.proxy,
        ssl=client.ssl,
        retry_handlers=[],
    )
    return AsyncApp(
        client=bare,
        authorize=authorize,
        # Bolt's default mode polls for the ack every 10 ms and loses it when a listener raises.
        process_before_response=True,
        request_verification_enabled=False,  # bot/slack/http.py does it, and logs no body
    )


async def answered(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    """Dispatch, and never leave Slack without an ack: a surface that we do not use is taken note
    of, and a fault of ours is told instead of Slack's own words for it."""
    try:
        answer = await app.async_dispatch(request)
    except Exception:
        log.exception("a payload broke on its way to its listener")
        return BoltResponse(status=200)
    if answer.status == 200:
        return answer
    if answer.status == 404:
        return BoltResponse(status=200)
    broken = {"response_type": "ephemeral", **render(answers.broken())}
    return BoltResponse(
        status=200,
        body=json.dumps(broken),
        headers={"content-type": "application/json; charset=utf-8"},
    )


class Listeners:
    """Turns payloads into commands and presses for the desk."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        desk: Desk,
        presses: Presses,
        guide: Guide,
        reads: Reads,
        brakes: BrakeDesk,
        outbox: Outbox,
        supervisor: Supervisor,
        identity: Identity,
        teams: frozenset[str],
        commands_per_minute: int,
        metrics: Metrics,
    ) -> None:
        self._desk = desk
        self._presses = presses
        self._outbox = outbox
        self._vocabulary = vocabulary
        self._guide = guide
        self._reads = reads
        self._brakes = brakes
        self._supervisor = supervisor
        self._identity = identity
        self._teams = teams
        self._most = commands_per_minute
        self._metrics = metrics
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)
        # People on call type the same few lines, again and again.
        self._understood = lru_cache(maxsize=1024)(self._parsed)

    def register(self, app: AsyncApp) -> None:
        """The hot paths first: Bolt tries listeners in order. `answered` acks all the rest."""
        app.command(_ANYTHING)(self.on_command)
        app.action(_ANYTHING)(self.on_press)
        app.event("app_mention")(self.on_mention)

    async def on_command(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """A slash command. What can be said at once goes into the ack itself."""
        user, team = str(body.get("user_id", "")), str(body.get("team_id", ""))
        channel = str(body.get("channel_id", ""))
        origin = Origin(
            request_key=f"command:{body.get('trigger_id') or body.get('response_url') or ''}",
            requester=user,
            requester_name=foreign(body.get("user_name") or user, 40) or user,
            team=team,
            channel=channel,
            direct=body.get("channel_name") == "directmessage" or channel.startswith("D"),
            response_url=body.get("response_url"),
        )
        sent_at = _sent_at(context)
        if not self._is_ours(team, body.get("enterprise_id")):
            reply: Reply | None = answers.wrong_workspace()
        else:
            reply = await self._take(str(body.get("text") or ""), origin, sent_at, escaped=False)
        if reply is None:
            await ack()
        else:
            await ack(response_type="ephemeral", **_rendered(reply))

    async def on_mention(
        self, ack: AsyncAck, body: Mapping[str, Any], event: Mapping[str, Any]
    ) -> None:
        """`@stream restart tencent 123`, which works in threads; answered in the thread."""
        if event.get("bot_id") or event.get("subtype") or event.get("edited"):
            await ack()  # bots' and edited messages are never commands, and get no reply
            return
        user, ts = str(event.get("user", "")), str(event.get("ts", ""))
        team = str(event.get("user_team") or event.get("team") or body.get("team_id") or "")
        channel = str(event.get("channel", ""))
        origin = Origin(
            request_key=f"event:{body.get('event_id') or f'{channel}:{ts}'}",
            requester=user,
            requester_name=user,
            team=team,
            channel=channel,
            direct=channel.startswith("D"),
            thread_ts=str(event.get("thread_ts") or ts),
        )
        text, found, rest = str(event.get("text", "")).partition(f"<@{self._identity.user_id}")
        _, _, rest = rest.partition(">")
        if not self._is_ours(str(body.get("team_id", "")), body.get("enterprise_id")):
            reply: Reply | None = answers.wrong_workspace()
        elif text.strip() or not found:
            reply = answers.mention_first()
        else:
            reply = await self._take(rest, origin, _event_time(body, ts), escaped=True)
        await ack()
        if reply is not None:
            ear = Ear(user=user, channel=channel, thread_ts=origin.thread_ts)
            self._outbox.whisper(ear, reply)

    async def on_press(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """A button. The answer to a wrong press is private and comes after the ack."""
        action = (body.get("actions") or [{}])[0]
        container, message = body.get("container") or {}, body.get("message") or {}
        user = body.get("user") or {}
        channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
        user_id = str(user.get("id", ""))
        team = str(user.get("team_id") or (body.get("team") or {}).get("id") or "")
        chosen = action.get("selected_option") or {}
        press = Press(
            ticket=str(action.get("value") or chosen.get("value") or ""),
            action=_REPEATED.sub("", str(action.get("action_id") or "")),
            user=user_id,
            team=team,
            channel=channel,
            message_ts=str(container.get("message_ts") or message.get("ts") or ""),
            ear=Ear(
                user=user_id,
                channel=channel,
                thread_ts=message.get("thread_ts"),
                response_url=body.get("response_url"),
            ),
        )
        await ack()
        if self._is_ours(team, (body.get("enterprise") or {}).get("id")):
            self._supervisor.spawn(self._presses.take(press), f"a press by {user_id}")
        else:
            self._outbox.whisper(press.ear, answers.wrong_workspace())

    async def _take(
        self, text: str, origin: Origin, sent_at: float, *, escaped: bool
    ) -> Reply | None:
        """What to show at once, or None: the answer comes by itself."""
        if not self._within_limits(origin.requester):
            self._metrics.command("", "", "too fast")
            return answers.too_fast(self._most)
        command = self._understood(text, escaped)
        if isinstance(command, Reply):
            self._metrics.command("", "", "not understood")
            return command
        if isinstance(command, GuideCommand):
            self._metrics.typed(command, taken=True)
            return await self._tell(command, origin)
        refusal = await self._hand_over(command, origin, sent_at)
        self._metrics.typed(command, taken=refusal is None)
        return refusal

    def _parsed(self, text: str, escaped: bool) -> Command | Reply:
        """The command, or what is wrong with it."""
        try:
            return parse(text, self._vocabulary, escaped=escaped)
        except UsageError as error:
            return answers.usage(error)

    async def _tell(self, command: GuideCommand, origin: Origin) -> Reply | None:
        reply = await self._guide.at_once(command, origin)
        if reply is None:
            self._supervisor.spawn(self._guide.answer(command, origin), "an answer on the bot")
        return reply

    async def _hand_over(self, command: Command, origin: Origin, sent_at: float) -> Reply | None:
        """A refusal, or None."""
        match command:
            case TaskCommand() if command.verb is not Verb.STATUS:
                return await self._desk.take(command, origin, sent_at)
            case TaskCommand() | ListCommand() | HistoryCommand() | ShowCommand():
                self._supervisor.spawn(self._reads.answer(command, origin), "a reading answer")
            case FreezeCommand() | ThawCommand():
                return await self._take_brake(command, origin, sent_at)
        return None

    async def _take_brake(
        self, command: FreezeCommand | ThawCommand, origin: Origin, sent_at: float
    ) -> Reply | None:
        """A brake is never too late; thawing is a change like any other."""
        late = time.time() - sent_at
        if isinstance(command, ThawCommand) and late > STALE_SECONDS:
            return answers.stale_thaw(late)
        self._supervisor.spawn(self._brakes.answer(command, origin), "a brake")
        return None

    def _within_limits(self, user: str) -> bool:
        now = time.monotonic()
        recent = self._recent[user]
        while recent and recent[0] < now - 60:
            recent.popleft()
        if len(recent) >= self._most:
            return False
        recent.append(now)
        return True

    def _is_ours(self, team: str, enterprise: object) -> bool:
        return bool({team, enterprise} & self._teams)


def _sent_at(context: AsyncBoltContext) -> float:
    """When Slack sent it: HTTP says so in a signed header, Socket Mode does not."""
    try:
        return float(context.get("slack_request_timestamp") or time.time())
    except ValueError:
        return time.time()


def _event_time(body: Mapping[str, Any], ts: str) -> float:
    try:
        return float(body.get("event_time") or ts)
    except ValueError:
        return time.time()
