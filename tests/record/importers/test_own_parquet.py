"""Attributes of Guildbook's own Parquet: what passes as canonical unread is canonical."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._own_parquet import already_canonical

TEXT = st.text(st.sampled_from('ab:,{}"\\ \x01é\n'), max_size=4)
VALUE = st.one_of(
    TEXT,
    st.booleans(),
    st.none(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-100, 100, places=2).map(float),
    st.lists(TEXT, max_size=1),
)


def again(text: str) -> str | None:
    try:
        found: Any = json.loads(text)
        return canonical(found) if isinstance(found, dict) else None
    except ValueError:
        return None


@given(
    objects=st.lists(st.dictionaries(TEXT, VALUE, max_size=3), min_size=1, max_size=4),
    in_order=st.booleans(),
    tight=st.booleans(),
)
def test_what_passes_is_canonical(*, objects: list[dict[str, Any]], in_order: bool, tight: bool) -> None:
    marks = (",", ":") if tight else (", ", ": ")
    texts = [json.dumps(o, sort_keys=in_order, separators=marks, ensure_ascii=False) for o in objects]
    for text, passes in zip(texts, already_canonical(pa.array(texts)), strict=True):
        assert not passes or again(text) == text


@given(st.text(st.sampled_from('ab:,{}"\\10.-e '), max_size=14).map(lambda inner: f"{{{inner}}}"))
def test_what_is_no_object_does_not_pass(text: str) -> None:
    assert not already_canonical(pa.array([text]))[0] or again(text) == text


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ('{"case:amount":4070,"case:channel":"mail"}', True),
        ('{"a":0,"b":-12.5,"c":true,"d":"x: {}"}', True),
        ('{"b":1,"a":2}', False),
        ('{"a":1,"a":2}', False),
        ('{"a":1.50}', False),
        ('{"a":-0}', False),
        ('{"a":null}', False),
        ('{"a":1e3}', False),
        ('{":":"b":1}', False),
        ('{"a":1}\n', False),
        ("{}", False),
    ],
)
def test_examples(text: str, *, passes: bool) -> None:
    assert already_canonical(pa.array([text])).tolist() == [passes]


def test_none_and_nothing() -> None:
    assert already_canonical(pa.array([None, '{"a":1}'], pa.string())).tolist() == [False, True]
    assert already_canonical(pa.array([], pa.string())).tolist() == []
