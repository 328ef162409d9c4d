"""The frontier of help against replacement: swept behind a grant, kept in a folder, drawn."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from guildbook.app.progress import Progress, silent
from guildbook.measure import plots
from guildbook.measure.frontier.found import WORDS, Found, find
from guildbook.measure.frontier.points import Axis
from guildbook.measure.frontier.sweep import MECHANISMS, Settings
from guildbook.model.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from guildbook.app.measuring import Asked, Measuring

RUNS: Final = "runs"
"""Folder of what was done, within the folder of a frontier: what is there is not done again."""
NAMED: Final[Mapping[str, str]] = {"A": "A: share of work time saved", "mechanism": "mechanism"}


@dataclass(frozen=True, slots=True)
class Written:
    """Where a frontier was written."""

    data: Path
    points: Path
    chosen: tuple[Path, ...]
    """What to withhold, one file a bound and mechanism."""


def frontier(
    desk: Measuring,
    settings: Settings | None = None,
    asked: Asked | None = None,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Found:
    """Sweep the mechanisms over what is admitted. With a `folder`, a sweep that was stopped goes on.

    Raises `UsageError` for settings that mean nothing, `UnknownNameError` for a mechanism or a marked act there is not,
    and what `Measuring.engine` raises.
    """
    settings = checked(settings or Settings())
    engine = desk.engine(asked)
    for act in sorted(settings.marked):
        if act not in engine.train.acts:
            raise UnknownNameError("act", act, list(engine.train.acts))
    runs = None if folder is None else folder / RUNS
    return find(engine, settings, runs, lambda share: progress("frontier", share))


def checked(settings: Settings) -> Settings:
    """The settings, with bounds ascending. Raises as `frontier` does."""
    for name in settings.mechanisms:
        if name not in MECHANISMS:
            raise UnknownNameError("mechanism", name, list(MECHANISMS))
    if not settings.mechanisms or not settings.bounds or any(not 0 <= b <= 1 for b in settings.bounds):
        raise UsageError("A bound is a share of the cases.", "Give --bound between 0 and 1.")
    if settings.seeds < 1 or settings.public < 0:
        raise UsageError("There must be a seed, and no fewer public cases than none.")
    return Settings(
        settings.mechanisms, tuple(sorted(set(settings.bounds))), settings.seeds, settings.public, settings.tried,
        settings.cost, settings.marked, settings.tries,
    )  # fmt: skip


def chart(found: Found, axis: Axis = "system") -> Any:
    """Help against replacement: a step line a mechanism, with the points that none of its own dominates."""
    rows = found.rows(axis)
    named = {**NAMED, "S": WORDS[axis], "A_low": NAMED["A"], "S_low": WORDS[axis]}
    kept = [_inside(row) for row in rows if row["own"] == "frontier"]
    title = f"How much a model may help ({found.settings.seeds} seeds, {found.traces} held-back cases)"
    lines = plots.lines(_stairs(rows), "S", "A", by="mechanism", stepped=True, marks=False, title=title, named=named)
    marks = plots.points(
        kept, "S", "A", x_low="S_low", x_high="S_high", low="A_low", high="A_high", by="mechanism", named=named
    )
    return lines + marks


def write(found: Found, folder: Path) -> Written:
    """`frontier.json`, `points.csv`, and `withhold-….yaml` for each choice that kept its bound."""
    folder.mkdir(parents=True, exist_ok=True)
    data, points = folder / "frontier.json", folder / "points.csv"
    data.write_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
    rows = found.rows()
    text = io.StringIO()
    out = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    points.write_text(text.getvalue(), encoding="utf-8")
    chosen = [_chosen(found, mechanism, bound, folder) for mechanism, bound in _bounds(found)]
    return Written(data, points, tuple(path for path in chosen if path is not None))


def _bounds(found: Found) -> list[tuple[str, float]]:
    return [
        (m, level)
        for m, level in zip(found.cloud.mechanisms, found.cloud.levels, strict=True)
        if m in {"withhold", "withhold-weights", "gate"}
    ]


def _chosen(found: Found, mechanism: str, bound: float, folder: Path) -> Path | None:
    """What more seeds chose than anything else, for a steward; None where that is to withhold nothing."""
    seeds = [one for one in found.withheld() if one["mechanism"] == mechanism and one["bound"] == bound]
    sets = [one["withheld"] if "withheld" in one else [{"act": act} for act in one["gated"]] for one in seeds]
    most: list[dict[str, str]] = max(sets, key=sets.count)
    if not most:
        return None
    answer = next(a for a in found.answers() if a.mechanism == mechanism and a.bound == bound)
    path = folder / f"{mechanism}-{bound:g}.yaml"
    said = {
        "about": "Acts that a person approves." if mechanism == "gate" else "Acts that are not recorded or licensed.",
        "mechanism": mechanism,
        "bound": bound,
        "acts": sorted({kind["act"] for kind in most}),
        "kinds": sorted(most, key=lambda kind: sorted(kind.items())),
        "chosen_by": f"{sets.count(most)} of {len(seeds)} seeds",
        "measured": {
            "A": round(answer.helped.value, 6), "S_system": round(answer.replaced.value, 6),
            "S_system_high": round(answer.replaced.high, 6), "S_attacked": round(answer.attacked.value, 6),
            "held": answer.held,
        },
    }  # fmt: skip
    path.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _inside(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose intervals are drawn no further than a share can go."""
    ends = {name: min(1.0, max(0.0, float(row[name]))) for name in ("S_low", "S_high", "A_low", "A_high")}
    return {**row, **ends}


def _stairs(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By mechanism the most help at or under each S, up to the greatest S there is."""
    out: list[dict[str, Any]] = []
    end = max((float(row["S"]) for row in rows), default=0.0)
    for mechanism in dict.fromkeys(row["mechanism"] for row in rows):
        best = -1.0
        mine = sorted((row for row in rows if row["mechanism"] == mechanism), key=lambda r: (r["S"], -r["A"]))
        for row in mine:
            if row["A"] > best:
                best = float(row["A"])
                out.append({"mechanism": mechanism, "S": float(row["S"]), "A": best})
        out.append({"mechanism": mechanism, "S": end, "A": best})
    return out
