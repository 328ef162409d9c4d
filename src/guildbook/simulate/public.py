"""Occupations from public files: the US statistics office's jobs and wages, exposure scores, and a mobility network.

What is looked for in a folder and its subfolders, by the names under which it is published:

- `national_M*_dl.xlsx`: Occupational Employment and Wage Statistics, US Bureau of Labor Statistics (public domain);
- `full_labelset.tsv`: exposure of tasks, Eloundou, Manning, Mishkin and Rock, GPTs are GPTs (2023, MIT);
- `asec_to_bls_mobility_edgelist.csv`, `occ_names_bls_minor_major.csv`: del Rio-Chanona et al. (2021, CC BY 4.0).
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from guildbook.model.errors import InputError
from guildbook.simulate.occupations import Occupations

JOBS: Final = "national_M*_dl.xlsx"
TASKS: Final = "full_labelset.tsv"
MOBILITY: Final = "asec_to_bls_mobility_edgelist.csv"
NAMES: Final = "occ_names_bls_minor_major.csv"
RATERS: Final[Mapping[str, str]] = {"people": "human_exposure_agg", "gpt-4": "gpt4_exposure"}
SHARES: Final = ("alpha", "beta", "gamma")
_TOP_CODED: Final = ((2023, 239.2), (0, 208.0))
"""Thousand dollars from that year on: a mean wage of `#` is at least that (the office's own notes to its tables)."""
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "OCC_CODE": ("OCC_CODE",), "OCC_TITLE": ("OCC_TITLE",), "O_GROUP": ("O_GROUP", "OCC_GROUP", "GROUP"),
    "TOT_EMP": ("TOT_EMP",), "A_MEAN": ("A_MEAN",),
}  # fmt: skip
"""Names under which the years have published a column, whatever the case of their letters."""
_YEAR: Final = re.compile(r"_M(\d{4})_")
_MAJOR: Final = 2
_BROAD: Final = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the statistics."""

    code: str
    name: str
    level: str
    """`total`, `major`, `minor`, `broad` or `detailed`."""
    jobs: float
    wage: float
    """Mean, thousand dollars a year; NaN where none is given."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Shares of tasks: those that a language model itself speeds up by half (α), with software (γ), and between (β)."""

    alpha: float
    beta: float
    gamma: float
    tasks: int


def jobs(folder: Path) -> list[Row]:
    """Every line of the statistics. Raises `InputError` where the file or one of its columns is missing."""
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - only who calibrates needs it
    except ModuleNotFoundError:
        raise InputError(
            "Workbooks cannot be read here.", "Install it: pip install 'guildbook[simulate]'.", "missing-extra"
        ) from None
    path = _one(folder, JOBS)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(f"{path} is no workbook: {error}.", "Is it the file its name says it is?") from None
    try:
        lines = book.worksheets[0].iter_rows(values_only=True)
        names = [str(name).strip().upper() for name in next(lines, ())]
        at = [next((names.index(n) for n in known if n in names), -1) for known in _COLUMNS.values()]
        missing = [column for column, place in zip(_COLUMNS, at, strict=True) if place < 0]
        if missing:
            raise InputError(
                f"{path} has no column {', '.join(missing)}.", "It is to be the national file of all jobs."
            )
        top = top_coded(path.name)
        code, name, level, held, wage = at
        return [_row(line[code], line[name], line[level], line[held], line[wage], top) for line in lines if line[code]]
    finally:
        book.close()


def top_coded(name: str) -> float:
    """What a mean wage of `#` is at least in the file of that name, thousand dollars a year."""
    found = _YEAR.search(name)
    year = int(found[1]) if found else 9999
    return next(wage for first, wage in _TOP_CODED if year >= first)


def _row(code: Any, name: Any, level: Any, held: Any, wage: Any, top: float) -> Row:
    paid = top if wage == "#" else _number(wage) / 1000
    return Row(str(code).strip(), str(name), str(level or "").strip().lower(), _number(held), paid)


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):  # `*`: not given
        return float("nan")


def exposures(folder: Path, rater: str = "people") -> dict[str, Exposure]:
    """Exposure by eight-digit code of the O*NET, and of all tasks under `all`."""
    if rater not in RATERS:
        raise InputError(f"There are no ratings by {rater!r}.", f"Raters: {', '.join(RATERS)}.")
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in _lines(_one(folder, TASKS), "\t", ("O*NET-SOC Code", RATERS[rater])):
        label = line[RATERS[rater]]
        if label not in {"E0", "E1", "E2"}:
            continue
        for key in (line["O*NET-SOC Code"], "all"):
            counts[key][int(label[1])] += 1
    return {code: _exposure(*each) for code, each in counts.items()}


def _exposure(none: int, direct: int, software: int) -> Exposure:
    tasks = none + direct + software
    return Exposure(direct / tasks, (direct + software / 2) / tasks, (direct + software) / tasks, tasks)


def by_prefix(found: Mapping[str, Exposure], digits: int, share: str = "beta") -> dict[str, float]:
    """α, β or γ of the codes that share their first so many characters, weighted by tasks."""
    total: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for code, each in found.items():
        if code != "all":
            total[code[:digits]][0] += getattr(each, share) * each.tasks
            total[code[:digits]][1] += each.tasks
    return {code: rated / tasks for code, (rated, tasks) in total.items()}


def network(folder: Path, rater: str = "people", share: str = "beta") -> Occupations:
    """The occupations of the mobility network, with their jobs, wages and exposure.

    Exposure is that of the broad occupation, else of the minor or the major group it belongs to.
    """
    edges: dict[str, dict[str, float]] = defaultdict(dict)
    for line in _lines(_one(folder, MOBILITY), ",", ("OCC_source", "OCC_target", _WEIGHT)):
        edges[line["OCC_source"]][line["OCC_target"]] = float(line[_WEIGHT])
    named = {line["OCC_CODE"]: line for line in _lines(_one(folder, NAMES), ",", ("OCC_CODE", "TOT_EMP", "A_MEAN"))}
    codes = sorted(edges)
    unknown = [code for code in codes if code not in named]
    if unknown:
        raise InputError(f"The network knows {unknown[0]}, the list of names does not.", "Take both from one release.")
    numbered = {code: place for place, code in enumerate(codes)}
    found = exposures(folder, rater)
    levels = _levels(found, share)
    direct, both = _levels(found, "alpha"), _levels(found, "gamma")
    starts, targets, weights = [0], [], []
    for code in codes:
        total = sum(edges[code].values())
        for target, weight in sorted(edges[code].items()):
            if target in numbered and weight > 0:
                targets.append(numbered[target])
                weights.append(weight / total)
        starts.append(len(targets))
    return Occupations(
        tuple(codes), tuple(named[code].get("OCC_TITLE") or code for code in codes),
        np.array([round(float(named[code]["TOT_EMP"])) for code in codes]),
        np.array([float(named[code]["A_MEAN"]) / 1000 for code in codes]),
        np.array([_first(levels, code) for code in codes]),
        np.array(starts, np.int64), np.array(targets, np.int64), np.array(weights),
        rated=np.array([[_first(direct, code), _first(both, code)] for code in codes]),
    )  # fmt: skip


_WEIGHT: Final = "transition_prob_BLS_ASECnorm_corr"


def _levels(found: Mapping[str, Exposure], share: str) -> list[dict[str, float]]:
    return [by_prefix(found, digits, share) for digits in (_BROAD, _BROAD - 1, _BROAD - 2, _MAJOR)]


def _first(levels: list[dict[str, float]], code: str) -> float:
    for level, digits in zip(levels, (_BROAD, _BROAD - 1, _BROAD - 2, _MAJOR), strict=True):
        if code[:digits] in level:
            return level[code[:digits]]
    return 0.0


def majors(folder: Path, rater: str = "people", share: str = "beta") -> list[tuple[str, str, int, float, float]]:
    """(code, name, jobs, mean wage, exposure weighted by jobs) of the major groups."""
    rows = jobs(folder)
    found = by_prefix(exposures(folder, rater), len("11-1011"), share)
    out: list[tuple[str, str, int, float, float]] = []
    for group in (row for row in rows if row.level == "major"):
        inside = [
            (row.jobs, found[row.code])
            for row in rows
            if row.level == "detailed" and row.code[:_MAJOR] == group.code[:_MAJOR] and row.code in found
            and row.jobs == row.jobs
        ]  # fmt: skip
        weight = sum(held for held, _ in inside)
        exposure = sum(held * share for held, share in inside) / weight if weight else 0.0
        out.append((group.code, group.name, round(group.jobs), group.wage, exposure))
    return out


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.rglob(pattern)) if folder.is_dir() else []
    if not found:
        raise InputError(f"There is no {pattern} in {folder}.", "docs/simulate.md says where it is published.")
    return found[-1]


def _lines(path: Path, mark: str, wanted: tuple[str, ...]) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, delimiter=mark)
        missing = [name for name in wanted if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path} has no column {', '.join(missing)}.", "Is it the file its name says it is?")
        yield from reader
