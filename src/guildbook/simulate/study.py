"""What the files of experiments have in common: a base scenario, and numbers to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from guildbook.model.errors import InputError, UsageError
from guildbook.simulate import parameters, scenario
from guildbook.simulate.measures import MEASURES
from guildbook.simulate.players import Task
from guildbook.simulate.provenance import COLUMNS, provenance
from guildbook.simulate.scenario import Scenario

HINT: Final = "docs/simulate-experiments.md shows one."
Range = tuple[float, float]


def read(path: Path, what: str, keys: frozenset[str]) -> dict[str, Any]:
    """What a file says, whose keys are among these. Raises `InputError` for what is none."""
    try:
        said = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read: {error}.", HINT, what) from None
    if not isinstance(said, dict):
        raise InputError(f"{path} is no {what}.", HINT, what)
    unknown = sorted(str(name) for name in said if name not in keys)
    if unknown:
        raise InputError(f"A {what} has no {unknown[0]!r}.", f"It has {', '.join(sorted(keys))}.", what)
    return said


def base(said: Mapping[str, Any], folder: Path, name: str) -> Scenario:
    """The scenario that all is compared with: what stands under `base`, or in the file it names."""
    found = said.get("base") or {}
    if isinstance(found, str):
        return scenario.load(folder / found)
    if not isinstance(found, Mapping):
        raise InputError("`base` is neither a scenario nor the name of a file with one.", HINT, "base")
    return scenario.of(found, folder, name)


def about(name: str) -> parameters.About:
    """What is said of a parameter. Raises `UsageError` for one there is not."""
    known = parameters.table()
    if name not in known:
        raise UsageError(f"There is no parameter called {name!r}.", f"Parameters: {', '.join(known)}.")
    return known[name][1]


def is_whole(name: str) -> bool:
    """Whether a parameter counts something."""
    return isinstance(getattr(parameters.Parameters(), name), int)


def number(name: str, value: Any) -> float:
    """A number that a parameter can be; a switch may be true or false. Raises `InputError` or `UsageError`."""
    known = about(name)
    if isinstance(value, bool) and known.unit == parameters.SWITCH:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name} is {value!r} and not a number.", HINT, "number")
    if not known.low <= value <= known.high:
        raise UsageError(f"{name} is {value!r}; it must lie between {known.low:g} and {known.high:g}.", HINT)
    return value


def ranges(said: Any) -> dict[str, Range]:
    """Parameters and the ends between which they lie."""
    if not isinstance(said, Mapping):
        raise InputError(f"{said!r} names no parameters with [from, to].", HINT, "range")
    out: dict[str, Range] = {}
    for name, ends in said.items():
        if not isinstance(ends, list) or len(ends) != len(("from", "to")):
            raise InputError(f"{name} is {ends!r} and not [from, to].", HINT, "range")
        low, high = (number(str(name), each) for each in ends)
        if low >= high:
            raise InputError(f"{name} begins at {low:g}, where it is to end at {high:g}.", HINT, "range")
        out[str(name)] = (low, high)
    return out


def whole(said: Mapping[str, Any], name: str, default: int, low: int = 1) -> int:
    """A whole number that a file states."""
    value = said.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise InputError(f"{name} is {value!r}; it is a whole number from {low} on.", HINT, name)
    return value


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Whole where a parameter counts something."""
    return {name: round(value) if is_whole(name) else float(value) for name, value in values.items()}


def rows(
    tasks: Sequence[Task], results: Sequence[Mapping[str, float]], apart: Mapping[str, tuple[pa.DataType, list[Any]]]
) -> pa.Table:
    """A row a run, with what it takes to get it again, what sets it apart in this experiment, and its measures."""
    columns: dict[str, list[Any]] = {name: [] for name, _ in COLUMNS}
    for task in tasks:
        for name, value in provenance(task.scenario, task.seed).items():
            columns[name].append(value)
    kinds: list[tuple[str, pa.DataType]] = [*COLUMNS, ("months", pa.int64())]
    columns["months"] = [task.scenario.months for task in tasks]
    for name, (kind, values) in apart.items():
        columns[name] = values
        kinds.append((name, kind))
    for name in MEASURES:
        columns[name] = [result[name] for result in results]
        kinds.append((name, pa.float64()))
    return pa.table(columns, schema=pa.schema(kinds))


def write(table: pa.Table, folder: Path, name: str) -> list[Path]:
    """As Parquet and as CSV."""
    from pyarrow import csv  # noqa: PLC0415 - few write

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.parquet", folder / f"{name}.csv"]
    pq.write_table(table, paths[0])
    csv.write_csv(table, paths[1])
    return paths
