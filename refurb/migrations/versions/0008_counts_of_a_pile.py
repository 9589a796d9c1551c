"""Let an index alone answer the counts of a pile, which every scan asks for.

Revision 0008, after 0007.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COUNTS = ["pile_id", "id", "answer", "reason", "event_id", "device_id", "undone_at", "settled_at"]


def upgrade() -> None:
    """Go up."""
    op.create_index("ix_scan_of_pile", "scan", _COUNTS)
    op.drop_index("ix_scan_pile_id_id", table_name="scan")
    # Without counts of what the new one holds, SQLite would not know what it is good for.
    op.execute("ANALYZE scan")


def downgrade() -> None:
    """Go down."""
    op.create_index("ix_scan_pile_id_id", "scan", ["pile_id", "id"])
    op.drop_index("ix_scan_of_pile", table_name="scan")
