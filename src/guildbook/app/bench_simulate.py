"""How fast the simulator is here: worker-steps by processor second, bytes of a worker, milliseconds of the twin.

Processor time and not the clock's, and medians over months, since other programs take turns on the same cores.
"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import numba

from guildbook.simulate.majors import majors
from guildbook.simulate.model import Model
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.public import network
from guildbook.simulate.threads import use
from guildbook.simulate.twin import Twin

_WARM: Final = 2
"""Months that are not counted: the first compiles, and its memory is new."""


def simulate(workers: int, months: int = 60, threads: int = 1, data: Path | None = None) -> dict[str, Any]:
    """Play `months` of the baseline after a short start, in the built-in world or in that of the files in `data`.

    `worker_steps_per_cpu_second` counts the time of all threads; `bytes_per_worker` are the workers' columns,
    `bytes_per_worker_in_all` with what blocks add up. Raises `UsageError` for more threads than there are.
    """
    use()
    before = numba.get_num_threads()
    use(threads)
    try:
        occupations = majors() if data is None else network(data)
        model = Model(occupations, Parameters(), workers)
        processor, clock = _timed(model, months)
        twin, _ = _timed(Twin(occupations, Parameters(), workers), months)
    finally:
        numba.set_num_threads(before)
    return {
        "worker_steps_per_cpu_second": round(workers / processor),
        "worker_steps_per_second": round(workers / clock),
        "bytes_per_worker": round(model.workers.nbytes / workers, 2),
        "bytes_per_worker_in_all": round(model.nbytes / workers, 2),
        "twin_cpu_milliseconds_per_month": round(twin * 1000, 2),
        "workers": workers,
        "occupations": len(occupations),
        "months": months,
        "threads": threads,
    }


def _timed(world: Model | Twin, months: int) -> tuple[float, float]:
    """Processor and clock seconds of a month, medians."""
    processor: list[float] = []
    clock: list[float] = []
    for _ in range(_WARM + months):
        began, at = time.process_time(), time.perf_counter()
        world.month()
        processor.append(time.process_time() - began)
        clock.append(time.perf_counter() - at)
    return median(processor[_WARM:]), median(clock[_WARM:])
