"""Results as figures: what is drawn, the same as a table, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from guildbook.model.errors import UsageError
from guildbook.simulate.figures_swept import indices, searched, swept
from guildbook.simulate.figures_told import Figure, Row, span, titled
from guildbook.simulate.kept import Kept, Months, told
from guildbook.simulate.measures import MEASURES
from guildbook.simulate.occupations import Floats
from guildbook.simulate.running import BAND, FIELDS

USUAL: Final = ("wage", "unemployment", "wage_share", "ai_jobs", "outside", "concentration")
"""What is drawn unless somebody asks for other figures."""
_USUAL_ENDS: Final = ("wage", "employment", "wage_share", "ai_jobs", "concentration")
_YEAR: Final = 12
MEDIAN: Final = "median of agents"
TWIN: Final = "without chance"


def figures(kept: Kept, names: Sequence[str] = ()) -> list[Figure]:
    """All figures of a result. Raises `UsageError` for a name there is not."""
    known = FIELDS if kept.kind in {"run", "comparison"} else MEASURES
    for name in names:
        if name not in known:
            raise UsageError(f"There is no figure called {name!r}.", f"Figures: {', '.join(known)}.")
    match kept.kind:
        case "run":
            return [_run(kept.months[0], name) for name in names or USUAL]
        case "comparison":
            return [each for name in names or USUAL for each in _compared(kept, name)]
        case "sweep":
            return swept(kept.said, names or _USUAL_ENDS)
        case "sensitivity":
            return indices(kept.said, names)
        case _:
            return searched(kept.said)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    name: str
    values: Floats
    band: tuple[Floats, Floats] | None = None


def _run(months: Months, name: str) -> Figure:
    return _over_time(titled(name), FIELDS[name], list(_lines(months.agents[name], months.twin[name])))


def _lines(agents: Floats, twin: Floats, who: str = "") -> Iterator[_Line]:
    mark = f"{who}, " if who else ""
    if len(agents):
        edge = (1 - BAND) / 2
        low, middle, high = np.quantile(agents, [edge, 0.5, 1 - edge], axis=0)
        yield _Line(mark + MEDIAN, middle, (low, high))
    yield _Line(mark + TWIN, twin)


def _compared(kept: Kept, name: str) -> Iterator[Figure]:
    one, other = kept.months
    levels = [
        next(_lines(months.agents[name], months.twin[name])) for months in (one, other)
    ]  # the median and its band, or the twin where no agents were run
    yield _over_time(
        titled(name), FIELDS[name],
        [_Line(who, line.values, line.band) for who, line in zip(kept.names, levels, strict=True)],
    )  # fmt: skip
    length, seeds = min(len(one), len(other)), min(len(one.seeds), len(other.seeds))
    apart = other.agents[name][:seeds, :length] - one.agents[name][:seeds, :length]
    twin = other.twin[name][:length] - one.twin[name][:length]
    yield _over_time(
        f"{titled(name)}: {kept.names[1]} less {kept.names[0]}", f"difference on the same draws; {FIELDS[name]}",
        list(_lines(apart, twin)), zero=True,
    )  # fmt: skip


def _over_time(title: str, about: str, lines: list[_Line], *, zero: bool = False) -> Figure:
    rows: list[Row] = []
    for line in lines:
        for month, value in enumerate(line.values.tolist()):
            if not np.isfinite(value):
                continue
            row: dict[str, Any] = {"x": (month + 1) / _YEAR, "y": value, "by": line.name}
            if line.band is not None:
                row |= {"low": float(line.band[0][month]), "high": float(line.band[1][month])}
            rows.append(row)
    words = "; ".join(f"{line.name}: from {told(line.values[0])} to {_end(line)}" for line in lines)
    return Figure(
        title, about, "lines", "years", rows, f"{title} ({about}) over time. {words}.", *_by_year(lines), zero
    )


def _end(line: _Line) -> str:
    last = told(line.values[-1])
    return last if line.band is None else f"{last} ({span(line.band[0][-1], line.band[1][-1])} in 9 of 10 draws)"


def _by_year(lines: list[_Line]) -> tuple[list[str], list[list[str]]]:
    head = ["year"]
    for line in lines:
        head += [line.name] if line.band is None else [line.name, "9 in 10"]
    body: list[list[str]] = []
    for month in range(_YEAR - 1, max(len(line.values) for line in lines), _YEAR):
        row = [str((month + 1) // _YEAR)]
        for line in lines:
            there = month < len(line.values)
            row.append(told(line.values[month]) if there else "–")
            if line.band is not None:
                row.append(span(line.band[0][month], line.band[1][month]) if there else "–")
        body.append(row)
    return head, body


def findings(kept: Kept) -> tuple[str, list[str], list[list[str]]] | None:
    """A title and a table: the last year of a run or a comparison, the policy a search found; else None."""
    said = kept.said
    if kept.kind == "search":
        return "The policy", ["lever", "value"], [[name, told(value)] for name, value in said["policy"].items()]
    if kept.kind == "run":
        rows = [
            [titled(name), told(band["median"]), span(band["low"], band["high"]), told(said["twin"].get(name)),
             FIELDS.get(name, "")]
            for name, band in said["last_year"].items()
        ]  # fmt: skip
        return "The last year", ["", "median", "9 in 10", TWIN, "unit"], rows
    if kept.kind != "comparison":
        return None
    one, other = said["from"]["last_year"], said["to"]["last_year"]
    rows = [
        [titled(name), told(one[name]["median"]), told(other[name]["median"]), told(band["median"]),
         span(band["low"], band["high"]), told(said["twin_difference"].get(name)), _sign(band), FIELDS.get(name, "")]
        for name, band in said["difference"].items()
    ]  # fmt: skip
    return "The last year", ["", *kept.names, "difference", "9 in 10", TWIN, "so it is", "unit"], rows


def _sign(band: Mapping[str, float]) -> str:
    """What a difference says, chance allowed for."""
    if band["low"] > 0:
        return "higher"
    if band["high"] < 0:
        return "lower"
    return "the same" if band["low"] == band["high"] == 0 else "not told from chance"
