"""Puts the parts together, from the bottom up: between Slack, the journal and the vendors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.batches import BatchDesk, BatchRun
from bot.beforehand import Beforehand
from bot.brakes import BrakeDesk
from bot.breaker import Breaker
from bot.command import Vocabulary
from bot.desk import Desk
from bot.follower import Follower
from bot.guide import Guide
from bot.journal import Journal, Record
from bot.journal.slots import Slots
from bot.looks import Looks
from bot.metrics import MeasuredClient, Metrics, Reading, Source
from bot.next_steps import NextSteps
from bot.notices import Notices
from bot.presses import Presses
from bot.probes import Probes
from bot.reads import Reads
from bot.recovery import Recovery
from bot.runner import Runner
from bot.screens import Screens
from bot.screens.batch import BatchScreens
from bot.settings import Settings
from bot.slack.listeners import Identity, Listeners, bolt_app
from bot.slack.outage import Outage
from bot.slack.outbox import Outbox
from bot.slack.people import SlackPeople
from bot.slack.web import SlackWeb
from bot.supervisor import Supervisor
from providers.catalogue import Catalogue

__all__ = ["Ground", "Parts", "told_by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the parts stand on. stack: what is put on it is closed at the end, last one first."""

    settings: Settings
    catalogue: Catalogue
    journal: Journal
    web: SlackWeb
    identity: Identity
    metrics: Metrics
    outage: Outage
    supervisor: Supervisor
    stack: AsyncExitStack

    def link(self, record: Record) -> str | None:
        """Where an operation's message is, for people."""
        if record.message_ts is None:
            return None
        ts = record.message_ts.replace(".", "")
        return f"{self.identity.url}/archives/{record.origin.channel}/p{ts}"


class Parts:
    """Those that are started and stopped. bolt: takes what Slack delivers, and has the rest."""

    def __init__(self, ground: Ground) -> None:
        settings, catalogue, identity = ground.settings, ground.catalogue, ground.identity
        vocabulary = Vocabulary(
            catalogue,
            settings.accounts,
            settings.targets,
            most_tasks=settings.limits.batch_tasks,
        )
        self.client = _client(ground)
        self._metrics = ground.metrics
        self._batch_screens = BatchScreens(settings, vocabulary)
        screens = Screens(settings, vocabulary)
        self.outbox = Outbox(
            ground.web,
            ground.journal,
            screens,
            self._batch_screens,
            ground.supervisor,
            audit=settings.policy.audit_channel,
            outage=ground.outage,
            link=ground.link,
        )
        teams = frozenset(settings.slack.teams) or frozenset({identity.team_id})
        people = SlackPeople(
            ground.web,
            teams=teams,
            groups=settings.policy.groups_named,
            denied=settings.policy.groups_denied,
        )
        self._tell_the_story(ground, screens, people)
        self.probes = Probes(settings, catalogue, self.client)
        self.bolt = bolt_app(ground.web, identity)
        Listeners(
            vocabulary,
            desk=self.desk,
            presses=self._presses,
            guide=Guide(settings, catalogue, people=people, whisper=self.outbox.whisper),
            reads=self._reads,
            brakes=self._brakes,
            outbox=self.outbox,
            supervisor=ground.supervisor,
            identity=identity,
            teams=teams,
            commands_per_minute=settings.limits.commands_per_minute,
            metrics=ground.metrics,
        ).register(self.bolt)

    def close_the_door(self) -> None:
        """Nothing new is begun from now on; who asks is told so."""
        self.desk.closing = self.batch_run.closing = True

    def _tell_the_story(self, ground: Ground, screens: Screens, people: SlackPeople) -> None:
        """What takes an operation from its command to its proof."""
        settings, catalogue, journal = ground.settings, ground.catalogue, ground.journal
        outbox, notices = self.outbox, Notices(settings, screens, journal.now)
        breaker = Breaker(settings, catalogue, self.client, journal, wake=outbox.wake)
        ground.stack.push_async_callback(breaker.stop)
        ground.metrics.watch(told_by(lambda: {"breakers_open": breaker.open()}))
        looks = Looks(settings, catalogue, self.client, breaker, journal.now)
        beforehand = Beforehand(catalogue, journal, looks)
        self.follower = Follower(
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
            follower=self.follower,
            breaker=breaker,
        )
        self._brakes = BrakeDesk(
            settings,
            journal=journal,
            people=people,
            whisper=outbox.whisper,
            wake=outbox.wake,
        )
        self.desk = Desk(
            settings,
            catalogue,
            journal=journal,
            notices=notices,
            runner=self._runner,
            people=people,
            whisper=outbox.whisper,
            link=ground.link,
            changed=self._changed,
            supervisor=ground.supervisor,
            beforehand=beforehand,
            brakes=self._brakes,
        )
        self.batch_run = BatchRun(
            journal=journal,
            beforehand=beforehand,
            runner=self._runner,
            notices=notices,
            screens=self._batch_screens,
            changed=self._changed,
            supervisor=ground.supervisor,
        )
        batches = BatchDesk(
            settings,
            catalogue,
            journal=journal,
            beforehand=beforehand,
            run=self.batch_run,
            notices=notices,
            people=people,
            whisper=outbox.whisper,
            changed=self._changed,
            supervisor=ground.supervisor,
            wish=self.desk.wish,
            deny=self.desk.deny,
            card=self.desk.show_card,
        )
        self.desk.join(batches)
        self.recovery = Recovery(
            journal,
            desk=self.desk,
            runner=self._runner,
            notices=notices,
            follower=self.follower,
            batches=batches,
            supervisor=ground.supervisor,
            changed=self._changed,
            lease_lost=ground.metrics.lease_lost,
        )
        self._reads = Reads(
            settings,
            catalogue,
            journal=journal,
            looks=looks,
            people=people,
            whisper=outbox.whisper,
            link=ground.link,
            show=outbox.show,
        )
        self._presses = Presses(
            settings,
            self.desk,
            journal=journal,
            screens=screens,
            notices=notices,
            runner=self._runner,
            people=people,
            whisper=outbox.whisper,
            changed=self._changed,
            beforehand=beforehand,
            next_steps=NextSteps(
                self.desk,
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
        self._metrics.told(record)
        self.outbox.changed(record)
        self.batch_run.child_ended(record)

    def _vendors_clock(self, record: Record) -> float:
        """What the vendor's clock is ahead of ours, in seconds."""
        return self.client.clock_seen(self._runner.call(record.command, record.origin.requester))


def _client(ground: Ground) -> MeasuredClient:
    settings = ground.settings
    client = MeasuredClient(
        ground.metrics,
        ground.catalogue,
        timeout=settings.timeouts.vendor_seconds,
        proxy=settings.network.proxy,
        ca_file=settings.network.ca_file,
        reserve=_slots(ground),
    )
    ground.stack.push_async_callback(client.close)
    return client


def _slots(ground: Ground) -> Slots | None:
    """Where other processes use the same quota, it is shared through the database."""
    if ground.journal.alone:
        return None
    slots = Slots(ground.settings.database.url.get_secret_value())
    ground.stack.push_async_callback(slots.close)
    return slots


def told_by(figures: Callable[[], Reading]) -> Source:
    """A source of figures that are at hand."""

    async def tell() -> Reading:
        return figures()

    return tell
