"""Claim: the gate lets a net in where the traces that follow bear it out, and keeps it out elsewhere.

    python benchmarks/neural_gate.py [--log LOG] [--cuts 0.6,0.7,0.8,0.85] [--test] [FOLDER]

Cuts lie inside `train_val_LOG`: the traces before a cut judge the net, the 15 % after it tell what counts, net and
mixture would have done. `--test` judges by all training traces and looks at `test_LOG`, once. Needs torch.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from _measure import report

from guildbook.app.bench import events_of
from guildbook.distil import Settings, nextstep
from guildbook.distil.encode import encode
from guildbook.distil.neural.gate import judge
from guildbook.distil.neural.mixed import Mixed, evaluate
from guildbook.distil.neural.state import NeuralLearner
from guildbook.distil.nextstep.fitting import ranks
from guildbook.distil.traces import Traces, join

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "eventlogs"
AFTER = 0.15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--log", default="Helpdesk")
    parser.add_argument("--cuts", default="0.6,0.7,0.8,0.85")
    parser.add_argument("--test", action="store_true")
    options = parser.parse_args()
    if not options.folder.is_dir():
        raise SystemExit("skipped: data not present")
    known = traces(options.folder / f"train_val_{options.log}.xes.gz")
    if options.test:
        report("neural-gate", {"test": judged(known, traces(options.folder / f"test_{options.log}.xes.gz"))})
        return
    rank = ranks(known)
    cuts = [float(cut) for cut in options.cuts.split(",")]
    found = {
        cut: judged(known.pick(rank < cut), known.pick((rank >= cut) & (rank < cut + AFTER)))
        for cut in cuts
    }  # fmt: skip
    report("neural-gate", {f"{options.log} {cut}": figures for cut, figures in found.items()})


def judged(known: Traces, asked: Traces) -> dict[str, Any]:
    """What the gate says by `known`, and how each would have done on `asked`: accuracy in %, log-loss in nats."""
    began = time.process_time()
    learner = NeuralLearner()
    found = judge(known, nextstep.fit, learner)
    seconds = time.process_time() - began
    counts, net = nextstep.fit(known), learner.fit(known)
    out: dict[str, Any] = found.verdict.to_dict() | {"judging_cpu_seconds": round(seconds, 1)}
    views = {"counts": counts, "net": net, "mixed": Mixed(counts, net, found.pool)}
    for name, view in views.items():
        score = evaluate(view, found.pool.symbols, asked)
        out[name] = round(100 * score.accuracy, 2), round(score.log_loss, 4)
    return out


def traces(path: Path) -> Traces:
    """The joint traces of a log."""
    return join(encode(events_of(path), Settings()))


if __name__ == "__main__":
    main()
