"""Evaluation vaults: which cases they hold, the scores they gave, the copies that were lent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """All but names, hashes and times is sealed."""
    op.create_table(
        "vaults",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cases", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_vaults")),
    )
    op.create_table(
        "vault_scores",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("vault", "licensee", "model", "root")),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault", "licensee", "model", "root", name=op.f("pk_vault_scores")),
    )
    op.create_table(
        "vault_copies",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("vault", "copy", "recipient")),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault", "copy", name=op.f("pk_vault_copies")),
    )
