"""Tickets kept apart, and where a moved message was first recorded"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "kept_apart",
        sa.Column("one", _ID, autoincrement=False, nullable=False),
        sa.Column("other", _ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("one", "other"),
    )
    op.create_index("kept_apart_by_other", "kept_apart", ["other"])
    op.add_column("messages", sa.Column("origin_ticket_id", _ID, nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "origin_ticket_id")
    op.drop_table("kept_apart")
