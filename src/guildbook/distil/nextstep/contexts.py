"""The contexts that are counted: each a few parts seen at a place, resting on the context with one part less."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.kernels import fold
from guildbook.distil.nextstep.signs import ATTRIBUTE, DEEPEST, Signs

Keys = NDArray[np.uint64]
Context = tuple[str, ...]

ATTRIBUTES: Final = 4
"""Attributes of a case that get contexts of their own."""

ROOT: Final[Context] = ("acts0",)

_ACTIVITIES: Final = tuple((f"acts{n}",) for n in range(1, DEEPEST + 1))

_PLAIN: Final[tuple[str, ...]] = (
    "acts1 worker",
    "acts2 worker",
    "acts3 worker",
    "acts4 worker",
    "acts5 worker",
    "acts1 worker worker2",
    "acts2 worker worker2",
    "acts3 worker worker2",
    "acts2 opener",
    "acts1 gap",
    "acts2 gap",
    "acts3 gap",
    "acts2 gap gap2",
    "acts2 gap_fine",
    "acts1 since",
    "acts2 since",
    "acts3 since",
    "acts2 since_fine",
    "acts1 hour",
    "acts2 hour",
    "acts1 weekday",
    "acts1 hour weekday",
    "acts1 case",
    "acts2 case",
    "acts1 case hour",
    "acts1 bag",
    "acts1 set",
    "acts2 set",
    "acts1 recent",
    "acts1 runs",
    "acts1 depth",
    "acts2 depth",
    "acts2 again",
    "acts1 set worker",
    "acts1 set gap",
    "acts1 set since",
    "acts1 set case",
    "acts1 bag worker",
    "acts2 worker gap",
    "acts1 worker hour",
    "acts1 worker case",
    "acts2 opening",
    "acts1 act3",
    "act2",
    "acts1 task",
    "acts2 task",
    "acts1 asked",
    "acts1 asked worker",
)


def all_contexts(attributes: list[str]) -> list[Context]:
    """Every context there may be, each after its parent."""
    named = [f"acts2 {ATTRIBUTE}{name}" for name in attributes[:ATTRIBUTES]]
    found: dict[Context, None] = {ROOT: None}
    for context in (*_ACTIVITIES, *(tuple(text.split(" ", 2)) for text in (*_PLAIN, *named))):
        for one in reversed(lineage(context)):
            found.setdefault(one)
    return list(found)


def parent(context: Context) -> Context | None:
    """The context it falls back on; None for the root."""
    *above, last = context
    if above:
        return tuple(above)
    if last.startswith("acts"):
        order = int(last.removeprefix("acts"))
        return (f"acts{order - 1}",) if order else None
    return ROOT


def lineage(context: Context) -> list[Context]:
    """The context and all it falls back on, the root last."""
    out = [context]
    while (above := parent(out[-1])) is not None:
        out.append(above)
    return out


def key(signs: Signs, context: Context) -> Keys:
    """(n,): a hash of the context's parts at each place."""
    code = np.zeros(len(signs.places), np.uint64)
    for part in context:
        code = fold(code, signs.part(part))
    return code
