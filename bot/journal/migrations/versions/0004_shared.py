"""What replicas on one PostgreSQL share: the vendors' quotas, and the trail's key where none is
configured. A process on SQLite is alone."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "rate_slot",
        sa.Column("key", sa.String(length=64), primary_key=True),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("step", sa.Double(), nullable=False),
    )
    op.create_table(
        "audit_key",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1"),
    )
