"""The agents: workers as columns, a month at a time.

The order within a month: what AI can do; both sides' fallbacks; output, wage, contest and separation of every worker,
and learning; vacancies and matching; expertise and traces outside heads; the operator's capital.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from guildbook.simulate import kernel as k
from guildbook.simulate.arrays import Array, Real, Whole
from guildbook.simulate.draws import BIAS, OPENING, PLACE, SKILL, START, bits, key, low_unit, normal, rounded_up
from guildbook.simulate.economy import IDLE, VACANT, Economy, Fallbacks
from guildbook.simulate.formulas import complement
from guildbook.simulate.matching import matched
from guildbook.simulate.occupations import Floats, Ints, Occupations
from guildbook.simulate.operators import Earned, Operator
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.threads import ONE_WORLD


@dataclass(frozen=True, slots=True, eq=False)
class Workers:
    """(N,) columns, 23 bytes a worker."""

    occupation: NDArray[np.uint16]
    employed: NDArray[np.uint8]
    skill: NDArray[np.float32]
    head: NDArray[np.float32]
    """Expertise in the head, in [0, 1]."""
    bias: NDArray[np.float32]
    """How much too well the boss thinks of them, log points."""
    wage: NDArray[np.float32]
    """Thousand dollars a year; 0 without a job."""
    pool: NDArray[np.int32]
    """Who has no job, block by block."""

    def __len__(self) -> int:
        return len(self.occupation)

    @property
    def nbytes(self) -> int:
        """Bytes of all columns."""
        return sum(getattr(self, name).nbytes for name in self.__slots__)


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """What came of a month."""

    sums: Floats
    """(O, kernel.SUMS)"""
    hired: Ints | Floats
    moved: Ints | Floats
    """(O,) hires, and those of them from another occupation."""
    vacancies: Ints | Floats
    """(O,) at the end."""
    fallbacks: Fallbacks
    earned: Earned


class Model:
    """A world of so many workers, ready for its first month."""

    def __init__(
        self, occupations: Occupations, parameters: Parameters, workers: int, seed: int = 0,
        operators: Sequence[Operator] = (),
    ) -> None:  # fmt: skip
        """The same seed draws the same numbers whatever the parameters, so that two policies can be compared."""
        self.occupations, self.parameters, self.seed = occupations, parameters, seed
        self.step = 0
        force = occupations.scaled(workers)
        self.workers = self._made(force)
        blocks = -(-workers // k.block_size(workers))
        self._sums = np.zeros((blocks, len(occupations), k.SUMS))
        self._seeking = np.zeros(blocks, np.int64)
        held = np.bincount(self.workers.occupation, weights=self.workers.employed, minlength=len(occupations))
        self.economy = Economy(occupations, parameters, held.astype(np.float64), force.astype(np.float64), operators)
        self.vacancies: Ints = np.rint(VACANT * held / (1 - VACANT)).astype(np.int64)

    @property
    def nbytes(self) -> int:
        """Bytes of all that grows with workers: their columns, and what blocks of them add up."""
        return self.workers.nbytes + self._sums.nbytes + self._seeking.nbytes

    def _made(self, force: Ints) -> Workers:
        count, p = int(force.sum()), self.parameters
        made = Workers(
            np.repeat(np.arange(len(force)), force).astype(np.uint16), np.empty(count, np.uint8),
            np.empty(count, np.float32), np.empty(count, np.float32), np.empty(count, np.float32),
            np.zeros(count, np.float32), np.empty(count, np.int32),
        )  # fmt: skip
        _fill(made.employed, made.skill, made.head, made.bias, self.seed, IDLE, p.skill, p.start, p.spread, p.bias)
        return made

    def month(self) -> Month:
        """Let a month pass."""
        p, w = self.parameters, self.workers
        found = self.economy.fallbacks()
        shared = shared_by_occupation(self.economy, found, self.economy.leaving(self.vacancies))
        with ONE_WORLD:
            k.month(
                w.occupation, w.employed, w.skill, w.head, w.bias, w.wage, w.pool, shared, common(p), self.seed,
                self.step, int(p.every), self._sums, self._seeking,
            )  # fmt: skip
        sums = k.reduced(self._sums)
        exact = self.economy.opening(self.vacancies)  # by what was so before anybody left
        whole = np.floor(exact).astype(np.int64)
        opened = whole + rounded_up(exact - whole, self.seed, self.step, OPENING)
        with ONE_WORLD:
            hired, moved = matched(
                w.occupation, w.employed, w.head, w.bias, w.pool, self._seeking, self.vacancies,
                self.occupations.starts, self.occupations.targets, self.occupations.weights, self.seed, self.step,
                p.pace, np.float32(p.keeps_within), np.float32(p.keeps_across), np.float32(p.bias),
            )  # fmt: skip
        self.vacancies = self.vacancies + opened + sums[:, k.TO_DOMESTIC].astype(np.int64)
        earned = self.economy.turn(sums, hired, found)
        self.step += 1
        return Month(sums, hired, moved, self.vacancies, found, earned)


def shared_by_occupation(economy: Economy, found: Fallbacks, leaving: Floats) -> NDArray[np.float32]:
    """What the workers of an occupation share this month: (O, kernel.SHARED)."""
    p, wage = economy.parameters, economy.occupations.wage
    out = np.empty((len(wage), k.SHARED), np.float32)
    out[:, k.PLAIN] = economy.plain * found.kept
    out[:, k.RESERVE] = economy.reserve
    out[:, k.FALLBACK] = found.best - found.mixed  # which AI makes in the job, too, whoever holds it
    out[:, k.OUTSIDE] = economy.outside
    out[:, k.BEARABLE] = p.friction * wage
    out[:, k.LEAVING] = leaving
    out[:, k.RIVAL] = found.rival
    return out


def common(p: Parameters) -> NDArray[np.float32]:
    """What all workers share: (kernel.COMMON,)."""
    out = np.empty(k.COMMON, np.float32)
    peers = 1 - p.client - p.boss
    out[k.BETA], out[k.PHI], out[k.PSI], out[k.BOSS], out[k.PEERS] = p.beta, p.phi, complement(p), p.boss, peers
    # Three looks err independently; only their weighted sum is asked for, and that is one normal number.
    out[k.NOISE] = p.noise * (p.client**2 + p.boss**2 + peers**2) ** 0.5
    out[k.PACE], out[k.TAUGHT], out[k.CEILING], out[k.FORGETTING] = p.learning, p.taught, p.ceiling, p.forgetting
    return out


@njit(cache=True)
def _fill(
    employed: Array, skill: Array, head: Array, bias: Array, seed: Whole, idle: Real, skills: Real, start: Real,
    spread: Real, biases: Real,
) -> None:  # fmt: skip
    """Everybody's first month. Skills are lognormal with mean 1."""
    works, skilled = key(seed, 0, PLACE), key(seed, 0, SKILL)
    begun, thought = key(seed, 0, START), key(seed, 0, BIAS)
    for worker in range(len(employed)):
        drawn = bits(works, worker)
        employed[worker] = low_unit(drawn) >= idle
        skill[worker] = np.exp(skills * normal(bits(skilled, worker)) - skills * skills / 2)
        most = start + spread * (2 * low_unit(bits(begun, worker)) - 1)
        head[worker] = min(max(most, 0.0), 1.0)
        bias[worker] = biases * normal(bits(thought, worker))
