"""Figures of many runs: sweeps, sensitivity indices, searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from guildbook.simulate.figures_told import Figure, Row, span, titled
from guildbook.simulate.kept import told
from guildbook.simulate.measures import MEASURES

Said = Mapping[str, Any]
_MOST: Final = 12
"""Bars of one figure."""
_FEW: Final = 8
"""Values of a second parameter that colours can tell apart."""


def swept(said: Said, names: Sequence[str]) -> list[Figure]:
    """Each measure over what was swept: lines over one parameter, by a second and by policy; else points."""
    over = list(dict.fromkeys(name for point in said["points"] for name in point["at"]))
    values = {name: sorted({point["at"].get(name) for point in said["points"]} - {None}) for name in over}
    values = {name: found for name, found in values.items() if len(found) > 1} or values
    axes = sorted(values, key=lambda name: -len(values[name]))
    lined = len(axes) <= 1 or (len(axes) == 2 and len(values[axes[1]]) <= _FEW)  # noqa: PLR2004 - an axis and a colour
    if not axes:
        return []
    out: list[Figure] = []
    along, second, shape = (axes[:1], axes[1:2], "lines") if lined else (axes, [], "points")
    for measure in names:
        out += [_over(said, measure, axis, second, shape) for axis in along]
        if len(said["policies"]) > 1:
            out.append(_over(said, measure, axes[0], second, shape, apart=True))
    return out


def _over(said: Said, measure: str, axis: str, second: list[str], shape: str, *, apart: bool = False) -> Figure:
    rows = sorted(_rows(said, measure, axis, second, apart=apart), key=lambda row: (str(row["by"]), row["x"]))
    first, *rest = said["policies"]
    others = rest[0] if len(rest) == 1 else "each policy"
    title = f"{titled(measure)} over {titled(axis).lower()}" + (f": {others} less {first}" if apart else "")
    about = f"{'difference on the same draws; ' if apart else ''}{MEASURES.get(measure, '')}"
    low, high = (min(row["y"] for row in rows), max(row["y"] for row in rows)) if rows else (None, None)
    words = f"{title} ({about}), the last year: from {told(low)} to {told(high)} over {len(said['points'])} points."
    banded = any("low" in row for row in rows)
    head = [axis, "", *(["median", "9 in 10"] if banded else ["without chance"])]
    body = [[told(row["x"]), str(row["by"]), told(row["y"])] for row in rows]
    if banded:
        body = [[*cells, span(row.get("low"), row.get("high"))] for cells, row in zip(body, rows, strict=True)]
    return Figure(title, about, shape, axis, rows, words, head, body, zero=apart)


def _rows(said: Said, measure: str, axis: str, second: list[str], *, apart: bool) -> Iterator[Row]:
    kinds = ("difference", "twin_difference") if apart else ("last_year", "twin")
    for point in said["points"]:
        if axis not in point["at"]:
            continue
        for policy, come in list(point["policies"].items())[1 if apart else 0 :]:
            kind = next(each for each in kinds if each in come)
            value = come[kind][measure]
            row = {"x": point["at"][axis], "by": _who(said, policy, point["at"], second)}
            banded = isinstance(value, Mapping)
            yield row | ({"y": value["median"], "low": value["low"], "high": value["high"]} if banded else {"y": value})


def _who(said: Said, policy: str, at: Mapping[str, float], second: list[str]) -> str:
    words = [policy] if len(said["policies"]) > 1 else []
    words += [f"{name} {told(at.get(name))}" for name in second]
    return ", ".join(words) or policy


def indices(said: Said, names: Sequence[str] = ()) -> list[Figure]:
    """For each measure, which assumptions it hangs on most."""
    morris = said["method"] == "morris"
    kinds = (
        {"mu_star": "mean effect (μ*)"} if morris else {"total": "with others (total)", "first": "alone (first order)"}
    )
    about = "of the measure's own unit" if morris else "share of the measure's variance"
    out: list[Figure] = []
    for measure in names or said["indices"]:
        found = said["indices"].get(measure, [])
        rows: list[Row] = [
            {"label": each["parameter"], "by": words, "y": each[kind], "low": each[kind] - each[f"{kind}_error"],
             "high": each[kind] + each[f"{kind}_error"]}
            for each in found[:_MOST] for kind, words in kinds.items()
        ]  # fmt: skip
        first = ", ".join(each["parameter"] for each in found[:3])
        title = f"What {titled(measure).lower()} hangs on".replace(" ai ", " AI ")
        kind = next(iter(kinds))
        out.append(Figure(
            title, about, "bars", about, rows, f"{title}, by {said['method']}: most on {first}.",
            ["parameter", *[column for words in kinds.values() for column in (words, "±")]],
            [[each["parameter"], *[told(value) for kind in kinds for value in (each[kind], each[f"{kind}_error"])]]
             for each in sorted(found, key=lambda each: -each[kind])],
        ))  # fmt: skip
    return out


def searched(said: Said) -> list[Figure]:
    """What more for workers costs in output."""
    goal, front = said["goal"], said.get("front") or []
    rows: list[Row] = [{"x": each["output"], "y": each[goal], "by": "the best policies"} for each in front]
    if not rows:
        return []
    levers = list(front[0]["policy"])
    each_told = [[each["output"], each[goal], *[each["policy"][lever] for lever in levers]] for each in front]
    return [Figure(
        f"{titled(goal)} against output", MEASURES.get(goal, ""), "points", "output, of that before", rows,
        f"{titled(goal)} against output: from {told(min(row['y'] for row in rows))} "
        f"to {told(max(row['y'] for row in rows))} at outputs from {told(min(row['x'] for row in rows))} "
        f"to {told(max(row['x'] for row in rows))}.",
        ["output", goal, *levers],
        [[told(value) for value in row] for row in each_told],
    )]  # fmt: skip
