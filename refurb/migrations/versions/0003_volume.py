"""Order the lists of a full database by indexes.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNLABELLED = sa.text("labelled_at IS NULL")
#: What lists are sorted by, behind what they are first narrowed by.
_NEW = {
    "ix_device_since": ("device", "status_since", "id"),
    "ix_device_holder_since": ("device", "holder_id", "status_since", "id"),
    "ix_device_status_since": ("device", "status", "status_since", "id"),
    "ix_device_holder_status_since": ("device", "holder_id", "status", "status_since", "id"),
    "ix_device_cpu_class": ("device", "cpu_class", "id"),
    "ix_device_model": ("device", "model", "id"),
    "ix_device_maker": ("device", "maker", "id"),
    "ix_need_state_since": ("need", "state", "state_since"),
    "ix_need_points": ("need", "points"),
    "ix_lot_line_lot_state": ("lot_line", "lot_id", "state", "share_id"),
    "ix_event_kind_at": ("event", "kind", "at"),
}
#: What the new ones begin with already.
_OLD = {
    "ix_device_status": ("device", "status"),
    "ix_device_holder_status": ("device", "holder_id", "status"),
}


def upgrade() -> None:
    """Go up."""
    for name, (table, *columns) in _NEW.items():
        op.create_index(name, table, columns)
    op.create_index(
        "ix_device_unlabelled",
        "device",
        ["status", "holder_id", "created_at", "id"],
        sqlite_where=_UNLABELLED,
        postgresql_where=_UNLABELLED,
    )
    for name, (table, *_columns) in _OLD.items():
        op.drop_index(name, table_name=table)
    # Without counts of what the new ones hold, SQLite would go on taking the others.
    for table in ("device", "event", "need", "lot_line"):
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    """Go down."""
    for name, (table, *columns) in _OLD.items():
        op.create_index(name, table, columns)
    op.drop_index("ix_device_unlabelled", table_name="device")
    for name, (table, *_columns) in _NEW.items():
        op.drop_index(name, table_name=table)
