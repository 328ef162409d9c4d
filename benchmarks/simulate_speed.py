"""The simulator's speed: worker-steps by processor second, a second thread, ten times the people, a long run, the twin.

Pairs of runs take turns month by month, so that what else the machine does falls on both alike. Processor time where
one thread is asked for, the clock where threads or a whole run are; the load average stands beside the figures.

    python benchmarks/simulate_speed.py [--data DIR] [--workers N] [--months N] [--most N]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from _measure import median, report

from guildbook.app.bench_simulate import simulate
from guildbook.simulate.majors import majors
from guildbook.simulate.model import Model
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.public import network
from guildbook.simulate.running import averaged, simulated
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.threads import use

_QUANTILES = (0.0, 0.1, 0.5, 0.9)


def main() -> None:
    """Print all figures as JSON."""
    asked = _arguments()
    loads = os.getloadavg()
    figures: dict[str, Any] = {"one_thread": simulate(asked.workers, asked.months)}
    if asked.data is not None:
        figures["one_thread_network"] = simulate(asked.workers, asked.months, 1, asked.data)
    figures["by_workers"] = _by_workers(asked.most)
    figures["second_thread"] = _threads(asked.workers, 200, asked.data)
    figures["long_run"] = _long(asked.workers, asked.data)
    figures["load_average"] = {"before": _rounded(loads), "after": _rounded(os.getloadavg())}
    report("simulate_speed", figures)


def _rounded(loads: tuple[float, ...]) -> list[float]:
    return [round(load, 1) for load in loads]


def _by_workers(most: int) -> dict[str, float]:
    """Processor nanoseconds of a worker-step, from 10⁵ people to `most`."""
    found: dict[str, float] = {}
    workers = 100_000
    while workers <= most:
        said = simulate(workers, max(6, min(60, 60_000_000 // workers)))
        found[f"{workers:,}"] = round(1e9 / said["worker_steps_per_cpu_second"], 1)
        workers *= 10
    return found


def _threads(workers: int, months: int, data: Path | None) -> dict[str, Any]:
    """Clock seconds of a month with one thread and with two, in turns; and whether they agree in every digit."""
    occupations = majors() if data is None else network(data)
    worlds = {count: Model(occupations, Parameters(), workers) for count in (1, 2)}
    took: dict[int, list[float]] = {1: [], 2: []}
    use()
    before = numba.get_num_threads()
    try:
        for month in range(months + 2):
            for count, world in worlds.items():
                numba.set_num_threads(count)
                seconds = _clock(world.month)
                if month >= 2:
                    took[count].append(seconds)
    finally:
        numba.set_num_threads(before)
    # Two threads need two cores at once: on a shared machine only its quieter months tell what they bring.
    one, two = (1000 * np.array(took[count]) for count in (1, 2))
    return {
        "ms_a_month_by_quantile": {
            f"{share:g}": [round(float(np.quantile(each, share)), 2) for each in (one, two)] for share in _QUANTILES
        },
        "ratio_of_the_fastest_tenths": round(float(np.quantile(one, 0.1) / np.quantile(two, 0.1)), 2),
        "median_of_paired_ratios": median((one / two).tolist()),
        "threads": numba.threading_layer(),
        "same_digits": _digest(worlds[1]) == _digest(worlds[2]),
    }


def _long(workers: int, data: Path | None) -> dict[str, Any]:
    """A whole run of fifteen years with all threads, by the clock; and the twin's."""
    scenario = Scenario(world="majors" if data is None else "network", data=data, workers=workers, seeds=1)
    averaged(scenario.having(months=2))  # compiles, and reads the world once
    began = time.process_time()
    seconds = _clock(lambda: simulated(scenario, 1))
    processor = time.process_time() - began
    return {
        "workers": workers,
        "months": scenario.months,
        "occupations": len(scenario.occupations()),
        "threads": numba.get_num_threads(),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(processor, 2),
        "twin_ms_a_month": round(1000 * _clock(lambda: averaged(scenario)) / scenario.months, 2),
    }


def _clock(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _digest(model: Model) -> str:
    w = model.workers
    out = hashlib.sha256()
    for column in (w.occupation, w.employed, w.skill, w.head, w.bias, w.wage, model.economy.outside):
        out.update(column.tobytes())
    return out.hexdigest()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the public files: 539 occupations")
    parser.add_argument("--workers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--most", type=int, default=10_000_000, help="the largest world")
    return parser.parse_args()


if __name__ == "__main__":
    main()
