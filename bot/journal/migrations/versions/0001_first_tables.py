"""The first tables: operations, their trail, and what is owed once."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# As the first release made them. PostgreSQL came later: 0003 gives it the like.
_SQLITE = tuple(
    f"CREATE TRIGGER trail_no_{verb.lower()} BEFORE {verb} ON trail "
    "BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("operation", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("paid_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "notice_owed", "notice", ["id"], unique=False, sqlite_where=sa.text("paid_at IS NULL")
    )
    op.create_table(
        "operation",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("request_key", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=True),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("command", sa.JSON(), nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("task", sa.String(length=128), nullable=False),
        sa.Column("live_key", sa.String(length=255), nullable=False),
        sa.Column("requester", sa.String(length=32), nullable=False),
        sa.Column("requester_name", sa.String(length=80), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("decider", sa.String(length=32), nullable=True),
        sa.Column("decider_name", sa.String(length=80), nullable=True),
        sa.Column("confirm", sa.String(length=16), nullable=True),
        sa.Column("rule", sa.String(length=40), nullable=True),
        sa.Column("ticket", sa.String(length=64), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("direct", sa.Integer(), nullable=False),
        sa.Column("thread_ts", sa.String(length=32), nullable=True),
        sa.Column("message_ts", sa.String(length=32), nullable=True),
        sa.Column("copy_ts", sa.String(length=32), nullable=True),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("response_url", sa.String(length=1000), nullable=True),
        sa.Column("url_edits", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("approved_at", sa.Double(), nullable=True),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'denied', 'waiting', 'declined', 'cancelled', 'expired', "
            "'approved', 'sending', 'succeeded', 'failed', 'unknown')",
            name="operation_state",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("request_key"),
        sa.UniqueConstraint("ticket"),
    )
    op.create_index(
        "operation_due",
        "operation",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "operation_one_live_change",
        "operation",
        ["live_key"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'approved', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'approved', 'sending')"),
    )
    op.create_index(
        "operation_owed",
        "operation",
        ["asked_at"],
        unique=False,
        sqlite_where=sa.text("shown_version < version"),
    )
    op.create_table(
        "trail",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("operation", sa.String(length=8), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("request_id", sa.String(length=128), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("trail_operation", "trail", ["operation", "seq"], unique=False)
    op.create_index("operation_on_task", "operation", ["live_key", "asked_at"])
    op.create_index(
        "operation_cards",
        "operation",
        ["requester"],
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("at"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in _SQLITE:
            op.execute(trigger)
