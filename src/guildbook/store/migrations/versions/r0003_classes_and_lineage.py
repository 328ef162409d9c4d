"""Classes of traces, the acts that bear on decisions, and whose traces are in an artefact."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Segments note their classes; grants and uses note the recipient, the use and the clauses."""
    for table, names in {
        "segments": ("classes", "parts"),
        "grants": ("recipient", "use"),
        "uses": ("recipient", "use", "clauses"),
    }.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "policy_acts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_policy_acts")),
    )
    op.create_table(
        "artefact_workers",
        sa.Column("artefact", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clauses", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("artefact", "worker", "class", "reason", "clauses", name=op.f("pk_artefact_workers")),
    )
    op.create_index(op.f("ix_artefact_workers_worker"), "artefact_workers", ["worker"], unique=False)
