"""Claims about planted practices: recall and precision of each kind, of layers and prerequisites, over several offices.

    python benchmarks/planted.py [--seeds 900 906] [--events 120000] [--noise 0] [--no-chunks]
        [--sorts usual|more|experts|none|no-experts]

At least 0.9 of what is planted in each kind is found and as much of what is told is true; prerequisites with an F1 of
at least 0.8; of the third layer at least 0.8; in offices with nothing planted at most one practice in 100,000 events.
`no-experts` are offices in which newcomers can be seen and nothing is planted. `--circumstances` adds what depends on
when and by whom. `--no-chunks` leaves every step its own symbol, to see what chunks are good for.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from dataclasses import astuple
from typing import Any

import pyarrow as pa
from _measure import median, report

from guildbook.app.planted import Count, Edges, PlantedScore, score
from guildbook.distil import labels
from guildbook.distil.practices import chunks, mine
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.record import office
from guildbook.record.office.steps import TASKS


def main() -> None:
    """Mine each office's sums and add up what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(900, 906), metavar=("FROM", "BELOW"))
    parser.add_argument("--events", type=int, default=120_000)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--sorts", choices=("usual", "more", "experts", "none", "no-experts"), default="usual")
    parser.add_argument("--circumstances", action="store_true")
    parser.add_argument("--no-chunks", action="store_true")
    asked = parser.parse_args()
    if asked.no_chunks:
        chunks.TOGETHER = 2.0
    options = office.Options(
        planted=asked.sorts not in {"none", "no-experts"},
        more=asked.sorts == "more",
        experts=asked.sorts in {"experts", "no-experts"},
        circumstances=asked.circumstances,
        noise=asked.noise,
    )
    scores: list[PlantedScore] = []
    seconds: list[float] = []
    events = 0
    for seed in range(*asked.seeds):
        made = office.generate(seed=seed, events=asked.events, options=options)
        table = pa.concat_tables([chunk.events for chunk in made]).unify_dictionaries()
        events += table.num_rows
        sums = summarise_table(table, Settings())
        began = time.process_time()
        found = mine(sums)
        seconds.append(time.process_time() - began)
        planted = office.truth(seed, events=asked.events, options=options)
        scores.append(score(found, planted, labels.label_of, tasks={task: task for task in TASKS}))
    report("planted", vars(asked) | {"events": events, "mining_cpu_seconds": median(seconds)} | _summed(scores, events))


def _summed(scores: list[PlantedScore], events: int) -> dict[str, Any]:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for one in scores:
        named = {"overall": one.overall, **one.by_kind, **{f"layer {n}": count for n, count in one.by_layer.items()}}
        for name, count in named.items():
            groups[name].update({"planted": count.planted, "found": count.found, "false": count.false})
    edges = Edges(*(sum(column) for column in zip(*(astuple(one.edges) for one in scores), strict=True)))
    exact, conditional = (sum(one.conditions[i] for one in scores) for i in (0, 1))
    return {
        **{name: Count(**totals).to_dict() for name, totals in groups.items()},
        "prerequisites": edges.to_dict(),
        "conditions": {"exact": exact, "found": conditional},
        "duplicates": sum(len(one.duplicates) for one in scores),
        "echoes": sum(len(one.echoes) for one in scores),
        "false_per_100000": 100_000 * groups["overall"]["false"] / events,
    }


if __name__ == "__main__":
    main()
