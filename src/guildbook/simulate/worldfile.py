"""A world in one file: what `simulate calibrate` writes and a scenario names as its `world`.

JSON, so that people can read and mend it: `occupations`, one object each; `moves`, [from, to, weight] by place; and
`made`, what was read and measured on the way there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from guildbook.model.errors import InputError
from guildbook.simulate.occupations import Floats, Occupations

FORM: Final = 1
_HINT: Final = "Make one with `guildbook simulate calibrate`."
_PLAIN: Final = ("jobs", "wage", "exposure")
_OPTIONAL: Final = ("reached", "data_exponent")


def to_dict(world: Occupations, made: Mapping[str, Any]) -> dict[str, Any]:
    """JSON-ready."""
    rows: list[dict[str, Any]] = []
    for place, (code, name) in enumerate(zip(world.codes, world.names, strict=True)):
        row: dict[str, Any] = {
            "code": code, "name": name, "jobs": int(world.jobs[place]), "wage": float(world.wage[place]),
            "exposure": float(world.exposure[place]),
        }  # fmt: skip
        for key in _OPTIONAL:
            column = getattr(world, key)
            if column is not None and not np.isnan(column[place]):
                row[key] = float(column[place])
        if world.rated is not None:
            row["rated"] = world.rated[place].tolist()
        rows.append(row)
    moves = [
        [row, int(world.targets[edge]), float(world.weights[edge])]
        for row, (first, last) in enumerate(pairwise(world.starts.tolist()))
        for edge in range(first, last)
    ]
    return {"guildbook_world": FORM, "digest": digest(world), "made": dict(made), "occupations": rows, "moves": moves}


def of(said: Any) -> Occupations:
    """The world that `to_dict` described. Raises `InputError` for what is none."""
    if not isinstance(said, dict) or "guildbook_world" not in said:
        raise InputError("This is no world.", _HINT, "world")
    if said["guildbook_world"] != FORM:
        raise InputError(f"This world has form {said['guildbook_world']!r}, not {FORM}.", _HINT, "world")
    try:
        rows = [dict(row) for row in said["occupations"]]
        moves = sorted((int(a), int(b), float(weight)) for a, b, weight in said["moves"])
        count = len(rows)
        if not all(0 <= a < count for a, _, _ in moves):
            raise InputError("A move begins in no occupation.", _HINT, "world")
        leaving = np.bincount([a for a, _, _ in moves], minlength=count)
        jobs, wage, exposure = (np.array([float(row[key]) for row in rows]) for key in _PLAIN)
        return Occupations(
            tuple(str(row["code"]) for row in rows), tuple(str(row["name"]) for row in rows),
            np.rint(jobs).astype(np.int64), wage, exposure, np.concatenate([[0], np.cumsum(leaving)]).astype(np.int64),
            np.array([b for _, b, _ in moves], np.int64), np.array([weight for _, _, weight in moves], float),
            _measured(rows, "reached", exposure), _measured(rows, "data_exponent", np.full(count, np.nan)),
            _rated(rows),
        )  # fmt: skip
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise InputError(f"The world cannot be read: {error}.", _HINT, "world") from None


def _measured(rows: list[dict[str, Any]], key: str, otherwise: Floats) -> Floats | None:
    if not any(key in row for row in rows):
        return None
    return np.array([float(row.get(key, default)) for row, default in zip(rows, otherwise.tolist(), strict=True)])


def _rated(rows: list[dict[str, Any]]) -> Floats | None:
    """Ratings of tasks, where each occupation has them."""
    if not all("rated" in row for row in rows):
        return None
    return np.array([[float(direct), float(both)] for direct, both in (row["rated"] for row in rows)])


def read(path: Path) -> Occupations:
    """The world in a file. Raises `InputError`."""
    try:
        said = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a world: {error}.", _HINT, "world") from None
    return of(said)


def write(world: Occupations, made: Mapping[str, Any], path: Path) -> None:
    """Write it whole or not at all."""
    said = to_dict(world, made)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".part")
    text = json.dumps(said, ensure_ascii=False, indent=1)
    # One move a line: 15,000 of them, a number a line, would be unreadable.
    head, _, _ = text.partition('\n "moves":')
    lines = ",\n  ".join(json.dumps(move) for move in said["moves"])
    half.write_text(f'{head}\n "moves": [\n  {lines}\n ]\n}}\n', "utf-8")
    half.replace(path)


def digest(world: Occupations) -> str:
    """A hash of all of it but ratings of tasks: a scenario's hash has these where tasks are on."""
    out = hashlib.sha256(json.dumps([world.codes, world.names]).encode())
    for column in (world.jobs, world.wage, world.exposure, world.starts, world.targets, world.weights):
        out.update(column.tobytes())
    for optional in (world.reached, world.data_exponent):
        if optional is not None:
            out.update(optional.tobytes())
    return out.hexdigest()
