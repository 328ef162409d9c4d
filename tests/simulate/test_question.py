"""Links as questions: what they set, what holds when, what is wrong with them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.errors import UsageError
from guildbook.simulate.parameters import Parameters, table
from guildbook.simulate.question import LIMITS, question
from guildbook.simulate.scenario import Scenario

BASE = Scenario(months=36, changes={12: {"licence": 0.8, "fee": 0.4}, 24: {"licence": 0.1}})


def test_no_words_ask_for_the_scenario_itself() -> None:
    asked = question(BASE, [])
    assert asked.scenarios == (BASE,)
    assert list(asked.draws) == list(range(20))


def test_what_is_set_holds_whatever_the_scenario_changes_later() -> None:
    (one,) = question(BASE, [("licence", "0.5")]).scenarios
    assert [one.parameters_in(month).licence for month in (0, 12, 24)] == [0.5, 0.5, 0.5]
    assert one.parameters_in(12).fee == 0.4


def test_a_second_policy_begins_when_it_is_to() -> None:
    one, two = question(BASE, [("phi", "1.2"), ("b.licence", "0.3"), ("from", "18")]).scenarios
    assert one.parameters.phi == two.parameters.phi == 1.2
    assert [one.parameters_in(month).licence for month in (0, 12, 18, 24)] == [0, 0.8, 0.8, 0.1]
    assert [two.parameters_in(month).licence for month in (0, 12, 18, 24)] == [0, 0.8, 0.3, 0.3]
    assert two.parameters_in(24).fee == 0.4


def test_a_second_policy_may_be_the_same() -> None:
    one, two = question(BASE, [("compare", "1")]).scenarios
    assert one.digest() == two.digest()


def test_what_comes_after_the_end_does_not_come() -> None:
    (one,) = question(BASE, [("months", "18")]).scenarios
    assert set(one.changes) == {12}


def test_a_scenario_that_asks_for_more_may_have_it() -> None:
    asked = question(Scenario(workers=5_000_000), [("workers", "4000000")])
    assert asked.scenarios[0].workers == 4_000_000
    with pytest.raises(UsageError, match="workers"):
        question(BASE, [("workers", "4000000")])


def test_which_draws() -> None:
    assert list(question(BASE, [("seed", "5"), ("seeds", "3")]).draws) == [5, 6, 7]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("beta", "2"), ("beta", "nan"), ("beta", "inf"), ("beta", "1_0"), ("beta", " 0.5"), ("beta", "٣"), ("beta", ""),
        ("beta", "0x1"), ("every", "1.5"), ("every", "0"), ("months", "1e3"), ("months", "-1"), ("seeds", "101"),
        ("b.beta", "2"), ("b.months", "20"), ("from", "36"), ("wage", "1"), ("compare", "true"), ("b.b.beta", "0.1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(word: str, text: str) -> None:
    with pytest.raises(UsageError) as error:
        question(BASE, [(word, text), *([("compare", "1")] if word == "from" else [])])
    assert word.removeprefix("b.").removeprefix("b.") in error.value.what or "second policy" in error.value.what


@given(st.lists(st.tuples(st.sampled_from([*table(), *LIMITS, "b.licence", "compare", ""]) | st.text(), st.text())))
def test_whatever_a_link_says_is_a_question_or_named(words: list[tuple[str, str]]) -> None:
    with contextlib.suppress(UsageError):
        assert len(question(BASE, words).scenarios) in {1, 2}


@given(st.dictionaries(st.sampled_from(list(Parameters().to_dict())), st.floats(0, 1), max_size=5))
def test_numbers_come_as_they_are_said(values: dict[str, float]) -> None:
    about = table()
    fit = {
        name: value for name, value in values.items()
        if not isinstance(about[name][0], int) and about[name][1].low <= value <= about[name][1].high
    }  # fmt: skip
    (one,) = question(Scenario(), [(name, f"{value:.15f}") for name, value in fit.items()]).scenarios
    for name, value in fit.items():
        assert getattr(one.parameters, name) == float(f"{value:.15f}")
