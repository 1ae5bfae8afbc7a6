"""Socket Mode that never goes deaf: what breaks, and how soon the bot hears again.

The sockets are real and the seconds are the product's own, but nobody waits for them: the loop's
clock jumps to the next timer as soon as there is nothing to read. `play.clock()` is that time.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck

from bot.sandbox import UPGRADE, RateLimit, Receipt, SlashCommand, Status, Workspace
from bot.slack.connection import PING_SECONDS, PONG_SECONDS, RENEW_SECONDS
from bot.slack.listeners import Identity, bolt_app
from bot.slack.socket import SocketLink
from bot.slack.web import connected

OPEN = "apps.connections.open"


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        soon = 0.001
        if timeout is None or timeout <= soon:
            return super().select(timeout)
        ready = super().select(soon)
        if not ready:
            self.skipped += timeout - soon
        return ready


class _SkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps over the time in which nothing happens."""

    def __init__(self) -> None:
        self._clockwork = _Selector()
        super().__init__(self._clockwork)

    def time(self) -> float:
        return super().time() + self._clockwork.skipped


def timeless(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a story in a loop of that kind."""

    @functools.wraps(story)
    def run(*args: Any, **fixtures: Any) -> None:
        async def tell() -> None:
            await story(*args, **fixtures)

        with asyncio.Runner(loop_factory=_SkippingLoop) as runner:
            runner.run(tell())

    return run


class Play:
    """A workspace, and a bot that answers every command with the command's own words."""

    def __init__(self, slack: Workspace, link: SocketLink) -> None:
        self.slack = slack
        self.sockets = slack.sockets
        self.link = link
        self.taken: list[str] = []
        self.slowness = 0.0

    @staticmethod
    def clock() -> float:
        return asyncio.get_running_loop().time()

    async def ann(self, text: str) -> Receipt:
        """Ann types a command."""
        return await self.slack.slash("ann", "#incidents", f"/stream {text}")

    async def until(self, found: Callable[[], object], seconds: float = 90.0) -> float:
        """How many seconds it takes; looks after each change in the workspace, and now and then."""
        started = self.clock()
        pause = 0.01
        with self.slack.feed.queue() as changes:
            async with asyncio.timeout(seconds):
                while not found():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await changes.get()
                            pause = 0.01
                    pause = min(pause * 2, 1.0)
        return self.clock() - started

    async def broken(self, how: str) -> float:
        """How many seconds it takes from the break of all connections to as many new ones."""
        old = set(self.sockets.connections)
        if how == "drop":
            self.sockets.drop()
        else:
            await self.sockets.close()
        took = await self.until(lambda: not old & set(self.sockets.connections))
        return took + await self.all_there(len(old))

    async def all_there(self, count: int = 2) -> float:
        """How many seconds it takes until so many connections work, at both ends."""
        return await self.until(lambda: len(self.sockets.connections) == self.link.live == count)

    async def shower(self) -> list[asyncio.Task[Receipt]]:
        """Ann types a command in each step of the loop, a hundred times."""
        typed = []
        for number in range(100):
            typed.append(asyncio.create_task(self.ann(f"{number}")))
            await asyncio.sleep(0)
        return typed

    async def on_command(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        self.taken.append(body["text"])
        await asyncio.sleep(self.slowness)
        await ack(f"Heard: {body['text']}")

    async def on_mention(self, ack: AsyncAck, event: Mapping[str, Any]) -> None:
        self.taken.append(event["text"].partition("> ")[2])
        await ack()


@asynccontextmanager
async def playing(*, connections: int = 2, proxied: bool = False) -> AsyncIterator[Play]:
    """A workspace with ann, and a connected bot."""
    async with Workspace(bot_name="stream", commands=[SlashCommand("/stream")]) as slack:
        slack.add_person("ann", id="U123")
        slack.add_channel("incidents", id="C123", members=["ann"])
        proxy = slack.url if proxied else None
        if proxied:
            slack.sockets.base_url = "http://slack.invalid"
        url = "http://slack.invalid/api/" if proxied else slack.api_url
        async with connected(slack.app.bot_token, url, proxy=proxy, ca_file=None) as web:
            app = bolt_app(web, Identity(await web.who_am_i()))
            link = SocketLink(app, slack.app.app_token, proxy, connections=connections)
            play = Play(slack, link)
            app.command("/stream")(play.on_command)
            app.event("app_mention")(play.on_mention)
            link.start()
            try:
                await play.all_there(connections)
                yield play
            finally:
                await link.stop()


# Broken connections


@timeless
async def test_every_connection_brings_commands() -> None:
    """Slack chooses at random; whichever it chooses is heard and answered."""
    async with playing() as play:
        for number in range(30):
            assert (await play.ann(f"{number}")).shown == f"Heard: {number}"
        assert all(connection.acks for connection in play.sockets.connections)
        assert play.taken == [f"{number}" for number in range(30)]


@timeless
async def test_a_broken_connection_is_replaced_at_once() -> None:
    """Closed or cut off: the new one is there in a tenth of a second."""
    async with playing() as play:
        for _ in range(3):
            for how in ("drop", "close"):
                await asyncio.sleep(60)
                assert await play.broken(how) < 0.1
                assert (await play.ann("help")).acked
        assert play.link.reconnects == 12


@timeless
async def test_connections_that_break_again_and_again_are_replaced_less_often() -> None:
    """Nobody is stormed; and after five seconds at the latest it is tried again."""
    async with playing(connections=1) as play:
        took = [await play.broken("drop") for _ in range(8)]
        assert took[0] < 0.3 < took[2] < 1.2 < took[4] < took[6] < 6.1


@timeless
async def test_while_one_is_broken_the_other_works() -> None:
    """With two connections one that breaks is not even noticed."""
    async with playing() as play:
        for _ in range(3):
            play.sockets.drop(play.sockets.connections[0])
            await play.all_there(1)
            assert play.link.connected
            assert (await play.ann("help")).acked
            await play.all_there()


@pytest.mark.parametrize("mute", [False, True])
@timeless
async def test_a_half_open_connection_is_noticed(mute: bool) -> None:
    """What swallows everything is given up in twelve seconds, whether or not it still speaks."""
    async with playing() as play:
        half_open = list(play.sockets.connections)
        play.sockets.deafen(mute=mute)
        took = await play.until(lambda: not set(half_open) & set(play.sockets.connections))
        took += await play.all_there()
        assert PONG_SECONDS < took < 12
        assert took < PING_SECONDS + PONG_SECONDS + 1.5
        assert (await play.ann("help")).acked


@timeless
async def test_a_half_open_connection_is_not_ready() -> None:
    """Readiness tells the truth before anything new can be opened."""
    async with playing() as play:
        play.slack.faults.play(Status(503), UPGRADE)
        play.sockets.deafen()
        await play.until(lambda: not play.sockets.connections)
        assert not play.link.connected


@timeless
async def test_an_idle_connection_is_renewed_every_hour() -> None:
    """A pong does not prove that envelopes come; and nothing is ever without a connection."""
    async with playing() as play:
        first = set(play.sockets.connections)
        await asyncio.sleep(RENEW_SECONDS * 0.8 - 10)
        assert first == set(play.sockets.connections)
        await asyncio.sleep(RENEW_SECONDS * 0.2 + 40)
        assert not first & set(play.sockets.connections)
        assert play.link.live == play.link.reconnects == 2


@timeless
async def test_slacks_pings_are_answered() -> None:
    """Slack drops who does not."""
    async with playing(connections=1) as play:
        [connection] = play.sockets.connections
        await connection.socket.ping(b"Ping from applink")
        assert (await play.ann("help")).acked
        assert connection.pongs == [b"Ping from applink"]


@pytest.mark.parametrize("frame", ["", "{", "[]", "7", '{"type": "news"}', "[" * 100_000])
@timeless
async def test_a_strange_frame_does_no_harm(frame: str) -> None:
    """It is left aside and the connection stays."""
    async with playing(connections=1) as play:
        [connection] = play.sockets.connections
        await connection.socket.send_str(frame)
        assert (await play.ann("help")).acked
        assert play.sockets.connections == [connection]


# Slack says no


@pytest.mark.parametrize("status", [404, 408, 429, 503])
@timeless
async def test_refused_upgrades_cost_a_second(status: int) -> None:
    """A new ticket for each try, the first ones soon after each other."""
    async with playing(connections=1) as play:
        await asyncio.sleep(60)
        before = len(play.slack.calls_of(OPEN))
        play.slack.faults.play(Status(status), UPGRADE, times=2)
        assert await play.broken("drop") < 1
        calls = play.slack.calls_of(OPEN)[before:]
        tickets = {(call.answer or {}).get("url") for call in calls}
        assert len(tickets) == len(calls) == 3


@timeless
async def test_an_outage_of_ten_minutes_ends_within_seconds() -> None:
    """It keeps trying, not faster than every few seconds, and one line a minute is logged."""
    async with playing() as play:
        play.slack.faults.away()
        play.sockets.drop()
        before = len(play.slack.calls_of(OPEN))
        await asyncio.sleep(600)
        assert not play.link.connected
        assert 200 < len(play.slack.calls_of(OPEN)) - before < 400
        play.slack.faults.back()
        assert await play.all_there() < 6.5
        assert (await play.ann("help")).acked


@timeless
async def test_retry_after_is_kept() -> None:
    """Where Slack says wait, none of the connections asks again before."""
    async with playing() as play:
        play.slack.faults.play(RateLimit(retry_after=20), OPEN, times=2)
        play.sockets.drop()
        before = len(play.slack.calls_of(OPEN))
        await play.until(lambda: len(play.slack.calls_of(OPEN)) == before + 2)
        await asyncio.sleep(19)
        assert len(play.slack.calls_of(OPEN)) == before + 2
        assert await play.all_there() < 2


@timeless
async def test_socket_mode_switched_off(caplog: pytest.LogCaptureFixture) -> None:
    """Not ready, one error a minute with what to do, few tries; back by itself afterwards."""
    async with playing() as play:
        caplog.set_level(logging.ERROR)
        await play.sockets.disable()
        before = len(play.slack.calls_of(OPEN))
        await asyncio.sleep(1)
        assert not play.link.connected
        await asyncio.sleep(299)
        assert 4 <= len(caplog.records) <= 6
        assert all("Switch it on under Socket Mode" in r.getMessage() for r in caplog.records)
        assert len(play.slack.calls_of(OPEN)) - before <= 22
        play.sockets.enable()
        assert await play.all_there() < 31
        assert play.link.connected


@timeless
async def test_what_cannot_be_acked_is_not_run() -> None:
    """Behind the notice that Socket Mode is off a command fails for who typed it."""
    async with playing(connections=1) as play:
        await play.sockets.disconnect("link_disabled")
        assert not (await play.ann("help")).acked
        assert play.taken == []


@timeless
async def test_a_revoked_token_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """Slack's own word for it, and the setting; nothing hangs."""
    async with playing() as play:
        play.slack.app.app_token, right = "xapp-another", play.slack.app.app_token
        play.sockets.drop()
        await play.until(lambda: play.slack.calls_of(OPEN)[-1].error == "invalid_auth")
        await asyncio.sleep(1)
        assert "invalid_auth" in caplog.text
        assert "SLACK_APP_TOKEN" in caplog.text
        assert right not in caplog.text
        play.slack.app.app_token = right
        assert await play.all_there() < 31


# Slack wants connections to go


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
@timeless
async def test_a_refresh_loses_nothing(reason: Any) -> None:
    """The new connection is there before the old goes; every command meanwhile is answered."""
    async with playing() as play:
        old = set(play.sockets.connections)
        await play.sockets.disconnect(reason)
        await play.until(lambda: len(play.sockets.connections) == 4, seconds=1)
        while old & set(play.sockets.connections):
            assert play.link.connected
            assert (await play.ann("help")).shown == "Heard: help"
            await asyncio.sleep(0.2)
        assert len(play.sockets.connections) == 2


@timeless
async def test_a_refresh_with_refused_upgrades_keeps_the_old_connection() -> None:
    """Until there is a new one the old one is all there is."""
    async with playing(connections=1) as play:
        [old] = play.sockets.connections
        play.slack.faults.play(Status(503), UPGRADE)
        await play.sockets.disconnect("warning")
        await asyncio.sleep(60)
        assert play.sockets.connections == [old]
        assert (await play.ann("help")).acked
        play.slack.faults.clear(UPGRADE)
        await play.until(lambda: old not in play.sockets.connections)
        assert (await play.ann("help")).acked


@timeless
async def test_too_many_connections() -> None:
    """The one that is told so goes for a minute, the other stays; then it tries again."""
    async with playing() as play:
        first, second = play.sockets.connections
        await play.sockets.disconnect("too_many_websockets", first)
        assert await play.all_there(1) < 2
        assert play.sockets.connections == [second]
        assert (await play.ann("help")).acked
        assert 55 < await play.until(lambda: len(play.sockets.connections) == 2, 90) < 61


@timeless
async def test_what_crosses_a_goodbye_is_not_lost() -> None:
    """What Slack sent before it heard of the end is answered, over the other connection."""
    async with playing() as play:
        first, second = play.sockets.connections
        play.sockets.choose = lambda usable: first if first in usable else second
        await play.sockets.disconnect("too_many_websockets", first)
        receipts = await asyncio.gather(*await play.shower())
        assert all(receipt.acked for receipt in receipts)
        assert first not in play.sockets.connections
        assert len(play.taken) == 100


@timeless
async def test_the_last_connection_is_kept_in_a_crowd() -> None:
    """Told to all at once: one of them stays for as long as Slack lets it."""
    async with playing() as play:
        await asyncio.sleep(60)
        await play.sockets.disconnect("too_many_websockets")
        await play.all_there(1)
        await asyncio.sleep(50)
        assert len(play.sockets.connections) == 1
        assert (await play.ann("help")).acked
        await play.sockets.close()
        assert await play.until(lambda: play.link.connected) < 0.1


@timeless
async def test_more_connections_than_slack_allows_settle() -> None:
    """Slack tells the oldest at each one too many; the bot does not fight for the place."""
    async with playing(connections=1) as play:
        play.sockets.most = 3
        crowd = SocketLink(play.link._app, play.slack.app.app_token, None, connections=4)
        crowd.start()
        await asyncio.sleep(1200)
        calls = len(play.slack.calls_of(OPEN))
        await crowd.stop()
        assert calls <= 20
        assert play.link.connected
        assert (await play.ann("help")).acked


# Envelopes


@timeless
async def test_an_envelope_over_two_connections_is_handled_once() -> None:
    """Each is acked with the same words, and the command runs once."""
    async with playing() as play:
        play.sockets.repeat()
        assert (await play.ann("help")).shown == "Heard: help"
        first, second = play.sockets.connections
        await play.until(lambda: first.acks and second.acks)
        assert first.acks == second.acks
        assert play.taken == ["help"]


@timeless
async def test_a_redelivered_envelope_is_handled_once() -> None:
    """Its connection broke while the listener worked; the ack goes over another."""
    async with playing() as play:
        play.sockets.redelivers = True
        play.slowness = 1.0
        command = asyncio.create_task(play.ann("help"))
        await play.until(lambda: play.taken)
        play.sockets.drop()
        assert (await command).shown == "Heard: help"
        assert play.taken == ["help"]


@timeless
async def test_an_event_that_is_tried_again_is_handled_once() -> None:
    """The ack was not heard, so Slack sends it anew in another envelope; that is acked too."""
    async with playing() as play:
        play.sockets.deafen()
        receipt = await play.slack.mention("ann", "#incidents", "help")
        await play.until(lambda: receipt.acked, seconds=90)
        assert len(receipt.attempts) > 1
        assert play.taken == ["help"]


@timeless
async def test_after_ten_minutes_an_envelope_is_forgotten() -> None:
    """What is remembered is bounded; the journal knows the rest."""
    async with playing() as play:
        for _ in range(100):
            await play.ann("help")
        await asyncio.sleep(601)
        await play.ann("help")
        assert len(play.link._envelopes._known) == 1


@timeless
async def test_a_slow_listener_is_acked_in_time_and_speaks_later() -> None:
    """Slack never says that the bot failed; the words come when they are there."""
    async with playing() as play:
        play.slowness = 20.0
        started = play.clock()
        receipt = await play.ann("help")
        assert receipt.acked
        assert play.clock() - started < 3
        assert receipt.shown == ""
        await play.until(lambda: play.slack.ephemerals("ann", "#incidents"))
        assert play.slack.ephemerals("ann", "#incidents")[0].text == "Heard: help"


@timeless
async def test_a_broken_listener_is_acked() -> None:
    """With our words, not Slack's."""
    async with playing() as play:
        play.taken = None  # type: ignore[assignment]  # what breaks the listener
        receipt = await play.ann("help")
        assert receipt.acked
        assert "something broke in the bot" in receipt.shown


# The end


@timeless
async def test_stop_acks_what_is_in_hand() -> None:
    """A command that came before the end gets its answer; one after it does not run."""
    async with playing() as play:
        play.slowness = 1.0
        command = asyncio.create_task(play.ann("first"))
        await play.until(lambda: play.taken)
        await play.link.stop()
        assert (await command).shown == "Heard: first"
        assert not (await play.ann("second")).acked
        assert play.taken == ["first"]
        assert not play.link.connected
        assert not play.sockets.connections


@timeless
async def test_stop_takes_nothing_that_it_cannot_ack() -> None:
    """Slack tells the person that it failed: then it must not have run."""
    async with playing() as play:
        shower = asyncio.create_task(play.shower())
        await play.until(lambda: play.taken)
        await play.link.stop()
        receipts = await asyncio.gather(*await shower)
        acked = [str(number) for number, receipt in enumerate(receipts) if receipt.acked]
        assert play.taken == acked
        assert 0 < len(acked) < 100


@pytest.mark.parametrize("trouble", ["half open", "slow", "dialing", "lingering"])
@timeless
async def test_stop_is_bounded(trouble: str) -> None:
    """Whatever is going on, it takes a few seconds and leaves nothing running."""
    async with playing() as play:
        if trouble == "half open":
            play.sockets.deafen(mute=True)
        elif trouble == "slow":
            play.slowness = 60.0
            await play.ann("help")
        elif trouble == "dialing":
            play.slack.faults.away()
            play.sockets.drop()
            await asyncio.sleep(10)
        else:
            await play.sockets.disconnect()
            await play.all_there(4)
        started = play.clock()
        await play.link.stop()
        assert play.clock() - started < 5
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert not [name for name in names if "Slack" in name or "envelope" in name]


@timeless
async def test_everything_goes_through_the_proxy() -> None:
    """The tickets, and the connections: nothing else knows the way to this Slack."""
    async with playing(proxied=True) as play:
        assert (await play.ann("help")).shown == "Heard: help"
        assert await play.broken("drop") < 1
