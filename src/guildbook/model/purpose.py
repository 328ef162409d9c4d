"""What a use is for: the purposes a grant can be asked for, and the small tree they stand in.

A grant, a permission and an agreement name the leaves of the tree (`Purpose`). The inner nodes (`PurposeGroup`) are
for saying no: a refusal, a strike or a collective's refusal of a group covers everything below it, and what is added
below it later. A permission never comes down the tree: whoever means two purposes names two, because the step
from the one to the other (from assisting to replacing) is what bargaining is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

PPM: Final = 1_000_000
DEFAULT_BOUND_PPM: Final = 50_000
"""The substitution bound where an agreement states none: 5 % of episodes."""


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


class PurposeGroup(StrEnum):
    """An inner node of the tree: something to refuse as a whole, never something to permit."""

    ANY = "any"
    """The root."""
    TEACH_PEOPLE = "teach-people"
    """People learn."""
    TRAIN_AI = "train-ai"
    """Machines learn, to whatever end."""
    STUDY = "study"
    """Something is found out; neither people nor machines are taught."""


@dataclass(frozen=True, slots=True)
class PurposeTerm:
    """One node of the tree, as it is published."""

    name: str
    parent: PurposeGroup | None
    label: str
    definition: str
    dpv: str
    """The nearest broader purpose of the Data Privacy Vocabulary, as the last part of its IRI."""


OWN_PURPOSES: Final = (Purpose.COACH, Purpose.TRAIN_PEOPLE)
"""What is admitted when an import states no terms."""

_ANY, _PEOPLE, _AI, _STUDY = PurposeGroup.ANY, PurposeGroup.TEACH_PEOPLE, PurposeGroup.TRAIN_AI, PurposeGroup.STUDY

# The right-hand names are terms of DPV's purposes module (https://w3id.org/dpv#…). None of them separates assisting
# a person from replacing one, so ours are published beside them with a broader match, never in their place.
TERMS: Final[Mapping[str, PurposeTerm]] = {
    term.name: term
    for term in (
        PurposeTerm(_ANY, None, "any purpose", "Whatever traces of work can be used for.", "Purpose"),
        PurposeTerm(_PEOPLE, _ANY, "teach people", "People learn from traces of work.", "Purpose"),
        PurposeTerm(
            Purpose.COACH, _PEOPLE, "coach", "Help the worker whose traces they are get better at their own work.",
            "ServicePersonalisation",
        ),
        PurposeTerm(
            Purpose.TRAIN_PEOPLE, _PEOPLE, "train people", "Teach colleagues and new employees.",
            "HumanResourceManagement",
        ),
        PurposeTerm(
            _AI, _ANY, "train AI", "Machines learn from traces of work, to whatever end.", "ResearchAndDevelopment"
        ),
        PurposeTerm(
            Purpose.TRAIN_AUGMENT, _AI, "train AI to assist",
            "Train an AI that proposes steps to a person who decides. It holds while the share of episodes the AI "
            "completes with no human step (S), read at the upper end of its interval, is at most the agreed bound.",
            "ResearchAndDevelopment",
        ),
        PurposeTerm(
            Purpose.TRAIN_SUBSTITUTE, _AI, "train AI to replace",
            "Train an AI that performs work without a person, or one whose share of episodes completed with no human "
            "step (S) is above the agreed bound, or has not been measured.",
            "ResearchAndDevelopment",
        ),
        PurposeTerm(
            _STUDY, _ANY, "study", "Something is found out; nobody and nothing is trained.", "ResearchAndDevelopment"
        ),
        PurposeTerm(
            Purpose.EVALUATE, _STUDY, "evaluate", "Test a model or a system; only scores leave.",
            "ResearchAndDevelopment",
        ),
        PurposeTerm(
            Purpose.RESEARCH, _STUDY, "research", "Study traces, with results in aggregate.", "ScientificResearch"
        ),
        PurposeTerm(
            Purpose.EXPORT, _ANY, "export", "Hand the events out in an open format.", "RequestedServiceProvision"
        ),
        PurposeTerm(
            Purpose.UNLEARN, _ANY, "unlearn", "Subtract a worker from what was learnt: their own right.",
            "RightsFulfilment",
        ),
    )
}  # fmt: skip


@cache
def chain(purpose: str) -> tuple[str, ...]:
    """A purpose and the groups above it, nearest first: a refusal of any of these refuses the purpose.

    A name that is not in the tree is a chain of itself alone.
    """
    found: list[str] = [str(purpose)]
    term = TERMS.get(purpose)
    while term is not None and term.parent is not None:
        found.append(str(term.parent))
        term = TERMS[term.parent]
    return tuple(found)


@cache
def leaves(name: str) -> tuple[Purpose, ...]:
    """The purposes at or below a name; none for a name that is not in the tree."""
    return tuple(purpose for purpose in Purpose if name in chain(purpose))


def trained_for(substitution_ppm: int | None, bound_ppm: int = DEFAULT_BOUND_PPM) -> Purpose:
    """Which of the two a trained model is held to be, from what `measure` found.

    `substitution_ppm`: S in ppm, the share of held-back episodes the model, left alone, takes from the opening to an
    acceptable end with no human step; the upper end of its interval, so that a vague measure counts against whoever
    trains; None: not measured. `bound_ppm`: the agreed bound. What the model adds to a person (augmentation A)
    decides nothing here: a model can be of help and still replace.
    """
    if substitution_ppm is None or substitution_ppm > bound_ppm:
        return Purpose.TRAIN_SUBSTITUTE
    return Purpose.TRAIN_AUGMENT
