"""Quality practices from verdicts: what must stand in which field, and the mistakes that spoil the result.

`quality.checks` holds each case against what was asked of it. Here each mistake is compared with the cases in which
nothing is amiss with the same field, so that three mistakes with one field are three practices.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from guildbook.distil.practices import wording
from guildbook.distil.practices.contrast import Target
from guildbook.distil.practices.exposures import TELLING
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, partial, simes
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.quality.verdicts import Mistake, is_verdict, read
from guildbook.distil.special import gammaln
from guildbook.model.knowledge import Effect, Kind, Practice, When

ACCEPT = 0.001
"""Largest p of a mistake that is told; control of false discoveries comes on top."""
FEWEST = 5
"""Cases with the mistake and without it: few are enough where an exact test holds for them."""
ENOUGH = 20
"""Cases on each side from which the adjusted difference is tested as well."""
PLACES = 3
"""Conditions under which one mistake is told of at most."""
REACHED = 0.5
"""Share of the cases with nothing amiss that come to the step before which it is to be seen to."""


def apart(traces: TaskTraces, names: Names) -> tuple[TaskTraces, dict[str, Flags]]:
    """The traces with verdicts taken out of their conditions, and the verdicts by text."""
    texts = [names.label(int(code)) for code in traces.conditions]
    verdict = np.array([is_verdict(text) for text in texts], dtype=bool)
    if not verdict.any():
        return traces, {}
    found = {texts[i]: traces.holds[:, i] for i in np.flatnonzero(verdict).tolist()}
    return replace(traces, conditions=traces.conditions[~verdict], holds=traces.holds[:, ~verdict]), found


def mine_mistakes(
    traces: TaskTraces, target: Target, verdicts: dict[str, Flags], names: Names, title: str, settings: MiningSettings
) -> tuple[list[Practice], Floats, Flags]:
    """(practices, p-values of all mistakes that were compared, (n, k) the mistakes told of).

    A mistake counts against the cases in which the same thing is right, adjusted for conditions and other mistakes;
    its p is Fisher's exact one, or where it is larger and there are enough cases, that of the adjusted difference.
    What can be said of the whole case (nothing was entered) is looked at last, among the cases without the mistakes
    told by then.
    """
    told: list[Practice] = []
    tests: list[float] = []
    columns: list[Flags] = []
    mistakes = [(text, known) for text in sorted(verdicts) if (known := read(text)) and known.right in verdicts]
    for text, known in sorted(mistakes, key=lambda item: item[1].general):
        right, wrong = verdicts[known.right], verdicts[text] & ~verdicts[known.right]
        others = [verdicts[t] for t, other in mistakes if not other.general and other.right != known.right]
        if known.general:
            free = ~np.any(columns, axis=0) if columns else np.ones_like(right)
            right, wrong, others = right & free, wrong & free, []
        harm, p = _harm(traces, target, settings, right, wrong, others)
        if p is not None:
            tests.append(p)
        told += [_practice(traces, title, names, (text, known), right, scope, effect) for scope, effect in harm]
        if harm:
            columns.append(wrong)
    held = np.column_stack(columns) if columns else np.empty((len(traces.weights), 0), dtype=bool)
    return told, np.array(tests), held


def _harm(
    traces: TaskTraces, target: Target, settings: MiningSettings, right: Flags, wrong: Flags, others: list[Flags]
) -> tuple[list[tuple[int, Effect]], float | None]:
    """Where a mistake does harm: (scope, effect) of each place, and one p for it all (Simes), None if nothing compares.

    Everywhere (scope −1), or else under the condition where it is surest, then where it is so in the rest.
    """
    share = traces.weights @ traces.holds[:, : len(traces.conditions)] / traces.weights.sum()
    scopes = [-1, *np.flatnonzero((share >= TELLING[0]) & (share <= TELLING[1])).tolist()]
    rest = np.ones_like(right)
    found: list[tuple[int, Effect]] = []
    p: float | None = None
    while True:
        effects = [(scope, _effect(traces, target, scope, right & rest, wrong & rest, others)) for scope in scopes]
        known = [(scope, effect) for scope, effect in effects if effect is not None]
        if p is None and known:
            p = float(simes(np.array([e.p for _, e in known]), np.zeros(len(known), np.int64))[0])
        sure = [(scope, effect) for scope, effect in known if _worth(effect, target, settings)]
        if not sure:
            return found, p
        best = sure[0] if sure[0][0] < 0 else min(sure, key=lambda item: item[1].p)
        if best[0] < 0 and found:
            return found, p  # what is left of all is no condition that could be told
        found.append(best)
        if best[0] < 0 or len(found) >= PLACES:
            return found, p
        rest &= ~traces.holds[:, best[0]]


def _worth(effect: Effect, target: Target, settings: MiningSettings) -> bool:
    """Whether a mistake is told: its harm is large and sure enough, and seen in enough cases."""
    return effect.n >= settings.min_side and effect.p < ACCEPT and effect.difference >= target.minimum


def _effect(
    traces: TaskTraces, target: Target, scope: int, right: Flags, wrong: Flags, others: list[Flags]
) -> Effect | None:
    """Right against wrong on the share of good outcomes; None where either is too rare. `scope`: as in `_scopes`."""
    rows: Flags = target.valid & (right | wrong)
    if scope >= 0:
        rows = rows & traces.holds[:, scope]
    weights, y = traces.weights[rows], target.y[rows]
    done = right[rows].astype(np.float64)
    sides = float(weights @ done), float(weights @ (1 - done))
    if min(sides) < FEWEST:
        return None
    good = float(weights @ (y * done)), float(weights @ (y * (1 - done)))
    covariates = np.column_stack([traces.holds, *others])[rows]
    size = weights @ covariates
    covariates = covariates[:, (size >= FEWEST) & (size <= weights.sum() - FEWEST)]
    found = partial(y, done[:, None], covariates, weights)
    crude = good[0] / sides[0] - good[1] / sides[1]
    value, error = float(found.effect.value[0]), float(found.effect.error[0])
    if not (np.isfinite(value) and np.isfinite(error)):
        return None
    if crude * value < 0:
        value = 0.0  # where the cases as they are say the opposite, adjustment alone is no evidence
    low, high = _newcombe(good, sides)
    low, high = min(value - Z95 * error, value - (crude - low)), max(value + Z95 * error, value + (high - crude))
    p = fisher(good, sides)
    if error > 0 and min(sides) >= ENOUGH:  # with fewer, robust errors are none, and the exact test alone holds
        p = max(p, float(found.effect.p[0]))
    given = good[0] / sides[0]
    return Effect(
        "good-rate",
        value,
        max(low, -1.0),
        min(high, 1.0),
        round(sum(sides)),
        p,
        given,
        float(np.clip(round(given - value, 12), 0.0, 1.0)),
    )


def fisher(good: tuple[float, float], sides: tuple[float, float]) -> float:
    """Two-sided p that two sides have the same share of good (Fisher's exact test: tables no likelier than this one).

    `good` of `sides`, both whole numbers.
    """
    first, total = round(sides[0]), round(sum(sides))
    hits = round(sum(good))
    least, most = max(0, hits - (total - first)), min(first, hits)
    at = np.arange(least, most + 1)
    log = _choose(first, at) + _choose(total - first, hits - at) - _choose(total, np.array(hits))
    own = log[round(good[0]) - least]
    return float(min(np.exp(log[log <= own + 1e-9]).sum(), 1.0))


def _choose(n: int, k: np.ndarray) -> Floats:
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


def _newcombe(good: tuple[float, float], sides: tuple[float, float]) -> tuple[float, float]:
    """95 % interval of a difference of shares from the score intervals of each (Newcombe, *Stat. Med.* 17 (1998))."""
    (p1, low1, high1), (p0, low0, high0) = (_wilson(g, n) for g, n in zip(good, sides, strict=True))
    gap = p1 - p0
    return gap - float(np.hypot(p1 - low1, high0 - p0)), gap + float(np.hypot(high1 - p1, p0 - low0))


def _wilson(good: float, n: float) -> tuple[float, float, float]:
    """A share and its score interval (Wilson, *JASA* 22 (1927) 209–212)."""
    p, z2 = good / n, Z95**2
    centre, half = p + z2 / (2 * n), Z95 * float(np.sqrt(p * (1 - p) / n + z2 / (4 * n * n)))
    return p, (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)


def _practice(
    traces: TaskTraces, title: str, names: Names, said: tuple[str, Mistake], right: Flags, scope: int, effect: Effect
) -> Practice:
    mistake, known = said
    right = right & traces.holds[:, scope] if scope >= 0 else right
    attributes = (names.condition(int(traces.conditions[scope])),) if scope >= 0 else ()
    when = When(title, _anchor(traces, right, names), attributes)
    given, without = wording.share(effect.with_value or 0.0), wording.share(effect.without_value or 0.0)
    before = f" before “{wording.step(when.activity)}”" if when.activity and not known.at_end else ""
    return Practice(
        id=identity(Kind.QUALITY, when, (known.right,), (mistake,), ()),
        kind=Kind.QUALITY,
        title=(
            f"{wording.situation(when)}, see to it{before} that {known.advice}: "
            f"{given} of such cases ended well instead of {without} ({wording.number(effect.n)} cases)."
        ),
        when=when,
        do=(known.right,),
        instead_of=(mistake,),
        effect=effect,
    )


def _anchor(traces: TaskTraces, right: Flags, names: Names) -> str:
    """The step that most cases with nothing amiss come to last."""
    present = traces.first >= 0
    weights = np.where(right, traces.weights, 0.0)
    reached = weights @ present
    common = reached >= REACHED * weights.sum()
    if not common.any():
        return ""
    place = weights @ np.where(present, traces.first, 0) / np.maximum(reached, 1.0)
    return names.label(int(traces.activities[int(np.argmax(np.where(common, place, -1.0)))]))
