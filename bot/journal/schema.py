"""The journal's tables. Alembic's versions in `migrations/` make them; a test holds both equal.

Times are seconds since the epoch. `operation` holds what is true now; `trail` what happened, one
row for each change of state, never changed afterwards (triggers see to it, and a chain of hashes
shows it).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

__all__ = [
    "LIVE_STATES",
    "brake",
    "heartbeat",
    "menu",
    "metadata",
    "notice",
    "operation",
    "replica",
    "trail",
]

metadata = MetaData()

STATES = (
    "asked",
    "denied",
    "waiting",
    "declined",
    "cancelled",
    "expired",
    "approved",
    "sending",
    "succeeded",
    "failed",
    "unknown",
)
LIVE_STATES = ("waiting", "approved", "sending")
_LIVE = "state IN ('waiting', 'approved', 'sending')"

operation = Table(
    "operation",
    metadata,
    Column("id", String(8), primary_key=True),
    # Slack's trigger_id or event_id: what makes a repeated delivery act once.
    Column("request_key", String(255), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),  # grows with every word that the channel must see
    Column("shown_version", Integer, nullable=False),  # the last one that it has seen
    Column("attempt", Integer, nullable=False),  # requests that were claimed, the first is 1
    # Which process holds it while it is `sending`: a new one for every start.
    Column("owner", String(36)),
    # When somebody must look: a card's end, an approval's end, a lease's end.
    Column("due_at", Double),
    Column("command", JSON, nullable=False),
    Column("verb", String(16), nullable=False),
    Column("place", String(40), nullable=False),  # the grammar's WHERE, as "tencent:pull"
    Column("account", String(40), nullable=False),
    Column("task", String(128), nullable=False),
    # Where, account and task in one: two live changes of one task cannot be.
    Column("live_key", String(255), nullable=False),
    Column("requester", String(32), nullable=False),
    Column("requester_name", String(80), nullable=False),
    Column("team", String(32), nullable=False),
    Column("decider", String(32)),
    Column("decider_name", String(80)),
    Column("confirm", String(16)),  # none, self, second-person
    Column("rule", String(40)),
    Column("ticket", String(64), unique=True),
    Column("channel", String(32), nullable=False),
    Column("direct", Integer, nullable=False),  # 1 in a direct message
    Column("thread_ts", String(32)),
    Column("message_ts", String(32)),
    # A second copy of it, found by a press: the answer to its post had been lost.
    Column("copy_ts", String(32)),
    # Posts of this message that may stand in the channel. One more than message_ts tells: its
    # answer was lost, or the process died before it could be kept.
    Column("posts", Integer, nullable=False),
    Column("response_url", String(1000)),
    Column("url_edits", Integer, nullable=False),  # 1: a button's, which edits its own message
    Column("outcome", JSON(none_as_null=True)),
    Column("asked_at", Double, nullable=False),
    Column("approved_at", Double),
    Column("sent_at", Double),
    Column("finished_at", Double),
    Column("facts", JSON(none_as_null=True)),  # the task as the card shows it
    Column("verdict", String(16)),  # following, recovered, not recovered, cannot tell
    Column("follow_until", Double),
    Column("followed", JSON(none_as_null=True)),
    Column("step", Integer, nullable=False, server_default="1"),
    Column("first_step", JSON(none_as_null=True)),  # what came of the first of two steps
    Column("batch", String(8)),  # the operation that this one is a part of
    Column("button", String(64)),  # the ticket of the buttons at its end
    Column("neighbour", JSON(none_as_null=True)),  # who changed the same task shortly before
    Column("keeper", String(36)),  # the process that looks after it
    Column("look_again", Text),  # what changed since the card was first shown
    # 1 while retention removes it: only then may rows of its trail go.
    Column("pruned", Integer, nullable=False, server_default="0"),
    CheckConstraint(f"state IN {STATES!r}", name="operation_state"),
    Index("operation_due", "due_at", sqlite_where=text("due_at IS NOT NULL")),
    Index("operation_on_task", "live_key", "asked_at"),
    Index("operation_cards", "requester", sqlite_where=text("state = 'waiting'")),
    Index("operation_owed", "asked_at", sqlite_where=text("shown_version < version")),
    Index("operation_followed", "verdict", sqlite_where=text("verdict = 'following'")),
    Index("operation_in_batch", "batch", sqlite_where=text("batch IS NOT NULL")),
    Index("operation_button", "button", unique=True),
    Index(
        "operation_one_live_change",
        "live_key",
        unique=True,
        sqlite_where=text(_LIVE),
        postgresql_where=text(_LIVE),
    ),
)

trail = Table(
    "trail",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("operation", String(8), nullable=False),
    Column("at", Double, nullable=False),
    Column("actor", String(64), nullable=False),  # a person's id, or "bot"
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("detail", JSON, nullable=False),
    # Its place in its operation, from 1, and what seals it with the one before: `bot.audit.chain`.
    # None in entries that are older than the chain.
    Column("number", Integer),
    Column("hash", String(64)),
    Index("trail_operation", "operation", "seq"),
    # Two entries cannot hang on the same one.
    Index("trail_number", "operation", "number", unique=True),
)

# What is said once beside the operation's own message: the reply in its thread that calls the
# asker, and the line in the audit channel.
notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("operation", String(8), nullable=False),
    Column("kind", String(16), nullable=False),  # thread, audit
    Column("text", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("paid_at", Double),
    Column("channel", String(32)),  # where it is said, if it belongs to no operation
    Column("keeper", String(36)),  # the process that says it
    Index("notice_owed", "id", sqlite_where=text("paid_at IS NULL")),
)

# What is frozen: no change of it is sent until it is thawed.
brake = Table(
    "brake",
    metadata,
    Column("scope", String(48), primary_key=True),  # an account's name, or "*"
    Column("by", String(32), nullable=False),
    Column("by_name", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("channel", String(32), nullable=False),
    Column("at", Double, nullable=False),
)

# What the choices under a private list stand for, for as long as they can be used.
menu = Table(
    "menu",
    metadata,
    Column("ticket", String(64), primary_key=True),
    Column("person", String(32), nullable=False),
    Column("data", JSON, nullable=False),
    Column("made_at", Double, nullable=False),
)

# The processes that work on this database, and when each was last heard.
replica = Table(
    "replica",
    metadata,
    Column("owner", String(36), primary_key=True),
    Column("seen_at", Double, nullable=False),
)

# One row, written anew by each question whether the journal can be written.
heartbeat = Table("heartbeat", metadata, Column("at", Double, primary_key=True))
