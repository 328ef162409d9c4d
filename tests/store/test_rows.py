from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.purpose import Purpose
from guildbook.store import decode_terms, encode_terms

_TERMS = st.one_of(st.none(), st.lists(st.sampled_from([p.value for p in Purpose])).map(tuple))


@given(_TERMS, _TERMS)
def test_terms_are_one_word_whatever_their_order(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> None:
    decoded = decode_terms(encode_terms(one))
    assert decoded == (None if one is None else tuple(sorted(set(one))))
    same = (one is None) == (other is None) and set(one or ()) == set(other or ())
    assert (encode_terms(one) == encode_terms(other)) == same
