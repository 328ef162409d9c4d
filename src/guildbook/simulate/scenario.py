"""Scenarios: a world, its parameters, what changes when, how many people, how long."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from guildbook.model.errors import InputError, UsageError
from guildbook.simulate import worldfile
from guildbook.simulate.majors import majors
from guildbook.simulate.occupations import Occupations, alone
from guildbook.simulate.operators import Operator, checked, operators
from guildbook.simulate.parameters import SWITCH, Parameters, table
from guildbook.simulate.public import network
from guildbook.simulate.tasks import exposures

WORLDS: Final = ("majors", "one", "network")
FILE: Final = ".json"
"""How the name of a world in a file ends."""
MOST_WORKERS: Final = 200_000_000
MOST_MONTHS: Final = 2_400
_KEYS: Final = frozenset({
    "name", "about", "world", "data", "parameters", "changes", "workers", "months", "seeds", "operators",
})  # fmt: skip
_FIXED: Final = ("tasks", "task_spread")
"""Parameters by which a world is made: they hold from its first month to its last."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to be simulated."""

    name: str = "baseline"
    about: str = ""
    world: str = "majors"
    """`majors`: 22 groups, built in; `one`: a single occupation; `network`: the 539 of the public files in `data`; or
    a file that `simulate calibrate` wrote."""
    data: Path | None = None
    parameters: Parameters = field(default_factory=Parameters)
    changes: Mapping[int, Mapping[str, float]] = field(default_factory=dict[int, Mapping[str, float]])
    """Month → parameters from then on."""
    workers: int = 100_000
    months: int = 180
    seeds: int = 20
    operators: tuple[Operator, ...] = ()
    """Several of AI; none named: one that has all."""

    def __post_init__(self) -> None:
        for name, low, high in (("workers", 1, MOST_WORKERS), ("months", 1, MOST_MONTHS), ("seeds", 1, 10_000)):
            if not low <= getattr(self, name) <= high:
                raise UsageError(f"{name} is {getattr(self, name)}.", f"Between {low} and {high}.")
        if self.world not in WORLDS and not self.world.endswith(FILE):
            raise UsageError(
                f"There is no world called {self.world!r}.",
                f"Worlds: {', '.join(WORLDS)}, or a file (*{FILE}) that `guildbook simulate calibrate` wrote.",
            )
        if self.world == "network" and self.data is None:
            raise UsageError("The network is not built in.", "Say where the public files are: data: DIR.")
        for month, change in self.changes.items():
            if not 0 <= month < self.months:
                raise UsageError(
                    f"A change is in month {month}, the scenario has {self.months}.", "Months begin with 0."
                )
            self.parameters.having(**change)
            for name in _FIXED:
                if name in change:
                    raise UsageError(f"{name} cannot change on the way.", "Set it among the scenario's parameters.")
        checked(self.operators)

    def occupations(self) -> Occupations:
        """The world."""
        return _world(self.world, self.data, _stamp(self.world))

    def parameters_in(self, month: int) -> Parameters:
        """What holds in a month."""
        found = self.parameters
        for begin in sorted(self.changes):
            if begin <= month:
                found = found.having(**self.changes[begin])
        return found

    @property
    def levels(self) -> bool:
        """Whether levels mean something, in the last month: see `Parameters.levels`."""
        return self.parameters_in(self.months - 1).levels

    def having(self, **changes: Any) -> Scenario:
        """The same but for what is not None."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; equal scenarios give equal data."""
        said = {
            "name": self.name, "about": self.about, "world": self.world, "data": str(self.data) if self.data else None,
            "parameters": self.parameters.to_dict(), "changes": {str(k): dict(v) for k, v in self.changes.items()},
            "workers": self.workers, "months": self.months, "seeds": self.seeds,
        }  # fmt: skip
        return said | ({"operators": [each.to_dict() for each in self.operators]} if self.operators else {})

    def digest(self) -> str:
        """A hash of all that the outcome hangs on but the seed."""
        said = self.to_dict() | {"name": "", "about": "", "seeds": 0, "data": None}
        said["world"] = "file" if self.world.endswith(FILE) else self.world
        said["parameters"] = self.parameters.hashed()
        world = self.occupations()
        if self.parameters.tasks > 1:
            rated = exposures(world, int(self.parameters.tasks), self.parameters.task_spread)
            said["exposure of tasks"] = hashlib.sha256(rated.tobytes()).hexdigest()
        text = json.dumps([said, worldfile.digest(world)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _stamp(world: str) -> tuple[int, int] | None:
    """By which a world in a file is known to be another one than before."""
    path = Path(world)
    if not world.endswith(FILE) or not path.exists():
        return None
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _world(
    name: str,
    data: Path | None,
    stamp: tuple[int, int] | None,  # noqa: ARG001 - a file that was written anew is another key
) -> Occupations:
    """Read once, however many seeds are run."""
    match name:
        case "one":
            return alone()
        case "network":
            return network(data or Path())
        case "majors":
            return majors()
        case file:
            return worldfile.read(Path(file))


def load(path: Path) -> Scenario:
    """A scenario from a YAML file. Raises `InputError` for what is none."""
    try:
        said = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "docs/simulate.md shows a scenario.", "scenario") from None
    if not isinstance(said, dict):
        raise InputError(f"{path} is no scenario.", "docs/simulate.md shows one.", "scenario")
    return of(said, path.parent, path.stem)


def of(said: Mapping[str, Any], folder: Path = Path(), name: str = "scenario") -> Scenario:
    """A scenario from what a file says. Raises `InputError` or `UsageError` that name what is wrong."""
    unknown = sorted(str(key) for key in said if key not in _KEYS)
    if unknown:
        raise InputError(f"A scenario has no {unknown[0]!r}.", f"It has {', '.join(sorted(_KEYS))}.", "scenario")
    try:
        parameters = Parameters().having(**_numbers(said.get("parameters")))
        changes = {int(month): _numbers(change) for month, change in dict(said.get("changes") or {}).items()}
        data = said.get("data")
        return Scenario(
            name=str(said.get("name", name)), about=str(said.get("about", "")),
            world=_placed(str(said.get("world", "majors")), folder),
            data=None if data is None else folder / str(data), parameters=parameters, changes=changes,
            workers=int(said.get("workers", 100_000)), months=int(said.get("months", 180)),
            seeds=int(said.get("seeds", 20)), operators=operators(list(said.get("operators") or ())),
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        raise InputError(f"The scenario cannot be read: {error}.", "docs/simulate.md shows one.", "scenario") from None


def _placed(world: str, folder: Path) -> str:
    """A world in a file is looked for beside the scenario."""
    return str(folder / world) if world.endswith(FILE) else world


def _numbers(said: Any) -> dict[str, float]:
    out: dict[str, float] = {}
    known = {name: about for name, (_, about) in table().items()}
    for name, value in dict(said or {}).items():
        switched = isinstance(value, bool) and name in known and known[name].unit == SWITCH
        if not switched and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TypeError(f"{name} is {value!r} and not a number")
        out[str(name)] = int(value) if switched else value
    return out
