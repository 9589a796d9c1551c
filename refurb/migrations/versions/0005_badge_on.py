"""Keep beside a sign-in whose badge took its browser over: what that browser may do is its bearer's.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

import refurb.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = "fk_account_session_badge_id_badge"


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("account_session") as table:
        table.add_column(sa.Column("badge_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        table.add_column(sa.Column("badge_at", refurb.db.UtcDateTime(), nullable=True))
        table.create_foreign_key(_KEY, "badge", ["badge_id"], ["id"])


def downgrade() -> None:
    """Go down."""
    with op.batch_alter_table("account_session") as table:
        table.drop_constraint(_KEY, type_="foreignkey")
        table.drop_column("badge_at")
        table.drop_column("badge_id")
