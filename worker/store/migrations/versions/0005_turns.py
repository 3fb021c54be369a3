"""Turns: no sender holds up the others"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PENDING = sa.text("state IN ('received', 'claimed')")


def upgrade() -> None:
    op.add_column("inbound", sa.Column("sender_key", sa.BigInteger(), nullable=True))
    op.add_column(
        "inbound",
        sa.Column("turn", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    for name, columns in (
        ("inbound_by_turn", ["state", "turn", "id"]),
        ("inbound_by_sender", ["sender_key", "turn"]),
    ):
        op.create_index(
            name, "inbound", columns, sqlite_where=_PENDING, postgresql_where=_PENDING
        )


def downgrade() -> None:
    for name in ("inbound_by_turn", "inbound_by_sender"):
        op.drop_index(name, "inbound")
    op.drop_column("inbound", "turn")
    op.drop_column("inbound", "sender_key")
