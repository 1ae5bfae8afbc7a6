"""The trail is chained by hashes; what is old enough may go with its trail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# No row of the trail changes, and none goes, except with an operation that retention has marked.
# This stops accidents; who drops the triggers is found by `stream-bot audit verify`.
_REFUSED = "the trail is append-only"
_PRUNED = "EXISTS (SELECT 1 FROM operation WHERE id = OLD.operation AND pruned = 1)"

_SQLITE = (
    "DROP TRIGGER IF EXISTS trail_no_update",
    "DROP TRIGGER IF EXISTS trail_no_delete",
    "CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    f"CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail WHEN NOT {_PRUNED} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
)
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF TG_OP = 'DELETE' THEN IF {_PRUNED} THEN RETURN OLD; END IF; END IF; "
    f"RAISE EXCEPTION '{_REFUSED}'; END $$",
    "DROP TRIGGER IF EXISTS trail_append_only ON trail",
    "DROP TRIGGER IF EXISTS trail_no_truncate ON trail",
    "CREATE TRIGGER trail_append_only BEFORE UPDATE OR DELETE ON trail "
    "FOR EACH ROW EXECUTE FUNCTION trail_is_append_only()",
    "CREATE TRIGGER trail_no_truncate BEFORE TRUNCATE ON trail "
    "FOR EACH STATEMENT EXECUTE FUNCTION trail_is_append_only()",
)


def upgrade() -> None:
    pruned = sa.Column("pruned", sa.Integer(), nullable=False, server_default="0")
    op.add_column("operation", pruned)
    op.add_column("trail", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("trail", sa.Column("hash", sa.String(length=64), nullable=True))
    op.create_index("trail_number", "trail", ["operation", "number"], unique=True)
    engine = op.get_bind().dialect.name
    for statement in _SQLITE if engine == "sqlite" else _POSTGRES:
        op.execute(statement)
