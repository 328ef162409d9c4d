"""`--plot FILE` of measures that have one figure for each worker or task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guildbook.cli.session import say


def suited(plot: Path | None) -> None:
    """Raise, before long work, where no chart can be written there."""
    if plot is not None:
        from guildbook.measure.plots import suited as fits

        fits(plot)


def bars(
    plot: Path | None, rows: Sequence[Mapping[str, Any]], value: str, title: str, *, label: str = "worker", by: str = ""
) -> None:
    """A bar for each row's `label`, and each `by`, with its interval where rows have `low` and `high`."""
    if plot is None or not rows:
        return
    from guildbook.measure.plots import bars as drawn
    from guildbook.measure.plots import save

    low, high = ("low", "high") if "low" in rows[0] else (None, None)
    say(f"Drawn to {save(drawn(rows, label, value, low=low, high=high, by=by or None, title=title), plot)}.")
