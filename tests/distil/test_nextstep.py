from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.encode import encode
from guildbook.distil.nextstep import Choice, NextStep, bench, chosen, fit
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.traces import Traces, join
from guildbook.model.time import DAY

Row = dict[str, Any]
Table = Callable[[Sequence[Row]], pa.Table]


def log(words: Sequence[str], start: int) -> list[Row]:
    """One case a word, one case a day, one event a letter."""
    return [
        {"worker": "ann", "time": start + n * DAY + place, "case": f"word:{n}", "action": letter, "seq": place}
        for n, word in enumerate(words)
        for place, letter in enumerate(word)
    ]


def traces(table: Table, words: Sequence[str]) -> Traces:
    return join(encode(table(log(words, 20_000 * DAY)), Settings()))


def witten_bell(words: Sequence[str], history: str, order: int) -> dict[str, float]:
    """The formula read plainly; `$` is the end, `^` the start."""
    known = sorted({letter for word in words for letter in word} | {"$"})
    p = {letter: 1 / (len(known) + 1) for letter in known}
    past = f"^{history}"
    for k in range(min(order, len(past)) + 1):
        context = past[len(past) - k :]
        seen = [w[i] for w in (f"^{word}$" for word in words) for i in range(1, len(w)) if w[:i].endswith(context)]
        if seen:
            c, t = len(seen), len(set(seen))
            p = {letter: (seen.count(letter) + t * p[letter]) / (c + t) for letter in known}
    return p


words = st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=6)


@given(seen=words, history=st.text("abcd", max_size=4), order=st.integers(0, 8))
def test_prediction_is_the_formula(table: Table, seen: list[str], history: str, order: int) -> None:
    model = fit(traces(table, seen), Choice(order))
    found = {label or "$": p for label, p in model.predict(list(history))}
    assert found == pytest.approx(witten_bell(seen, history, order))


@given(seen=words, asked=words, order=st.integers(0, 8))
def test_evaluation_is_prediction_at_every_step_from_the_second(
    table: Table, seen: list[str], asked: list[str], order: int
) -> None:
    model = fit(traces(table, seen), Choice(order))
    score = model.evaluate(traces(table, asked))
    ranks: list[int] = []
    loss = 0.0
    for word in asked:
        for place in range(1, len(word) + 1):
            listed = model.predict(list(word[:place]))
            answer = word[place] if place < len(word) else ""
            labels = [label for label, _ in listed]
            ranks.append(labels.index(answer) if answer in labels else 99)
            loss -= math.log(dict(listed).get(answer, 1 - sum(p for _, p in listed)))
    assert score.n == len(ranks) == sum(map(len, asked))
    assert score.accuracy == pytest.approx(ranks.count(0) / len(ranks))
    assert score.top3 == pytest.approx(sum(rank < 3 for rank in ranks) / len(ranks))
    assert score.log_loss == pytest.approx(loss / len(ranks))


def test_ties_go_to_the_commoner_and_then_to_the_earlier_in_the_alphabet(table: Table) -> None:
    model = fit(traces(table, ["xb", "xa", "b"]))
    assert [label for label, _ in model.predict(["x"])][:2] == ["b", "a"]
    even = fit(traces(table, ["xb", "xa"]))
    assert [label for label, _ in even.predict(["x"])][:2] == ["a", "b"]


def test_the_sums_hold_the_same_model(table: Table) -> None:
    seen = ["abc", "abd", "abc"]
    sums = summarise_table(table(log(seen, 20_000 * DAY)), Settings())
    assert NextStep.of(sums).predict(["a", "b"]) == fit(traces(table, seen)).predict(["a", "b"])


def test_recent_traces_may_weigh_more(table: Table) -> None:
    drifted = ["ab"] * 60 + ["ac"] * 20
    model = fit(traces(table, drifted), Choice(recency=3))
    assert model.predict(["a"])[0][0] == "c"
    assert fit(traces(table, drifted)).predict(["a"])[0][0] == "b"
    turned = ["ab"] * 50 + ["ac"] * 50
    assert chosen(traces(table, turned)).recency > 1
    assert chosen(traces(table, ["ab"] * 10)) == Choice()
    assert chosen(traces(table, ["ab"])) == Choice()


def test_who_did_the_last_step_may_tell(table: Table) -> None:
    rows = log(["ab", "ac"] * 40, 20_000 * DAY)
    for row in rows:
        row["worker"] = "ann" if int(row["case"].removeprefix("word:")) % 2 else "bob"
    known = join(encode(table(rows), Settings()))
    choice = chosen(known)
    assert choice.worker_order == 1
    model = fit(known, choice)
    assert (model.predict(["a"], "ann")[0][0], model.predict(["a"], "bob")[0][0]) == ("c", "b")
    assert model.evaluate(known).accuracy == 1
    assert model.predict(["a"]) == model.predict(["a"], "nobody known")


def test_no_events_score_nothing(table: Table) -> None:
    score = fit(traces(table, ["ab"])).evaluate(traces(table, []))
    assert score.n == 0
    assert math.isnan(score.accuracy)


def test_bench_learns_from_the_first_table_alone(table: Table) -> None:
    result = bench(table(log(["abc"] * 10, 0)), table(log(["abc", "abd"], 0)))
    assert result["n"] == 6
    assert result["accuracy"] == pytest.approx(5 / 6)
    assert set(result) >= {"accuracy", "top3", "log_loss", "n"}
