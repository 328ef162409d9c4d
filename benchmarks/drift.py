"""Claim: changes of a process are found and dated to the week, and steady processes raise few false alarms.

    python benchmarks/drift.py [--logs 200]

Made logs of one task: cases begin at random, more in some weeks than in others; each comes from one of four
customers, of which every week brings another mixture, and what follows a step depends on the customer; steps loop.
So counts of one week are far from independent. In the changed logs one step's followers change on a given Monday, for
cases then under way too, by a stated number of percentage points; in the gone logs a step is no longer done.

`false_alarms`: share of steady logs of which any change is told, at the default rate of false discoveries of 0.05.
`found`: share of changed logs of which the change is told; `within_a_week`: share of those found whose date is at most
one week off; `covered`: share whose 95 % bounds hold the true date; `others`: changes told beside the true one, a log.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from _measure import report

from guildbook.distil.drift import changes
from guildbook.distil.maps import titles
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.model.process import Change

HOUR = 3_600_000_000
WEEK = 7 * 24 * HOUR
FIRST = date(2024, 1, 1)
"""A Monday."""
BEGUN = (FIRST - date(1970, 1, 1)).days * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Made:
    """How a log is made."""

    weeks: int = 60
    per_week: float = 25.0
    changes_at: int | None = None
    points: float = 0.0
    """How much more often a review follows the check from then on."""
    gone: bool = False
    """The noting of a case ends."""


def log(how: Made, seed: int) -> pa.Table:
    """A made log."""
    chance = np.random.default_rng(seed)
    likely = np.clip(0.3 + 0.15 * chance.standard_normal(4), 0.05, 0.6)
    columns: dict[str, list[Any]] = {"case": [], "action": [], "time": []}
    number = 0
    for week in range(how.weeks):
        mixture = chance.dirichlet(np.full(4, 3.0))
        for _ in range(int(chance.poisson(how.per_week * chance.gamma(4.0, 0.25)))):
            number += 1
            moment = BEGUN + week * WEEK + int(chance.integers(0, WEEK))
            customer = int(chance.choice(4, p=mixture))
            step = "Register"
            while step:
                columns["case"].append(f"order:{number}")
                columns["action"].append(step)
                columns["time"].append(moment)
                changed = how.changes_at is not None and moment >= BEGUN + how.changes_at * WEEK
                likelier = how.points if changed else 0.0
                step = following(step, likely[customer] + likelier, chance, gone=changed and how.gone)
                moment += int(chance.exponential(20)) * HOUR + HOUR
    times = pa.array(columns.pop("time"), pa.int64()).cast(pa.timestamp("us", "UTC"))
    texts = {name: pa.array(values).dictionary_encode() for name, values in columns.items()}
    worker = pa.array(["ann"] * len(times)).dictionary_encode()
    return pa.table(texts | {"worker": worker, "time": times})


def following(step: str, review: float, chance: np.random.Generator, *, gone: bool) -> str:
    """What comes next; empty at the end."""
    dice = chance.random()
    match step:
        case "Register":
            return "Check" if gone or dice < 0.5 else "Note"
        case "Note":
            return "Check"
        case "Check":
            return "Review" if dice < review else "Decide" if dice < 0.9 else "Ask"
        case "Ask":
            return "Ask" if dice < 0.4 else "Check"
        case "Review":
            return "Decide" if dice < 0.7 else "Check"
        case _:
            return ""


def told(how: Made, seed: int) -> tuple[tuple[Change, ...], float]:
    """The changes of a made log, and the CPU seconds that finding them took."""
    sums = summarise_table(log(how, seed), Settings())
    named = titles(sums)
    began = time.process_time()
    found = changes(sums, named, Settings().fdr)
    return found, time.process_time() - began


def scored(how: Made, logs: int) -> dict[str, float]:
    """How often the change is found, and how well it is dated."""
    assert how.changes_at is not None
    day = FIRST + timedelta(weeks=how.changes_at)
    hits, near, covered, others = 0, 0, 0, 0
    for seed in range(logs):
        found, _ = told(how, 10_000 + seed)
        true = [
            c for c in found if (c.kind, c.activity) == (("disappears", "Note") if how.gone else ("follows", "Check"))
        ]
        best = min(true, key=lambda c: abs((date.fromisoformat(c.date) - day).days), default=None)
        others += len(found) - (best is not None)
        if best is not None:
            hits += 1
            near += abs((date.fromisoformat(best.date) - day).days) <= 7
            covered += best.low <= day.isoformat() <= best.high
    some = max(hits, 1)
    return {
        "found": round(hits / logs, 3),
        "within_a_week": round(near / some, 3),
        "covered": round(covered / some, 3),
        "others": round(others / logs, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=100)
    options = parser.parse_args()
    steady: dict[str, float] = {}
    seconds: list[float] = []
    for weeks, per_week in ((12, 60.0), (60, 25.0), (200, 10.0)):
        alarms = 0
        for seed in range(options.logs):
            found, took = told(Made(weeks, per_week), seed)
            alarms += bool(found)
            seconds.append(took)
        steady[f"{weeks} weeks of {per_week:.0f} cases"] = round(alarms / options.logs, 3)
    changed = {
        f"{points:.0%}": scored(Made(changes_at=35, points=points), options.logs // 2) for points in (0.1, 0.2, 0.3)
    }
    changed["short log, 30%"] = scored(Made(14, 60.0, changes_at=8, points=0.3), options.logs // 2)
    gone = scored(Made(changes_at=35, gone=True), options.logs // 2)
    report(
        "drift",
        {
            "logs": options.logs,
            "false_alarms": steady,
            "changed": changed,
            "gone": gone,
            "median_seconds": round(float(np.median(seconds)), 4),
        },
    )


if __name__ == "__main__":
    sys.exit(main())
