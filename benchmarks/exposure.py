"""How far the confidence of a match between a statement and a task can be believed.

What a statement of O*NET belongs to is known: its occupation. An occupation's title and some of its other statements
stand for a task found in traces. Each statement is held against ten such, among which its own is in half of the trials;
a match is right when it is the best and is the statement's own. Half of the occupations fit the curve, the other half
say how well it holds: of matches with a confidence near c, a share near c should be right.

    python benchmarks/exposure.py [--trials 4000] [--meaning] [--tables ../shared/data/labour]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from guildbook.measure.labour import texts
from guildbook.measure.labour.meanings import Meanings
from guildbook.measure.labour.sheets import rows
from guildbook.measure.labour.texts import Rarity, best

TABLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "labour"
OTHERS = 9
LABELS = 6


def trials(
    jobs: dict[str, list[str]], rarity: Rarity, count: int, rng: np.random.Generator, meanings: Meanings | None
) -> NDArray[np.float64]:
    """(count, 3): score, lead, whether it was right."""
    names = sorted(jobs)
    found: list[tuple[float, float, bool]] = []
    while len(found) < count:
        mine = names[int(rng.integers(len(names)))]
        order = rng.permutation(len(jobs[mine]))
        if len(order) <= LABELS:
            continue
        query, there = jobs[mine][int(order[0])], bool(rng.random() < 0.5)
        chosen = [n for n in rng.choice(names, OTHERS + 1, replace=False).tolist() if n != mine][:OTHERS]
        told = [" ".join([n.partition("|")[2], *_some(jobs[n], rng)]) for n in chosen]
        if there:
            rest = [jobs[mine][int(i)] for i in order[1 : LABELS + 1]]
            told.append(" ".join([mine.partition("|")[2], *rest]))
        weighed = [rarity.weights(text) for text in told]
        meant = None if meanings is None else meanings.alike([query], told)[0]
        match = best(rarity, query, weighed, meant)
        asked = rarity.weights(query)
        by_words = [sum(v * w.get(k, 0.0) for k, v in asked.items()) for w in weighed]
        scores = sorted(by_words if meant is None else [(a + b) / 2 for a, b in zip(by_words, meant, strict=True)])
        found.append((match.score, scores[-1] - scores[-2], there and match.place == len(told) - 1))
    return np.array(found, np.float64)


def _some(listed: list[str], rng: np.random.Generator) -> list[str]:
    return [listed[int(i)] for i in rng.permutation(len(listed))[:LABELS]]


def fitted(told: NDArray[np.float64]) -> list[float]:
    """Logistic regression, by maximum likelihood."""
    x, y = np.column_stack([np.ones(len(told)), told[:, :2]]), told[:, 2]

    def loss(b: NDArray[np.float64]) -> float:
        z = x @ b
        return float(np.logaddexp(0, z).sum() - y @ z)

    return [round(float(v), 2) for v in minimize(loss, np.zeros(3)).x]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=4_000)
    parser.add_argument("--tables", type=Path, default=TABLES)
    parser.add_argument("--meaning", action="store_true", help="compare by the embedding as well")
    asked = parser.parse_args()
    meanings = Meanings.load() if asked.meaning else None
    known = texts.CONFIDENCE_MEANT if asked.meaning else texts.CONFIDENCE
    table = rows(asked.tables / "gpts-are-gpts" / "full_labelset.tsv")
    jobs: dict[str, list[str]] = {}
    for row in table:
        jobs.setdefault(f"{row['O*NET-SOC Code']}|{row['Title']}", []).append(row["Task"])
    rarity = Rarity.of(row["Task"] for row in table)
    names = sorted(jobs)
    rng = np.random.default_rng(0)
    even, odd = ({n: jobs[n] for n in names[start::2]} for start in (0, 1))
    curve = fitted(trials(even, rarity, asked.trials, rng, meanings))
    told = trials(odd, rarity, asked.trials, rng, meanings)
    said = np.array([texts.confidence(score, lead, known) for score, lead, _ in told])
    bins = []
    for low in np.arange(0, 1, 0.1):
        inside = (said >= low) & (said < low + 0.1 + 1e-9 * (low > 0.85))
        if inside.any():
            bins.append({
                "confidence": round(float(said[inside].mean()), 3), "right": round(float(told[inside, 2].mean()), 3),
                "n": int(inside.sum()),
            })  # fmt: skip
    error = sum(b["n"] * abs(b["confidence"] - b["right"]) for b in bins) / len(told)
    sure = said >= 0.5
    print(json.dumps({
        "fitted here": curve, "in the code": known, "expected calibration error": round(error, 4),
        "taken (0.5 and more)": round(float(sure.mean()), 3), "of these right": round(float(told[sure, 2].mean()), 3),
        "bins": bins,
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
