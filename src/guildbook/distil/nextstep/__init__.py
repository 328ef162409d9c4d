"""What comes next: a mixer over views of exact counts, with calibrated probabilities and reasons."""

from guildbook.distil.nextstep.backoff import Choice, NextStep, Score, bench, chosen, fit

__all__ = ["Choice", "NextStep", "Score", "bench", "chosen", "fit"]
