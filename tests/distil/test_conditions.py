from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.conditions import LIFECYCLE, parse_attributes, parse_json


def conditions(**attributes: Any) -> list[str]:
    return list(parse_attributes(json.dumps({f"case:{k}": v for k, v in attributes.items()}))[1])


def test_scalars_become_conditions() -> None:
    assert conditions(product="marine", fast=True, other=False) == ["fast=true", "other=false", "product=marine"]


def test_numbers_name_the_boundaries_they_reach() -> None:
    assert conditions(amount=12_000) == ["amount≥1000", "amount≥10000", "amount≥2000", "amount≥5000"]
    assert conditions(amount="12000") == conditions(amount=12_000)
    assert conditions(rate=0.3) == ["rate≥0.02", "rate≥0.05", "rate≥0.1", "rate≥0.2"]
    assert conditions(amount=0) == conditions(amount=-4) == conditions(amount=float("nan")) == []


@pytest.mark.parametrize("key", ["id", "claim_id", "claimId", "created date", "REG_DATE", "concept:name", "startTime"])
def test_keys_that_name_or_date_a_case_are_left_out(key: str) -> None:
    assert conditions(**{key: "x"}) == []


@pytest.mark.parametrize(
    "value", ["2024-01-01T00:00", "x" * 41, "", "3f2504e0-4f89-11d3", "no 123456789", [1], {"a": 1}]
)
def test_values_that_say_nothing_of_others_are_left_out(value: Any) -> None:
    assert conditions(kind=value) == []


def test_one_and_true_are_not_confused() -> None:
    assert conditions(a=1) == ["a≥0.1", "a≥0.2", "a≥0.5", "a≥1"]
    assert conditions(a=True) == ["a=true"]
    assert conditions(a=1.0) == conditions(a=1)


def test_lifecycle_is_read() -> None:
    assert parse_attributes('{"lifecycle:transition":"START"}') == ("START", ())
    assert parse_attributes('{"lifecycle:transition":3}') == (None, ())
    assert parse_attributes("[]") == (None, ())


scalars = st.none() | st.booleans() | st.integers(-10, 10**7) | st.floats(-5, 1e9) | st.text(max_size=12)
keys = st.sampled_from(["case:a", "case:b c", "case:claim_id", "other", LIFECYCLE]) | st.text(max_size=9)


@given(st.dictionaries(keys, scalars | st.lists(scalars, max_size=3) | st.dictionaries(keys, scalars, max_size=2)))
def test_the_quick_reading_is_that_of_json(attributes: dict[str, Any]) -> None:
    text = json.dumps(attributes, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert parse_attributes(text) == parse_json(text)


@given(st.text('{},:"ab', max_size=30))
def test_text_that_looks_like_attributes_is_no_attribute(text: str) -> None:
    for held in ({"x": text}, {"x": f'","case:a":"{text}'}, {"case:a": text, "y": [text]}):
        canonical = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert parse_attributes(canonical) == parse_json(canonical)


def test_each_word_of_a_list_is_a_condition() -> None:
    text = '{"case:subject":["invoice","order 5","17"],"length":3}'
    assert parse_attributes(text) == (None, ("subject=invoice", "subject=order 5"))
    assert parse_attributes(text) == parse_json(text)
