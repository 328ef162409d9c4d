"""Scores of tables: against a naive count, and against somebody who asks many times."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.vault import (
    BITS,
    EDGE,
    LOSS_GRID,
    MOST_LOSS,
    MOST_ROWS,
    Predictor,
    Result,
    evaluate,
    perplexity,
    predictor,
    read_table,
    rounded,
    sequences,
)
from guildbook.model import InputError

Row = tuple[tuple[str, ...], str, float]
LABELS = st.sampled_from(["a", "b", "c", "d"])
CASES = st.lists(st.lists(LABELS, min_size=1, max_size=6), min_size=1, max_size=8)


def _context(edge: bool, rest: list[str]) -> tuple[str, ...]:  # noqa: FBT001 - drawn by Hypothesis
    return ("", *rest) if edge else tuple(rest)


CONTEXT = st.builds(_context, st.booleans(), st.lists(LABELS, max_size=3))
ROWS = st.lists(
    st.tuples(CONTEXT, st.sampled_from(["a", "b", "c", "e", EDGE]), st.integers(0, 5).map(float)), min_size=1
).filter(lambda rows: any(weight for *_, weight in rows))


def naive(rows: Sequence[Row], cases: Sequence[Sequence[str]]) -> tuple[int, int, float, int]:
    """Hits, hits among three, loss, steps: as the page says it, one step at a time."""
    table: dict[tuple[str, ...], dict[str, float]] = {}
    for context, label, weight in rows:
        if weight:
            of = table.setdefault(context, {})
            of[label] = of.get(label, 0) + weight
    nexts = len({label for of in table.values() for label in of})
    hits = top3 = steps = 0
    loss = 0.0
    for case in cases:
        line = ["", *case, ""]
        for place in range(2, len(line)):
            before = tuple(line[:place])
            found = next((table[before[i:]] for i in range(len(before) + 1) if before[i:] in table), {})
            likely = sorted(found, key=lambda label: (-found[label], label))[:3]
            hits += likely[:1] == [line[place]]
            top3 += line[place] in likely
            share = found.get(line[place], 0) / sum(found.values()) if found else 0.0
            loss -= math.log(0.99 * share + 0.01 / (nexts + 1))
            steps += 1
    return hits, top3, loss, steps


@given(rows=ROWS, cases=CASES)
def test_it_counts_what_a_naive_count_does(rows: list[Row], cases: list[list[str]]) -> None:
    found = evaluate(predictor(rows), *sequences(cases))
    hits, top3, loss, steps = naive(rows, cases)
    assert (found.hits, found.top3, found.steps, found.cases) == (hits, top3, steps, len(cases))
    assert found.loss == pytest.approx(loss, rel=1e-6)
    assert 1 <= found.effective <= len(cases) + 1e-9
    each = perplexity(predictor(rows), *sequences(cases))
    assert float((each * np.array([len(case) for case in cases])).sum()) == pytest.approx(loss, rel=1e-5)


@given(rows=ROWS, scale=st.sampled_from([1.0, 3.0, 1e-300, 1e300]), seed=st.integers(0, 99))
def test_one_hash_for_one_table(rows: list[Row], scale: float, seed: int) -> None:
    other = [(context, label, weight * scale) for context, label, weight in rows]
    other += [(("never", "seen"), "x", 0.0)]
    random.Random(seed).shuffle(other)
    assert predictor(rows).hash == predictor(other).hash
    changed = predictor([*rows, (("x",), "y", 1.0)])
    assert changed.hash != predictor(rows).hash


def test_the_longest_context_speaks_and_edges_count() -> None:
    table = predictor([
        ((), "b", 1), (("a",), "c", 3), (("a",), "b", 1), (("", "a"), "d", 1), (("c",), EDGE, 1),
    ])  # fmt: skip
    names, acts, offsets = sequences([["a", "d", "a", "c"]])
    assert evaluate(table, names, acts, offsets).hits == 3  # a→d at the beginning, not d→a, a→c, c→end


@pytest.mark.parametrize("weight", ["count", "p"])
def test_both_forms_say_the_same(tmp_path: Path, weight: str) -> None:
    rows = [{"context": ["", "a"], "next": "b", weight: 3}, {"context": [], "next": "", weight: 1}]
    lines, table = tmp_path / "model.jsonl", tmp_path / "model.parquet"
    lines.write_text("\n".join(json.dumps(row) for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), table)
    assert read_table(lines).hash == read_table(table).hash


@pytest.mark.parametrize("columns", [{"context": [["a"]], "next": ["b"]}, {"context": ["a"], "next": ["b"], "p": [1]}])
def test_parquet_that_is_no_table(tmp_path: Path, columns: dict[str, Any]) -> None:
    file = tmp_path / "model.parquet"
    pq.write_table(pa.table(columns), file)
    with pytest.raises(InputError, match="no next-step table"):
        read_table(file)


def test_there_is_a_limit_to_rows(tmp_path: Path) -> None:
    file = tmp_path / "model.parquet"
    number = MOST_ROWS + 1
    empty = pa.ListArray.from_arrays(np.zeros(number + 1, np.int32), pa.array([], pa.string()))
    pq.write_table(pa.table({"context": empty, "next": ["a"] * number, "p": [1.0] * number}), file)
    with pytest.raises(InputError, match="more than 1,000,000 rows"):
        read_table(file)


@given(
    steps=st.integers(1, 100_000), data=st.data(), cases=st.integers(1, 1_000), loss=st.floats(0, 30),
    workers=st.integers(5, 900),
)  # fmt: skip
def test_what_is_given_out_is_on_the_grid(
    steps: int, data: st.DataObject, cases: int, loss: float, workers: int
) -> None:
    hits = data.draw(st.integers(0, steps))
    top3 = data.draw(st.integers(hits, steps))
    told = rounded(Result(hits, top3, loss * steps, steps, cases, float(cases)), workers)
    assert abs(told.accuracy - 100 * hits / steps) <= 0.5
    assert abs(told.top3 - 100 * top3 / steps) <= 0.5
    assert told.log_loss % LOSS_GRID == 0
    assert told.log_loss <= MOST_LOSS
    assert told.low <= told.accuracy <= told.high
    assert all(len(str(number).rstrip("0")) <= 2 for number in (told.cases, told.steps, told.workers))


def test_the_interval_covers() -> None:
    """Cases whose steps all go the same way, the worst there is: the true rate is inside 19 times of 20."""
    dice = np.random.default_rng(5)
    inside = 0
    for _ in range(400):
        sizes = dice.integers(2, 12, 60)
        hits = int((sizes * (dice.random(60) < 0.6)).sum())
        told = rounded(Result(hits, hits, 0.0, int(sizes.sum()), 60, sizes.sum() ** 2 / (sizes**2).sum()), 9)
        inside += told.low <= 60 <= told.high
    assert inside >= 376


def attackers_table(cases: Sequence[Sequence[str]], guess: dict[int, str]) -> Predictor:
    """A table that knows the first part of every case, and what comes then as guessed."""
    rows: list[Row] = [((), "b", 1.0)]
    for number, case in enumerate(cases):
        rows.append((("", case[0]), guess.get(number, "b"), 1.0))
    return predictor(rows)


def test_near_equal_tables_tell_no_more_than_the_grid() -> None:
    """Somebody knows how each of 400 cases begins, and asks for each what comes next by a table that differs there."""
    dice = random.Random(1)
    cases = [[f"begins {i}", dice.choice(["b", "c"]), *dice.choices("bcd", k=4)] for i in range(400)]
    names, acts, offsets = sequences(cases)

    def ask(guess: dict[int, str]) -> tuple[int, ...]:
        told = rounded(evaluate(attackers_table(cases, guess), names, acts, offsets), 9)
        return (told.accuracy, told.top3, told.log_loss, told.low, told.high, told.cases, told.steps, told.workers)

    base = ask({})
    answers = [ask({number: "c"}) for number in range(len(cases))]
    differ = sum(answer != base for answer in answers)
    truth = [case[1] == "c" for case in cases]
    right = sum((answer > base) == was for answer, was in zip(answers, truth, strict=True))
    assert len(set(answers)) <= 3
    # Guessing "b" for all is right where it is b; with 400 questions hardly anything is added to that.
    assert abs(right - truth.count(False)) <= differ
    told = sum(math.log2(len(set(some))) for some in [answers[i : i + 20] for i in range(0, 400, 20)])
    assert told <= 20 * BITS
    assert ask({}) == base  # nothing is drawn by chance, so nothing averages out


def test_the_bound_is_what_the_grid_has() -> None:
    pairs = sum(1 for accuracy in range(101) for top3 in range(101) if top3 >= accuracy)
    losses = len(range(0, MOST_LOSS + 1, LOSS_GRID))
    assert pytest.approx(math.log2(pairs * losses)) == BITS
    assert BITS < 20
