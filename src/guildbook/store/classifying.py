"""Noting the classes of segments that were sealed before classes were noted."""

from __future__ import annotations

from sqlalchemy import select, update

from guildbook.columns.classes import NEEDED, parts
from guildbook.store import tables
from guildbook.store.reading import find, read_tables
from guildbook.store.rows import ClassPart, note_classes
from guildbook.store.vault import Vault


def classify(vault: Vault) -> int:
    """Read what has no classes noted, and note them; returns how many segments that were."""
    table = tables.segments
    with vault.look() as connection:
        bare = list(connection.execute(select(table.c.id).where(table.c.classes == "")).scalars())
    if not bare:
        return 0
    with vault.writing():
        with vault.look() as connection:
            rows = find(connection, bare)
        for row, events in read_tables(vault, rows, ["id", "time", *NEEDED]):
            classes, held = note_classes([ClassPart(*part) for part in parts(events)])
            with vault.change() as connection:
                connection.execute(update(table).where(table.c.id == row.id).values(classes=classes, parts=held))
    return len(bare)
