"""Who asked for a ballot paper, and the votes that were cast, until a ballot is closed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Neither table keeps the order in which its rows came."""
    op.create_table(
        "ballot_requests",
        sa.Column("ballot", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("blinded", sa.LargeBinary(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("ballot", "member", name=op.f("pk_ballot_requests")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballot_votes",
        sa.Column("ballot", sa.Text(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ballot", "place", name=op.f("pk_ballot_votes")),
        sqlite_with_rowid=False,
    )
