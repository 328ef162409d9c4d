"""What the miners ask of a finding before they report it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """Thresholds of `mine`. The defaults suit logs of a thousand to a million cases."""

    fdr: float = 0.05
    """Share of false findings tolerated among those of one kind (Benjamini–Hochberg)."""
    min_side: int = 20
    """Cases or occurrences that must stand on each side of a comparison."""
    min_good_rate: float = 0.05
    """Least difference of good outcomes, as a share."""
    min_log_ratio: float = 0.14
    """Least |ln| of a ratio of times: 0.14 is 13 % faster."""
    settling: frozenset[int] = frozenset()
    """Symbols of activities that the outcome was read from, and so can be no advice on how to reach it."""
    max_activities: int = 80
    """Activities of a task that are looked at, commonest first."""
    max_conditions: int = 40
    """Conditions of a task that are looked at, commonest first."""
    max_workers: int = 160
    """Workers of a task that are told apart, commonest first."""
    max_traces: int = 4_000
    """Joint traces of a task that are looked at: beyond it, those with the lowest hash."""
    max_steps: int = 12
    """Practices accepted one after another in a task and kind, each measured with the earlier ones held fixed."""
    max_practices: int = 40
    """Practices reported of a kind, strongest first."""
