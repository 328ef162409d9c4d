"""Shapley values, Banzhaf values and leave-one-out of a game: exact for few players, else drawn with a stated error.

Shapley (in *Contributions to the Theory of Games* II, 1953): the mean, over all orders of joining, of what a worker
adds to those who are there. Banzhaf (*Rutgers Law Review* 19, 1965; for data Wang and Jia, arXiv 2205.15466): the
same over all coalitions alike. Orders are drawn in antithetic pairs, each with its reverse (Mitchell et al., *JMLR*
23, 2022). What a worker adds depends above all on when they come; so the usual addition at each place in the order,
as the other pairs show it, is taken off and its mean put back (a control variate: Glasserman, *Monte Carlo Methods in
Financial Engineering*, 2003, § 4.1). In each order these cancel over the workers: values still add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb, ndtri

from guildbook.measure.contribution.game import Game, Worth
from guildbook.measure.contribution.kernels import enumerate_all, swing, toggle, walk

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Method = Literal["shapley", "banzhaf", "leave-one-out"]
METHODS: Final[tuple[Method, ...]] = ("shapley", "banzhaf", "leave-one-out")
FEW: Final = 12
"""So many players are enumerated: every coalition is looked at."""
PAIRS: Final = 32
ROUND: Final = 8
"""Pairs drawn between two looks at the error."""
MOST_PAIRS: Final = 100_000
THREADS: Final = 2

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Draw:
    """How values are drawn where they are not exact."""

    pairs: int = PAIRS
    """Pairs of orders (or of coalitions)."""
    until: float | None = None
    """Instead: draw until no worker's standard error is greater."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    """What one worker adds, in units of the metric."""

    worker: str
    value: float
    error: float
    """Standard error; 0 where it is exact."""

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The normal interval."""
        reach = float(ndtri(0.5 + level / 2)) * self.error
        return self.value - reach, self.value + reach


@dataclass(frozen=True, slots=True)
class Contribution:
    """What each worker adds."""

    method: Method
    metric: str
    whole: float
    """v of everybody."""
    values: tuple[Value, ...]
    """Of every worker, in the order of their names."""
    exact: bool
    pairs: int = 0
    """Pairs that were drawn."""

    @property
    def error(self) -> float:
        """The greatest standard error."""
        return max((one.error for one in self.values), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, greatest value first."""
        rows = sorted(self.values, key=lambda one: (-one.value, one.worker))
        return {
            "method": self.method, "metric": self.metric, "whole": self.whole, "exact": self.exact,
            "pairs": self.pairs, "error": self.error,
            "workers": [asdict(one) | dict(zip(("low", "high"), one.interval(), strict=True)) for one in rows],
        }  # fmt: skip


def contribution(
    game: Game, method: Method = "shapley", draw: Draw | None = None, progress: Progress | None = None
) -> Contribution:
    """What each worker adds. The same game and draw give the same values to the last bit, on any number of threads."""
    draw = draw or Draw()
    if method == "leave-one-out":
        return _made(game, method, _alone(game))
    if len(game.players) <= FEW:
        return _made(game, method, _exact(game, method))
    return _drawn(game, method, draw, progress)


def enumerated(game: Game) -> Ints:
    """The worth of every coalition of the players (2^m,), in units; bit i of the place stands for player i."""
    out = np.zeros(1 << len(game.players), np.int64)
    enumerate_all(game.board, game.hall(), game.players, out)
    return out


def shapley_of(worth: Floats | Ints) -> Floats:
    """Shapley values (m,) of a game given by the worth of every coalition (2^m,)."""
    players = len(worth).bit_length() - 1
    by_size = np.array([1.0 / (players * comb(players - 1, size, exact=True)) for size in range(players)])
    return _averaged(worth, by_size)


def banzhaf_of(worth: Floats | Ints) -> Floats:
    """Banzhaf values (m,) of a game given by the worth of every coalition (2^m,)."""
    players = len(worth).bit_length() - 1
    return _averaged(worth, np.full(players, 2.0 ** (1 - players)))


def _averaged(worth: Floats | Ints, weight: Floats) -> Floats:
    """Σ weight by the size of those who are there · what each player adds to them."""
    places = np.arange(len(worth))
    players = len(worth).bit_length() - 1
    sizes = np.bitwise_count(places).astype(np.int64)
    out = np.zeros(players)
    for player in range(players):
        without = places[(places >> player) & 1 == 0]
        adds = worth[without | (1 << player)] - worth[without]
        out[player] = float((adds * weight[sizes[without]]).sum())
    return out


def _exact(game: Game, method: Method) -> Floats:
    worth = enumerated(game)
    found = np.zeros(len(game.workers))
    found[game.players] = shapley_of(worth) if method == "shapley" else banzhaf_of(worth)
    return found


def _alone(game: Game) -> Floats:
    hall = game.hall()
    for worker in game.players.tolist():
        toggle(game.board, hall, worker)
    found = np.zeros(len(game.workers))
    for worker in game.players.tolist():
        found[worker] = -toggle(game.board, hall, worker)
        toggle(game.board, hall, worker)
    return found


def _drawn(game: Game, method: Method, draw: Draw, progress: Progress | None) -> Contribution:
    sides = _Sides(game, method, draw.seed)
    if draw.until is None:
        target = draw.pairs
        sides.draw(draw.pairs, progress)
    else:
        target = MOST_PAIRS
        while sides.done < target:
            sides.draw(ROUND, None)
            worst = float(sides.values()[1].max()) / game.scale
            if progress is not None:
                progress(min(1.0, (draw.until / worst) ** 2) if worst > 0 else 1.0)
            if worst <= draw.until:
                break
    mean, error = sides.values()
    return _made(game, method, mean, error, pairs=sides.done)


class _Sides:
    """What has been drawn so far: of each pair, what each worker added on its two sides."""

    def __init__(self, game: Game, method: Method, seed: int) -> None:
        self._game, self._method, self._seed = game, method, seed
        self._orders: list[Codes] = []
        self._adds: list[Ints] = []
        self.done = 0

    def draw(self, pairs: int, progress: Progress | None) -> None:
        """So many pairs more."""
        rows = [self._generator(self.done + n).permutation(self._game.players) for n in range(pairs)]
        orders = np.array(rows, np.int32).reshape(pairs, len(self._game.players))
        out = np.zeros((pairs, 2, len(self._game.workers)), np.int64)
        lanes = [list(range(first, pairs, THREADS)) for first in range(THREADS)]
        with ThreadPoolExecutor(THREADS) as pool:
            for lane in [pool.submit(self._lane, lane, orders, out, progress) for lane in lanes]:
                lane.result()
        self._orders.append(orders)
        self._adds.append(out)
        self.done += pairs

    def _lane(self, rows: list[int], orders: Codes, out: Ints, progress: Progress | None) -> None:
        """Some of the pairs, in a hall of their own."""
        game, hall = self._game, self._game.hall()
        for row in rows:
            here = slice(row, row + 1)
            if self._method == "shapley":
                walk(game.board, hall, orders[here], out[here])
            else:
                half = self._generator(self.done + row).random(len(game.workers)) < 0.5  # noqa: PLR2004 - alike
                swing(game.board, hall, half[None, :], game.players, out[here])
            if progress is not None:
                progress((row + 1) / len(orders))

    def values(self) -> tuple[Floats, Floats]:
        """(mean (W,), standard error (W,)), in units."""
        adds = np.concatenate(self._adds).astype(np.float64)
        if self._method == "shapley" and self.done > 1:
            adds = adds - self._usual(adds)
        pair = adds.mean(axis=1)
        spread = pair.std(axis=0, ddof=1) if self.done > 1 else np.full(pair.shape[1], np.inf)
        return pair.mean(axis=0), spread / np.sqrt(self.done)

    def _usual(self, adds: Floats) -> Floats:
        """(P, 2, W): what is usually added at each worker's place, over the other pairs, less its mean."""
        orders = np.concatenate(self._orders)
        pairs = len(orders)
        rows = np.arange(pairs)[:, None]
        by_place = np.stack([adds[rows, 0, orders], adds[rows, 1, orders[:, ::-1]]], axis=1)
        others = (by_place.sum(axis=(0, 1)) - by_place.sum(axis=1)) / (2.0 * (pairs - 1))
        others -= others.mean(axis=1, keepdims=True)
        out = np.zeros_like(adds)
        out[rows, 0, orders] = others
        out[rows, 1, orders] = others[:, ::-1]
        return out

    def _generator(self, number: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(key=self._seed, counter=[0, 0, 0, number]))


def _made(game: Game, method: Method, units: Floats, error: Floats | None = None, pairs: int = 0) -> Contribution:
    scale = game.scale or 1.0
    errors = np.zeros(len(units)) if error is None else error / scale
    rows = zip(game.workers, (units / scale).tolist(), errors.tolist(), strict=True)
    values = tuple(Value(worker, value, spread) for worker, value, spread in rows)
    return Contribution(method, game.metric, game.whole / scale, values, exact=error is None, pairs=pairs)


def worth_of(metric: str) -> Worth | None:
    """The metric of this name; None where a game cannot be played for it."""
    found: dict[str, Worth] = {"accuracy": "accuracy", "top": "top", "augmentation": "augmentation"}
    return found.get(metric)
