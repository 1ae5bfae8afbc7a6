"""Facts and following, two steps, several tasks in one command, brakes, choices under a list;
several processes on one journal."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("follow_until", sa.Double(), nullable=True),
        sa.Column("followed", sa.JSON(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("first_step", sa.JSON(), nullable=True),
        sa.Column("batch", sa.String(length=8), nullable=True),
        sa.Column("button", sa.String(length=64), nullable=True),
        sa.Column("neighbour", sa.JSON(), nullable=True),
        sa.Column("keeper", sa.String(length=36), nullable=True),
        sa.Column("look_again", sa.Text(), nullable=True),
    ):
        op.add_column("operation", column)
    op.add_column("notice", sa.Column("channel", sa.String(length=32), nullable=True))
    op.add_column("notice", sa.Column("keeper", sa.String(length=36), nullable=True))
    op.create_table(
        "replica",
        sa.Column("owner", sa.String(length=36), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    op.create_index(
        "operation_followed",
        "operation",
        ["verdict"],
        sqlite_where=sa.text("verdict = 'following'"),
    )
    op.create_index(
        "operation_in_batch", "operation", ["batch"], sqlite_where=sa.text("batch IS NOT NULL")
    )
    op.create_index("operation_button", "operation", ["button"], unique=True)
    op.create_table(
        "brake",
        sa.Column("scope", sa.String(length=48), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("scope"),
    )
    op.create_table(
        "menu",
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("ticket"),
    )
