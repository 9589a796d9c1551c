"""List papers and reports by indexes: their rows are wide, for they hold all that was said.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NEW = {
    "ix_document_kind": ("document", "kind", "id"),
    "ix_document_issuer_kind": ("document", "issuer_id", "kind", "year", "sequence"),
    "ix_report_organisation_received": ("report", "organisation_id", "received_at", "id"),
}
_DOUBTED = sa.text("doubt IS NOT NULL")


def upgrade() -> None:
    """Go up."""
    for name, (table, *columns) in _NEW.items():
        op.create_index(name, table, columns)
    op.create_index(
        "ix_report_doubted", "report", ["organisation_id"], sqlite_where=_DOUBTED, postgresql_where=_DOUBTED
    )
    op.drop_index("ix_report_organisation_id", table_name="report")
    # Without counts of what the new ones hold, SQLite would go on taking the others.
    for table in ("document", "report"):
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    """Go down."""
    op.create_index("ix_report_organisation_id", "report", ["organisation_id"])
    op.drop_index("ix_report_doubted", table_name="report")
    for name, (table, *_columns) in _NEW.items():
        op.drop_index(name, table_name=table)
