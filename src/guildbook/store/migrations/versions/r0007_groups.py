"""Indexes under which segments are grouped for a decision."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SHORT = sa.text("length(classes) < 500")
_LONG = sa.text("length(classes) >= 500")


def upgrade() -> None:
    """All that a decision on a group needs is in the first; the second finds what is too long for an index."""
    op.create_index(
        "ix_segments_groups",
        "segments",
        ["worker", "terms", "classes", "month", "rows"],
        unique=False,
        sqlite_where=_SHORT,
        postgresql_where=_SHORT,
    )
    op.create_index(
        "ix_segments_long", "segments", ["worker"], unique=False, sqlite_where=_LONG, postgresql_where=_LONG
    )
