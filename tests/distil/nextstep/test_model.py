from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil.encode import encode
from guildbook.distil.nextstep import NextStep, bench, fit
from guildbook.distil.nextstep.history import History
from guildbook.distil.nextstep.places import Places
from guildbook.distil.settings import Settings
from guildbook.distil.traces import Traces, join
from guildbook.model.time import DAY

Row = dict[str, Any]
Table = Callable[[Sequence[Row]], pa.Table]


def log(words: Sequence[str], start: int = 20_000 * DAY) -> list[Row]:
    """One case a word, one case a day, one event a letter."""
    return [
        {"worker": "ann", "time": start + n * DAY + place, "case": f"word:{n}", "action": letter, "seq": place}
        for n, word in enumerate(words)
        for place, letter in enumerate(word)
    ]


def joined(table: Table, rows: Sequence[Row]) -> Traces:
    return join(encode(table(rows), Settings()))


def named(model: NextStep, labels: str, worker: str | None = None) -> list[tuple[str, float]]:
    return model.predict(History.of(list(labels), worker))


words = st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=30)


@settings(deadline=None, max_examples=25)
@given(seen=words, asked=words)
def test_probabilities_sum_to_one_and_evaluation_is_prediction_at_every_step(
    table: Table, seen: list[str], asked: list[str]
) -> None:
    model = fit(joined(table, log(seen)))
    traces = joined(table, log(asked))
    places = Places.of(traces, 1)
    opinion = model.opinion(places, model.symbols)
    assert np.exp(opinion.logp.astype(float)).sum(axis=1) == pytest.approx(1, abs=1e-4)
    score = model.evaluate(traces)
    answers = places.columns(model.symbols)
    best = np.argsort(-opinion.logp[:, :-1], axis=1, kind="stable")[:, :3]
    assert score.n == len(answers) == sum(map(len, asked))
    assert score.accuracy == pytest.approx(float((best[:, 0] == answers).mean()))
    assert score.top3 == pytest.approx(float((best == answers[:, None]).any(axis=1).mean()))
    loss = -opinion.logp[np.arange(len(answers)), answers].astype(float).mean()
    assert score.log_loss == pytest.approx(loss, rel=1e-4)


def test_a_model_depends_on_the_traces_alone(table: Table) -> None:
    rows = log(["abc", "abd", "acd"] * 20)
    one, two = fit(joined(table, rows)), fit(joined(table, rows[::-1]))
    assert np.array_equal(one.symbols, two.symbols)
    assert named(one, "ab") == named(two, "ab")


def test_what_always_followed_is_expected(table: Table) -> None:
    model = fit(joined(table, log(["abc", "adb"] * 40)))
    assert named(model, "ab")[0][0] == "c"
    assert named(model, "ad")[0][0] == "b"
    assert named(model, "abc")[0][0] == ""
    assert named(model, "abc")[0][1] > 0.9


def test_what_was_never_seen_is_no_surprise_to_the_model(table: Table) -> None:
    model = fit(joined(table, log(["abc", "adb"] * 40)))
    found = named(model, "zzz", "nobody known")
    assert {label for label, _ in found} == {"a", "b", "c", "d", ""}
    assert 0.5 < sum(p for _, p in found) <= 1 + 1e-6
    score = model.evaluate(joined(table, log(["xyz", "abq"])))
    assert score.n == 6
    assert math.isfinite(score.log_loss)


def test_late_change_is_followed(table: Table) -> None:
    turned = ["ab"] * 150 + ["ac"] * 60
    model = fit(joined(table, log(turned)))
    assert model.half_life is not None
    assert named(model, "a")[0][0] == "c"


def test_who_did_the_last_step_may_tell(table: Table) -> None:
    rows = log(["ab", "ac"] * 60)
    for row in rows:
        row["worker"] = "ann" if int(row["case"].removeprefix("word:")) % 2 else "bob"
    model = fit(joined(table, rows))
    assert (named(model, "a", "ann")[0][0], named(model, "a", "bob")[0][0]) == ("c", "b")
    assert named(model, "a")[0][1] < 0.9


def test_before_the_first_step_the_task_says_what_cases_begin_with(table: Table) -> None:
    rows = log(["abc", "cba"] * 40)
    for row in rows:
        number = int(row["case"].removeprefix("word:"))
        row["case"] = f"{('up', 'down')[number % 2]}:{number}"
    model = fit(joined(table, rows))
    for task, begins in (("up", "a"), ("down", "c")):
        likeliest = model.predict(History.of([], task=task))[0]
        assert likeliest[0] == begins
        assert likeliest[1] > 0.95
    assert model.predict(History.of([]))[0][1] == pytest.approx(0.5, abs=0.05)


def test_what_tells_nothing_is_no_view(table: Table) -> None:
    model = fit(joined(table, log(["abc", "adb"] * 40)))
    assert not any("worker" in context or "task" in context for context in model.views)


def test_few_traces_are_enough_to_begin(table: Table) -> None:
    model = fit(joined(table, log(["ab"])))
    assert named(model, "a")[0][0] == "b"
    nothing = fit(joined(table, []))
    assert named(nothing, "a") == [("", pytest.approx(0.5))] or named(nothing, "a") == []


def test_no_events_score_nothing(table: Table) -> None:
    score = fit(joined(table, log(["ab"]))).evaluate(joined(table, []))
    assert score.n == 0
    assert math.isnan(score.accuracy)


def test_bench_learns_from_the_first_table_alone(table: Table) -> None:
    result = bench(table(log(["abc"] * 40)), table(log(["abc", "abd"])))
    assert result["n"] == 6
    assert result["accuracy"] == pytest.approx(5 / 6)
    assert set(result) >= {"accuracy", "top3", "log_loss", "ece", "n"}
