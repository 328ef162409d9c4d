"""Fitting the next-step model: prequential, that is every block of traces is predicted from those before it.

(Dawid, *J. R. Statist. Soc. A* 147 (1984) 278–292.) The mixer is fitted on those predictions, and the counts are then
filled with all traces. What has to be chosen (how fast older counts fade, how strictly the mixer is held back, the
temperature) is chosen on the newest blocks, fitted on those before; nothing but the training traces is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.contexts import ROOT, Context, all_contexts, lineage
from guildbook.distil.nextstep.counts import Counted, age_weights, count, levels_at
from guildbook.distil.nextstep.features import Plan, Scale, Table
from guildbook.distil.nextstep.forest import Forest, Standing
from guildbook.distil.nextstep.mixer import PENALTIES, Mixer, Penalty, Sheet
from guildbook.distil.nextstep.model import GROUND, GROUPS, MOST, NextStep, group_of, looks
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.signs import Signs
from guildbook.distil.sums import END
from guildbook.distil.traces import Traces
from guildbook.model.ids import symbol

Doubles = NDArray[np.float64]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

CUTS: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Where the blocks begin that are predicted from what was before, as shares of the traces in order of their start."""
HALF_LIVES: Final = (None, 0.3, 0.1, 0.04)
MARGIN: Final = 0.005
"""Share of its loss by which a faster fading must be better: it throws counts away."""
SCOUTS: Final[tuple[Context, ...]] = (
    ("acts1",),
    ("acts2",),
    ("acts3",),
    ("acts5",),
    ("acts1", "worker"),
    ("acts2", "worker"),
    ("acts2", "gap"),
    ("acts1", "set"),
)
"""The contexts by which the half-life is chosen."""
_CELLS: Final = 140_000_000
"""Numbers the mixer is fitted on."""
STAGES: Final = (0.3, 0.5, 0.7)
"""Cuts at which trees are grown anew, on what was before; the blocks in between count in them what came meanwhile."""
TRUST: Final = 0.2
"""What the trees' view is believed before fitting; all other views share the rest."""
_FEWEST: Final = 20
"""Traces below which nothing is fitted: all views are believed alike."""


@dataclass(frozen=True)
class _Training:
    """Training places and all that was numbered of them."""

    places: Places
    rank: Doubles
    """(n,): share of the traces that began before the place's."""
    answers: Codes
    group: Codes
    groups: Keys
    symbols: Keys
    counted: dict[Context, Counted]

    @property
    def width(self) -> int:
        return len(self.symbols) + 1


def fit(traces: Traces) -> NextStep:
    """The model of these traces alone."""
    training = _prepared(traces)
    start = _start(training, training.counted)
    half_life: float | None = None
    mixer = start
    forest: Forest | None = None
    if len(traces) >= _FEWEST:
        half_life = _half_life(training)
        table = _table(training)
        sheet, rank = _predicted(training, training.counted, half_life, table)
        mixer = _mixer(_start(training, training.counted, trees=True), sheet, rank)
        del sheet
        forest, nodes = _grown(training, table, 2.0, 2.0)
        inside = training.places.depth > 0
        weighed = age_weights(training.rank[inside], half_life)
        forest = forest.counted(nodes[:, inside], training.answers[inside], weighed, training.width)
    weights = age_weights(training.rank, half_life)
    follows = {context: one.filled(weights) for context, one in training.counted.items()}
    words = traces.events.acts
    known = set(training.symbols.tolist()) | set(training.groups.tolist())
    texts = {code: text for code, text in zip(words.symbols.tolist(), words.texts, strict=True) if code in known}
    doubt = 1 / (len(training.places) + 2)
    return NextStep(training.symbols, texts, follows, training.groups, mixer, half_life, doubt, forest)


def ranks(traces: Traces) -> Doubles:
    """(T,): the share of the traces that began before each; ties by name."""
    start = traces.time[traces.offsets[:-1]]
    names = np.fromiter((symbol(key) for key in traces.keys), np.uint64, len(traces))
    out = np.empty(len(start))
    out[np.lexsort((names, start))] = np.arange(len(start)) / max(len(start), 1)
    return out


def vocabulary(traces: Traces) -> Keys:
    """What may come next: all activities and END, commonest first, ties by text."""
    codes, counts = np.unique(np.append(traces.step, np.full(len(traces), END, np.uint64)), return_counts=True)
    words = traces.events.acts
    texts = dict(zip(words.symbols.tolist(), words.texts, strict=True))
    names = np.array([texts.get(code, "") for code in codes.tolist()], dtype=np.str_)
    return codes[np.lexsort((codes, names, -counts))]


def _prepared(traces: Traces) -> _Training:
    places = Places.of(traces)
    rank = ranks(traces)[places.trace]
    # In order of time whatever order the traces were read in, so that sums of parts round alike.
    by_rank = np.argsort(rank, kind="stable")
    places, rank = places.pick(by_rank), rank[by_rank]
    symbols = vocabulary(traces)
    signs = Signs(places)
    groups = np.sort(symbols[symbols != END][: GROUPS - 1])
    answers = places.columns(symbols).astype(np.int32)
    counted = count(signs, all_contexts(signs.attributes), answers, len(symbols) + 1)
    return _Training(places, rank, answers, group_of(signs, groups), groups, symbols, counted)


@dataclass(frozen=True)
class _Features:
    """What trees may cut by at the training places."""

    scale: Scale
    table: Table


def _table(training: _Training) -> _Features:
    scale = Scale.of(Plan.of(training.places, training.symbols), training.places)
    return _Features(scale, scale.table(training.places))


def _grown(training: _Training, features: _Features, low: float, high: float) -> tuple[Forest, Codes]:
    """Trees grown on what was before `low`, and where all places before `high` stand in them (trees, n)."""
    inside = training.places.depth > 0
    known, placed = inside & (training.rank < low), inside & (training.rank < high)
    groups = len(training.groups) + 1
    forest = Forest.grown(
        features.scale, features.table.pick(known), training.group[known], groups, training.answers[known]
    )
    found = forest.nodes(features.table.pick(placed), training.group[placed])
    nodes = np.full((len(found), len(inside)), -1, np.int32)
    nodes[:, placed] = found
    return forest, nodes


def _predicted(
    training: _Training,
    counted: Mapping[Context, Counted],
    half_life: float | None,
    features: _Features | None = None,
) -> tuple[Sheet, Doubles]:
    """Every block as predicted from what was before, and the rank of each place; thinned if there are many."""
    width = training.width
    numbers = (len(counted) + 1) * (min(MOST, width) + 1)
    wanted = (training.rank >= CUTS[0]) & (training.places.depth > 0)
    thin = max(1, int(np.ceil(wanted.sum() * numbers / _CELLS)))
    order = np.round(training.rank * len(training.places.traces)).astype(np.int64)
    wanted &= order % thin == 0
    sheets: list[Sheet] = []
    found: list[Doubles] = []
    planted: tuple[Forest, Codes] | None = None
    for low, high in zip(CUTS, (*CUTS[1:], 1.0), strict=True):
        rows = np.flatnonzero(wanted & (training.rank >= low) & (training.rank < high))
        weights = age_weights(training.rank, half_life, low)
        levels = levels_at(dict(counted), weights, rows)
        if features is not None and low in STAGES:
            planted = _grown(training, features, low, min((cut for cut in STAGES if cut > low), default=2.0))
        trees: Standing | None = None
        if planted is not None:
            forest, nodes = planted
            before = (training.rank < low) & (training.places.depth > 0)
            known = forest.counted(nodes[:, before], training.answers[before], weights[before], width)
            trees = Standing(known, nodes[:, rows])
        sheets += [
            _answered(look.sheet, training.answers[rows[look.rows]])
            for look in looks(levels, len(rows), width, training.group[rows], trees)
        ]
        found.append(training.rank[rows])
    return Sheet.joined(sheets), np.concatenate(found)


def _start(training: _Training, counted: Mapping[Context, Counted], *, trees: bool = False) -> Mixer:
    """All contexts' whole opinions alike: what one adds to another counts for all that rest on it."""
    views = [context for context in counted if context != ROOT]
    believed = np.zeros(len(views) + trees)
    share = (1 - TRUST * trees) / max(len(views), 1)
    for context in views:
        for one in lineage(context):
            if one in counted and one != ROOT:
                believed[views.index(one)] += share
    if trees:
        believed[-1] = TRUST
        if GROUND in counted:
            believed[views.index(GROUND)] += TRUST
    return Mixer.even(len(believed), len(training.groups) + 1, training.width, believed)


def _answered(sheet: Sheet, answers: Codes) -> Sheet:
    """With which of the classes came; the last where none of them is it."""
    same = sheet.cells == answers[:, None]
    place = np.where(same.any(axis=1), same.argmax(axis=1), sheet.cells.shape[1] - 1)
    return replace(sheet, answer=place.astype(np.int32))


def _half_life(training: _Training) -> float | None:
    """What predicts the newest blocks best with a few contexts; of near equals, the slower fading."""
    needed = {above for context in SCOUTS for above in lineage(context)}
    scouts = {context: one for context, one in training.counted.items() if context in needed or context == ROOT}
    best: tuple[float, float | None] = (np.inf, None)
    for half_life in HALF_LIVES:
        sheet, rank = _predicted(training, scouts, half_life)
        even = _start(training, scouts)
        cut = int(np.searchsorted(rank, CUTS[-3]))
        mixer = even.fitted(sheet.pick(slice(0, cut)), np.ones(cut), PENALTIES[1], even.weight[:, 0], 30)
        loss = mixer.loss(sheet.pick(slice(cut, None)))
        if loss < best[0] * (1 - MARGIN):
            best = (loss, half_life)
    return best[1]


def _mixer(start: Mixer, sheet: Sheet, rank: Doubles) -> Mixer:
    """Fitted on all blocks, with the penalty and the temperature that served the newest one best."""
    cut = int(np.searchsorted(rank, CUTS[-1]))  # places come in order of rank
    older, newest = sheet.pick(slice(0, cut)), sheet.pick(slice(cut, None))
    best: tuple[float, Penalty, Mixer] = (np.inf, PENALTIES[0], start)
    for penalty in PENALTIES:
        mixer = start.fitted(older, np.ones(cut), penalty, start.weight[:, 0])
        loss = mixer.loss(newest)
        if not loss < best[0]:
            break  # what is looser still fits the older blocks too closely
        best = loss, penalty, mixer
    _, penalty, mixer = best
    heat = mixer.calibrated(newest).heat
    return replace(mixer.fitted(sheet, np.ones(len(sheet)), penalty, start.weight[:, 0]), heat=heat)
