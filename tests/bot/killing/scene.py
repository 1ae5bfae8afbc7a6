"""One operation with a bot that is killed on the way, and what is left when all is quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import Connection, func, or_, select

from bot.audit.reader import find_key, reading
from bot.audit.verify import Report, verify
from bot.journal import Record, State, Verdict
from bot.journal.rows import find_all
from bot.journal.schema import notice, operation, trail
from bot.sandbox import Message
from providers.simulator import Incident, Seen
from tests.bot.killing.bots import Bot, Nursery
from tests.bot.killing.nursery import AUDIT_KEY, VENDOR_SECONDS
from tests.bot.stage import ENVIRON, Stage, furnish

__all__ = ["Scene", "scene"]

_EXTRA = f"""
[timeouts]
vendor_seconds = {VENDOR_SECONDS}
verify_seconds = 6.0
approved_seconds = 15.0
"""
_SHARED_KEY = """
[audit]
key = "env:AUDIT_KEY"
"""

QUIET_SECONDS = 40.0
LOOK_SECONDS = 0.1


_GOING_ON = or_(
    ~operation.c.state.in_([state for state in State if state.final]),
    operation.c.verdict == Verdict.FOLLOWING,
    operation.c.shown_version < operation.c.version,
)


class Scene(Stage):
    """A stage whose bots are processes, all on the database of `url`."""

    def __init__(self, folder: Path, url: str, nursery: Nursery, extra: str = "") -> None:
        shared = not url.startswith("sqlite")
        super().__init__(folder, "socket", _EXTRA + extra + (_SHARED_KEY if shared else ""))
        self.url = url
        self.bots: list[Bot] = []
        self._nursery = nursery
        self._key = find_key(url, AUDIT_KEY.encode()) if shared else None
        self.forget_account("ali")
        self.forget_account("volc")

    def _config(self) -> str:
        return super()._config().replace(f"sqlite:///{self.folder}/stream-bot.db", self.url)

    async def run_bot(self, kill: str | None = None) -> Bot:
        """Start a bot and wait until Slack has its connection. It dies at the point `kill`."""
        bot = await self._nursery.bot(
            {
                "config": self.config(),
                "environ": {**ENVIRON, "AUDIT_KEY": AUDIT_KEY},
                "bot_token": self.slack.app.bot_token,
                "app_token": self.slack.app.app_token,
                "log": str(self.folder / "log"),
            }
        )
        self.bots.append(bot)
        if not await bot.is_up():
            raise RuntimeError(f"the bot did not start: {self.log()}")
        await self.slack.wait_for(lambda: self.slack.sockets.connections, seconds=20)
        await bot.begin(kill)
        return bot

    def log(self) -> str:
        """What the bots wrote, the end of it."""
        return (self.folder / "log").read_text()[-3000:]

    # What the journal says

    def records(self) -> list[Record]:
        """Every operation."""
        with reading(self.url) as connection:
            return find_all(connection)

    def quiet(self) -> bool:
        """Whether every operation is over, proved, and told to everybody who is owed a word."""
        with reading(self.url) as connection:
            return _quiet(connection)

    async def until_quiet(self) -> None:
        """Raises TimeoutError, with what is left to do."""
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                while not self.quiet():  # noqa: ASYNC110  # another process writes it
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"not quiet: {self.left()}\n{self.log()}") from None

    def left(self) -> list[str]:
        """What is still to be done or told."""
        with reading(self.url) as connection:
            unpaid = select(notice.c.operation, notice.c.kind).where(notice.c.paid_at.is_(None))
            notices = [
                f"notice of {row.operation}: {row.kind}" for row in connection.execute(unpaid)
            ]
            undone = connection.execute(select(operation).where(_GOING_ON))
            return notices + [
                f"op {row.id}: {row.state}, {row.verdict}, {row.shown_version} of {row.version}"
                for row in undone
            ]

    def audited(self) -> Report:
        """What `stream-bot audit verify` finds."""
        key = self._key or find_key(self.url, None)
        with reading(self.url) as connection:
            return verify(connection, key)

    def steps(self, record: Record) -> list[tuple[str, str]]:
        """An operation's trail: from which state to which."""
        wanted = select(trail.c.from_state, trail.c.to_state).where(trail.c.operation == record.id)
        with reading(self.url) as connection:
            return [(row[0], row[1]) for row in connection.execute(wanted.order_by(trail.c.seq))]

    # What the vendor and the channel say

    def changes(self) -> list[Seen]:
        """The vendor's requests that were to change something."""
        reads = ("Describe", "Get", "List")
        return [seen for seen in self.tencent.requests if not seen.action.startswith(reads)]

    def posts(self, channel: str = "#incidents") -> list[Message]:
        """The bot's own messages that all see, without threads."""
        return [m for m in self.slack.messages(channel) if m.origin == "api" and not m.deleted]


def _quiet(connection: Connection) -> bool:
    undone = connection.execute(select(func.count()).where(_GOING_ON)).scalar_one()
    unpaid = select(func.count()).where(notice.c.paid_at.is_(None))
    return undone == 0 and connection.execute(unpaid).scalar_one() == 0


@asynccontextmanager
async def scene(folder: Path, url: str, nursery: Nursery, extra: str = "") -> AsyncIterator[Scene]:
    """A scene without a bot yet; all its bots are gone afterwards."""
    built = Scene(folder, url, nursery, extra)
    built.slack.sockets.redelivers = False
    built.slack._courier.ack_seconds = 0.7
    built.tencent.recovery = 0.3
    built.tencent.delay = 0.12  # long enough for a "Sending" to be shown
    built.tencent.play(Incident.SLOW, 1)
    async with AsyncExitStack() as stack:
        for part in (built.slack, built.tencent):
            await stack.enter_async_context(part)
        furnish(built)
        try:
            yield built
        finally:
            for bot in built.bots:
                await bot.end()
