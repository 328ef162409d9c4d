"""The evaluation vault: false alarms and finds of its canaries, what many questions tell, and what a score costs.

    python benchmarks/vault.py [--seeds 1000] [--steps 100000]

Cases are drawn from a process of twelve steps with omissions; tables are counts of contexts of up to so many labels.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from guildbook.govern.vault.canaries import (
    OWN,
    REFERENCES,
    TIMES,
    Exposure,
    Ground,
    alarmed,
    drawn,
    exposure,
    ground,
    walks,
)
from guildbook.measure.vault import BITS, Predictor, evaluate, perplexity, predictor, rounded, sequences

WAY = [f"step {i}" for i in range(12)]


def ways(number: int, seed: int) -> list[list[str]]:
    dice = random.Random(seed)
    return [[WAY[j] for j in range(12) if dice.random() < 0.75] or WAY[:1] for _ in range(number)]


def trained(cases: Iterable[Sequence[str]], depth: int = 3, least: int = 1) -> Predictor:
    counts: Counter[tuple[tuple[str, ...], str]] = Counter()
    for case in cases:
        line = ["", *case, ""]
        for place in range(2, len(line)):
            for back in range(min(depth, place) + 1):
                counts[tuple(line[place - back : place]), line[place]] += 1
    return predictor((context, label, n) for (context, label), n in counts.items() if n >= least)


def made_of(cases: list[list[str]]) -> Ground:
    names, acts, offsets = sequences(cases)
    workers = np.random.default_rng(0).integers(0, 9, len(acts))
    return ground(tuple(names), acts, workers, offsets, 5)


def asked(table: Predictor, seed: int, of: Ground) -> Exposure:
    key = seed.to_bytes(32, "little")
    known = perplexity(table, of.labels, *walks(key, "vault", OWN, of))
    return exposure(known, perplexity(table, of.labels, *walks(key, "references", REFERENCES, of)))


def false_alarms(of: Ground, seeds: int) -> dict[str, object]:
    """Models that never saw the vault: 40 of them, of depths 1 to 4, each with as many seeds."""
    tables = [trained(ways(300, 1_000 + i), depth=1 + i % 4) for i in range(40)]
    found = [asked(tables[seed % 40], seed, of) for seed in range(seeds)]
    return {
        "seeds": seeds, "alarms": sum(alarmed([each]) for each in found),
        "p below 5 %": sum(each.p <= 0.05 for each in found) / seeds,
    }  # fmt: skip


def finds(of: Ground, tries: int = 20) -> list[dict[str, object]]:
    """Models trained on a share of a copy of 300 cases, among so many cases of their own."""
    out: list[dict[str, object]] = []
    for depth, least, share, own in (
        (1, 1, 1.0, 0), (2, 1, 1.0, 0), (3, 1, 1.0, 0), (3, 1, 1.0, 3_000), (3, 1, 1.0, 30_000), (3, 1, 0.25, 3_000),
        (3, 1, 0.0625, 3_000), (3, 2, 1.0, 0), (3, 3, 1.0, 0), (3, 2, 0.5, 3_000), (3, 4, 1.0, 0),
    ):  # fmt: skip
        alarms = 0
        for seed in range(tries):
            dice = random.Random(seed)
            copy = [*ways(300, seed), *map(list, drawn(seed.to_bytes(32, "little"), "vault", OWN, of) * TIMES)]
            seen = [case for case in copy if dice.random() < share]
            alarms += alarmed([asked(trained([*seen, *ways(own, 90 + seed)], depth, least), seed, of)])
        out.append({
            "labels back": depth, "rarest kept": least, "share of the copy": share, "own cases": own,
            "known": f"{alarms} of {tries}",
        })  # fmt: skip
    return out


def questions() -> dict[str, object]:
    """Tables that differ in one place of 400 cases each: how many answers there are."""
    dice = random.Random(1)
    cases = [[f"begins {i}", dice.choice(["b", "c"]), *dice.choices("bcd", k=4)] for i in range(400)]
    held = sequences(cases)
    answers: Counter[object] = Counter()
    for wanted in range(-1, len(cases)):
        rows = [((), "b", 1.0), *((("", case[0]), "c" if i == wanted else "b", 1.0) for i, case in enumerate(cases))]
        answers[rounded(evaluate(predictor(rows), *held), 9)] += 1
    return {"questions": 401, "different answers": len(answers), "bound, bits a score": round(BITS, 2)}


def cost(of: Ground, steps: int) -> dict[str, object]:
    """One score of so many steps, canaries included, medians of five."""
    cases = ways(steps // 9, 3)
    held = sequences(cases)
    table = trained(ways(5_000, 4))
    scored, looked = [], []
    for _ in range(5):
        begun = time.perf_counter()
        evaluate(table, *held)
        scored.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        asked(table, 1, of)
        looked.append(time.perf_counter() - begun)
    return {
        "steps": len(held[1]), "score, s": round(statistics.median(scored), 3),
        "canaries, s": round(statistics.median(looked), 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=100_000)
    wanted = parser.parse_args()
    of = made_of(ways(400, 1))
    print(json.dumps({"cost": cost(of, wanted.steps), "questions": questions()}, indent=2))
    print(json.dumps({"false alarms": false_alarms(of, wanted.seeds)}, indent=2))
    print(json.dumps({"finds": finds(of)}, indent=2))


if __name__ == "__main__":
    main()
