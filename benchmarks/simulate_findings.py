"""What the simulator finds, with bands: every claim seed by seed on the same draws, by the files in examples/scenarios.

    python benchmarks/simulate_findings.py [--seeds 20] [--workers 5000] [--jobs N] [-o DIR] [--markdown]

Prints each finding as JSON, or as the table of docs/simulate-experiments.md: the paired difference (median, and where
nine seeds in ten lie), in how many seeds it is as claimed, and what the twin says. A claim holds where it does
in all. With `-o` it is resumed; it takes about two minutes of two cores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from guildbook.simulate.journal import Journal
from guildbook.simulate.measures import MEASURES, of_all
from guildbook.simulate.players import Players, players
from guildbook.simulate.sweep import load, swept

SCENARIOS = Path(__file__).resolve().parents[1] / "examples" / "scenarios"
Cell = tuple[int, str]
Figure = Callable[[Mapping[Cell, np.ndarray]], np.ndarray]
"""Of what came of each cell, (seeds and twin, measures), a figure for each."""


@dataclass(frozen=True)
class Claim:
    """One finding: a figure computed of cells (point, policy) of a sweep, and on which side of a bound it is to be."""

    says: str
    sweep: str
    figure: Figure
    side: str
    unit: str
    bound: float = 0.0


def rise(measure: str, one: Cell, other: Cell) -> Figure:
    """What the other has more of a measure."""
    place = list(MEASURES).index(measure)
    return lambda cells: cells[other][:, place] - cells[one][:, place]


def restored(policy: str) -> Figure:
    """Of the wages that were lost, the share that a policy gives back."""
    wage = list(MEASURES).index("wage")

    def figure(cells: Mapping[Cell, np.ndarray]) -> np.ndarray:
        lost = cells[0, "in heads"][:, wage] - cells[0, "outside"][:, wage]
        return (cells[0, policy][:, wage] - cells[0, "outside"][:, wage]) / lost

    return figure


def around(low: int, high: int, last: int) -> Figure:
    """Of the jobs that full consent gives to AI, the share that lies between two points of it."""
    jobs = list(MEASURES).index("ai_jobs")

    def figure(cells: Mapping[Cell, np.ndarray]) -> np.ndarray:
        at = [cells[place, "base"][:, jobs] for place in (0, low, high, last)]
        return (at[2] - at[1]) / (at[3] - at[0])

    return figure


K, JOBS = "thousand dollars a year", "of all jobs"
CLAIMS = (
    Claim("Expertise that leaves heads lowers wages, though no AI has a job",
          "externalisation", rise("wage", (0, "in heads"), (0, "outside")), "<", K),
    Claim("A licence of 0.8 restores most of what was lost",
          "externalisation", restored("licence 0.8"), ">", "of the loss", 0.5),
    Claim("What complements expertise (ψ = 1.5) raises wages instead",
          "externalisation", rise("wage", (0, "in heads"), (0, "complement 1.5")), ">", K),
    Claim("ψ = 0.74, below φ/h = 0.75: wages fall",
          "complement", rise("wage", (3, "in heads"), (3, "outside")), "<", K),
    Claim("ψ = 0.76, above it: wages rise",
          "complement", rise("wage", (4, "in heads"), (4, "outside")), ">", K),
    Claim("Consent to substitution of 1 instead of 0 gives jobs to AI",
          "consent", rise("ai_jobs", (0, "base"), (8, "base")), ">", JOBS),
    Claim("… most of them between 0.15 and 0.3: a threshold",
          "consent", around(2, 5, 8), ">", "of those jobs", 0.5),
    Claim("A licence without limits to consent gives jobs to AI",
          "licence", rise("ai_jobs", (0, "nothing"), (0, "licence")), ">", JOBS),
    Claim("With consent to substitution withheld, too, it gives none",
          "licence", rise("ai_jobs", (0, "nothing"), (0, "both")), "<", JOBS, 0.001),
    Claim("… and wages are higher than with the licence alone",
          "licence", rise("wage", (0, "licence"), (0, "both")), ">", K),
    Claim("A strike of half on what substitutes takes jobs from AI",
          "strikes", rise("ai_jobs", (0, "nobody"), (0, "what substitutes")), "<", JOBS),
    Claim("A strike of half on everything leaves it more jobs",
          "strikes", rise("ai_jobs", (0, "what substitutes"), (0, "everything")), ">", JOBS),
    Claim("… but raises wages more",
          "strikes", rise("wage", (0, "what substitutes"), (0, "everything")), ">", K),
)  # fmt: skip


def found(hands: Players, seeds: int, workers: int) -> list[dict[str, Any]]:
    """Every claim with its band."""

    @cache
    def cells(name: str) -> dict[Cell, np.ndarray]:
        asked = load(SCENARIOS / f"sweep-{name}.yaml")
        asked = replace(asked, base=asked.base.having(seeds=seeds, workers=workers))
        values = of_all(swept(asked, hands).results).reshape(len(asked.points), len(asked.policies), -1, len(MEASURES))
        return {
            (place, policy): values[place, column]
            for place in range(len(asked.points)) for column, policy in enumerate(asked.policies)
        }  # fmt: skip

    out: list[dict[str, Any]] = []
    for claim in CLAIMS:
        figures = claim.figure(cells(claim.sweep))
        agents, twin = figures[:-1], figures[-1]
        low, middle, high = np.quantile(agents, [0.05, 0.5, 0.95]).tolist()
        right = int((agents > claim.bound if claim.side == ">" else agents < claim.bound).sum())
        out.append({
            "claim": claim.says, "to be": f"{claim.side} {claim.bound:g}", "unit": claim.unit, "median": middle,
            "low": low, "high": high, "twin": float(twin), "seeds": seeds, "so_many": right, "holds": right == seeds,
        })  # fmt: skip
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--workers", type=int, default=5_000)
    parser.add_argument("--jobs", type=int)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    began = perf_counter()
    with Journal(asked.output) as journal, players(journal, asked.jobs) as hands:
        rows = found(hands, asked.seeds, asked.workers)
    if asked.markdown:
        print("| finding | median of seeds | nine seeds in ten | without chance | in seeds |")
        print("| --- | --- | --- | --- | --- |")
        for row in rows:
            print(f"| {row['claim']} | {row['median']:+.3g} {row['unit']} | {row['low']:+.3g} to {row['high']:+.3g} "
                  f"| {row['twin']:+.3g} | {row['so_many']} of {row['seeds']} |")  # fmt: skip
    else:
        print(json.dumps({"seconds": perf_counter() - began, "findings": rows}, indent=2))


if __name__ == "__main__":
    main()
