"""Practices in words: the documented phrases, and no number that is not the practice's own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model import Effect, Knowledge, Practice, When
from guildbook.model import time as times
from guildbook.teach import words

METRICS = ("good-rate", "share", "duration", "response", "something-else")


def test_a_rate_in_words(measured: Callable[..., Effect]) -> None:
    assert words.effect(measured()) == "in 412 cases: 83 % good instead of 66 %; 95 % interval +11 to +23 points"


def test_a_duration_in_words(measured: Callable[..., Effect]) -> None:
    found = measured(
        metric="duration",
        difference=math.log(0.5),
        low=math.log(0.4),
        high=math.log(3),
        with_value=60.0,
        without_value=120.0,
    )
    assert words.effect(found) == (
        "in 412 cases: typically 60 s instead of 2 min, 50 % less time; 95 % interval 60 % less to 3 times as long"
    )


def test_a_response_without_values(measured: Callable[..., Effect]) -> None:
    found = measured(metric="response", difference=0.2, low=0.1, high=0.3, with_value=None, without_value=None)
    assert words.effect(found) == "in 412 requests: 22 % more time; 95 % interval 11 % more to 35 % more"


def test_small_differences_keep_a_decimal(measured: Callable[..., Effect]) -> None:
    found = measured(metric="share", difference=0.004, low=-0.001, high=0.009, with_value=0.503, without_value=0.499)
    assert words.effect(found) == "in 412 occurrences: 50.3 % instead of 49.9 %; 95 % interval −0.1 to +0.9 points"


def test_unbounded_effects_are_said_to_be(measured: Callable[..., Effect]) -> None:
    found = measured(metric="duration", difference=-1.0, low=-math.inf, high=math.inf, p=math.nan)
    assert "unbounded to unbounded" in words.effect(found)
    assert words.certainty(found) == "not tested"


finite = st.floats(-5, 5)


@given(
    st.sampled_from(METRICS),
    finite,
    finite,
    finite,
    st.integers(0, 10**6),
    st.none() | st.floats(0, 1e6),
    st.none() | st.floats(0, 1e6),
)
def test_every_number_said_is_in_the_evidence(
    metric: str,
    difference: float,
    low: float,
    high: float,
    n: int,
    with_value: float | None,
    without_value: float | None,
) -> None:
    found = Effect(metric, difference, low, high, n, 0.01, with_value, without_value)
    allowed = {f"{n:,}", "95"}
    for value in (difference, low, high):
        allowed |= _numbers(f"{100 * value:.0f} {100 * value:.1f} {value:.3g}")
        percent = 100 * abs(math.exp(value) - 1)
        allowed |= _numbers(f"{math.exp(value):.2g} {percent:.0f} {percent:.1f}")
    for value in (with_value, without_value):
        if value is not None:
            allowed |= _numbers(f"{100 * value:.0f} {100 * value:.1f} {times.words(value)}")
    assert _numbers(words.effect(found)) <= allowed


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?", text))


def test_conditions_as_one_phrase() -> None:
    assert words.when(When()) == ""
    condition = When("Settle a claim", "Approve", (("product", "marine"), ("amount", "≥5000")), ("Open", "Check"))
    assert words.when(condition) == (
        "in the task “Settle a claim”, at the step “Approve”, after “Open” and “Check”, "
        "where product is marine and amount ≥5000"
    )


def test_a_whole_practice(knowledge: Knowledge) -> None:
    text = words.practice(knowledge.practices[3], knowledge, spans=2)
    assert text.startswith("Batch invoices by supplier before paying them\nbetter ways of working · layer 2 · proposed")
    assert "Learn first\n  Fill the column with Ctrl+D [tool-000000000003]" in text
    assert "  1. Sort invoices\n  2. Pay invoice" in text
    assert "Instead of" not in text
    assert "Ann (30 times)" in text
    assert text.endswith("  and 4 more")


def test_a_missing_prerequisite_is_named_by_id(
    practice: Callable[..., Practice], build: Callable[..., Knowledge]
) -> None:
    lonely = practice(prerequisites=("tool-gone",))
    assert "  tool-gone [tool-gone]" in words.practice(lonely, build(practices=(lonely,)))


def test_hostile_practice_is_text(
    practice: Callable[..., Practice], build: Callable[..., Knowledge], hostile: tuple[str, ...]
) -> None:
    bad = practice(
        title="".join(hostile), do=hostile, instead_of=hostile, people=hostile, when=When(hostile[4], hostile[5])
    )
    text = words.practice(bad, build(practices=(bad,)))
    assert not [c for c in text if ord(c) < 32 and c != "\n"]
    assert "\u202e" not in text


@pytest.mark.parametrize("p", [0.5, 0.0123, 1e-9])
def test_certainty(measured: Callable[..., Effect], p: float) -> None:
    assert words.certainty(measured(p=p)) in {"p = 0.5", "p = 0.012", "p < 0.001"}
