"""What a use is for. The first two are what an importing worker may do with their own traces by default."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    """A purpose a grant can be asked for."""

    COACH = "coach"
    """Help the worker themself get better at their own work."""
    TRAIN_PEOPLE = "train-people"
    """Teach colleagues and new employees."""
    TRAIN_AUGMENT = "train-augment"
    """Train an AI that proposes steps to a person."""
    TRAIN_SUBSTITUTE = "train-substitute"
    """Train an AI that performs work without a person."""
    EVALUATE = "evaluate"
    """Test a model or a system; only scores leave."""
    RESEARCH = "research"
    """Study, with results in aggregate."""
    EXPORT = "export"
    """Hand the events out in an open format."""
    UNLEARN = "unlearn"
    """Subtract a worker from what was learnt. Always granted: it is the worker's own right."""


OWN_PURPOSES: Final = (Purpose.COACH, Purpose.TRAIN_PEOPLE)
"""What is admitted when an import states no terms."""
