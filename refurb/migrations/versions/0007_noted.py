"""Keep the status that a count met a machine with in a column of its own: it shared that of texts without a machine.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("stocktake_item") as table:
        table.add_column(sa.Column("noted", sa.String(40), nullable=True))
    op.execute("UPDATE stocktake_item SET noted = text, text = NULL WHERE device_id IS NOT NULL AND text IS NOT NULL")


def downgrade() -> None:
    """Go down."""
    op.execute("UPDATE stocktake_item SET text = noted WHERE noted IS NOT NULL")
    with op.batch_alter_table("stocktake_item") as table:
        table.drop_column("noted")
