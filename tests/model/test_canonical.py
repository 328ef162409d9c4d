from __future__ import annotations

import enum
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.canonical import canonical, digest, plain

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def test_it_is_short_and_sorted() -> None:
    assert canonical({"b": [1, True, None], "a": "Zoë"}) == '{"a":"Zoë","b":[1,true,null]}'.encode()
    assert digest({}) == hashlib.sha256(b"{}").hexdigest()


@given(VALUES)
def test_it_says_the_value_again(value: Any) -> None:
    assert plain(canonical(value)) == value


@given(st.dictionaries(TEXT, VALUES, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


@given(VALUES, VALUES)
def test_two_values_never_look_alike(one: Any, other: Any) -> None:
    # True == 1 in Python, and yet they are two values.
    assert (canonical(one) == canonical(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def test_a_word_of_an_enumeration_is_its_text() -> None:
    assert canonical({Word.ONE: Word.ONE}) == b'{"one":"one"}'


class Word(enum.StrEnum):
    ONE = "one"


@pytest.mark.parametrize("bad", [1.0, float("nan"), {1: 2}, {None: 1}, b"x", {"a": [0.5]}, {1, 2}])
def test_what_is_not_exact_is_refused(bad: Any) -> None:
    with pytest.raises(TypeError):
        canonical(bad)


def test_what_is_no_unicode_or_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(65):
        deep = [deep]
    for bad in ("\ud800", deep):
        with pytest.raises(ValueError):  # noqa: PT011 - Python words the first of them
            canonical(bad)


@pytest.mark.parametrize(
    "data", [b'{"b":1,"a":2}', b"[1, 2]", b"1.5", b'{"a":1,"a":1}', b'"\\u0041"', b"", b"NaN", b"\xff"]
)
def test_only_the_canonical_form_is_read(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json and Unicode word theirs themselves
        plain(data)
