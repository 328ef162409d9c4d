"""Doing a step against not doing it: measuring exposures inside scopes, adjusted for what else differs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from guildbook.distil.practices.exposures import COMMON, Exposure, Scope
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Floats, partial, simes, two_sided
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.model.knowledge import Kind

SCREEN = 2.0
"""Standard errors an exposure must reach before it is measured with care."""
KEPT = 0.15
"""An exposure must keep this share of its variance beside the covariates."""
RARE = 0.02
"""An exposure is compared when at least this share of a scope's traces is on each side."""
BLOCK = 64
"""Exposures measured at once: bounds memory."""


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

    @property
    def z(self) -> float:
        """Effect in standard errors, positive when it is for the better."""
        return self.target.better * self.value / self.error if self.error > 0 else 0.0

    @property
    def followed(self) -> Flags:
        """Traces in whose scope it was done."""
        return self.scope.rows & self.exposure.flags


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
    tests: dict[Kind, list[Floats]] = field(default_factory=dict[Kind, "list[Floats]"])
    """p-values of all that was screened last, by kind: one for each step in each scope on each target."""

    def precede(self, places: tuple[int, ...], step: int) -> bool:
        """Whether the steps of accepted findings mostly come before another, where a trace has both."""
        return all(self.order[self.accepted[place].exposure.step, step] for place in places)

    @cached_property
    def order(self) -> Flags:
        """(A, A): whether the row's step mostly comes before the column's, where a trace has both."""
        first, weights = self.traces.first, self.traces.weights
        steps = range(first.shape[1])
        both = [weights @ ((first >= 0) & (first[:, [s]] >= 0)) for s in steps]
        before = [weights @ ((first >= 0) & (first[:, [s]] >= 0) & (first[:, [s]] < first)) for s in steps]
        return np.array(before) > 0.5 * np.maximum(np.array(both), 1.0)

    def usable(self) -> list[int]:
        """Places of the findings that others may rest on."""
        return [p for p, f in enumerate(self.accepted) if f.exposure.step not in self.unknown]


def measured(search: Search, target: Target, scope: Scope) -> list[Finding]:
    """Every exposure that fits the scope and passes the screen, measured."""
    return compare(search, target, scope, screen(search, target, scope, fitting(search, target, scope)))


def fitting(search: Search, target: Target, scope: Scope) -> list[Exposure]:
    """The exposures that can be compared in a scope: their anchor is reached in it, and they come in time."""
    weights = search.traces.weights[scope.rows]
    reached = weights @ (search.traces.first[scope.rows] >= 0) / max(float(weights.sum()), 1.0)
    anchored = {scope.anchor} if scope.anchor >= 0 else set(np.flatnonzero(reached >= COMMON).tolist())
    anchored -= target.barred_anchors
    return [
        e
        for e in search.exposures
        if e.anchor in anchored and e.step not in target.barred_steps and search.precede(scope.after, e.step)
    ]


def compare(search: Search, target: Target, scope: Scope, chosen: list[Exposure], but: int = -1) -> list[Finding]:
    """The effect of each exposure inside the scope, adjusted for conditions, workers and what was accepted.

    Where who took part says all about whether it was done (one person does it), workers are left out of the
    adjustment; where the rest does, the exposure is left out. `but`: a place in `accepted` to leave out.
    """
    rows = scope.rows & target.valid
    weights, y = search.traces.weights[rows], target.y[rows]
    if weights.sum() < 2 * search.settings.min_side:
        return []
    near = _covariates(search, target, rows, but)
    people = _informative(search.traces.took_part[rows], weights, search.settings.min_side)
    full = np.column_stack([near, people])
    found: list[Finding] = []
    for start in range(0, len(chosen), BLOCK):
        block = chosen[start : start + BLOCK]
        flags = np.column_stack([exposure.flags[rows] for exposure in block]).astype(np.float64)
        wide = partial(y, flags, full, weights)
        narrow = wide if (wide.kept >= KEPT).all() else partial(y, flags, near, weights)
        done = weights @ flags
        mean = (weights * y) @ flags / np.maximum(done, 1.0)
        for i, exposure in enumerate(block):
            if max(wide.kept[i], narrow.kept[i]) < KEPT:
                continue
            effect = (wide if wide.kept[i] >= KEPT else narrow).effect
            value, error, p = float(effect.value[i]), float(effect.error[i]), float(effect.p[i])
            n = float(weights.sum())
            found.append(Finding(exposure, scope, target, value, error, p, float(mean[i]), n, float(done[i])))
    return found


def screen(search: Search, target: Target, scope: Scope, chosen: list[Exposure]) -> list[Exposure]:
    """The exposures whose effect, adjusted for conditions alone, is worth measuring. Their p-values are counted.

    One product of matrices in single precision: this is where most of the time goes.
    """
    rows = scope.rows & target.valid
    weights = search.traces.weights[rows]
    total = float(weights.sum())
    minimum = max(search.settings.min_side, RARE * total)
    if total < 2 * minimum or not chosen:
        return []
    root = np.sqrt(weights)[:, None]
    base = np.column_stack([np.ones(len(weights)), _covariates(search, target, rows)]) * root
    gram = base.T @ base
    gram[np.diag_indices_from(gram)] += 1e-7 * np.maximum(gram.diagonal(), 1.0)
    inverse = np.linalg.inv(np.linalg.cholesky(gram))
    basis = (base @ inverse.T).astype(np.float32)
    y = (target.y[rows] * root[:, 0]).astype(np.float32)
    y -= basis @ (basis.T @ y)
    flags = np.column_stack([exposure.flags[rows] for exposure in chosen]).astype(np.float32)
    done = weights.astype(np.float32) @ flags
    flags *= root.astype(np.float32)
    square = done - np.square(basis.T @ flags).sum(axis=0)
    product = y @ flags
    usable = (done >= minimum) & (total - done >= minimum) & (square > KEPT * done * (1 - done / total))
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = np.maximum(float(y @ y) - product**2 / square, 0.0) / max(total - base.shape[1] - 1, 1.0)
        z = np.where(usable, product / np.sqrt(noise * square), 0.0)
    steps = np.array([exposure.step for exposure in chosen])[usable]
    better = z[usable].astype(np.float64) * target.better
    combined = simes(np.where(better > 0, two_sided(better), 1.0), steps)
    search.tests.setdefault(target.kind, []).append(combined[np.isfinite(combined)])
    return [exposure for exposure, worth in zip(chosen, z * target.better > SCREEN, strict=True) if worth]


def _covariates(search: Search, target: Target, rows: Flags, but: int = -1) -> Floats:
    """Conditions and what was accepted for the same metric."""
    flags = [search.traces.holds[rows]]
    for place, finding in enumerate(search.accepted):
        if finding.target.metric == target.metric and place != but and place not in search.dropped:
            flags.append(finding.followed[rows][:, None])
    return _informative(np.column_stack(flags), search.traces.weights[rows], search.settings.min_side)


def _informative(flags: Flags, weights: Floats, minimum: float) -> Floats:
    """The columns that vary enough to matter, as numbers."""
    size = weights @ flags
    return flags[:, (size >= minimum) & (size <= weights.sum() - minimum)].astype(np.float64)
