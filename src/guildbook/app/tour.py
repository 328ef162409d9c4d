"""The tour: a sample office in a book of its own, beside the user's."""

from __future__ import annotations

from pathlib import Path

from guildbook.config import load
from guildbook.record import office


def tour_home(home: Path | None, seed: int, events: int) -> Path:
    """The folder of the tour's book: never the user's own, so that sample work and real work do not mix."""
    own = load(home).home
    return own.with_name(f"{own.name}-tour-{seed}-{events}")


def write_office(folder: Path, *, seed: int, events: int) -> list[Path]:
    """Write the office's events and, beside them, its truth as files; returns them."""
    return office.write(folder, seed=seed, events=events)
