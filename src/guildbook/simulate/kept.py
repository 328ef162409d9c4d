"""What `run`, `compare`, `sweep`, `sensitivity` and `search` left in a folder, read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from guildbook.model.errors import InputError
from guildbook.simulate.occupations import Floats
from guildbook.simulate.running import FIELDS

KINDS: Final = {
    "comparison": "comparison.json", "run": "outcome.json", "sweep": "sweep.json", "sensitivity": "sensitivity.json",
    "search": "search.json",
}  # fmt: skip
"""By kind, the file that tells of it."""
_MONTHS: Final = "months.parquet"


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """A scenario month by month; (seeds, months) or (months,) of a field."""

    seeds: tuple[int, ...]
    agents: Mapping[str, Floats]
    twin: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(next(iter(self.twin.values())))


@dataclass(frozen=True)
class Kept:
    """One kind of result."""

    kind: str
    said: Mapping[str, Any]
    folder: Path
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    """By the hash of a scenario, that of its data."""

    @cached_property
    def scenarios(self) -> list[Mapping[str, Any]]:
        """What was simulated: one, or two where they are compared."""
        match self.kind:
            case "comparison":
                return [self.said["from"]["scenario"], self.said["to"]["scenario"]]
            case "run":
                return [self.said["scenario"]]
            case _:
                return [self.said["base"]]

    @cached_property
    def names(self) -> list[str]:
        """What people call them, told apart."""
        names = [str(each["name"]) for each in self.scenarios]
        return [f"{name} ({place + 1})" if names.count(name) > 1 else name for place, name in enumerate(names)]

    @cached_property
    def months(self) -> list[Months]:
        """Of each scenario, where months were kept. Raises `InputError` where they are of another run."""
        parts = [self.said["from"], self.said["to"]] if self.kind == "comparison" else [self.said]
        path = self.folder / _MONTHS
        try:
            whole = pq.read_table(path, columns=["scenario_hash", "seed", "month", *FIELDS])
            return [_months(whole, str(part["scenario_hash"])) for part in parts]
        except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, KeyError, ValueError) as error:
            raise InputError(
                f"{path} does not belong to {KINDS[self.kind]}: {error}.",
                "Run it again, into a folder of its own.",
                "results",
            ) from None


def _months(whole: pa.Table, digest: str) -> Months:
    found = whole.filter(pc.equal(whole["scenario_hash"], digest))
    # A comparison of a scenario with itself has every row twice.
    found = found.group_by(["seed", "month"]).aggregate([(name, "min") for name in FIELDS])
    found = found.sort_by([("seed", "ascending"), ("month", "ascending")])
    drawn, twin = found.filter(pc.is_valid(found["seed"])), found.filter(pc.is_null(found["seed"]))
    if not twin.num_rows:
        raise ValueError(f"nothing of scenario {digest[:12]}… is there")
    seeds = tuple(pc.unique(drawn["seed"]).to_pylist())
    return Months(
        seeds,
        {name: drawn[f"{name}_min"].to_numpy().reshape(len(seeds), -1) for name in FIELDS},
        {name: twin[f"{name}_min"].to_numpy() for name in FIELDS},
    )


def results(folder: Path) -> list[Kept]:
    """All kinds that a folder holds. Raises `InputError` where there are none, or one cannot be read."""
    found: list[Kept] = []
    for kind, name in KINDS.items():
        path = folder / name
        if path.exists():
            found.append(_read(kind, path))
    if not found:
        raise InputError(
            f"{folder} holds no results.", "Keep some there: guildbook simulate run SCENARIO -o DIR.", "no-results"
        )
    return found


def _read(kind: str, path: Path) -> Kept:
    try:
        said = json.loads(path.read_text("utf-8"))
        read = Kept(kind, cast("Mapping[str, Any]", said), path.parent, _data(path.parent))
        assert all(isinstance(each["parameters"], dict) for each in read.scenarios)
    except (OSError, ValueError, KeyError, TypeError, AssertionError, RecursionError):
        raise InputError(
            f"{path} cannot be read.", "Run the same command again; it writes it anew.", "results"
        ) from None
    return read


def _data(folder: Path) -> dict[str, str]:
    """Hashes of data by those of scenarios, as far as months were kept."""
    path = folder / _MONTHS
    if not path.exists():
        return {}
    try:
        found = pq.read_table(path, columns=["scenario_hash", "data_hash"])
    except (OSError, pa.ArrowInvalid, KeyError):
        return {}
    pairs = found.group_by(["scenario_hash", "data_hash"]).aggregate([])
    return dict(zip(pairs["scenario_hash"].to_pylist(), pairs["data_hash"].to_pylist(), strict=True))


def told(value: float | None) -> str:
    """A figure as people read it: four digits that count."""
    if value is None or not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"  # noqa: PLR2004 - where digits end to help
