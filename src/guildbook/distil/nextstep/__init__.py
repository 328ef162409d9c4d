"""What comes next: a mixer over views of exact counts, with calibrated probabilities and reasons."""

from guildbook.distil.nextstep.bench import bench
from guildbook.distil.nextstep.fitting import fit
from guildbook.distil.nextstep.model import NextStep
from guildbook.distil.nextstep.score import Score

__all__ = ["NextStep", "Score", "bench", "fit"]
