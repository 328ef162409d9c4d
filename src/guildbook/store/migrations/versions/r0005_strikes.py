"""Shares and sealed pledges of strikes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Neither table keeps the order in which its rows came."""
    for name, key, value in (("strike_shares", "member", "sealed"), ("strike_pledges", "place", "sealed")):
        op.create_table(
            name,
            sa.Column("strike", sa.Text(), nullable=False),
            sa.Column(key, sa.Text(), nullable=False),
            sa.Column(value, sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("strike", key, name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
