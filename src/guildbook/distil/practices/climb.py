"""Choosing among findings: the surest first, then what it leaves to explain, then what rests upon it.

Each accepted finding becomes a covariate for the others of its metric (forward selection), so that one thing is
not told twice in other words, and opens a scope of its own: the traces where it was followed. A step that helps
only there is written in terms of it, whatever the kind of either. At the end each is measured once more beside
all others (backward elimination).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

import numpy as np

from guildbook.distil.practices.contrast import (
    Finding,
    Search,
    Suspicion,
    Target,
    compare,
    count_tests,
    fitting,
    screen,
    suspected,
    worth,
)
from guildbook.distil.practices.exposures import Exposure, Scope
from guildbook.distil.practices.mistakes import incidents, mistakes
from guildbook.distil.practices.statistics import Floats
from guildbook.distil.practices.surprise import Known
from guildbook.distil.practices.traces import Flags

MOST = 800
"""Suspicions measured in one task: bounds the time where nothing is to be found and much looks like it."""
SURER = 0.5
"""Standard errors that a narrower scope must add."""
ABOUT = 1.0
"""Standard errors by which a nearer anchor may be less sure."""
PLAUSIBLE = 2.0
"""Standard errors, taken alike for all traces, below which a suspicion is not measured: robust ones, which may be
smaller by a tenth or two, would not make it sure."""
MARGIN = 1.5
"""Standard errors that adjustment may add to a quick look."""
DIFFERS = 3.0
"""Standard errors by which an effect must be larger inside a narrower scope than in the rest."""
DIFFERED = 2.0
"""The same for a scope that was found first, below which it is widened."""
ALIKE = 0.5
"""An effect outside a scope of at least this share of that inside makes the scope needless."""


def climb(
    search: Search, allowed: Callable[[Finding], bool], later: Callable[[Sequence[Known]], frozenset[int]]
) -> None:
    """Fill `search.accepted`, surest first; findings that are not `allowed` are passed over.

    `later` says which steps do not surprise once something is known: their comparisons are counted apart.

    Suspicions wait in order of their last known strength and are measured when they come first: what is known by
    then rarely makes them stronger, so whoever is still first when measured is the best there is (the lazy form
    of greedy selection: Minoux, *Optimization Techniques* (1978) 234–243).
    """
    waiting: list[_Waiting] = []
    for scope in search.scopes:
        _enqueue(waiting, suspected(search, scope))
    _choose(search, waiting, allowed)
    for place in mistakes(search):
        _enqueue(waiting, suspected(search, _within(search, search.everywhere, place)))
    for place, steps in incidents(search):
        inside = suspected(search, _within(search, search.everywhere, place))
        _enqueue(waiting, [s for s in inside if s.exposure.step in steps])
    _choose(search, waiting, allowed)
    _refine(search)
    _eliminate(search)
    usable = (search.accepted[place] for place in search.usable() if place not in search.dropped)
    search.later = later([Known(found.exposure.step, found.followed) for found in usable])
    _count_tests(search)


def _choose(search: Search, waiting: list[_Waiting], allowed: Callable[[Finding], bool]) -> None:
    """Accept what is worth it among the suspicions, and among those that come up with what is accepted."""
    measured = 0
    while waiting and len(search.accepted) < search.settings.max_steps and measured < MOST:
        first = heappop(waiting)
        if first.known < len(search.accepted) or first.finding is None:
            measured += 1
            if _quick(search, first.suspicion) < PLAUSIBLE:
                continue
            found = _one(search, first.suspicion.target, first.suspicion.scope, first.suspicion.exposure)
            if found is not None and worth(search, found):
                heappush(
                    waiting,
                    replace(first, order=_order(found.z, first.suspicion), known=len(search.accepted), finding=found),
                )
            continue
        chosen = _nearest(search, _narrowed(search, _widened(search, first.finding), ()))
        if _known(search, chosen) or not allowed(chosen):
            continue
        search.accepted.append(chosen)
        place = len(search.accepted) - 1
        if place in search.usable():
            _enqueue(waiting, suspected(search, _within(search, search.everywhere, place)))


def _quick(search: Search, suspicion: Suspicion) -> float:
    """The effect in standard errors beside what is accepted by now, taken alike for all traces."""
    return screen(search, suspicion.target, suspicion.scope).of(search, suspicion.exposure)


@dataclass(frozen=True, order=True)
class _Waiting:
    """A suspicion in the queue."""

    order: tuple[float, int, int, int, int]
    """The strongest first, then as they came."""
    suspicion: Suspicion = field(compare=False)
    known: int = field(compare=False)
    """How many findings were accepted when it was measured."""
    finding: Finding | None = field(compare=False, default=None)


def _enqueue(waiting: list[_Waiting], suspicions: list[Suspicion]) -> None:
    for suspicion in suspicions:
        heappush(waiting, _Waiting((*_order(suspicion.z, suspicion)[:-1], len(waiting)), suspicion, -1))


def _order(z: float, suspicion: Suspicion) -> tuple[float, int, int, int, int]:
    return (-z, suspicion.exposure.step, suspicion.exposure.anchor, len(suspicion.scope.conditions), 0)


def _nearest(search: Search, finding: Finding) -> Finding:
    """The same step before the nearest anchor for which the effect is about as sure.

    Which of several anchors is surest is often chance; the nearest tells best when to do it, and stays the same
    from one day to the next.
    """
    best = finding
    anchored = {e.anchor: e for e in fitting(search, finding.target, finding.scope)}
    for exposure in search.exposures:
        same = exposure.step == finding.exposure.step and exposure.gap < best.exposure.gap
        if same and exposure.anchor in anchored:
            found = _one(search, finding.target, finding.scope, exposure)
            if found is not None and worth(search, found) and found.z > finding.z - ABOUT:
                best = found
    return best


def _known(search: Search, finding: Finding) -> bool:
    """Whether the same was accepted before, perhaps for lead time where this is for active time."""
    return any(
        f.exposure.step == finding.exposure.step
        and f.target.metric == finding.target.metric
        and (f.scope.conditions, f.scope.after) == (finding.scope.conditions, finding.scope.after)
        for f in search.accepted
    )


def _within(search: Search, scope: Scope, place: int) -> Scope:
    """The part of a scope where an accepted finding was followed."""
    rows = scope.rows & search.accepted[place].followed
    return Scope(rows, scope.conditions, scope.anchor, (*scope.after, place))


def _one(search: Search, target: Target, scope: Scope, exposure: Exposure, but: int = -1) -> Finding | None:
    if not scope.rows.any():
        return None
    return next(iter(compare(search, target, scope, [exposure], but)), None)


def _apart(search: Search, inside: Finding, rows: Flags, by: float, but: int = -1) -> bool:
    """Whether the effect in the other `rows` is less than half of that inside, and surely less.

    Where the others cannot tell, neither can we: then it is not.
    """
    outside = _one(search, inside.target, replace(inside.scope, rows=rows), inside.exposure, but)
    if outside is None or not np.isfinite(outside.error):
        return False
    gap = (inside.value - outside.value) * inside.target.better
    less = outside.value * inside.target.better < ALIKE * abs(inside.value)
    return less and gap > by * float(np.hypot(inside.error, outside.error))


def _widened(search: Search, finding: Finding) -> Finding:
    """The finding without those conditions and prerequisites outside which it holds as well.

    Where the step helps before something that all cases reach, that says more than that it helps before
    something rare, whatever the rare thing adds.
    """
    if finding.scope.anchor >= 0:
        common = [e for e in fitting(search, finding.target, search.everywhere) if e.step == finding.exposure.step]
        wide = [f for f in compare(search, finding.target, search.everywhere, common) if worth(search, f)]
        return max(wide, key=lambda f: f.z, default=finding)
    for wider in _wider(search, finding.scope):
        if len(wider.after) < len(finding.scope.after) and _hardly(search, finding, wider.rows & ~finding.scope.rows):
            continue
        if _apart(search, finding, wider.rows & ~finding.scope.rows, DIFFERED):
            continue
        found = _one(search, finding.target, wider, finding.exposure)
        if found is not None and worth(search, found):
            return _widened(search, found)
    return finding


def _hardly(search: Search, finding: Finding, rows: Flags) -> bool:
    """Whether the step is done in so few of some rows that it belongs where the finding is."""
    weights = np.where(rows & finding.target.valid, search.traces.weights, 0.0)
    return float(weights @ finding.exposure.flags) < search.settings.min_side


def _wider(search: Search, scope: Scope) -> Iterator[Scope]:
    """The scope with one of its conditions or prerequisites dropped."""
    for condition in scope.conditions:
        yield _rebuilt(search, tuple(c for c in scope.conditions if c != condition), scope.anchor, scope.after)
    for place in scope.after:
        yield _rebuilt(search, scope.conditions, scope.anchor, tuple(a for a in scope.after if a != place))


def _rebuilt(search: Search, conditions: tuple[int, ...], anchor: int, after: tuple[int, ...]) -> Scope:
    rows = np.ones(len(search.traces.weights), dtype=bool)
    for condition in conditions:
        rows &= search.traces.holds[:, condition]
    if anchor >= 0:
        rows &= search.traces.first[:, anchor] >= 0
    for place in after:
        rows &= search.accepted[place].followed
    return Scope(rows, conditions, anchor, after)


def _narrowed(search: Search, finding: Finding, resting: tuple[int, ...], but: int = -1) -> Finding:
    """The finding limited by one more condition or accepted practice where it holds there alone.

    `resting`: places of findings that rest on this one; it cannot rest on them. `but`: its own place.
    """
    scope, best = finding.scope, finding
    conditions = [c for c in range(len(search.traces.conditions)) if c not in scope.conditions]
    places = [
        place
        for place in search.usable()
        if place not in {*scope.after, *resting, but} and search.precede((place,), finding.exposure.step)
    ]
    followed = [search.accepted[place].followed for place in places]
    crude = _crude(search, finding, np.column_stack([search.traces.holds[:, conditions], *followed]))
    for at, z in enumerate(crude.tolist()):
        if z < best.z - MARGIN:
            continue
        if at < len(conditions):
            c = conditions[at]
            rows = scope.rows & search.traces.holds[:, c]
            tried = Scope(rows, (*scope.conditions, c), scope.anchor, scope.after)
        else:
            tried = _within(search, scope, places[at - len(conditions)])
        found = _one(search, finding.target, tried, finding.exposure, but)
        if found is None or not worth(search, found) or found.z <= best.z + SURER:
            continue
        if _apart(search, found, scope.rows & ~tried.rows, DIFFERS, but):
            best = found
    return best


def _crude(search: Search, finding: Finding, parts: Flags) -> Floats:
    """(k,) the effect in each of some parts (n, k) of its scope in standard errors, adjusted for nothing."""
    rows = finding.scope.rows & finding.target.valid
    y, weights = finding.target.y[rows], search.traces.weights[rows]
    done = weights * finding.exposure.flags[rows]
    sums = np.array([done, done * y, done * y**2, weights, weights * y, weights * y**2]) @ parts[rows].astype(
        np.float64
    )
    n1, total1, square1 = sums[:3]
    n0, total0, square0 = sums[3:] - sums[:3]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean1, mean0 = total1 / n1, total0 / n0
        spread = (square1 - total1 * mean1 + square0 - total0 * mean0) / (n1 + n0)
        z = finding.target.better * (mean1 - mean0) / np.sqrt(np.maximum(spread, 1e-12) * (1 / n1 + 1 / n0))
    return np.where(np.minimum(n1, n0) < search.settings.min_side, -np.inf, z)


def _refine(search: Search) -> None:
    """Look at each finding again now that all others are known: it may rest on one accepted after it."""
    for place in range(len(search.accepted)):
        finding = search.accepted[place]
        if finding.harm:
            continue
        search.accepted[place] = _narrowed(search, finding, tuple(_resting(search, place)), place)


def _resting(search: Search, place: int) -> set[int]:
    """Places of the findings that rest on this one, at any distance."""
    found: set[int] = set()
    for other in range(len(search.accepted)):
        for at, finding in enumerate(search.accepted):
            if at not in found and (place in finding.scope.after or found & set(finding.scope.after)):
                found.add(at)
        if len(found) == other:
            break
    return found


def _eliminate(search: Search) -> None:
    """Drop, weakest first, what the others explain: beside them its effect is no longer sure or large."""
    for place in sorted(range(len(search.accepted)), key=lambda p: search.accepted[p].z):
        finding = search.accepted[place]
        found = _one(search, finding.target, finding.scope, finding.exposure, place)
        if found is not None and worth(search, found.turned() if finding.harm else found):
            search.accepted[place] = replace(found, harm=finding.harm)
        else:
            search.dropped.add(place)


def _count_tests(search: Search) -> None:
    """Screen everything once more beside what was accepted: what is left to find is mostly nothing.

    False-discovery control must hold the accepted against these. At the first screen every true finding shows in
    dozens of scopes and anchors, and so many small p-values would let anything pass.
    """
    search.tests.clear()
    places = {
        search.accepted[p].followed.tobytes(): p
        for p in search.usable()
        if search.accepted[p].harm or p not in search.dropped
    }
    resting = [_within(search, search.everywhere, p) for p in places.values()]
    for target in search.targets:
        for scope in [*search.scopes, *resting]:
            count_tests(search, target, scope)
