"""Walk the open needs in the order in which they are served, and find what a run says of a need, by indexes alone.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('validated', 'waiting')")
#: Each of these tables had an index of its need alone.
_OF_RUNS = ("match_unserved", "match_proposal")


def upgrade() -> None:
    """Go up."""
    op.create_index("ix_need_served", "need", ["points"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    for table in _OF_RUNS:
        op.create_index(f"ix_{table}_need_run", table, ["need_id", "run_id"])
        op.drop_index(f"ix_{table}_need_id", table_name=table)
    # Without counts of what the new ones hold, SQLite would go on taking the others.
    for table in ("need", *_OF_RUNS):
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    """Go down."""
    for table in _OF_RUNS:
        op.create_index(f"ix_{table}_need_id", table, ["need_id"])
        op.drop_index(f"ix_{table}_need_run", table_name=table)
    op.drop_index("ix_need_served", table_name="need")
