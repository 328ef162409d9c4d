"""Doing a step against not doing it: measuring exposures inside scopes, adjusted for what else differs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.exposures import COMMON, Exposure, Scope
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.slices import Base, Beside, Slice
from guildbook.distil.practices.statistics import Floats, simes
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.special import ndtr
from guildbook.model.knowledge import Kind

SCREEN = 2.7
"""Standard errors an exposure must reach before it is measured with care."""
NESTED_SCREEN = 2.0
"""The same among the traces where an accepted one was followed."""
KEPT = 0.15
"""An exposure must keep this share of its variance beside the covariates."""
RARE = 0.02
"""An exposure is compared when at least this share of a scope's traces is on each side."""
CACHED = 100
"""Factorisations of covariates kept at once: bounds memory."""
ACCEPT = 0.001
"""Largest p at which a finding is accepted; false-discovery control over the kind comes on top."""
NESTED = 0.02
"""The same among the traces where an accepted one was followed: a handful of steps come in question there, not
hundreds in dozens of scopes."""
RECENT = 12
"""Covariates with accepted findings kept at once: bounds memory."""
BLOCK = 64
"""Exposures measured at once: bounds memory."""

Listed = NDArray[np.int64]
Family = tuple[Kind, bool, bool]
"""What is controlled together: a kind, among all traces or (true) where accepted findings were followed, and the steps
that are looked at first or (true) later."""


@dataclass(frozen=True)
class Target:
    """What is compared: a number for each trace."""

    kind: Kind
    metric: str
    """As `model.Effect` names it."""
    y: Floats
    valid: Flags
    """Traces in which `y` is known."""
    better: int
    """+1: more is better; −1: less is better."""
    minimum: float
    """Least absolute effect worth telling."""
    barred_steps: frozenset[int] = frozenset()
    """Steps that cannot have brought it about."""
    barred_anchors: frozenset[int] = frozenset()
    lead: bool = False
    """Whether the time is that from the first event to the last, waiting and all."""

    @cached_property
    def bits(self) -> bytes:
        """`valid`, to tell it from others."""
        return np.packbits(self.valid).tobytes()


@dataclass(frozen=True)
class Finding:
    """An exposure with a measured effect on a target in a scope."""

    exposure: Exposure
    scope: Scope
    target: Target
    value: float
    error: float
    p: float
    with_mean: float
    """Mean of the target where it was done."""
    n: float
    done: float
    """Traces where it was done."""
    people: bool = True
    """Whether who took part was adjusted for."""
    harm: bool = False
    """A mistake: for the worse. It is not told, but what makes up for it is."""

    @property
    def z(self) -> float:
        """Effect in standard errors, positive when it is for the better."""
        return self.target.better * self.value / self.error if self.error > 0 else 0.0

    def turned(self) -> Finding:
        """The same with the effect turned around."""
        return replace(self, value=-self.value)

    @cached_property
    def followed(self) -> Flags:
        """Traces in whose scope it was done."""
        return self.scope.rows & self.exposure.flags

    @cached_property
    def bits(self) -> bytes:
        """`followed`, to tell it from others."""
        return np.packbits(self.followed).tobytes()


@dataclass(frozen=True)
class Suspicion:
    """An exposure worth measuring."""

    exposure: Exposure
    scope: Scope
    target: Target
    z: float
    """Standard errors of the effect, adjusted for conditions alone; positive when for the better."""


@dataclass(frozen=True)
class Screen:
    """The effects of all exposures that fit a scope, taken alike for all traces."""

    listed: Listed
    """(k,) numbers of the exposures, ascending."""
    z: Floats
    """(k,) in standard errors, positive when for the better; 0 where it cannot be told."""
    told: Flags

    def of(self, search: Search, exposure: Exposure) -> float:
        """`z` of one exposure, 0 where it is not among them."""
        number = search.numbers[id(exposure)]
        at = int(np.searchsorted(self.listed, number))
        return float(self.z[at]) if at < len(self.listed) and self.listed[at] == number else 0.0


@dataclass
class Search:
    """The search in one task."""

    traces: TaskTraces
    targets: list[Target]
    settings: MiningSettings
    exposures: list[Exposure]
    scopes: list[Scope]
    accepted: list[Finding] = field(default_factory=list[Finding])
    dropped: set[int] = field(default_factory=set[int])
    """Places in `accepted` of what the others explain."""
    unknown: frozenset[int] = frozenset()
    """Steps that may not be built upon."""
    endings: frozenset[int] = frozenset()
    """Steps that record the outcome or follow that record."""
    later: frozenset[int] = frozenset()
    """Steps that are looked at after the others: where nothing surprises, there is little to find (`surprise`)."""
    tests: dict[Family, list[Floats]] = field(default_factory=dict[Family, "list[Floats]"])
    """p-values of all that was screened last, by family: one for each step in each scope on each target."""
    bases: dict[bytes, Base] = field(default_factory=dict[bytes, Base])
    """Conditions and workers factorised, by the traces in which a target is known."""
    cache: dict[tuple[bytes, bytes], Slice] = field(default_factory=dict[tuple[bytes, bytes], Slice])
    """Scopes, by their traces and by those in which the target is known."""
    beside: dict[tuple[object, ...], tuple[list[Finding], Beside]] = field(
        default_factory=dict[tuple[object, ...], "tuple[list[Finding], Beside]"]
    )
    """The latest covariates with accepted findings: active and lead time ask for the same in turn."""
    fits: dict[tuple[int, tuple[bytes, int, tuple[int, ...]]], Listed] = field(
        default_factory=dict[tuple[int, tuple[bytes, int, tuple[int, ...]]], Listed]
    )
    """Exposures by target and scope."""
    shares: dict[bytes, Floats] = field(default_factory=dict[bytes, Floats])
    """What `reached` gave."""
    screens: dict[tuple[object, ...], Screen] = field(default_factory=dict[tuple[object, ...], "Screen"])
    """Screens by target, scope and covariates."""
    known: dict[bytes, tuple[Floats, Floats]] = field(default_factory=dict[bytes, "tuple[Floats, Floats]"])
    """Conditions and workers with their weighted products, by the traces: `plausible` asks for few, but again."""

    @cached_property
    def everywhere(self) -> Scope:
        """All traces."""
        return Scope(np.ones(len(self.traces.weights), dtype=bool))

    @cached_property
    def numbers(self) -> dict[int, int]:
        """Where each exposure stands in the list, by its `id`."""
        return {id(exposure): number for number, exposure in enumerate(self.exposures)}

    @cached_property
    def flags(self) -> Flags:
        """(exposures, n): which were done."""
        return np.array([exposure.flags for exposure in self.exposures])

    @cached_property
    def places(self) -> tuple[Listed, Listed]:
        """Step and anchor of each exposure."""
        listed = [(exposure.step, exposure.anchor) for exposure in self.exposures]
        step, anchor = np.array(listed, dtype=np.int64).reshape(-1, 2).T
        return step, anchor

    def reached(self, rows: Flags) -> Floats:
        """(A,) the share of some traces that reach each step."""
        key = np.packbits(rows).tobytes()
        if key not in self.shares:
            weights = np.where(rows, self.traces.weights, 0.0)
            self.shares[key] = weights @ self._present / max(float(weights.sum()), 1.0)
        return self.shares[key]

    @cached_property
    def _present(self) -> Floats:
        return (self.traces.first >= 0).astype(np.float64)

    def held(self, target: Target, but: int = -1) -> list[Finding]:
        """What was accepted for the metric of the target, save one place and what was dropped."""
        return [
            finding
            for place, finding in enumerate(self.accepted)
            if finding.target.metric == target.metric and place != but and place not in self.dropped
        ]

    def precede(self, places: tuple[int, ...], step: int) -> bool:
        """Whether the steps of accepted findings mostly come before another, where a trace has both."""
        return all(self.order[self.accepted[place].exposure.step, step] for place in places)

    @cached_property
    def order(self) -> Flags:
        """(A, A): whether the row's step mostly comes before the column's, where a trace has both."""
        first, weights = self.traces.first, self.traces.weights
        both = self._present.T @ (self._present * weights[:, None])
        places = np.ascontiguousarray(first.T)
        before = [((own >= 0) & (own < places)) @ weights for own in places]
        return np.array(before) > 0.5 * np.maximum(both, 1.0)

    def covariates(self, target: Target, but: int = -1, *, workers: bool = True) -> Beside:
        """Conditions, workers, and what was accepted for the same metric.

        `but`: a place in `accepted` to leave out.
        """
        held = self.held(target, but)
        key = (target.bits, workers, *(id(finding) for finding in held))
        if key not in self.beside:
            if len(self.beside) >= RECENT:
                self.beside.clear()
            made = self.base(target).beside([finding.followed for finding in held], workers=workers)
            self.beside[key] = held, made  # the findings are kept so that their numbers stay theirs
        return self.beside[key][1]

    def base(self, target: Target) -> Base:
        """The traces in which the target is known."""
        key = target.bits
        if key not in self.bases:
            self.bases[key] = Base(self.traces, target.valid, self.settings.min_side)
        return self.bases[key]

    def part(self, target: Target, rows: Flags) -> Slice:
        """The traces of a scope in which the target is known."""
        key = target.bits, np.packbits(rows).tobytes()
        if key not in self.cache:
            if len(self.cache) >= CACHED:
                self.cache.clear()
            self.cache[key] = Slice(self.base(target), rows)
        return self.cache[key]

    def usable(self) -> list[int]:
        """Places of the findings that others may rest on."""
        return [p for p, f in enumerate(self.accepted) if f.exposure.step not in self.unknown]


def suspected(search: Search, scope: Scope) -> list[Suspicion]:
    """Every exposure that fits the scope and passes the screen on a target."""
    found: list[Suspicion] = []
    for target in search.targets:
        screened = screen(search, target, scope)
        for at in np.flatnonzero(screened.z > (NESTED_SCREEN if scope.after else SCREEN)).tolist():
            exposure = search.exposures[int(screened.listed[at])]
            found.append(Suspicion(exposure, scope, target, float(screened.z[at])))
    return found


def fitting(search: Search, target: Target, scope: Scope) -> list[Exposure]:
    """The exposures that can be compared in a scope: their anchor is reached in it, and they come in time."""
    return [search.exposures[at] for at in _fitting(search, target, scope).tolist()]


def _fitting(search: Search, target: Target, scope: Scope) -> Listed:
    key = id(target), scope.key
    if key not in search.fits:
        search.fits[key] = _listed(search, target, scope)
    return search.fits[key]


def _listed(search: Search, target: Target, scope: Scope) -> Listed:
    barred = np.zeros(search.traces.first.shape[1], dtype=bool)
    barred[list(target.barred_steps)] = True
    if scope.anchor >= 0:
        anchored = np.zeros_like(barred)
        anchored[scope.anchor] = True
    else:
        anchored = search.reached(scope.rows & target.valid) >= COMMON
    anchored[list(target.barred_anchors)] = False
    for place in scope.after:
        barred |= ~search.order[search.accepted[place].exposure.step]
    step, anchor = search.places
    return np.flatnonzero(anchored[anchor] & ~barred[step])


def compare(search: Search, target: Target, scope: Scope, chosen: list[Exposure], but: int = -1) -> list[Finding]:
    """The effect of each exposure inside the scope, adjusted for conditions, workers and what was accepted.

    Where who took part says all about whether it was done (one person does it), workers are left out of the
    adjustment; where the rest does, the exposure is left out. `but`: a place in `accepted` to leave out.
    """
    rows = scope.rows & target.valid
    weights, y = search.traces.weights[rows], target.y[rows]
    n = float(weights.sum())
    if n < 2 * search.settings.min_side:
        return []
    base = search.base(target)
    known, inside = target.y[base.rows], scope.rows[base.rows]
    found: list[Finding] = []
    for start in range(0, len(chosen), BLOCK):
        block = chosen[start : start + BLOCK]
        flags = np.column_stack([exposure.flags[base.rows] for exposure in block]) & inside[:, None]
        wide = search.covariates(target, but).partial(id(target), known, flags, inside)
        narrow = wide
        if (wide.kept < KEPT).any():
            narrow = search.covariates(target, but, workers=False).partial(id(target), known, flags, inside)
        done = weights @ flags[inside]
        mean = (weights * y) @ flags[inside] / np.maximum(done, 1.0)
        for i, exposure in enumerate(block):
            if max(wide.kept[i], narrow.kept[i]) < KEPT:
                continue
            people = bool(wide.kept[i] >= KEPT)
            effect = (wide if people else narrow).effect
            value, error, p = float(effect.value[i]), float(effect.error[i]), float(effect.p[i])
            found.append(Finding(exposure, scope, target, value, error, p, float(mean[i]), n, float(done[i]), people))
    return found


def worth(search: Search, finding: Finding) -> bool:
    """Whether a finding is for the better, large and sure enough, with enough on both sides."""
    better = finding.value * finding.target.better
    sides = min(finding.done, finding.n - finding.done)
    sure = finding.p < (NESTED if finding.scope.after else ACCEPT)
    return better >= finding.target.minimum and sure and sides >= search.settings.min_side


def screen(search: Search, target: Target, scope: Scope) -> Screen:
    """The effect of each exposure that fits the scope beside what was accepted; known screens are not done again."""
    held = tuple(finding.bits for finding in search.held(target))
    key = id(target), scope.key, held
    if key not in search.screens:
        search.screens[key] = _screened(search, target, scope)
    return search.screens[key]


def _screened(search: Search, target: Target, scope: Scope) -> Screen:
    rows, listed = scope.rows & target.valid, _fitting(search, target, scope)
    total = float(search.traces.weights @ rows)
    minimum = max(search.settings.min_side, RARE * total)
    z, told = np.zeros(len(listed)), np.zeros(len(listed), dtype=bool)
    if total < 2 * minimum or not len(listed):
        return Screen(listed, z, told)
    part = search.part(target, rows)
    exposed = part.exposed(search.flags, listed)
    done = exposed.cross[0]
    usable = (done >= minimum) & (total - done >= minimum)
    for workers in (True, False):
        if (usable & ~told).any():
            own, kept = part.screen(id(target), target.y, exposed, search.covariates(target, workers=workers))
            fresh = usable & ~told & (kept >= KEPT)
            z[fresh] = target.better * own[fresh]
            told |= fresh
    return Screen(listed, z, told)


def count_tests(search: Search, target: Target, scope: Scope) -> None:
    """Count the p-values of a screen, one for each step: one-sided, as only what is for the better can be told."""
    found = screen(search, target, scope)
    steps = search.places[0][found.listed[found.told]]
    z = found.z[found.told]
    combined = simes(ndtr(-z), steps)
    known, later = np.isfinite(combined), np.isin(np.arange(len(combined)), sorted(search.later))
    for then in (False, True):
        own = combined[known & (later == then)]
        search.tests.setdefault((target.kind, bool(scope.after), then), []).append(own)
