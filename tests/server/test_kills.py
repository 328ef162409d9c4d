"""kill -9 under load: nothing that was acknowledged is lost, nothing is in the book twice."""

from __future__ import annotations

from pathlib import Path

from killing import Killing


def test_nothing_is_lost_or_doubled_by_kills_under_load(tmp_path: Path) -> None:
    """Twenty-five here; `benchmarks/recorder_kills.py` does a hundred and more."""
    killing = Killing(tmp_path / "book", seed=25, forked=True)
    for _ in range(25):
        killing.round(0.4)
    killing.stop()
    told = killing.verdict()
    assert (told["lost"], told["doubled"]) == (0, 0), told
    assert min(told[name] for name in ("heartbeats", "events", "rows", "in the book")) > 25, told
