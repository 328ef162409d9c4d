"""What comes next: a mixer over views of exact counts, with calibrated probabilities and reasons."""

from guildbook.distil.nextstep.bench import bench
from guildbook.distil.nextstep.completion import Completion, complete
from guildbook.distil.nextstep.fitting import fit
from guildbook.distil.nextstep.history import History, Step
from guildbook.distil.nextstep.model import NextStep
from guildbook.distil.nextstep.reasons import Reason, reasons
from guildbook.distil.nextstep.score import Score
from guildbook.distil.nextstep.stored import from_bytes, to_bytes

__all__ = [
    "Completion",
    "History",
    "NextStep",
    "Reason",
    "Score",
    "Step",
    "bench",
    "complete",
    "fit",
    "from_bytes",
    "reasons",
    "to_bytes",
]
