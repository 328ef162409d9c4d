"""What was erased in part, so that importing again does not bring it back; segments on their way out."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Segments that are leaving stand apart, so that nothing is ever admitted from them."""
    texts, numbers = ("id", "worker", "month", "terms"), ("rows", "first", "last")
    op.create_table(
        "leaving",
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in numbers),
        sa.Column("digest", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("bytes", "created")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("classes", "parts", "leaving")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaving")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_worker"), "erasures", ["worker"], unique=False)
