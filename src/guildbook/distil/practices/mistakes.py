"""What goes wrong, and what makes up for it: steps that open a scope without being advice themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from guildbook.distil.practices.contrast import SCREEN, Finding, Search, Target, compare, screen, worth
from guildbook.distil.practices.exposures import Exposure

MOST = 3
"""Steps for the worse that are held fixed in one task, and incidents that are looked into."""
SELDOM = 0.5
"""An incident happens in less than this share of traces."""
ONLY = 0.9
"""A step that is done after the incident in this share of its traces answers it."""
LEFT = 0.1
"""An incident is answered, and is not, in at least this share of its traces."""


def mistakes(search: Search) -> list[int]:
    """Accept the steps after which cases surely end worse, worst first; their places.

    They are not told: why a case goes badly where such a step was done, nobody knows. But what helps there is.
    """
    places: list[int] = []
    target = _outcome(search)
    while target is not None and len(places) < MOST:
        seen = screen(search, target, search.everywhere)
        listed = [search.exposures[int(seen.listed[at])] for at in np.flatnonzero(seen.z < -SCREEN)]
        found = [f for f in compare(search, target, search.everywhere, listed) if worth(search, f.turned())]
        if not found:
            break
        places.append(_accepted(search, min(found, key=lambda f: f.z)))
    return places


def incidents(search: Search) -> list[tuple[int, frozenset[int]]]:
    """Accept the steps that others answer: places, and the steps that are done hardly anywhere else.

    Where people make up for a mistake, it no longer shows in how cases end. That something is done only where
    another thing has happened, and there not always, shows.
    """
    target = _outcome(search)
    if target is None:
        return []
    found: list[tuple[int, frozenset[int]]] = []
    for step, answers in list(_answered(search).items())[:MOST]:
        known = [p for p, f in enumerate(search.accepted) if f.harm and f.exposure.step == step]
        exposed = _widest(search, step)
        if not known and exposed is not None:
            measured = compare(search, target, search.everywhere, [exposed])
            known = [_accepted(search, measured[0])] if measured else []
        found += [(place, frozenset(answers)) for place in known]
    return found


def _outcome(search: Search) -> Target | None:
    return next((target for target in search.targets if target.metric == "good-rate"), None)


def _accepted(search: Search, finding: Finding) -> int:
    search.accepted.append(replace(finding, harm=True))
    return len(search.accepted) - 1


def _answered(search: Search) -> dict[int, list[int]]:
    """Incidents, commonest first, with the steps that answer them."""
    traces = search.traces
    present = traces.first >= 0
    weights, total = traces.weights, float(traces.weights.sum())
    size = weights @ present
    told = {f.exposure.step for f in search.accepted}
    found: dict[int, list[int]] = {}
    rare = [int(s) for s in np.flatnonzero((size >= 2 * search.settings.min_side) & (size < SELDOM * total))]
    for step in rare:
        if step in told:
            continue
        earlier = present[:, [step]] & (traces.first > traces.first[:, [step]])
        share = weights @ earlier
        answers = (share >= ONLY * np.maximum(size, 1.0)) & (share >= LEFT * size[step])
        answers &= (share <= (1 - LEFT) * size[step]) & (share >= search.settings.min_side)
        if answers.any():
            found[step] = np.flatnonzero(answers).tolist()
    return found


def _widest(search: Search, step: int) -> Exposure | None:
    """The step before the anchor that leaves most of its traces."""
    own = [exposure for exposure in search.exposures if exposure.step == step]
    return max(own, key=lambda e: (float(search.traces.weights @ e.flags), -e.gap), default=None)
