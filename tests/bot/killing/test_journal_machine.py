"""The journal's transitions in any order: three processes that know old news, a clock that jumps,
and whoever loses did nothing. Hypothesis looks for the order that breaks a rule."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine

from bot.audit.reader import find_key, reading
from bot.audit.upkeep import Upkeep
from bot.audit.verify import verify
from bot.command import TaskCommand
from bot.journal import Journal, Origin, Outcome, OutcomeWord, Record, State, TaskBusyError, Verdict
from bot.journal.rows import find_all
from bot.journal.schema import LIVE_STATES, operation
from providers.operation import Verb

T = TypeVar("T")

LEASE, CARD, APPROVAL = 20.0, 300.0, 60.0

owners = st.integers(0, 2)
tasks = st.sampled_from(["123", "456"])
news = st.integers(0, 1_000)  # which of the records that were seen, old ones too


class Journals(RuleBasedStateMachine):
    """Three journals on one database, as three replicas have them; and what must have happened."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="stream-bot-machine-"))
        self.url = f"sqlite:///{self.folder}/journal.db"
        self.at = 1_800_000_000.0
        self.seen: list[Record] = []
        self.trails: dict[str, list[str]] = {}  # operation -> the states that it went through
        self.asked = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        first = self.run(Journal.open(self.url, now=lambda: self.at))
        # SQLite takes one process at a time; here it plays the database that replicas share.
        first._database.shared = True
        self.run(first._database.prepare(_hasten))
        self.run(Upkeep(first._database, keep_days=0).begin())
        others = [Journal(first._database, None) for _ in range(2)]
        self.journals = [first, *others]
        self.beat(0)

    def teardown(self) -> None:
        try:
            if hasattr(self, "journals"):
                self.run(self.journals[0].close())
                self._audit()
        finally:
            self.loop.close()
            shutil.rmtree(self.folder)

    def _audit(self) -> None:
        with reading(self.url) as connection:
            assert verify(connection, find_key(self.url, None)).faults == []

    # What people do, and time

    @rule(owner=owners, task=tasks, again=st.booleans())
    def ask(self, owner: int, task: str, again: bool) -> None:
        """again: Slack delivers the last command once more."""
        self.asked += not (again and self.asked)
        origin = Origin(
            request_key=f"command:{self.asked}",
            requester="U123",
            requester_name="ann",
            team="T123",
            channel="C123",
        )
        wish = TaskCommand(
            verb=Verb.RESTART, where="tencent:pull", account="prod", task=task, region="r"
        )
        record = self.run(self.journals[owner].ask(wish, origin))
        assert (record is None) == (again and self.asked <= len(self.trails))
        if record is not None:
            self.seen.append(record)
            self.trails[record.id] = ["asked"]

    @rule(seconds=st.sampled_from([0.5, 5.0, 30.0, 100.0, 400.0]))
    def wait(self, seconds: float) -> None:
        self.at += seconds

    @rule(owner=owners)
    def beat(self, owner: int) -> None:
        """This process says that it lives; the others may be dead by now."""
        self.run(self.journals[owner].replicas.beat())

    @rule(owner=owners)
    def adopt(self, owner: int) -> None:
        """It takes over what dead ones left."""
        self.run(self.journals[owner].replicas.beat())
        self.seen += self.run(self.journals[owner].replicas.adopt(at_start=True))

    # Transitions

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def show_card(self, owner: int, which: int) -> None:
        self._try(
            which,
            (State.ASKED,),
            lambda record: self.journals[owner].move(
                record, State.WAITING, actor="U123", due_at=self.at + CARD
            ),
        )

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def approve(self, owner: int, which: int) -> None:
        self._try(
            which,
            (State.ASKED, State.WAITING),
            lambda record: self.journals[owner].approve(record, actor="U1", lasts=APPROVAL),
        )

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def cancel(self, owner: int, which: int) -> None:
        self._try(
            which,
            (State.WAITING,),
            lambda record: self.journals[owner].move(
                record, State.CANCELLED, actor="U123", due_at=None
            ),
        )

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def claim(self, owner: int, which: int) -> None:
        claimed = self._try(
            which,
            (State.APPROVED,),
            lambda record: self.journals[owner].claim(record, LEASE),
        )
        if claimed is not None:
            assert claimed.owner == self.journals[owner].owner

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def release(self, owner: int, which: int) -> None:
        self._by_its_owner(
            owner,
            which,
            lambda record: self.journals[owner].release(
                record, "throttled", due_at=self.at + APPROVAL
            ),
        )

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def advance(self, owner: int, which: int) -> None:
        """The first of two steps was taken."""
        first = Outcome(word=OutcomeWord.ACCEPTED)
        self._by_its_owner(
            owner, which, lambda record: self.journals[owner].advance(record, first, APPROVAL)
        )

    @precondition(lambda self: self.seen)
    @rule(
        owner=owners,
        which=news,
        end=st.sampled_from([State.SUCCEEDED, State.FAILED, State.UNKNOWN]),
    )
    def finish(self, owner: int, which: int, end: State) -> None:
        values: dict[str, Any] = {} if end is State.FAILED else {"verdict": Verdict.FOLLOWING}
        word = Outcome(word=OutcomeWord.ACCEPTED)
        self._by_its_owner(
            owner, which, lambda record: self.journals[owner].finish(record, end, word, **values)
        )

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def expire(self, owner: int, which: int) -> None:
        self._try(
            which,
            (State.ASKED, State.WAITING, State.APPROVED),
            self.journals[owner].expire,
        )

    @rule(owner=owners)
    def sweep(self, owner: int) -> None:
        """Whoever finds an overdue lease says that its end is unknown."""
        for record in self.run(self.journals[owner].due()):
            self.seen.append(record)
            self._try(
                len(self.seen) - 1,
                (State.SENDING,),
                lambda record: self.journals[owner].move(
                    record, State.UNKNOWN, actor="bot", due_at=None, verdict=Verdict.FOLLOWING
                ),
            )

    @precondition(lambda self: self.seen)
    @rule(
        owner=owners, which=news, verdict=st.sampled_from([Verdict.RECOVERED, Verdict.CANNOT_TELL])
    )
    def conclude(self, owner: int, which: int, verdict: Verdict) -> None:
        word = Outcome(word=OutcomeWord.PROVED)
        self._try(
            which,
            (State.SUCCEEDED, State.UNKNOWN),
            lambda record: self.journals[owner].following.conclude(record, verdict, word),
        )

    @precondition(lambda self: self.seen)
    @rule(owner=owners, which=news)
    def refuse_press(self, owner: int, which: int) -> None:
        """A note in the trail, by somebody whose news may be old: it moves nothing."""
        known = self.seen[which % len(self.seen)]
        self.run(self.journals[owner].note_in_trail(known, "U666", {"press refused": "No."}))

    # What must hold

    def _by_its_owner(
        self,
        owner: int,
        which: int,
        move: Callable[[Record], Coroutine[Any, Any, Record | None]],
    ) -> None:
        """What came of a call is written by who made it; anybody else who tries changes nothing."""
        known = self.seen[which % len(self.seen)]
        moved = self._try(which, (State.SENDING,), move)
        assert moved is None or known.owner == self.journals[owner].owner

    def _try(
        self,
        which: int,
        fits: tuple[State, ...],
        move: Callable[[Record], Coroutine[Any, Any, Record | None]],
    ) -> Record | None:
        """Somebody who believes this news acts on it. What counts is one step; else nothing is."""
        known = self.seen[which % len(self.seen)]
        if known.state not in fits:
            return None
        try:
            moved = self.run(move(known))
        except TaskBusyError:
            return None
        if moved is not None:
            assert moved.version > known.version
            self.seen.append(moved)
            open_end = moved.verdict in (None, Verdict.FOLLOWING)
            self.trails[moved.id].append(moved.state if open_end else str(moved.verdict))
        return moved

    @invariant()
    def the_trail_is_what_happened(self) -> None:
        """One row for each step that counted, and the operation stands at the last of them."""
        for record in self._records():
            rows = self.run(self.journals[0].past.trail_of(record.id))
            rows = [row for row in rows if row.actor != "U666"]
            states = [row.to_state for row in rows]
            assert states == self.trails[record.id]
            assert [row.from_state for row in rows] == ["", *states[:-1]]

    @invariant()
    def one_claim_at_most_is_open(self) -> None:
        """What was claimed is sent once: another claim comes only after a step back or forward."""
        for states in self.trails.values():
            went_back = sum(
                states[n : n + 2] == ["sending", "approved"] for n in range(len(states))
            )
            assert states.count("sending") - went_back <= 1

    @invariant()
    def a_final_state_stays(self) -> None:
        """After an end comes at most its verdict."""
        finals = {str(state) for state in State if state.final}
        for states in self.trails.values():
            first = next((n for n, state in enumerate(states) if state in finals), len(states))
            assert all(state in set(Verdict) for state in states[first + 1 :])
            assert len(states[first + 1 :]) <= 1

    @invariant()
    def one_change_of_a_task_is_live(self) -> None:
        live = [record.live_key for record in self._records() if record.state in LIVE_STATES]
        assert len(live) == len(set(live))

    def _records(self) -> list[Record]:
        if not hasattr(self, "journals"):
            return []
        return self.run(
            self.journals[0]._database.commit(lambda c: find_all(c, operation.c.id.is_not(None)))
        )


def _hasten(engine: Engine) -> None:
    """No power is lost in this test."""
    raw = engine.raw_connection()
    raw.cursor().execute("PRAGMA synchronous=OFF")
    raw.close()


TestJournals = Journals.TestCase
TestJournals.settings = settings(
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,  # CI looks at the same orders each time
    suppress_health_check=[HealthCheck.too_slow],
)
