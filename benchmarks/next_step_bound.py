"""What limits the next step: where counts and all peers are wrong alike, and what the steps so far cannot tell.

    python benchmarks/next_step_peers.py --log Helpdesk --keep FOLDER
    python benchmarks/next_step_bound.py FOLDER --log Helpdesk

`any_right`: places of the test where the counts or any peer (any form, any seed) is right: no way of choosing among
them is better. `same_steps`: how often one would be right who knew what most often follows every sequence of steps
from the first on in the test itself: no function of the steps alone is better; `same_steps_who`: likewise with who did
the last step, a bound far above what can be learnt, since many such histories are there once. `foreseen_below_1`:
places whose answer the counts gave less than 0.01, `of_them_ends` how many of these are ends of cases.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _measure import report
from _peers_data import events
from numpy.typing import NDArray

from guildbook.distil import nextstep
from guildbook.distil.encode import encode
from guildbook.distil.nextstep.kernels import fold
from guildbook.distil.nextstep.places import Places
from guildbook.distil.settings import Settings
from guildbook.distil.sums import END
from guildbook.distil.traces import Traces, join

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "eventlogs"
RARE = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kept", type=Path)
    parser.add_argument("--log", default="Helpdesk")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        raise SystemExit("skipped: data not present")
    paths = (arguments.folder / f"{part}_{arguments.log}.xes.gz" for part in ("train_val", "test"))
    known, asked = (join(encode(events(path), Settings())) for path in paths)
    model = nextstep.fit(known)
    places = Places.of(asked, 1)
    logp, answer = model.opinion(places, model.symbols).logp, places.columns(model.symbols)
    counts = logp[:, :-1].argmax(axis=1) == answer
    found = {"counts": counts} | _peers(arguments.kept, arguments.log, len(counts))
    rare = logp[np.arange(len(answer)), answer] < np.log(RARE)
    steps = _histories(asked, places)
    report(
        "next-step-bound",
        {
            "log": arguments.log,
            "n": len(counts),
            "right": {name: _share(right) for name, right in found.items()},
            "any_right": _share(np.any(list(found.values()), axis=0)),
            "all_right": _share(np.all(list(found.values()), axis=0)),
            "same_steps": _best(steps, places.answer),
            "same_steps_who": _best(fold(steps, asked.who[places.after - 1]), places.answer),
            "foreseen_below_1": _share(rare),
            "of_them_ends": _share(places.answer[rare] == END),
        },
    )


def _peers(folder: Path, log: str, count: int) -> dict[str, NDArray[np.bool_]]:
    """Where each kept peer was right, by name, seed and form."""
    out: dict[str, NDArray[np.bool_]] = {}
    for path in sorted(folder.glob(f"{log}-*.npz")):
        kept = np.load(path)
        for form in set(kept.files) - {"answer"}:
            right = kept[form].argmax(axis=1) == kept["answer"]
            if len(right) != count:
                raise SystemExit(f"{path} is of another log")
            out[f"{path.stem.removeprefix(log)[1:]}-{form}"] = right
    return out


def _histories(traces: Traces, places: Places) -> NDArray[np.uint64]:
    """(n,): a symbol of all steps from the first on."""
    out = np.zeros(len(traces.order), np.uint64)
    longest = int(np.diff(traces.offsets).max())
    for depth in range(longest):
        at = traces.offsets[:-1][np.diff(traces.offsets) > depth] + depth
        before = out[at - 1] if depth else np.zeros(len(at), np.uint64)
        out[at] = fold(before, traces.step[at])
    return out[places.after - 1]


def _best(history: NDArray[np.uint64], answer: NDArray[np.uint64]) -> float:
    pairs, counts = np.unique(np.column_stack([history, answer]), axis=0, return_counts=True)
    _, first = np.unique(pairs[:, 0], return_index=True)
    return round(float(np.maximum.reduceat(counts, first).sum()) / len(answer), 4)


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4) if len(right) else 0.0


if __name__ == "__main__":
    main()
