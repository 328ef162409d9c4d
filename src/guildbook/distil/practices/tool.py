"""Proficiency: two ways from the same step to the same step, one of them quicker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.buckets import COUNT, log_centre
from guildbook.distil.practices import wording
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.runs import run_moments
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, pooled_means, tally
from guildbook.distil.practices.traces import TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Effect, Kind, Practice, When

MAX_WAYS = 6
"""Ways compared between the same two steps, commonest first."""
MAX_PAIRS = 2_000
SURE = 0.001
"""Largest p at which the steps of two ways are left to them."""
SURELY = 3.0
"""Standard errors of a count that chance gives, by which ways must be taken together more seldom."""
DIFFERS = 3.0
"""Standard errors by which a way must save more after another way than elsewhere."""
ALONG = (0.2, 0.8)
"""A step in more than the higher share of traces with a way, and in less than the lower of others, is part of it."""
EXCLUSIVE = 0.2
"""Two ways to one effect are taken together less often than this share of what chance would give."""


@dataclass(frozen=True)
class Ways:
    """The `ways` table with ways and places numbered. Rows: one worker at one place by one way."""

    way: NDArray[np.int64]
    place: NDArray[np.int64]
    worker: NDArray[np.int64]
    n: Floats
    total: Floats
    """Sum of ln seconds."""
    square: Floats
    steps: list[tuple[int, ...]]
    """Of each way."""
    places: NDArray[np.uint64]
    """(places, 3): task, a, b."""

    @cached_property
    def workers(self) -> int:
        """How many there are."""
        return int(self.worker.max()) + 1

    def of_way(self, way: int) -> NDArray[np.int64]:
        """The rows of one way."""
        order, starts = self._by_way
        return order[starts[way] : starts[way + 1]]

    @cached_property
    def _by_way(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.way, kind="stable")
        return order, np.searchsorted(self.way[order], np.arange(len(self.steps) + 1))


def numbered(ways: CountTable) -> Ways:
    """Count, sum and sum of squares of log elapsed time by way, place and worker."""
    logs = log_centre(np.arange(COUNT))
    logs[:2] = np.nan
    # One worker at one place by one way: all columns but the time.
    first, moments = run_moments(ways.keys, ways.counts, 8, logs)
    n, total, square = np.ascontiguousarray(moments.T)
    keys = ways.keys[first]
    way_at, way = _codes(keys[:, 3:7])
    place_at, place = _codes(keys[:, [0, 2, 7]])
    _, worker = _codes(keys[:, [1]])
    return Ways(
        way,
        place,
        worker,
        n,
        total,
        square,
        [tuple(int(s) for s in row if s) for row in keys[way_at, 3:7]],
        keys[place_at][:, [0, 2, 7]],
    )


def _codes(rows: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(where each distinct row stands first, the number of each row among them), in order of first standing.

    Rows are told apart by a 64-bit mix of their symbols, which are hashes already.
    """
    mixed = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    encoded = pa.array(mixed).dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int64)
    first = np.full(len(encoded.dictionary), len(codes), np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # the last to be written stands first
    return first, codes


@dataclass(frozen=True)
class _Pair:
    quick: int
    slow: int
    places: tuple[int, ...]
    """Where it was measured, commonest first."""
    effect: Effect
    after: int = -1
    """The way after which alone it is quicker."""


def mine_tool(
    ways: CountTable, blocks: list[TaskTraces], names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats, frozenset[int]]:
    """The tool practices, the p-values of all pairs compared, and the steps of the ways they speak of."""
    table = numbered(ways)
    if not len(table.n):
        return [], np.zeros(0), frozenset()
    pairs: list[_Pair] = []
    tests: list[float] = []
    for (one, two), places in _alternatives(table, settings).items():
        pair = _measured(table, one, two, places, settings)
        if pair is None or not _substitutes(table, one, two, places, blocks):
            continue
        if not all(_whole(table, way, places, blocks) for way in (one, two)):
            continue
        tests.append(pair.effect.p)
        if abs(pair.effect.difference) >= settings.min_log_ratio:
            pairs.append(pair)
    kept = [_rested(table, pair, pairs, settings) for pair in _distinct(table, pairs, settings)]
    told = [_practice(table, pair, names, titles) for pair in kept]
    by_way = {pair.quick: practice.id for pair, practice in zip(kept, told, strict=True)}
    told = [
        replace(practice, prerequisites=(by_way[pair.after],)) if pair.after in by_way else practice
        for pair, practice in zip(kept, told, strict=True)
    ]
    sure = [pair for pair in pairs if pair.effect.p < SURE]
    explained = frozenset(step for pair in sure for way in (pair.quick, pair.slow) for step in table.steps[way])
    return told, np.array(tests), explained


def _alternatives(table: Ways, settings: MiningSettings) -> dict[tuple[int, int], list[int]]:
    """Pairs of ways that share neither first nor last step, with the places where both are common."""
    first, cell = _codes(np.column_stack([table.place, table.way]).astype(np.uint64))
    size = tally(cell, table.n, len(first))
    cells = np.column_stack([table.place[first], table.way[first]])
    order = np.lexsort((cells[:, 1], cells[:, 0]))
    cells, size = cells[order], size[order]
    enough = size >= max(settings.min_side / 4, 5)
    cells, size = cells[enough], size[enough]
    order = np.lexsort((-size, cells[:, 0]))
    cells = cells[order]
    found: dict[tuple[int, int], list[int]] = {}
    starts = np.flatnonzero(np.r_[True, np.diff(cells[:, 0]) > 0]) if len(cells) else np.zeros(0, np.int64)
    for start, end in zip(starts, np.append(starts[1:], len(cells))[: len(starts)], strict=True):
        for one, two in combinations(sorted(cells[start:end, 1][:MAX_WAYS].tolist()), 2):
            place = int(cells[start, 0])
            steps = [*table.steps[one], *table.steps[two]]
            # A way that comes by its own ends goes round in a circle: something is done again.
            if len(set(steps)) == len(steps) and not set(steps) & {int(s) for s in table.places[place, 1:]}:
                found.setdefault((one, two), []).append(place)
    return dict(list(found.items())[:MAX_PAIRS])


def _measured(table: Ways, one: int, two: int, places: list[int], settings: MiningSettings) -> _Pair | None:
    """The quicker of two ways, compared at the same places by the same workers where that leaves enough."""
    rows = table.of_way(one), table.of_way(two)
    rows = [own[np.isin(table.place[own], places)] for own in rows]
    if min(table.n[own].sum() for own in rows) < settings.min_side:
        return None
    here = np.concatenate(rows)
    by_worker = table.place[here] * table.workers + table.worker[here]
    for strata in (by_worker, table.place[here]):
        names, stratum = np.unique(strata, return_inverse=True)
        parts = stratum[: len(rows[0])], stratum[len(rows[0]) :]
        sides = [
            [tally(part, column[own], len(names)) for column in (table.n, table.total, table.square)]
            for part, own in zip(parts, rows, strict=True)
        ]
        both = (sides[0][0] > 0) & (sides[1][0] > 0)
        if min(sides[0][0][both].sum(), sides[1][0][both].sum()) >= settings.min_side:
            break
    else:
        return None
    effect = pooled_means(*sides[0], *sides[1])
    value, error = float(effect.value), float(effect.error)
    if not np.isfinite(error):
        return None
    quick, slow = (one, two) if value < 0 else (two, one)
    quick_side = sides[0] if value < 0 else sides[1]
    mean = float(quick_side[1][both].sum() / quick_side[0][both].sum())
    half = Z95 * error
    difference = -abs(value)
    taken = tally(table.place[here], table.n[here], len(table.places))
    ranked = sorted(places, key=lambda p: (-float(taken[p]), p))
    total = int(sides[0][0][both].sum() + sides[1][0][both].sum())
    given, without = float(np.exp(mean)), float(np.exp(mean - difference))
    shown = Effect("duration", difference, difference - half, difference + half, total, float(effect.p), given, without)
    return _Pair(quick, slow, tuple(ranked), shown)


def _substitutes(table: Ways, one: int, two: int, places: list[int], blocks: list[TaskTraces]) -> bool:
    """Whether the ways replace one another: hardly ever taken in the same trace, and the outcome does not choose.

    Steps that are simply two things to do, in either order or as the case needs, occur together.
    """
    tasks = {int(table.places[p][0]) for p in places}
    both = expected = 0.0
    for block in blocks:
        if block.task not in tasks:
            continue
        present = [_all_present(block, table.steps[way]) for way in (one, two)]
        total = block.weights.sum()
        rates = [float(block.weights @ p) / total for p in present]
        both += float(block.weights @ (present[0] & present[1]))
        expected += rates[0] * rates[1] * total
    return both <= EXCLUSIVE * expected and expected - both > SURELY * np.sqrt(expected)


def _whole(table: Ways, way: int, places: list[int], blocks: list[TaskTraces]) -> bool:
    """Whether the way is all that goes with it: no other step comes with it nearly always and else hardly ever.

    Where an event was lost, or something else came in between, a part of a way looks like a quick one.
    """
    tasks = {int(table.places[p][0]) for p in places}
    for block in blocks:
        present = _all_present(block, table.steps[way]) if block.task in tasks else np.zeros(0, dtype=bool)
        inside, outside = block.weights[: len(present)] * present, block.weights[: len(present)] * ~present
        if inside.sum() < 1 or outside.sum() < 1:
            continue
        steps = block.first >= 0
        along, else_ = inside @ steps / inside.sum(), outside @ steps / outside.sum()
        beside = ~np.isin(block.activities, np.array(table.steps[way], np.uint64))
        if ((along > ALONG[1]) & (else_ < ALONG[0]) & beside).any():
            return False
    return True


def _all_present(block: TaskTraces, steps: tuple[int, ...]) -> NDArray[np.bool_]:
    present = np.ones(len(block.weights), dtype=bool)
    for step in steps:
        column = np.flatnonzero(block.activities == np.uint64(step))
        present &= block.first[:, column[0]] >= 0 if len(column) else False
    return present


def _distinct(table: Ways, pairs: list[_Pair], settings: MiningSettings) -> list[_Pair]:
    """The surest pair for each quicker way, and each slower way once."""
    kept: list[_Pair] = []
    used: set[int] = set()
    for pair in sorted(pairs, key=lambda p: (p.effect.p, -p.effect.n, table.steps[p.quick])):
        steps = {*table.steps[pair.quick], *table.steps[pair.slow]}
        if not steps & used:
            kept.append(pair)
            used |= steps
    return kept[: settings.max_practices]


def _rested(table: Ways, pair: _Pair, others: list[_Pair], settings: MiningSettings) -> _Pair:
    """The pair at those places alone that come right after another quicker way, if it is quicker only there."""
    best, widest = pair, DIFFERS
    for other in others:
        ends = table.steps[other.quick][-1]
        inside = [p for p in pair.places if int(table.places[p][1]) == ends]
        outside = [p for p in pair.places if int(table.places[p][1]) != ends]
        if other.quick == pair.quick or not inside or not outside:
            continue
        near, far = (_measured(table, pair.quick, pair.slow, places, settings) for places in (inside, outside))
        if near is None or far is None or near.quick != pair.quick:
            continue
        saved = far.effect.difference if far.quick == pair.quick else -far.effect.difference
        error = np.hypot(_error(near.effect), _error(far.effect))
        if saved > near.effect.difference / 2 and saved - near.effect.difference > widest * error:
            best, widest = replace(near, after=other.quick), float((saved - near.effect.difference) / error)
    return best


def _error(effect: Effect) -> float:
    return (effect.high - effect.low) / (2 * Z95)


def _practice(table: Ways, pair: _Pair, names: Names, titles: dict[int, str]) -> Practice:
    task, start, end = (int(s) for s in table.places[pair.places[0]])
    do = tuple(names.label(s) for s in table.steps[pair.quick])
    instead_of = tuple(names.label(s) for s in table.steps[pair.slow])
    before = table.steps[pair.after] if pair.after >= 0 else (start,)
    when = When(titles[task], names.label(end), (), tuple(names.label(s) for s in before))
    effect = pair.effect
    given, without = wording.length(effect.with_value or 0.0), wording.length(effect.without_value or 0.0)
    return Practice(
        id=identity(Kind.TOOL, When(titles[task]), do, instead_of, ()),
        kind=Kind.TOOL,
        title=(
            f"To get from “{wording.steps(when.after)}” to “{wording.step(when.activity)}”, "
            f"do “{wording.steps(do)}” instead of “{wording.steps(instead_of)}”: "
            f"{given} instead of {without} ({wording.number(effect.n)} times)."
        ),
        when=when,
        do=do,
        instead_of=instead_of,
        effect=effect,
    )
