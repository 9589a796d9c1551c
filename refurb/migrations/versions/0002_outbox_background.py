"""Tell in the outbox what nobody waits for.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WAITING = sa.text("done_at IS NULL AND failed_at IS NULL")


def upgrade() -> None:
    """Go up: what waits already was asked by somebody, as far as anybody knows."""
    op.drop_index("ix_outbox_waiting", table_name="outbox")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_background", sa.Boolean(), server_default=sa.false(), nullable=False))
    _index("is_background", "due_at")


def downgrade() -> None:
    """Go down."""
    op.drop_index("ix_outbox_waiting", table_name="outbox")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("is_background")
    _index("due_at")


def _index(*columns: str) -> None:
    op.create_index(
        "ix_outbox_waiting", "outbox", list(columns), unique=False, sqlite_where=_WAITING, postgresql_where=_WAITING
    )
