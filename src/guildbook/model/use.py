"""Use kinds: what is done to traces, apart from what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from guildbook.model.purpose import Purpose


class UseKind(StrEnum):
    """What is done with traces or with what was learnt from them."""

    RETRIEVE = "retrieve"
    """Look up single passages, to show them or to put them before a model at run time."""
    TRAIN = "train"
    """Fit the weights or counts of a model."""
    EVALUATE = "evaluate"
    """Hold something against the traces; only scores come out."""
    TEACH = "teach"
    """Make lessons, answers and drills for people."""
    ANALYSE = "analyse"
    """Count and compare; results are aggregates."""


METER: Final = "measure"
"""What the meter does with traces: fit a model as the licensee could, to see how far it would come alone. It is no use
kind that anybody can be granted: whatever use an agreement allows, its meter may be read, also while it is suspended by
it, and nothing leaves but figures."""

USE_WORDS: Final[Mapping[UseKind, str]] = {
    UseKind.RETRIEVE: "look up passages of the traces",
    UseKind.TRAIN: "train models on the traces",
    UseKind.EVALUATE: "test against the traces, with only scores coming out",
    UseKind.TEACH: "make lessons and answers for people from the traces",
    UseKind.ANALYSE: "analyse the traces, with only aggregates coming out",
}
"""Each kind as a phrase after "may"."""

SERVES: Final[Mapping[Purpose, frozenset[UseKind]]] = {
    Purpose.COACH: frozenset({UseKind.RETRIEVE, UseKind.TEACH, UseKind.ANALYSE}),
    Purpose.TRAIN_PEOPLE: frozenset({UseKind.RETRIEVE, UseKind.TEACH, UseKind.ANALYSE}),
    Purpose.TRAIN_AUGMENT: frozenset({UseKind.TRAIN, UseKind.EVALUATE, UseKind.RETRIEVE, UseKind.ANALYSE}),
    Purpose.TRAIN_SUBSTITUTE: frozenset({UseKind.TRAIN, UseKind.EVALUATE, UseKind.RETRIEVE, UseKind.ANALYSE}),
    Purpose.EVALUATE: frozenset({UseKind.EVALUATE}),
    Purpose.RESEARCH: frozenset({UseKind.ANALYSE, UseKind.EVALUATE}),
    Purpose.EXPORT: frozenset({UseKind.RETRIEVE}),
    Purpose.UNLEARN: frozenset(),
}
"""Which uses can serve a purpose: `evaluate` with `train` is a contradiction, so no agreement can grant it."""
