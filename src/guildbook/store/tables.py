"""The ledger's tables. Alembic's revisions in `migrations` build them; a test holds the two together.

Everything that could name a person or a place (names, paths, rejected rows, events) is encrypted before it comes here.
Times are µs UTC. There are no foreign keys: erasing and recovery decide themselves what goes with what.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column declared INTEGER.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


SHORT_CLASSES: Final = "length(classes) < 500"
"""Of segments whose classes fit into an index of PostgreSQL (2,704 bytes), so that a query can be answered from it."""
LONG_CLASSES: Final = "length(classes) >= 500"


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _int(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _blob(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


book: Final = Table("book", metadata, _text("key"), _blob("value"), PrimaryKeyConstraint("key"))
"""Facts of the whole book: its id, the check value of its key, the secret behind pseudonyms (wrapped)."""

workers: Final = Table(
    "workers",
    metadata,
    _text("id"),
    _blob("name", null=True),
    _text("state"),
    _int("created"),
    PrimaryKeyConstraint("id"),
)

keys: Final = Table(
    "keys", metadata, _text("owner"), _text("period"), _blob("wrapped"), PrimaryKeyConstraint("owner", "period")
)
"""Data keys, wrapped by the book's key. The owner is a worker (period: a month, `inbox` or `name`) or an import."""

imports: Final = Table(
    "imports",
    metadata,
    _text("id"),
    _text("source"),
    _text("fingerprint"),
    _blob("path"),
    _text("terms"),
    _text("state"),
    _int("chunks_done"),
    _int("rows"),
    _int("rejected"),
    _int("forgotten"),
    _int("begun"),
    _int("finished", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("fingerprint"),
)

import_workers: Final = Table(
    "import_workers",
    metadata,
    _text("import_id"),
    _text("worker"),
    PrimaryKeyConstraint("import_id", "worker"),
    Index(None, "worker"),
)
"""Whose events an import held, so that erasing a worker finds the imports that were theirs alone."""

inbox: Final = Table(
    "inbox",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    _text("import_id"),
    _int("chunk"),
    _text("worker"),
    _int("rows"),
    _blob("batch"),
    Index(None, "worker", "id"),
)
"""One worker's part of one chunk, not yet sealed."""

quarantine: Final = Table(
    "quarantine",
    metadata,
    _text("import_id"),
    _int("chunk"),
    _int("rows"),
    _blob("batch"),
    PrimaryKeyConstraint("import_id", "chunk"),
)
"""The rejected rows of one chunk."""

segments: Final = Table(
    "segments",
    metadata,
    _text("id"),
    _text("worker"),
    _text("month"),
    _text("terms"),
    _int("rows"),
    _int("first"),
    _int("last"),
    _text("digest"),
    _int("bytes"),
    _int("created"),
    _text("classes"),
    _text("parts"),
    PrimaryKeyConstraint("id"),
    Index(None, "worker", "month"),
    # The migration says of which rows these are. To say so here too would load all SQLAlchemy knows of either database.
    Index("ix_segments_groups", "worker", "terms", "classes", "month", "rows"),
    Index("ix_segments_long", "worker"),
)

leaving: Final = Table(
    "leaving",
    metadata,
    *(Column(column.name, column.type, nullable=False) for column in segments.columns),
    _text("leaving"),
    PrimaryKeyConstraint("id"),
)
"""Segments a part of which is being erased, until it is subtracted from what was learnt. `leaving`: what is in the
place of each."""

erasures: Final = Table(
    "erasures",
    metadata,
    _text("id"),
    _text("worker"),
    _int("first", null=True),
    _int("until", null=True),
    _text("class"),
    _text("event"),
    _text("state"),
    _int("time"),
    _int("seq", null=True),
    PrimaryKeyConstraint("id"),
    Index(None, "worker"),
)
"""What of whom was erased, or is being: nothing of it is taken in again. `seq`: the log entry that says it is gone."""

strays: Final = Table("strays", metadata, _text("path"), PrimaryKeyConstraint("path"))
"""Files that must not exist when no write is under way: not yet published, or already dropped."""

artefacts: Final = Table(
    "artefacts",
    metadata,
    _text("name"),
    _text("kind"),
    _text("file"),
    _blob("key"),
    _text("grant"),
    _int("time"),
    _int("bytes"),
    PrimaryKeyConstraint("name"),
)

permissions: Final = Table(
    "permissions",
    metadata,
    _text("worker"),
    _text("purpose"),
    _text("decision"),
    _int("time"),
    PrimaryKeyConstraint("worker", "purpose"),
)

grants: Final = Table(
    "grants",
    metadata,
    _text("id"),
    _text("purpose"),
    _text("stage"),
    _text("artefact"),
    _int("time"),
    _text("segments_root"),
    _int("admitted"),
    _int("refused"),
    _text("policy_hash"),
    _text("recipient"),
    _text("use"),
    PrimaryKeyConstraint("id"),
)

uses: Final = Table(
    "uses",
    metadata,
    _text("id"),
    _text("grant"),
    _text("worker"),
    _text("purpose"),
    _text("stage"),
    _text("artefact"),
    _int("time"),
    _int("segments"),
    _int("rows"),
    _text("reason"),
    _text("recipient"),
    _text("use"),
    _text("clauses"),
    PrimaryKeyConstraint("id"),
    Index(None, "worker"),
    Index(None, "grant"),
)

policy_acts: Final = Table(
    "policy_acts",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
)
"""The entries of the log that bear on decisions: what the state of consent is folded from."""

artefact_workers: Final = Table(
    "artefact_workers",
    metadata,
    _text("artefact"),
    _text("worker"),
    _text("class"),
    _text("reason"),
    _text("clauses"),
    PrimaryKeyConstraint("artefact", "worker", "class", "reason", "clauses"),
    Index(None, "worker"),
)
"""Lineage: whose traces of which class are in an artefact, and by what right."""

log: Final = Table(
    "log",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    _int("time"),
    _blob("commitment"),
    _blob("leaf"),
    _blob("sealed"),
)
"""The audit log, from 0 without a gap. Only `sealed` holds what was done; the rest may be shown to anybody."""

log_nodes: Final = Table(
    "log_nodes",
    metadata,
    _int("level"),
    _int("position"),
    _blob("hash"),
    PrimaryKeyConstraint("level", "position"),
    sqlite_with_rowid=False,
)
"""Hashes of the full subtrees over the log: node (level, position) covers 2^level entries from position·2^level on."""

ballot_requests: Final = Table(
    "ballot_requests",
    metadata,
    _text("ballot"),
    _text("member"),
    _blob("blinded"),
    _blob("proof"),
    _blob("signed", null=True),
    PrimaryKeyConstraint("ballot", "member"),
    sqlite_with_rowid=False,
)
"""Who asked for a paper of an open ballot: blinded, with their signature, and what the ballot's steward answered."""

ballot_votes: Final = Table(
    "ballot_votes",
    metadata,
    _text("ballot"),
    _blob("place"),
    _blob("sealed"),
    PrimaryKeyConstraint("ballot", "place"),
    sqlite_with_rowid=False,
)
"""Votes cast in an open ballot, sealed until the count, at places only the voter can tell. No order is kept."""

strike_shares: Final = Table(
    "strike_shares",
    metadata,
    _text("strike"),
    _text("member"),
    _blob("sealed"),
    PrimaryKeyConstraint("strike", "member"),
    sqlite_with_rowid=False,
)
"""Each member's share of the key of a strike's pledges, sealed for that member alone. All members have a row."""

strike_pledges: Final = Table(
    "strike_pledges",
    metadata,
    _text("strike"),
    _text("place"),
    _blob("sealed"),
    PrimaryKeyConstraint("strike", "place"),
    sqlite_with_rowid=False,
)
"""Signed pledges, sealed until there are enough, at places that only whoever pledged can tell. No order is kept."""

vaults: Final = Table(
    "vaults",
    metadata,
    _text("name"),
    _blob("cases"),
    _blob("kept"),
    PrimaryKeyConstraint("name"),
)
"""Evaluation vaults that hold anything: the cases, by symbol, and what their desk keeps; both sealed."""

vault_scores: Final = Table(
    "vault_scores",
    metadata,
    _text("vault"),
    _text("licensee"),
    _text("model"),
    _text("root"),
    _int("time"),
    _blob("sealed"),
    PrimaryKeyConstraint("vault", "licensee", "model", "root"),
)
"""Scores that were given out, so that the same model is answered the same: by hash of the model and of the segments."""

vault_copies: Final = Table(
    "vault_copies",
    metadata,
    _text("vault"),
    _text("copy"),
    _text("recipient"),
    _int("time"),
    PrimaryKeyConstraint("vault", "copy"),
)
"""Copies of what a vault holds that were lent; which canaries are in one follows from its id and the vault's seed."""
