"""All mechanisms over all seeds, kept as they are done, so that a sweep that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.engine import Engine
from guildbook.measure.frontier.gating import gate
from guildbook.measure.frontier.looking import Looker, Seen
from guildbook.measure.frontier.parts import Parts
from guildbook.measure.frontier.plain import Level, caps, consent, randomise, relabel
from guildbook.measure.frontier.points import Cloud
from guildbook.measure.frontier.reweight import reweight
from guildbook.measure.frontier.withhold import Cost, pivotal, withhold
from guildbook.measure.work import Split, Work

Floats = NDArray[np.float64]

BOUNDED: Final = ("withhold", "withhold-weights", "reweight", "reweight-weights", "gate")
"""What is set by a bound on S; the others are set by a level of their own."""
MECHANISMS: Final = ("caps", "consent", "consent-targeted", "randomise", "relabel", "pivotal", *BOUNDED)
BOUNDS: Final = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
NAMES: Final = ("saved_one", "saved_most", "hits_one", "hits_most", "system", "weights", "attacked")
_FORM: Final = "frontier 1"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is swept."""

    mechanisms: tuple[str, ...] = MECHANISMS
    bounds: tuple[float, ...] = BOUNDS
    seeds: int = 5
    public: int = 10
    """Public cases an attacker re-trains on (m)."""
    tried: int = 600
    """Traces that are run when something is chosen."""
    cost: Cost = "steps"
    """What withholding costs: steps withheld, or help lost."""
    marked: frozenset[str] = frozenset()
    """Acts that workers marked as pivotal."""
    tries: int = 60
    """Sets of kinds tried for the bound that assumes nothing."""


@dataclass(frozen=True, eq=False)
class Swept:
    """One mechanism with one seed: what was done at each level, and what each trace (T,) adds."""

    mechanism: str
    seed: int
    levels: tuple[float, ...]
    told: tuple[dict[str, Any], ...]
    values: dict[str, Floats]
    """(L, T) by name."""


@dataclass(eq=False)
class Sweep:
    """A sweep over what an engine holds."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    folder: Path | None = None
    """Where what is done is kept; None: nowhere."""

    @cached_property
    def parts(self) -> list[Parts]:
        """The parts of each seed."""
        made = [
            Parts.drawn(Split(self.engine.train, self.engine.test), self.engine.trial, seed, self.settings.tried)
            for seed in range(self.settings.seeds)
        ]
        for part in made:
            part.warm()
        return made

    def run(self, progress: Callable[[float], None] | None = None) -> list[Swept]:
        """Every mechanism with every seed, in this order; two at a time. What the folder holds is not done again."""
        jobs = [(name, seed) for name in self.settings.mechanisms for seed in range(self.settings.seeds)]
        _ = self.parts
        out: list[Swept] = []
        with ThreadPoolExecutor(2) as pool:
            for number, found in enumerate(pool.map(self._one, *zip(*jobs, strict=True))):
                if progress is not None:
                    progress((number + 1) / len(jobs))
                out.append(found)
        return out

    def cloud(self, swept: Sequence[Swept]) -> tuple[Cloud, list[list[dict[str, Any]]]]:
        """(the points, what was told of each with each seed)."""
        looker = self._looker(0, test=True)
        dens = {
            name: looker.time if name.startswith("saved") else looker.places if name.startswith("hits") else looker.runs
            for name in NAMES
        }
        mechanisms: list[str] = []
        levels: list[float] = []
        told: list[list[dict[str, Any]]] = []
        values: dict[str, list[Floats]] = {name: [] for name in NAMES}
        for mechanism in self.settings.mechanisms:
            mine = [one for one in swept if one.mechanism == mechanism]
            for at, level in enumerate(mine[0].levels):
                mechanisms.append(mechanism)
                levels.append(level)
                told.append([one.told[at] for one in mine])
                for name in NAMES:
                    values[name].append(np.stack([one.values[name][at] for one in mine]))
        stacked = {name: np.stack(found) for name, found in values.items()}
        return Cloud(tuple(mechanisms), tuple(levels), stacked, dens), told

    def public_alone(self) -> float:
        """Mean S of what the public cases teach alone."""
        shares = [self._looker(seed, test=True).public_alone.mean() for seed in range(self.settings.seeds)]
        return float(np.mean(shares))

    def _one(self, mechanism: str, seed: int) -> Swept:
        path = None if self.folder is None else self.folder / f"{mechanism}-{seed}-{self._key(mechanism, seed)}.npz"
        if path is not None and path.exists():
            return _read(path, mechanism, seed)
        looker, tuning = self._looker(seed, test=True), self._looker(seed, test=False)
        levels: list[float] = []
        told: list[dict[str, Any]] = []
        seen: list[Seen] = []
        for level in self._levels(mechanism, seed, tuning):
            levels.append(level.level)
            told.append(level.told | self._tuned(mechanism, level, tuning))
            seen.append(looker.look(level.mixture))
        values = {name: np.stack([one.by_name()[name] for one in seen]) for name in NAMES}
        found = Swept(mechanism, seed, tuple(levels), tuple(told), values)
        if path is not None:
            _write(path, found)
        return found

    def _levels(self, mechanism: str, seed: int, tuning: Looker) -> Iterator[Level]:
        parts, chosen = self.parts[seed], self.settings
        public, against = self._public(seed), "weights" if mechanism.endswith("-weights") else "system"
        match mechanism.removesuffix("-weights"):
            case "caps":
                return caps(parts)
            case "consent" | "consent-targeted":
                return consent(parts, targeted=mechanism == "consent-targeted")
            case "randomise":
                return randomise(parts)
            case "relabel":
                return relabel(parts)
            case "pivotal":
                return pivotal(parts, tuning, public, chosen.marked)
            case "withhold":
                return withhold(
                    parts, tuning, public, chosen.bounds, against=against, cost=chosen.cost, tries=chosen.tries
                )
            case "reweight":
                return reweight(parts, tuning, public, chosen.bounds, against=against)
            case _:
                return gate(parts, tuning, chosen.bounds)

    def _tuned(self, mechanism: str, level: Level, tuning: Looker) -> dict[str, Any]:
        """How a level that was not chosen for a bound fares on the part for choosing."""
        if mechanism in BOUNDED:
            return {}
        made = level.mixture[0][1]
        plain = type(made)(made.table, made.scale)
        return {"tuned": [tuning.saved(plain).value, tuning.replaced(plain, "system").estimate().high]}

    def _looker(self, seed: int, *, test: bool) -> Looker:
        parts = self.parts[seed]
        return Looker(parts.test if test else parts.tune, self.engine.policy, self._public(seed))

    def _public(self, seed: int) -> Work:
        public = self.parts[seed].public
        return public.pick(np.arange(min(self.settings.public, len(public))))

    @cached_property
    def _of(self) -> str:
        """Digest of the work, of what is held back and of how models are used."""
        sha = hashlib.sha256(f"{_FORM} {self.engine.shape} {self.engine.policy}".encode())
        for work in (self.engine.train, self.engine.test):
            for values in (work.offsets, work.act, work.worker, work.own, work.agent, work.task, work.outcome):
                sha.update(np.ascontiguousarray(values).tobytes())
            sha.update(json.dumps([work.acts, work.workers, work.tasks]).encode())
        return sha.hexdigest()

    def _key(self, mechanism: str, seed: int) -> str:
        s = self.settings
        what: list[Any] = [self._of, mechanism, seed, s.public, s.tried]
        if mechanism in BOUNDED:
            what += [s.bounds, s.cost, s.tries]
        elif mechanism == "pivotal":
            what += [sorted(s.marked)]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def _write(path: Path, swept: Swept) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    told = json.dumps({"levels": swept.levels, "told": swept.told})
    with partial.open("wb") as out:
        np.savez_compressed(out, allow_pickle=False, told=np.array(told), **swept.values)
    partial.replace(path)


def _read(path: Path, mechanism: str, seed: int) -> Swept:
    with np.load(path, allow_pickle=False) as held:
        told = json.loads(str(held["told"]))
        values = {name: held[name] for name in NAMES}
    return Swept(mechanism, seed, tuple(told["levels"]), tuple(told["told"]), values)
