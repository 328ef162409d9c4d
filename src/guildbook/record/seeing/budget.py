"""How much processor time may be used, averaged: what is not used is saved up to a bound, and nothing is borrowed."""

from __future__ import annotations

from typing import Final

from guildbook.record.seeing.lines import Gray

START: Final = 1.2
"""Processor seconds that a child takes before it reads the first line, about."""
SAVED: Final = 1800.0
"""Seconds whose share can be saved up at most."""


def cost(line: Gray) -> float:
    """Processor seconds that reading a picture of a line takes, about: it is made 48 pixels tall first.

    Measured: 15 ms for 100×16 pixels, 39 for 300, 78 for 600, 180 for 1200, by one busy core of a shared machine.
    """
    high, wide = line.shape
    return 0.005 + 5e-5 * wide * 48 / max(high, 1)


class Budget:
    """A share of one core. Times are seconds of any one clock."""

    def __init__(self, share: float, now: float, *, at_first: float = 0.0) -> None:
        self._share = share
        self._then = now
        self._left = at_first
        self.spent = 0.0
        """Processor seconds in all."""

    def left(self, now: float) -> float:
        """Processor seconds that may be used now; below zero where more was used than there was."""
        self._left = min(self._left + (now - self._then) * self._share, SAVED * self._share)
        self._then = now
        return self._left

    def spend(self, seconds: float) -> None:
        """Processor seconds were used."""
        self._left -= seconds
        self.spent += seconds

    def wait(self, wanted: float, now: float) -> float:
        """Seconds until so much may be used."""
        lacking = min(wanted, SAVED * self._share) - self.left(now)
        return max(0.0, lacking / self._share)
