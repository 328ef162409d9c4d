"""What a row of results says of where it is from: enough to get it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from guildbook import __version__
from guildbook.simulate import worldfile
from guildbook.simulate.occupations import Occupations
from guildbook.simulate.scenario import Scenario

COLUMNS: Final = (
    ("scenario", pa.string()), ("scenario_hash", pa.string()), ("data_hash", pa.string()), ("version", pa.string()),
    ("parameters", pa.string()), ("setting", pa.string()), ("seed", pa.int64()), ("workers", pa.int64()),
)  # fmt: skip
"""`parameters` at the start and `setting` (world, changes, whatever a scenario says) are JSON; no seed: the twin."""
_APART: Final = frozenset({"name", "about", "parameters", "workers", "months", "seeds"})


def provenance(scenario: Scenario, seed: int | None) -> dict[str, str | int | None]:
    """`COLUMNS` of a run, in order."""
    said = scenario.to_dict()
    return {
        "scenario": scenario.name, "scenario_hash": scenario.digest(), "data_hash": data_hash(scenario.occupations()),
        "version": __version__, "parameters": canonical(said["parameters"]),
        "setting": canonical({key: value for key, value in said.items() if key not in _APART}),
        "seed": seed, "workers": scenario.workers,
    }  # fmt: skip


def canonical(said: Mapping[str, Any]) -> str:
    """JSON that is the same for equal data."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def data_hash(world: Occupations) -> str:
    """A hash of the world's figures: jobs, wages, exposure, network, and what was measured."""
    return worldfile.digest(world)
