"""Pictures seen before"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_decoration", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            "attachments_by_sha256",
            ["sha256", "id"],
            unique=False,
            sqlite_where=sa.text("size_bytes <= 60000"),
            postgresql_where=sa.text("size_bytes <= 60000"),
        )


def downgrade() -> None:
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.drop_index("attachments_by_sha256")
        batch_op.drop_column("is_decoration")
