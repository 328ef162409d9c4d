"""The tree of purposes: every name in it, refusals from above, permissions never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.purpose import PPM, TERMS, Purpose, PurposeGroup, chain, leaves, trained_for
from guildbook.model.use import SERVES, USE_WORDS, UseKind


def test_every_purpose_and_group_has_its_place() -> None:
    assert set(TERMS) == {*map(str, Purpose), *map(str, PurposeGroup)}
    assert [name for name, term in TERMS.items() if term.parent is None] == ["any"]
    for name, term in TERMS.items():
        assert term.name == name
        assert term.label
        assert term.definition.endswith(".")
        assert term.dpv.isalpha()


@pytest.mark.parametrize("purpose", Purpose)
def test_every_chain_ends_at_the_root(purpose: Purpose) -> None:
    assert chain(purpose)[0] == purpose
    assert chain(purpose)[-1] == "any"
    assert len(set(chain(purpose))) == len(chain(purpose)) <= 3


def test_assisting_and_replacing_have_only_groups_in_common() -> None:
    shared = set(chain("train-augment")) & set(chain("train-substitute"))
    assert shared == {"train-ai", "any"}
    assert not shared & set(Purpose)
    assert leaves("train-ai") == (Purpose.TRAIN_AUGMENT, Purpose.TRAIN_SUBSTITUTE)
    assert leaves("any") == tuple(Purpose)
    assert leaves("coach") == (Purpose.COACH,)
    assert leaves("stranger") == ()
    assert chain("stranger") == ("stranger",)


@given(st.integers(0, PPM), st.integers(0, PPM), st.integers(0, PPM))
def test_a_model_that_replaces_more_is_never_held_to_be_the_gentler_one(s: int, more: int, bound: int) -> None:
    if trained_for(max(s, more), bound) is Purpose.TRAIN_AUGMENT:
        assert trained_for(min(s, more), bound) is Purpose.TRAIN_AUGMENT
    assert trained_for(bound, bound) is Purpose.TRAIN_AUGMENT
    assert trained_for(bound + 1, bound) is Purpose.TRAIN_SUBSTITUTE


def test_what_was_not_measured_counts_as_replacing() -> None:
    assert trained_for(None, PPM) is Purpose.TRAIN_SUBSTITUTE


def test_every_use_serves_something_and_has_words() -> None:
    assert set(SERVES) == set(Purpose)
    assert frozenset[UseKind]().union(*SERVES.values()) == set(UseKind)
    assert set(USE_WORDS) == set(UseKind)
    assert UseKind.TRAIN not in SERVES[Purpose.EVALUATE]
