"""Starts everything from the settings, serves, and stops: the one place that does."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import uvloop
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from sqlalchemy.exc import SQLAlchemyError

from bot.assembly import Ground, Parts, told_by
from bot.audit.chain import HEAD
from bot.audit.key_rules import AuditKeyError
from bot.audit.upkeep import Upkeep
from bot.health import admin_endpoint
from bot.journal import Journal, JournalError, Notice
from bot.metrics import Metrics
from bot.notices import AUDIT
from bot.settings import Address, Settings, Tokens
from bot.slack.http import slack_endpoint
from bot.slack.listeners import Identity
from bot.slack.outage import Outage
from bot.slack.socket import SocketLink
from bot.slack.web import SlackBusyError, SlackLostError, SlackNoError, connected
from bot.supervisor import Supervisor
from providers.catalogue import Catalogue

__all__ = ["App", "StartError", "run", "serve"]

log = logging.getLogger(__name__)

SETTLE_SECONDS = 3.0
"""Of the drain, for what is owed to Slack when all calls have ended."""
LOOK_AROUND_SECONDS = 2.0
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
        self._parts: Parts | None = None
        self._link: SocketLink | None = None

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
            self._parts = None
            raise

    async def stop(self) -> None:
        """Take no new work, finish what is under way, pay what is owed, close."""
        log.info("stopping: finishing what is under way")
        if (parts := self._parts) is None:
            return  # it was never up
        self._slack_ready = lambda: False
        await self._leave_slack_to_others()  # first: nobody need be sent away
        parts.close_the_door()
        await self._finish_work()
        await parts.outbox.settle(SETTLE_SECONDS)
        parts.outbox.stop()
        await self._stack.aclose()
        log.info("stopped")

    async def _leave_slack_to_others(self) -> None:
        """Another replica takes the commands from now on; alone, we answer them with a no."""
        try:
            async with asyncio.timeout(LOOK_AROUND_SECONDS):
                others = await self.journal.replicas.has_others()
        except (SQLAlchemyError, OSError):  # a TimeoutError too
            log.warning("stopping without a database: what is under way is in the journal")
            return
        if self._link is not None and others:
            await self._link.stop()

    async def _finish_work(self) -> None:
        """A call that has left is waited for: cut off, nobody would know what came of it. Looks
        are not waited for: the next start goes on with them."""
        if self._parts is not None:
            await self._parts.follower.stop()
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
        self._parts = parts = Parts(self._ground(identity))
        upkeep = await self._begin_trail(parts)
        await parts.recovery.at_start()
        await parts.outbox.pay_debts()
        self._background(parts.recovery.sweep(), "the sweep")
        self._background(parts.outbox.work_debts(), "the debts")
        self._background(upkeep.work(), "the trail's upkeep")
        looking = self._background(parts.probes.warn(), "the look at the vendors' keys")
        # Before the first command, so as not to be in its way; but not for ever.
        await asyncio.wait({looking}, timeout=PROBE_SECONDS)
        if listen is None:
            self._connect(parts.bolt)
        else:
            await self._listen(parts.bolt, listen)
        log.info("stream-bot is up, %s mode", settings.slack.mode)

    def _ground(self, identity: Identity) -> Ground:
        return Ground(
            settings=self.settings,
            catalogue=self.catalogue,
            journal=self.journal,
            web=self.web,
            identity=identity,
            metrics=self.metrics,
            outage=self._outage,
            supervisor=self._supervisor,
            stack=self._stack,
        )

    async def _begin_trail(self, parts: Parts) -> Upkeep:
        upkeep = Upkeep(
            self.journal.database,
            keep_days=self.settings.database.keep_days,
            tell=self._head_told,
            wake=parts.outbox.wake,
        )
        try:
            await upkeep.begin()
        except AuditKeyError as error:
            raise StartError(str(error)) from None
        return upkeep

    def _head_told(self, head: str) -> Sequence[Notice]:
        """The audit channel keeps the heads where nobody who changes the database can."""
        audit = self.settings.policy.audit_channel
        return () if audit is None else (Notice(HEAD, AUDIT, head),)

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

    async def _listen(self, bolt: AsyncApp, listen: socket.socket) -> None:
        secret = self.tokens.signing_secret
        if secret is None:  # settings see to it; here for the type checker
            raise StartError("SLACK_SIGNING_SECRET is not set")
        endpoint = slack_endpoint(bolt, secret.get_secret_value(), acked=self.metrics.ack)
        await self._serve("listen", listen, endpoint)
        self._slack_ready = lambda: self._outage.reachable

    def _connect(self, bolt: AsyncApp) -> None:
        app_token = self.tokens.app_token
        if app_token is None:  # likewise
            raise StartError("SLACK_APP_TOKEN is not set")
        link = SocketLink(
            bolt,
            app_token.get_secret_value(),
            self.settings.network.proxy,
            connections=self.settings.slack.connections,
            acked=self.metrics.ack,
            heard=self._heard,
        )
        self.metrics.watch(
            told_by(lambda: {"slack_connections": link.live, "slack_reconnects": link.reconnects})
        )
        link.start()
        self._link = link
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


def _token_fault(error: str) -> str:
    return (
        f"SLACK_BOT_TOKEN: Slack says {error}. Copy the Bot User OAuth Token (xoxb-...) from "
        "OAuth & Permissions of the app that is installed in your workspace."
    )


def serve(settings: Settings, tokens: Tokens, catalogue: Catalogue) -> int:
    """Run until SIGINT or SIGTERM; the process's exit status."""
    try:
        uvloop.run(run(settings, tokens, catalogue))
    except (StartError, JournalError) as error:
        sys.stderr.write(f"stream-bot: {error}\n")
        return 1
    return 0


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
    # What is there now stays for good: a collection that walks all of it would hold up an ack.
    gc.collect()
    gc.freeze()
    await stopping
    await app.stop()
