"""Builds everything from the settings, and runs it: the only place that does."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.audit.chain import HEAD
from bot.audit.key import AuditKeyError
from bot.audit.upkeep import Upkeep
from bot.batches import BatchDesk, BatchRun
from bot.beforehand import Beforehand
from bot.brakes import BrakeDesk
from bot.breaker import Breaker
from bot.command import Vocabulary
from bot.desk import Desk
from bot.follower import Follower
from bot.guide import Guide
from bot.health import admin_endpoint
from bot.journal import Journal, Notice, Record
from bot.journal.slots import Slots
from bot.looks import Looks
from bot.metrics import MeasuredClient, Metrics, Reading, Source
from bot.next_steps import NextSteps
from bot.notices import AUDIT, Notices
from bot.presses import Presses
from bot.probes import Probes
from bot.reads import Reads
from bot.recovery import Recovery
from bot.runner import Runner
from bot.screens import Screens
from bot.screens.batch import BatchScreens
from bot.settings import Address, Settings, Tokens
from bot.slack.http import slack_endpoint
from bot.slack.listeners import Identity, Listeners, bolt_app
from bot.slack.outage import Outage
from bot.slack.outbox import Outbox
from bot.slack.people import SlackPeople
from bot.slack.socket import SocketLink
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError, connected
from bot.supervisor import Supervisor
from providers.catalogue import Catalogue

__all__ = ["App", "StartError", "run"]

log = logging.getLogger(__name__)

SETTLE_SECONDS = 3.0
"""Of the drain, for what is owed to Slack when all calls have ended."""
PROBE_SECONDS = 2.0
IDLE_SECONDS = 12.0
"""How long a connection may hold back a request, or idle, before it is closed."""


class StartError(Exception):
    """The bot cannot start. The text tells the operator what is wrong and what would be right."""


class App:
    """A running bot. `async with App(...)` starts and stops it."""

    def __init__(self, settings: Settings, tokens: Tokens, catalogue: Catalogue) -> None:
        self.settings = settings
        self.tokens = tokens
        self.catalogue = catalogue
        self.metrics = Metrics(catalogue.providers)
        self._outage = Outage()
        self._stack = AsyncExitStack()
        self._supervisor = Supervisor()
        self.urls: dict[str, str] = {}  # where we listen: "admin", and "listen" in http mode
        self._slack_ready: Callable[[], bool] = lambda: False
        self._follower: Follower | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything. Raises StartError or JournalError; then nothing is left running."""
        try:
            await self._start()
        except BaseException:
            await self._finish_work()
            await self._stack.aclose()
            raise

    async def stop(self) -> None:
        """Take no new work, finish what is under way, pay what is owed, close."""
        log.info("stopping: finishing what is under way")
        self._desk.closing = self._batch_run.closing = True
        self._slack_ready = lambda: False
        await self._finish_work()
        await self._outbox.settle(SETTLE_SECONDS)
        self._outbox.stop()
        await self._stack.aclose()
        log.info("stopped")

    async def _finish_work(self) -> None:
        """A call that has left is waited for: cut off, nobody would know what came of it. Looks
        are not waited for: the next start goes on with them."""
        if self._follower is not None:
            await self._follower.stop()
        timeouts = self.settings.timeouts
        longest = max(timeouts.drain_seconds - SETTLE_SECONDS, timeouts.vendor_seconds + 2.0)
        if cut_off := await self._supervisor.drain(longest):
            log.warning("%d pieces of work were cut off; the journal has them", cut_off)

    async def _start(self) -> None:
        settings = self.settings
        for warning in settings.warnings:
            log.warning("%s", warning)
        # Both addresses first: nothing may be resumed by a process that cannot serve.
        admin = self._bind(settings.http.admin)
        listen = self._bind(settings.http.listen) if settings.slack.mode == "http" else None
        self.journal = await Journal.open(
            settings.database.url.get_secret_value(), audit_key=settings.audit.read()
        )
        self._stack.push_async_callback(self.journal.close)
        self._outage.now = self.journal.now
        self.web = await self._stack.enter_async_context(
            connected(
                self.tokens.bot_token.get_secret_value(),
                settings.slack.api_url,
                proxy=settings.network.proxy,
                ca_file=settings.network.ca_file,
                heard=self._heard,
            )
        )
        self.metrics.watch(self.journal.figures.read)
        await self._serve(
            "admin",
            admin,
            admin_endpoint({"slack": self._slack_ok, "journal": self._writes}, self.metrics),
        )
        identity = await self._introduce()
        self._assemble(identity)
        await self._begin_trail()
        await self._recovery.at_start()
        await self._outbox.pay_debts()
        self._background(self._recovery.sweep(), "the sweep")
        self._background(self._outbox.work_debts(), "the debts")
        self._background(self._upkeep.work(), "the trail's upkeep")
        looking = self._background(self._probes.warn(), "the look at the vendors' keys")
        # Before the first command, so as not to be in its way; but not for ever.
        await asyncio.wait({looking}, timeout=PROBE_SECONDS)
        if listen is None:
            self._connect()
        else:
            await self._listen(listen)
        log.info("stream-bot is up, %s mode", settings.slack.mode)

    def _assemble(self, identity: Identity) -> None:
        """The parts, from the bottom up."""
        settings, journal, catalogue = self.settings, self.journal, self.catalogue
        vocabulary = Vocabulary(
            catalogue,
            settings.accounts,
            settings.targets,
            most_tasks=settings.limits.batch_tasks,
        )
        self.client = MeasuredClient(
            self.metrics,
            catalogue,
            timeout=settings.timeouts.vendor_seconds,
            proxy=settings.network.proxy,
            ca_file=settings.network.ca_file,
            reserve=self._slots(),
        )
        self._stack.push_async_callback(self.client.close)
        screens = Screens(settings, vocabulary)
        notices = Notices(settings, screens, journal.now)
        self._batch_screens = BatchScreens(settings, vocabulary)
        self._outbox = Outbox(
            self.web,
            journal,
            screens,
            self._batch_screens,
            self._supervisor,
            audit=settings.policy.audit_channel,
            outage=self._outage,
            link=partial(_link, identity),
        )
        teams = frozenset(settings.slack.teams) or frozenset({identity.team_id})
        people = SlackPeople(
            self.web,
            teams=teams,
            groups=settings.policy.groups_named,
            denied=settings.policy.groups_denied,
        )
        self._assemble_story(identity, screens, notices, people)
        self._probes = Probes(settings, catalogue, self.client)
        self._bolt = bolt_app(self.web, identity)
        Listeners(
            vocabulary,
            desk=self._desk,
            presses=self._presses,
            guide=Guide(settings, catalogue, people=people, whisper=self._outbox.whisper),
            reads=self._reads,
            brakes=self._brakes,
            outbox=self._outbox,
            supervisor=self._supervisor,
            identity=identity,
            teams=teams,
            commands_per_minute=settings.limits.commands_per_minute,
            metrics=self.metrics,
        ).register(self._bolt)

    def _slots(self) -> Slots | None:
        """Where other processes use the same quota, it is shared through the database."""
        if self.journal.alone:
            return None
        slots = Slots(self.settings.database.url.get_secret_value())
        self._stack.push_async_callback(slots.close)
        return slots

    async def _begin_trail(self) -> None:
        self._upkeep = Upkeep(
            self.journal.database,
            keep_days=self.settings.database.keep_days,
            tell=self._head_told,
            wake=self._outbox.wake,
        )
        try:
            await self._upkeep.begin()
        except AuditKeyError as error:
            raise StartError(str(error)) from None

    def _head_told(self, head: str) -> Sequence[Notice]:
        """The audit channel keeps the heads where nobody who changes the database can."""
        audit = self.settings.policy.audit_channel
        return () if audit is None else (Notice(HEAD, AUDIT, head),)

    def _assemble_story(
        self, identity: Identity, screens: Screens, notices: Notices, people: SlackPeople
    ) -> None:
        """What takes an operation from its command to its proof."""
        settings, journal, catalogue, outbox = (
            self.settings,
            self.journal,
            self.catalogue,
            self._outbox,
        )

        link = partial(_link, identity)
        breaker = Breaker(settings, catalogue, self.client, journal, wake=outbox.wake)
        self._stack.push_async_callback(breaker.stop)
        self.metrics.watch(_told_by(lambda: {"breakers_open": breaker.open()}))
        looks = Looks(settings, catalogue, self.client, breaker, journal.now)
        beforehand = Beforehand(catalogue, journal, looks)
        self._follower = Follower(
            settings,
            journal=journal,
            looks=looks,
            notices=notices,
            changed=self._changed,
            ahead=self._vendors_clock,
        )
        self._runner = Runner(
            settings,
            catalogue,
            journal=journal,
            client=self.client,
            notices=notices,
            changed=self._changed,
            follower=self._follower,
            breaker=breaker,
        )
        self._brakes = BrakeDesk(
            settings,
            journal=journal,
            people=people,
            whisper=outbox.whisper,
            wake=outbox.wake,
        )
        self._desk = Desk(
            settings,
            catalogue,
            journal=journal,
            notices=notices,
            runner=self._runner,
            people=people,
            whisper=outbox.whisper,
            link=link,
            changed=self._changed,
            supervisor=self._supervisor,
            beforehand=beforehand,
            brakes=self._brakes,
        )
        self._batch_run = BatchRun(
            journal=journal,
            beforehand=beforehand,
            runner=self._runner,
            notices=notices,
            screens=self._batch_screens,
            changed=self._changed,
            supervisor=self._supervisor,
        )
        batches = BatchDesk(
            settings,
            catalogue,
            journal=journal,
            beforehand=beforehand,
            run=self._batch_run,
            notices=notices,
            people=people,
            whisper=outbox.whisper,
            changed=self._changed,
            supervisor=self._supervisor,
            wish=self._desk.wish,
            deny=self._desk.deny,
            card=self._desk.show_card,
        )
        self._desk.join(batches)
        self._recovery = Recovery(
            journal,
            desk=self._desk,
            runner=self._runner,
            notices=notices,
            follower=self._follower,
            batches=batches,
            supervisor=self._supervisor,
            changed=self._changed,
            lease_lost=self.metrics.lease_lost,
        )
        self._reads = Reads(
            settings,
            catalogue,
            journal=journal,
            looks=looks,
            people=people,
            whisper=outbox.whisper,
            link=link,
            show=outbox.show,
        )
        self._presses = Presses(
            settings,
            self._desk,
            journal=journal,
            screens=screens,
            notices=notices,
            runner=self._runner,
            people=people,
            whisper=outbox.whisper,
            changed=self._changed,
            beforehand=beforehand,
            next_steps=NextSteps(
                self._desk,
                batches,
                journal=journal,
                reads=self._reads,
                people=people,
                whisper=outbox.whisper,
            ),
            brakes=self._brakes,
            batches=batches,
        )

    def _changed(self, record: Record) -> None:
        """There is news of an operation: for the channel, and for its batch, if it is in one."""
        self.metrics.told(record)
        self._outbox.changed(record)
        self._batch_run.child_ended(record)

    def _vendors_clock(self, record: Record) -> float:
        """What the vendor's clock is ahead of ours, in seconds."""
        return self.client.clock_seen(self._runner.call(record.command, record.origin.requester))

    async def _introduce(self) -> Identity:
        """Ask Slack who we are; wait where Slack is away, stop where it says no."""
        wait = 1.0
        while True:
            try:
                identity = Identity(await self.web.who_am_i())
                if self.tokens.app_token:
                    await self._check_app_token(self.tokens.app_token.get_secret_value())
            except SlackNoError as no:
                raise StartError(_token_fault(no.error)) from None
            except (SlackBusyError, SlackLostError) as error:
                log.warning("Slack does not answer (%s); trying again", type(error).__name__)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 30.0)
            else:
                return identity

    async def _check_app_token(self, app_token: str) -> None:
        """Slack's own client hangs on a wrong one, so it is tried here first."""
        try:
            await self.web.open_connection(app_token)
        except SlackNoError as no:
            raise StartError(
                f"SLACK_APP_TOKEN: Slack says {no.error}. Make an app-level token with the scope "
                "connections:write under Basic Information, and enable Socket Mode."
            ) from None

    async def _listen(self, listen: socket.socket) -> None:
        secret = self.tokens.signing_secret
        if secret is None:  # settings see to it; here for the type checker
            raise StartError("SLACK_SIGNING_SECRET is not set")
        endpoint = slack_endpoint(self._bolt, secret.get_secret_value(), acked=self.metrics.ack)
        await self._serve("listen", listen, endpoint)
        self._slack_ready = lambda: self._outage.reachable

    def _connect(self) -> None:
        app_token = self.tokens.app_token
        if app_token is None:  # likewise
            raise StartError("SLACK_APP_TOKEN is not set")
        link = SocketLink(
            self._bolt,
            app_token.get_secret_value(),
            self.settings.network.proxy,
            connections=self.settings.slack.connections,
            acked=self.metrics.ack,
            heard=self._heard,
        )
        self.metrics.watch(
            _told_by(lambda: {"slack_connections": link.live, "slack_reconnects": link.reconnects})
        )
        link.start()
        self._stack.push_async_callback(link.stop)
        self._slack_ready = lambda: link.connected

    def _bind(self, address: Address) -> socket.socket:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        try:
            bound = socket.create_server((address.host, address.port), family=family)
        except OSError as error:
            raise StartError(f"{address} cannot be listened on: {error.strerror}") from None
        self._stack.callback(bound.close)
        return bound

    async def _serve(self, name: str, bound: socket.socket, endpoint: web.Application) -> None:
        runner = web.AppRunner(
            endpoint,
            access_log=None,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=1.0,
            shutdown_timeout=1.0,
        )
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, bound).start()
        host, port = bound.getsockname()[:2]
        self.urls[name] = f"http://{Address(host, port)}"

    def _background(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._stack.push_async_callback(end)
        return task

    def _heard(self, method: str, result: str) -> None:
        """What a call of Slack's API came to."""
        self.metrics.slack(method, result)
        self._outage.heard(result)

    async def _slack_ok(self) -> bool:
        return self._slack_ready()

    async def _writes(self) -> bool:
        return await self.journal.writable()


def _told_by(figures: Callable[[], Reading]) -> Source:
    async def tell() -> Reading:
        return figures()

    return tell


def _link(identity: Identity, record: Record) -> str | None:
    if record.message_ts is None:
        return None
    ts = record.message_ts.replace(".", "")
    return f"{identity.url}/archives/{record.origin.channel}/p{ts}"


def _token_fault(error: str) -> str:
    return (
        f"SLACK_BOT_TOKEN: Slack says {error}. Copy the Bot User OAuth Token (xoxb-...) from "
        "OAuth & Permissions of the app that is installed in your workspace."
    )


async def run(settings: Settings, tokens: Tokens, catalogue: Catalogue) -> None:
    """Run until SIGINT or SIGTERM. Raises StartError or JournalError if it cannot start."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = App(settings, tokens, catalogue)
    starting = asyncio.create_task(app.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():  # told to stop before it was up
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    try:
        starting.result()
    except BaseException:
        stopping.cancel()
        raise
    await stopping
    await app.stop()
