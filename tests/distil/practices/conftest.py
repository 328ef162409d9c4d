"""A small made-up task whose joint traces are written straight into sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pytest

from guildbook.distil.buckets import bucket
from guildbook.distil.sums import REPEAT, Sums, condition_symbol, worker_symbol
from guildbook.distil.tables import CountTable, Profiles
from guildbook.model.ids import symbol


@dataclass
class Trace:
    """One joint trace to be counted."""

    steps: list[str]
    outcome: int = 0
    active: float = 60.0
    lead: float = 600.0
    conditions: tuple[str, ...] = ()
    workers: tuple[str, ...] = ("ann",)
    """Who did most first."""
    repeated: tuple[str, ...] = ()
    task: str = "claim"
    told: tuple[str, ...] = ()
    told_later: tuple[str, ...] = ()
    begun: int = 1_100_000
    """Hours since 1900-01-01 00:00 UTC."""
    doers: dict[str, str] = field(default_factory=dict[str, str])
    """Who did a step, where it was not the first of `workers`."""


@dataclass
class Written:
    """Rows of the other tables, as texts and seconds."""

    ways: list[tuple[str, str, str, tuple[str, ...], str, float]] = field(
        default_factory=list[tuple[str, str, str, tuple[str, ...], str, float]]
    )
    """task, worker, a, path, b, seconds."""
    asks: list[tuple[str, str, str, str, float]] = field(default_factory=list[tuple[str, str, str, str, float]])
    """task, condition or "", asking step, person, seconds (negative: never)."""
    batches: list[tuple[str, str, int, float]] = field(default_factory=list[tuple[str, str, int, float]])
    """task, step, run-length class, seconds."""
    performers: list[tuple[str, str, str, float]] = field(default_factory=list[tuple[str, str, str, float]])
    """task, step, worker, seconds."""
    handovers: list[tuple[str, str, str, str, float]] = field(default_factory=list[tuple[str, str, str, str, float]])
    """task, from, to, step, seconds."""


def micros(seconds: float) -> int:
    """The bucket of a length; negative is unknown."""
    return int(bucket(np.array([int(seconds * 1e6) if seconds >= 0 else -1]))[0])


def make_sums(traces: Iterable[Trace] = (), written: Written | None = None) -> Sums:
    """Sums that hold these traces as profiles, and the rows of the other tables."""
    written = written or Written()
    texts: dict[int, str] = {}

    def code(text: str) -> int:
        texts[symbol(text)] = text
        return symbol(text)

    def worker(text: str) -> int:
        texts[worker_symbol(text)] = text
        return worker_symbol(text)

    def condition(text: str) -> int:
        texts[condition_symbol(text)] = text
        return condition_symbol(text)

    rows: list[tuple[list[int], list[int]]] = []
    for trace in traces:
        tokens = [*sorted(condition(c) for c in trace.conditions), 0]
        for step in trace.steps:
            tokens += [code(step), *([REPEAT] if step in trace.repeated else [])]
        for first, people in ((trace.workers[:1], trace.workers[1:]), ((), trace.told), ((), trace.told_later)):
            tokens += [0, *map(worker, first), *sorted(worker(w) for w in people)]
        workers = [*map(worker, trace.workers[:1]), *sorted(worker(w) for w in trace.workers[1:])]
        tokens += [0, *_doers(trace, workers, worker)]
        head = [code(trace.task), trace.outcome, micros(trace.active), micros(trace.lead), trace.begun]
        rows.append((head, tokens))
    ways = [
        [code(t), worker(w), code(a), *([*map(code, path), 0, 0, 0, 0][:4]), code(b), micros(s)]
        for t, w, a, path, b, s in written.ways
    ]
    asks = [
        [code(t), condition(c) if c else 0, code(a), worker(p), micros(s) if s >= 0 else 0, 0]
        for t, c, a, p, s in written.asks
    ]
    batches = [[code(t), code(a), run, micros(s)] for t, a, run, s in written.batches]
    performers = [[code(t), code(a), worker(w), micros(s)] for t, a, w, s in written.performers]
    handovers = [[code(t), worker(f), worker(to), code(a), micros(s)] for t, f, to, a, s in written.handovers]
    return Sums(
        handovers=_table(handovers, 5),
        profiles=Profiles.from_rows(rows, 5),
        ways=_table(ways, 9),
        asks=_table(asks, 6),
        batches=_table(batches, 4),
        performers=_table(performers, 4),
        texts=texts,
    )


def _doers(trace: Trace, workers: list[int], worker: Callable[[str], int]) -> list[int]:
    """The last section of a profile, as `kernels.trace_tokens` has it."""
    if len(workers) < 2:
        return []
    places = [workers.index(worker(trace.doers.get(step, trace.workers[0]))) + 1 for step in trace.steps]
    return [int.from_bytes(places[i : i + 8], "little") for i in range(0, len(places), 8)]


def _table(rows: list[list[int]], width: int) -> CountTable:
    return CountTable.from_rows(np.array(rows, np.uint64).reshape(-1, width))


def make_claims(
    seed: int,
    n: int = 900,
    *,
    check: float = 0.0,
    marine: float = 0.0,
    on_top: float = 0.0,
    prepare: float = 0.0,
    order: float = 0.0,
    turned: float = 0.0,
    chain: float = 0.0,
    harm: float = 0.0,
    mend: float = 0.0,
) -> list[Trace]:
    """Claims with optional steps that skilled workers do more often.

    `check`: points of the good rate for checking the cover. `marine`: the same for calling the broker, in marine
    claims alone. `on_top`: for reading the file again, where the cover was checked. `prepare`: log ratio of time
    for laying out papers. `order`: for asking first and paying second. `turned`: for the same in marine claims, and
    as much against it in all others. `chain`: for checking, for reading again on top of that, and for calling the
    broker on top of both. `harm`: points that losing the file costs, which the unskilled do; `mend`: points for
    copying it again, done then alone. A coin decides on taking coffee.
    """
    rng = np.random.default_rng(seed)
    made: list[Trace] = []
    for _ in range(n):
        person = int(rng.integers(6))
        skill = 0.25 + 0.1 * person
        product = str(rng.choice(["marine", "home", "motor"]))
        did = {name: bool(rng.random() < skill) for name in ("check", "call", "read", "lay")}
        coffee, first = rng.random() < 0.5, rng.random() < skill
        good = 0.35 + 0.02 * person + check * did["check"] + marine * (did["call"] and product == "marine")
        good += on_top * (did["check"] and did["read"]) + order * first
        good += turned * (1 if (product == "marine") == first else -1)
        good += chain * (did["check"] + (did["check"] and did["read"]) + (did["check"] and did["read"] and did["call"]))
        lost = bool((harm or mend) and rng.random() < 0.8 * (1 - skill))
        copied = lost and bool(rng.random() < skill)
        good += mend * copied - harm * lost
        seconds = 900 * np.exp(prepare * did["lay"] + rng.normal(0, 0.3) - 0.03 * person)
        steps = ["open file"]
        steps += [text for name, text in (("lay", "lay out papers"), ("check", "check cover")) if did[name]]
        steps += ["lose file"] if lost else []
        steps += ["read letter"]
        steps += ["copy file"] if copied else []
        steps += [text for name, text in (("read", "read file again"), ("call", "call broker")) if did[name]]
        steps += ["take coffee"] if coffee else []
        steps += ["ask customer", "pay advance"] if first else ["pay advance", "ask customer"]
        settled = rng.random() < good
        steps += ["decide", "thank" if settled else "apologise", "close"]
        made.append(
            Trace(
                steps,
                1 if settled else 2,
                float(seconds),
                float(seconds * 10),
                (f"product={product}",),
                (f"worker {person}",),
            )
        )
    return made


@pytest.fixture(scope="session")
def sums_of() -> Callable[..., Sums]:
    """`make_sums`."""
    return make_sums


@pytest.fixture(scope="session")
def claims() -> Callable[..., list[Trace]]:
    """`make_claims`."""
    return make_claims


@pytest.fixture
def written() -> Written:
    """Empty rows of the other tables."""
    return Written()


@pytest.fixture(scope="session")
def trace_type() -> type[Trace]:
    """`Trace`."""
    return Trace
