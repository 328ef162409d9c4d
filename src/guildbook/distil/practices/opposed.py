"""Practices that advise the opposite of one another: linked, and each says so.

Neither is wrong: one order serves one kind of case or one end, the other another. Told apart they would look like a
contradiction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guildbook.distil.practices import wording
from guildbook.model.knowledge import Kind, Practice

STEPS = (Kind.QUALITY, Kind.WORKFLOW)
"""Kinds of advice on steps."""
ENDS = {"good-rate": "to end well", "duration": "to be quick", "share": "to avoid rework"}


def opposed(practices: Sequence[Practice]) -> list[Practice]:
    """The practices in the order given, those with an opposite linked to it and worded so."""
    told = list(practices)
    for i, one in enumerate(told):
        others = [p for p in practices if p.id != one.id and _opposite(one, p)]
        if others:
            told[i] = replace(one, title=f"{one.title} {_but(one, others[0])}", opposed=tuple(p.id for p in others))
    return told


def _opposite(one: Practice, other: Practice) -> bool:
    """Whether one says to do first, or at all, what the other says to do later or not."""
    if one.when.task != other.when.task or one.kind not in STEPS or other.kind not in STEPS:
        return False
    turned = one.do == (other.when.activity,) and other.do == (one.when.activity,)
    return turned or bool(one.instead_of == other.do and other.instead_of == one.do)


def _but(one: Practice, other: Practice) -> str:
    where = wording.where(other.when.attributes) + (
        f" after “{wording.steps(other.when.after)}”" if other.when.after else ""
    )
    if one.effect.metric == other.effect.metric:
        return f"The other way round{where or ' elsewhere'}."
    return f"{wording.opening(ENDS.get(other.effect.metric, 'else'))}{where}, the other way round."
